// Generalised advantage estimates (Schulman et al. 2016).
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "nets/nets.h"

typedef struct AdvantageInput {
    size_t steps, worlds;      // T, N
    double gamma, lambda;      //
    const double* reward;      // [T, N]
    const NetReal* value;      // [T + 1, N] of the observations acted on; row T: of the next
    const uint8_t* terminated; // [T, N]
    const uint8_t* truncated;  // [T, N]
    const NetReal* cut_value;  // [T, N] value of the last observation where truncated (and not
                               // terminated); NULL: nothing follows a cut, as in the paper
} AdvantageInput;

// target = advantage + value, the value loss's; both [T, N].
void advantage_estimate(const AdvantageInput* input, NetReal* advantage, NetReal* target);
// To mean 0 and standard deviation 1 (unbiased; 1e-8 is added to it).
void advantage_normalise(size_t count, NetReal* advantage);
