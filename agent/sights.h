// An episode played again from its actions, in a world of its own: what there was to see at each
// step, and what had been seen before.
#pragma once
#include "agent/agent.h"

typedef struct Sights {
    Cairn* world;
    int32_t columns, rows, width, height; // of the view, of the area
    uint8_t* tiles;                       // [rows, columns, 2] material and object
    int32_t position[2];
    uint8_t inventory[CAIRN_ITEMS];
    uint8_t ended[2]; // terminated, truncated
    uint8_t* seen;    // [height, width] materials as they were last seen; CAIRN_OUTSIDE: never
    uint32_t visible; // bit m: material m is in view
} Sights;

typedef struct SightsNearest {
    int32_t dx, dy;   // from the player
    int32_t distance; // squared; INT32_MAX: never seen
} SightsNearest;

// seed: that of the evaluation, whose worlds are of the policy's area and length.
AgentStatus sights_create(const AgentPolicy* policy, int64_t seed, Sights* sights,
                          char why[AGENT_WHY]);
void sights_free(Sights* sights); // all zero is allowed
void sights_begin(Sights* sights, int64_t episode);
void sights_step(Sights* sights, int32_t action);
// Of every material the nearest cell, by Euclid, that has been seen (or is in view); of equals the
// first in reading order.
void sights_find(const Sights* sights, SightsNearest nearest[CAIRN_MATERIALS]);
