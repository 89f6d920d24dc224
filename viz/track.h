// An episode as it can be walked through: its world at any step, and what happened on the way.
//
// A track grows at its head, by the actions of a file, an agent or a person, and stands at any step
// up to there: snapshots of the world are kept every so many steps, and the rest is played again.
// Their distance doubles when there are many, so that memory stays within bounds.
#pragma once
#include "env/cairn.h"

typedef struct TrackStep { // step t >= 1: what it did; entry 0: the first state
    double total;          // reward of steps 1 .. t, undiscounted
    double reward;         // of this step
    uint32_t unlocked;     // bit a: achievement a, for the first time
    int16_t x, y;          // of the player, after the step
    uint8_t action;        // that this step took
    uint8_t health;        // 0..9, after the step
    bool sleeping;         // after the step
    bool damaged;          // health fell
} TrackStep;

typedef enum TrackMarkKind { TRACK_UNLOCKED, TRACK_DAMAGE, TRACK_SLEEP, TRACK_DEATH } TrackMarkKind;

typedef struct TrackMark { // in the order of steps
    int64_t step;
    int64_t last; // TRACK_SLEEP: last step of the sleep so far; else the step
    TrackMarkKind kind;
    int32_t achievement; // TRACK_UNLOCKED
} TrackMark;

enum {
    TRACK_STRIDE = 64,              // steps between snapshots at first
    TRACK_SNAPSHOTS_MAX = 1024,     // then every other one is dropped
    TRACK_SNAPSHOT_BYTES = 1 << 28, // likewise
    TRACK_NEVER = INT32_MAX
};

typedef struct Track Track; // owns its world

// config: one world; its seed is the world's own. episode >= 1. The track stands at step 0, its
// head. On failure *track is NULL.
CairnStatus track_create(const CairnConfig* config, uint64_t episode, Track** track,
                         char why[CAIRN_WHY]);
void track_destroy(Track* track); // NULL is allowed

// Appends a step at the head and stands there. action in [0, CAIRN_ACTIONS). observation: where
// what the step shows to who acts next goes; NULL = not wanted.
CairnStatus track_append(Track* track, int32_t action, const CairnObservation* observation,
                         char why[CAIRN_WHY]);
// Stands at a step in [0, head].
CairnStatus track_seek(Track* track, int64_t step, char why[CAIRN_WHY]);

int64_t track_head(const Track* track);
int64_t track_position(const Track* track);
const TrackStep* track_step(const Track* track, int64_t step); // in [0, head]
const TrackMark* track_marks(const Track* track, size_t* count);
bool track_terminated(const Track* track); // the player died at the head
bool track_truncated(const Track* track);  // the head is at the episode's length
// Step at which an achievement was first unlocked, or -1; of the whole track.
int64_t track_unlock_step(const Track* track, int32_t achievement);
// [area_width, area_height], x first: the first step at which the player saw the cell, or
// TRACK_NEVER.
const int32_t* track_seen(const Track* track);
// How often each achievement was done up to the head, [22].
const int32_t* track_achievements(const Track* track);
// The world where the track stands, for looking at only.
const Cairn* track_world(const Track* track);
