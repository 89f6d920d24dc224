// Acting with learned weights: observations in, actions and what the agent thinks of them out.
#include "agent/policy.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/block.h"
#include "agent/checkpoint.h"
#include "agent/distil.h"
#include "agent/file.h"
#include "agent/pack.h"
#include "agent/sample.h"
#include "agent/state.h"
#include "agent/trainer.h"

AgentStatus policy_actor(const AgentPolicy* policy, int32_t rows, Actor* actor,
                         char why[AGENT_WHY]) {
    AgentStatus status = actor_create(&policy->network, rows, policy->own.backend,
                                      policy->own.dtype, policy->prototypes != NULL, actor, why);
    if (status == AGENT_OK) {
        actor_load(actor, policy->weights);
    }
    return status;
}

// A policy with room for its weights, which the caller fills before finish.
static AgentStatus begin(const AgentConfig* training, const AgentPolicyConfig* config,
                         AgentPolicy** policy, char why[AGENT_WHY]) {
    *policy = NULL;
    if (config->rows < 1) {
        snprintf(why, AGENT_WHY, "rows of a policy are %d, should be at least 1", config->rows);
        return AGENT_BAD_CONFIG;
    }
    AgentPolicy* made = calloc(1, sizeof *made);
    if (!made) {
        snprintf(why, AGENT_WHY, "out of memory for a policy");
        return AGENT_OUT_OF_MEMORY;
    }
    made->config = *training;
    made->own = *config;
    NetworkShape shape = network_shape(training);
    AgentStatus status = network_create(&shape, &made->network, why);
    if (status == AGENT_OK) {
        made->weight_count = net_weight_count(made->network.graph);
    }
    *policy = made;
    return status;
}

static AgentStatus take_weights(AgentPolicy* policy, char why[AGENT_WHY]) {
    size_t prototypes = checkpoint_prototypes(&policy->config);
    policy->weights = malloc(policy->weight_count * sizeof *policy->weights);
    policy->prototypes = prototypes ? malloc(prototypes * sizeof *policy->prototypes) : NULL;
    if (!policy->weights || (prototypes && !policy->prototypes)) {
        snprintf(why, AGENT_WHY, "out of memory for %zu weights", policy->weight_count);
        return AGENT_OUT_OF_MEMORY;
    }
    return AGENT_OK;
}

static AgentStatus finish(AgentPolicy** policy, AgentStatus status, char why[AGENT_WHY]) {
    if (status == AGENT_OK) {
        status = policy_actor(*policy, (*policy)->own.rows, &(*policy)->actor, why);
    }
    if (status != AGENT_OK) {
        agent_policy_destroy(*policy);
        *policy = NULL;
    }
    return status;
}

static AgentStatus fill_from_view(AgentPolicy* policy, const CheckpointView* view, const char* name,
                                  char why[AGENT_WHY]) {
    const AgentCheckpointInfo* info = &view->info;
    if (info->fingerprint != net_fingerprint(policy->network.graph) ||
        info->weight_count != policy->weight_count) {
        snprintf(why, AGENT_WHY,
                 "%s: its network of %zu weights is not the %s network of %zu weights that this "
                 "program makes of its config",
                 file_shown(name), info->weight_count, agent_encoder_name(info->config.encoder),
                 policy->weight_count);
        return AGENT_BAD_DATA;
    }
    AgentStatus status = take_weights(policy, why);
    if (status == AGENT_OK) {
        PackReader reader = {.bytes = view->learned, .size = view->learned_size};
        bool full = info->kind == AGENT_CHECKPOINT_FULL;
        Learned learned = {.real_size = full ? sizeof(NetReal) : sizeof(uint16_t),
                           .weight_count = policy->weight_count,
                           .weights = policy->weights,
                           .prototype_count = checkpoint_prototypes(&policy->config),
                           .prototypes = policy->prototypes};
        learned_get(&reader, &learned);
        policy->progress = learned.progress;
        policy->norm = learned.norm;
    }
    return status;
}

AgentStatus checkpoint_policy(const void* bytes, size_t size, const char* name,
                              const AgentPolicyConfig* config, AgentPolicy** policy,
                              char why[AGENT_WHY]) {
    *policy = NULL;
    CheckpointView view;
    AgentStatus status = checkpoint_view(bytes, size, name, &view, why);
    if (status == AGENT_OK) {
        status = begin(&view.info.config, config, policy, why);
        if (status == AGENT_OK) {
            status = fill_from_view(*policy, &view, name, why);
        }
        status = finish(policy, status, why);
    }
    return status;
}

AgentStatus agent_policy_load(const char* path, const AgentPolicyConfig* config,
                              AgentPolicy** policy, char why[AGENT_WHY]) {
    unsigned char* bytes = NULL;
    size_t size = 0;
    *policy = NULL;
    AgentStatus status = file_read(path, &bytes, &size, why);
    if (status == AGENT_OK) {
        status = checkpoint_policy(bytes, size, path, config, policy, why);
    }
    free(bytes);
    return status;
}

