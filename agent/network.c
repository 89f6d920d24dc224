// The paper's encoder (achievement distillation, appendix on the implementation) and the
// tile-aligned one, which sees the same picture for a fraction of the arithmetic.
//
// Every layer is norm -> linear map -> ReLU and has a bias only where it has no norm.
#include "agent/network.h"

#include <math.h>
#include <stdio.h>

#include "agent/observations.h"

enum { TILE_PIXELS = 7 };

NetworkShape network_shape(const AgentConfig* config) {
    bool symbolic = config->encoder == AGENT_ENCODER_SYMBOLIC;
    return (NetworkShape){
        .encoder = config->encoder,
        .height = symbolic ? OBSERVATION_ROWS : AGENT_IMAGE,
        .width = symbolic ? OBSERVATION_COLUMNS : AGENT_IMAGE,
        .colours = symbolic ? NETWORK_CELL : 3,
        .stacks = {config->channels, 2 * config->channels, 2 * config->channels},
        .patch = TILE_PIXELS,
        .tile_hidden = config->tile_hidden,
        .channels = config->channels,
        .blocks = config->blocks,
        .dense = config->dense,
        .latent = config->latent,
        .actions = CAIRN_ACTIONS,
        .unlocked = config->unlocked,
        .memory = config->distil_memory != AGENT_MEMORY_NONE,
        .predictor = config->distil_prediction,
        .context = config->context != AGENT_CONTEXT_NONE,
        .ccm = network_ccm(config),
        .cached = config->context == AGENT_CONTEXT_WINDOW ? config->context_window
                  : config->context == AGENT_CONTEXT_FULL ? config->context_full
                                                          : config->context_chunk,
        .sequence = config->rollout_steps,
        .chunk = config->context_chunk,
    };
}

typedef enum Norm { NO_NORM, GROUP_NORM, LAYER_NORM } Norm;
typedef enum Map { LINEAR, CONVOLUTION } Map;

// norm -> map -> ReLU under one name; rows of the weights have L2 norm `gain` at first.
static NetTensor layer(NetGraph* graph, NetTensor x, const char* name, Norm norm, Map map,
                       int32_t outputs, double gain) {
    char norm_name[NET_NAME], map_name[NET_NAME];
    snprintf(norm_name, sizeof norm_name, "%s.norm", name);
    snprintf(map_name, sizeof map_name, "%s.map", name);
    if (norm == GROUP_NORM) {
        x = net_group_norm(graph, x, norm_name);
    } else if (norm == LAYER_NORM) {
        x = net_layer_norm(graph, x, norm_name);
    }
    NetLayer description = {.name = map_name,
                            .outputs = outputs,
                            .bias = norm == NO_NORM,
                            .relu = true,
                            .init = NET_INIT_ROW_NORM,
                            .gain = gain};
    return map == LINEAR ? net_linear(graph, x, &description) : net_conv3x3(graph, x, &description);
}

// x + conv_b(conv_a(x))
static NetTensor residual_block(NetGraph* graph, NetTensor x, const char* name, int32_t channels,
                                double gain) {
    NetTensor y = x;
    for (int i = 0; i < 2; i++) {
        char part[NET_NAME];
        snprintf(part, sizeof part, "%s.conv%d", name, i);
        y = layer(graph, y, part, GROUP_NORM, CONVOLUTION, channels, gain);
    }
    return net_add(graph, x, y);
}

static NetTensor paper_encoder(NetGraph* graph, const NetworkShape* shape, NetTensor pixels) {
    enum { STACKS = 3, BLOCKS = 2 };
    const double gain = sqrt(1 / sqrt(STACKS) / sqrt(BLOCKS)); // of block convolutions
    NetTensor x = shape->real_input ? pixels : net_scale_bytes(graph, pixels);
    for (int i = 0; i < STACKS; i++) {
        char name[NET_NAME];
        snprintf(name, sizeof name, "encoder.stack%d.conv", i);
        x = layer(graph, x, name, i ? GROUP_NORM : NO_NORM, CONVOLUTION, shape->stacks[i], 1);
        snprintf(name, sizeof name, "encoder.stack%d.norm", i);
        x = net_group_norm(graph, net_max_pool(graph, x), name);
        for (int j = 0; j < BLOCKS; j++) {
            snprintf(name, sizeof name, "encoder.stack%d.block%d", i, j);
            x = residual_block(graph, x, name, shape->stacks[i], gain);
        }
    }
    return x;
}

static NetTensor grid_blocks(NetGraph* graph, const NetworkShape* shape, NetTensor x) {
    // As in the paper's blocks: the sum of all blocks keeps the scale of its input.
    const double gain = sqrt(1 / sqrt(shape->blocks > 0 ? shape->blocks : 1));
    for (int i = 0; i < shape->blocks; i++) {
        char name[NET_NAME];
        snprintf(name, sizeof name, "encoder.block%d", i);
        x = residual_block(graph, x, name, shape->channels, gain);
    }
    return x;
}

static NetTensor tile_encoder(NetGraph* graph, const NetworkShape* shape, NetTensor pixels) {
    NetTensor x = net_patches(graph, pixels, shape->patch); // [9, 9, 147]
    x = layer(graph, x, "encoder.tile0", NO_NORM, LINEAR, shape->tile_hidden, 1);
    x = layer(graph, x, "encoder.tile1", LAYER_NORM, LINEAR, shape->channels, 1);
    return grid_blocks(graph, shape, x);
}

