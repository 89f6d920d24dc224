#include "viz/track.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Snapshot {
    void* bytes;
    size_t size;
} Snapshot;

struct Track {
    Cairn* world;
    int64_t head, position;
    TrackStep* step; // [step_room], of which head + 1 are in use
    size_t step_room;
    TrackMark* mark; // [mark_room]
    size_t mark_room, mark_count;
    Snapshot snapshot[TRACK_SNAPSHOTS_MAX]; // number i is of step i * stride
    size_t snapshot_count, snapshot_bytes;
    int64_t stride;
    uint8_t* scratch; // [state_limit]
    size_t state_limit;
    int32_t* seen; // [area_width, area_height]
    int64_t unlock_step[CAIRN_ACHIEVEMENTS];
    int32_t achievements[CAIRN_ACHIEVEMENTS];
    bool terminated, truncated;
};

static CairnStatus out_of_memory(char why[CAIRN_WHY]) {
    snprintf(why, CAIRN_WHY, "out of memory for an episode's steps");
    return CAIRN_OUT_OF_MEMORY;
}

// The array with room for at least `needed` entries, moved if it had to be; NULL: there is no such
// memory, and the old array stays.
static void* grown(void* entries, size_t* room, size_t needed, size_t entry_bytes) {
    if (needed <= *room) {
        return entries;
    }
    size_t more = *room ? *room : 512;
    while (more < needed) {
        more *= 2;
    }
    void* moved = realloc(entries, more * entry_bytes);
    if (moved) {
        *room = more;
    }
    return moved;
}

static bool reserve_steps(Track* track, size_t needed) {
    TrackStep* step = grown(track->step, &track->step_room, needed, sizeof *step);
    track->step = step ? step : track->step;
    return step != NULL;
}

static bool reserve_marks(Track* track, size_t needed) {
    TrackMark* mark = grown(track->mark, &track->mark_room, needed, sizeof *mark);
    track->mark = mark ? mark : track->mark;
    return mark != NULL;
}

// ---------------------------------------------------------------- snapshots
static void thin_out(Track* track) {
    size_t kept = 0;
    for (size_t i = 0; i < track->snapshot_count; i++) {
        if (i % 2 == 0) {
            track->snapshot[kept++] = track->snapshot[i];
        } else {
            track->snapshot_bytes -= track->snapshot[i].size;
            free(track->snapshot[i].bytes);
        }
    }
    track->snapshot_count = kept;
    track->stride *= 2;
}

// Of the head, if one is due there.
static CairnStatus take_snapshot(Track* track, char why[CAIRN_WHY]) {
    while (track->snapshot_count == TRACK_SNAPSHOTS_MAX ||
           (track->snapshot_bytes > TRACK_SNAPSHOT_BYTES && track->snapshot_count > 2)) {
        thin_out(track);
    }
    if (track->head != (int64_t)track->snapshot_count * track->stride) {
        return CAIRN_OK;
    }
    size_t size = 0;
    CairnStatus status =
        cairn_save_world(track->world, 0, track->scratch, track->state_limit, &size, why);
    if (status != CAIRN_OK) {
        return status;
    }
    void* bytes = malloc(size);
    if (!bytes) {
        return out_of_memory(why);
    }
    memcpy(bytes, track->scratch, size);
    track->snapshot[track->snapshot_count++] = (Snapshot){bytes, size};
    track->snapshot_bytes += size;
    return CAIRN_OK;
}

CairnStatus track_seek(Track* track, int64_t step, char why[CAIRN_WHY]) {
    assert(step >= 0 && step <= track->head);
    int64_t nearest = step / track->stride;
    if (nearest >= (int64_t)track->snapshot_count) {
        nearest = (int64_t)track->snapshot_count - 1;
    }
    if (step < track->position || nearest * track->stride > track->position) {
        const Snapshot* snapshot = &track->snapshot[nearest];
        CairnStatus status =
            cairn_load_world(track->world, 0, snapshot->bytes, snapshot->size, why);
        if (status != CAIRN_OK) {
            return status;
        }
        track->position = nearest * track->stride;
    }
    for (; track->position < step; track->position++) {
        const int32_t action = track->step[track->position + 1].action;
        cairn_step(track->world, &action, &(CairnOutput){0});
    }
    return CAIRN_OK;
}

