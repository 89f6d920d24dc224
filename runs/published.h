// Figures that others published, for comparison in reports; nothing here was measured by Cairn.
#pragma once
#include <stddef.h>

#include "env/cairn.h"

typedef struct PublishedAgent {
    const char* name;
    double score, score_spread;   // percent; NAN where not published
    double reward, reward_spread; // per episode; NAN where not published
    const char* source;
} PublishedAgent;

typedef struct PublishedRates {
    const char* name;
    double rate[CAIRN_ACHIEVEMENTS]; // percent, in the order of cairn_achievement_name
    const char* source;
} PublishedRates;

const PublishedAgent* published_agents(size_t* count); // in order of score
const PublishedRates* published_rates(size_t* count);  // random policy, human experts
