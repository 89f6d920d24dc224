// Small networks of the kinds that agents use, random ones, and what it takes to run them: inputs,
// weights and gradients of the outputs as plain arrays, results as plain arrays.
#pragma once
#include "nets/nets.h"

enum { NETWORK_OUTPUTS = 256, NETWORKS = 3, NETWORK_INDICES = 5 };

typedef struct Network {
    NetGraph* graph;
    NetTensor bytes, real, index;       // inputs; index in [0, NETWORK_INDICES)
    NetTensor outputs[NETWORK_OUTPUTS]; // NetReal, with a gradient
    int32_t output_count;
} Network;

// 0: convolutions, pools, norms, residuals and a dense layer. 1: patches, layer norms and a
// convolution on 9x9 cells. 2: rows with an embedding, a gate and a goal.
Network network_create(int number);
// Operators in random order: residuals, views, several readers, one to three outputs.
Network network_random(uint64_t seed);
void network_destroy(Network* network);

typedef struct Batch { // rows of all inputs, and the outputs' gradients
    int32_t rows;
    uint8_t* bytes;
    NetReal* real;
    int32_t* index;
    NetReal* d_output[NETWORK_OUTPUTS];
    NetReal* weights; // initial, biases and norms moved off their plain values
} Batch;
Batch batch_create(const Network* network, int32_t rows, uint64_t seed);
void batch_destroy(Batch* batch);

typedef struct PlanChoice {
    NetBackend backend;
    NetDtype dtype;
} PlanChoice;
// Fails the test if there is no such plan.
NetPlan* plan_of(const Network* network, int32_t rows, bool training, PlanChoice choice);
bool plan_exists(PlanChoice choice); // false, and a line that says so, when not on this machine

typedef struct Result {
    NetReal* output[NETWORK_OUTPUTS];
    size_t output_size[NETWORK_OUTPUTS];
    int32_t output_count;
    NetReal* gradient; // NULL: forward only
    size_t weight_count;
} Result;
void fill_inputs(const Network* network, NetPlan* plan, const Batch* batch, int32_t first,
                 int32_t rows);
void fill_d_outputs(const Network* network, NetPlan* plan, const Batch* batch, int32_t first,
                    int32_t rows);
// Rows [first, first + rows) of the batch through the plan.
Result result_of(const Network* network, NetPlan* plan, const Batch* batch, int32_t first,
                 int32_t rows, bool backward);
void result_destroy(Result* result);

// |expected - got| in the L2 norm over that of expected.
double distance(size_t count, const NetReal* expected, const NetReal* got);
// The largest difference over the largest expected value.
double deviation(size_t count, const NetReal* expected, const NetReal* got);