AgentStatus agent_policy_open(const char* path, int32_t rows, AgentPolicy** policy,
                              char why[AGENT_WHY]) {
    AgentCheckpointInfo info;
    *policy = NULL;
    AgentStatus status = agent_checkpoint_info(path, &info, why);
    if (status != AGENT_OK) {
        return status;
    }
    AgentPolicyConfig config = {
        .rows = rows, .backend = info.config.backend, .dtype = info.config.dtype};
    status = agent_policy_load(path, &config, policy, why);
    if (status == AGENT_UNAVAILABLE) {
        config.backend = NET_BACKEND_AUTO, config.dtype = NET_DTYPE_AUTO;
        status = agent_policy_load(path, &config, policy, why);
    }
    return status;
}

AgentStatus agent_policy_of_trainer(const AgentTrainer* trainer, const AgentPolicyConfig* config,
                                    AgentPolicy** policy, char why[AGENT_WHY]) {
    AgentStatus status = begin(&trainer->config, config, policy, why);
    if (status == AGENT_OK) {
        status = take_weights(*policy, why);
    }
    if (status == AGENT_OK) {
        memcpy((*policy)->weights, trainer->weights,
               trainer->weight_count * sizeof *trainer->weights);
        if ((*policy)->prototypes) {
            memcpy((*policy)->prototypes, trainer->distil->prototype,
                   checkpoint_prototypes(&trainer->config) * sizeof(NetReal));
        }
        (*policy)->norm = trainer->norm;
        (*policy)->progress = trainer->progress;
    }
    return finish(policy, status, why);
}

void agent_policy_destroy(AgentPolicy* policy) {
    if (policy) {
        actor_destroy(&policy->actor);
        network_destroy(&policy->network);
        free(policy->weights);
        free(policy->prototypes);
        free(policy);
    }
}

const AgentConfig* agent_policy_config(const AgentPolicy* policy) {
    return &policy->config;
}

AgentProgress agent_policy_progress(const AgentPolicy* policy) {
    return policy->progress;
}

static double entropy_of(const NetReal* log_prob) {
    double entropy = 0;
    for (int a = 0; a < CAIRN_ACTIONS; a++) {
        entropy -= exp((double)log_prob[a]) * (double)log_prob[a];
    }
    return entropy;
}

// The achievements whose prototypes are most like the prediction, best first.
static void expect(const AgentPolicy* policy, const NetReal* prediction, uint8_t* expects,
                   float* similarity) {
    size_t width = (size_t)policy->network.width;
    double best[AGENT_EXPECTED];
    for (int i = 0; i < AGENT_EXPECTED; i++) {
        expects[i] = AGENT_NO_ACHIEVEMENT;
        best[i] = -INFINITY;
    }
    for (size_t a = 0; prediction && a < CAIRN_ACHIEVEMENTS; a++) {
        const NetReal* prototype = policy->prototypes + a * width;
        double likeness = 0, squares = 0;
        for (size_t i = 0; i < width; i++) {
            likeness += (double)prototype[i] * (double)prediction[i];
            squares += (double)prototype[i] * (double)prototype[i];
        }
        int place = AGENT_EXPECTED; // an achievement never seen has no prototype: all 0
        while (squares > 0 && place > 0 && likeness > best[place - 1]) {
            place--;
        }
        for (int i = AGENT_EXPECTED - 1; i >= place && squares > 0; i--) {
            best[i] = i > place ? best[i - 1] : likeness;
            expects[i] = i > place ? expects[i - 1] : (uint8_t)a;
        }
    }
    for (int i = 0; i < AGENT_EXPECTED; i++) {
        similarity[i] = expects[i] == AGENT_NO_ACHIEVEMENT ? 0 : (float)best[i];
    }
}

static void tell_row(const AgentPolicy* policy, int32_t i, int32_t action, const NetReal* log_prob,
                     NetReal value, const NetReal* prediction, const AgentActions* actions) {
    uint8_t expects[AGENT_EXPECTED];
    float similarity[AGENT_EXPECTED];
    if (actions->action) {
        actions->action[i] = action;
    }
    if (actions->log_prob) {
        actions->log_prob[i] = (float)log_prob[action];
    }
    if (actions->value) {
        actions->value[i] = (float)value_norm_denormalise(&policy->norm, (double)value);
    }
    if (actions->entropy) {
        actions->entropy[i] = (float)entropy_of(log_prob);
    }
    for (int a = 0; actions->probability && a < CAIRN_ACTIONS; a++) {
        actions->probability[i * CAIRN_ACTIONS + a] = (float)exp((double)log_prob[a]);
    }
    if (actions->expects || actions->similarity) {
        expect(policy, prediction, expects, similarity);
    }
    if (actions->expects) {
        memcpy(actions->expects + i * AGENT_EXPECTED, expects, sizeof expects);
    }
    if (actions->similarity) {
        memcpy(actions->similarity + i * AGENT_EXPECTED, similarity, sizeof similarity);
    }
}

