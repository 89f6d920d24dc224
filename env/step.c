// One world: its arrays, and the order of things in a reset and in a step.
#include <assert.h>
#include <math.h>
#include <string.h>

#include "env/kernels.h"
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
    enum { USUAL_OBJECTS = 192 }; // a world of 64 x 64 cells hardly ever has more
    int32_t cells = shape->width * shape->height;
    shape->object_limit = 3 * cells + 3 * shape->chunk_columns * shape->chunk_rows + 64;
    shape->object_capacity =
        shape->object_limit < USUAL_OBJECTS ? shape->object_limit : USUAL_OBJECTS;
    shape->occupied_words = divide_up(shape->height, 64);
    shape->kernels = env_kernels();
}

typedef struct ArenaSizes {
    size_t mersenne, objects, occupied, chunks, chunk_order, material;
} ArenaSizes;

static size_t objects_size(int32_t capacity) {
    const size_t behind = KERNEL_BLOCK * sizeof(int16_t); // read, but not looked at
    return (size_t)capacity * (sizeof(Object) + sizeof(Link) + 2 * sizeof(int16_t)) + behind;
}

static Objects objects_at(void* memory, int32_t capacity) {
    size_t count = (size_t)capacity;
    Objects list = {.capacity = capacity, .link = memory};
    list.object = (Object*)(list.link + count);
    list.x = (int16_t*)(list.object + count);
    list.y = list.x + count;
    return list;
}

static ArenaSizes arena_sizes(const WorldShape* shape) {
    size_t cells = (size_t)shape->width * (size_t)shape->height;
    size_t chunks = (size_t)shape->chunk_columns * (size_t)shape->chunk_rows;
    size_t mersenne = (sizeof(Mersenne) + 63) / 64 * 64; // what follows is aligned
    return (ArenaSizes){.mersenne = shape->mode == CAIRN_MODE_EXACT ? mersenne : 0,
                        .objects = objects_size(shape->object_capacity),
                        .occupied =
                            (size_t)shape->width * (size_t)shape->occupied_words * sizeof(uint64_t),
                        .chunks = chunks * sizeof(Chunk),
                        .chunk_order = chunks * sizeof(int32_t),
                        .material = (cells + KERNEL_VIEW_SLACK + 63) / 64 * 64};
}

size_t world_arena_size(const WorldShape* shape) {
    ArenaSizes sizes = arena_sizes(shape);
    size_t total = sizes.mersenne + sizes.objects + sizes.occupied + sizes.chunks +
                   sizes.chunk_order + sizes.material;
    return (total + 63) / 64 * 64;
}

size_t world_reserve_size(const WorldShape* shape) {
    bool needed = shape->object_limit > shape->object_capacity;
    return needed ? (objects_size(shape->object_limit) + 63) / 64 * 64 : 0;
}

void world_attach(World* world, const WorldShape* shape, void* arena, void* reserve) {
    ArenaSizes sizes = arena_sizes(shape);
    char* at = arena;
    world->shape = shape;
    world->generator.mersenne = sizes.mersenne ? (Mersenne*)at : NULL;
    at += sizes.mersenne;
    world->occupied = (uint64_t*)at, at += sizes.occupied;
    world->arena = at, at += sizes.objects;
    world->reserve = reserve;
    world->list = objects_at(world->arena, shape->object_capacity);
    world->objects = world->list.object;
    world->chunks = (Chunk*)at, at += sizes.chunks;
    world->chunk_order = (int32_t*)at, at += sizes.chunk_order;
    world->material = (uint8_t*)at;
}

static void use_list(World* world, Objects list) {
    const Objects* old = &world->list;
    if (list.object == old->object) {
        return;
    }
    size_t count = (size_t)world->object_count;
    memcpy(list.link, old->link, count * sizeof *list.link);
    memcpy(list.object, old->object, count * sizeof *list.object);
    memcpy(list.x, old->x, count * sizeof *list.x);
    memcpy(list.y, old->y, count * sizeof *list.y);
    world->list = list;
    world->objects = list.object;
}

