// Hand-made worlds: a meadow with nothing but the player, and random numbers that a test writes.
#pragma once
#include "env/handle.h"
#include "env/rules.h"

typedef struct Scene {
    Cairn* cairn; // one world
    World* world;
    int32_t written; // outputs of the script so far
} Scene;

// A meadow of width x height cells, the player at (x, y) facing down, step 0. Fails the test when
// that cannot be made.
Scene scene_open(int32_t width, int32_t height, int32_t x, int32_t y);
// The same in mode fast, where nothing is scripted.
Scene scene_open_fast(int32_t width, int32_t height, int32_t x, int32_t y);
void scene_close(Scene* scene);

// Writes what the world will draw next. Unwritten draws are the largest: no chance comes true.
void scene_script(Scene* scene);             // begins a script
void scene_uniform(Scene* scene, double u);  // a uniform number
void scene_choice(Scene* scene, uint32_t r); // an attempt at a whole number below a bound
// Fails unless the world drew the whole script and nothing else.
#define scene_all_drawn(scene)                                                                     \
    ck_assert_int_eq((scene)->world->generator.mersenne->position, (scene)->written)

void scene_act(Scene* scene, CairnAction action); // one step
