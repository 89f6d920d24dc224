// Replays a golden trace; see the header. All figures are compared exactly, doubles by their bits.
#include "runs/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

typedef struct Replay {
    CairnConfig config;
    TraceGrant grant;
    Cairn* world;
    uint8_t* semantic; // [area_width, area_height]
    uint8_t* pixels;   // [size_height, size_width, 3]; NULL: not compared
    float status[CAIRN_STATUS_SIZE];
    double reward;
    uint8_t terminated, truncated;
    uint8_t inventory[CAIRN_ITEMS];
    int32_t achievements[CAIRN_ACHIEVEMENTS];
    int32_t position[2];
    CairnOutput output; // points at the above
} Replay;

enum { STATUS_FACING_X = CAIRN_ITEMS, STATUS_FACING_Y, STATUS_SLEEPING };

static uint32_t crc_of(const uint8_t* bytes, size_t size) {
    return (uint32_t)crc32_z(crc32_z(0, NULL, 0), bytes, size);
}

// The generator's words in little-endian order, as the trace was made.
static uint32_t generator_crc(const Cairn* world) {
    uint32_t words[CAIRN_GENERATOR_WORDS];
    uint8_t bytes[CAIRN_GENERATOR_WORDS * 4];
    cairn_generator(world, 0, words);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
    }
    return crc_of(bytes, sizeof bytes);
}

// The world's state in the form of a trace's row.
static TraceRow observed_row(const Replay* replay, const TraceRow* expected) {
    const CairnConfig* config = &replay->config;
    TraceRow row = {
        .episode = (int64_t)cairn_episode(replay->world, 0),
        .step = expected->step,
        .action = expected->action,
        .reward = replay->reward,
        .done = replay->terminated || replay->truncated,
        .semantic_crc =
            crc_of(replay->semantic, (size_t)config->area_width * (size_t)config->area_height),
        .generator_crc = generator_crc(replay->world),
        .x = replay->position[0],
        .y = replay->position[1],
        .facing_x = (int32_t)replay->status[STATUS_FACING_X],
        .facing_y = (int32_t)replay->status[STATUS_FACING_Y],
        .sleeping = replay->status[STATUS_SLEEPING] != 0,
        .daylight = cairn_daylight(replay->world, 0),
    };
    row.pixels_crc = expected->pixels_crc;
    if (replay->pixels) {
        row.pixels_crc = crc_of(replay->pixels, (size_t)3 * (size_t)config->size_width *
                                                    (size_t)config->size_height);
    }
    memcpy(row.inventory, replay->inventory, sizeof row.inventory);
    memcpy(row.achievements, replay->achievements, sizeof row.achievements);
    return row;
}

// ---------------------------------------------------------------- columns as text
// The shortest decimal that reads back as the same double, as Python's repr gives it.
static void real_text(double value, char text[REPLAY_TEXT]) {
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, REPLAY_TEXT, "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    if (strspn(text, "-0123456789") == strlen(text)) {
        strcat(text, ".0");
    }
}

static void counts_text(const int32_t* counts, int size, char text[REPLAY_TEXT]) {
    int used = 0;
    text[0] = '\0';
    for (int i = 0; i < size && used < REPLAY_TEXT - 16; i++) {
        used += snprintf(text + used, (size_t)(REPLAY_TEXT - used), "%s%" PRId32, i > 0 ? "," : "",
                         counts[i]);
    }
}

static void column_text(const TraceRow* row, const char* column, char text[REPLAY_TEXT]) {
    int32_t counts[CAIRN_ITEMS];
    for (int i = 0; i < CAIRN_ITEMS; i++) {
        counts[i] = row->inventory[i];
    }
    if (strcmp(column, "episode") == 0) {
        snprintf(text, REPLAY_TEXT, "%" PRId64, row->episode);
    } else if (strcmp(column, "reward") == 0) {
        real_text(row->reward, text);
    } else if (strcmp(column, "done") == 0) {
        snprintf(text, REPLAY_TEXT, "%d", row->done);
    } else if (strcmp(column, "sem_crc") == 0) {
        snprintf(text, REPLAY_TEXT, "%" PRIu32, row->semantic_crc);
    } else if (strcmp(column, "obs_crc") == 0) {
        snprintf(text, REPLAY_TEXT, "%" PRIu32, row->pixels_crc);
    } else if (strcmp(column, "rng_crc") == 0) {
        snprintf(text, REPLAY_TEXT, "%" PRIu32, row->generator_crc);
    } else if (strcmp(column, "x") == 0) {
        snprintf(text, REPLAY_TEXT, "%" PRId32, row->x);
    } else if (strcmp(column, "y") == 0) {
        snprintf(text, REPLAY_TEXT, "%" PRId32, row->y);
    } else if (strcmp(column, "facing") == 0) {
        snprintf(text, REPLAY_TEXT, "%" PRId32 ",%" PRId32, row->facing_x, row->facing_y);
    } else if (strcmp(column, "sleeping") == 0) {
        snprintf(text, REPLAY_TEXT, "%d", row->sleeping);
    } else if (strcmp(column, "daylight") == 0) {
        real_text(row->daylight, text);
    } else if (strcmp(column, "inventory") == 0) {
        counts_text(counts, CAIRN_ITEMS, text);
    } else {
        counts_text(row->achievements, CAIRN_ACHIEVEMENTS, text);
    }
}

