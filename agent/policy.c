// Acting with learned weights: observations in, actions and what the agent thinks of them out.
#include "agent/policy.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/checkpoint.h"
#include "agent/file.h"
#include "agent/pack.h"
#include "agent/sample.h"
#include "agent/state.h"
#include "agent/trainer.h"

AgentStatus policy_plan(const AgentPolicy* policy, int32_t rows, NetPlan** plan,
                        char why[AGENT_WHY]) {
    NetTensor outputs[] = {policy->network.log_prob, policy->network.value};
    NetPlanConfig config = {.rows = rows,
                            .backend = policy->own.backend,
                            .dtype = policy->own.dtype,
                            .outputs = outputs,
                            .output_count = 2};
    NetStatus status = net_plan_create(policy->network.graph, &config, plan, why);
    if (status == NET_OK) {
        net_plan_load(*plan, policy->weights);
    }
    return agent_status_of(status);
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
    policy->weights = malloc(policy->weight_count * sizeof *policy->weights);
    if (!policy->weights) {
        snprintf(why, AGENT_WHY, "out of memory for %zu weights", policy->weight_count);
        return AGENT_OUT_OF_MEMORY;
    }
    return AGENT_OK;
}

static AgentStatus finish(AgentPolicy** policy, AgentStatus status, char why[AGENT_WHY]) {
    if (status == AGENT_OK) {
        status = policy_plan(*policy, (*policy)->own.rows, &(*policy)->plan, why);
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
        learned_get(&reader, &policy->progress, &policy->norm, policy->weights,
                    policy->weight_count);
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

AgentStatus agent_policy_of_trainer(const AgentTrainer* trainer, const AgentPolicyConfig* config,
                                    AgentPolicy** policy, char why[AGENT_WHY]) {
    AgentStatus status = begin(&trainer->config, config, policy, why);
    if (status == AGENT_OK) {
        status = take_weights(*policy, why);
    }
    if (status == AGENT_OK) {
        memcpy((*policy)->weights, trainer->weights,
               trainer->weight_count * sizeof *trainer->weights);
        (*policy)->norm = trainer->norm;
        (*policy)->progress = trainer->progress;
    }
    return finish(policy, status, why);
}

void agent_policy_destroy(AgentPolicy* policy) {
    if (policy) {
        net_plan_destroy(policy->plan);
        network_destroy(&policy->network);
        free(policy->weights);
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

void policy_act(const AgentPolicy* policy, NetPlan* plan, int32_t rows, const uint8_t* pixels,
                NetRandom* random, const AgentActions* actions) {
    memcpy(net_plan_input(plan, policy->network.pixels), pixels, (size_t)rows * AGENT_PIXELS);
    net_plan_forward(plan, rows);
    const NetReal* value = net_plan_output(plan, policy->network.value);
    const NetReal* log_prob = net_plan_output(plan, policy->network.log_prob);
    for (int32_t i = 0; i < rows; i++, log_prob += CAIRN_ACTIONS) {
        int32_t action = random ? sample_action(log_prob, CAIRN_ACTIONS, &random[i])
                                : most_probable_action(log_prob, CAIRN_ACTIONS);
        if (actions->action) {
            actions->action[i] = action;
        }
        if (actions->log_prob) {
            actions->log_prob[i] = (float)log_prob[action];
        }
        if (actions->value) {
            actions->value[i] = (float)value_norm_denormalise(&policy->norm, (double)value[i]);
        }
        if (actions->entropy) {
            actions->entropy[i] = (float)entropy_of(log_prob);
        }
        for (int a = 0; actions->probability && a < CAIRN_ACTIONS; a++) {
            actions->probability[i * CAIRN_ACTIONS + a] = (float)exp((double)log_prob[a]);
        }
    }
}

void agent_policy_act(AgentPolicy* policy, int32_t rows, const uint8_t* pixels, NetRandom* random,
                      const AgentActions* actions) {
    assert(rows >= 1 && rows <= policy->own.rows);
    policy_act(policy, policy->plan, rows, pixels, random, actions);
}
