// What is true of every world between two steps (invariants.h).
#include "tests/env/invariants.h"

#include <string.h>

#include "env/rules.h"

static const char* check_player(const World* world) {
    const Player* player = &world->player;
    for (int item = 0; item < CAIRN_ITEMS; item++) {
        if (player->inventory[item] < 0 || player->inventory[item] > MAX_ITEM) {
            return "an item's count is not in 0..9";
        }
    }
    uint32_t unlocked = 0;
    for (int a = 0; a < CAIRN_ACHIEVEMENTS; a++) {
        if (player->achievements[a] < 0) {
            return "an achievement's count is negative";
        }
        unlocked |= (uint32_t)(player->achievements[a] > 0) << a;
    }
    if (unlocked != player->unlocked || (world->newly_unlocked & ~unlocked) != 0) {
        return "the unlocked achievements do not fit their counts";
    }
    if (player->hunger < 0 || player->hunger > 25 || player->thirst < 0 || player->thirst > 20 ||
        player->fatigue < -10 || player->fatigue > 30 || player->recover < -15 ||
        player->recover > 25) {
        return "a need of the player is out of range";
    }
    return NULL;
}

static const char* check_object(const World* world, int32_t index) {
    static const int32_t COUNTER_MAX[KIND_COUNT] = {
        [KIND_ZOMBIE] = 5, [KIND_SKELETON] = 4, [KIND_PLANT] = INT32_MAX};
    const Object* object = &world->objects[index];
    if (!world_inside(world, object->x, object->y) ||
        !world_occupied(world, object->x, object->y)) {
        return "an object stands outside, or on a cell that counts as empty";
    }
    if (world->list.x[index] != object->x || world->list.y[index] != object->y ||
        world_object_index(world, object->x, object->y) != index) {
        return "an object is not found where it stands";
    }
    if (object->kind <= KIND_NONE || object->kind >= KIND_COUNT ||
        (object->kind == KIND_PLAYER) != (index == PLAYER)) {
        return "an object is of no possible kind";
    }
    if (object->counter < 0 || object->counter > COUNTER_MAX[object->kind]) {
        return "an object's counter is out of range";
    }
    return NULL;
}

static const char* check_objects(const World* world, int32_t* live) {
    int32_t holes = 0, marked = 0;
    if (world->object_count <= PLAYER || world->object_count > world->list.capacity) {
        return "the list's length is out of range";
    }
    for (int32_t i = PLAYER; i < world->object_count; i++) {
        if (world->objects[i].kind == KIND_NONE) {
            holes++;
            if (world->list.x[i] != REMOVED) {
                return "a hole has a place";
            }
            continue;
        }
        const char* broken = check_object(world, i);
        if (broken) {
            return broken;
        }
    }
    const int32_t words = world->shape->width * world->shape->occupied_words;
    for (int32_t word = 0; word < words; word++) {
        marked += __builtin_popcountll(world->occupied[word]);
    }
    *live = world->object_count - PLAYER - holes;
    return holes != world->hole_count ? "holes are miscounted"
           : marked != *live          ? "more cells are occupied than there are objects"
                                      : NULL;
}

static const char* check_chunk(const World* world, int32_t number, int32_t* listed) {
    const Chunk* chunk = &world->chunks[number];
    const WorldShape* shape = world->shape;
    uint8_t members[KIND_COUNT] = {0};
    int32_t before = 0;
    for (int32_t i = chunk->first; i != 0; i = world->list.link[i].next) {
        if (i < PLAYER || i >= world->object_count || ++*listed > world->object_count) {
            return "a chunk's list leads astray";
        }
        const Object* object = &world->objects[i];
        if (world->list.link[i].previous != before || object->kind == KIND_NONE ||
            world_chunk(world, object->x, object->y) != number) {
            return "a chunk's list is torn, or holds who is not there";
        }
        members[object->kind]++;
        before = i;
    }
    if (chunk->last != before || memcmp(members, chunk->members, sizeof members) != 0 ||
        (!chunk->exists && before != 0)) {
        return "a chunk's counts do not fit its list";
    }
    int32_t grass = 0, path = 0;
    const int32_t left = number / shape->chunk_rows * CHUNK_SIZE;
    const int32_t top = number % shape->chunk_rows * CHUNK_SIZE;
    for (int32_t x = left; x < left + CHUNK_SIZE && x < shape->width; x++) {
        for (int32_t y = top; y < top + CHUNK_SIZE && y < shape->height; y++) {
            const uint8_t material = world->material[world_cell(world, x, y)];
            if (material == CAIRN_OUTSIDE || material >= CAIRN_MATERIALS) {
                return "a cell is of no material";
            }
            grass += material == CAIRN_GRASS;
            path += material == CAIRN_PATH;
        }
    }
    return grass != chunk->grass || path != chunk->path ? "a chunk's ground is miscounted" : NULL;
}

const char* invariant_broken(const World* world) {
    int32_t live = 0, listed = 0, existing = 0;
    const char* broken = check_player(world);
    if (!broken) {
        broken = check_objects(world, &live);
    }
    const int32_t chunks = world->shape->chunk_columns * world->shape->chunk_rows;
    for (int32_t number = 0; !broken && number < chunks; number++) {
        broken = check_chunk(world, number, &listed);
        existing += world->chunks[number].exists;
    }
    if (broken) {
        return broken;
    }
    if (!(world->daylight >= 0 && world->daylight <= 1)) {
        return "daylight is not in 0..1";
    }
    return listed != live                   ? "an object is in no chunk's list"
           : existing != world->chunk_count ? "existing chunks are miscounted"
           : world->episode == 0            ? "a world plays no episode"
                                            : NULL;
}
