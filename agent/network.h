// The networks: an encoder of what is seen, a latent, a policy head, a value head and, for
// distillation, a predictor of the next achievement's vector.
#pragma once
#include "agent/agent.h"

enum { NETWORK_CELL = CAIRN_MATERIALS + CAIRN_OBJECTS }; // one-hot material, one-hot object

typedef struct NetworkShape {
    AgentEncoder encoder;
    int32_t height, width, colours; // of an observation; symbolic: rows, columns, NETWORK_CELL
    bool real_input;                // pictures are NetReal in [0, 1] instead of bytes; paper only
    int32_t stacks[3];              // paper: channels of the three stacks
    int32_t patch;                  // tile: pixels along a tile's side
    int32_t tile_hidden, channels, blocks; // tile; symbolic without tile_hidden
    int32_t dense, latent, actions;
    bool memory; // the heads and the predictor see a second vector as wide as the latent
    bool predictor;
} NetworkShape;

typedef struct Network { // owns the graph
    NetGraph* graph;
    NetTensor pixels;     // input [height, width, colours], not of symbolic
    NetTensor cells;      // input uint8 [rows, columns, NETWORK_CELL] 0 or 255, of symbolic
    NetTensor status;     // input [CAIRN_STATUS_SIZE], of symbolic
    NetTensor memory;     // input [latent], only if shape.memory
    NetTensor action;     // input, an index, only if shape.predictor
    NetTensor latent;     // [latent], non-negative
    NetTensor log_prob;   // [actions] log-softmax of the policy head
    NetTensor value;      // [1] normalised expected return
    NetTensor prediction; // [latent] of norm 1: the next achievement's goal vector
    int32_t width;        // of the latent
    bool has_memory, has_predictor;
} Network;

NetworkShape network_shape(const AgentConfig* config);
AgentStatus network_create(const NetworkShape* shape, Network* network, char why[AGENT_WHY]);
void network_destroy(Network* network); // all zero is allowed
AgentStatus agent_status_of(NetStatus status);
