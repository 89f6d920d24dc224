// The handle: N worlds, what they share, and their threads. Internal to env/.
#pragma once
#include "env/cairn.h"
#include "env/world.h"

typedef struct Renderer Renderer; // env/render.h
typedef struct Workers Workers;   // env/workers.h

struct Cairn {
    CairnConfig config; // seeds points at the copy below
    int64_t* seeds;     // [N]
    WorldShape shape;
    World* worlds; // [N]
    void* arena;   // the worlds' arrays
    Renderer* renderer;
    Workers* workers;
};
