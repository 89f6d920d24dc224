// Objects of a world (env/objects.h). List order is the order of updates, a chunk's list order
// decides who despawns: both are part of the rules.
#include "env/objects.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// ---------------------------------------------------------------- maps
void world_set_material(World* world, int32_t x, int32_t y, CairnMaterial material) {
    uint8_t* cell = &world->material[world_cell(world, x, y)];
    Chunk* chunk = &world->chunks[world_chunk(world, x, y)];
    chunk->cells[*cell]--;
    chunk->cells[material]++;
    *cell = (uint8_t)material;
}

CairnMaterial world_material(const World* world, int32_t x, int32_t y) {
    return world_inside(world, x, y) ? (CairnMaterial)world->material[world_cell(world, x, y)]
                                     : CAIRN_OUTSIDE;
}

Object* world_object(World* world, int32_t x, int32_t y) {
    int32_t index = world_inside(world, x, y) ? world->object_at[world_cell(world, x, y)] : 0;
    return index ? &world->objects[index] : NULL;
}

bool world_free(const World* world, int32_t x, int32_t y, int32_t walkable) {
    if (!world_inside(world, x, y)) {
        return false;
    }
    int32_t cell = world_cell(world, x, y);
    return world->object_at[cell] == 0 && (walkable >> world->material[cell] & 1);
}

// ---------------------------------------------------------------- chunks
static void chunk_append(World* world, int32_t index) {
    Object* object = &world->objects[index];
    int32_t number = world_chunk(world, object->x, object->y);
    Chunk* chunk = &world->chunks[number];
    if (!chunk->exists) {
        chunk->exists = true;
        world->chunk_order[world->chunk_count++] = number;
    }
    object->previous = chunk->last;
    object->next = 0;
    if (chunk->last) {
        world->objects[chunk->last].next = index;
    } else {
        chunk->first = index;
    }
    chunk->last = index;
}

static void chunk_drop(World* world, int32_t index) {
    Object* object = &world->objects[index];
    Chunk* chunk = &world->chunks[world_chunk(world, object->x, object->y)];
    if (object->previous) {
        world->objects[object->previous].next = object->next;
    } else {
        chunk->first = object->next;
    }
    if (object->next) {
        world->objects[object->next].previous = object->previous;
    } else {
        chunk->last = object->previous;
    }
}

// ---------------------------------------------------------------- objects
void objects_clear(World* world) {
    const WorldShape* shape = world->shape;
    size_t cells = (size_t)shape->width * (size_t)shape->height;
    memset(world->object_at, 0, cells * sizeof *world->object_at);
    memset(world->chunks, 0,
           (size_t)shape->chunk_columns * (size_t)shape->chunk_rows * sizeof *world->chunks);
    world->objects[0] = (Object){.kind = KIND_NONE};
    world->object_count = PLAYER;
    world->hole_count = 0;
    world->chunk_count = 0;
}

Object* object_add(World* world, ObjectKind kind, int32_t x, int32_t y) {
    static const int8_t HEALTH[KIND_COUNT] = {
        [KIND_COW] = 3, [KIND_ZOMBIE] = 5, [KIND_SKELETON] = 3, [KIND_PLANT] = 1};
    assert(world->object_count < world->shape->object_capacity);
    int32_t index = world->object_count++;
    int32_t cell = world_cell(world, x, y);
    assert(world->object_at[cell] == 0);
    world->objects[index] = (Object){.x = (int16_t)x,
                                     .y = (int16_t)y,
                                     .kind = (uint8_t)kind,
                                     .facing_y = 1,
                                     .health = HEALTH[kind]};
    world->object_at[cell] = index;
    chunk_append(world, index);
    return &world->objects[index];
}

void object_remove(World* world, Object* object) {
    if (object->kind == KIND_NONE) {
        return;
    }
    chunk_drop(world, (int32_t)(object - world->objects));
    world->object_at[world_cell(world, object->x, object->y)] = 0;
    object->kind = KIND_NONE;
    world->hole_count++;
}

static void object_move(World* world, Object* object, int32_t x, int32_t y) {
    int32_t index = (int32_t)(object - world->objects);
    world->object_at[world_cell(world, object->x, object->y)] = 0;
    world->object_at[world_cell(world, x, y)] = index;
    bool crosses = world_chunk(world, object->x, object->y) != world_chunk(world, x, y);
    if (crosses) {
        chunk_drop(world, index);
    }
    object->x = (int16_t)x;
    object->y = (int16_t)y;
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
    bool is_player = object == &world->objects[PLAYER];
    int32_t* health = is_player ? &world->player.inventory[CAIRN_HEALTH] : &object->health;
    *health = *health > amount ? *health - amount : 0;
}

// Moves every object down to the first hole below it, which keeps the order.
void objects_compact(World* world) {
    int32_t kept = PLAYER;
    for (int32_t index = PLAYER; index < world->object_count; index++) {
        Object object = world->objects[index];
        if (object.kind == KIND_NONE) {
            continue;
        }
        if (kept != index) {
            Chunk* chunk = &world->chunks[world_chunk(world, object.x, object.y)];
            *(object.previous ? &world->objects[object.previous].next : &chunk->first) = kept;
            *(object.next ? &world->objects[object.next].previous : &chunk->last) = kept;
            world->objects[kept] = object;
            world->object_at[world_cell(world, object.x, object.y)] = kept;
        }
        kept++;
    }
    world->object_count = kept;
    world->hole_count = 0;
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
