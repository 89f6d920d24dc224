// Success rates, score and intervals: Wilson's for shares, the percentile bootstrap for the rest.
#include "runs/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nets/nets.h"

enum { RESAMPLES = 1000 };

void score_rates(const ScoreEpisode* episodes, size_t count, double percent[CAIRN_ACHIEVEMENTS]) {
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        size_t unlocked = 0;
        for (size_t i = 0; i < count; i++) {
            unlocked += episodes[i].achievements[k] >= 1;
        }
        percent[k] = count ? 100.0 * (double)unlocked / (double)count : 0.0;
    }
}

double score_of_rates(const double percent[CAIRN_ACHIEVEMENTS]) {
    double sum = 0.0;
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        sum += log1p(percent[k]);
    }
    return expm1(sum / CAIRN_ACHIEVEMENTS);
}

double score_of_episodes(const ScoreEpisode* episodes, size_t count) {
    double percent[CAIRN_ACHIEVEMENTS];
    score_rates(episodes, count, percent);
    return score_of_rates(percent);
}

void score_wilson(size_t successes, size_t trials, double* low, double* high) {
    if (trials == 0) {
        *low = 0.0, *high = 1.0;
        return;
    }
    const double z = 1.959963984540054; // 97.5th percentile of the standard normal
    double n = (double)trials, share = (double)successes / n;
    double scale = 1.0 / (1.0 + z * z / n);
    double centre = scale * (share + z * z / (2.0 * n));
    double half = scale * z * sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n));
    // At the ends the exact bounds are 0 and 1; rounding must not pass them.
    *low = successes == 0 ? 0.0 : centre - half;
    *high = successes == trials ? 1.0 : centre + half;
}

// The figures of one resample: sums over episodes, then the three statistics.
typedef struct Sums {
    double reward, length;
    size_t unlocked[CAIRN_ACHIEVEMENTS];
} Sums;

static void add_episode(Sums* sums, const ScoreEpisode* episode) {
    sums->reward += episode->reward;
    sums->length += (double)episode->length;
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        sums->unlocked[k] += episode->achievements[k] >= 1;
    }
}

static double sums_score(const Sums* sums, size_t count) {
    double percent[CAIRN_ACHIEVEMENTS];
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        percent[k] = 100.0 * (double)sums->unlocked[k] / (double)count;
    }
    return score_of_rates(percent);
}

static int compare_doubles(const void* a, const void* b) {
    double x = *(const double*)a, y = *(const double*)b;
    return (x > y) - (x < y);
}

static void set_interval(ScoreInterval* interval, double value, double resampled[RESAMPLES]) {
    qsort(resampled, RESAMPLES, sizeof resampled[0], compare_doubles);
    interval->value = value;
    interval->low = resampled[RESAMPLES * 25 / 1000];
    interval->high = resampled[RESAMPLES - 1 - RESAMPLES * 25 / 1000];
}

void score_summarise(const ScoreEpisode* episodes, size_t count, uint64_t seed,
                     ScoreSummary* summary) {
    memset(summary, 0, sizeof *summary);
    summary->episodes = count;
    if (count == 0) {
        return;
    }
    Sums all = {0};
    for (size_t i = 0; i < count; i++) {
        add_episode(&all, &episodes[i]);
    }
    double n = (double)count;
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        double low, high;
        score_wilson(all.unlocked[k], count, &low, &high);
        double percent = 100.0 * (double)all.unlocked[k] / n;
        summary->rate[k] = (ScoreInterval){percent, 100.0 * low, 100.0 * high};
    }
    NetRandom random = net_random(seed, 0x626f6f74); // "boot": a stream of its own
    double score[RESAMPLES], reward[RESAMPLES], length[RESAMPLES];
    for (int r = 0; r < RESAMPLES; r++) {
        Sums sums = {0};
        for (size_t i = 0; i < count; i++) {
            add_episode(&sums, &episodes[net_random_below(&random, (uint32_t)count)]);
        }
        score[r] = sums_score(&sums, count);
        reward[r] = sums.reward / n;
        length[r] = sums.length / n;
    }
    set_interval(&summary->score, sums_score(&all, count), score);
    set_interval(&summary->reward, all.reward / n, reward);
    set_interval(&summary->length, all.length / n, length);
}
