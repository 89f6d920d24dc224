// The small network whose figures the official code gives
// (tests/vectors/network-and-losses.txt.gz).
#pragma once
#include "agent/network.h"
#include "agent/value_norm.h"
#include "tests/agent/vectors.h"

enum { OFFICIAL_ROWS = 9, OFFICIAL_ACTIONS = 5, OFFICIAL_LATENT = 12, OFFICIAL_SIDE = 16 };
enum { OFFICIAL_PIXELS = 3 * OFFICIAL_SIDE * OFFICIAL_SIDE };

typedef struct Official {
    Vectors* vectors;
    Network network;   // with memory and predictor
    size_t count;      // weights
    NetReal* weights;  // [count]
    NetReal* gradient; // [count] 0
    NetPlan* plan;     // [OFFICIAL_ROWS] latent, log_prob, value, prediction
    int32_t rows;      // of the last forward pass
    ValueNorm norm;    // as every section of the figures begins
} Official;

// With the weights of the figures; fails the running test when anything is wrong.
Official official_create(void);
void official_destroy(Official* official);
void official_load(Official* official, const char* prefix); // "weight." or "old."
// Forward passes. Some of the nine rows with their actions and memories (index NULL: the first
// `rows`), or pictures alone.
void official_run(Official* official, int32_t rows, const int32_t* index);
void official_run_pictures(Official* official, const char* name);
const NetReal* official_output(const Official* official, NetTensor output);
// Gradients of the outputs of the last forward pass, all 0 at first.
NetReal* official_d_output(const Official* official, NetTensor output);
void official_clear_d_outputs(const Official* official);

// 1e-9 in double, 1e-4 in float, relative to the largest of the expected figures, so that a zero
// among them asks no miracles.
void official_check(const Official* official, const char* name, const NetReal* found);
void official_check_number(const Official* official, const char* name, double found);
// All parameters, of which the figures' names begin with the prefix ("ppo.grad."). In float errors
// are relative to the largest figure of all parameters: the way back through the layers carries its
// roundings along, the more of them the fewer lanes add up sums.
void official_check_params(const Official* official, const char* prefix, const NetReal* values);
