// Value normaliser of the official code (spec: "Value normalisation").
#include "agent/value_norm.h"

#include <math.h>

// Weight of the past in the moving averages; floors of the debiasing term and of the variance.
static const double beta = 0.99, debias_floor = 0.01, variance_floor = 0.01;

ValueNorm value_norm_new(void) {
    return (ValueNorm){0};
}

void value_norm_update(ValueNorm* norm, size_t count, const NetReal* target) {
    double sum = 0, square_sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)target[i];
        square_sum += (double)target[i] * (double)target[i];
    }
    norm->mean = beta * norm->mean + (1 - beta) * sum / (double)count;
    norm->mean_square = beta * norm->mean_square + (1 - beta) * square_sum / (double)count;
    norm->debias = beta * norm->debias + (1 - beta);
}

static double debias(const ValueNorm* norm) {
    return norm->debias > debias_floor ? norm->debias : debias_floor;
}

double value_norm_mean(const ValueNorm* norm) {
    return norm->mean / debias(norm);
}

double value_norm_std(const ValueNorm* norm) {
    double mean = value_norm_mean(norm);
    double variance = norm->mean_square / debias(norm) - mean * mean;
    return sqrt(variance > variance_floor ? variance : variance_floor);
}

double value_norm_normalise(const ValueNorm* norm, double value) {
    return (value - value_norm_mean(norm)) / value_norm_std(norm);
}

double value_norm_denormalise(const ValueNorm* norm, double value) {
    return value * value_norm_std(norm) + value_norm_mean(norm);
}
