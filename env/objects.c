// Objects of a world (env/objects.h). List order is the order of updates, a chunk's list order
// decides who despawns: both are part of the rules.
#include "env/objects.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "env/kernels.h"

// ---------------------------------------------------------------- maps
void world_set_material(World* world, int32_t x, int32_t y, CairnMaterial material) {
    uint8_t* cell = &world->material[world_cell(world, x, y)];
    Chunk* chunk = &world->chunks[world_chunk(world, x, y)];
    chunk->grass = (uint8_t)(chunk->grass - (*cell == CAIRN_GRASS) + (material == CAIRN_GRASS));
    chunk->path = (uint8_t)(chunk->path - (*cell == CAIRN_PATH) + (material == CAIRN_PATH));
    *cell = (uint8_t)material;
}

int32_t world_object_index(const World* world, int32_t x, int32_t y) {
    if (!world_inside(world, x, y) || !world_occupied(world, x, y)) {
        return 0;
    }
    const Objects* list = &world->list;
    int32_t index = PLAYER + world->shape->kernels->find(list->x + PLAYER, list->y + PLAYER,
                                                         world->object_count - PLAYER, x, y);
    assert(index < world->object_count);
    return index;
}

Object* world_object(World* world, int32_t x, int32_t y) {
    int32_t index = world_object_index(world, x, y);
    return index ? &world->objects[index] : NULL;
}

static void flip_occupied(World* world, int32_t x, int32_t y) {
    world->occupied[x * world->shape->occupied_words + y / 64] ^= UINT64_C(1) << y % 64;
}

// ---------------------------------------------------------------- chunks
static void chunk_append(World* world, int32_t index) {
    const Object* object = &world->objects[index];
    Link* links = world->list.link;
    int32_t number = world_chunk(world, object->x, object->y);
    Chunk* chunk = &world->chunks[number];
    if (!chunk->exists) {
        chunk->exists = true;
        world->chunk_order[world->chunk_count++] = number;
    }
    links[index] = (Link){.previous = chunk->last};
    *(chunk->last ? &links[chunk->last].next : &chunk->first) = index;
    chunk->last = index;
    chunk->members[object->kind]++;
}

static void chunk_drop(World* world, int32_t index) {
    const Object* object = &world->objects[index];
    Link *links = world->list.link, link = links[index];
    Chunk* chunk = &world->chunks[world_chunk(world, object->x, object->y)];
    *(link.previous ? &links[link.previous].next : &chunk->first) = link.next;
    *(link.next ? &links[link.next].previous : &chunk->last) = link.previous;
    chunk->members[object->kind]--;
}

// ---------------------------------------------------------------- objects
void objects_clear(World* world) {
    const WorldShape* shape = world->shape;
    memset(world->occupied, 0,
           (size_t)shape->width * (size_t)shape->occupied_words * sizeof *world->occupied);
    memset(world->chunks, 0,
           (size_t)shape->chunk_columns * (size_t)shape->chunk_rows * sizeof *world->chunks);
    world->object_count = PLAYER;
    world_use_arena(world);
    world->objects[0] = (Object){.kind = KIND_NONE};
    world->hole_count = 0;
    world->chunk_count = 0;
}

Object* object_add(World* world, ObjectKind kind, int32_t x, int32_t y) {
    static const uint8_t HEALTH[KIND_COUNT] = {
        [KIND_COW] = 3, [KIND_ZOMBIE] = 5, [KIND_SKELETON] = 3, [KIND_PLANT] = 1};
    if (world->object_count == world->list.capacity) {
        world_use_reserve(world);
    }
    assert(world->object_count < world->list.capacity);
    assert(!world_occupied(world, x, y));
    int32_t index = world->object_count++;
    world->objects[index] = (Object){.x = (int16_t)x,
                                     .y = (int16_t)y,
                                     .kind = (uint8_t)kind,
                                     .facing_y = 1,
                                     .health = HEALTH[kind]};
    world->list.x[index] = (int16_t)x;
    world->list.y[index] = (int16_t)y;
    flip_occupied(world, x, y);
    chunk_append(world, index);
    return &world->objects[index];
}

