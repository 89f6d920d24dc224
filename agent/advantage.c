#include "agent/advantage.h"

#include <math.h>

static double value_after(const AdvantageInput* in, size_t i) {
    if (!in->terminated[i] && !in->truncated[i]) {
        return (double)in->value[i + in->worlds];
    }
    bool cut = in->truncated[i] && !in->terminated[i];
    return cut && in->cut_value ? (double)in->cut_value[i] : 0;
}

void advantage_estimate(const AdvantageInput* in, NetReal* advantage, NetReal* target) {
    for (size_t n = 0; n < in->worlds; n++) {
        double running = 0;
        for (size_t t = in->steps; t-- > 0;) {
            size_t i = t * in->worlds + n;
            double value = (double)in->value[i];
            bool done = in->terminated[i] || in->truncated[i];
            double surprise = in->reward[i] + in->gamma * value_after(in, i) - value;
            running = surprise + (done ? 0 : in->gamma * in->lambda * running);
            advantage[i] = (NetReal)running;
            target[i] = (NetReal)(running + value);
        }
    }
}

void advantage_normalise(size_t count, NetReal* advantage) {
    double sum = 0, square_sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)advantage[i];
    }
    double mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) {
        double deviation = (double)advantage[i] - mean;
        square_sum += deviation * deviation;
    }
    double std = sqrt(square_sum / (double)(count > 1 ? count - 1 : 1));
    for (size_t i = 0; i < count; i++) {
        advantage[i] = (NetReal)(((double)advantage[i] - mean) / (std + 1e-8));
    }
}
