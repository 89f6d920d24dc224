// Tiles, status vector and semantic map of a world.
#include "env/observe.h"

#include <assert.h>
#include <string.h>

#include "env/kernels.h"
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

enum { NEAR_RUN = 256 };

static void observe_objects(const World* world, int32_t left, int32_t top, uint8_t* tiles) {
    const WorldShape* shape = world->shape;
    const Objects* list = &world->list;
    const int32_t reach = shape->local_columns / 2 + shape->local_rows / 2 + 1;
    uint8_t near[NEAR_RUN];
    for (int32_t first = PLAYER; first < world->object_count; first += NEAR_RUN) {
        const int32_t left_over = world->object_count - first;
        const int32_t run = left_over < NEAR_RUN ? left_over : NEAR_RUN;
        shape->kernels->near(list->x + first, list->y + first, run, list->x[PLAYER],
                             list->y[PLAYER], reach, near);
        for (int32_t i = 0; i < run; i += 8) {
            uint64_t flags;
            memcpy(&flags, near + i, sizeof flags);
            for (; flags; flags &= flags - 1) {
                const int32_t index = first + i + __builtin_ctzll(flags) / 8;
                const int32_t column = list->x[index] - left, row = list->y[index] - top;
                if (column >= 0 && column < shape->local_columns && row >= 0 &&
                    row < shape->local_rows) {
                    tiles[2 * (row * shape->local_columns + column) + 1] =
                        (uint8_t)observe_object(world, &world->objects[index]);
                }
            }
        }
    }
}

// Any view, beyond the edges too.
static void observe_materials(const World* world, int32_t left, int32_t top, uint8_t* tiles) {
    const WorldShape* shape = world->shape;
    const int32_t columns = shape->local_columns, rows = shape->local_rows;
    const int32_t first = top < 0 ? -top : 0;
    const int32_t end = top + rows > shape->height ? shape->height - top : rows;
    memset(tiles, 0, (size_t)(2 * columns * rows));
    for (int32_t column = 0; column < columns; column++) {
        const int32_t x = left + column;
        if (x < 0 || x >= shape->width) {
            continue;
        }
        const uint8_t* material = world->material + (ptrdiff_t)x * shape->height + top;
        for (int32_t row = first; row < end; row++) {
            tiles[2 * (row * columns + column)] = material[row];
        }
    }
}

void observe_tiles(const World* world, uint8_t* tiles) {
    const WorldShape* shape = world->shape;
    const int32_t columns = shape->local_columns, rows = shape->local_rows;
    const int32_t left = world->list.x[PLAYER] - columns / 2;
    const int32_t top = world->list.y[PLAYER] - rows / 2;
    const bool usual = columns == KERNEL_VIEW_COLUMNS && rows == KERNEL_VIEW_ROWS;
    if (usual && left >= 0 && top >= 0 && left + columns <= shape->width &&
        top + rows <= shape->height) {
        shape->kernels->view(&world->material[world_cell(world, left, top)], shape->height, tiles);
    } else {
        observe_materials(world, left, top, tiles);
    }
    observe_objects(world, left, top, tiles);
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
