#include "viz/session.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double pass_seconds = 0.03; // that agents may think in one go

enum { LEARN_AT_ONCE = 20000, LEARN_STEPS = 1000 };

SessionOptions session_default_options(SessionMode mode) {
    return (SessionOptions){.mode = mode, .episode = 1, .speed = 1};
}

void session_say(Session* session, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(session->note, sizeof session->note, format, arguments);
    va_end(arguments);
    session->notes++;
}

static bool failed(const char* message, char why[SESSION_WHY]) {
    snprintf(why, SESSION_WHY, "%s", message);
    return false;
}

// ---------------------------------------------------------------- replay
// Learns the file's steps up to `step`.
static bool learn_to(Session* session, int64_t step, char why[SESSION_WHY]) {
    char message[CAIRN_WHY];
    const int64_t position = session->playback.position;
    while (track_head(session->track) < step) {
        const int32_t action = session->episode->action[track_head(session->track)];
        if (track_append(session->track, action, NULL, message) != CAIRN_OK) {
            return failed(message, why);
        }
    }
    if (position <= track_head(session->track) &&
        track_seek(session->track, position, message) != CAIRN_OK) {
        return failed(message, why);
    }
    return true;
}

// Once the file is known to its end: it should have gone as the file says.
static void compare_end(Session* session) {
    const CairnEpisode* episode = session->episode;
    const TrackStep* last = track_step(session->track, episode->length);
    if (fabs(last->total - episode->total_reward) > 1e-6 ||
        memcmp(track_achievements(session->track), episode->achievements,
               sizeof episode->achievements) != 0) {
        session_say(session, "this file does not play as its end says: was it changed?");
    }
}

bool session_learn(Session* session, bool* more, char why[SESSION_WHY]) {
    *more = false;
    if (!session->episode || track_head(session->track) >= session->episode->length) {
        return true;
    }
    int64_t to = track_head(session->track) + LEARN_STEPS;
    to = to < session->episode->length ? to : session->episode->length;
    *more = to < session->episode->length;
    if (!learn_to(session, to, why)) {
        return false;
    }
    if (!*more) {
        compare_end(session);
    }
    return true;
}

static bool open_file(Session* session, int32_t index, char why[SESSION_WHY]) {
    const char* path = session->options.path[index];
    CairnEpisode* episode = NULL;
    Track* track = NULL;
    char message[CAIRN_WHY];
    if (cairn_episode_load(path, &episode, message) != CAIRN_OK) {
        return failed(message, why);
    }
    if (track_create(&episode->config, episode->episode, &track, message) != CAIRN_OK) {
        cairn_episode_destroy(episode);
        snprintf(why, SESSION_WHY, "%.200s: %s", path, message);
        return false;
    }
    cairn_episode_destroy(session->episode);
    track_destroy(session->track);
    session->episode = episode, session->track = track;
    session->path_index = index;
    thought_parts(episode, &session->parts);
    session->playback.end = episode->length;
    session->playback.position = 0, session->playback.carry = 0;
    session->note[0] = '\0', session->notes++;
    bool fits = episode->length <= LEARN_AT_ONCE;
    if (!learn_to(session, fits ? episode->length : LEARN_AT_ONCE, why)) {
        return false;
    }
    if (fits) {
        compare_end(session);
    }
    return true;
}

// ---------------------------------------------------------------- create and destroy
bool session_create(const SessionOptions* options, Session** session, char why[SESSION_WHY]) {
    *session = NULL;
    Session* made = calloc(1, sizeof *made);
    if (!made) {
        return failed("out of memory", why);
    }
    made->options = *options;
    made->playback.rate = options->rate > 0 ? options->rate : PLAYBACK_RATE;
    playback_set_speed(&made->playback, playback_speed_of(options->speed));
    made->playback.live = options->mode != SESSION_REPLAY;
    made->human = options->mode == SESSION_PLAY;
    made->realtime = options->mode == SESSION_PLAY && options->rate > 0;
    bool fine =
        options->mode == SESSION_REPLAY ? open_file(made, 0, why) : session_live_create(made, why);
    if (!fine) {
        session_destroy(made);
        return false;
    }
    *session = made;
    return true;
}

