// The update: a minibatch is cut into micro-batches that stay in cache; micro-batch i belongs to
// thread i mod threads; the threads' gradients are added in a fixed order.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "agent/ppo_sequence.h"
#include "agent/trainer.h"

static PpoLossConfig loss_config(const AgentConfig* config) {
    return (PpoLossConfig){config->clip, config->value_coefficient, config->entropy_coefficient};
}

// Rows that are computed at once. With a context: those of a world's rollout, in their order.
static int32_t rows_at_once(const AgentTrainer* trainer) {
    return trainer->network.has_context ? trainer->config.rollout_steps
                                        : trainer->config.micro_batch;
}

// Adds the gradient of rows [first, first + count) of the minibatch to the worker's.
static void micro_batch(AgentTrainer* trainer, Worker* worker, int32_t first, int32_t count) {
    const Rollout* r = &trainer->rollout;
    const Minibatch* batch = &trainer->minibatch;
    const Network* network = &trainer->network;
    bool whole = network->has_context;
    NetPlan* heads = whole ? worker->sequence->decide : worker->training;
    for (int32_t i = 0; i < count; i++) {
        size_t row = (size_t)batch->index[first + i];
        if (!whole) {
            training_put(trainer, worker->training, (size_t)i, row);
        }
        worker->action[i] = r->action[row];
        worker->numbers[0][i] = r->log_prob[row];
        worker->numbers[1][i] = r->advantage[row];
        worker->numbers[2][i] = batch->target[first + i];
    }
    if (whole) {
        size_t world = (size_t)(batch->index[first] % trainer->config.worlds);
        sequence_forward(trainer, worker->sequence, world);
    } else {
        net_plan_forward(worker->training, count);
    }
    PpoLossConfig config = loss_config(&trainer->config);
    PpoLossInput input = {
        .rows = count,
        .actions = CAIRN_ACTIONS,
        .log_prob_all = net_plan_output(heads, network->log_prob),
        .value = net_plan_output(heads, network->value),
        .action = worker->action,
        .old_log_prob = worker->numbers[0],
        .advantage = worker->numbers[1],
        .target = worker->numbers[2],
    };
    ppo_loss(&config, &input, 1.0 / trainer->config.minibatch, &worker->sums,
             net_plan_d_output(heads, network->log_prob), net_plan_d_output(heads, network->value));
    if (whole) {
        sequence_backward(trainer, worker->sequence, worker->gradient);
        return;
    }
    memset(net_plan_d_output(worker->training, network->latent), 0,
           (size_t)count * (size_t)network->width * sizeof(NetReal)); // reached through the heads
    net_plan_backward(worker->training, worker->gradient);
}

static void gradient_job(void* context, int32_t thread) {
    AgentTrainer* trainer = context;
    const AgentConfig* config = &trainer->config;
    Worker* worker = &trainer->workers[thread];
    int32_t size = rows_at_once(trainer);
    if (trainer->network.has_context) {
        sequence_load(worker->sequence, trainer->weights);
    } else {
        net_plan_load(worker->training, trainer->weights);
    }
    for (int32_t i = thread;; i += config->threads) {
        int64_t first = (int64_t)i * size;
        if (first >= config->minibatch) {
            return;
        }
        int64_t left = config->minibatch - first;
        int32_t count = left < size ? (int32_t)left : size;
        micro_batch(trainer, worker, (int32_t)first, count);
    }
}

// The normaliser sees the targets before they are normalised with it (spec: "Value normalisation").
static void prepare_targets(AgentTrainer* trainer) {
    Minibatch* batch = &trainer->minibatch;
    size_t count = (size_t)trainer->config.minibatch;
    for (size_t i = 0; i < count; i++) {
        batch->target[i] = trainer->rollout.target[batch->index[i]];
    }
    value_norm_update(&trainer->norm, count, batch->target);
    for (size_t i = 0; i < count; i++) {
        batch->target[i] = (NetReal)value_norm_normalise(&trainer->norm, (double)batch->target[i]);
    }
}

