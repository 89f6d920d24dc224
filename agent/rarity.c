#include "agent/rarity.h"

#include <math.h>

// Weight of an episode in the averages; the score's 1 %.
static const double rate = 0.005, one_percent = 0.01;

Rarity rarity_new(double exponent, double limit) {
    return (Rarity){.exponent = exponent, .limit = limit};
}

double rarity_bonus(const Rarity* rarity, uint32_t before, uint32_t after) {
    double bonus = 0;
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        if ((after & ~before) >> k & 1) {
            double weight = (1 + one_percent) / (rarity->success[k] + one_percent);
            bonus += fmin(pow(weight, rarity->exponent), rarity->limit) - 1;
        }
    }
    return bonus;
}

void rarity_count(Rarity* rarity, const int32_t* achievements) {
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        rarity->success[k] += rate * ((achievements[k] > 0) - rarity->success[k]);
    }
}
