// Tiles, status vector and semantic map of a world.
#include "env/observe.h"

#include <assert.h>
#include <string.h>

#include "env/objects.h"

// Of the four pictures left, right, up, down from `first` on, the one for a direction.
static CairnObject facing(const Object* object, CairnObject first) {
    int32_t offset = object->facing_x < 0   ? 0
                     : object->facing_x > 0 ? 1
                     : object->facing_y < 0 ? 2
                                            : 3;
    return (CairnObject)((int32_t)first + offset);
}

CairnObject observe_object(const World* world, const Object* object) {
    switch (object->kind) {
    case KIND_PLAYER:
        return world->player.sleeping ? CAIRN_PLAYER_ASLEEP : facing(object, CAIRN_PLAYER_LEFT);
    case KIND_COW:
        return CAIRN_COW;
    case KIND_ZOMBIE:
        return CAIRN_ZOMBIE;
    case KIND_SKELETON:
        return CAIRN_SKELETON;
    case KIND_ARROW:
        return facing(object, CAIRN_ARROW_LEFT);
    case KIND_PLANT:
        return object->counter > PLANT_RIPE_AGE ? CAIRN_PLANT_RIPE : CAIRN_PLANT;
    default:
        return CAIRN_NOTHING;
    }
}

CairnObject observe_cell(const World* world, int32_t x, int32_t y) {
    int32_t index = world_object_index(world, x, y);
    return index ? observe_object(world, &world->objects[index]) : CAIRN_NOTHING;
}

void observe_tiles(const World* world, uint8_t* tiles) {
    const WorldShape* shape = world->shape;
    const Object* player = &world->objects[PLAYER];
    int32_t left = player->x - shape->local_columns / 2, top = player->y - shape->local_rows / 2;
    for (int32_t row = 0; row < shape->local_rows; row++) {
        for (int32_t column = 0; column < shape->local_columns; column++) {
            int32_t x = left + column, y = top + row;
            bool inside = world_inside(world, x, y);
            *tiles++ = inside ? world->material[world_cell(world, x, y)] : CAIRN_OUTSIDE;
            *tiles++ = (uint8_t)observe_cell(world, x, y);
        }
    }
}

void observe_status(const World* world, float* status) {
    const Object* player = &world->objects[PLAYER];
    for (int item = 0; item < CAIRN_ITEMS; item++) {
        *status++ = (float)world->player.inventory[item];
    }
    *status++ = player->facing_x;
    *status++ = player->facing_y;
    *status++ = world->player.sleeping;
    *status = (float)world->daylight;
}

void observe_semantic(const World* world, uint8_t* semantic) {
    memcpy(semantic, world->material, (size_t)world->shape->width * (size_t)world->shape->height);
    for (int32_t i = PLAYER; i < world->object_count; i++) {
        const Object* object = &world->objects[i];
        if (object->kind != KIND_NONE) {
            semantic[world_cell(world, object->x, object->y)] =
                (uint8_t)(CAIRN_FURNACE + object->kind);
        }
    }
}