void session_destroy(Session* session) {
    if (session) {
        session_live_destroy(session->live);
        cairn_episode_destroy(session->episode);
        track_destroy(session->track);
        free(session);
    }
}

bool session_close(Session* session, char why[SESSION_WHY]) {
    bool fine = !session->live || session_live_save(session, why);
    session_destroy(session);
    return fine;
}

// ---------------------------------------------------------------- moving
bool session_seek(Session* session, int64_t step, char why[SESSION_WHY]) {
    playback_seek(&session->playback, step);
    if (session->episode && !learn_to(session, session->playback.position, why)) {
        return false;
    }
    char message[CAIRN_WHY];
    if (track_seek(session->track, session->playback.position, message) != CAIRN_OK) {
        return failed(message, why);
    }
    return true;
}

int64_t session_length(const Session* session) {
    return session->episode ? session->episode->length : track_head(session->track);
}

bool session_ended(const Session* session) {
    if (session->playback.position < session_length(session)) {
        return false;
    }
    return session->episode || track_terminated(session->track) || track_truncated(session->track);
}

// A step on, `held` being what the person does; -1: nothing, the world waits for the person.
static bool step_on(Session* session, int32_t held, char why[SESSION_WHY]) {
    const double carry = session->playback.carry; // seeking forgets it
    bool fine = true;
    if (session->playback.position < session_length(session)) {
        fine = session_seek(session, session->playback.position + 1, why);
    } else if (session_ended(session)) {
        session->playback.playing = false;
    } else if (!session->human) {
        fine = session_live_act(session, session_live_intended(session), why);
    } else if (held >= 0) {
        fine = session_live_act(session, held, why);
    }
    session->playback.carry = carry;
    return fine;
}

bool session_forward(Session* session, char why[SESSION_WHY]) {
    return step_on(session, -1, why);
}

static double seconds_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

bool session_pass(Session* session, double seconds, int32_t held, char why[SESSION_WHY]) {
    int64_t due = playback_due(&session->playback, seconds);
    if (session->episode && due > 1) { // at once, however fast
        const double carry = session->playback.carry;
        bool fine = session_seek(session, session->playback.position + due, why);
        session->playback.carry = carry;
        return fine;
    }
    const double begin = seconds_now();
    for (; due > 0 && session->playback.playing; due--) {
        if (seconds_now() - begin > pass_seconds) {
            break; // a slow agent shows what it has
        }
        if (!step_on(session, session->realtime ? held : -1, why)) {
            return false;
        }
    }
    return true;
}

bool session_act(Session* session, int32_t action, char why[SESSION_WHY]) {
    if (!session->human || !session->live) {
        return true;
    }
    if (!session_seek(session, track_head(session->track), why)) {
        return false;
    }
    return session_ended(session) || session_live_act(session, action, why);
}

void session_toggle_control(Session* session) {
    if (session->options.mode != SESSION_WATCH) {
        return;
    }
    session->human = !session->human;
    session->playback.playing = false;
    session_say(session, session->human ? "You have control: each key is a step. C gives it back."
                                        : "The agent has control. Space plays.");
}

bool session_turn(Session* session, int32_t by, char why[SESSION_WHY]) {
    if (session->live) {
        const uint64_t number = session->number;
        const bool watched = session_ended(session) && !session->human;
        if (!session_live_save(session, why) ||
            !session_live_begin(session, by < 0 && number == 1 ? 1 : number + (uint64_t)by, why)) {
            return false;
        }
        session->playback.playing = session->playback.playing || watched;
        return true;
    }
    int32_t index = session->path_index + by;
    if (index < 0 || index >= session->options.path_count) {
        return true;
    }
    return open_file(session, index, why);
}

// ---------------------------------------------------------------- what the agent said
void session_thought(const Session* session, int64_t step, Thought* thought) {
    *thought = (Thought){0};
    if (session->episode && step < session->episode->length) {
        thought_of_episode(session->episode, step, thought);
    } else if (session->live) {
        const Thought* said = session_live_thought(session, step);
        *thought = said ? *said : *thought;
    }
}

int32_t session_next_action(const Session* session, int64_t step) {
    if (session->episode) {
        return step < session->episode->length ? session->episode->action[step] : -1;
    }
    if (step < track_head(session->track)) {
        return track_step(session->track, step + 1)->action;
    }
    return session_live_intended(session);
}
