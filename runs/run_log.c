// A training's logs.
#include "runs/run_log.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runs/events.h"
#include "runs/log_file.h"
#include "runs/score.h"
#include "runs/stats.h"

enum { STATE_VERSION = 1, LINE_LIMIT = 4096 };
static_assert(sizeof(RunWindowEpisode) == 16, "checkpoints hold it");
static_assert(sizeof(RunLogState) == 16 + 24 + 8 + 2 * 22 * 8 + 24 + 100 * 16,
              "checkpoints hold it");
static const char state_magic[8] = "CAIRNLOG";

struct RunLog {
    LogFile stats, metrics, events;
    RunLogState state;
    RunFigures figures;
};

// ---------------------------------------------------------------- figures
static size_t window_count(const RunLogState* state) {
    return state->episodes < RUN_WINDOW ? (size_t)state->episodes : RUN_WINDOW;
}

// Sums run over the window's slots, not by age: the same after a resume.
static void refresh_figures(RunLog* log) {
    const RunLogState* state = &log->state;
    RunFigures* figures = &log->figures;
    *figures = (RunFigures){0};
    size_t count = window_count(state);
    double all_rates[CAIRN_ACHIEVEMENTS] = {0};
    for (size_t i = 0; i < count; i++) {
        figures->reward += state->window[i].reward / (double)count;
        figures->length += state->window[i].length / (double)count;
    }
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        size_t unlocked = 0;
        for (size_t i = 0; i < count; i++) {
            unlocked += state->window[i].unlocked >> k & 1;
        }
        figures->unlocked += state->unlocked_in[k] > 0;
        if (count > 0) {
            figures->rates[k] = 100.0 * (double)unlocked / (double)count;
            all_rates[k] = 100.0 * (double)state->unlocked_in[k] / (double)state->episodes;
        }
    }
    figures->score = score_of_rates(all_rates);
    figures->last_score = score_of_rates(figures->rates);
}

static void count_episode(RunLogState* state, const AgentEpisode* episode) {
    RunWindowEpisode* slot = &state->window[state->episodes % RUN_WINDOW];
    *slot = (RunWindowEpisode){.reward = episode->reward, .length = episode->length};
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        if (episode->achievements[k] < 1) {
            continue;
        }
        slot->unlocked |= UINT32_C(1) << k;
        state->unlocked_in[k]++;
        if (state->first_steps[k] == 0) {
            state->first_steps[k] = episode->env_steps;
        }
    }
    state->episodes++;
}

// ---------------------------------------------------------------- open and close
static bool take_state(RunLogState* state, const void* bytes, size_t size, char why[RUN_WHY]) {
    if (size == sizeof *state) {
        memcpy(state, bytes, size);
        if (memcmp(state->magic, state_magic, sizeof state_magic) == 0 &&
            state->version == STATE_VERSION && state->episodes >= 0) {
            return true;
        }
    }
    snprintf(why, RUN_WHY,
             "the checkpoint does not say where the logs were when it was saved; it "
             "was not written by this version of `cairn train`");
    return false;
}

static bool open_files(RunLog* log, const char* folder, char why[RUN_WHY]) {
    char path[RUN_PATH];
    run_path(path, folder, "stats.jsonl");
    bool good = log_open(&log->stats, path, log->state.stats_size, why);
    run_path(path, folder, "metrics.jsonl");
    good = good && log_open(&log->metrics, path, log->state.metrics_size, why);
    run_path(path, folder, "events.out.tfevents.cairn");
    return good && log_open(&log->events, path, log->state.events_size, why);
}

bool run_log_open(const char* folder, const void* state, size_t state_size, RunLog** result,
                  char why[RUN_WHY]) {
    *result = NULL;
    RunLog* log = calloc(1, sizeof *log);
    if (!log) {
        snprintf(why, RUN_WHY, "out of memory");
        return false;
    }
    log->stats.file = log->metrics.file = log->events.file = -1;
    memcpy(log->state.magic, state_magic, sizeof state_magic);
    log->state.version = STATE_VERSION;
    if ((state && !take_state(&log->state, state, state_size, why)) ||
        !open_files(log, folder, why)) {
        run_log_close(log);
        return false;
    }
    refresh_figures(log);
    *result = log;
    return true;
}

void run_log_close(RunLog* log) {
    if (log) {
        log_close(&log->stats);
        log_close(&log->metrics);
        log_close(&log->events);
        free(log);
    }
}

