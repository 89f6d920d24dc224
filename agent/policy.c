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

void policy_act(const AgentPolicy* policy, const Actor* actor, AgentMemory* memory, int32_t first,
                int32_t rows, const Observations* observations, const uint32_t* unlocked,
                NetRandom* random, const AgentActions* actions) {
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
    for (int32_t i = 0; i < rows; i++) {
        memory->token[first + i].unlocked = unlocked[i] != 0;
    }
    const NetReal* context = policy_look_back(policy, memory, first, rows, latent);
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
    assert(!memory->context || rows == memory->rows);
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
