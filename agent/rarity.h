// Rare achievements count as more: what one step in ten thousand teaches would otherwise be lost
// among the rest. Cairn's own; off (limit 1) in the published settings.
#pragma once
#include <stdint.h>

#include "env/cairn.h"

typedef struct Rarity {                 // plain; a checkpoint holds the success rates
    double limit;                       // most that an unlock may count, >= 1
    double success[CAIRN_ACHIEVEMENTS]; // moving averages over episodes, in [0, 1]
} Rarity;

Rarity rarity_new(double limit);
// What an unlock is worth beyond the world's reward of 1: min(limit, sqrt(1/4 / (success + 1/400)))
// - 1, at least 0, summed over the achievements that `after` has and `before` has not.
double rarity_bonus(const Rarity* rarity, uint32_t before, uint32_t after);
// An episode has ended. achievements [CAIRN_ACHIEVEMENTS]: how often each was done.
void rarity_count(Rarity* rarity, const int32_t* achievements);
