// Acting: every thread plays its own worlds through all T steps without waiting for the others.
#include <stdlib.h>
#include <string.h>

#include "agent/advantage.h"
#include "agent/ppo_sequence.h"
#include "agent/sample.h"
#include "agent/trainer.h"

static size_t worlds_of(const AgentTrainer* trainer) {
    return (size_t)trainer->config.worlds;
}

// Row of world 0 at step t of the present rollout.
static size_t row_of(const AgentTrainer* trainer, size_t t) {
    return ((size_t)trainer->first_step + t) * worlds_of(trainer);
}

// The memories take up what the last step has unlocked.
static void remember(AgentTrainer* trainer, const Worker* worker, const NetReal* latent) {
    for (size_t i = 0; trainer->network.has_memory && i < (size_t)worker->count; i++) {
        size_t world = (size_t)worker->first + i;
        WorldRun* run = &trainer->run[world];
        memory_observe(&trainer->memory, world, latent + i * trainer->memory.width,
                       run->just_unlocked);
        run->just_unlocked = 0;
    }
}

// What the worker's worlds make of their past at step t; the last of a rollout is but looked at:
// the next rollout begins with it.
static const NetReal* look_back(AgentTrainer* trainer, Worker* worker, size_t t,
                                const NetReal* latent) {
    const Rollout* r = &trainer->rollout;
    size_t count = (size_t)worker->count, first = (size_t)worker->first;
    bool last = t == (size_t)trainer->config.rollout_steps;
    if (!worker->context) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        worker->token[i] = trainer->run[first + i].token;
    }
    if (t == 0) {
        sequence_begin(trainer, worker);
    }
    const NetReal* context = context_step(worker->context, latent, worker->token, !last);
    if (!last) {
        size_t width = (size_t)trainer->network.context_width;
        memcpy(r->token + t * worlds_of(trainer) + first, worker->token, count * sizeof *r->token);
        memcpy(r->context + (row_of(trainer, t) + first) * width, context,
               count * width * sizeof *context);
    }
    return context;
}

// Values of the worker's worlds at step t and, for t < T, an action each.
static void act(AgentTrainer* trainer, Worker* worker, size_t t) {
    Rollout* r = &trainer->rollout;
    size_t row = row_of(trainer, t) + (size_t)worker->first;
    const NetReal* latent = actor_encode(&worker->actor, &r->observations, row, worker->count);
    remember(trainer, worker, latent);
    const NetReal* memory = trainer->memory.vector + (size_t)worker->first * trainer->memory.width;
    if (r->memory && t < (size_t)trainer->config.rollout_steps) {
        memcpy(r->memory + row * trainer->memory.width, memory,
               (size_t)worker->count * trainer->memory.width * sizeof *memory);
    }
    const NetReal *log_prob, *value;
    const NetReal* context = look_back(trainer, worker, t, latent);
    actor_decide(&worker->actor, worker->count, latent, memory, context, &log_prob, &value);
    for (size_t i = 0; i < (size_t)worker->count; i++) {
        r->value[row + i] = (NetReal)value_norm_denormalise(&trainer->norm, (double)value[i]);
        if (t < (size_t)trainer->config.rollout_steps) {
            const NetReal* own = log_prob + i * CAIRN_ACTIONS;
            int32_t action =
                sample_action(own, CAIRN_ACTIONS, &trainer->run[(size_t)worker->first + i].random);
            r->action[row + i] = action;
            r->log_prob[row + i] = own[action];
        }
    }
}

// Value of the last observation of an episode that the length limit cut.
static NetReal cut_value(AgentTrainer* trainer, Worker* worker, size_t world) {
    const NetReal *latent =
                      actor_encode(&worker->actor, &trainer->rollout.final_observation, world, 1),
                  *log_prob, *value;
    if (trainer->network.has_memory) {
        memory_observe(&trainer->memory, world, latent, trainer->run[world].just_unlocked);
    }
    actor_decide(&worker->actor, 1, latent, trainer->memory.vector + world * trainer->memory.width,
                 NULL, &log_prob, &value); // the config allows no context here
    return (NetReal)value_norm_denormalise(&trainer->norm, (double)value[0]);
}

