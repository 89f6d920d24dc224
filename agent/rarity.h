// Rare achievements count as more: what one step in ten thousand teaches would otherwise be lost
// among the rest.
//
// The benchmark's score is exp(mean of ln(1 + s)) - 1 over the success rates s in percent, so its
// gradient by one of them goes as 1 / (1 + s), where that of the episode's reward is the same for
// all. An unlock counts ((1 + 100) / (1 + s))^exponent, up to a limit: 0 learns for the reward, 1
// for the score.
// Cairn's own; 0 in the published settings.
#pragma once
#include <stdint.h>

#include "env/cairn.h"

typedef struct Rarity {                 // plain; a checkpoint holds the success rates
    double exponent, limit;             // limit >= 1
    double success[CAIRN_ACHIEVEMENTS]; // moving averages over episodes, in [0, 1]
} Rarity;

Rarity rarity_new(double exponent, double limit);
// What the achievements that `after` has and `before` has not are worth beyond the world's reward
// of 1 each; >= 0.
double rarity_bonus(const Rarity* rarity, uint32_t before, uint32_t after);
// An episode has ended. achievements [CAIRN_ACHIEVEMENTS]: how often each was done.
void rarity_count(Rarity* rarity, const int32_t* achievements);
