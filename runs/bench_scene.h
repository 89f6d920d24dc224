// Worlds at play for `cairn bench env`: random actions, and outputs of what is measured.
#pragma once
#include "env/cairn.h"

typedef enum Observation { PIXELS, TILES, STATUS, SEMANTIC, NONE, OBSERVATIONS } Observation;
extern const char* const bench_observation[OBSERVATIONS]; // their names

// Some worlds at play, and where they write.
typedef struct BenchScene {
    CairnConfig config;
    Cairn* worlds;
    int32_t* action;            // [N]
    uint8_t *pixels, *semantic; // whole batches, or NULL
    uint8_t* tiles;
    float* status;
    double* reward;                  // [N]
    uint8_t *terminated, *truncated; // [N]
    CairnOutput output;
    uint64_t random;
    int64_t episodes; // that ended
} BenchScene;

// Fresh worlds that write `observation`, an Observation. Exits when they cannot be made.
BenchScene bench_scene_create(CairnMode mode, int observation, int32_t worlds, int32_t threads);
void bench_scene_destroy(BenchScene* scene);
void bench_play(BenchScene* scene); // one step of all worlds
