// Episodes of a random policy, as numbers, and whether two samples of them may come from one
// distribution. Serves the suite (few episodes) and bench_distribution (many).
#pragma once
#include "env/cairn.h"

enum {
    DISTRIBUTION_MOMENTS = 5, // steps at which the world is looked at
    DISTRIBUTION_VALUES_MAX = 640
};

// Sums over episodes of everything that is looked at. Some values exist only in episodes that last
// long enough.
typedef struct Distribution {
    int32_t episodes;
    int64_t steps;
    int64_t count[DISTRIBUTION_VALUES_MAX];
    double sum[DISTRIBUTION_VALUES_MAX], square[DISTRIBUTION_VALUES_MAX];
    int32_t unlocked[CAIRN_ACHIEVEMENTS]; // episodes that unlocked it
    double *length, *total;               // [episodes]
} Distribution;

// Plays `episodes` episodes of uniformly random actions. Aborts the test program when memory or
// configuration are refused.
Distribution distribution_play(CairnMode mode, int32_t episodes, int64_t seed);
void distribution_free(Distribution* distribution);

// Compares two samples: Welch's test of every value, Kolmogorov and Smirnov's of lengths and
// returns. Returns how many differ at a level of 1 in 1000 for all tests together; prints those,
// and with `all` a summary.
int32_t distribution_compare(const Distribution* a, const Distribution* b, bool all);
// The same against the success rates that were published for the original's random policy.
int32_t distribution_compare_published(const Distribution* sample, bool all);