void world_use_arena(World* world) {
    assert(world->object_count <= world->shape->object_capacity);
    use_list(world, objects_at(world->arena, world->shape->object_capacity));
}

void world_use_reserve(World* world) {
    use_list(world, objects_at(world->reserve, world->shape->object_limit));
}

void world_copy(World* to, const World* from) {
    const World own = *to;
    const WorldShape* shape = own.shape;
    const size_t chunks = (size_t)shape->chunk_columns * (size_t)shape->chunk_rows;
    const size_t count = (size_t)from->object_count;
    *to = *from;
    to->shape = shape;
    to->generator.mersenne = own.generator.mersenne;
    to->material = own.material;
    to->occupied = own.occupied;
    to->chunks = own.chunks;
    to->chunk_order = own.chunk_order;
    to->arena = own.arena;
    to->reserve = own.reserve;
    if (own.generator.mersenne) {
        *own.generator.mersenne = *from->generator.mersenne;
    }
    memcpy(own.material, from->material, (size_t)shape->width * (size_t)shape->height);
    memcpy(own.occupied, from->occupied,
           (size_t)shape->width * (size_t)shape->occupied_words * sizeof *own.occupied);
    memcpy(own.chunks, from->chunks, chunks * sizeof *own.chunks);
    memcpy(own.chunk_order, from->chunk_order, chunks * sizeof *own.chunk_order);
    to->list = from->object_count <= shape->object_capacity
                   ? objects_at(own.arena, shape->object_capacity)
                   : objects_at(own.reserve, shape->object_limit);
    to->objects = to->list.object;
    memcpy(to->list.link, from->list.link, count * sizeof *to->list.link);
    memcpy(to->list.object, from->list.object, count * sizeof *to->list.object);
    memcpy(to->list.x, from->list.x, count * sizeof *to->list.x);
    memcpy(to->list.y, from->list.y, count * sizeof *to->list.y);
}

