// Creation and the iteration: collect a rollout, compute advantages, update.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/block.h"
#include "agent/trainer.h"

// Streams of the training's seed.
enum { STREAM_WEIGHTS = 1, STREAM_ORDER = 2 };
static const uint64_t stream_actions = (uint64_t)1 << 32; // + world

bool trainer_stopped(const AgentTrainer* trainer) {
    return trainer->stop && __atomic_load_n(trainer->stop, __ATOMIC_RELAXED) != 0;
}

double trainer_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double trainer_learning_rate(const AgentTrainer* trainer) {
    const AgentConfig* config = &trainer->config;
    double done = (double)trainer->progress.env_steps / (double)config->total_steps;
    double share = config->anneal ? 1 - (1 - config->final_fraction) * (done < 1 ? done : 1) : 1;
    return config->learning_rate * share;
}

// ---------------------------------------------------------------- memory
static void lay_out_rollout(const AgentConfig* config, Rollout* r, Block* block) {
    size_t n = (size_t)config->worlds, rows = n * (size_t)config->rollout_steps;
    r->pixels = block_take(block, rows + n, AGENT_PIXELS);
    r->action = block_take(block, rows, sizeof *r->action);
    r->log_prob = block_take(block, rows, sizeof *r->log_prob);
    r->value = block_take(block, rows + n, sizeof *r->value);
    r->cut_value = block_take(block, rows, sizeof *r->cut_value);
    r->reward = block_take(block, rows, sizeof *r->reward);
    r->terminated = block_take(block, rows, 1);
    r->truncated = block_take(block, rows, 1);
    r->unlocked_before = block_take(block, rows, sizeof *r->unlocked_before);
    r->advantage = block_take(block, rows, sizeof *r->advantage);
    r->target = block_take(block, rows, sizeof *r->target);
    r->final_pixels = block_take(block, n, AGENT_PIXELS);
    r->unlocked = block_take(block, n * CAIRN_ACHIEVEMENTS, 1);
    r->achievements = block_take(block, n * CAIRN_ACHIEVEMENTS, sizeof *r->achievements);
}

static void lay_out_worker(const AgentTrainer* trainer, int32_t i, Worker* worker, Block* block) {
    const AgentConfig* config = &trainer->config;
    enum { LINE = 16 }; // elements: no two threads write the same cache line
    int64_t lines = (int64_t)(trainer->weight_count + LINE - 1) / LINE;
    int64_t from = lines * i / config->threads * LINE;
    int64_t to = lines * (i + 1) / config->threads * LINE;
    int64_t end = to < (int64_t)trainer->weight_count ? to : (int64_t)trainer->weight_count;
    worker->first = (int32_t)((int64_t)config->worlds * i / config->threads);
    worker->count = (int32_t)((int64_t)config->worlds * (i + 1) / config->threads) - worker->first;
    worker->weight_first = (size_t)from;
    worker->weight_count = (size_t)(end > from ? end - from : 0);
    worker->gradient = block_take(block, trainer->weight_count, sizeof *worker->gradient);
    worker->action = block_take(block, (size_t)config->micro_batch, sizeof *worker->action);
    for (int k = 0; k < 3; k++) {
        worker->numbers[k] =
            block_take(block, (size_t)config->micro_batch, sizeof *worker->numbers[k]);
    }
    worker->ended = block_take(block, (size_t)worker->count * (size_t)config->rollout_steps,
                               sizeof *worker->ended);
}

static void lay_out(AgentTrainer* trainer, Block* block) {
    const AgentConfig* config = &trainer->config;
    size_t rows = (size_t)config->worlds * (size_t)config->rollout_steps;
    trainer->weights = block_take(block, trainer->weight_count, sizeof *trainer->weights);
    trainer->adam.mean = block_take(block, trainer->weight_count, sizeof *trainer->adam.mean);
    trainer->adam.square = block_take(block, trainer->weight_count, sizeof *trainer->adam.square);
    trainer->run = block_take(block, (size_t)config->worlds, sizeof *trainer->run);
    trainer->index = block_take(block, rows, sizeof *trainer->index);
    trainer->minibatch.target =
        block_take(block, (size_t)config->minibatch, sizeof *trainer->minibatch.target);
    trainer->ended = block_take(block, rows, sizeof *trainer->ended);
    lay_out_rollout(config, &trainer->rollout, block);
    for (int32_t i = 0; i < config->threads; i++) {
        lay_out_worker(trainer, i, &trainer->workers[i], block);
    }
    trainer->state_size = trainer_state_limit(trainer);
    trainer->state = block_take(block, trainer->state_size, 1);
}