// ---------------------------------------------------------------- writing
typedef struct Metric {
    const char* key; // in metrics.jsonl
    const char* tag; // in TensorBoard; NULL = not there
    double value;
    bool whole; // a count
} Metric;
enum { METRICS_LIMIT = 40 };

static size_t list_distillation(const RunLog* log, const AgentIteration* it, double seconds,
                                Metric metrics[METRICS_LIMIT]) {
    const AgentPass *match = &it->matching, *predict = &it->prediction;
    double pairs = match->pairs > 0 ? (double)match->pairs : 1;
    const Metric list[] = {
        {"iteration", NULL, (double)it->progress.iterations, true},
        {"step", NULL, (double)it->progress.env_steps, true},
        {"updates", NULL, (double)it->progress.updates, true},
        {"distil_epoch", NULL, it->distil_epoch, true},
        {"trajectories", "distil/trajectories", it->trajectories, true},
        {"goals", "distil/goals", (double)it->goals, true},
        {"matching_updates", NULL, (double)match->updates, true},
        {"matching_loss", "distil/matching_loss", match->loss, false},
        {"matching_pairs", "distil/matching_pairs", (double)match->pairs, true},
        {"matching_alike", "distil/matching_alike", (double)match->alike / pairs, false},
        {"matching_kl", "distil/matching_kl", match->kl, false},
        {"matching_value_loss", "distil/matching_value_loss", match->value_loss, false},
        {"matching_gradient_norm", "distil/matching_gradient_norm", match->gradient_norm, false},
        {"prediction_updates", NULL, (double)predict->updates, true},
        {"prediction_loss", "distil/prediction_loss", predict->loss, false},
        {"prediction_pairs", "distil/prediction_pairs", (double)predict->pairs, true},
        {"prediction_kl", "distil/prediction_kl", predict->kl, false},
        {"prediction_value_loss", "distil/prediction_value_loss", predict->value_loss, false},
        {"prediction_gradient_norm", "distil/prediction_gradient_norm", predict->gradient_norm,
         false},
        {"learning_rate", NULL, it->learning_rate, false},
        {"time_iteration", NULL, seconds, false},
        {"time_matching", "time/matching", match->seconds, false},
        {"time_prediction", "time/prediction", predict->seconds, false},
        {"time_total", NULL, log->state.seconds, false},
    };
    static_assert(sizeof list / sizeof list[0] <= METRICS_LIMIT, "room for all");
    memcpy(metrics, list, sizeof list);
    return sizeof list / sizeof list[0];
}

static size_t list_metrics(const RunLog* log, const AgentIteration* it, double seconds,
                           Metric metrics[METRICS_LIMIT]) {
    if (it->phase == AGENT_PHASE_DISTILLATION) {
        return list_distillation(log, it, seconds, metrics);
    }
    const RunFigures* figures = &log->figures;
    const Metric list[] = {
        {"iteration", NULL, (double)it->progress.iterations, true},
        {"step", NULL, (double)it->progress.env_steps, true},
        {"updates", NULL, (double)it->progress.updates, true},
        {"episodes", "episodes/count", (double)it->progress.episodes, true},
        {"reward_100", "episodes/reward_100", figures->reward, false},
        {"length_100", "episodes/length_100", figures->length, false},
        {"score", "episodes/score", figures->score, false},
        {"score_100", "episodes/score_100", figures->last_score, false},
        {"achievements", "episodes/achievements_ever", figures->unlocked, true},
        {"loss", "loss/total", it->loss, false},
        {"policy_loss", "loss/policy", it->policy_loss, false},
        {"value_loss", "loss/value", it->value_loss, false},
        {"entropy", "policy/entropy", it->entropy, false},
        {"approx_kl", "policy/approx_kl", it->approx_kl, false},
        {"clip_fraction", "policy/clip_fraction", it->clip_fraction, false},
        {"first_ratio", "update/first_ratio", it->first_ratio, false},
        {"gradient_norm", "update/gradient_norm", it->gradient_norm, false},
        {"learning_rate", "update/learning_rate", it->learning_rate, false},
        {"explained_variance", "value/explained_variance", it->explained_variance, false},
        {"step_reward", "rollout/step_reward", it->reward_mean, false},
        {"return_mean", "value/return_mean", it->return_mean, false},
        {"value_mean", "value/value_mean", it->value_mean, false},
        {"norm_mean", "value/norm_mean", it->norm_mean, false},
        {"norm_std", "value/norm_std", it->norm_std, false},
        {"time_iteration", "time/iteration", seconds, false},
        {"time_rollout", "time/rollout", it->rollout_seconds, false},
        {"time_world", "time/world", it->world_seconds, false},
        {"time_acting", "time/acting", it->acting_seconds, false},
        {"time_update", "time/update", it->update_seconds, false},
        {"time_other", "time/other", seconds - it->rollout_seconds - it->update_seconds, false},
        {"time_total", NULL, log->state.seconds, false},
    };
    static_assert(sizeof list / sizeof list[0] <= METRICS_LIMIT, "room for all");
    memcpy(metrics, list, sizeof list);
    return sizeof list / sizeof list[0];
}

