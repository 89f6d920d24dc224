// The part of a trainer's state that acting needs, which every checkpoint begins with.
#pragma once
#include "agent/agent.h"
#include "agent/pack.h"
#include "agent/value_norm.h"

typedef struct Learned {
    size_t real_size; // bytes of a weight as stored: sizeof(NetReal), or 2: rounded to halves
    AgentProgress progress;
    ValueNorm norm;
    size_t weight_count, prototype_count;
    NetReal* weights;    // [weight_count] NULL: skipped over when read
    NetReal* prototypes; // [prototype_count] CAIRN_ACHIEVEMENTS rows, 0 without distillation
} Learned;

struct AgentTrainer;
Learned trainer_learned(const struct AgentTrainer* trainer); // borrows its arrays
void learned_put(PackWriter* writer, const Learned* learned);
// The counts and pointers say what is there and where it goes.
void learned_get(PackReader* reader, Learned* learned);
