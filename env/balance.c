// Creatures come and go, chunk by chunk, so that each chunk's number stays in a range that depends
// on its ground and on the daylight.
#include "env/rules.h"

typedef struct Balance {
    ObjectKind kind;
    CairnMaterial ground;
    int32_t spawn_distance, despawn_distance; // to the player, at least
    double spawn_probability, despawn_probability;
    int32_t low, high; // members: fewer may spawn, more may despawn
} Balance;

static void spawn(World* world, int32_t number, const Balance* rule) {
    const WorldShape* shape = world->shape;
    const Chunk* chunk = &world->chunks[number];
    uint32_t space = rule->ground == CAIRN_GRASS ? chunk->grass : chunk->path;
    uint32_t skip = random_below(&world->generator, space);
    int32_t x = number / shape->chunk_rows * CHUNK_SIZE;
    int32_t y_first = number % shape->chunk_rows * CHUNK_SIZE;
    int32_t y_end = y_first + CHUNK_SIZE < shape->height ? y_first + CHUNK_SIZE : shape->height;
    int32_t y = y_first;
    for (;; y++) { // to cell `skip` of the ground; the count says that it exists
        if (y == y_end) {
            y = y_first;
            x++;
        }
        if (world->material[world_cell(world, x, y)] == rule->ground && skip-- == 0) {
            break;
        }
    }
    Object place = {.x = (int16_t)x, .y = (int16_t)y};
    if (!world_occupied(world, x, y) && object_distance(world, &place) >= rule->spawn_distance) {
        object_add(world, rule->kind, x, y);
    }
}

static void despawn(World* world, const Chunk* chunk, const Balance* rule, int32_t members) {
    uint32_t skip = random_below(&world->generator, (uint32_t)members);
    int32_t index = chunk->first;
    while (world->objects[index].kind != rule->kind || skip-- > 0) {
        index = world->list.link[index].next;
    }
    if (object_distance(world, &world->objects[index]) >= rule->despawn_distance) {
        object_remove(world, &world->objects[index]);
    }
}

static inline void balance(World* world, int32_t number, const Balance* rule) {
    const Chunk* chunk = &world->chunks[number];
    const int32_t members = chunk->members[rule->kind];
    if (members >= rule->low && members <= rule->high) {
        return;
    }
    Generator* generator = &world->generator;
    if (members < rule->low) {
        if (random_uniform(generator) < rule->spawn_probability) {
            spawn(world, number, rule);
            return;
        }
        if (members <= rule->high) {
            return;
        }
    }
    if (random_uniform(generator) < rule->despawn_probability) {
        despawn(world, chunk, rule, members);
    }
}

void balance_chunks(World* world) {
    const double light = world->daylight;
    const int32_t zombies = (int32_t)(3.5 - 3 * light), cows = (int32_t)(1.5 + light);
    Balance zombie = {KIND_ZOMBIE, CAIRN_GRASS, 6, 0, 0.3, 0.4, 0, zombies};
    Balance skeleton = {KIND_SKELETON, CAIRN_PATH, 7, 7, 0.1, 0.1, 0, 2};
    Balance cow = {KIND_COW, CAIRN_GRASS, 5, 5, 0.01, 0.1, 0, cows};
    // Spawning may bring no chunk into existence: creatures only appear in those that exist.
    for (int32_t i = 0; i < world->chunk_count; i++) {
        const int32_t number = world->chunk_order[i];
        const int32_t grass = world->chunks[number].grass, path = world->chunks[number].path;
        zombie.low = grass < 50 ? 0 : zombies;
        skeleton.low = path < 6 ? 0 : 1;
        cow.low = grass < 30 ? 0 : 1;
        balance(world, number, &zombie);
        balance(world, number, &skeleton);
        balance(world, number, &cow);
    }
}
