// The object list, the map of objects and the chunks' member lists, kept in step with each other.
// Internal to env/.
#pragma once
#include "env/world.h"

// Sets of materials, as bits.
enum {
    WALK_LAND = 1 << CAIRN_GRASS | 1 << CAIRN_PATH | 1 << CAIRN_SAND,
    WALK_PLAYER = WALK_LAND | 1 << CAIRN_LAVA,
    WALK_ARROW = WALK_LAND | 1 << CAIRN_WATER | 1 << CAIRN_LAVA
};

typedef struct Direction {
    int32_t x, y;
} Direction;

void world_set_material(World* world, int32_t x, int32_t y, CairnMaterial material);
// CAIRN_OUTSIDE beyond the edges.
static inline CairnMaterial world_material(const World* world, int32_t x, int32_t y) {
    return world_inside(world, x, y) ? (CairnMaterial)world->material[world_cell(world, x, y)]
                                     : CAIRN_OUTSIDE;
}
// Index into the list; 0 when the cell is empty or outside.
int32_t world_object_index(const World* world, int32_t x, int32_t y);
// NULL when the cell is empty or outside.
Object* world_object(World* world, int32_t x, int32_t y);
// Inside, empty, and its material in the set. Without branches: which of the three fails is nothing
// that a processor could foresee.
static inline bool world_free(const World* world, int32_t x, int32_t y, int32_t walkable) {
    const bool inside = world_inside(world, x, y);
    const int32_t column = inside ? x : 0, row = inside ? y : 0; // of some cell, if it must be
    return inside & (walkable >> world->material[world_cell(world, column, row)] & 1) &
           !world_occupied(world, column, row);
}

void objects_clear(World* world);
// The cell is empty. The new object's fields are those of its class at birth. Pointers to objects
// are void after it.
Object* object_add(World* world, ObjectKind kind, int32_t x, int32_t y);
// Leaves a hole in the list; nothing if that has been done.
void object_remove(World* world, Object* object);
// One cell in a direction if that is free. For a removed object nothing moves, but the answer is
// still whether the cell was free.
bool object_step(World* world, Object* object, Direction direction, int32_t walkable);
void object_damage(World* world, Object* object, int32_t amount); // health never falls below 0
// Closes the holes. Pointers and indices to objects are void after it.
void objects_compact(World* world);
// See world_rebuild.
void objects_rebuild(World* world);

// City-block distance to the player.
int32_t object_distance(const World* world, const Object* object);
// The player's direction: along the longer axis (on a tie y) or along the shorter one (on a tie x,
// and nowhere when that offset is 0).
Direction object_toward(const World* world, const Object* object, bool long_axis);
