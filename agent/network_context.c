// The part of a network that looks back (agent/context.h): tokens of steps and the transformer over
// them, once for acting (a step, a chunk's end) and once for learning (a whole rollout of a world).
#include "agent/network.h"

enum { EXTRAS = NETWORK_EXTRAS, NO_ACTION = 1 };

NetCcmConfig network_ccm(const AgentConfig* config) {
    NetCcmConfig ccm = net_ccm_default();
    bool compressed =
        config->context == AGENT_CONTEXT_CONCAT || config->context == AGENT_CONTEXT_MERGE;
    ccm.layers = config->context_layers;
    ccm.heads = config->context_heads;
    ccm.width = config->context_width;
    ccm.hidden = config->context_hidden;
    ccm.comp = compressed ? config->context_slots : 0;
    ccm.cap = config->context == AGENT_CONTEXT_CONCAT ? config->context_cap : 1;
    ccm.merge = config->context == AGENT_CONTEXT_MERGE;
    ccm.merge_floor = config->context_floor;
    // A mean of keys that were turned alike (runs/results/README.md, "The recall task").
    ccm.positions = ccm.merge ? NET_CCM_CHUNK : NET_CCM_EPISODE;
    ccm.keep = compressed ? 0 : NET_CCM_UNLIMITED;
    ccm.window = config->context == AGENT_CONTEXT_WINDOW ? config->context_window
                 : config->context == AGENT_CONTEXT_FULL ? config->context_full
                                                         : 0;
    ccm.adapter = config->context_adapter == AGENT_CONTEXT_LORA  ? NET_CCM_LORA
                  : config->context_adapter == AGENT_CONTEXT_OWN ? NET_CCM_OWN
                                                                 : NET_CCM_SHARED;
    ccm.lora_rank = config->context_rank;
    return ccm;
}

static NetTensor tokens(NetGraph* graph, const NetworkShape* shape, int32_t steps,
                        NetworkTokens* inputs) {
    int32_t latents[] = {steps, shape->latent}, extras[] = {steps, EXTRAS};
    int32_t width = shape->ccm.width;
    inputs->latent = net_input(graph, "context.latent", NET_INPUT_REAL, 2, latents);
    inputs->action = net_input(graph, "context.action", NET_INPUT_INDEX, 1, &steps);
    inputs->extra = net_input(graph, "context.extra", NET_INPUT_REAL, 2, extras);
    NetLayer seen = {.name = "context.seen",
                     .outputs = width,
                     .bias = true,
                     .init = NET_INIT_ROW_NORM,
                     .gain = 1};
    NetLayer told = {
        .name = "context.told", .outputs = width, .init = NET_INIT_ROW_NORM, .gain = 0.1};
    NetTensor x = net_real(graph, net_linear(graph, inputs->latent, &seen));
    x = net_add(graph, x, net_real(graph, net_linear(graph, inputs->extra, &told)));
    return net_add(
        graph, x,
        net_embed(graph, inputs->action, "context.did", shape->actions + NO_ACTION, width, 1));
}

void network_add_context(NetGraph* graph, const NetworkShape* shape, Network* network) {
    const NetCcmConfig* ccm = &shape->ccm;
    const char* name = "context";
    int32_t past = net_ccm_past(ccm, shape->cached), steps = shape->sequence;
    int32_t chunks = ccm->comp ? steps / shape->chunk : 1; // nothing in a sequence sees its last
    NetworkContext* c = &network->recall;
    net_share(graph, true);
    NetTensor x = tokens(graph, shape, 1, &c->step_tokens);
    c->step = net_ccm(graph, name, ccm, (NetCcmShape){1, 0, past}, x);
    if (ccm->comp) {
        c->close = net_ccm(graph, name, ccm, (NetCcmShape){0, 1, past}, x);
    }
    x = tokens(graph, shape, steps, &c->sequence_tokens);
    c->sequence = net_ccm(graph, name, ccm, (NetCcmShape){steps, chunks - 1, past}, x);
    net_share(graph, false);
    network->context = net_input(graph, "context", NET_INPUT_REAL, 1, &ccm->width);
    network->context_width = ccm->width;
    c->ccm = *ccm;
    c->cached = shape->cached;
    c->chunk = shape->chunk;
}
