// Inside of a policy, for evaluation.
#pragma once
#include "agent/actor.h"
#include "agent/agent.h"
#include "agent/context.h"
#include "agent/memory.h"
#include "agent/network.h"
#include "agent/value_norm.h"

struct AgentPolicy {
    AgentConfig config; // of the training
    AgentPolicyConfig own;
    AgentProgress progress;
    Network network;
    size_t weight_count;
    NetReal* weights;    // [weight_count]
    NetReal* prototypes; // [CAIRN_ACHIEVEMENTS, latent]; NULL: no distillation
    ValueNorm norm;
    Actor actor;
};

struct AgentMemory {
    int32_t rows;
    Memory memory;
    uint32_t* unlocked;   // [rows] in the episode so far
    int32_t group;        // rows of a context
    Context** context;    // [rows / group] owned; NULL: no context
    ContextToken* token;  // [rows] of the next step
    uint8_t* full;        // [rows] their chunks are full
    unsigned char* state; // [rows / group, state_size] room for copies of a row's past
    size_t state_size;
    AgentRecall recall; // in evaluation
    void* block;        // owns its arrays
};

// An actor with the policy's weights, for another thread.
AgentStatus policy_actor(const AgentPolicy* policy, int32_t rows, Actor* actor,
                         char why[AGENT_WHY]);
// agent_policy_act with the given actor on rows [first, first + rows) of the memory: where the
// agent has a context, those of one group.
void policy_act(const AgentPolicy* policy, const Actor* actor, const AgentMemory* memory,
                int32_t first, int32_t rows, const Observations* observations,
                const uint32_t* unlocked, NetRandom* random, const AgentActions* actions);
