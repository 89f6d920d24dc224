// Episodes that go on: an agent or a person acts, and what happens can be recorded.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "viz/session.h"

struct SessionLive {
    CairnConfig config;
    AgentPlayer* agent; // NULL: only a person
    int32_t intended;   // what the agent would do at the head
    Thought* thought;   // [room], one per state; with an agent
    size_t room;
    CairnRecorder* recorder;
    bool saved; // the recorder's steps are in a file
};

static bool failed(const char* message, char why[SESSION_WHY]) {
    snprintf(why, SESSION_WHY, "%s", message);
    return false;
}

// ---------------------------------------------------------------- the agent
static bool consider(Session* session, char why[SESSION_WHY]) {
    SessionLive* live = session->live;
    if (!live->agent) {
        return true;
    }
    size_t at = (size_t)track_head(session->track);
    if (at >= live->room) {
        size_t more = live->room ? 2 * live->room : 1024;
        Thought* moved = realloc(live->thought, more * sizeof *moved);
        if (!moved) {
            return failed("out of memory for what the agent says", why);
        }
        live->thought = moved, live->room = more;
    }
    live->thought[at] = (Thought){0};
    if (!session_ended(session)) {
        const TrackStep* led = at > 0 ? track_step(session->track, (int64_t)at) : NULL;
        live->intended = agent_player_think(live->agent, led ? led->action : -1,
                                            led ? led->unlocked : 0, &live->thought[at]);
    }
    return true;
}

int32_t session_live_intended(const Session* session) {
    return session->live->agent && !session_ended(session) ? session->live->intended : -1;
}

const Thought* session_live_thought(const Session* session, int64_t step) {
    const SessionLive* live = session->live;
    return live->agent && step <= track_head(session->track) ? &live->thought[step] : NULL;
}

int64_t session_live_trained(const Session* session) {
    return session->live && session->live->agent ? agent_player_trained(session->live->agent) : 0;
}

// ---------------------------------------------------------------- recording
enum { CHANNELS_MAX = 5 };

static int32_t channels_of(const Thought* parts, CairnChannel channel[CHANNELS_MAX]) {
    int32_t count = 0;
    if (parts->has_value) {
        channel[count++] = (CairnChannel){"value", CAIRN_CHANNEL_F32, 1};
    }
    if (parts->has_entropy) {
        channel[count++] = (CairnChannel){"entropy", CAIRN_CHANNEL_F32, 1};
    }
    if (parts->has_probability) {
        channel[count++] = (CairnChannel){"action_prob", CAIRN_CHANNEL_F32, CAIRN_ACTIONS};
    }
    if (parts->has_expects) {
        channel[count++] = (CairnChannel){"expects", CAIRN_CHANNEL_U8, THOUGHT_EXPECTS};
    }
    if (parts->has_similarity) {
        channel[count++] = (CairnChannel){"similarity", CAIRN_CHANNEL_F32, THOUGHT_EXPECTS};
    }
    return count;
}

static bool record(Session* session, int32_t action, const Thought* said, double reward,
                   char why[SESSION_WHY]) {
    static const Thought nothing;
    const Thought* parts = &session->parts;
    const Thought* from = said ? said : &nothing;
    const void* data[CHANNELS_MAX];
    int32_t count = 0;
    if (parts->has_value) {
        data[count++] = &from->value;
    }
    if (parts->has_entropy) {
        data[count++] = &from->entropy;
    }
    if (parts->has_probability) {
        data[count++] = from->probability;
    }
    if (parts->has_expects) {
        data[count++] = from->expects;
    }
    if (parts->has_similarity) {
        data[count++] = from->similarity;
    }
    char message[CAIRN_WHY];
    session->live->saved = false;
    return cairn_recorder_step(session->live->recorder, action, reward, data, message) ==
               CAIRN_OK ||
           failed(message, why);
}

// A name that is free, so that no game that was played is lost.
static void choose_path(const Session* session, char path[SESSION_PATH]) {
    int unlocked = 0;
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        unlocked += track_achievements(session->track)[k] > 0;
    }
    int used = snprintf(path, SESSION_PATH,
                        "%.3000s/seed%" PRId64 "-episode%06" PRIu64 "-ach%02d-len%" PRId64,
                        session->options.record, session->options.seed, session->number, unlocked,
                        track_head(session->track));
    snprintf(path + used, SESSION_PATH - (size_t)used, ".cairn");
    for (int copy = 2; access(path, F_OK) == 0 && copy < 100000; copy++) {
        snprintf(path + used, SESSION_PATH - (size_t)used, "-%d.cairn", copy);
    }
}

