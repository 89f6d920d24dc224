// The figures of a run and of an agent; the protocol is in runs/report.h.
#include <assert.h>
#include <math.h>

#include "runs/report.h"

const char* report_measure_name(int measure) {
    static const char* const names[REPORT_RATES] = {
        [REPORT_SCORE] = "score",
        [REPORT_REWARD] = "reward",
        [REPORT_LENGTH] = "length",
        [REPORT_TABLE_REWARD] = "table_reward",
    };
    assert(measure >= 0 && measure < REPORT_MEASURES);
    return measure < REPORT_RATES ? names[measure] : cairn_achievement_name(measure - REPORT_RATES);
}

// Episodes that end inside the budget: lines are taken until the sum of lengths would exceed it.
static size_t count_inside(const ScoreEpisode* episodes, size_t count, int64_t budget,
                           int64_t* steps) {
    int64_t limit = budget > 0 ? budget : INT64_MAX;
    *steps = 0;
    for (size_t i = 0; i < count; i++) {
        if (episodes[i].length > limit - *steps) {
            return i;
        }
        *steps += episodes[i].length;
    }
    return count;
}

// The first episode that ends at least at step `steps - REPORT_WINDOW`; count >= 1.
static size_t window_begin(const ScoreEpisode* episodes, size_t count, int64_t steps) {
    int64_t end = steps; // where episode `first - 1` ends
    size_t first = count;
    while (first > 0 && end >= steps - REPORT_WINDOW) {
        first--;
        end -= episodes[first].length;
    }
    return first;
}

// Crafter's own reward table takes one episode per run, the first of the last 100,000 steps, and
// counts its achievements, less 0.9 for the health that a death costs.
static double table_reward(const ScoreEpisode* episode) {
    int unlocked = 0;
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        unlocked += episode->achievements[k] >= 1;
    }
    return unlocked - 0.9;
}

bool report_summarise_run(const ScoreEpisode* episodes, size_t count, int64_t budget,
                          ReportRun* run) {
    run->episodes = count_inside(episodes, count, budget, &run->steps);
    int64_t slack = REPORT_SLACK + (int64_t)REPORT_WORLD_SLACK * run->worlds;
    run->whole = budget == 0 || run->steps >= budget - slack;
    if (run->episodes == 0) {
        return false;
    }
    score_rates(episodes, run->episodes, run->measure + REPORT_RATES);
    run->measure[REPORT_SCORE] = score_of_rates(run->measure + REPORT_RATES);
    size_t first = window_begin(episodes, run->episodes, run->steps);
    double reward = 0, length = 0;
    for (size_t i = first; i < run->episodes; i++) {
        reward += episodes[i].reward;
        length += (double)episodes[i].length;
    }
    run->window_episodes = run->episodes - first;
    run->measure[REPORT_REWARD] = reward / (double)run->window_episodes;
    run->measure[REPORT_LENGTH] = length / (double)run->window_episodes;
    run->measure[REPORT_TABLE_REWARD] = table_reward(&episodes[first]);
    return true;
}

void report_summarise_agent(const ReportRun* runs, ReportAgent* agent) {
    double count = (double)agent->count, steps = 0;
    agent->short_runs = agent->episodes = 0;
    agent->mixed = false;
    for (size_t r = 0; r < agent->count; r++) {
        agent->short_runs += !runs[r].whole;
        agent->episodes += runs[r].episodes;
        agent->mixed = agent->mixed || runs[r].settings != runs[0].settings;
        steps += (double)runs[r].steps;
    }
    agent->steps = llround(steps / count);
    for (int m = 0; m < REPORT_MEASURES; m++) {
        double sum = 0, squares = 0;
        for (size_t r = 0; r < agent->count; r++) {
            sum += runs[r].measure[m];
        }
        agent->mean[m] = sum / count;
        for (size_t r = 0; r < agent->count; r++) {
            double difference = runs[r].measure[m] - agent->mean[m];
            squares += difference * difference;
        }
        agent->deviation[m] = sqrt(squares / count);
    }
}
