// Inside of a trainer: what rollout, PPO phase and checkpoint share.
#pragma once
#include "agent/agent.h"
#include "agent/network.h"
#include "agent/ppo_loss.h"
#include "agent/value_norm.h"

typedef struct Rollout {
    uint8_t* pixels;           // [T + 1, N, AGENT_PIXELS] row T: what to act on next
    int32_t* action;           // [T, N]
    NetReal* log_prob;         // [T, N] of the action
    NetReal* value;            // [T + 1, N] in units of reward
    NetReal* cut_value;        // [T, N] of the last observation, where truncated
    double* reward;            // [T, N]
    uint8_t* terminated;       // [T, N]
    uint8_t* truncated;        // [T, N]
    uint32_t* unlocked_before; // [T, N] bit k: achievement k unlocked earlier in the episode
    NetReal* advantage;        // [T, N] normalised
    NetReal* target;           // [T, N] in units of reward
    // Of the step under way.
    uint8_t* final_pixels; // [N, AGENT_PIXELS]
    uint8_t* unlocked;     // [N, CAIRN_ACHIEVEMENTS]
    int32_t* achievements; // [N, CAIRN_ACHIEVEMENTS]
} Rollout;

typedef struct WorldRun { // one per world: the episode under way, and the stream of its actions
    NetRandom random;
    double reward;
    int32_t length;
    uint32_t unlocked; // bits
} WorldRun;

typedef struct Worker {   // one per thread
    int32_t first, count; // worlds [first, first + count)
    size_t weight_first, weight_count;
    NetPlan* acting;
    NetPlan* training;
    NetReal* gradient;   // [weights]
    double square_sum;   // of its range of the gradient
    PpoSums sums;        // of the phase
    int32_t* action;     // [micro_batch]
    NetReal* numbers[3]; // [micro_batch] old_log_prob, advantage, target
    AgentEpisode* ended; // [T * count]
    int32_t ended_count;
    double world_seconds, acting_seconds; // of the rollout
} Worker;

typedef struct Minibatch {
    const int32_t* index; // [B] rows of the rollout
    NetReal* target;      // [B] normalised
    double scale;         // of the gradient, from clipping
} Minibatch;

struct AgentTrainer {
    AgentConfig config;
    Network network;
    size_t weight_count;
    NetReal* weights; // [weights]
    NetAdam adam;
    ValueNorm norm;
    NetRandom order; // of minibatches
    Cairn* worlds;
    WorldRun* run; // [N]
    Rollout rollout;
    Worker* workers; // [threads]
    int32_t* index;  // [T * N] the permutation of an epoch
    Minibatch minibatch;
    AgentEpisode* ended; // [T * N]
    AgentProgress progress;
    const volatile sig_atomic_t* stop; // of the call under way, or NULL
    void* state;                       // [state_size] to return to when stopped
    size_t state_size;
    size_t bytes;     // taken by block
    void* block;      // owns all arrays above
    bool has_rollout; // the rollout's rows belong to the present worlds and weights
};

bool trainer_stopped(const AgentTrainer* trainer);
double trainer_seconds(void); // a monotonic clock
double trainer_learning_rate(const AgentTrainer* trainer);

// T steps in every world, then values of the next observations. false: stopped half-way.
bool rollout_collect(AgentTrainer* trainer, AgentIteration* iteration);
// Advantages and targets of the collected rollout.
void rollout_advantages(AgentTrainer* trainer, AgentIteration* iteration);
// The epochs over the collected rollout. AGENT_OK, AGENT_STOPPED or AGENT_DIVERGED.
AgentStatus ppo_phase(AgentTrainer* trainer, AgentIteration* iteration, char why[AGENT_WHY]);

// The whole state as bytes, config and network aside; see agent/state.c.
size_t trainer_state_limit(const AgentTrainer* trainer); // always suffices
// Returns the bytes used, 0 if a world could not be saved.
size_t trainer_state_save(const AgentTrainer* trainer, void* bytes, size_t size,
                          char why[AGENT_WHY]);
// Broken bytes may leave it half-loaded: the caller keeps a good state to go back to.
AgentStatus trainer_state_load(AgentTrainer* trainer, const void* bytes, size_t size,
                               char why[AGENT_WHY]);
