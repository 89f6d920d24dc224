// A linear probe: softmax regression from features to classes, to see what a latent holds.
#pragma once
#include "agent/agent.h"

typedef struct Probe Probe;

// Fits weights [classes, width] and biases by Adam on cross entropy: at least 1,500 updates, in
// whole passes over the rows in random order. features [rows, width], rows >= 1; label [rows] in
// [0, classes).
AgentStatus probe_fit(int64_t rows, int32_t width, const float* features, int32_t classes,
                      const int32_t* label, uint64_t seed, Probe** probe, char why[AGENT_WHY]);
void probe_destroy(Probe* probe); // NULL is allowed
// Probabilities [rows, classes].
void probe_apply(Probe* probe, int64_t rows, const float* features, float* probability);
