// Inside of a trainer: what rollout, PPO phase, distillation and checkpoint share.
#pragma once
#include "agent/actor.h"
#include "agent/agent.h"
#include "agent/context.h"
#include "agent/memory.h"
#include "agent/network.h"
#include "agent/observations.h"
#include "agent/ppo_loss.h"
#include "agent/rarity.h"
#include "agent/trajectories.h"
#include "agent/value_norm.h"

typedef struct Past {   // what the worlds looked back on when the present rollout began
    size_t slots;       // S
    NetCcmPlace* place; // [N, S]
    NetReal* cache;     // [layers, 2, N, S, context_width] keys, values
    int32_t *episode, *position, *block; // [N]
} Past;

// The last K rollouts joined in time: K = distil.every where there is distillation, else 1. Step t
// of the present rollout is step `first_step + t` of K * T; rows are step * N + world.
typedef struct Rollout {
    Observations observations; // [K T + 1, N] the last row: what to act on next
    NetReal* memory;           // [K T, N, latent] what the heads saw; NULL without memory
    NetReal* context;          // [K T, N, context_width] what the heads saw; NULL without context
    ContextToken* token;       // [T, N] of the present rollout; NULL without context
    Past past;                 // of the present rollout
    int32_t* action;           // [K T, N]
    NetReal* log_prob;         // [K T, N] of the action
    NetReal* value;            // [K T + 1, N] in units of reward
    NetReal* cut_value;        // [K T, N] of the last observation, where truncated
    double* reward;            // [K T, N] what the learner is paid: the world's, unlocks weighted
    double* world_reward;      // [N] of the step under way
    uint8_t* terminated;       // [K T, N]
    uint8_t* truncated;        // [K T, N]
    uint8_t* ended;            // [K T, N] one of the two
    int32_t* episode_step;     // [K T, N] steps of the episode before this one
    uint32_t* unlocked_before; // [K T, N] bit k: achievement k unlocked earlier in the episode
    NetReal* advantage;        // [K T, N] normalised
    NetReal* target;           // [K T, N] in units of reward
    // Of the step under way.
    Observations final_observation; // [N]
    uint8_t* unlocked;              // [N, CAIRN_ACHIEVEMENTS]
    int32_t* achievements;          // [N, CAIRN_ACHIEVEMENTS]
} Rollout;

typedef struct WorldRun { // one per world: the episode under way, and the stream of its actions
    NetRandom random;
    double reward;
    int32_t length;
    uint32_t unlocked;      // bits
    uint32_t just_unlocked; // by the last step, bits; the memory has not taken them up yet
    ContextToken token;     // of the next step
} WorldRun;

typedef struct Worker {   // one per thread
    int32_t first, count; // worlds [first, first + count)
    size_t weight_first, weight_count;
    Actor actor;               // [count] rows
    Context* context;          // [count] rows; NULL: there is none
    ContextToken* token;       // [count]
    struct Sequence* sequence; // as the training plan, with context; NULL: there is none
    NetPlan* look;         // [micro_batch] rows, latents without gradient; NULL: no distillation
    NetPlan* training;     // [micro_batch] rows: latent, log_prob, value
    NetPlan** predicting;  // [kept_plans] of predicting_rows: the same and prediction
    int32_t* held;         // [kept_plans] micro-batch whose forward pass the plan holds, -1: none
    NetReal* gradient;     // [weights]
    double square_sum;     // of its range of the gradient
    PpoSums sums;          // of the phase
    double distil_sums[2]; // KL, value, weighted by share, of the update
    int32_t* action;       // [micro_batch]
    NetReal* numbers[3];   // [micro_batch] old_log_prob, advantage, target
    double* transport;     // room for plans of the matching
    AgentEpisode* ended;   // [T * count]
    int32_t ended_count;
    double world_seconds, acting_seconds; // of the rollout
} Worker;

typedef struct Minibatch {
    const int32_t* index; // [B] rows of the rollout
    NetReal* target;      // [B] normalised
} Minibatch;

typedef struct Update { // an optimiser step under way
    NetAdam* adam;
    double scale; // of the gradient, from clipping
} Update;

enum { TRAINER_ADAMS = 3 }; // PPO, matching, prediction

struct Distil; // distil.h

struct AgentTrainer {
    AgentConfig config;
    Network network;
    size_t weight_count;
    NetReal* weights;            // [weights]
    int32_t adam_count;          // 1, or TRAINER_ADAMS with distillation
    NetAdam adam[TRAINER_ADAMS]; //
    ValueNorm norm;
    NetRandom order; // of minibatches
    Rarity rarity;
    Cairn* worlds;
    WorldRun* run; // [N]
    Memory memory; // [N]
    Rollout rollout;
    int32_t segments;        // K
    int32_t first_step;      // of the present rollout: its segment times T
    Worker* workers;         // [threads]
    int32_t kept_plans;      // per worker
    int32_t predicting_rows; // of each of them
    int32_t* index;          // [T * N] the permutation of an epoch
    Minibatch minibatch;
    Update update;
    struct Distil* distil; // owned; NULL: no distillation
    AgentEpisode* ended;   // [T * N]
    AgentProgress progress;
    const volatile sig_atomic_t* stop; // of the call under way, or NULL
    void* state;                       // [state_size] to return to when stopped
    size_t state_size;
    size_t bytes; // taken by block
    void* block;  // owns all arrays above
};

bool trainer_stopped(const AgentTrainer* trainer);
double trainer_seconds(void); // a monotonic clock
double trainer_annealed(const AgentTrainer* trainer, double learning_rate);
size_t trainer_segment_rows(const AgentTrainer* trainer); // T * N
size_t trainer_history_rows(const AgentTrainer* trainer); // K * T * N
// Where the observations lie that the next rollout begins with.
size_t trainer_next_row(const AgentTrainer* trainer);

// Row `row` of the window into place `place` of a training plan's inputs: observation and memory.
void training_put(const AgentTrainer* trainer, NetPlan* plan, size_t place, size_t row);

// T steps in every world, then values of the next observations. false: stopped half-way.
bool rollout_collect(AgentTrainer* trainer, AgentIteration* iteration);
// Advantages and targets of the collected rollout.
void rollout_advantages(AgentTrainer* trainer, AgentIteration* iteration);
// The epochs over the collected rollout. AGENT_OK, AGENT_STOPPED or AGENT_DIVERGED.
AgentStatus ppo_phase(AgentTrainer* trainer, AgentIteration* iteration, char why[AGENT_WHY]);

// One optimiser step: `job` adds each worker's share to its gradient, which starts at 0; then they
// are summed, clipped and handed to Adam. Returns the norm before clipping; when it is not finite
// nothing is changed.
double optimise(AgentTrainer* trainer, NetAdam* adam, void (*job)(void* context, int32_t thread),
                void* context);

// The whole state as bytes, config and network aside; see agent/state.c.
typedef enum StateKind {
    STATE_RETURN, // a way back for this very trainer: what an iteration leaves alone is left out
    STATE_WHOLE   // all that another process needs
} StateKind;
size_t trainer_state_limit(const AgentTrainer* trainer, StateKind kind); // always suffices
// Returns the bytes used, 0 if a world could not be saved.
size_t trainer_state_save(const AgentTrainer* trainer, StateKind kind, void* bytes, size_t size,
                          char why[AGENT_WHY]);
// Broken bytes may leave it half-loaded: the caller keeps a good state to go back to.
AgentStatus trainer_state_load(AgentTrainer* trainer, StateKind kind, const void* bytes,
                               size_t size, char why[AGENT_WHY]);
