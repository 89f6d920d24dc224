#include "agent/rarity.h"

#include <math.h>

// Weight of an episode in the averages; success from which on an unlock counts once; what is added
// so that the first unlock ever has a finite worth.
static const double rate = 0.005, common = 0.25, floor_rate = 0.0025;

Rarity rarity_new(double limit) {
    return (Rarity){.limit = limit};
}

double rarity_bonus(const Rarity* rarity, uint32_t before, uint32_t after) {
    double bonus = 0;
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        if ((after & ~before) >> k & 1) {
            double worth = sqrt(common / (rarity->success[k] + floor_rate));
            bonus += fmax(fmin(worth, rarity->limit) - 1, 0);
        }
    }
    return bonus;
}

void rarity_count(Rarity* rarity, const int32_t* achievements) {
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        rarity->success[k] += rate * ((achievements[k] > 0) - rarity->success[k]);
    }
}
