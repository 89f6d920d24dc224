// From log-probabilities to actions.
#pragma once
#include "nets/nets.h"

// Draws with one uniform number.
int32_t sample_action(const NetReal* log_prob, int32_t actions, NetRandom* random);
int32_t most_probable_action(const NetReal* log_prob, int32_t actions); // the first of equals
