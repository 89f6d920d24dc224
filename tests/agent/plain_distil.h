// The plain distillation passes of the official code: positives, negatives and anchors encoded
// apart, a row for every use. Of windows of STEPS steps of WORLDS worlds, latents of WIDTH numbers.
#pragma once
#include "agent/distil.h"

enum { STEPS = 60, WORLDS = 3, WINDOW = STEPS * WORLDS, WIDTH = 16, ROOM = 192 };

typedef struct Plain {
    const AgentTrainer* trainer;
    NetPlan* plan;     // ROOM rows, all outputs
    NetReal* gradient; // [weights]
    double loss;
} Plain;

// One triple of the prediction pass.
typedef struct Triple {
    int positive, negative; // rows
    int before, after;      // rows of the next goal; after -1: nothing
} Triple;

Plain plain_begin(const AgentTrainer* trainer); // plain_end frees; the trainer stays the caller's
void plain_end(Plain* plain);
Triple plain_triple(const Trajectory* trajectory, int step, int partner);
// Sets loss, adds to gradient, and moves norm on, as an update over count <= ROOM triples does.
void plain_prediction(Plain* plain, int count, const Triple* triples, ValueNorm* norm);
// The same for matching. Pairs and steps are those of the trainer's last update; everything else is
// computed anew.
void plain_matching(Plain* plain, ValueNorm* norm);