static AgentStatus take_memory(AgentTrainer* trainer, char why[AGENT_WHY]) {
    trainer->workers = calloc((size_t)trainer->config.threads, sizeof *trainer->workers);
    if (trainer->workers) {
        Block block = {0};
        lay_out(trainer, &block);
        trainer->bytes = block.used;
        trainer->block = block_allocate(&block);
        if (trainer->block) {
            lay_out(trainer, &block);
            return AGENT_OK;
        }
    }
    snprintf(why, AGENT_WHY,
             "out of memory: a trainer of %d worlds x %d steps needs %.1f GB; lower "
             "ppo.rollout_steps or world.count",
             trainer->config.worlds, trainer->config.rollout_steps, (double)trainer->bytes / 1e9);
    return AGENT_OUT_OF_MEMORY;
}

// ---------------------------------------------------------------- creation
static AgentStatus create_worlds(AgentTrainer* trainer, char why[AGENT_WHY]) {
    const AgentConfig* config = &trainer->config;
    CairnConfig worlds = cairn_default_config();
    worlds.seed = config->seed;
    worlds.world_count = config->worlds;
    worlds.threads = config->threads;
    worlds.area_width = config->area_width;
    worlds.area_height = config->area_height;
    worlds.length = config->length;
    worlds.textures = config->textures;
    CairnStatus status = cairn_create(&worlds, &trainer->worlds, why);
    if (status == CAIRN_OUT_OF_MEMORY) {
        return AGENT_OUT_OF_MEMORY;
    }
    return status == CAIRN_OK ? AGENT_OK : AGENT_BAD_CONFIG;
}

static AgentStatus create_plans(AgentTrainer* trainer, char why[AGENT_WHY]) {
    const AgentConfig* config = &trainer->config;
    NetTensor outputs[] = {trainer->network.log_prob, trainer->network.value};
    NetPlanConfig plan = {
        .backend = config->backend, .dtype = config->dtype, .outputs = outputs, .output_count = 2};
    NetStatus status = NET_OK;
    for (int32_t i = 0; i < config->threads && status == NET_OK; i++) {
        Worker* worker = &trainer->workers[i];
        plan.training = false;
        plan.rows = worker->count;
        status = net_plan_create(trainer->network.graph, &plan, &worker->acting, why);
        if (status == NET_OK) {
            plan.training = true;
            plan.rows =
                config->micro_batch < config->minibatch ? config->micro_batch : config->minibatch;
            status = net_plan_create(trainer->network.graph, &plan, &worker->training, why);
        }
    }
    return agent_status_of(status);
}

// First weights, streams and observations.
static AgentStatus begin(AgentTrainer* trainer, char why[AGENT_WHY]) {
    const AgentConfig* config = &trainer->config;
    uint64_t seed = (uint64_t)config->seed;
    NetRandom weights = net_random(seed, STREAM_WEIGHTS);
    NetStatus status = net_init(trainer->network.graph, &weights, trainer->weights, why);
    if (status != NET_OK) {
        return agent_status_of(status);
    }
    trainer->order = net_random(seed, STREAM_ORDER);
    trainer->norm = value_norm_new();
    trainer->adam.beta1 = config->adam_beta1;
    trainer->adam.beta2 = config->adam_beta2;
    trainer->adam.epsilon = config->adam_epsilon;
    for (int32_t n = 0; n < config->worlds; n++) {
        trainer->run[n].random = net_random(seed, stream_actions + (uint64_t)n);
    }
    size_t rows = (size_t)config->worlds * (size_t)config->rollout_steps;
    CairnOutput output = {.observation.pixels = trainer->rollout.pixels + rows * AGENT_PIXELS};
    cairn_reset(trainer->worlds, &output);
    return AGENT_OK;
}