// `to` [row of a group] looks back on what `from` does from now on.
static void copy_past(Context* to, int32_t to_row, const Context* from, int32_t from_row,
                      unsigned char* state, size_t size) {
    PackWriter writer = {.bytes = state, .size = size};
    context_put(from, from_row, &writer);
    PackReader reader = {.bytes = state, .size = writer.used};
    bool whole = context_get(to, to_row, &reader);
    assert(whole);
    (void)whole;
}

// What an evaluation has rows look back on, of a group whose full chunks have just been closed.
static void disturb(const AgentMemory* memory, int32_t first) {
    Context* context = memory->context[first / memory->group];
    unsigned char* state = memory->state + (size_t)(first / memory->group) * memory->state_size;
    for (int32_t i = 0; i < memory->group; i++) {
        if (memory->full[first + i] && memory->recall == AGENT_RECALL_NOTHING) {
            context_begin(context, i);
        } else if (memory->full[first + i] && memory->recall == AGENT_RECALL_OTHER) {
            copy_past(context, i, context, (i + 1) % memory->group, state, memory->state_size);
        }
    }
}

// A row's chunk ends when it is full: unlike in a rollout, whenever its episode began.
static const NetReal* look_back(const AgentPolicy* policy, const AgentMemory* memory, int32_t first,
                                int32_t rows, const NetReal* latent, const uint32_t* unlocked) {
    if (!memory->context) {
        return NULL;
    }
    Context* context = memory->context[first / memory->group];
    assert(first % memory->group == 0 && rows <= memory->group);
    bool any = false;
    for (int32_t i = 0; i < rows; i++) {
        memory->token[first + i].unlocked = unlocked[i] != 0;
        bool full = context_chunk_steps(context, i) >= policy->config.context_chunk;
        memory->full[first + i] = full;
        any = any || full;
    }
    if (any) {
        context_close(context, memory->full + first);
        disturb(memory, first);
    }
    return context_step(context, latent, memory->token + first, true);
}

void policy_act(const AgentPolicy* policy, const Actor* actor, const AgentMemory* memory,
                int32_t first, int32_t rows, const Observations* observations,
                const uint32_t* unlocked, NetRandom* random, const AgentActions* actions) {
    size_t width = (size_t)policy->network.width;
    Observations seen = *observations;
    seen.unlocked = memory->unlocked + first;
    for (int32_t i = 0; i < rows; i++) {
        seen.unlocked[i] |= unlocked[i];
    }
    const NetReal *latent = actor_encode(actor, &seen, 0, rows), *log_prob, *value;
    const NetReal *vector = memory->memory.vector + (size_t)first * width, *prediction = NULL;
    for (int32_t i = 0; i < rows; i++) {
        memory_observe(&memory->memory, (size_t)(first + i), latent + (size_t)i * width,
                       unlocked[i]);
    }
    for (size_t i = 0; actions->latent && i < (size_t)rows * width; i++) {
        actions->latent[i] = (float)latent[i];
    }
    const NetReal* context = look_back(policy, memory, first, rows, latent, unlocked);
    size_t past = context ? (size_t)policy->network.context_width : 0;
    for (size_t i = 0; actions->context && i < (size_t)rows * past; i++) {
        actions->context[i] = (float)context[i];
    }
    actor_decide(actor, rows, latent, vector, context, &log_prob, &value);
    for (int32_t i = 0; i < rows; i++) {
        const NetReal* own = log_prob + (size_t)i * CAIRN_ACTIONS;
        actor->action[i] = random ? sample_action(own, CAIRN_ACTIONS, &random[i])
                                  : most_probable_action(own, CAIRN_ACTIONS);
        memory->token[first + i].action = actor->action[i];
    }
    if (actor->predict && policy->prototypes && (actions->expects || actions->similarity)) {
        prediction = actor_predict(actor, rows, latent, vector, actor->action);
    }
    for (int32_t i = 0; i < rows; i++) {
        size_t at = (size_t)i;
        tell_row(policy, i, actor->action[i], log_prob + at * CAIRN_ACTIONS, value[at],
                 prediction ? prediction + at * width : NULL, actions);
    }
}

void agent_policy_act(AgentPolicy* policy, AgentMemory* memory, int32_t rows,
                      const CairnObservation* observation, const uint32_t* unlocked,
                      NetRandom* random, const AgentActions* actions) {
    assert(rows >= 1 && rows <= policy->own.rows && rows <= memory->rows);
    Observations observations = observations_of(observation, NULL);
    policy_act(policy, &policy->actor, memory, 0, rows, &observations, unlocked, random, actions);
}

