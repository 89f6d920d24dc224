// The actor-critic networks: an encoder of pictures, a latent, a policy head and a value head.
#pragma once
#include "agent/agent.h"

typedef struct NetworkShape {
    AgentEncoder encoder;
    int32_t height, width, colours; // of an observation
    bool real_input;                // pictures are NetReal in [0, 1] instead of bytes; paper only
    int32_t stacks[3];              // paper: channels of the three stacks
    int32_t patch;                  // tile: pixels along a tile's side
    int32_t tile_hidden, channels, blocks; // tile
    int32_t dense, latent, actions;
    int32_t memory; // width of a second input that both heads see beside the latent; 0 = none
} NetworkShape;

typedef struct Network { // owns the graph
    NetGraph* graph;
    NetTensor pixels;   // input [height, width, colours]
    NetTensor memory;   // input [memory], only if shape.memory > 0
    NetTensor latent;   // [latent], non-negative
    NetTensor log_prob; // [actions] log-softmax of the policy head
    NetTensor value;    // [1] normalised expected return
} Network;

NetworkShape network_shape(const AgentConfig* config);
AgentStatus network_create(const NetworkShape* shape, Network* network, char why[AGENT_WHY]);
void network_destroy(Network* network); // all zero is allowed
AgentStatus agent_status_of(NetStatus status);
