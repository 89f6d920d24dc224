// Creatures come and go, chunk by chunk, so that each chunk's number stays in a range that depends
// on its ground and on the daylight.
#include "env/rules.h"

typedef struct Rule {
    ObjectKind kind;
    CairnMaterial ground;
    int32_t spawn_distance, despawn_distance; // to the player, at least
    double spawn_probability, despawn_probability;
} Rule;

enum { RULES = 3 };
static const Rule RULE[RULES] = {{KIND_ZOMBIE, CAIRN_GRASS, 6, 0, 0.3, 0.4},
                                 {KIND_SKELETON, CAIRN_PATH, 7, 7, 0.1, 0.1},
                                 {KIND_COW, CAIRN_GRASS, 5, 5, 0.01, 0.1}};

// A chunk's members of each rule's kind: fewer than low may spawn, more than high may despawn.
typedef struct Range {
    int32_t low, high; // low <= high
} Range;

// Any of the chunk's cells of that ground, all alike. There is one.
static Object cell_of(World* world, int32_t number, CairnMaterial ground) {
    const WorldShape* shape = world->shape;
    const int32_t x_first = number / shape->chunk_rows * CHUNK_SIZE;
    const int32_t y_first = number % shape->chunk_rows * CHUNK_SIZE;
    if (!world->generator.mersenne) { // mode fast: any cell, until it is of that ground
        for (;;) {
            const uint32_t draw = random_below(&world->generator, CHUNK_SIZE * CHUNK_SIZE);
            const int32_t x = x_first + (int32_t)draw / CHUNK_SIZE;
            const int32_t y = y_first + (int32_t)draw % CHUNK_SIZE;
            if (world_material(world, x, y) == ground) {
                return (Object){.x = (int16_t)x, .y = (int16_t)y};
            }
        }
    }
    const Chunk* chunk = &world->chunks[number];
    uint32_t space = ground == CAIRN_GRASS ? chunk->grass : chunk->path;
    uint32_t skip = random_below(&world->generator, space);
    const int32_t y_end =
        y_first + CHUNK_SIZE < shape->height ? y_first + CHUNK_SIZE : shape->height;
    int32_t x = x_first, y = y_first;
    for (;; y++) { // to cell `skip` of the ground
        if (y == y_end) {
            y = y_first;
            x++;
        }
        if (world->material[world_cell(world, x, y)] == ground && skip-- == 0) {
            return (Object){.x = (int16_t)x, .y = (int16_t)y};
        }
    }
}

static void spawn(World* world, int32_t number, const Rule* rule) {
    const Object place = cell_of(world, number, rule->ground);
    if (!world_occupied(world, place.x, place.y) &&
        object_distance(world, &place) >= rule->spawn_distance) {
        object_add(world, rule->kind, place.x, place.y);
    }
}

static void despawn(World* world, const Chunk* chunk, const Rule* rule, int32_t members) {
    uint32_t skip = random_below(&world->generator, (uint32_t)members);
    int32_t index = chunk->first;
    while (world->objects[index].kind != rule->kind || skip-- > 0) {
        index = world->list.link[index].next;
    }
    if (object_distance(world, &world->objects[index]) >= rule->despawn_distance) {
        object_remove(world, &world->objects[index]);
    }
}

// In the order of RULE.
static void ranges(const Chunk* chunk, double light, Range range[RULES]) {
    const int32_t zombies = (int32_t)(3.5 - 3 * light), cows = (int32_t)(1.5 + light);
    range[0] = (Range){chunk->grass < 50 ? 0 : zombies, zombies};
    range[1] = (Range){chunk->path < 6 ? 0 : 1, 2};
    range[2] = (Range){chunk->grass < 30 ? 0 : 1, cows};
}

static void balance(World* world, int32_t number) {
    const Chunk* chunk = &world->chunks[number];
    Range range[RULES];
    ranges(chunk, world->daylight, range);
    for (int r = 0; r < RULES; r++) {
        const Rule* rule = &RULE[r];
        const int32_t members = chunk->members[rule->kind];
        if (members < range[r].low) {
            if (random_uniform(&world->generator) < rule->spawn_probability) {
                spawn(world, number, rule);
            }
        } else if (members > range[r].high &&
                   random_uniform(&world->generator) < rule->despawn_probability) {
            despawn(world, chunk, rule, members);
        }
    }
}

// Mode fast: one word of the chunk's place and moment has the draws of all rules, so that nothing
// is decided by a branch that the processor cannot foresee, until something comes or goes.
static void balance_by_place(World* world, int32_t number, uint64_t key) {
    enum { BITS = 21 };
    const Chunk* chunk = &world->chunks[number];
    const uint64_t word = random_mix(key, (uint64_t)number);
    Range range[RULES];
    ranges(chunk, world->daylight, range);
    uint32_t comes = 0, goes = 0;
    for (int r = 0; r < RULES; r++) {
        const int32_t draw = (int32_t)(word >> BITS * r & ((1u << BITS) - 1));
        const int32_t members = chunk->members[RULE[r].kind];
        comes |= (uint32_t)((members < range[r].low) &
                            (draw < (int32_t)(RULE[r].spawn_probability * (1 << BITS))))
                 << r;
        goes |= (uint32_t)((members > range[r].high) &
                           (draw < (int32_t)(RULE[r].despawn_probability * (1 << BITS))))
                << r;
    }
    for (int r = 0; comes | goes; r++, comes >>= 1, goes >>= 1) {
        if (comes & 1) {
            spawn(world, number, &RULE[r]);
        }
        if (goes & 1) {
            despawn(world, chunk, &RULE[r], chunk->members[RULE[r].kind]);
        }
    }
}

void balance_chunks(World* world) {
    const bool by_place = !world->generator.mersenne;
    const uint64_t key =
        by_place ? random_branch(&world->generator, RANDOM_BALANCE, (uint64_t)world->step).key : 0;
    // Spawning may bring no chunk into existence: creatures only appear in those that exist.
    for (int32_t i = 0; i < world->chunk_count; i++) {
        if (by_place) {
            balance_by_place(world, world->chunk_order[i], key);
        } else {
            balance(world, world->chunk_order[i]);
        }
    }
}
