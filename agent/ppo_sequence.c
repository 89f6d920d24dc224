#include "agent/ppo_sequence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static NetStatus make_plan(const AgentTrainer* trainer, const NetPlanConfig* own, NetPlan** plan,
                           char why[AGENT_WHY]) {
    NetPlanConfig config = *own;
    config.training = true;
    config.backend = trainer->config.backend;
    config.dtype = trainer->config.dtype;
    return net_plan_create(trainer->network.graph, &config, plan, why);
}

// The transformer over one world's rollout; its past lies where the rollout keeps it.
static NetStatus make_recall(const AgentTrainer* trainer, NetPlan** plan, char why[AGENT_WHY]) {
    const NetworkContext* recall = &trainer->network.recall;
    NetTensor past[2 * NET_CCM_LAYERS];
    for (int32_t layer = 0; layer < recall->ccm.layers; layer++) {
        past[2 * layer] = recall->sequence.past_k[layer];
        past[2 * layer + 1] = recall->sequence.past_v[layer];
    }
    NetPlanConfig config = {.rows = 1,
                            .outputs = &recall->sequence.y,
                            .output_count = 1,
                            .wanted = &recall->sequence_tokens.latent,
                            .wanted_count = 1,
                            .bound = past,
                            .bound_count = 2 * recall->ccm.layers};
    return make_plan(trainer, &config, plan, why);
}

static NetStatus make_plans(const AgentTrainer* trainer, Sequence* sequence, char why[AGENT_WHY]) {
    const Network* network = &trainer->network;
    const NetTensor heads[] = {network->log_prob, network->value};
    const NetTensor seen[] = {network->latent, network->context};
    NetPlanConfig encode = {
        .rows = trainer->config.rollout_steps, .outputs = &network->latent, .output_count = 1};
    NetPlanConfig decide = {.rows = trainer->config.rollout_steps,
                            .outputs = heads,
                            .output_count = 2,
                            .given = &network->latent,
                            .given_count = 1,
                            .wanted = seen,
                            .wanted_count = 2};
    NetStatus status = make_plan(trainer, &encode, &sequence->encode, why);
    if (status == NET_OK) {
        status = make_recall(trainer, &sequence->recall, why);
    }
    if (status == NET_OK) {
        status = make_plan(trainer, &decide, &sequence->decide, why);
    }
    if (status == NET_OK) {
        status = net_ccm_layout_create(&network->recall.ccm, &network->recall.sequence,
                                       &sequence->layout, why);
    }
    return status;
}

AgentStatus sequence_create(const AgentTrainer* trainer, Sequence** sequence, char why[AGENT_WHY]) {
    size_t steps = (size_t)trainer->config.rollout_steps;
    Sequence* made = calloc(1, sizeof *made);
    *sequence = NULL;
    if (made) {
        made->episode = malloc(2 * steps * sizeof *made->episode);
        made->block = made->episode ? made->episode + steps : NULL;
    }
    if (!made || !made->episode) {
        free(made);
        snprintf(why, AGENT_WHY, "out of memory for sequences of %zu steps", steps);
        return AGENT_OUT_OF_MEMORY;
    }
    NetStatus status = make_plans(trainer, made, why);
    if (status != NET_OK) {
        sequence_destroy(made);
        return agent_status_of(status);
    }
    *sequence = made;
    return AGENT_OK;
}

void sequence_destroy(Sequence* sequence) {
    if (sequence) {
        net_plan_destroy(sequence->encode);
        net_plan_destroy(sequence->recall);
        net_plan_destroy(sequence->decide);
        net_ccm_layout_destroy(sequence->layout);
        free(sequence->episode);
        free(sequence);
    }
}

size_t sequence_bytes(const Sequence* sequence) {
    return net_plan_bytes(sequence->encode) + net_plan_bytes(sequence->recall) +
           net_plan_bytes(sequence->decide);
}

void sequence_load(Sequence* sequence, const NetReal* weights) {
    net_plan_load(sequence->encode, weights);
    net_plan_load(sequence->recall, weights);
    net_plan_load(sequence->decide, weights);
}

// ---------------------------------------------------------------- what a rollout begins with
static NetReal* past_of(const AgentTrainer* trainer, int32_t layer, bool value, size_t world) {
    const Past* past = &trainer->rollout.past;
    size_t at = (size_t)(2 * layer + value) * (size_t)trainer->config.worlds + world;
    return past->cache + at * past->slots * (size_t)trainer->network.context_width;
}

void sequence_begin(AgentTrainer* trainer, const Worker* worker) {
    Past* past = &trainer->rollout.past;
    NetCcm* ccm = context_ccm(worker->context);
    size_t bytes = past->slots * (size_t)trainer->network.context_width * sizeof(NetReal);
    for (int32_t row = 0; row < worker->count; row++) {
        size_t world = (size_t)worker->first + (size_t)row;
        past->episode[world] = net_ccm_episode(ccm, row);
        past->position[world] = net_ccm_position(ccm, row);
        past->block[world] = net_ccm_block(ccm, row);
        memcpy(past->place + world * past->slots, net_ccm_places(ccm, row),
               past->slots * sizeof *past->place);
        for (int32_t layer = 0; layer < trainer->network.recall.ccm.layers; layer++) {
            memcpy(past_of(trainer, layer, false, world), net_ccm_k(ccm, layer, row), bytes);
            memcpy(past_of(trainer, layer, true, world), net_ccm_v(ccm, layer, row), bytes);
        }
    }
}

