// Adam (Kingma and Ba 2015, as torch.optim.Adam without weight decay) and clipping by global norm.
#include <math.h>

#include "nets/kernels.h"

double net_square_sum(const NetReal* gradient, size_t count) {
    return net_kernels(false)->square_sum(count, gradient);
}

double net_clip_scale(double norm, double limit) {
    double scale = limit / (norm + 1e-6);
    return scale < 1 ? scale : 1;
}

void net_adam_update(const NetAdam* adam, size_t first, size_t count, double scale,
                     const NetReal* gradient, NetReal* weights) {
    double t = (double)adam->updates;
    double rate = adam->learning_rate / (1 - pow(adam->beta1, t));
    double correction = 1 / sqrt(1 - pow(adam->beta2, t));
    net_kernels(false)->adam(count, adam, rate, correction, scale, gradient + first,
                             adam->mean + first, adam->square + first, weights + first);
}
