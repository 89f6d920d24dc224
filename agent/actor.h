// Acting with a network: observations to latents, latents, memories and contexts to policy and
// value, and to the vector of the achievement that is expected next. In parts, because a memory
// that has just changed depends on the very latent that it is put beside.
#pragma once
#include "agent/network.h"
#include "agent/observations.h"

typedef struct Actor {      // one thread's; owns its plans, borrows the network
    const Network* network; //
    NetPlan* encode;        // observations -> latent
    NetPlan* decide;        // latent, memory, context -> log_prob, value
    NetPlan* predict;       // latent, memory, action -> prediction; NULL: not asked for
    int32_t* action;        // [rows] room for the actions that are chosen
} Actor;

// predict: ignored where the network has no predictor.
AgentStatus actor_create(const Network* network, int32_t rows, NetBackend backend, NetDtype dtype,
                         bool predict, Actor* actor, char why[AGENT_WHY]);
void actor_destroy(Actor* actor); // all zero is allowed
void actor_load(const Actor* actor, const NetReal* weights);
size_t actor_bytes(const Actor* actor);
// Latents [rows, width] of the observations from `row` on; valid until the next call.
const NetReal* actor_encode(const Actor* actor, const Observations* observations, size_t row,
                            int32_t rows);
// memory [rows, width] and context [rows, context_width], ignored where the network has none. Then
// *log_prob [rows, actions] and *value [rows], normalised, are valid until the next call.
void actor_decide(const Actor* actor, int32_t rows, const NetReal* latent, const NetReal* memory,
                  const NetReal* context, const NetReal** log_prob, const NetReal** value);
const NetReal* actor_predict(const Actor* actor, int32_t rows, const NetReal* latent,
                             const NetReal* memory, const int32_t* action);
