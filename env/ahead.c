// Terrain made ahead (env/ahead.h). A world that begins an episode leaves a wish for the next;
// wishes wait in a ring until there are enough for a batch.
#include "env/ahead.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

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
    TerrainPlan* plan;
    Wish* wish;            // [N]
    uint8_t* cells;        // [N, cells] as terrain_batch_make gives them
    pthread_mutex_t mutex; // for what follows
    TerrainBatch** idle;   // [batch_count] those that nobody works with come first
    int32_t idle_count;
    int32_t* ring; // [N] worlds
    int32_t first;
    atomic_int waiting; // worlds in the ring; read without the mutex to see whether it pays
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
        const size_t count = (size_t)world_count;
        pthread_mutex_init(&ahead->mutex, NULL);
        ahead->shape = shape;
        ahead->world_count = world_count;
        ahead->plan = terrain_plan_create(shape);
        ahead->wish = calloc(count, sizeof *ahead->wish);
        ahead->cells = malloc(count * (size_t)(shape->width * shape->height));
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

static uint8_t* cells_of(const Ahead* ahead, int32_t n) {
    return ahead->cells + (size_t)n * (size_t)ahead->plan->cells;
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

// Takes up to `most` worlds from the ring.
static int32_t take_waiting(Ahead* ahead, int32_t most, int32_t world[]) { // with the mutex
    const int32_t waiting = atomic_load_explicit(&ahead->waiting, memory_order_relaxed);
    const int32_t count = waiting < most ? waiting : most;
    for (int32_t i = 0; i < count; i++) {
        world[i] = ahead->ring[(ahead->first + i) % ahead->world_count];
    }
    ahead->first = (ahead->first + count) % ahead->world_count;
    atomic_fetch_sub_explicit(&ahead->waiting, count, memory_order_relaxed);
    return count;
}

// What `count` worlds wished for and, unless it is NULL, the next episode of `now`, in its own
// place: the old world is over.
static void make(Ahead* ahead, TerrainBatch* batch, int32_t count, const int32_t world[],
                 World* now) {
    uint64_t key[TERRAIN_LANES];
    uint8_t* cells[TERRAIN_LANES];
    for (int32_t i = 0; i < count; i++) {
        const Wish* wish = &ahead->wish[world[i]];
        key[i] = key_of(wish->seed, wish->episode);
        cells[i] = cells_of(ahead, world[i]);
    }
    if (now) {
        key[count] = key_of(now->seed, now->episode + 1);
        cells[count] = now->material;
    }
    terrain_batch_make(ahead->shape, ahead->plan, batch, count + (now != NULL), key, cells);
    for (int32_t i = 0; i < count; i++) {
        atomic_store_explicit(&ahead->wish[world[i]].state, READY, memory_order_release);
    }
    give_batch(ahead, batch);
}

void ahead_work(Ahead* ahead) {
    if (!ahead || atomic_load_explicit(&ahead->waiting, memory_order_relaxed) < TERRAIN_LANES) {
        return;
    }
    int32_t world[TERRAIN_LANES];
    TerrainBatch* batch = NULL;
    pthread_mutex_lock(&ahead->mutex);
    if (atomic_load_explicit(&ahead->waiting, memory_order_relaxed) >= TERRAIN_LANES) {
        batch = take_batch(ahead);
    }
    const int32_t count = batch ? take_waiting(ahead, TERRAIN_LANES, world) : 0;
    pthread_mutex_unlock(&ahead->mutex);
    if (batch) {
        make(ahead, batch, count, world, NULL);
    }
}

// false: every batch is at work.
static bool make_now(Ahead* ahead, World* now) {
    int32_t world[TERRAIN_LANES];
    pthread_mutex_lock(&ahead->mutex);
    TerrainBatch* batch = take_batch(ahead);
    const int32_t count = batch ? take_waiting(ahead, TERRAIN_LANES - 1, world) : 0;
    pthread_mutex_unlock(&ahead->mutex);
    if (batch) {
        make(ahead, batch, count, world, now);
    }
    return batch != NULL;
}

// ---------------------------------------------------------------- wishes
static void wish_for_next(Ahead* ahead, const World* world, int32_t n) {
    Wish* wish = &ahead->wish[n];
    if (atomic_load_explicit(&wish->state, memory_order_acquire) == WAITING) {
        return; // for an episode that is over; what comes of it will not fit
    }
    wish->seed = world->seed;
    wish->episode = world->episode + 1;
    atomic_store_explicit(&wish->state, WAITING, memory_order_relaxed);
    pthread_mutex_lock(&ahead->mutex);
    const int32_t waiting = atomic_fetch_add_explicit(&ahead->waiting, 1, memory_order_relaxed);
    ahead->ring[(ahead->first + waiting) % ahead->world_count] = n;
    pthread_mutex_unlock(&ahead->mutex);
}

void ahead_reset(Ahead* ahead, World* world, int32_t n) {
    if (!ahead) {
        world_reset(world, NULL);
        return;
    }
    const Wish* wish = &ahead->wish[n];
    const bool fits = atomic_load_explicit(&wish->state, memory_order_acquire) == READY &&
                      wish->seed == world->seed && wish->episode == world->episode + 1;
    world_reset(world, fits ? cells_of(ahead, n) : make_now(ahead, world) ? world->material : NULL);
    wish_for_next(ahead, world, n);
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
                wish_for_next(ahead, world, first + i);
            }
        }
        first += some;
        count -= some;
    }
    if (batch) {
        give_batch(ahead, batch);
    }
}