static void end_episode(AgentTrainer* trainer, Worker* worker, size_t t, size_t world) {
    Rollout* r = &trainer->rollout;
    WorldRun* run = &trainer->run[world];
    AgentEpisode* episode = &worker->ended[worker->ended_count++];
    *episode = (AgentEpisode){
        .world = (int32_t)world,
        .number = (int64_t)cairn_episode(trainer->worlds, (int32_t)world) - 1, // has begun anew
        .env_steps = trainer->progress.env_steps + (int64_t)(t + 1) * trainer->config.worlds,
        .length = run->length,
        .reward = run->reward,
        .terminated = r->terminated[row_of(trainer, t) + world],
    };
    memcpy(episode->achievements, r->achievements + world * CAIRN_ACHIEVEMENTS,
           sizeof episode->achievements);
    run->reward = 0;
    run->length = 0;
    run->unlocked = 0; // the last step's unlocks must not leak into the next episode
    run->just_unlocked = 0;
    run->token = (ContextToken){.action = CAIRN_ACTIONS};
    if (trainer->network.has_memory) {
        memory_begin(&trainer->memory, world);
    }
    if (worker->context) {
        context_begin(worker->context, (int32_t)world - worker->first);
    }
}

static void step(AgentTrainer* trainer, Worker* worker, size_t t) {
    Rollout* r = &trainer->rollout;
    size_t n = worlds_of(trainer), row = row_of(trainer, t);
    Observations next = observations_from(&r->observations, row + n);
    bool bootstrap = trainer->config.bootstrap_truncated;
    CairnOutput output = {
        .observation = observations_output(&next),
        .reward = r->world_reward,
        .terminated = r->terminated + row,
        .truncated = r->truncated + row,
        .unlocked = r->unlocked,
        .achievements = r->achievements,
    };
    if (bootstrap) {
        output.final_observation = observations_output(&r->final_observation);
    }
    cairn_step_range(trainer->worlds, worker->first, worker->count, r->action + row, &output);
    for (size_t w = (size_t)worker->first; w < (size_t)(worker->first + worker->count); w++) {
        WorldRun* run = &trainer->run[w];
        uint32_t before = run->unlocked;
        r->unlocked_before[row + w] = before;
        r->episode_step[row + w] = run->length;
        r->ended[row + w] = r->terminated[row + w] || r->truncated[row + w];
        run->reward += r->world_reward[w];
        run->length++;
        for (size_t k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
            run->unlocked |= (uint32_t)(r->unlocked[w * CAIRN_ACHIEVEMENTS + k] != 0) << k;
        }
        run->just_unlocked = run->unlocked & ~before;
        run->token = (ContextToken){r->action[row + w], run->just_unlocked != 0};
        if (next.unlocked) {
            next.unlocked[w] = r->ended[row + w] ? 0 : run->unlocked;
        }
        r->reward[row + w] =
            r->world_reward[w] + rarity_bonus(&trainer->rarity, before, run->unlocked);
        if (r->truncated[row + w] && !r->terminated[row + w] && bootstrap) {
            if (r->final_observation.unlocked) {
                r->final_observation.unlocked[w] = run->unlocked;
            }
            r->cut_value[row + w] = cut_value(trainer, worker, w);
        }
        if (r->ended[row + w]) {
            end_episode(trainer, worker, t, w);
        }
    }
    if (worker->context && (t + 1) % (size_t)trainer->config.context_chunk == 0) {
        context_close(worker->context, NULL);
    }
}

