// The handle: N worlds, what they share, and their threads. Internal to env/.
#pragma once
#include <stdatomic.h>

#include "env/ahead.h"
#include "env/cairn.h"
#include "env/render.h"
#include "env/workers.h"
#include "env/world.h"

// What a thread has left of a round. A line of its own, because every thread counts in one.
typedef struct Share {
    _Alignas(64) atomic_int next; // world
    int32_t end;
} Share;

struct Cairn {
    CairnConfig config; // seeds points at the copy below
    int64_t* seeds;     // [N]
    WorldShape shape;
    World* worlds; // [N]
    void* arena;   // the worlds' arrays
    void* reserve; // mapped memory that only worlds of very many objects touch
    size_t reserve_size;
    double* daylight;            // see WorldShape
    CairnTextures* own_textures; // NULL when the caller's are used
    Renderer* renderer;
    Workers* workers;
    Share* shares; // [threads]
    Ahead* ahead;  // may be NULL
};
