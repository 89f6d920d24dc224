// One world, and the rules that change it. Internal to env/.
//
// Maps are indexed [x][y] (cell x * height + y), like the original's arrays. "Draws" are taken from
// the world's only generator, so their number and order are part of the rules.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "env/cairn.h"
#include "env/random.h"

#define EPISODE_MAX (UINT64_MAX / 2) // of what callers and files may ask for
enum { CHUNK_SIZE = 12, PLAYER = 1, MAX_ITEM = 9, PLANT_RIPE_AGE = 300 }; // ripe when older

typedef enum ObjectKind {
    KIND_NONE, // a hole that a removed object left
    KIND_PLAYER,
    KIND_COW,
    KIND_ZOMBIE,
    KIND_SKELETON,
    KIND_ARROW,
    KIND_PLANT,
    KIND_COUNT
} ObjectKind;

typedef struct Object {
    int16_t x, y;              // stay what they were when the object is removed
    uint8_t kind;              // ObjectKind
    int8_t facing_x, facing_y; // player and arrow
    uint8_t health;            // not the player's: that is an inventory entry
    int32_t counter;           // zombie: cooldown; skeleton: reload; plant: grown
} Object;

typedef struct Link { // neighbours in the chunk's list, 0 = none
    int32_t previous, next;
} Link;

// 12 x 12 cells, fewer at the high edges. Members are listed in the order they came in.
typedef struct Chunk {
    int32_t first, last;         // members, 0 = none
    bool exists;                 // once an object was in it; then for the whole episode
    uint8_t members[KIND_COUNT]; // of each kind
    uint8_t grass, path;         // cells of it
} Chunk;

typedef struct Player { // position and facing are in objects[PLAYER]
    int32_t inventory[CAIRN_ITEMS];
    int32_t achievements[CAIRN_ACHIEVEMENTS]; // counts
    uint32_t unlocked;              // bit a: achievements[a] >= 1 when the last step ended
    double hunger, thirst, recover; // multiples of 0.5
    int32_t fatigue;
    int32_t health_before_update; // for waking by damage
    int32_t health_before_step;   // for the reward
    bool sleeping;
} Player;

// What all worlds of a handle have in common.
typedef struct WorldShape {
    int32_t width, height;             // cells
    int32_t chunk_columns, chunk_rows; // chunk of a cell: (x / 12) * chunk_rows + y / 12
    int32_t local_columns, local_rows; // cells seen around the player
    int32_t update_distance;           // objects nearer to the player than that act
    int32_t night_draws;               // uniform numbers that a frame at night draws
    int32_t occupied_words;            // words of a column of `occupied`
    int32_t object_capacity;           // entries of the object list that every world has room for
    int32_t object_limit;              // entries that it can ever need
    int64_t length;                    // steps until truncated, 0 = no limit
    CairnMode mode;
    const struct EnvKernels* kernels;
    const double* daylight; // [DAYLIGHT_STEPS] world_daylight of the first steps; or NULL
} WorldShape;
enum { DAYLIGHT_STEPS = 10001 };

// The list of objects. Entry 0 is never an object, PLAYER is the player.
typedef struct Objects {
    int32_t capacity;
    Object* object;
    Link* link;
    // Again, for looking through all of them: REMOVED in holes.
    int16_t *x, *y;
} Objects;
enum { REMOVED = -16384 };

typedef struct World {
    const WorldShape* shape;
    int64_t seed;
    uint64_t episode; // 0 before the first reset
    int64_t step;
    double daylight; // 0 (night) .. 1
    Generator generator;
    Player player;
    int32_t object_count; // entries in use, entry 0 and holes included
    int32_t hole_count;   // holes among the entries 1 .. object_count - 1
    int32_t chunk_count;  // chunks that exist
    // The step just taken; zero after a reset.
    double reward;
    bool terminated, truncated;
    uint32_t newly_unlocked; // bit a: achievement a
    // Owned by the handle's arena, as is the generator's Mersenne.
    uint8_t* material;    // [width, height] CairnMaterial
    uint64_t* occupied;   // [width, occupied_words] bit y: an object stands there
    Objects list;         // list.object is `objects`
    Object* objects;      // [list.capacity]
    Chunk* chunks;        // [chunk_columns, chunk_rows]
    int32_t* chunk_order; // [chunk_columns * chunk_rows] chunks by the time they came to exist
    void* arena;
    void* reserve; // for a list that outgrows the arena
} World;

void world_shape(const CairnConfig* config, WorldShape* shape);
size_t world_arena_size(const WorldShape* shape);   // bytes of one world's arrays
size_t world_reserve_size(const WorldShape* shape); // bytes of one world's longest list
// arena and reserve zeroed by the caller, the reserve best as memory that is taken when touched:
// few worlds ever need it.
void world_attach(World* world, const WorldShape* shape, void* arena, void* reserve);
// The list in the arena or in the reserve; what the two have in common is copied.
void world_use_arena(World* world);
void world_use_reserve(World* world);

// Makes `to` what `from` is. Both have arrays of their own, of one shape; where `from` has a long
// list, `to` has a reserve.
void world_copy(World* to, const World* from);

// Makes everything that follows from the rest anew, as loading needs: the objects' places, the
// chunks' counts, the generator's block of outputs, unlocked. Needs material, objects with their
// links, chunk_order, chunks[].first and .last.
void world_rebuild(World* world);

// Begins episode `world->episode + 1`, or any other by setting world->episode first. Draws no
// noise. cells: NULL, or in mode fast that episode's as terrain_batch_make gives them, which may be
// world->material.
void world_reset(World* world, const uint8_t* cells);
// Everything of one step but the frame, whose draws are due when world_is_night in mode exact.
void world_step(World* world, int32_t action);
// Hints to the processor that this world is next but one, and next.
void world_prefetch(const World* world);
void world_prefetch_surroundings(const World* world);
bool world_is_night(const World* world);
// Mode fast: what the noise of the present frame is drawn from, however often that is looked at.
Generator world_night(const World* world);
double world_daylight(int64_t step);

static inline bool world_inside(const World* world, int32_t x, int32_t y) {
    return ((uint32_t)x < (uint32_t)world->shape->width) &
           ((uint32_t)y < (uint32_t)world->shape->height);
}
static inline int32_t world_cell(const World* world, int32_t x, int32_t y) {
    return x * world->shape->height + y;
}
static inline bool world_occupied(const World* world, int32_t x, int32_t y) {
    return world->occupied[x * world->shape->occupied_words + y / 64] >> y % 64 & 1;
}
static inline int32_t world_chunk(const World* world, int32_t x, int32_t y) {
    return x / CHUNK_SIZE * world->shape->chunk_rows + y / CHUNK_SIZE;
}
