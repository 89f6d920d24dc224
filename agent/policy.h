// Inside of a policy, for evaluation.
#pragma once
#include "agent/agent.h"
#include "agent/network.h"
#include "agent/value_norm.h"

struct AgentPolicy {
    AgentConfig config; // of the training
    AgentPolicyConfig own;
    AgentProgress progress;
    Network network;
    size_t weight_count;
    NetReal* weights; // [weight_count]
    ValueNorm norm;
    NetPlan* plan;
};

// A plan with the policy's weights, for another thread.
AgentStatus policy_plan(const AgentPolicy* policy, int32_t rows, NetPlan** plan,
                        char why[AGENT_WHY]);
// agent_policy_act on the given plan.
void policy_act(const AgentPolicy* policy, NetPlan* plan, int32_t rows, const uint8_t* pixels,
                NetRandom* random, const AgentActions* actions);