static void count_cells(World* world) {
    const WorldShape* shape = world->shape;
    for (int32_t column = 0; column < shape->chunk_columns; column++) {
        const int32_t x = column * CHUNK_SIZE, left = shape->width - x;
        const int32_t columns = left < CHUNK_SIZE ? left : CHUNK_SIZE;
        uint8_t grass[CHUNK_SIZE], path[CHUNK_SIZE];
        for (int32_t row = 0; row < shape->chunk_rows; row++) {
            const int32_t y = row * CHUNK_SIZE, below = shape->height - y;
            const int32_t rows = below < CHUNK_SIZE ? below : CHUNK_SIZE;
            shape->kernels->count_ground(&world->material[world_cell(world, x, y)], columns,
                                         shape->height, rows, grass, path);
            Chunk* chunk = &world->chunks[column * shape->chunk_rows + row];
            chunk->grass = chunk->path = 0;
            for (int32_t i = 0; i < rows; i++) {
                chunk->grass = (uint8_t)(chunk->grass + grass[i]);
                chunk->path = (uint8_t)(chunk->path + path[i]);
            }
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
    objects_rebuild(world);
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

static double daylight_of(const World* world) {
    const double* table = world->shape->daylight;
    return table && world->step < DAYLIGHT_STEPS ? table[world->step] : world_daylight(world->step);
}

bool world_is_night(const World* world) {
    return world->daylight < 0.5;
}

Generator world_night(const World* world) {
    return random_branch(&world->generator, RANDOM_NIGHT, (uint64_t)world->step);
}

// ---------------------------------------------------------------- reset and step
static void new_player(Player* player) {
    *player = (Player){.health_before_update = MAX_ITEM, .health_before_step = MAX_ITEM};
    for (int item = CAIRN_HEALTH; item <= CAIRN_ENERGY; item++) {
        player->inventory[item] = MAX_ITEM;
    }
}

void world_reset(World* world, const uint8_t* cells) {
    world->episode++;
    world->step = 0;
    world->daylight = daylight_of(world);
    world->reward = 0;
    world->terminated = world->truncated = false;
    world->newly_unlocked = 0;
    random_begin(&world->generator, world->seed, world->episode);
    objects_clear(world);
    new_player(&world->player);
    object_add(world, KIND_PLAYER, world->shape->width / 2, world->shape->height / 2);
    if (world->shape->mode == CAIRN_MODE_FAST) {
        worldgen_fast(world, cells);
    } else {
        worldgen(world, WORLDGEN_DOUBT);
    }
    count_cells(world);
}

enum { NEAR_RUN = 256 };

static void update_objects(World* world, CairnAction action) {
    int32_t count = world->object_count; // what appears meanwhile waits for the next step
    player_update(world, action);
    // Nothing moves an object but its own update, so that who is near is known beforehand.
    uint8_t near[NEAR_RUN];
    const int32_t player_x = world->objects[PLAYER].x, player_y = world->objects[PLAYER].y;
    for (int32_t first = PLAYER + 1; first < count; first += NEAR_RUN) {
        const int32_t run = count - first < NEAR_RUN ? count - first : NEAR_RUN;
        world->shape->kernels->near(world->list.x + first, world->list.y + first, run, player_x,
                                    player_y, world->shape->update_distance, near);
        for (int32_t i = 0; i < run; i += 8) {
            uint64_t flags;
            memcpy(&flags, near + i, sizeof flags);
            for (; flags; flags &= flags - 1) {
                creature_update(world, &world->objects[first + i + __builtin_ctzll(flags) / 8]);
            }
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

static void prefetch(const void* from, size_t size) {
    enum { LINE = 64 };
    for (size_t at = 0; at < size; at += LINE) {
        __builtin_prefetch((const char*)from + at);
    }
}

static bool balances_at(int64_t step) {
    return step % 10 == 0;
}

void world_prefetch(const World* world) {
    prefetch(world, sizeof *world);
    prefetch(world->list.x, 256);
    prefetch(world->list.y, 256);
}

void world_prefetch_surroundings(const World* world) {
    enum { NEAR = 5 };
    const WorldShape* shape = world->shape;
    const int32_t x = world->list.x[PLAYER], y = world->list.y[PLAYER];
    for (int32_t column = x > NEAR ? x - NEAR : 0; column <= x + NEAR && column < shape->width;
         column++) { // of 64 cells, a column is one line
        __builtin_prefetch(&world->material[world_cell(world, column, y)]);
    }
    const int32_t reach = shape->update_distance, left = x > reach ? x - reach : 0;
    const int32_t right = x + reach < shape->width ? x + reach : shape->width - 1;
    prefetch(&world->occupied[left * shape->occupied_words],
             (size_t)((right - left + 1) * shape->occupied_words) * sizeof *world->occupied);
    prefetch(world->objects, (size_t)world->object_count * sizeof *world->objects);
    if (balances_at(world->step + 1)) { // then all chunks are looked at
        const size_t chunks = (size_t)(shape->chunk_columns * shape->chunk_rows);
        prefetch(world->chunk_order, (size_t)world->chunk_count * sizeof *world->chunk_order);
        prefetch(world->chunks, chunks * sizeof *world->chunks);
    }
}

void world_step(World* world, int32_t action) {
    assert(action >= 0 && action < CAIRN_ACTIONS);
    assert(world->episode > 0);
    if (world->hole_count > 32 && 2 * world->hole_count > world->object_count) {
        objects_compact(world);
    }
    world->step++;
    world->daylight = daylight_of(world);
    update_objects(world, (CairnAction)action);
    if (balances_at(world->step)) {
        balance_chunks(world);
    }
    finish_step(world);
}
