// The distillation phase: when it is due, what it works on, what it leaves behind.
#include "agent/distil.h"

#include <stdio.h>
#include <string.h>

bool distil_wanted(const AgentConfig* config) {
    return config->distil_prediction || config->distil_matching;
}

void distil_take(AgentTrainer* trainer, Block* block) {
    const AgentConfig* config = &trainer->config;
    Distil* d = trainer->distil;
    size_t rows = trainer_history_rows(trainer), steps = rows / (size_t)config->worlds;
    size_t matches = (size_t)config->distil_sources * (size_t)config->distil_targets;
    d->capacity = rows;
    d->trajectories = block_take(block, rows, sizeof *d->trajectories);
    d->order = block_take(block, rows, sizeof *d->order);
    d->others = block_take(block, rows, sizeof *d->others);
    d->steps = block_take(block, steps, sizeof *d->steps);
    d->partner = block_take(block, steps, sizeof *d->partner);
    d->match = block_take(block, matches, sizeof *d->match);
    d->old_log_prob = block_take(block, rows * CAIRN_ACTIONS, sizeof *d->old_log_prob);
    d->prototype =
        block_take(block, CAIRN_ACHIEVEMENTS * (size_t)config->latent, sizeof *d->prototype);
    d->start_room =
        (size_t)config->worlds * (sizeof(uint64_t) + cairn_state_limit(trainer->worlds));
    d->start = block_take(block, d->start_room, 1);
    d->start_observation = observations_take(config, block, (size_t)config->worlds);
    batch_take(config, block, rows, &d->batch);
}

bool distil_pending(const AgentTrainer* trainer) {
    return trainer->distil && trainer->distil->stored == trainer->segments;
}

bool distil_begin_window(AgentTrainer* trainer, char why[AGENT_WHY]) {
    Distil* d = trainer->distil;
    d->start_size = 0;
    for (int32_t world = 0; world < trainer->config.worlds; world++) {
        size_t used = 0, place = d->start_size + sizeof(uint64_t);
        if (cairn_save_world(trainer->worlds, world, d->start + place, d->start_room - place, &used,
                             why) != CAIRN_OK) {
            return false;
        }
        memcpy(d->start + d->start_size, &(uint64_t){used}, sizeof(uint64_t));
        d->start_size = place + used;
    }
    observations_copy(&d->start_observation, 0, &trainer->rollout.observations,
                      trainer_history_rows(trainer), (size_t)trainer->config.worlds);
    return true;
}

// ---------------------------------------------------------------- the data of a phase
void distil_find_trajectories(AgentTrainer* trainer) {
    Distil* d = trainer->distil;
    const Rollout* r = &trainer->rollout;
    Window window = {
        .steps = trainer_history_rows(trainer) / (size_t)trainer->config.worlds,
        .worlds = (size_t)trainer->config.worlds,
        .episode_step = r->episode_step,
        .ended = r->ended,
        .unlocked_before = r->unlocked_before,
        .whole = trainer->config.distil_whole_episodes,
    };
    size_t found = trajectories_find(&window, d->trajectories);
    d->trajectory_count = 0;
    for (size_t i = 0; i < found; i++) {
        if (d->trajectories[i].goal_count > 0) {
            d->trajectories[d->trajectory_count++] = d->trajectories[i];
        }
    }
}

static void remember_job(void* context, int32_t thread) {
    AgentTrainer* trainer = context;
    NetPlan* plan = trainer->workers[thread].training;
    size_t rows = trainer_history_rows(trainer), step = (size_t)trainer->config.micro_batch;
    net_plan_load(plan, trainer->weights);
    for (size_t first = (size_t)thread * step; first < rows && !trainer_stopped(trainer);
         first += step * (size_t)trainer->config.threads) {
        size_t count = rows - first < step ? rows - first : step;
        for (size_t i = 0; i < count; i++) {
            training_put(trainer, plan, i, first + i);
        }
        net_plan_forward(plan, (int32_t)count);
        memcpy(trainer->distil->old_log_prob + first * CAIRN_ACTIONS,
               net_plan_output(plan, trainer->network.log_prob),
               count * CAIRN_ACTIONS * sizeof *trainer->distil->old_log_prob);
    }
}

