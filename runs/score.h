// Success rates, Crafter's score and their intervals, from finished episodes.
//
// The score of one agent is exp(mean over the 22 achievements of ln(1 + rate)) - 1, the rates in
// percent: a geometric mean that rare achievements move most.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "env/cairn.h"

typedef struct ScoreEpisode {                 // what Crafter's recorder keeps of an episode
    int64_t length;                           // steps
    double reward;                            // sum of rewards
    int32_t achievements[CAIRN_ACHIEVEMENTS]; // how often, by number
} ScoreEpisode;

typedef struct ScoreInterval {
    double value, low, high; // the figure and its 95 % interval
} ScoreInterval;

typedef struct ScoreSummary {
    size_t episodes;
    ScoreInterval
        rate[CAIRN_ACHIEVEMENTS]; // percent of episodes that unlocked it; Wilson's interval
    ScoreInterval score;          // percent; bootstrap over episodes
    ScoreInterval reward;         // mean of an episode; bootstrap
    ScoreInterval length;         // mean of an episode, steps; bootstrap
} ScoreSummary;

// Percent of the episodes that unlocked each achievement; zeros when there are none.
void score_rates(const ScoreEpisode* episodes, size_t count, double percent[CAIRN_ACHIEVEMENTS]);
double score_of_rates(const double percent[CAIRN_ACHIEVEMENTS]);
double score_of_episodes(const ScoreEpisode* episodes, size_t count);
// Wilson's 95 % interval of a share, as shares in [0, 1]; [0, 1] when trials is 0.
void score_wilson(size_t successes, size_t trials, double* low, double* high);
// Everything at once. The bootstrap (1000 resamples, 2.5th and 97.5th percentile) draws from the
// seed. With 0 episodes every figure is 0.
void score_summarise(const ScoreEpisode* episodes, size_t count, uint64_t seed,
                     ScoreSummary* summary);