static void collect_job(void* context, int32_t thread) {
    AgentTrainer* trainer = context;
    Worker* worker = &trainer->workers[thread];
    size_t t_end = (size_t)trainer->config.rollout_steps;
    const Observations* seen = &trainer->rollout.observations;
    if (trainer->first_step == 0) { // what the last rollout left behind comes to the front
        size_t first = (size_t)worker->first;
        observations_copy(seen, first, seen, trainer_history_rows(trainer) + first,
                          (size_t)worker->count);
    }
    actor_load(&worker->actor, trainer->weights);
    if (worker->context) {
        context_load(worker->context, trainer->weights);
    }
    worker->ended_count = 0;
    worker->world_seconds = worker->acting_seconds = 0;
    for (size_t t = 0; t <= t_end && !trainer_stopped(trainer); t++) {
        double before = trainer_seconds();
        act(trainer, worker, t);
        double between = trainer_seconds();
        worker->acting_seconds += between - before;
        if (t < t_end) {
            step(trainer, worker, t);
            worker->world_seconds += trainer_seconds() - between;
        }
    }
}

static int by_step_then_world(const void* a, const void* b) {
    const AgentEpisode *x = a, *y = b;
    if (x->env_steps != y->env_steps) {
        return x->env_steps < y->env_steps ? -1 : 1;
    }
    return (x->world > y->world) - (x->world < y->world);
}

bool rollout_collect(AgentTrainer* trainer, AgentIteration* iteration) {
    int32_t threads = trainer->config.threads, ended = 0;
    cairn_parallel(trainer->worlds, collect_job, trainer);
    if (trainer_stopped(trainer)) {
        return false;
    }
    for (int32_t i = 0; i < threads; i++) {
        const Worker* worker = &trainer->workers[i];
        memcpy(trainer->ended + ended, worker->ended,
               (size_t)worker->ended_count * sizeof *worker->ended);
        ended += worker->ended_count;
        iteration->world_seconds += worker->world_seconds / threads;
        iteration->acting_seconds += worker->acting_seconds / threads;
    }
    // Sorted by one key per element, so that the order is the same for every thread count.
    qsort(trainer->ended, (size_t)ended, sizeof *trainer->ended, by_step_then_world);
    iteration->episodes = trainer->ended;
    iteration->episode_count = ended;
    for (int32_t i = 0; i < ended; i++) {
        rarity_count(&trainer->rarity, trainer->ended[i].achievements);
    }
    trainer->progress.episodes += ended;
    trainer->progress.env_steps += (int64_t)trainer->config.worlds * trainer->config.rollout_steps;
    return true;
}

static double mean(size_t count, const NetReal* x) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)x[i];
    }
    return sum / (double)count;
}

// 1 - var(target - value) / var(target)
static double explained_variance(size_t count, const NetReal* target, const NetReal* value) {
    double target_mean = mean(count, target), error_mean = target_mean - mean(count, value);
    double variance = 0, error_variance = 0;
    for (size_t i = 0; i < count; i++) {
        double deviation = (double)target[i] - target_mean;
        double error = (double)target[i] - (double)value[i] - error_mean;
        variance += deviation * deviation;
        error_variance += error * error;
    }
    return variance > 0 ? 1 - error_variance / variance : 0;
}

void rollout_advantages(AgentTrainer* trainer, AgentIteration* iteration) {
    const AgentConfig* config = &trainer->config;
    Rollout* r = &trainer->rollout;
    size_t steps = (size_t)config->rollout_steps, worlds = worlds_of(trainer);
    size_t count = steps * worlds;
    size_t base = row_of(trainer, 0);
    AdvantageInput input = {
        .steps = steps,
        .worlds = worlds,
        .gamma = config->gamma,
        .lambda = config->lambda,
        .reward = r->reward + base,
        .value = r->value + base,
        .terminated = r->terminated + base,
        .truncated = r->truncated + base,
        .cut_value = config->bootstrap_truncated ? r->cut_value + base : NULL,
    };
    advantage_estimate(&input, r->advantage + base, r->target + base);
    advantage_normalise(count, r->advantage + base);
    double reward = 0;
    for (size_t i = 0; i < count; i++) {
        reward += r->reward[base + i];
    }
    iteration->reward_mean = reward / (double)count;
    iteration->return_mean = mean(count, r->target + base);
    iteration->value_mean = mean(count, r->value + base);
    iteration->explained_variance = explained_variance(count, r->target + base, r->value + base);
}
