// One world: its arrays, and the order of things in a reset and in a step.
#include <assert.h>
#include <math.h>
#include <string.h>

#include "env/rules.h"

// ---------------------------------------------------------------- memory
static int32_t divide_up(int32_t value, int32_t by) {
    return (value + by - 1) / by;
}

void world_shape(const CairnConfig* config, WorldShape* shape) {
    int32_t columns = cairn_local_columns(config), rows = cairn_local_rows(config);
    int32_t view =
        config->view_width > config->view_height ? config->view_width : config->view_height;
    *shape = (WorldShape){.width = config->area_width,
                          .height = config->area_height,
                          .chunk_columns = divide_up(config->area_width, CHUNK_SIZE),
                          .chunk_rows = divide_up(config->area_height, CHUNK_SIZE),
                          .local_columns = columns,
                          .local_rows = rows,
                          .update_distance = 2 * view,
                          .night_draws = columns * (config->size_width / config->view_width) *
                                         rows * (config->size_height / config->view_height),
                          .length = config->length,
                          .mode = config->mode};
    // A step starts without holes when they are many (world_step); each object adds at most one
    // other, and each chunk three.
    int32_t cells = shape->width * shape->height;
    shape->object_capacity = 3 * cells + 3 * shape->chunk_columns * shape->chunk_rows + 64;
}

typedef struct ArenaSizes {
    size_t mersenne, objects, object_at, chunks, chunk_order, material;
} ArenaSizes;

static ArenaSizes arena_sizes(const WorldShape* shape) {
    size_t cells = (size_t)shape->width * (size_t)shape->height;
    size_t chunks = (size_t)shape->chunk_columns * (size_t)shape->chunk_rows;
    return (ArenaSizes){.mersenne = shape->mode == CAIRN_MODE_EXACT ? sizeof(Mersenne) : 0,
                        .objects = (size_t)shape->object_capacity * sizeof(Object),
                        .object_at = cells * sizeof(int32_t),
                        .chunks = chunks * sizeof(Chunk),
                        .chunk_order = chunks * sizeof(int32_t),
                        .material = (cells + 63) / 64 * 64};
}

size_t world_arena_size(const WorldShape* shape) {
    ArenaSizes sizes = arena_sizes(shape);
    size_t total = sizes.mersenne + sizes.objects + sizes.object_at + sizes.chunks +
                   sizes.chunk_order + sizes.material;
    return (total + 63) / 64 * 64;
}

void world_attach(World* world, const WorldShape* shape, void* arena) {
    ArenaSizes sizes = arena_sizes(shape);
    char* at = arena;
    world->shape = shape;
    world->generator.mersenne = sizes.mersenne ? (Mersenne*)at : NULL;
    at += sizes.mersenne;
    world->objects = (Object*)at, at += sizes.objects;
    world->object_at = (int32_t*)at, at += sizes.object_at;
    world->chunks = (Chunk*)at, at += sizes.chunks;
    world->chunk_order = (int32_t*)at, at += sizes.chunk_order;
    world->material = (uint8_t*)at;
}

static void count_cells(World* world) {
    const WorldShape* shape = world->shape;
    for (int32_t i = 0; i < shape->chunk_columns * shape->chunk_rows; i++) {
        memset(world->chunks[i].cells, 0, sizeof world->chunks[i].cells);
    }
    for (int32_t x = 0; x < shape->width; x++) {
        const uint8_t* column = &world->material[world_cell(world, x, 0)];
        for (int32_t y = 0; y < shape->height; y++) {
            world->chunks[world_chunk(world, x, y)].cells[column[y]]++;
        }
    }
}

static uint32_t unlocked(const Player* player) {
    uint32_t bits = 0;
    for (int i = 0; i < CAIRN_ACHIEVEMENTS; i++) {
        bits |= (uint32_t)(player->achievements[i] > 0) << i;
    }
    return bits;
}

void world_rebuild(World* world) {
    const WorldShape* shape = world->shape;
    memset(world->object_at, 0,
           (size_t)shape->width * (size_t)shape->height * sizeof *world->object_at);
    world->hole_count = 0;
    for (int32_t i = PLAYER; i < world->object_count; i++) {
        const Object* object = &world->objects[i];
        if (object->kind == KIND_NONE) {
            world->hole_count++;
        } else {
            world->object_at[world_cell(world, object->x, object->y)] = i;
        }
    }
    count_cells(world);
    Mersenne* mersenne = world->generator.mersenne;
    if (mersenne) {
        mersenne_set(mersenne, mersenne->state, mersenne->position);
    }
    world->player.unlocked = unlocked(&world->player);
}

// ---------------------------------------------------------------- time
double world_daylight(int64_t step) {
    double progress = fmod((double)step / 300.0, 1.0) + 0.3;
    return 1 - pow(fabs(cos(3.141592653589793 * progress)), 3.0);
}

bool world_is_night(const World* world) {
    return world->daylight < 0.5;
}

Generator world_night(const World* world) {
    enum { NIGHT = 1 };
    return random_branch(&world->generator, NIGHT, (uint64_t)world->step);
}

// ---------------------------------------------------------------- reset and step
static void new_player(Player* player) {
    *player = (Player){.health_before_update = MAX_ITEM, .health_before_step = MAX_ITEM};
    for (int item = CAIRN_HEALTH; item <= CAIRN_ENERGY; item++) {
        player->inventory[item] = MAX_ITEM;
    }
}

void world_reset(World* world) {
    world->episode++;
    world->step = 0;
    world->daylight = world_daylight(0);
    world->reward = 0;
    world->terminated = world->truncated = false;
    world->newly_unlocked = 0;
    random_begin(&world->generator, world->seed, world->episode);
    objects_clear(world);
    new_player(&world->player);
    object_add(world, KIND_PLAYER, world->shape->width / 2, world->shape->height / 2);
    worldgen(world, WORLDGEN_DOUBT);
    count_cells(world);
}

static void update_objects(World* world, CairnAction action) {
    int32_t count = world->object_count; // what appears meanwhile waits for the next step
    player_update(world, action);
    for (int32_t i = PLAYER + 1; i < count; i++) {
        Object* object = &world->objects[i];
        if (object->kind != KIND_NONE &&
            object_distance(world, object) < world->shape->update_distance) {
            creature_update(world, object);
        }
    }
}

static void finish_step(World* world) {
    Player* player = &world->player;
    int32_t health = player->inventory[CAIRN_HEALTH];
    uint32_t now = unlocked(player);
    world->newly_unlocked = now & ~player->unlocked;
    player->unlocked = now;
    world->reward = (health - player->health_before_step) / 10.0;
    if (world->newly_unlocked) {
        world->reward += 1.0;
    }
    player->health_before_step = health;
    world->terminated = health <= 0;
    world->truncated =
        !world->terminated && world->shape->length > 0 && world->step >= world->shape->length;
}

void world_step(World* world, int32_t action) {
    assert(action >= 0 && action < CAIRN_ACTIONS);
    assert(world->episode > 0);
    if (world->hole_count > 32 && 2 * world->hole_count > world->object_count) {
        objects_compact(world);
    }
    world->step++;
    world->daylight = world_daylight(world->step);
    update_objects(world, (CairnAction)action);
    if (world->step % 10 == 0) {
        balance_chunks(world);
    }
    finish_step(world);
}