bool session_live_save(Session* session, char why[SESSION_WHY]) {
    SessionLive* live = session->live;
    if (!live->recorder || live->saved || track_head(session->track) == 0) {
        return true;
    }
    char path[SESSION_PATH], message[CAIRN_WHY];
    choose_path(session, path);
    if (cairn_recorder_save(live->recorder, path, track_achievements(session->track),
                            track_terminated(session->track), track_truncated(session->track),
                            message) != CAIRN_OK) {
        return failed(message, why);
    }
    live->saved = true;
    session_say(session, "saved %.400s", path);
    return true;
}

static bool make_folder(const char* folder, char why[SESSION_WHY]) {
    char path[SESSION_PATH];
    snprintf(path, sizeof path, "%.4000s", folder);
    for (char* at = path + 1;; at++) { // parents first
        if (*at != '/' && *at != '\0') {
            continue;
        }
        const char end = *at;
        *at = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST) {
            snprintf(why, SESSION_WHY, "cannot make the folder %.300s: %s", path, strerror(errno));
            return false;
        }
        *at = end;
        if (end == '\0') {
            break;
        }
    }
    if (access(folder, W_OK | X_OK) != 0) {
        snprintf(why, SESSION_WHY, "cannot write into %.300s: %s", folder, strerror(errno));
        return false;
    }
    return true;
}

static bool make_recorder(Session* session, char why[SESSION_WHY]) {
    CairnChannel channel[CHANNELS_MAX];
    const int32_t count = channels_of(&session->parts, channel);
    char message[CAIRN_WHY];
    if (strlen(session->options.record) > 3000) {
        return failed("--record: the name of the folder is longer than 3000 bytes", why);
    }
    if (!make_folder(session->options.record, why)) {
        return false;
    }
    return cairn_recorder_create(&session->live->config, session->options.seed, channel, count,
                                 &session->live->recorder, message) == CAIRN_OK ||
           failed(message, why);
}

// ---------------------------------------------------------------- an episode
bool session_live_begin(Session* session, uint64_t number, char why[SESSION_WHY]) {
    SessionLive* live = session->live;
    Track* track = NULL;
    char message[CAIRN_WHY];
    if (track_create(&live->config, number, &track, message) != CAIRN_OK) {
        return failed(message, why);
    }
    track_destroy(session->track);
    session->track = track;
    session->number = number;
    session->playback.end = session->playback.position = 0;
    session->playback.carry = 0;
    session->playback.playing = session->realtime || session->playback.playing;
    if (live->recorder) {
        cairn_recorder_begin(live->recorder, number);
        live->saved = true;
    }
    if (live->agent) {
        agent_player_begin(live->agent, session->options.seed, number);
        cairn_observe_world(track_world(track), 0,
                            &(CairnOutput){.observation = *agent_player_eyes(live->agent)});
    }
    return consider(session, why);
}

bool session_live_create(Session* session, char why[SESSION_WHY]) {
    SessionLive* live = session->live = calloc(1, sizeof *live);
    if (!live) {
        return failed("out of memory", why);
    }
    live->config = cairn_default_config();
    if (session->options.checkpoint) {
        if (!agent_player_create(session->options.checkpoint, session->options.greedy, &live->agent,
                                 why)) {
            return false;
        }
        live->config = agent_player_config(live->agent);
        session->parts = agent_player_parts(live->agent);
    }
    live->config.seed = session->options.seed;
    live->config.auto_reset = false;
    if (session->options.record && !make_recorder(session, why)) {
        return false;
    }
    return session_live_begin(session, session->options.episode, why);
}

void session_live_destroy(SessionLive* live) {
    if (live) {
        agent_player_destroy(live->agent);
        cairn_recorder_destroy(live->recorder);
        free(live->thought);
        free(live);
    }
}

bool session_live_act(Session* session, int32_t action, char why[SESSION_WHY]) {
    SessionLive* live = session->live;
    const int64_t before = track_head(session->track);
    char message[CAIRN_WHY];
    const CairnObservation* eyes = live->agent ? agent_player_eyes(live->agent) : NULL;
    if (track_append(session->track, action, eyes, message) != CAIRN_OK) {
        return failed(message, why);
    }
    session->playback.position = session->playback.end = track_head(session->track);
    if (live->recorder && !record(session, action, session_live_thought(session, before),
                                  track_step(session->track, before + 1)->reward, why)) {
        return false;
    }
    if (!consider(session, why)) {
        return false;
    }
    if (session_ended(session)) {
        session->playback.playing = false;
        return session_live_save(session, why);
    }
    return true;
}