static size_t format_metrics(const Metric* metrics, size_t count, char line[LINE_LIMIT]) {
    int used = 0;
    for (size_t i = 0; i < count; i++) {
        const Metric* metric = &metrics[i];
        char value[40] = "null"; // JSON has no other word for what is not finite
        if (metric->whole) {
            snprintf(value, sizeof value, "%.0f", metric->value);
        } else if (isfinite(metric->value)) {
            snprintf(value, sizeof value, "%.9g", metric->value);
        }
        used += snprintf(line + used, (size_t)(LINE_LIMIT - used), "%s\"%s\": %s",
                         i == 0 ? "{" : ", ", metric->key, value);
    }
    used += snprintf(line + used, (size_t)(LINE_LIMIT - used), "}\n");
    assert(used < LINE_LIMIT);
    return (size_t)used;
}

static bool write_events(RunLog* log, const Metric* metrics, size_t count, int64_t step,
                         double wall_time, char why[RUN_WHY]) {
    EventScalar scalars[EVENT_SCALARS];
    char tags[CAIRN_ACHIEVEMENTS][64];
    uint8_t record[EVENT_RECORD];
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (metrics[i].tag) {
            scalars[used++] = (EventScalar){metrics[i].tag, (float)metrics[i].value};
        }
    }
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        snprintf(tags[k], sizeof tags[k], "achievements/%s", cairn_achievement_name(k));
        scalars[used++] = (EventScalar){tags[k], (float)log->figures.rates[k]};
    }
    if (log->events.size == 0) {
        size_t size = event_version_record(wall_time, record);
        if (!log_append(&log->events, record, size, why)) {
            return false;
        }
    }
    size_t size = event_scalars_record(wall_time, step, used, scalars, record);
    return log_append(&log->events, record, size, why);
}

static bool write_episodes(RunLog* log, const AgentIteration* iteration, char why[RUN_WHY]) {
    for (int32_t i = 0; i < iteration->episode_count; i++) {
        const AgentEpisode* from = &iteration->episodes[i];
        ScoreEpisode episode = {.length = from->length, .reward = from->reward};
        memcpy(episode.achievements, from->achievements, sizeof episode.achievements);
        char line[STATS_LINE];
        if (!log_append(&log->stats, line, stats_format(&episode, line), why)) {
            return false;
        }
        count_episode(&log->state, from);
    }
    return true;
}

bool run_log_write(RunLog* log, const AgentIteration* iteration, double seconds, double wall_time,
                   char why[RUN_WHY]) {
    log->state.seconds += seconds;
    if (!write_episodes(log, iteration, why)) {
        return false;
    }
    refresh_figures(log);
    Metric metrics[METRICS_LIMIT];
    char line[LINE_LIMIT];
    size_t count = list_metrics(log, iteration, seconds, metrics);
    return log_append(&log->metrics, line, format_metrics(metrics, count, line), why) &&
           write_events(log, metrics, count, iteration->progress.env_steps, wall_time, why);
}

bool run_log_sync(RunLog* log, char why[RUN_WHY]) {
    return log_sync(&log->stats, why) && log_sync(&log->metrics, why) &&
           log_sync(&log->events, why);
}

const RunLogState* run_log_state(RunLog* log) {
    log->state.stats_size = log->stats.size;
    log->state.metrics_size = log->metrics.size;
    log->state.events_size = log->events.size;
    return &log->state;
}

const RunFigures* run_log_figures(const RunLog* log) {
    return &log->figures;
}

void run_log_set_best(RunLog* log, double reward, int64_t env_steps) {
    log->state.best_reward = reward;
    log->state.best_steps = env_steps;
}
