// Crafter, pixels, 1M environment steps, mean and standard deviation over seeds. The comparison
// table is that of Moon et al. 2023, who collected it from the papers named with each line.
#include "runs/published.h"

#include <math.h>

static const PublishedAgent agents[] = {
    {"random", 1.6, 0.0, 2.1, 1.3, "Hafner 2021, arXiv 2109.06780"},
    {"PPO of earlier papers", 4.6, 0.3, 4.2, 1.2, "Hafner 2021, arXiv 2109.06780"},
    {"DreamerV3", 14.5, 1.6, 11.7, 1.9, "Hafner et al. 2023, arXiv 2301.04104"},
    {"PPO, the paper's network", 15.6, 1.6, 10.3, 0.5, "Moon et al. 2023, arXiv 2307.03486"},
    {"Curious Replay", 19.4, 1.6, NAN, NAN, "Kauvar et al. 2023, arXiv 2306.15934"},
    {"PPO + distillation", 21.8, 1.4, 12.6, 0.3, "Moon et al. 2023, arXiv 2307.03486"},
    {"SPRING (no training)", 27.3, 1.2, 12.3, 0.7, "Wu et al. 2023, arXiv 2305.15486"},
    {"human experts", 50.5, 6.8, 14.3, 2.3, "Hafner 2021, arXiv 2109.06780"},
};

// Means over the runs in scores/ of Crafter's repository.
static const PublishedRates rates[] = {
    {"random",
     {0.00, 0.00, 9.32, 0.00, 50.19, 0.01, 24.38, 0.02,  0.14, 0.38, 0.01,
      0.00, 0.00, 0.00, 0.00, 0.32,  0.32, 0.00,  44.61, 0.01, 4.36, 93.60},
     "github.com/danijar/crafter, scores/"},
    {"human",
     {86.00, 12.00, 92.00, 53.00, 67.00,  100.00, 100.00, 31.00, 84.00, 89.00,  8.00,
      26.00, 22.00, 78.00, 78.00, 100.00, 45.00,  32.00,  24.00, 90.00, 100.00, 73.00},
     "github.com/danijar/crafter, scores/"},
};

const PublishedAgent* published_agents(size_t* count) {
    *count = sizeof agents / sizeof agents[0];
    return agents;
}

const PublishedRates* published_rates(size_t* count) {
    *count = sizeof rates / sizeof rates[0];
    return rates;
}