void distil_remember_policy(AgentTrainer* trainer) {
    cairn_parallel(trainer->worlds, remember_job, trainer);
}

// ---------------------------------------------------------------- what each achievement looks like
static void add_prototypes(AgentTrainer* trainer) {
    Distil* d = trainer->distil;
    const DistilBatch* b = &d->batch;
    for (int32_t i = 0; i < b->seen_count; i++) {
        const Trajectory* trajectory = &d->trajectories[b->seen[i]];
        for (int32_t k = 0; k < trajectory->goal_count; k++) {
            size_t row =
                (size_t)(trajectory->first + trajectory->goal[k]) * (size_t)trainer->config.worlds +
                (size_t)trajectory->world;
            uint32_t before =
                trainer->rollout.unlocked_before[row - (size_t)trainer->config.worlds];
            uint32_t unlocked = trainer->rollout.unlocked_before[row] & ~before;
            const NetReal* goal = b->goal + (size_t)(b->goals_of[b->seen[i]] + k) * b->width;
            for (size_t a = 0; a < CAIRN_ACHIEVEMENTS; a++) {
                for (size_t c = 0; (unlocked >> a & 1) && c < b->width; c++) {
                    d->prototype[a * b->width + c] += goal[c];
                }
            }
        }
    }
}

static void find_prototypes(AgentTrainer* trainer) {
    Distil* d = trainer->distil;
    DistilBatch* b = &d->batch;
    memset(d->prototype, 0, CAIRN_ACHIEVEMENTS * b->width * sizeof *d->prototype);
    batch_clear(b, false);
    for (int32_t i = 0; i < d->trajectory_count; i++) {
        batch_goals(b, &d->trajectories[i], i, trainer->config.worlds);
        bool full = b->goal_count + CAIRN_ACHIEVEMENTS + 1 > b->goal_room;
        if (full || i + 1 == d->trajectory_count) {
            batch_encode_goals(trainer);
            add_prototypes(trainer);
            batch_clear(b, false);
        }
    }
    for (size_t a = 0; a < CAIRN_ACHIEVEMENTS; a++) {
        NetReal* prototype = d->prototype + a * b->width;
        goal_vector(b->width, NULL, prototype, prototype);
    }
}

// ---------------------------------------------------------------- epochs
AgentStatus distil_epoch(AgentTrainer* trainer, AgentIteration* iteration, char why[AGENT_WHY]) {
    const AgentConfig* config = &trainer->config;
    Distil* d = trainer->distil;
    AgentStatus status = AGENT_OK;
    if (d->epoch == 0) {
        distil_find_trajectories(trainer);
        distil_remember_policy(trainer);
    }
    trainer->adam[1].learning_rate = trainer->adam[2].learning_rate = iteration->learning_rate;
    if (config->distil_matching) {
        status = matching_pass(trainer, iteration, why);
    }
    if (status == AGENT_OK && config->distil_prediction) {
        status = prediction_pass(trainer, iteration, why);
    }
    if (status == AGENT_OK && trainer_stopped(trainer)) {
        status = AGENT_STOPPED;
    }
    if (status != AGENT_OK) {
        batch_clear(&d->batch, false);
        return status;
    }
    iteration->distil_epoch = ++d->epoch;
    iteration->trajectories = d->trajectory_count;
    for (int32_t i = 0; i < d->trajectory_count; i++) {
        iteration->goals += d->trajectories[i].goal_count;
    }
    if (d->epoch == config->distil_epochs) {
        find_prototypes(trainer);
        d->epoch = d->stored = 0;
        trainer->first_step = 0;
    }
    return AGENT_OK;
}
