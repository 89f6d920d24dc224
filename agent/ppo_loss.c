#include "agent/ppo_loss.h"

#include <assert.h>
#include <math.h>
#include <string.h>

// Returns -min(ratio * advantage, clipped ratio * advantage) and its derivative by log_prob.
static double surrogate(double ratio, double advantage, double clip, double* slope) {
    double bounded = fmin(fmax(ratio, 1 - clip), 1 + clip);
    double plain = ratio * advantage, clipped = bounded * advantage;
    // Inside the range both terms are one; outside, the clipped one is constant.
    *slope = plain <= clipped ? -plain : 0;
    return -fmin(plain, clipped);
}

void ppo_loss(const PpoLossConfig* config, const PpoLossInput* in, double weight, PpoSums* sums,
              NetReal* d_log_prob_all, NetReal* d_value) {
    size_t rows = (size_t)in->rows, actions = (size_t)in->actions;
    memset(d_log_prob_all, 0, rows * actions * sizeof *d_log_prob_all);
    memset(d_value, 0, rows * sizeof *d_value);
    for (size_t i = 0; i < rows; i++) {
        assert(in->action[i] >= 0 && in->action[i] < in->actions);
        size_t at = i * actions + (size_t)in->action[i];
        double log_ratio = (double)in->log_prob_all[at] - (double)in->old_log_prob[i];
        double ratio = exp(log_ratio), slope = 0;
        sums->policy += surrogate(ratio, (double)in->advantage[i], config->clip, &slope);
        sums->kl += ratio - 1 - log_ratio;
        sums->largest = fmax(sums->largest, fabs(log_ratio));
        sums->clipped += fabs(ratio - 1) > config->clip;
        d_log_prob_all[at] = (NetReal)(weight * slope);
    }
    sums->value +=
        net_squared_error(rows, in->value, in->target, weight * config->value_coefficient, d_value);
    sums->entropy += net_entropy(rows, actions, in->log_prob_all,
                                 -weight * config->entropy_coefficient, d_log_prob_all);
}
