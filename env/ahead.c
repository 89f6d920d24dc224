// Terrain made ahead (env/ahead.h). A world that begins an episode leaves a wish for the next, or
// where worlds are few for several: a batch is to be full. Wishes wait in a ring until there are
// enough for one.
#include "env/ahead.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "env/pages.h"
#include "env/terrain.h"

typedef enum WishState {
    NO_WISH,
    WAITING, // in the ring or being made: cells and the wish itself belong to whoever makes it
    READY    // belongs to the world's thread again
} WishState;

typedef struct Wish {
    atomic_int state;
    int64_t seed;
    uint64_t episode;
} Wish;

struct Ahead {
    const WorldShape* shape;
    int32_t world_count, batch_count;
    int32_t each; // wishes of a world
    TerrainPlan* plan;
    Wish* wish;            // [each, N] that for episode e in row e % each
    uint8_t* cells;        // [each, N, cells] as terrain_batch_make gives them
    pthread_mutex_t mutex; // for what follows
    TerrainBatch** idle;   // [batch_count] those that nobody works with come first
    int32_t idle_count;
    int32_t* ring; // [each * N] wishes
    int32_t first;
    atomic_int waiting; // wishes in the ring; read without the mutex to see whether it pays
};

CairnStatus ahead_create(const WorldShape* shape, int32_t world_count, int32_t threads,
                         Ahead** result, char why[CAIRN_WHY]) {
    *result = NULL;
    if (shape->mode != CAIRN_MODE_FAST || shape->width > TERRAIN_SIDE_MAX ||
        shape->height > TERRAIN_SIDE_MAX) {
        return CAIRN_OK;
    }
    Ahead* ahead = calloc(1, sizeof *ahead);
    bool good = ahead != NULL;
    if (good) {
        ahead->each = world_count < TERRAIN_LANES ? TERRAIN_LANES / world_count : 1;
        const size_t count = (size_t)ahead->each * (size_t)world_count;
        pthread_mutex_init(&ahead->mutex, NULL);
        ahead->shape = shape;
        ahead->world_count = world_count;
        ahead->plan = terrain_plan_create(shape);
        ahead->wish = calloc(count, sizeof *ahead->wish);
        ahead->cells = pages_zeroed(count, (size_t)(shape->width * shape->height));
        ahead->ring = malloc(count * sizeof *ahead->ring);
        ahead->idle = calloc((size_t)threads, sizeof(TerrainBatch*));
        good = ahead->plan && ahead->wish && ahead->cells && ahead->ring && ahead->idle;
    }
    for (int32_t i = 0; good && i < threads; i++) {
        ahead->idle[i] = terrain_batch_create(ahead->plan);
        good = ahead->idle[i] != NULL;
        ahead->idle_count = ahead->batch_count = i + good;
    }
    if (!good) {
        ahead_destroy(ahead);
        snprintf(why, CAIRN_WHY, "out of memory for the terrain of %d worlds", world_count);
        return CAIRN_OUT_OF_MEMORY;
    }
    *result = ahead;
    return CAIRN_OK;
}

void ahead_destroy(Ahead* ahead) {
    if (!ahead) {
        return;
    }
    for (int32_t i = 0; i < ahead->idle_count; i++) {
        terrain_batch_destroy(ahead->idle[i]);
    }
    pthread_mutex_destroy(&ahead->mutex);
    terrain_plan_destroy(ahead->plan);
    free(ahead->wish);
    free(ahead->cells);
    free(ahead->ring);
    free(ahead->idle);
    free(ahead);
}

static uint8_t* cells_of(const Ahead* ahead, int32_t wish) {
    return ahead->cells + (size_t)wish * (size_t)ahead->plan->cells;
}

static int32_t wish_of(const Ahead* ahead, int32_t n, uint64_t episode) {
    return (int32_t)(episode % (uint64_t)ahead->each) * ahead->world_count + n;
}

static int32_t* in_ring(const Ahead* ahead, int32_t place) { // from the first on
    return &ahead->ring[(ahead->first + place) % (ahead->each * ahead->world_count)];
}

static uint64_t key_of(int64_t seed, uint64_t episode) {
    Generator generator = {.mersenne = NULL};
    random_begin(&generator, seed, episode);
    return generator.key;
}

// ---------------------------------------------------------------- batches
static TerrainBatch* take_batch(Ahead* ahead) { // with the mutex
    return ahead->idle_count > 0 ? ahead->idle[--ahead->idle_count] : NULL;
}

static void give_batch(Ahead* ahead, TerrainBatch* batch) {
    pthread_mutex_lock(&ahead->mutex);
    ahead->idle[ahead->idle_count++] = batch;
    pthread_mutex_unlock(&ahead->mutex);
}

// Takes up to `most` wishes from the ring.
static int32_t take_waiting(Ahead* ahead, int32_t most, int32_t wish[]) { // with the mutex
    const int32_t waiting = atomic_load_explicit(&ahead->waiting, memory_order_relaxed);
    const int32_t count = waiting < most ? waiting : most;
    for (int32_t i = 0; i < count; i++) {
        wish[i] = *in_ring(ahead, i);
    }
    ahead->first = (ahead->first + count) % (ahead->each * ahead->world_count);
    atomic_fetch_sub_explicit(&ahead->waiting, count, memory_order_relaxed);
    return count;
}

