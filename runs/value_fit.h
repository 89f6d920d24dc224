// Does an agent know what is to come? How well the values that it told fit the returns that
// followed.
#pragma once
#include <stdint.h>

#include "agent/agent.h"

typedef struct ValueFit { // all zero to begin with
    int64_t steps;
    double value, rest, value_squares, rest_squares, products; // sums; rest: discounted returns
} ValueFit;

// gamma: the discount that the agent was trained with.
void value_fit_add(ValueFit* fit, double gamma, int32_t length, const AgentTrace* trace);
// Squared correlation of value and discounted return over all steps, in [0, 1]; 0 where one of them
// never changes. It asks for no scale: with ppo.rarity, values are not in units of the world's
// reward.
double value_fit_r2(const ValueFit* fit);
