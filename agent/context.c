#include "agent/context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Context {
    const Network* network;
    NetCcm* ccm;
    int32_t rows;
};

AgentStatus context_create(const Network* network, int32_t rows, NetBackend backend, NetDtype dtype,
                           Context** context, char why[AGENT_WHY]) {
    const NetworkContext* recall = &network->recall;
    NetCcmOnlineConfig online = {
        .ccm = recall->ccm,
        .rows = rows,
        .raw = recall->cached,
        .step = &recall->step,
        .compress = recall->ccm.comp ? &recall->close : NULL,
        .backend = backend,
        .dtype = dtype,
        .outputs = &recall->step.y,
        .output_count = 1,
    };
    Context* made = calloc(1, sizeof *made);
    *context = NULL;
    if (!made) {
        snprintf(why, AGENT_WHY, "out of memory for what %d games remember", rows);
        return AGENT_OUT_OF_MEMORY;
    }
    made->network = network;
    made->rows = rows;
    NetStatus status = net_ccm_create(network->graph, &online, &made->ccm, why);
    if (status != NET_OK) {
        context_destroy(made);
        return agent_status_of(status);
    }
    *context = made;
    return AGENT_OK;
}

void context_destroy(Context* context) {
    if (context) {
        net_ccm_destroy(context->ccm);
        free(context);
    }
}

void context_load(Context* context, const NetReal* weights) {
    net_ccm_load(context->ccm, weights);
}

void context_begin(Context* context, int32_t row) {
    net_ccm_reset(context->ccm, row);
}

const NetReal* context_step(Context* context, const NetReal* latent, const ContextToken* token,
                            bool keep) {
    const NetworkContext* recall = &context->network->recall;
    NetPlan* plan = net_ccm_plan(context->ccm);
    int32_t* action = net_plan_input(plan, recall->step_tokens.action);
    NetReal* extra = net_plan_input(plan, recall->step_tokens.extra);
    memcpy(net_plan_input(plan, recall->step_tokens.latent), latent,
           (size_t)context->rows * (size_t)context->network->width * sizeof *latent);
    for (int32_t i = 0; i < context->rows; i++) {
        context_put_token(&token[i], &action[i], extra + (size_t)i * NETWORK_EXTRAS);
    }
    (keep ? net_ccm_step : net_ccm_look)(context->ccm);
    return net_plan_output(plan, recall->step.y);
}

void context_put_token(const ContextToken* token, int32_t* action, NetReal* extra) {
    *action = token->action;
    extra[0] = token->unlocked;
    extra[1] = token->action == CAIRN_ACTIONS;
}

void context_close(Context* context, const uint8_t* rows) {
    net_ccm_close(context->ccm, rows);
}

int32_t context_chunk_steps(const Context* context, int32_t row) {
    return net_ccm_chunk_steps(context->ccm, row);
}

NetCcm* context_ccm(Context* context) {
    return context->ccm;
}

size_t context_bytes(const Context* context) {
    return net_ccm_bytes(context->ccm);
}

double context_flop(const Context* context) {
    return net_ccm_flop(context->ccm, context->network->recall.chunk);
}

size_t context_state_limit(const Network* network) {
    const NetworkContext* recall = &network->recall;
    return sizeof(uint64_t) + net_ccm_state_limit(&recall->ccm, recall->cached);
}

void context_put(const Context* context, int32_t row, PackWriter* writer) {
    const NetworkContext* recall = &context->network->recall;
    size_t used = net_ccm_state_limit(&recall->ccm, recall->cached), place = writer->used;
    pack_put_u64(writer, 0);
    if (writer->bytes && writer->used <= writer->size && used <= writer->size - writer->used) {
        used = net_ccm_save(context->ccm, row, writer->bytes + writer->used);
        memcpy(writer->bytes + place, &(uint64_t){used}, sizeof(uint64_t));
    }
    writer->used += used;
}

bool context_get(Context* context, int32_t row, PackReader* reader) {
    size_t size = pack_get_u64(reader);
    const void* bytes = pack_skip(reader, size);
    return bytes && net_ccm_restore(context->ccm, row, bytes, size);
}
