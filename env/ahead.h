// Terrain made ahead of time, for many worlds at once: what takes a batch for one world takes it
// for TERRAIN_LANES of them. Mode fast, where terrain depends on nothing but seed and episode, so
// that who makes it, when, and whether at all, changes no bit. Internal to env/.
#pragma once
#include "env/world.h"

typedef struct Ahead Ahead;

// *ahead stays NULL in mode exact and for areas larger than a plan can be.
CairnStatus ahead_create(const WorldShape* shape, int32_t world_count, int32_t threads,
                         Ahead** ahead, char why[CAIRN_WHY]);
void ahead_destroy(Ahead* ahead); // NULL is allowed

// All of these may be called by several threads at once, for different worlds, and with NULL.

// Begins the next episode of world number n, and asks for those after it. If it has not been made
// yet, it is made now, with what others have asked for.
void ahead_reset(Ahead* ahead, World* world, int32_t n);
// The same for worlds [first, first + count).
void ahead_reset_many(Ahead* ahead, World* worlds, int32_t first, int32_t count);
// Makes a batch of what was asked for, when there is enough for one.
void ahead_work(Ahead* ahead);