// ---------------------------------------------------------------- what a step did
static void add_mark(Track* track, TrackMarkKind kind, int32_t achievement) {
    track->mark[track->mark_count++] = (TrackMark){
        .step = track->head, .last = track->head, .kind = kind, .achievement = achievement};
}

static CairnStatus mark_step(Track* track, const TrackStep* now, bool died, char why[CAIRN_WHY]) {
    const TrackStep* before = &track->step[track->head - 1];
    const size_t most = CAIRN_ACHIEVEMENTS + 3; // that one step can bring
    if (!reserve_marks(track, track->mark_count + most)) {
        return out_of_memory(why);
    }
    for (int32_t a = 0; a < CAIRN_ACHIEVEMENTS; a++) {
        if (now->unlocked >> a & 1) {
            add_mark(track, TRACK_UNLOCKED, a);
            track->unlock_step[a] = track->head;
        }
    }
    if (now->sleeping && !before->sleeping) {
        add_mark(track, TRACK_SLEEP, 0);
    } else if (now->sleeping) {
        for (size_t i = track->mark_count; i-- > 0;) { // the sleep that goes on
            if (track->mark[i].kind == TRACK_SLEEP) {
                track->mark[i].last = track->head;
                break;
            }
        }
    }
    if (now->damaged) {
        add_mark(track, TRACK_DAMAGE, 0);
    }
    if (died) {
        add_mark(track, TRACK_DEATH, 0);
    }
    return CAIRN_OK;
}

static void see(Track* track, int32_t x, int32_t y) {
    const CairnConfig* config = cairn_config(track->world);
    const int32_t columns = cairn_local_columns(config), rows = cairn_local_rows(config);
    const int32_t left = x - columns / 2, top = y - rows / 2;
    for (int32_t cx = left < 0 ? 0 : left; cx < left + columns && cx < config->area_width; cx++) {
        for (int32_t cy = top < 0 ? 0 : top; cy < top + rows && cy < config->area_height; cy++) {
            int32_t* seen = &track->seen[(size_t)cx * (size_t)config->area_height + (size_t)cy];
            if (*seen == TRACK_NEVER) {
                *seen = (int32_t)track->head;
            }
        }
    }
}

typedef struct Outcome { // where a step's output goes
    double reward;
    uint8_t terminated, truncated, unlocked[CAIRN_ACHIEVEMENTS], inventory[CAIRN_ITEMS];
    int32_t position[2];
    float status[CAIRN_STATUS_SIZE];
} Outcome;

static CairnOutput output_to(Track* track, Outcome* outcome) {
    return (CairnOutput){.observation.status = outcome->status,
                         .reward = &outcome->reward,
                         .terminated = &outcome->terminated,
                         .truncated = &outcome->truncated,
                         .unlocked = outcome->unlocked,
                         .achievements = track->achievements,
                         .inventory = outcome->inventory,
                         .position = outcome->position};
}

enum { STATUS_SLEEPING = CAIRN_ITEMS + 2 };

static TrackStep step_of(const Outcome* outcome) {
    TrackStep step = {.reward = outcome->reward,
                      .x = (int16_t)outcome->position[0],
                      .y = (int16_t)outcome->position[1],
                      .health = outcome->inventory[CAIRN_HEALTH],
                      .sleeping = outcome->status[STATUS_SLEEPING] > 0};
    for (int a = 0; a < CAIRN_ACHIEVEMENTS; a++) {
        step.unlocked |= (uint32_t)(outcome->unlocked[a] != 0) << a;
    }
    return step;
}