static void bind_past(const AgentTrainer* trainer, const Sequence* sequence, size_t world) {
    const NetCcmBranch* branch = &trainer->network.recall.sequence;
    for (int32_t layer = 0; layer < trainer->network.recall.ccm.layers; layer++) {
        net_plan_bind(sequence->recall, branch->past_k[layer],
                      past_of(trainer, layer, false, world));
        net_plan_bind(sequence->recall, branch->past_v[layer],
                      past_of(trainer, layer, true, world));
    }
}

// ---------------------------------------------------------------- forward
static size_t row_of(const AgentTrainer* trainer, size_t t, size_t world) {
    return ((size_t)trainer->first_step + t) * (size_t)trainer->config.worlds + world;
}

// Episodes and chunks as acting counted them, and so who sees whom.
static void lay_out(const AgentTrainer* trainer, const Sequence* sequence, size_t world) {
    const Past* past = &trainer->rollout.past;
    int32_t episode = past->episode[world];
    for (int32_t t = 0; t < trainer->config.rollout_steps; t++) {
        sequence->episode[t] = episode;
        sequence->block[t] = past->block[world] + t / trainer->config.context_chunk;
        episode += trainer->rollout.ended[row_of(trainer, (size_t)t, world)];
    }
    NetCcmSteps steps = {.count = trainer->config.rollout_steps,
                         .episode = sequence->episode,
                         .block = sequence->block,
                         .position = past->position[world],
                         .past = past->place + world * past->slots};
    net_ccm_layout_fill(sequence->layout, sequence->recall, 0, &steps);
}

static void put_tokens(const AgentTrainer* trainer, const Sequence* sequence, size_t world) {
    const NetworkTokens* inputs = &trainer->network.recall.sequence_tokens;
    int32_t* action = net_plan_input(sequence->recall, inputs->action);
    NetReal* extra = net_plan_input(sequence->recall, inputs->extra);
    for (size_t t = 0; t < (size_t)trainer->config.rollout_steps; t++) {
        const ContextToken* token =
            &trainer->rollout.token[t * (size_t)trainer->config.worlds + world];
        context_put_token(token, &action[t], extra + t * NETWORK_EXTRAS);
    }
}

void sequence_forward(const AgentTrainer* trainer, Sequence* sequence, size_t world) {
    const Network* network = &trainer->network;
    const NetworkContext* recall = &network->recall;
    size_t steps = (size_t)trainer->config.rollout_steps, memory = trainer->memory.width;
    for (size_t t = 0; t < steps; t++) {
        size_t row = row_of(trainer, t, world);
        observations_put(network, sequence->encode, t, &trainer->rollout.observations, row);
        if (network->has_memory) {
            memcpy((NetReal*)net_plan_input(sequence->decide, network->memory) + t * memory,
                   trainer->rollout.memory + row * memory, memory * sizeof(NetReal));
        }
    }
    net_plan_forward(sequence->encode, (int32_t)steps);
    const NetReal* latent = net_plan_output(sequence->encode, network->latent);
    size_t bytes = steps * (size_t)network->width * sizeof *latent;
    memcpy(net_plan_input(sequence->recall, recall->sequence_tokens.latent), latent, bytes);
    memcpy(net_plan_input(sequence->decide, network->latent), latent, bytes);
    bind_past(trainer, sequence, world);
    put_tokens(trainer, sequence, world);
    lay_out(trainer, sequence, world);
    net_plan_forward(sequence->recall, 1);
    memcpy(net_plan_input(sequence->decide, network->context),
           net_plan_output(sequence->recall, recall->sequence.y),
           steps * (size_t)network->context_width * sizeof *latent);
    net_plan_forward(sequence->decide, (int32_t)steps);
}

// ---------------------------------------------------------------- backward
void sequence_backward(const AgentTrainer* trainer, Sequence* sequence, NetReal* d_weights) {
    const Network* network = &trainer->network;
    const NetworkContext* recall = &network->recall;
    size_t steps = (size_t)trainer->config.rollout_steps;
    size_t latents = steps * (size_t)network->width;
    net_plan_backward(sequence->decide, d_weights);
    memcpy(net_plan_d_output(sequence->recall, recall->sequence.y),
           net_plan_d_input(sequence->decide, network->context),
           steps * (size_t)network->context_width * sizeof(NetReal));
    net_plan_backward(sequence->recall, d_weights);
    const NetReal* by_heads = net_plan_d_input(sequence->decide, network->latent);
    const NetReal* by_recall = net_plan_d_input(sequence->recall, recall->sequence_tokens.latent);
    NetReal* d_latent = net_plan_d_output(sequence->encode, network->latent);
    for (size_t i = 0; i < latents; i++) {
        d_latent[i] = by_heads[i] + by_recall[i];
    }
    net_plan_backward(sequence->encode, d_weights);
}
