// The iteration: collect a rollout, compute advantages, update; after every K-th, distil.
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/distil.h"
#include "agent/ppo_sequence.h"
#include "agent/trainer.h"

bool trainer_stopped(const AgentTrainer* trainer) {
    return trainer->stop && __atomic_load_n(trainer->stop, __ATOMIC_RELAXED) != 0;
}

double trainer_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double trainer_annealed(const AgentTrainer* trainer, double learning_rate) {
    const AgentConfig* config = &trainer->config;
    double done = (double)trainer->progress.env_steps / (double)config->total_steps;
    double share = config->anneal ? 1 - (1 - config->final_fraction) * (done < 1 ? done : 1) : 1;
    return learning_rate * share;
}

size_t trainer_segment_rows(const AgentTrainer* trainer) {
    return (size_t)trainer->config.rollout_steps * (size_t)trainer->config.worlds;
}

size_t trainer_history_rows(const AgentTrainer* trainer) {
    return (size_t)trainer->segments * trainer_segment_rows(trainer);
}

// At the window's end until a rollout at its front fetches them.
size_t trainer_next_row(const AgentTrainer* trainer) {
    return trainer->first_step == 0 ? trainer_history_rows(trainer)
                                    : (size_t)trainer->first_step * (size_t)trainer->config.worlds;
}

void training_put(const AgentTrainer* trainer, NetPlan* plan, size_t place, size_t row) {
    observations_put(&trainer->network, plan, place, &trainer->rollout.observations, row);
    if (trainer->network.has_memory) {
        size_t width = trainer->memory.width;
        NetReal* memory = net_plan_input(plan, trainer->network.memory);
        memcpy(memory + place * width, trainer->rollout.memory + row * width,
               width * sizeof *memory);
    }
    if (trainer->network.has_context) { // as it was when acting: a constant
        size_t width = (size_t)trainer->network.context_width;
        NetReal* context = net_plan_input(plan, trainer->network.context);
        memcpy(context + place * width, trainer->rollout.context + row * width,
               width * sizeof *context);
    }
}

// ---------------------------------------------------------------- iterations
static AgentStatus ppo_iteration(AgentTrainer* trainer, AgentIteration* iteration,
                                 char why[AGENT_WHY]) {
    double start = trainer_seconds();
    iteration->learning_rate = trainer_annealed(trainer, trainer->config.learning_rate);
    if (trainer->distil && trainer->distil->stored == 0 && !distil_begin_window(trainer, why)) {
        return AGENT_OUT_OF_MEMORY;
    }
    if (!rollout_collect(trainer, iteration)) {
        return AGENT_STOPPED;
    }
    double middle = trainer_seconds();
    rollout_advantages(trainer, iteration);
    AgentStatus status = ppo_phase(trainer, iteration, why);
    if (status != AGENT_OK) {
        return status;
    }
    trainer->progress.iterations++;
    if (trainer->distil) {
        trainer->distil->stored++;
        trainer->first_step =
            trainer->distil->stored % trainer->segments * trainer->config.rollout_steps;
    }
    iteration->rollout_seconds = middle - start;
    iteration->update_seconds = trainer_seconds() - middle;
    return AGENT_OK;
}

static AgentStatus iterate(AgentTrainer* trainer, AgentIteration* iteration, char why[AGENT_WHY]) {
    AgentStatus status;
    if (distil_pending(trainer)) {
        iteration->phase = AGENT_PHASE_DISTILLATION;
        iteration->learning_rate = trainer_annealed(trainer, trainer->config.distil_learning_rate);
        status = distil_epoch(trainer, iteration, why);
    } else {
        status = ppo_iteration(trainer, iteration, why);
    }
    iteration->progress = trainer->progress;
    return status;
}

bool agent_trainer_done(const AgentTrainer* trainer) {
    return trainer->progress.env_steps >= trainer->config.total_steps && !distil_pending(trainer);
}

AgentStatus agent_trainer_iterate(AgentTrainer* trainer, const volatile sig_atomic_t* stop,
                                  AgentIteration* iteration, char why[AGENT_WHY]) {
    *iteration = (AgentIteration){0};
    size_t kept = 0;
    if (stop) { // a way back
        kept = trainer_state_save(trainer, STATE_RETURN, trainer->state, trainer->state_size, why);
        if (!kept) {
            return AGENT_OUT_OF_MEMORY;
        }
    }
    trainer->stop = stop;
    AgentStatus status = iterate(trainer, iteration, why);
    trainer->stop = NULL;
    if (status == AGENT_STOPPED) {
        status = trainer_state_load(trainer, STATE_RETURN, trainer->state, kept, why);
        if (status == AGENT_OK) {
            snprintf(why, AGENT_WHY, "stopped");
            status = AGENT_STOPPED;
        }
    }
    return status;
}

// ---------------------------------------------------------------- looking at a trainer
const AgentConfig* agent_trainer_config(const AgentTrainer* trainer) {
    return &trainer->config;
}

AgentProgress agent_trainer_progress(const AgentTrainer* trainer) {
    return trainer->progress;
}

size_t agent_trainer_weight_count(const AgentTrainer* trainer) {
    return trainer->weight_count;
}

NetBackend agent_trainer_backend(const AgentTrainer* trainer) {
    return net_plan_backend(trainer->workers[0].training);
}

NetDtype agent_trainer_dtype(const AgentTrainer* trainer) {
    return net_plan_dtype(trainer->workers[0].training);
}

size_t agent_trainer_bytes(const AgentTrainer* trainer) {
    size_t bytes = trainer->bytes;
    for (int32_t i = 0; i < trainer->config.threads; i++) {
        const Worker* worker = &trainer->workers[i];
        bytes += actor_bytes(&worker->actor) + net_plan_bytes(worker->training);
        bytes += worker->look ? net_plan_bytes(worker->look) : 0;
        bytes += worker->context ? context_bytes(worker->context) : 0;
        bytes += worker->sequence ? sequence_bytes(worker->sequence) : 0;
        for (int32_t k = 0; k < trainer->kept_plans; k++) {
            bytes += net_plan_bytes(worker->predicting[k]);
        }
    }
    return bytes;
}

size_t agent_trainer_context_bytes(const AgentTrainer* trainer) {
    return trainer->network.has_context ? context_state_limit(&trainer->network) : 0;
}

double agent_trainer_flop(const AgentTrainer* trainer) {
    const Worker* worker = &trainer->workers[0];
    double flop = net_plan_flop(worker->actor.encode) + net_plan_flop(worker->actor.decide);
    return flop + (worker->context ? context_flop(worker->context) : 0);
}