// `count` wishes and, unless it is NULL, the next episode of `now`, in its own place: the old world
// is over.
static void make(Ahead* ahead, TerrainBatch* batch, int32_t count, const int32_t wish[],
                 World* now) {
    uint64_t key[TERRAIN_LANES];
    uint8_t* cells[TERRAIN_LANES];
    for (int32_t i = 0; i < count; i++) {
        key[i] = key_of(ahead->wish[wish[i]].seed, ahead->wish[wish[i]].episode);
        cells[i] = cells_of(ahead, wish[i]);
    }
    if (now) {
        key[count] = key_of(now->seed, now->episode + 1);
        cells[count] = now->material;
    }
    terrain_batch_make(ahead->shape, ahead->plan, batch, count + (now != NULL), key, cells);
    for (int32_t i = 0; i < count; i++) {
        atomic_store_explicit(&ahead->wish[wish[i]].state, READY, memory_order_release);
    }
    give_batch(ahead, batch);
}

void ahead_work(Ahead* ahead) {
    if (!ahead || atomic_load_explicit(&ahead->waiting, memory_order_relaxed) < TERRAIN_LANES) {
        return;
    }
    int32_t wish[TERRAIN_LANES];
    TerrainBatch* batch = NULL;
    pthread_mutex_lock(&ahead->mutex);
    if (atomic_load_explicit(&ahead->waiting, memory_order_relaxed) >= TERRAIN_LANES) {
        batch = take_batch(ahead);
    }
    const int32_t count = batch ? take_waiting(ahead, TERRAIN_LANES, wish) : 0;
    pthread_mutex_unlock(&ahead->mutex);
    if (batch) {
        make(ahead, batch, count, wish, NULL);
    }
}

// false: every batch is at work.
static bool make_now(Ahead* ahead, World* now) {
    int32_t wish[TERRAIN_LANES];
    pthread_mutex_lock(&ahead->mutex);
    TerrainBatch* batch = take_batch(ahead);
    const int32_t count = batch ? take_waiting(ahead, TERRAIN_LANES - 1, wish) : 0;
    pthread_mutex_unlock(&ahead->mutex);
    if (batch) {
        make(ahead, batch, count, wish, now);
    }
    return batch != NULL;
}

// ---------------------------------------------------------------- wishes
static bool fits(const Wish* wish, int64_t seed, uint64_t episode) {
    return wish->seed == seed && wish->episode == episode;
}

// For the episodes [first, first + count) of world number n, as far as they are not there yet.
static void wish_for(Ahead* ahead, const World* world, int32_t n, uint64_t first, int32_t count) {
    for (uint64_t episode = first; episode < first + (uint64_t)count; episode++) {
        const int32_t number = wish_of(ahead, n, episode);
        Wish* wish = &ahead->wish[number];
        const int state = atomic_load_explicit(&wish->state, memory_order_acquire);
        // WAITING: perhaps for an episode that is over; what comes of it will not fit.
        if (state == WAITING || (state == READY && fits(wish, world->seed, episode))) {
            continue;
        }
        wish->seed = world->seed;
        wish->episode = episode;
        atomic_store_explicit(&wish->state, WAITING, memory_order_relaxed);
        pthread_mutex_lock(&ahead->mutex);
        const int32_t waiting = atomic_fetch_add_explicit(&ahead->waiting, 1, memory_order_relaxed);
        *in_ring(ahead, waiting) = number;
        pthread_mutex_unlock(&ahead->mutex);
    }
}

void ahead_reset(Ahead* ahead, World* world, int32_t n) {
    if (!ahead) {
        world_reset(world, NULL);
        return;
    }
    const uint64_t episode = world->episode + 1;
    const int32_t number = wish_of(ahead, n, episode);
    const Wish* wish = &ahead->wish[number];
    if (atomic_load_explicit(&wish->state, memory_order_acquire) == READY &&
        fits(wish, world->seed, episode)) {
        world_reset(world, cells_of(ahead, number));
    } else {
        wish_for(ahead, world, n, episode + 1, ahead->each - 1); // made along with it
        world_reset(world, make_now(ahead, world) ? world->material : NULL);
    }
    wish_for(ahead, world, n, episode + 1, ahead->each);
}

void ahead_reset_many(Ahead* ahead, World* worlds, int32_t first, int32_t count) {
    TerrainBatch* batch = NULL;
    if (ahead) {
        pthread_mutex_lock(&ahead->mutex);
        batch = take_batch(ahead);
        pthread_mutex_unlock(&ahead->mutex);
    }
    while (count > 0) {
        const int32_t some = count < TERRAIN_LANES ? count : TERRAIN_LANES;
        uint64_t key[TERRAIN_LANES];
        uint8_t* cells[TERRAIN_LANES];
        for (int32_t i = 0; i < some; i++) {
            World* world = &worlds[first + i];
            key[i] = key_of(world->seed, world->episode + 1);
            cells[i] = world->material; // its own place: the old world is over
        }
        if (batch) {
            terrain_batch_make(ahead->shape, ahead->plan, batch, some, key, cells);
        }
        for (int32_t i = 0; i < some; i++) {
            World* world = &worlds[first + i];
            world_reset(world, batch ? world->material : NULL);
            if (ahead) {
                wish_for(ahead, world, first + i, world->episode + 1, ahead->each);
            }
        }
        first += some;
        count -= some;
    }
    if (batch) {
        give_batch(ahead, batch);
    }
}
