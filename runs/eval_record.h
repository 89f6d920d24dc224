// Episode files of an evaluation: what the agent did and said, checked by playing it again.
#pragma once
#include <stdbool.h>

#include "agent/agent.h"
#include "runs/run_folder.h"

typedef struct EvalRecorder EvalRecorder;

// Makes the folder if it is missing. Episodes are those of a world of this seed.
bool eval_recorder_create(const char* folder, const AgentPolicy* policy, int64_t seed,
                          EvalRecorder** recorder, char why[RUN_WHY]);
void eval_recorder_destroy(EvalRecorder* recorder); // NULL is allowed
// Writes <folder>/seed<S>-episode<number>-ach<unlocked>-len<steps>.cairn with the channels value,
// entropy (f32, 1) and action_prob (f32, 17). A trace that does not play again to the same end is
// refused.
bool eval_record(EvalRecorder* recorder, const AgentEpisode* episode, const AgentTrace* trace,
                 char why[RUN_WHY]);