void object_remove(World* world, Object* object) {
    if (object->kind == KIND_NONE) {
        return;
    }
    int32_t index = (int32_t)(object - world->objects);
    chunk_drop(world, index);
    flip_occupied(world, object->x, object->y);
    world->list.x[index] = REMOVED;
    object->kind = KIND_NONE;
    world->hole_count++;
}

static void object_move(World* world, Object* object, int32_t x, int32_t y) {
    int32_t index = (int32_t)(object - world->objects);
    flip_occupied(world, object->x, object->y);
    flip_occupied(world, x, y);
    bool crosses = world_chunk(world, object->x, object->y) != world_chunk(world, x, y);
    if (crosses) {
        chunk_drop(world, index);
    }
    world->list.x[index] = object->x = (int16_t)x;
    world->list.y[index] = object->y = (int16_t)y;
    if (crosses) {
        chunk_append(world, index);
    }
}

bool object_step(World* world, Object* object, Direction direction, int32_t walkable) {
    int32_t x = object->x + direction.x, y = object->y + direction.y;
    if (!world_free(world, x, y, walkable)) {
        return false;
    }
    if (object->kind != KIND_NONE) {
        object_move(world, object, x, y);
    }
    return true;
}

void object_damage(World* world, Object* object, int32_t amount) {
    if (object == &world->objects[PLAYER]) {
        int32_t* health = &world->player.inventory[CAIRN_HEALTH];
        *health = *health > amount ? *health - amount : 0;
    } else {
        object->health = (uint8_t)(object->health > amount ? object->health - amount : 0);
    }
}

// Moves every object down to the first hole below it, which keeps the order.
void objects_compact(World* world) {
    const Objects* list = &world->list;
    int32_t kept = PLAYER;
    for (int32_t index = PLAYER; index < world->object_count; index++) {
        const Object object = world->objects[index];
        if (object.kind == KIND_NONE) {
            continue;
        }
        if (kept != index) {
            Chunk* chunk = &world->chunks[world_chunk(world, object.x, object.y)];
            const Link link = list->link[index];
            *(link.previous ? &list->link[link.previous].next : &chunk->first) = kept;
            *(link.next ? &list->link[link.next].previous : &chunk->last) = kept;
            list->link[kept] = link;
            list->object[kept] = object;
            list->x[kept] = object.x;
            list->y[kept] = object.y;
        }
        kept++;
    }
    world->object_count = kept;
    world->hole_count = 0;
}

void objects_rebuild(World* world) {
    const WorldShape* shape = world->shape;
    memset(world->occupied, 0,
           (size_t)shape->width * (size_t)shape->occupied_words * sizeof *world->occupied);
    for (int32_t i = 0; i < shape->chunk_columns * shape->chunk_rows; i++) {
        memset(world->chunks[i].members, 0, sizeof world->chunks[i].members);
    }
    world->hole_count = 0;
    for (int32_t i = PLAYER; i < world->object_count; i++) {
        const Object* object = &world->objects[i];
        bool hole = object->kind == KIND_NONE;
        world->list.x[i] = hole ? REMOVED : object->x;
        world->list.y[i] = object->y;
        world->hole_count += hole;
        if (!hole) {
            flip_occupied(world, object->x, object->y);
            world->chunks[world_chunk(world, object->x, object->y)].members[object->kind]++;
        }
    }
}

// ---------------------------------------------------------------- geometry
int32_t object_distance(const World* world, const Object* object) {
    const Object* player = &world->objects[PLAYER];
    return abs(player->x - object->x) + abs(player->y - object->y);
}

static int32_t sign(int32_t value) {
    return (value > 0) - (value < 0);
}

Direction object_toward(const World* world, const Object* object, bool long_axis) {
    const Object* player = &world->objects[PLAYER];
    int32_t x = player->x - object->x, y = player->y - object->y;
    bool along_x = long_axis ? abs(x) > abs(y) : abs(x) <= abs(y);
    return along_x ? (Direction){sign(x), 0} : (Direction){0, sign(y)};
}