AgentStatus agent_trainer_create(const AgentConfig* config, AgentTrainer** trainer,
                                 char why[AGENT_WHY]) {
    *trainer = NULL;
    AgentStatus status = agent_config_check(config, why);
    if (status != AGENT_OK) {
        return status;
    }
    AgentTrainer* made = calloc(1, sizeof *made);
    if (!made) {
        snprintf(why, AGENT_WHY, "out of memory for a trainer");
        return AGENT_OUT_OF_MEMORY;
    }
    made->config = *config;
    NetworkShape shape = network_shape(config);
    status = network_create(&shape, &made->network, why);
    if (status == AGENT_OK) {
        made->weight_count = net_weight_count(made->network.graph);
        status = create_worlds(made, why);
    }
    if (status == AGENT_OK) {
        status = take_memory(made, why);
    }
    if (status == AGENT_OK) {
        status = create_plans(made, why);
    }
    if (status == AGENT_OK) {
        status = begin(made, why);
    }
    if (status != AGENT_OK) {
        agent_trainer_destroy(made);
        return status;
    }
    *trainer = made;
    return AGENT_OK;
}

void agent_trainer_destroy(AgentTrainer* trainer) {
    if (!trainer) {
        return;
    }
    for (int32_t i = 0; trainer->workers && i < trainer->config.threads; i++) {
        net_plan_destroy(trainer->workers[i].acting);
        net_plan_destroy(trainer->workers[i].training);
    }
    cairn_destroy(trainer->worlds);
    network_destroy(&trainer->network);
    free(trainer->workers);
    free(trainer->block);
    free(trainer);
}

// ---------------------------------------------------------------- iterations
static AgentStatus iterate(AgentTrainer* trainer, AgentIteration* iteration, char why[AGENT_WHY]) {
    double start = trainer_seconds();
    iteration->learning_rate = trainer_learning_rate(trainer);
    if (!rollout_collect(trainer, iteration)) {
        return AGENT_STOPPED;
    }
    double middle = trainer_seconds();
    rollout_advantages(trainer, iteration);
    AgentStatus status = ppo_phase(trainer, iteration, why);
    if (status != AGENT_OK) {
        return status;
    }
    trainer->has_rollout = true;
    trainer->progress.iterations++;
    iteration->progress = trainer->progress;
    iteration->rollout_seconds = middle - start;
    iteration->update_seconds = trainer_seconds() - middle;
    return AGENT_OK;
}

AgentStatus agent_trainer_iterate(AgentTrainer* trainer, const volatile sig_atomic_t* stop,
                                  AgentIteration* iteration, char why[AGENT_WHY]) {
    *iteration = (AgentIteration){0};
    size_t kept = 0;
    if (stop) { // a way back
        kept = trainer_state_save(trainer, trainer->state, trainer->state_size, why);
        if (!kept) {
            return AGENT_OUT_OF_MEMORY;
        }
    }
    trainer->stop = stop;
    AgentStatus status = iterate(trainer, iteration, why);
    trainer->stop = NULL;
    if (status == AGENT_STOPPED) {
        status = trainer_state_load(trainer, trainer->state, kept, why);
        if (status == AGENT_OK) {
            snprintf(why, AGENT_WHY, "stopped");
            status = AGENT_STOPPED;
        }
    }
    return status;
}

AgentStatus agent_trainer_update_only(AgentTrainer* trainer, AgentIteration* iteration,
                                      char why[AGENT_WHY]) {
    *iteration = (AgentIteration){0};
    iteration->learning_rate = trainer_learning_rate(trainer);
    if (!trainer->has_rollout) {
        rollout_collect(trainer, iteration);
        rollout_advantages(trainer, iteration);
        trainer->has_rollout = true;
    }
    double start = trainer_seconds();
    AgentStatus status = ppo_phase(trainer, iteration, why);
    iteration->update_seconds = trainer_seconds() - start;
    iteration->progress = trainer->progress;
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
        bytes += net_plan_bytes(trainer->workers[i].acting);
        bytes += net_plan_bytes(trainer->workers[i].training);
    }
    return bytes;
}

double agent_trainer_flop(const AgentTrainer* trainer) {
    return net_plan_flop(trainer->workers[0].acting);
}
