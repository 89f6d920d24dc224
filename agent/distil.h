// Achievement distillation (Moon et al. 2023, arXiv 2307.03486): after every K-th PPO phase, epochs
// of a matching pass (across trajectories) and a prediction pass (within them) over the last K
// rollouts.
//
// Economical: every goal an update needs is encoded once and without gradient, whoever asks for it;
// the same forward and backward pass of a step serves its part as positive and as negative; the old
// policy's outputs are computed once per phase. tests/agent/test_distil.c holds the plain form.
#pragma once
#include "agent/distil_batch.h"
#include "agent/trainer.h"

typedef struct MatchPair {
    int32_t source, target;               // trajectories
    uint32_t matched[CAIRN_ACHIEVEMENTS]; // by goal of the source: goals of the target, as bits
} MatchPair;

typedef struct Distil {
    int32_t stored;           // rollouts in the window since the last phase
    int32_t epoch;            // of the phase under way, those done
    NetRandom random;         // order of trajectories, negatives, targets, steps
    size_t capacity;          // trajectories
    Trajectory* trajectories; // [capacity] with a goal, of the phase under way
    int32_t trajectory_count;
    int32_t* order;   // [capacity] in which a pass takes them
    int32_t* others;  // [capacity] a source's targets are drawn from it
    int32_t* steps;   // [K T] a trajectory's steps, permuted
    int32_t* partner; // [K T] step s is told apart from step partner[s]
    MatchPair* match; // [sources * targets] of a matching update
    int32_t match_count;
    NetReal* old_log_prob; // [K T N, actions] of the policy that the phase began with
    DistilBatch batch;
    // What each achievement's goals looked like at the end of the last phase: unit vectors, or 0.
    NetReal* prototype; // [CAIRN_ACHIEVEMENTS, latent]
    // The worlds and what is seen at the window's first step, from which a window is played again.
    unsigned char* start; // [start_room]
    size_t start_room, start_size;
    Observations start_observation; // [N]
} Distil;

bool distil_wanted(const AgentConfig* config);
void distil_take(AgentTrainer* trainer, Block* block); // lays out trainer->distil's arrays
bool distil_pending(const AgentTrainer* trainer);      // the next thing to do is an epoch
// Before the first rollout of a window: keeps what is needed to play it again.
bool distil_begin_window(AgentTrainer* trainer, char why[AGENT_WHY]);
// One epoch; the first of a phase finds the trajectories. AGENT_OK, AGENT_STOPPED, AGENT_DIVERGED.
AgentStatus distil_epoch(AgentTrainer* trainer, AgentIteration* iteration, char why[AGENT_WHY]);
// Trajectories of the window, from its arrays alone.
void distil_find_trajectories(AgentTrainer* trainer);
void distil_remember_policy(AgentTrainer* trainer); // old_log_prob

// The two passes over all trajectories (distil_passes.c).
AgentStatus matching_pass(AgentTrainer* trainer, AgentIteration* iteration, char why[AGENT_WHY]);
AgentStatus prediction_pass(AgentTrainer* trainer, AgentIteration* iteration, char why[AGENT_WHY]);