// ---------------------------------------------------------------- comparison
static bool same_bits(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

// The first column that differs, in the trace's order; NULL when none does.
static const char* differing_column(const TraceRow* a, const TraceRow* b) {
    const struct {
        const char* column;
        bool same;
    } columns[] = {
        {"episode", a->episode == b->episode},
        {"reward", same_bits(a->reward, b->reward)},
        {"done", a->done == b->done},
        {"sem_crc", a->semantic_crc == b->semantic_crc},
        {"obs_crc", a->pixels_crc == b->pixels_crc},
        {"rng_crc", a->generator_crc == b->generator_crc},
        {"x", a->x == b->x},
        {"y", a->y == b->y},
        {"facing", a->facing_x == b->facing_x && a->facing_y == b->facing_y},
        {"sleeping", a->sleeping == b->sleeping},
        {"daylight", same_bits(a->daylight, b->daylight)},
        {"inventory", memcmp(a->inventory, b->inventory, sizeof a->inventory) == 0},
        {"achievements", memcmp(a->achievements, b->achievements, sizeof a->achievements) == 0},
    };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        if (!columns[i].same) {
            return columns[i].column;
        }
    }
    return NULL;
}

static void compare(const Replay* replay, const TraceRow* expected, ReplayResult* result) {
    TraceRow got = observed_row(replay, expected);
    const char* column = differing_column(expected, &got);
    result->steps++;
    if (column == NULL) {
        return;
    }
    if (result->mismatches++ == 0) {
        ReplayMismatch* first = &result->first;
        first->episode = expected->episode;
        first->step = expected->step;
        first->column = column;
        column_text(expected, column, first->expected);
        column_text(&got, column, first->got);
    }
}

// ---------------------------------------------------------------- the replay itself
static bool apply_grant(Replay* replay, char why[CAIRN_WHY]) {
    uint8_t inventory[CAIRN_ITEMS];
    for (int i = 0; i < CAIRN_ITEMS; i++) {
        bool granted = replay->grant.items >> i & 1;
        inventory[i] = granted ? replay->grant.count[i] : replay->inventory[i];
    }
    return cairn_set_inventory(replay->world, 0, inventory, why) == CAIRN_OK;
}

// Resets write no reward and no flags: nothing has been stepped.
static CairnStatus begin_episode(Replay* replay, int64_t episode) {
    replay->reward = 0;
    replay->terminated = replay->truncated = 0;
    return cairn_reset_world(replay->world, 0, (uint64_t)episode, &replay->output);
}

// A trace may go on after an end, as the original does, and so does a world without auto_reset.
static bool play_row(Replay* replay, const TraceRow* row, ReplayResult* result,
                     char why[CAIRN_WHY]) {
    if (row->step == 0) {
        if (begin_episode(replay, row->episode) != CAIRN_OK) {
            snprintf(why, CAIRN_WHY, "episode %" PRId64 " cannot be begun", row->episode);
            return false;
        }
    } else {
        cairn_step(replay->world, &row->action, &replay->output);
    }
    compare(replay, row, result);
    bool due = replay->grant.every > 0 && row->step > 0 && row->step % replay->grant.every == 0;
    return !due || row->done || apply_grant(replay, why);
}

static bool play_rows(Replay* replay, const char* path, Trace* trace, ReplayResult* result,
                      char why[TRACE_WHY]) {
    for (;;) {
        TraceRow row;
        TraceResult status = trace_next(trace, &row, why);
        if (status != TRACE_ROW) {
            return status == TRACE_END;
        }
        char reason[CAIRN_WHY];
        if (!play_row(replay, &row, result, reason)) {
            snprintf(why, TRACE_WHY, "%.200s: %s", path, reason);
            return false;
        }
    }
}

static bool prepare(Replay* replay, const char* path, bool with_pixels, char why[TRACE_WHY]) {
    char reason[CAIRN_WHY];
    const CairnConfig* config = &replay->config;
    if (cairn_create(config, &replay->world, reason) != CAIRN_OK) {
        snprintf(why, TRACE_WHY, "%.200s:1: %s", path, reason);
        return false;
    }
    size_t pixel_bytes = (size_t)3 * (size_t)config->size_width * (size_t)config->size_height;
    replay->semantic = malloc((size_t)config->area_width * (size_t)config->area_height);
    replay->pixels = with_pixels ? malloc(pixel_bytes) : NULL;
    if (replay->semantic == NULL || (with_pixels && replay->pixels == NULL)) {
        snprintf(why, TRACE_WHY, "%.200s: out of memory for its pictures", path);
        return false;
    }
    replay->output = (CairnOutput){
        .observation = {.pixels = replay->pixels,
                        .status = replay->status,
                        .semantic = replay->semantic},
        .reward = &replay->reward,
        .terminated = &replay->terminated,
        .truncated = &replay->truncated,
        .achievements = replay->achievements,
        .inventory = replay->inventory,
        .position = replay->position,
    };
    return true;
}

bool replay_trace(const char* path, const CairnTextures* textures, ReplayResult* result,
                  char why[TRACE_WHY]) {
    *result = (ReplayResult){0};
    Replay replay = {0};
    Trace* trace = NULL;
    if (!trace_open(path, &trace, &replay.config, &replay.grant, why)) {
        return false;
    }
    replay.config.textures = textures;
    bool fine = prepare(&replay, path, textures != NULL, why) &&
                play_rows(&replay, path, trace, result, why);
    if (fine && result->steps == 0) {
        snprintf(why, TRACE_WHY, "%.200s: no rows after the first line", path);
        fine = false;
    }
    trace_close(trace);
    cairn_destroy(replay.world);
    free(replay.semantic);
    free(replay.pixels);
    return fine;
}
