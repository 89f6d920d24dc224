// A linear probe: softmax regression from features to classes, to see what a latent holds.
#pragma once
#include "agent/agent.h"

typedef struct Probe Probe;

typedef struct ProbeRows { // borrowed
    int64_t count;
    int32_t stride;        // floats from row to row; a probe looks at the first of them
    const float* features; // [count, stride]
    int32_t questions;     // labels from row to row
    const int32_t* label; // [count, questions], that of the question asked in front; negative: this
                          // row is not asked
} ProbeRows;

// Fits weights [classes, width] and biases by Adam on cross entropy: at least 1,500 updates, in
// whole passes over the rows that are asked, >= 1, in random order. Labels are below `classes`.
AgentStatus probe_fit(const ProbeRows* rows, int32_t width, int32_t classes, uint64_t seed,
                      Probe** probe, char why[AGENT_WHY]);
void probe_destroy(Probe* probe); // NULL is allowed
// Probabilities [count, classes] of all rows, asked or not.
void probe_apply(Probe* probe, const ProbeRows* rows, float* probability);
