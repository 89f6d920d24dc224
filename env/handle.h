// The handle: N worlds, what they share, and their threads. Internal to env/.
#pragma once
#include "env/ahead.h"
#include "env/cairn.h"
#include "env/render.h"
#include "env/workers.h"
#include "env/world.h"

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
    Ahead* ahead; // may be NULL
};
