// The clipped surrogate loss of PPO (Schulman et al. 2017) with value loss and entropy bonus.
#pragma once
#include "nets/nets.h"

typedef struct PpoLossConfig {
    double clip, value_coefficient, entropy_coefficient;
} PpoLossConfig;

typedef struct PpoLossInput { // R rows, A actions
    int32_t rows, actions;
    const NetReal* log_prob_all; // [R, A] of the network
    const NetReal* value;        // [R] of the network, normalised
    const int32_t* action;       // [R] taken, in [0, A)
    const NetReal* old_log_prob; // [R] of the action when it was taken
    const NetReal* advantage;    // [R]
    const NetReal* target;       // [R] normalised return
} PpoLossInput;

typedef struct PpoSums { // over rows
    double policy, value, entropy;
    double kl;      // (ratio - 1) - log ratio
    double clipped; // rows with |ratio - 1| > clip
    double largest; // |log ratio|
} PpoSums;

// Adds to sums; writes d_log_prob_all [R, A] and d_value [R], the gradient of
// weight * sum over rows of (policy + value_coefficient * value - entropy_coefficient * entropy).
void ppo_loss(const PpoLossConfig* config, const PpoLossInput* input, double weight, PpoSums* sums,
              NetReal* d_log_prob_all, NetReal* d_value);