static void report(const AgentTrainer* trainer, double norms, int64_t updates,
                   AgentIteration* iteration) {
    PpoSums sums = {0};
    for (int32_t i = 0; i < trainer->config.threads; i++) {
        const PpoSums* part = &trainer->workers[i].sums;
        sums.policy += part->policy;
        sums.value += part->value;
        sums.entropy += part->entropy;
        sums.kl += part->kl;
        sums.clipped += part->clipped;
    }
    double rows = (double)updates * trainer->config.minibatch;
    iteration->policy_loss = sums.policy / rows;
    iteration->value_loss = sums.value / rows;
    iteration->entropy = sums.entropy / rows;
    iteration->loss = iteration->policy_loss +
                      trainer->config.value_coefficient * iteration->value_loss -
                      trainer->config.entropy_coefficient * iteration->entropy;
    iteration->approx_kl = sums.kl / rows;
    iteration->clip_fraction = sums.clipped / rows;
    iteration->gradient_norm = norms / (double)updates;
    iteration->norm_mean = value_norm_mean(&trainer->norm);
    iteration->norm_std = value_norm_std(&trainer->norm);
}

// A random order of the rollout's rows; with a context, of its worlds.
static void shuffle(AgentTrainer* trainer, int32_t rows) {
    int32_t* index = trainer->index;
    int32_t worlds = trainer->config.worlds, steps = trainer->config.rollout_steps;
    int32_t base = trainer->first_step * worlds;
    if (!trainer->network.has_context) {
        net_random_permute(&trainer->order, (size_t)rows, index);
        return;
    }
    for (int32_t i = 0; i < worlds; i++) {
        index[i] = i;
    }
    net_random_permute(&trainer->order, (size_t)worlds, index);
    for (int32_t i = worlds; i-- > 0;) { // from the back: none is overwritten before it is read
        int32_t world = index[i];
        for (int32_t t = 0; t < steps; t++) {
            index[i * steps + t] = base + t * worlds + world;
        }
    }
}

// Before the first update, learning computes what acting did: all ratios are 1 but for rounding.
static bool ratios_are_one(const AgentTrainer* trainer, AgentIteration* iteration,
                           char why[AGENT_WHY]) {
    bool half = agent_trainer_dtype(trainer) == NET_DTYPE_BF16;
    // A bf16 that rounds to the other side moves more: 0.008 at most in a run of 1M steps.
    const double bound = half ? 0.05 : 1e-4;
    for (int32_t i = 0; i < trainer->config.threads; i++) {
        iteration->first_ratio = fmax(iteration->first_ratio, trainer->workers[i].sums.largest);
    }
    if (trainer->network.has_context && !(iteration->first_ratio < bound)) {
        snprintf(why, AGENT_WHY,
                 "before the first update the probability of an action is exp(%.3g) times what it "
                 "was when acting, should be within exp(%.0e): the memory is not the same",
                 iteration->first_ratio, bound);
        return false;
    }
    return true;
}

AgentStatus ppo_phase(AgentTrainer* trainer, AgentIteration* iteration, char why[AGENT_WHY]) {
    const AgentConfig* config = &trainer->config;
    int32_t rows = config->worlds * config->rollout_steps;
    int32_t base = trainer->first_step * config->worlds;
    double norms = 0;
    int64_t updates = 0;
    trainer->adam[0].learning_rate = iteration->learning_rate;
    for (int32_t i = 0; i < config->threads; i++) {
        trainer->workers[i].sums = (PpoSums){0};
    }
    for (int32_t i = 0; i < rows; i++) {
        trainer->index[i] = base + i;
    }
    for (int32_t epoch = 0; epoch < config->epochs; epoch++) {
        shuffle(trainer, rows);
        for (int32_t first = 0; first < rows; first += config->minibatch) {
            if (trainer_stopped(trainer)) {
                return AGENT_STOPPED;
            }
            trainer->minibatch.index = trainer->index + first;
            prepare_targets(trainer);
            double norm = optimise(trainer, &trainer->adam[0], gradient_job, trainer);
            if (!isfinite(norm)) {
                snprintf(why, AGENT_WHY,
                         "the gradient of update %lld is not finite; try a lower "
                         "ppo.learning_rate or compute.dtype=f32",
                         (long long)trainer->progress.updates + 1);
                return AGENT_DIVERGED;
            }
            if (updates == 0 && !ratios_are_one(trainer, iteration, why)) {
                return AGENT_DIVERGED;
            }
            norms += norm;
            updates++;
        }
    }
    report(trainer, norms, updates, iteration);
    return AGENT_OK;
}
