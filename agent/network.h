// The networks: an encoder of what is seen, a latent, a policy head, a value head and, for
// distillation, a predictor of the next achievement's vector.
#pragma once
#include "agent/agent.h"

enum { NETWORK_CELL = CAIRN_MATERIALS + CAIRN_OBJECTS }; // one-hot material, one-hot object
enum { NETWORK_EXTRAS = 2 }; // of a token: 1 if something was unlocked, 1 if the episode begins

typedef struct NetworkShape {
    AgentEncoder encoder;
    int32_t height, width, colours; // of an observation; symbolic: rows, columns, NETWORK_CELL
    bool real_input;                // pictures are NetReal in [0, 1] instead of bytes; paper only
    int32_t stacks[3];              // paper: channels of the three stacks
    int32_t patch;                  // tile: pixels along a tile's side
    int32_t tile_hidden, channels, blocks; // tile; symbolic without tile_hidden
    int32_t dense, latent, actions;
    bool unlocked; // the encoder sees what the episode has unlocked
    bool memory;   // the heads and the predictor see a second vector as wide as the latent
    bool predictor;
    bool context;     // the heads see what a transformer over the episode's steps makes of them
    NetCcmConfig ccm; //
    int32_t cached;   // steps that it keeps as they are
    int32_t sequence; // steps of a world that are learned from together
    int32_t chunk;    // of them
} NetworkShape;

typedef struct NetworkTokens { // inputs, S steps
    NetTensor latent;          // [S, latent]
    NetTensor action;          // index [S], `actions`: none
    NetTensor extra;           // [S, NETWORK_EXTRAS]
} NetworkTokens;

typedef struct NetworkContext { // agent/context.h
    NetCcmConfig ccm;
    int32_t cached, chunk;
    NetworkTokens step_tokens, sequence_tokens;
    NetCcmBranch step, close, sequence; // close: only where chunks are compressed
} NetworkContext;

typedef struct Network { // owns the graph
    NetGraph* graph;
    NetTensor pixels;     // input [height, width, colours], not of symbolic
    NetTensor cells;      // input uint8 [rows, columns, NETWORK_CELL] 0 or 255, of symbolic
    NetTensor status;     // input [CAIRN_STATUS_SIZE], of symbolic
    NetTensor unlocked;   // input [CAIRN_ACHIEVEMENTS] 1 or 0, only if shape.unlocked
    NetTensor memory;     // input [latent], only if shape.memory
    NetTensor context;    // input [context_width], only if shape.context
    NetTensor action;     // input, an index, only if shape.predictor
    NetTensor latent;     // [latent], non-negative
    NetTensor log_prob;   // [actions] log-softmax of the policy head
    NetTensor value;      // [1] normalised expected return
    NetTensor prediction; // [latent] of norm 1: the next achievement's goal vector
    int32_t width;        // of the latent
    int32_t context_width;
    bool has_unlocked, has_memory, has_predictor, has_context;
    NetworkContext recall; // only if shape.context
} Network;

NetworkShape network_shape(const AgentConfig* config);
NetCcmConfig network_ccm(const AgentConfig* config);
void network_add_context(NetGraph* graph, const NetworkShape* shape, Network* network);
AgentStatus network_create(const NetworkShape* shape, Network* network, char why[AGENT_WHY]);
void network_destroy(Network* network); // all zero is allowed
AgentStatus agent_status_of(NetStatus status);
