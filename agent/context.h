// What an agent makes of the steps that led here: a transformer over one token per step, whose past
// is a window, or compressed into a few slots per chunk (nets/ccm.h; arXiv 2312.03414).
//
//     x_s = W latent(o_s) + E[action before] + w (unlocked something, first of its episode)
//
// The context of a step is the last layer's output; policy and value heads see it beside latent and
// memory vector, so that it can only add. Distillation's predictor does not see it. In a rollout
// all worlds close their chunks together, every memory.chunk steps; an episode that ends inside of
// a chunk loses what is not compressed yet.
#pragma once
#include "agent/agent.h"
#include "agent/network.h"
#include "agent/pack.h"

typedef struct ContextToken { // of a step, beside its latent
    int32_t action;           // the one that led here; CAIRN_ACTIONS: the episode begins
    bool unlocked;            // by that action
} ContextToken;

void context_put_token(const ContextToken* token, int32_t* action, NetReal* extra);

typedef struct Context Context; // the recursion, for R rows; borrows the network

AgentStatus context_create(const Network* network, int32_t rows, NetBackend backend, NetDtype dtype,
                           Context** context, char why[AGENT_WHY]);
void context_destroy(Context* context); // NULL is allowed
void context_load(Context* context, const NetReal* weights);
void context_begin(Context* context, int32_t row); // an episode begins in this row
// One step of all rows: latent [rows, latent], token [rows] -> [rows, width]. keep: the step joins
// what is looked back on; else it is as if it had not been.
const NetReal* context_step(Context* context, const NetReal* latent, const ContextToken* token,
                            bool keep);
// The chunks of these rows ([rows], not 0) end here; NULL: of all rows.
void context_close(Context* context, const uint8_t* rows);
// Steps since the row's chunk began.
int32_t context_chunk_steps(const Context* context, int32_t row);
NetCcm* context_ccm(Context* context);
size_t context_bytes(const Context* context);
// Multiply-adds times two of a step, its share of its chunk's end included.
double context_flop(const Context* context);
// All that a row remembers.
size_t context_state_limit(const Network* network); // bytes of a row
void context_put(const Context* context, int32_t row, PackWriter* writer);
bool context_get(Context* context, int32_t row, PackReader* reader); // false: it is damaged