CairnStatus track_append(Track* track, int32_t action, const CairnObservation* observation,
                         char why[CAIRN_WHY]) {
    assert(action >= 0 && action < CAIRN_ACTIONS);
    CairnStatus status = track_seek(track, track->head, why);
    if (status != CAIRN_OK) {
        return status;
    }
    if (!reserve_steps(track, (size_t)track->head + 2)) {
        return out_of_memory(why);
    }
    Outcome outcome = {0};
    CairnOutput output = output_to(track, &outcome);
    if (observation) {
        output.observation = *observation;
        output.observation.status = observation->status ? observation->status : outcome.status;
    }
    cairn_step(track->world, &action, &output);
    if (output.observation.status != outcome.status) {
        memcpy(outcome.status, output.observation.status, sizeof outcome.status);
    }
    const TrackStep* before = &track->step[track->head];
    const bool died = outcome.terminated && !track->terminated;
    TrackStep now = step_of(&outcome);
    now.action = (uint8_t)action;
    now.total = before->total + now.reward;
    now.damaged = now.health < before->health;
    track->terminated = outcome.terminated, track->truncated = outcome.truncated;
    track->head++, track->position++;
    track->step[track->head] = now;
    see(track, now.x, now.y);
    status = mark_step(track, &now, died, why);
    return status == CAIRN_OK ? take_snapshot(track, why) : status;
}

// ---------------------------------------------------------------- create and destroy
static CairnStatus take_memory(Track* track, char why[CAIRN_WHY]) {
    const CairnConfig* config = cairn_config(track->world);
    const size_t cells = (size_t)config->area_width * (size_t)config->area_height;
    track->state_limit = cairn_state_limit(track->world);
    track->scratch = malloc(track->state_limit);
    track->seen = malloc(cells * sizeof *track->seen);
    if (!track->scratch || !track->seen || !reserve_steps(track, 1)) {
        return out_of_memory(why);
    }
    for (size_t i = 0; i < cells; i++) {
        track->seen[i] = TRACK_NEVER;
    }
    for (int a = 0; a < CAIRN_ACHIEVEMENTS; a++) {
        track->unlock_step[a] = -1;
    }
    track->stride = TRACK_STRIDE;
    return CAIRN_OK;
}

static CairnStatus begin(Track* track, uint64_t episode, char why[CAIRN_WHY]) {
    Outcome outcome = {0};
    const CairnOutput output = output_to(track, &outcome);
    CairnStatus status = cairn_reset_world(track->world, 0, episode, &output);
    if (status != CAIRN_OK) {
        snprintf(why, CAIRN_WHY, "episode numbers begin with 1");
        return status;
    }
    track->step[0] = step_of(&outcome);
    see(track, track->step[0].x, track->step[0].y);
    return take_snapshot(track, why);
}

CairnStatus track_create(const CairnConfig* config, uint64_t episode, Track** track,
                         char why[CAIRN_WHY]) {
    *track = NULL;
    Track* made = calloc(1, sizeof *made);
    if (!made) {
        return out_of_memory(why);
    }
    CairnConfig own = *config;
    own.seeds = NULL;
    own.world_count = 1, own.threads = 1;
    own.auto_reset = false;
    CairnStatus status = cairn_create(&own, &made->world, why);
    if (status == CAIRN_OK) {
        status = take_memory(made, why);
    }
    if (status == CAIRN_OK) {
        status = begin(made, episode, why);
    }
    if (status != CAIRN_OK) {
        track_destroy(made);
        return status;
    }
    *track = made;
    return CAIRN_OK;
}

void track_destroy(Track* track) {
    if (!track) {
        return;
    }
    for (size_t i = 0; i < track->snapshot_count; i++) {
        free(track->snapshot[i].bytes);
    }
    cairn_destroy(track->world);
    free(track->step);
    free(track->mark);
    free(track->scratch);
    free(track->seen);
    free(track);
}

// ---------------------------------------------------------------- looking
int64_t track_head(const Track* track) {
    return track->head;
}

int64_t track_position(const Track* track) {
    return track->position;
}

const TrackStep* track_step(const Track* track, int64_t step) {
    assert(step >= 0 && step <= track->head);
    return &track->step[step];
}

const TrackMark* track_marks(const Track* track, size_t* count) {
    *count = track->mark_count;
    return track->mark;
}

bool track_terminated(const Track* track) {
    return track->terminated;
}

bool track_truncated(const Track* track) {
    return track->truncated;
}

int64_t track_unlock_step(const Track* track, int32_t achievement) {
    return track->unlock_step[achievement];
}

const int32_t* track_seen(const Track* track) {
    return track->seen;
}

const int32_t* track_achievements(const Track* track) {
    return track->achievements;
}

const Cairn* track_world(const Track* track) {
    return track->world;
}