static NetTensor symbolic_encoder(NetGraph* graph, const NetworkShape* shape, Network* network) {
    int32_t grid[] = {shape->height, shape->width, shape->colours}, status = CAIRN_STATUS_SIZE;
    network->cells = net_input(graph, "cells", NET_INPUT_BYTES, 3, grid);
    network->status = net_input(graph, "status", NET_INPUT_REAL, 1, &status);
    NetTensor x = net_scale_bytes(graph, network->cells);
    x = layer(graph, x, "encoder.cell", NO_NORM, LINEAR, shape->channels, 1);
    x = net_flatten(graph, grid_blocks(graph, shape, x));
    NetTensor y = layer(graph, network->status, "encoder.status", NO_NORM, LINEAR, shape->dense, 1);
    return net_concat(graph, x, y);
}

static NetTensor picture_encoder(NetGraph* graph, const NetworkShape* shape, Network* network) {
    NetInputKind kind = shape->real_input ? NET_INPUT_REAL : NET_INPUT_BYTES;
    int32_t picture[] = {shape->height, shape->width, shape->colours};
    network->pixels = net_input(graph, "pixels", kind, 3, picture);
    return net_flatten(graph, shape->encoder == AGENT_ENCODER_PAPER
                                  ? paper_encoder(graph, shape, network->pixels)
                                  : tile_encoder(graph, shape, network->pixels));
}

static NetTensor head(NetGraph* graph, NetTensor x, const char* name, int32_t outputs,
                      double gain) {
    return net_linear(graph, x,
                      &(NetLayer){.name = name,
                                  .outputs = outputs,
                                  .bias = true,
                                  .full = true,
                                  .init = NET_INIT_ORTHOGONAL,
                                  .gain = gain});
}

// LN -> map -> ReLU -> map with bias
static NetTensor small_network(NetGraph* graph, NetTensor x, const char* name, int32_t hidden,
                               int32_t outputs) {
    char part[NET_NAME];
    snprintf(part, sizeof part, "%s.hidden", name);
    x = layer(graph, x, part, LAYER_NORM, LINEAR, hidden, 1.4);
    snprintf(part, sizeof part, "%s.output", name);
    return net_linear(
        graph, x,
        &(NetLayer){
            .name = part, .outputs = outputs, .bias = true, .init = NET_INIT_ROW_NORM, .gain = 1});
}

// The action bends the latent, (1 + gamma) * latent + beta; from that and the memory the next goal.
static NetTensor predictor(NetGraph* graph, const NetworkShape* shape, Network* network) {
    int32_t width = shape->latent;
    network->action = net_input(graph, "action", NET_INPUT_INDEX, 0, NULL);
    NetTensor bend = net_one_hot(graph, network->action, shape->actions);
    bend = net_real(graph, small_network(graph, bend, "action", width, 2 * width));
    NetTensor gamma = net_slice(graph, bend, 0, width), beta = net_slice(graph, bend, width, width);
    NetTensor x = net_add(graph, network->latent, net_multiply(graph, gamma, network->latent));
    x = net_add(graph, x, beta);
    if (shape->memory) {
        x = net_concat(graph, x, network->memory);
    }
    x = small_network(graph, x, "predictor", width, width);
    return net_l2_normalise(graph, net_real(graph, x));
}

AgentStatus network_create(const NetworkShape* shape, Network* network, char why[AGENT_WHY]) {
    *network = (Network){0};
    if (net_graph_create(&network->graph, why) != NET_OK) {
        return AGENT_OUT_OF_MEMORY;
    }
    NetGraph* graph = network->graph;
    NetTensor x = shape->encoder == AGENT_ENCODER_SYMBOLIC ? symbolic_encoder(graph, shape, network)
                                                           : picture_encoder(graph, shape, network);
    network->has_unlocked = shape->unlocked;
    if (shape->unlocked) {
        network->unlocked =
            net_input(graph, "unlocked", NET_INPUT_REAL, 1, (int32_t[]){CAIRN_ACHIEVEMENTS});
        x = net_concat(graph, x,
                       layer(graph, network->unlocked, "encoder.unlocked", NO_NORM, LINEAR,
                             shape->dense, 1.4));
    }
    x = layer(graph, x, "dense", LAYER_NORM, LINEAR, shape->dense, 1.4);
    x = layer(graph, x, "latent", LAYER_NORM, LINEAR, shape->latent, 1);
    network->latent = x = net_real(graph, x);
    network->width = shape->latent;
    network->has_memory = shape->memory;
    if (shape->memory) {
        network->memory = net_input(graph, "memory", NET_INPUT_REAL, 1, &shape->latent);
        x = net_concat(graph, x, network->memory);
    }
    network->has_context = shape->context;
    if (shape->context) {
        network_add_context(graph, shape, network);
        x = net_concat(graph, x, network->context);
    }
    network->log_prob = net_log_softmax(graph, head(graph, x, "policy", shape->actions, 0.01));
    network->value = head(graph, x, "value", 1, 0.1);
    network->has_predictor = shape->predictor;
    if (shape->predictor) {
        network->prediction = predictor(graph, shape, network);
    }
    if (net_graph_check(graph, why) != NET_OK) {
        network_destroy(network);
        return AGENT_BAD_CONFIG;
    }
    return AGENT_OK;
}

void network_destroy(Network* network) {
    net_graph_destroy(network->graph);
    *network = (Network){0};
}

AgentStatus agent_status_of(NetStatus status) {
    switch (status) {
    case NET_OK:
        return AGENT_OK;
    case NET_UNAVAILABLE:
        return AGENT_UNAVAILABLE;
    case NET_OUT_OF_MEMORY:
        return AGENT_OUT_OF_MEMORY;
    default:
        return AGENT_BAD_CONFIG;
    }
}
