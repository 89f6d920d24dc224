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
    NetReal* past;        // [rows, context width] what the contexts gave
    unsigned char* state; // [state_size] room for a copy of a row's past
    size_t state_size;
    AgentRecall recall; // in evaluation
    // For AGENT_RECALL_OTHER, else NULL: what looks back as the agent itself would, and each row's
    // past there when its last chunk ended.
    Context** own;            // [rows / group] owned
    unsigned char* kept;      // [rows, state_size]
    size_t* kept_size;        // [rows] 0: no chunk of the episode has ended
    int32_t* chunks;          // [rows] that have ended in the episode
    bool* rests;              // [rows] whose episode is over
    void *block, *kept_block; // own the arrays
};

// An actor with the policy's weights, for another thread.
AgentStatus policy_actor(const AgentPolicy* policy, int32_t rows, Actor* actor,
                         char why[AGENT_WHY]);
// Gives rows another memory to look back on from now on, in evaluation. Before any step.
AgentStatus policy_memory_recall(const AgentPolicy* policy, AgentMemory* memory, AgentRecall recall,
                                 char why[AGENT_WHY]);
// The row's episode is over: what follows until it begins another is no past of anybody's.
void policy_memory_rest(AgentMemory* memory, int32_t row);
// What the memory gives for the next step of rows [first, first + rows), whole groups, by their
// tokens: [rows, context width], valid until the next call; NULL: there is no context.
const NetReal* policy_look_back(const AgentPolicy* policy, AgentMemory* memory, int32_t first,
                                int32_t rows, const NetReal* latent);
// agent_policy_act with the given actor on rows [first, first + rows) of the memory: where the
// agent has a context, whole groups.
void policy_act(const AgentPolicy* policy, const Actor* actor, AgentMemory* memory, int32_t first,
                int32_t rows, const Observations* observations, const uint32_t* unlocked,
                NetRandom* random, const AgentActions* actions);
