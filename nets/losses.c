// Losses over plain arrays. The caller's weight turns sums into means.
#include <math.h>

#include "nets/nets.h"

double net_squared_error(size_t count, const NetReal* x, const NetReal* target, double weight,
                         NetReal* d_x) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double error = (double)x[i] - (double)target[i];
        sum += error * error;
        d_x[i] += (NetReal)(weight * 2 * error);
    }
    return sum;
}

double net_entropy(size_t rows, size_t width, const NetReal* log_prob, double weight,
                   NetReal* d_log_prob) {
    double sum = 0;
    for (size_t i = 0; i < rows * width; i++) {
        double log_p = (double)log_prob[i], p = exp(log_p);
        sum -= p * log_p;
        d_log_prob[i] -= (NetReal)(weight * p * (log_p + 1));
    }
    return sum;
}

double net_kl(size_t rows, size_t width, const NetReal* log_new, const NetReal* log_old,
              double weight, NetReal* d_log_new) {
    double sum = 0;
    for (size_t i = 0; i < rows * width; i++) {
        double log_p = (double)log_new[i], p = exp(log_p), ratio = log_p - (double)log_old[i];
        sum += p * ratio;
        d_log_new[i] += (NetReal)(weight * p * (ratio + 1));
    }
    return sum;
}

double net_cross_entropy(size_t rows, size_t width, const NetReal* log_prob, const int32_t* target,
                         double weight, NetReal* d_log_prob) {
    double sum = 0;
    for (size_t row = 0; row < rows; row++) {
        if (target[row] >= 0) {
            size_t at = row * width + (size_t)target[row];
            sum -= (double)log_prob[at];
            d_log_prob[at] -= (NetReal)weight;
        }
    }
    return sum;
}