int32_t agent_policy_latent(const AgentPolicy* policy) {
    return policy->network.width;
}

int32_t agent_policy_context(const AgentPolicy* policy) {
    return policy->network.has_context ? policy->network.context_width : 0;
}

bool agent_policy_predicts(const AgentPolicy* policy) {
    return policy->network.has_predictor && policy->prototypes;
}

// ---------------------------------------------------------------- memories
// Rows are stepped eight at a time, as evaluation does.
enum { GROUP = 8 };

static void lay_out_memory(const AgentPolicy* policy, AgentMemory* memory, Block* block) {
    size_t rows = (size_t)memory->rows;
    memory->memory = memory_take(block, &policy->config, rows);
    memory->unlocked = block_take(block, rows, sizeof *memory->unlocked);
    memory->token = block_take(block, (rows + GROUP) / GROUP * GROUP, sizeof *memory->token);
    memory->full = block_take(block, (rows + GROUP) / GROUP * GROUP, 1);
    memory->context = NULL;
    if (policy->network.has_context) {
        memory->context = block_take(block, rows / (size_t)memory->group, sizeof(Context*));
        memory->state_size = context_state_limit(&policy->network);
        memory->state = block_take(block, rows / (size_t)memory->group * memory->state_size, 1);
    }
}

static AgentStatus create_contexts(const AgentPolicy* policy, AgentMemory* memory,
                                   char why[AGENT_WHY]) {
    AgentStatus status = AGENT_OK;
    for (int32_t i = 0; memory->context && i < memory->rows / memory->group && status == AGENT_OK;
         i++) {
        status = context_create(&policy->network, memory->group, policy->own.backend,
                                policy->own.dtype, &memory->context[i], why);
        if (status == AGENT_OK) {
            context_load(memory->context[i], policy->weights);
        }
    }
    return status;
}

AgentStatus agent_memory_create(const AgentPolicy* policy, int32_t rows, AgentMemory** memory,
                                char why[AGENT_WHY]) {
    AgentMemory* made = calloc(1, sizeof *made);
    Block block = {0};
    *memory = NULL;
    if (made && rows >= 1) {
        made->rows = rows;
        made->group = rows % GROUP ? rows : GROUP;
        lay_out_memory(policy, made, &block);
        made->block = block_allocate(&block);
    }
    if (!made || !made->block) {
        free(made);
        snprintf(why, AGENT_WHY, "out of memory for what the agent remembers of %d games", rows);
        return AGENT_OUT_OF_MEMORY;
    }
    lay_out_memory(policy, made, &block);
    AgentStatus status = create_contexts(policy, made, why);
    if (status != AGENT_OK) {
        agent_memory_destroy(made);
        return status;
    }
    for (int32_t row = 0; row < rows; row++) {
        made->token[row].action = CAIRN_ACTIONS;
    }
    *memory = made;
    return AGENT_OK;
}

void agent_memory_destroy(AgentMemory* memory) {
    if (memory) {
        for (int32_t i = 0; memory->context && i < memory->rows / memory->group; i++) {
            context_destroy(memory->context[i]);
        }
        free(memory->block);
        free(memory);
    }
}

void agent_memory_begin(AgentMemory* memory, int32_t row) {
    assert(row >= 0 && row < memory->rows);
    memory_begin(&memory->memory, (size_t)row);
    memory->unlocked[row] = 0;
    memory->token[row] = (ContextToken){.action = CAIRN_ACTIONS};
    if (memory->context) {
        context_begin(memory->context[row / memory->group], row % memory->group);
    }
}

void agent_memory_acted(AgentMemory* memory, int32_t row, int32_t action) {
    assert(row >= 0 && row < memory->rows && action >= 0 && action < CAIRN_ACTIONS);
    memory->token[row].action = action;
}

void agent_memory_copy(AgentMemory* to, const AgentMemory* from) {
    assert(to->rows == from->rows && to->memory.width == from->memory.width);
    size_t bytes = (size_t)to->rows * to->memory.width * sizeof *to->memory.vector;
    memcpy(to->memory.vector, from->memory.vector, bytes);
    memcpy(to->memory.latent, from->memory.latent, bytes);
    memcpy(to->unlocked, from->unlocked, (size_t)to->rows * sizeof *to->unlocked);
    memcpy(to->token, from->token, (size_t)to->rows * sizeof *to->token);
    for (int32_t row = 0; to->context && row < to->rows; row++) {
        copy_past(to->context[row / to->group], row % to->group, from->context[row / from->group],
                  row % from->group, to->state, to->state_size);
    }
}
