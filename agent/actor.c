#include "agent/actor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static NetStatus make(const Network* network, const NetPlanConfig* common, int32_t outputs,
                      const NetTensor* output, bool from_latent, NetPlan** plan,
                      char why[AGENT_WHY]) {
    NetPlanConfig config = *common;
    config.outputs = output;
    config.output_count = outputs;
    config.given = &network->latent;
    config.given_count = from_latent;
    return net_plan_create(network->graph, &config, plan, why);
}

AgentStatus actor_create(const Network* network, int32_t rows, NetBackend backend, NetDtype dtype,
                         bool predict, Actor* actor, char why[AGENT_WHY]) {
    *actor = (Actor){.network = network, .action = calloc((size_t)rows, sizeof *actor->action)};
    if (!actor->action) {
        snprintf(why, AGENT_WHY, "out of memory for %d actions", rows);
        return AGENT_OUT_OF_MEMORY;
    }
    NetPlanConfig common = {.rows = rows, .backend = backend, .dtype = dtype};
    NetTensor heads[] = {network->log_prob, network->value};
    NetStatus status = make(network, &common, 1, &network->latent, false, &actor->encode, why);
    if (status == NET_OK) {
        status = make(network, &common, 2, heads, true, &actor->decide, why);
    }
    if (status == NET_OK && predict && network->has_predictor) {
        status = make(network, &common, 1, &network->prediction, true, &actor->predict, why);
    }
    return agent_status_of(status);
}

void actor_destroy(Actor* actor) {
    net_plan_destroy(actor->encode);
    net_plan_destroy(actor->decide);
    net_plan_destroy(actor->predict);
    free(actor->action);
    *actor = (Actor){0};
}

void actor_load(const Actor* actor, const NetReal* weights) {
    net_plan_load(actor->encode, weights);
    net_plan_load(actor->decide, weights);
    if (actor->predict) {
        net_plan_load(actor->predict, weights);
    }
}

size_t actor_bytes(const Actor* actor) {
    return net_plan_bytes(actor->encode) + net_plan_bytes(actor->decide) +
           (actor->predict ? net_plan_bytes(actor->predict) : 0);
}

const NetReal* actor_encode(const Actor* actor, const Observations* observations, size_t row,
                            int32_t rows) {
    for (int32_t i = 0; i < rows; i++) {
        observations_put(actor->network, actor->encode, (size_t)i, observations, row + (size_t)i);
    }
    net_plan_forward(actor->encode, rows);
    return net_plan_output(actor->encode, actor->network->latent);
}

static void put_vectors(const Network* network, NetPlan* plan, int32_t rows, const NetReal* latent,
                        const NetReal* memory) {
    size_t bytes = (size_t)rows * (size_t)network->width * sizeof *latent;
    memcpy(net_plan_input(plan, network->latent), latent, bytes);
    if (network->has_memory) {
        memcpy(net_plan_input(plan, network->memory), memory, bytes);
    }
}

void actor_decide(const Actor* actor, int32_t rows, const NetReal* latent, const NetReal* memory,
                  const NetReal* context, const NetReal** log_prob, const NetReal** value) {
    const Network* network = actor->network;
    put_vectors(network, actor->decide, rows, latent, memory);
    if (network->has_context) {
        memcpy(net_plan_input(actor->decide, network->context), context,
               (size_t)rows * (size_t)network->context_width * sizeof *context);
    }
    net_plan_forward(actor->decide, rows);
    *log_prob = net_plan_output(actor->decide, network->log_prob);
    *value = net_plan_output(actor->decide, network->value);
}

const NetReal* actor_predict(const Actor* actor, int32_t rows, const NetReal* latent,
                             const NetReal* memory, const int32_t* action) {
    const Network* network = actor->network;
    put_vectors(network, actor->predict, rows, latent, memory);
    memcpy(net_plan_input(actor->predict, network->action), action, (size_t)rows * sizeof *action);
    net_plan_forward(actor->predict, rows);
    return net_plan_output(actor->predict, network->prediction);
}
