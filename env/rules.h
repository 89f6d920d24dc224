// Parts of a step and of a reset, in the order in which they happen. Internal to env/.
#pragma once
#include "env/objects.h"

typedef enum Achievement {
    COLLECT_COAL,
    COLLECT_DIAMOND,
    COLLECT_DRINK,
    COLLECT_IRON,
    COLLECT_SAPLING,
    COLLECT_STONE,
    COLLECT_WOOD,
    DEFEAT_SKELETON,
    DEFEAT_ZOMBIE,
    EAT_COW,
    EAT_PLANT,
    MAKE_IRON_PICKAXE,
    MAKE_IRON_SWORD,
    MAKE_STONE_PICKAXE,
    MAKE_STONE_SWORD,
    MAKE_WOOD_PICKAXE,
    MAKE_WOOD_SWORD,
    PLACE_FURNACE,
    PLACE_PLANT,
    PLACE_STONE,
    PLACE_TABLE,
    WAKE_UP
} Achievement;

// Mode exact: material of every cell, then the first cows, zombies and skeletons. Cells whose
// single-precision estimate is within `doubt` of a threshold are computed exactly; INFINITY: all.
void worldgen(World* world, double doubt);
#define WORLDGEN_DOUBT 1e-3
// The same of mode fast. cells: see world_reset.
void worldgen_fast(World* world, const uint8_t* cells);

void player_update(World* world, CairnAction action);
void creature_update(World* world, Object* object); // any object but the player
void balance_chunks(World* world);
