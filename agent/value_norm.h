// Running mean and variance of return targets, so that the value head learns numbers near 1.
#pragma once
#include <stddef.h>

#include "nets/nets.h"

typedef struct ValueNorm {    // plain; a checkpoint holds it
    double mean, mean_square; // exponentially weighted, not yet debiased
    double debias;            // sum of the weights given so far, < 1
} ValueNorm;

ValueNorm value_norm_new(void);
// One step of the moving averages, towards the mean and mean square of these targets.
void value_norm_update(ValueNorm* norm, size_t count, const NetReal* target);
double value_norm_mean(const ValueNorm* norm);
double value_norm_std(const ValueNorm* norm);
double value_norm_normalise(const ValueNorm* norm, double value);
double value_norm_denormalise(const ValueNorm* norm, double value);
