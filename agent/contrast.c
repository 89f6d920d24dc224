#include "agent/contrast.h"

#include <math.h>

static void add_scaled(size_t count, double scale, const NetReal* x, NetReal* y) {
    NetReal factor = (NetReal)scale;
    for (size_t i = 0; i < count; i++) {
        y[i] += factor * x[i];
    }
}

double contrast_loss(size_t width, double temperature, double weight, const Contrast* c) {
    double margin = 0;
    for (size_t i = 0; i < width; i++) {
        margin += (double)c->anchor[i] * ((double)c->positive[i] - (double)c->negative[i]);
    }
    margin /= temperature;
    double wrong = 1 / (1 + exp(margin)); // the negative's share
    double slope = weight * wrong / temperature;
    if (c->d_positive) {
        add_scaled(width, -slope, c->anchor, c->d_positive);
    }
    if (c->d_negative) {
        add_scaled(width, slope, c->anchor, c->d_negative);
    }
    if (c->d_anchor) {
        add_scaled(width, -slope, c->positive, c->d_anchor);
        add_scaled(width, slope, c->negative, c->d_anchor);
    }
    return margin > 0 ? log1p(exp(-margin)) : log1p(exp(margin)) - margin;
}
