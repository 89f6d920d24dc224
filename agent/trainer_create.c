// Creation of a trainer: its memory, plans, worlds and first weights.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/block.h"
#include "agent/distil.h"
#include "agent/distil_match.h"
#include "agent/ppo_sequence.h"
#include "agent/trainer.h"

// Streams of the training's seed.
enum { STREAM_WEIGHTS = 1, STREAM_ORDER = 2, STREAM_DISTIL = 3 };
// Activations of prediction plans, over all threads, that need not be computed twice.
enum { KEPT_BYTES = INT32_MAX };
static const uint64_t stream_actions = (uint64_t)1 << 32; // + world

// ---------------------------------------------------------------- memory
static void lay_out_context(const AgentTrainer* trainer, Rollout* r, Block* block) {
    const NetworkContext* recall = &trainer->network.recall;
    size_t n = (size_t)trainer->config.worlds, width = (size_t)recall->ccm.width;
    size_t slots = (size_t)net_ccm_past(&recall->ccm, recall->cached);
    size_t caches = 2 * (size_t)recall->ccm.layers;
    r->context = block_take(block, trainer_history_rows(trainer) * width, sizeof *r->context);
    r->token = block_take(block, trainer_segment_rows(trainer), sizeof *r->token);
    r->past.slots = slots;
    r->past.place = block_take(block, n * slots, sizeof *r->past.place);
    r->past.cache = block_take(block, caches * n * slots * width, sizeof *r->past.cache);
    r->past.episode = block_take(block, n, sizeof *r->past.episode);
    r->past.position = block_take(block, n, sizeof *r->past.position);
    r->past.block = block_take(block, n, sizeof *r->past.block);
}

static void lay_out_rollout(const AgentTrainer* trainer, Rollout* r, Block* block) {
    const AgentConfig* config = &trainer->config;
    size_t n = (size_t)config->worlds, rows = trainer_history_rows(trainer);
    r->observations = observations_take(config, block, rows + n);
    r->memory = NULL;
    if (config->distil_memory != AGENT_MEMORY_NONE) {
        r->memory = block_take(block, rows * (size_t)config->latent, sizeof *r->memory);
    }
    if (trainer->network.has_context) {
        lay_out_context(trainer, r, block);
    }
    r->action = block_take(block, rows, sizeof *r->action);
    r->log_prob = block_take(block, rows, sizeof *r->log_prob);
    r->value = block_take(block, rows + n, sizeof *r->value);
    r->cut_value = block_take(block, rows, sizeof *r->cut_value);
    r->reward = block_take(block, rows, sizeof *r->reward);
    r->world_reward = block_take(block, n, sizeof *r->world_reward);
    r->terminated = block_take(block, rows, 1);
    r->truncated = block_take(block, rows, 1);
    r->ended = block_take(block, rows, 1);
    r->episode_step = block_take(block, rows, sizeof *r->episode_step);
    r->unlocked_before = block_take(block, rows, sizeof *r->unlocked_before);
    r->advantage = block_take(block, rows, sizeof *r->advantage);
    r->target = block_take(block, rows, sizeof *r->target);
    r->final_observation = observations_take(config, block, n);
    r->unlocked = block_take(block, n * CAIRN_ACHIEVEMENTS, 1);
    r->achievements = block_take(block, n * CAIRN_ACHIEVEMENTS, sizeof *r->achievements);
}

// As many plans as the micro-batches of one thread in a prediction update.
static size_t max_kept(const AgentTrainer* trainer) {
    const AgentConfig* config = &trainer->config;
    int64_t pieces = (config->distil_batch + config->micro_batch - 1) / config->micro_batch;
    return (size_t)((pieces + config->threads - 1) / config->threads);
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
    int32_t most = trainer->network.has_context ? config->rollout_steps : config->micro_batch;
    worker->token = block_take(block, (size_t)worker->count, sizeof *worker->token);
    worker->action = block_take(block, (size_t)most, sizeof *worker->action);
    for (int k = 0; k < 3; k++) {
        worker->numbers[k] = block_take(block, (size_t)most, sizeof *worker->numbers[k]);
    }
    worker->predicting = block_take(block, max_kept(trainer), sizeof(NetPlan*));
    worker->held = block_take(block, max_kept(trainer), sizeof *worker->held);
    worker->transport = block_take(block, match_room(), sizeof *worker->transport);
    worker->ended = block_take(block, (size_t)worker->count * (size_t)config->rollout_steps,
                               sizeof *worker->ended);
}

static void lay_out(AgentTrainer* trainer, Block* block) {
    const AgentConfig* config = &trainer->config;
    size_t rows = trainer_segment_rows(trainer);
    trainer->weights = block_take(block, trainer->weight_count, sizeof *trainer->weights);
    for (int32_t i = 0; i < trainer->adam_count; i++) {
        NetAdam* adam = &trainer->adam[i];
        adam->mean = block_take(block, trainer->weight_count, sizeof *adam->mean);
        adam->square = block_take(block, trainer->weight_count, sizeof *adam->square);
    }
    trainer->memory = memory_take(block, config, (size_t)config->worlds);
    trainer->run = block_take(block, (size_t)config->worlds, sizeof *trainer->run);
    trainer->index = block_take(block, rows, sizeof *trainer->index);
    trainer->minibatch.target =
        block_take(block, (size_t)config->minibatch, sizeof *trainer->minibatch.target);
    trainer->ended = block_take(block, rows, sizeof *trainer->ended);
    lay_out_rollout(trainer, &trainer->rollout, block);
    if (trainer->distil) {
        distil_take(trainer, block);
    }
    for (int32_t i = 0; i < config->threads; i++) {
        lay_out_worker(trainer, i, &trainer->workers[i], block);
    }
    trainer->state_size = trainer_state_limit(trainer, STATE_RETURN);
    trainer->state = block_take(block, trainer->state_size, 1);
}

