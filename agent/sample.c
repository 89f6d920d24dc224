#include "agent/sample.h"

#include <math.h>

int32_t sample_action(const NetReal* log_prob, int32_t actions, NetRandom* random) {
    double left = net_random_uniform(random);
    int32_t last = 0; // rounding may leave a rest: it goes to the last action that is possible
    for (int32_t a = 0; a < actions; a++) {
        double p = exp((double)log_prob[a]);
        if (p > 0) {
            last = a;
            if (left < p) {
                return a;
            }
        }
        left -= p;
    }
    return last;
}

int32_t most_probable_action(const NetReal* log_prob, int32_t actions) {
    int32_t best = 0;
    for (int32_t a = 1; a < actions; a++) {
        if (log_prob[a] > log_prob[best]) {
            best = a;
        }
    }
    return best;
}
