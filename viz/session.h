// What a window shows: an episode from a file, an agent that plays, or a person that does. Owns the
// track, the position in it, the agent and the recording. Knows no window.
#pragma once
#include "viz/agent_player.h"
#include "viz/playback.h"
#include "viz/thought.h"
#include "viz/track.h"

enum { SESSION_WHY = 512, SESSION_PATH = 4096 };

typedef enum SessionMode { SESSION_REPLAY, SESSION_WATCH, SESSION_PLAY } SessionMode;

typedef struct SessionOptions {
    SessionMode mode;
    const char* const* path; // [path_count] replay: episode files, borrowed
    int32_t path_count;
    const char* checkpoint; // watch, borrowed
    bool greedy;            // watch: the most probable action
    int64_t seed;           // watch and play
    uint64_t episode;       // likewise, >= 1
    double rate;            // play: steps per second, 0 = turn by turn
    double speed;           // one of playback_factor's
    const char* record;     // watch and play: folder for episode files, borrowed, or NULL
} SessionOptions;

typedef struct SessionLive SessionLive; // what only an episode that goes on has

typedef struct Session {
    SessionOptions options;
    Track* track;
    Playback playback;
    Thought parts; // which panels there is something for; its has_* count
    // Replay
    CairnEpisode* episode;
    int32_t path_index;
    // Watch and play
    SessionLive* live;
    uint64_t number; // of the live episode
    bool human;      // a person acts; else the agent
    bool realtime;   // the person's world goes on by itself
    // For the person: what happened last ("saved ..."), and how often that changed.
    char note[SESSION_WHY];
    int32_t notes;
} Session;

SessionOptions session_default_options(SessionMode mode);
// Opens the first file, or the world. On failure *session is NULL and why is one line that names
// the file.
bool session_create(const SessionOptions* options, Session** session, char why[SESSION_WHY]);
// Saves what is being recorded. false: that failed; the session is gone in any case.
bool session_close(Session* session, char why[SESSION_WHY]);
void session_destroy(Session* session); // NULL is allowed; saves nothing

// Functions that can fail leave one line in why. A session that failed can only be destroyed.

// Stands at a step: clamped to the episode, or to what was lived so far.
bool session_seek(Session* session, int64_t step, char why[SESSION_WHY]);
// One step on. At the head of a live episode the agent acts; a person's world waits.
bool session_forward(Session* session, char why[SESSION_WHY]);
// Lets time pass. held: the person's action where the world does not wait.
bool session_pass(Session* session, double seconds, int32_t held, char why[SESSION_WHY]);
// The person acts, at the head. Ignored unless the person has control and the episode goes on.
bool session_act(Session* session, int32_t action, char why[SESSION_WHY]);
// Watch: hands control to the person or back.
void session_toggle_control(Session* session);
// The episode `by` further: another file (stays at the ends), or another world.
bool session_turn(Session* session, int32_t by, char why[SESSION_WHY]);
// Learns a few hundred more steps of a long episode; true: there is more to learn.
bool session_learn(Session* session, bool* more, char why[SESSION_WHY]);

int64_t session_length(const Session* session); // steps of the file, or lived so far
bool session_ended(const Session* session);     // nothing can follow the step where it stands
// What the agent said in the state after `step` steps; all absent when it said nothing.
void session_thought(const Session* session, int64_t step, Thought* thought);
// The action that follows that state; -1: not known yet.
int32_t session_next_action(const Session* session, int64_t step);

// For session.c; in session_live.c.
bool session_live_begin(Session* session, uint64_t number, char why[SESSION_WHY]);
bool session_live_create(Session* session, char why[SESSION_WHY]);
bool session_live_act(Session* session, int32_t action, char why[SESSION_WHY]);
bool session_live_save(Session* session, char why[SESSION_WHY]);
int32_t session_live_intended(const Session* session); // the agent's next action at the head
const Thought* session_live_thought(const Session* session, int64_t step);
int64_t session_live_trained(const Session* session); // steps of the agent's training
void session_live_destroy(SessionLive* live);         // NULL is allowed
void session_say(Session* session, const char* format, ...) __attribute__((format(printf, 2, 3)));