static AgentStatus take_memory(AgentTrainer* trainer, char why[AGENT_WHY]) {
    bool distils = distil_wanted(&trainer->config);
    trainer->workers = calloc((size_t)trainer->config.threads, sizeof *trainer->workers);
    trainer->distil = distils ? calloc(1, sizeof *trainer->distil) : NULL;
    if (trainer->workers && (trainer->distil || !distils)) {
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
             "ppo.rollout_steps, world.count or distil.every",
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

// Latents of goals, and as many plans for predictions as there is room for: what they hold of the
// forward pass need not be computed again for the way back.
static AgentStatus create_distil_plans(AgentTrainer* trainer, Worker* worker, char why[AGENT_WHY]) {
    const AgentConfig* config = &trainer->config;
    const Network* network = &trainer->network;
    const NetTensor outputs[] = {network->latent, network->log_prob, network->value,
                                 network->prediction};
    NetPlanConfig plan = {.rows = config->micro_batch,
                          .backend = config->backend,
                          .dtype = config->dtype,
                          .outputs = outputs,
                          .output_count = 1};
    NetStatus status = net_plan_create(network->graph, &plan, &worker->look, why);
    plan.training = true;
    plan.output_count = 4;
    if (status != NET_OK || !config->distil_prediction) {
        return agent_status_of(status);
    }
    int32_t share = (config->distil_batch + config->threads - 1) / config->threads;
    status = net_plan_create(network->graph, &plan, &worker->predicting[0], why);
    size_t limit = (size_t)KEPT_BYTES / (size_t)config->threads;
    size_t bytes = status == NET_OK ? net_plan_bytes(worker->predicting[0]) : 0;
    size_t kept = 1, wanted = max_kept(trainer);
    if (status == NET_OK && bytes / (size_t)plan.rows * (size_t)share <= limit) {
        net_plan_destroy(worker->predicting[0]); // one plan can hold all
        plan.rows = share;
        status = net_plan_create(network->graph, &plan, &worker->predicting[0], why);
        wanted = 1;
    }
    for (; kept < wanted && bytes * (kept + 1) <= limit && status == NET_OK; kept++) {
        status = net_plan_create(network->graph, &plan, &worker->predicting[kept], why);
    }
    trainer->kept_plans = (int32_t)kept; // the same for every worker
    trainer->predicting_rows = plan.rows;
    return agent_status_of(status);
}

static AgentStatus create_plans(AgentTrainer* trainer, char why[AGENT_WHY]) {
    const AgentConfig* config = &trainer->config;
    const Network* network = &trainer->network;
    const NetTensor outputs[] = {network->latent, network->log_prob, network->value};
    NetPlanConfig plan = {.rows = config->micro_batch,
                          .training = true,
                          .backend = config->backend,
                          .dtype = config->dtype,
                          .outputs = outputs,
                          .output_count = 3};
    if (!trainer->distil && config->minibatch < config->micro_batch) {
        plan.rows = config->minibatch;
    }
    AgentStatus status = AGENT_OK;
    for (int32_t i = 0; i < config->threads && status == AGENT_OK; i++) {
        Worker* worker = &trainer->workers[i];
        status = actor_create(network, worker->count, config->backend, config->dtype, false,
                              &worker->actor, why);
        if (status == AGENT_OK) {
            status =
                agent_status_of(net_plan_create(network->graph, &plan, &worker->training, why));
        }
        if (status == AGENT_OK && trainer->distil) {
            status = create_distil_plans(trainer, worker, why);
        }
        if (status == AGENT_OK && network->has_context) {
            status = context_create(network, worker->count, config->backend, config->dtype,
                                    &worker->context, why);
        }
        if (status == AGENT_OK && network->has_context) {
            status = sequence_create(trainer, &worker->sequence, why);
        }
    }
    return status;
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
    trainer->rarity = rarity_new(config->rarity, config->rarity_limit);
    for (int32_t i = 0; i < trainer->adam_count; i++) {
        trainer->adam[i].beta1 = config->adam_beta1;
        trainer->adam[i].beta2 = config->adam_beta2;
        trainer->adam[i].epsilon = config->adam_epsilon;
    }
    if (trainer->distil) {
        trainer->distil->random = net_random(seed, STREAM_DISTIL);
    }
    for (int32_t n = 0; n < config->worlds; n++) {
        trainer->run[n].random = net_random(seed, stream_actions + (uint64_t)n);
        trainer->run[n].token = (ContextToken){.action = CAIRN_ACTIONS};
    }
    Observations next =
        observations_from(&trainer->rollout.observations, trainer_history_rows(trainer));
    CairnOutput output = {.observation = observations_output(&next)};
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
    made->segments = distil_wanted(config) ? config->distil_every : 1;
    made->adam_count = distil_wanted(config) ? TRAINER_ADAMS : 1;
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
        Worker* worker = &trainer->workers[i];
        actor_destroy(&worker->actor);
        context_destroy(worker->context);
        sequence_destroy(worker->sequence);
        net_plan_destroy(worker->look);
        net_plan_destroy(worker->training);
        for (int32_t k = 0; worker->predicting && k < trainer->kept_plans; k++) {
            net_plan_destroy(worker->predicting[k]);
        }
    }
    free(trainer->distil);
    cairn_destroy(trainer->worlds);
    network_destroy(&trainer->network);
    free(trainer->workers);
    free(trainer->block);
    free(trainer);
}
