// A small sequence model with a compressed memory, random histories for it, and the two schedules
// run on them: what the tests of nets/ccm_*.c share.
#pragma once
#include "nets/ccm_fault.h"

enum { FEATURES = 5, LOGITS = 3, MODEL_BLOCKS = 12, MODEL_STEPS = 40 };

typedef struct Model {
    NetGraph* graph;
    NetCcmConfig config;
    NetCcmFault fault;                 // of the whole branch
    int32_t raw;                       // cached steps of the recursion
    NetTensor whole_x, step_x, tail_x; // inputs [steps, FEATURES]
    NetCcmBranch whole, step, compress, tail;
    NetTensor whole_logits, step_logits, tail_logits; // [steps, LOGITS]
    NetReal* weights;
    size_t weight_count;
} Model;
// whole: the whole history at once. tail: the same, beginning with a stored past.
Model model_create(const NetCcmConfig* config, NetCcmFault fault, uint64_t seed);
void model_destroy(Model* model);
NetCcm* model_online(const Model* model, int32_t rows);
NetPlan* model_plan(const Model* model, int32_t rows, bool training, bool tail);
NetCcmConfig model_config(void); // small: 3 layers of width 16, random LoRA

typedef struct History { // chunks common to all rows, episodes of their own
    int32_t rows, steps, blocks;
    int32_t block[MODEL_STEPS]; // of each step
    int32_t* episode;           // [rows, MODEL_STEPS], counted from 0
    uint8_t* final;             // [MODEL_STEPS] 1 in the last chunk
    NetReal* x;                 // [rows, MODEL_STEPS, FEATURES]
} History;
// Chunks of 1 to 5 steps; ends: one step in so many is an episode's first; 0: none is.
History history_create(int32_t rows, int32_t blocks, int32_t ends, uint64_t seed);
void history_destroy(History* history);

typedef struct Logits {
    NetReal* value; // [rows, MODEL_STEPS, LOGITS]
    NetReal *k, *v; // [rows, blocks, layers, comp, width]: the memory's slots after each chunk
    uint8_t* held;  // [rows, blocks]: they hold something
} Logits;
void logits_destroy(Logits* logits);
Logits run_whole(const Model* model, const History* history);
Logits run_online(const Model* model, const History* history);
// The recursion up to chunk `from`, then the parallel schedule from its memory; logits from there.
Logits run_tail(const Model* model, const History* history, int32_t from);
// Largest difference of logits from chunk `from` on, over max(1, largest logit).
double logits_distance(const History* history, const Logits* a, const Logits* b, int32_t from);
// Largest difference of the slots that `a` holds, over max(1, largest); INFINITY: b lacks one.
double memory_distance(const Model* model, const History* history, const Logits* a,
                       const Logits* b);
int32_t memory_held(const History* history, const Logits* logits); // groups of slots
