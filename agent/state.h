// The part of a trainer's state that acting needs, which every checkpoint begins with.
#pragma once
#include "agent/agent.h"
#include "agent/pack.h"
#include "agent/value_norm.h"

void learned_put(PackWriter* writer, const AgentProgress* progress, const ValueNorm* norm,
                 const NetReal* weights, size_t count);
// weights NULL: skipped over.
void learned_get(PackReader* reader, AgentProgress* progress, ValueNorm* norm, NetReal* weights,
                 size_t count);
