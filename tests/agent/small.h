// A trainer small enough to be iterated many times in a test.
#pragma once
#include "agent/trainer.h"

// 6 worlds of 20 x 20 cells, 20 steps a rollout, episodes cut at 25 steps, a tiny tile network.
AgentConfig small_config(void);
AgentConfig small_distil_config(void); // the same with distillation after every third rollout
// The same with a memory of its steps. Episodes of at most 25 steps, rollouts of 20: some begin and
// end inside of one.
AgentConfig small_context_config(AgentContextKind kind);
AgentTrainer* small_trainer(const AgentConfig* config); // fails the running test on any error
void small_iterate(AgentTrainer* trainer, AgentIteration* iteration);
AgentTrainer* small_trainer_after(const AgentConfig* config, int iterations);
AgentTrainer* small_before_phase(const AgentConfig* config); // its next iteration is an epoch
// A hash of everything that the next iterations depend on.
uint64_t small_hash(const AgentTrainer* trainer);
// A path under build/ that tests may write; name is part of it. The caller frees it.
char* small_path(const char* name);
