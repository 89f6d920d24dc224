// Public face of agent/: PPO on Cairn's world. Training, checkpoints, acting and evaluation.
//
//     AgentConfig config = agent_default_config();
//     AgentTrainer* trainer = NULL;
//     char why[AGENT_WHY];
//     if (agent_trainer_create(&config, &trainer, why) != AGENT_OK) { puts(why); return 1; }
//     AgentIteration iteration;
//     while (!agent_trainer_done(trainer)) {
//         if (agent_trainer_iterate(trainer, NULL, &iteration, why) != AGENT_OK) { ... }
//     }
//     agent_checkpoint_save(trainer, "agent.ckpt", AGENT_CHECKPOINT_FULL, NULL, 0, why);
//     agent_trainer_destroy(trainer);
//
// Letters in shapes: T steps of a rollout, N worlds, B rows of a minibatch. A handle is used by one
// thread at a time; two handles share nothing. Same binary, machine, config and thread count: same
// bits.
#pragma once
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "env/cairn.h"
#include "nets/nets.h"

enum {
    AGENT_WHY = 512,      // size of every message buffer, terminating zero included
    AGENT_VALUE = 64,     // size of a config value as text
    AGENT_IMAGE = 64,     // H and W of the observations that agents see
    AGENT_PIXELS = 12288, // bytes of one observation, [H, W, 3]
};

typedef enum AgentStatus {
    AGENT_OK,
    AGENT_BAD_CONFIG,    // a key, value or combination; the message names it and the range
    AGENT_UNAVAILABLE,   // a backend or dtype that this machine or build lacks
    AGENT_BAD_DATA,      // a checkpoint that is broken, of another version or another network
    AGENT_IO,            // the system refused to read or write
    AGENT_OUT_OF_MEMORY, //
    AGENT_DIVERGED,      // a loss or gradient stopped being finite
    AGENT_STOPPED        // the caller's stop flag was set
} AgentStatus;

// ---------------------------------------------------------------- configuration
typedef enum AgentEncoder {
    AGENT_ENCODER_PAPER,   // three stacks of 3x3 convolutions over the pixels
    AGENT_ENCODER_TILE,    // one small network per 7x7-pixel tile, then 3x3 convolutions on 9x9
    AGENT_ENCODER_SYMBOLIC // no picture: the 9x7 cells' contents and the status, then the same
} AgentEncoder;

typedef enum AgentMemoryKind { // a vector that heads and predictor see beside the latent
    AGENT_MEMORY_NONE,
    AGENT_MEMORY_LAST, // the goal vector of the episode's last unlock, as in the paper
    AGENT_MEMORY_SUM,  // the sum of those of all its unlocks
    AGENT_MEMORY_SET   // which achievements these were: a 1 for each, else 0; latent >= 22
} AgentMemoryKind;

typedef enum AgentContextKind { // what a transformer over the episode's steps looks back on
    AGENT_CONTEXT_NONE,         // there is none
    AGENT_CONTEXT_WINDOW,       // the last memory.window steps
    AGENT_CONTEXT_FULL,         // all of them, up to memory.full_steps
    AGENT_CONTEXT_CONCAT,       // its chunk, and a few compressed slots of each chunk before it
    AGENT_CONTEXT_MERGE         // its chunk, and the mean of the slots of all chunks before it
} AgentContextKind;

typedef enum AgentContextAdapter { // what the tokens that compress have of their own
    AGENT_CONTEXT_LORA,            // embeddings, and low-rank changes of the attention's maps
    AGENT_CONTEXT_OWN,             // embeddings, and maps
    AGENT_CONTEXT_SHARED           // embeddings alone
} AgentContextAdapter;

typedef struct AgentConfig {       // key for INI files and --set: range; default
    AgentEncoder encoder;          // network.encoder: paper, tile, symbolic; tile
    int32_t channels;              // network.channels: [1, 1024]; 32. paper: stacks C, 2C, 2C
    int32_t blocks;                // network.blocks: residual blocks, not of paper, [0, 64]; 2
    int32_t tile_hidden;           // network.tile_hidden: [1, 4096]; 64
    int32_t dense;                 // network.dense: [1, 8192]; 256
    int32_t latent;                // network.latent: [1, 8192]; 512
    bool unlocked;                 // network.unlocked: false
    int32_t worlds;                // world.count: N in [1, 65536]; 32
    int32_t area_width;            // world.area_width: cells, [1, 1024]; 64
    int32_t area_height;           // world.area_height: cells, [1, 1024]; 64
    int32_t length;                // world.length: steps, 0 = no limit; 10000
    const CairnTextures* textures; // no key; borrowed by trainers; NULL = Cairn's own
    int32_t rollout_steps;         // ppo.rollout_steps: T in [1, 1048576]; 128. N * T <= 2^22
    double gamma;                  // ppo.gamma: [0, 1]; 0.95
    double lambda;                 // ppo.lambda: [0, 1]; 0.65
    bool bootstrap_truncated;      // ppo.bootstrap_truncated: value of the last observation at the
                                   // length limit; false (the paper's way)
    double rarity;                 // ppo.rarity: how rare unlocks are weighted, [0, 2]; 0
    double rarity_limit;           // ppo.rarity_limit: largest weight, [1, 1000]; 10
    int32_t epochs;                // ppo.epochs: [1, 1000]; 3
    int32_t minibatch;             // ppo.minibatch: B in [1, N * T], divides N * T; 512
    double clip;                   // ppo.clip: [1e-6, 10]; 0.2
    double value_coefficient;      // ppo.value_coefficient: [0, 1000]; 0.5
    double entropy_coefficient;    // ppo.entropy_coefficient: [0, 1000]; 0.01
    double learning_rate;          // ppo.learning_rate: [1e-12, 1]; 3e-4
    bool anneal;                   // ppo.anneal: linear in environment steps; false
    double final_fraction;         // ppo.final_fraction: of the learning rate at the end; [0, 1]; 0
    double adam_beta1;             // ppo.adam_beta1: [0, 0.9999999]; 0.9
    double adam_beta2;             // ppo.adam_beta2: [0, 0.9999999]; 0.999
    double adam_epsilon;           // ppo.adam_epsilon: [1e-30, 1]; 1e-8
    double gradient_limit;         // ppo.gradient_limit: global norm, [1e-9, 1e9]; 0.5
    AgentMemoryKind distil_memory; // distil.memory: none, last, sum, set; none
    bool distil_prediction;        // distil.prediction: false
    bool distil_matching;          // distil.matching: false
    int32_t distil_every;          // distil.every: PPO phases per distillation, [1, 4096]; 8
    int32_t distil_epochs;         // distil.epochs: [1, 1000]; 6
    int32_t distil_batch;          // distil.batch: steps, [1, 65536]; 512
    bool distil_pack;              // distil.pack: several trajectories to a batch; false
    int32_t distil_sources;        // distil.sources: per matching update, [1, 256]; 1
    int32_t distil_targets;        // distil.targets: per source, [1, 256]; 16
    bool distil_whole_episodes;    // distil.whole_episodes: true
    double distil_temperature;     // distil.temperature: [1e-3, 1e3]; 0.1
    double distil_kl_coefficient;  // distil.kl_coefficient: [0, 1000]; 1
    double distil_value_coefficient; // distil.value_coefficient: [0, 1000]; 1
    double distil_learning_rate;     // distil.learning_rate: [1e-12, 1]; 3e-4
    AgentContextKind context;        // memory.kind: none, window, full, ccm-concat, ccm-merge; none
    int32_t context_chunk;           // memory.chunk: steps k of a chunk, divides T, [1, 1024]; 16
    int32_t context_slots;           // memory.slots: n of a chunk, [1, 64]; 3
    int32_t context_cap;             // memory.cap: chunks remembered (concat), [1, 4096]; 32
    int32_t context_layers;          // memory.layers: [1, 8]; 3
    int32_t context_heads;           // memory.heads: [1, 64]; 4
    int32_t context_width;           // memory.width: multiple of 2 * heads, [2, 4096]; 256
    int32_t context_hidden;          // memory.hidden: of the layers' inner maps, [1, 16384]; 512
    AgentContextAdapter context_adapter; // memory.adapter: lora, own, shared; lora
    int32_t context_rank;                // memory.lora_rank: [1, 256]; 8
    double context_floor;   // memory.merge_floor: least weight of a chunk, [0, 1]; 0.0625
    int32_t context_window; // memory.window: steps, this one included, [1, 16384]; 16
    int32_t context_full;   // memory.full_steps: [1, 16384]; 1024
    int64_t total_steps;    // train.steps: environment steps in all, [1, 2^53]; 1000000
    int64_t seed;           // train.seed: any; 0
    int32_t threads;        // compute.threads: [1, min(256, N)]; 1
    int32_t micro_batch;    // compute.micro_batch: rows at once, [1, 65536]; 64
    NetBackend backend;     // compute.backend: auto, blas, onednn; auto
    NetDtype dtype;         // compute.dtype: auto, f32, bf16; auto
} AgentConfig;

AgentConfig agent_default_config(void); // tile encoder, 32 worlds x 128 steps
// Ranges and combinations. The message names the key, what was found and what is allowed.
AgentStatus agent_config_check(const AgentConfig* config, char why[AGENT_WHY]);

typedef enum AgentKeyKind {
    AGENT_KEY_BOOL, // "true" or "false"
    AGENT_KEY_INT,  // int32_t
    AGENT_KEY_LONG, // int64_t
    AGENT_KEY_REAL, // double
    AGENT_KEY_ENCODER,
    AGENT_KEY_MEMORY,
    AGENT_KEY_CONTEXT,
    AGENT_KEY_ADAPTER,
    AGENT_KEY_BACKEND,
    AGENT_KEY_DTYPE
} AgentKeyKind;
// The keys above as a table, in order, so that files, options and help list each once.
typedef struct AgentKey {
    const char* name; // "ppo.gamma"
    const char* help; // one short line
    AgentKeyKind kind;
    size_t offset;           // of its field in AgentConfig
    double minimum, maximum; // of numbers, the ends included
} AgentKey;
const AgentKey* agent_config_keys(int32_t* count);
// Reads one value from text ("0.95", "true", "tile"). AGENT_BAD_CONFIG: no such key, or text that
// is no value of this key, or out of the key's own range.
AgentStatus agent_config_set(AgentConfig* config, const char* name, const char* text,
                             char why[AGENT_WHY]);
// Text that agent_config_set turns back into the same value. key in [0, count).
void agent_config_get(const AgentConfig* config, int32_t key, char text[AGENT_VALUE]);
const char* agent_encoder_name(AgentEncoder encoder);     // "paper", "tile", "symbolic"
const char* agent_memory_kind_name(AgentMemoryKind kind); // "none", "last", "sum", "set"
const char* agent_context_name(AgentContextKind kind);    // "none", "window", ..., "ccm-merge"
const char* agent_context_adapter_name(AgentContextAdapter adapter); // "lora", "own", "shared"

// ---------------------------------------------------------------- training
typedef struct AgentEpisode {
    int32_t world;     // in training: n in [0, N); in evaluation: 0
    int64_t number;    // episode of that world, >= 1
    int64_t env_steps; // environment steps of the whole training when it ended; evaluation: 0
    int32_t length;    // steps
    double reward;     // sum
    bool terminated;   // died; false: cut at the length limit
    int32_t achievements[CAIRN_ACHIEVEMENTS]; // how often each was done
} AgentEpisode;

typedef struct AgentProgress { // since the beginning of the training, resumed or not
    int64_t iterations, env_steps, updates, episodes;
} AgentProgress;

typedef enum AgentPhase {
    AGENT_PHASE_PPO,         // a rollout and the PPO phase on it
    AGENT_PHASE_DISTILLATION // one epoch over the last distil.every rollouts
} AgentPhase;

typedef struct AgentPass { // of a distillation epoch; all 0 when there was nothing to learn from
    int64_t updates, pairs;
    int64_t rows, looks;  // forward and backward; forward only
    int64_t alike;        // matching: pairs of one achievement (which the learner does not know)
    double loss;          // contrastive; this and the rest: means over the updates
    double kl;            // of the policy to the one the phase began with
    double value_loss;    //
    double gradient_norm; // before clipping
    double seconds;
} AgentPass;

typedef struct AgentIteration {
    AgentPhase phase;
    AgentProgress progress; // after this iteration
    // Distillation only.
    int32_t distil_epoch; // from 1
    int32_t trajectories; // with a goal
    int64_t goals;        // in them
    AgentPass matching, prediction;
    // The rest: PPO only, but for learning_rate.
    // Means over all minibatches of the iteration.
    double policy_loss, value_loss, entropy, loss; // loss: the weighted sum
    double approx_kl;                              // mean of (ratio - 1) - log ratio, >= 0
    double clip_fraction;                          // share of rows with |ratio - 1| > clip
    double gradient_norm;                          // before clipping
    double learning_rate;                          // of this iteration
    double explained_variance; // 1 - var(return - value) / var(return); 0 if returns are constant
    double reward_mean;        // per step, unlocks weighted by ppo.rarity
    double return_mean, value_mean; // of the rollout, in units of reward
    double first_ratio; // with a context: largest |log ratio| of the first update, which is 0 but
                        // for rounding, for learning computes what acting did
    double norm_mean, norm_std;             // the value normaliser's, afterwards
    double rollout_seconds, update_seconds; // wall clock
    double world_seconds, acting_seconds;   // parts of the rollout, mean of the threads
    int32_t episode_count;        // episodes that ended in this iteration, by step, then world
    const AgentEpisode* episodes; // [episode_count], valid until the next call
} AgentIteration;

typedef struct AgentTrainer AgentTrainer;

AgentStatus agent_trainer_create(const AgentConfig* config, AgentTrainer** trainer,
                                 char why[AGENT_WHY]); // failed: *trainer = NULL
void agent_trainer_destroy(AgentTrainer* trainer);     // NULL is allowed
// One rollout of N * T steps and one PPO phase on it or, after every distil.every of these, one
// epoch of distillation, distil.epochs times. When *stop (NULL = never) becomes non-zero,
// the iteration is abandoned within a fraction of a second: AGENT_STOPPED, and the trainer is again
// exactly as before the call, so that it can be saved and iterated as if nothing had happened.
// AGENT_DIVERGED leaves it in a state of no use.
AgentStatus agent_trainer_iterate(AgentTrainer* trainer, const volatile sig_atomic_t* stop,
                                  AgentIteration* iteration, char why[AGENT_WHY]);
// All environment steps are taken, and no distillation phase is under way or due.
bool agent_trainer_done(const AgentTrainer* trainer);
const AgentConfig* agent_trainer_config(const AgentTrainer* trainer);
AgentProgress agent_trainer_progress(const AgentTrainer* trainer);
size_t agent_trainer_weight_count(const AgentTrainer* trainer);
NetBackend agent_trainer_backend(const AgentTrainer* trainer); // what auto became
NetDtype agent_trainer_dtype(const AgentTrainer* trainer);
size_t agent_trainer_bytes(const AgentTrainer* trainer); // memory taken, the worlds' own aside
// The most that is kept of one world's episode so far for a context (memory.kind); without one 0.
size_t agent_trainer_context_bytes(const AgentTrainer* trainer);
// Multiply-adds times two of the forward pass of one observation.
double agent_trainer_flop(const AgentTrainer* trainer);

// ---------------------------------------------------------------- checkpoints
typedef enum AgentCheckpointKind {
    AGENT_CHECKPOINT_FULL,   // all that a training needs to continue as if never stopped
    AGENT_CHECKPOINT_WEIGHTS // what acting needs: config, weights, value normaliser, progress;
                             // weights rounded to half precision
} AgentCheckpointKind;

// Atomic: a temporary file beside `path` is written, synced and renamed; an error or crash leaves
// the old file. The caller's blob (log offsets and the like) is kept with it; blob may be NULL.
AgentStatus agent_checkpoint_save(const AgentTrainer* trainer, const char* path,
                                  AgentCheckpointKind kind, const void* blob, size_t blob_size,
                                  char why[AGENT_WHY]);

typedef struct AgentCheckpointInfo {
    AgentCheckpointKind kind;
    uint32_t version;
    size_t file_bytes;
    AgentConfig config; // textures NULL
    AgentProgress progress;
    uint64_t fingerprint; // of the network
    size_t weight_count;
    size_t blob_size;
} AgentCheckpointInfo;
// Reads and checks the whole file. Every message names the file.
AgentStatus agent_checkpoint_info(const char* path, AgentCheckpointInfo* info, char why[AGENT_WHY]);
// Puts a full checkpoint into a trainer of the same network, memory, worlds and precision (its
// config may differ in the rest: total steps, threads, ...). A refused checkpoint leaves the
// trainer as it was. *blob (may be NULL): the caller's own copy, to be freed with free(); NULL when
// empty.
AgentStatus agent_checkpoint_load(AgentTrainer* trainer, const char* path, void** blob,
                                  size_t* blob_size, char why[AGENT_WHY]);

// ---------------------------------------------------------------- acting
typedef struct AgentPolicyConfig {
    int32_t rows; // observations at once, at most; >= 1
    NetBackend backend;
    NetDtype dtype;
} AgentPolicyConfig;

enum { AGENT_EXPECTED = 3, AGENT_NO_ACHIEVEMENT = 255 };

typedef struct AgentActions { // caller-owned; NULL = not wanted; R rows
    int32_t* action;          // [R]
    float* log_prob;          // [R] of the action
    float* value;             // [R] expected return, in units of reward
    float* entropy;           // [R] nats
    float* probability;       // [R, CAIRN_ACTIONS]
    // What the agent expects to unlock next: the achievements whose prototypes lie nearest to the
    // predicted vector, nearest first; AGENT_NO_ACHIEVEMENT where there is none to tell (an agent
    // without a predictor, or before its first distillation phase).
    uint8_t* expects;  // [R, AGENT_EXPECTED]
    float* similarity; // [R, AGENT_EXPECTED] cosines in [-1, 1], 0 where there is none
    float* latent;     // [R, agent_policy_latent] what the network makes of the observation
    float* context;    // [R, agent_policy_context] and of the steps before, if it remembers them
} AgentActions;

typedef struct AgentPolicy AgentPolicy; // owns a copy of the weights

// From a checkpoint of either kind.
AgentStatus agent_policy_load(const char* path, const AgentPolicyConfig* config,
                              AgentPolicy** policy, char why[AGENT_WHY]);
// The same with the backend and dtype of its training; where this machine lacks them, with what it
// has.
AgentStatus agent_policy_open(const char* path, int32_t rows, AgentPolicy** policy,
                              char why[AGENT_WHY]);
// A copy of what a trainer has learned so far.
AgentStatus agent_policy_of_trainer(const AgentTrainer* trainer, const AgentPolicyConfig* config,
                                    AgentPolicy** policy, char why[AGENT_WHY]);
void agent_policy_destroy(AgentPolicy* policy);                    // NULL is allowed
const AgentConfig* agent_policy_config(const AgentPolicy* policy); // that of its training
AgentProgress agent_policy_progress(const AgentPolicy* policy);    // its training when saved
int32_t agent_policy_latent(const AgentPolicy* policy);            // width of the latent
int32_t agent_policy_context(const AgentPolicy* policy); // of what its memory of steps gives; or 0
bool agent_policy_predicts(const AgentPolicy* policy);   // it has expectations to tell

// What an agent carries from step to step, for R games at once.
typedef struct AgentMemory AgentMemory;
AgentStatus agent_memory_create(const AgentPolicy* policy, int32_t rows, AgentMemory** memory,
                                char why[AGENT_WHY]);
void agent_memory_destroy(AgentMemory* memory);            // NULL is allowed
void agent_memory_begin(AgentMemory* memory, int32_t row); // an episode begins in this row
// The row's last step was taken with another action than the agent's own (a person's, say).
void agent_memory_acted(AgentMemory* memory, int32_t row, int32_t action);
void agent_memory_copy(AgentMemory* to, const AgentMemory* from); // of the same policy and rows
// observation [rows, ...], rows <= config.rows, those of the memory (all of them, if the agent
// remembers its steps): pixels [rows, 64, 64, 3] or,
// for a symbolic agent, tiles [rows, 7, 9, 2] and status [rows, CAIRN_STATUS_SIZE]. unlocked
// [rows]: bit k: the step that led here unlocked achievement k (0 when an episode begins). random
// [rows]: each row's action is drawn with its own stream; NULL: the most probable action.
void agent_policy_act(AgentPolicy* policy, AgentMemory* memory, int32_t rows,
                      const CairnObservation* observation, const uint32_t* unlocked,
                      NetRandom* random, const AgentActions* actions);

// ---------------------------------------------------------------- evaluation
// What an agent with a memory of its steps (memory.kind) looks back on, to see what it is worth.
typedef enum AgentRecall {
    AGENT_RECALL_OWN,
    AGENT_RECALL_NOTHING, // all is forgotten at the end of every chunk
    // There, what another of the episodes played beside it had in mind when its last chunk ended,
    // by what it saw and did and its own undisturbed memory: one of as many chunks, or nearly.
    AGENT_RECALL_OTHER
} AgentRecall;

typedef struct AgentEvaluation {
    int64_t seed;                  // episode k is episode k of crafter.Env(seed=seed); any
    int64_t first_episode;         // >= 1
    int32_t episodes;              // played: first_episode .. first_episode + episodes - 1; >= 1
    int32_t worlds;                // at once, rounded up to a multiple of 8; [1, 65536]
    int32_t threads;               // [1, 256]
    bool greedy;                   // the most probable action instead of a drawn one
    bool record;                   // hand a trace of every episode to the callback
    bool record_latents;           // with the latents of all its steps, and what memory gives there
    AgentRecall recall;            // another than its own: AGENT_BAD_CONFIG without a memory
    const CairnTextures* textures; // borrowed; NULL = Cairn's own
} AgentEvaluation;
AgentEvaluation agent_default_evaluation(void); // seed 1000, 100 episodes, 32 worlds, 1 thread

typedef struct AgentTrace {   // what the agent did and said; valid during the callback
    const int32_t* action;    // [length]
    const float* value;       // [length]
    const float* entropy;     // [length]
    const float* probability; // [length, CAIRN_ACTIONS]
    const uint8_t* expects;   // [length, AGENT_EXPECTED]
    const float* similarity;  // [length, AGENT_EXPECTED]
    const uint32_t* unlocked; // [length] bit k: this step unlocked achievement k
    const float* reward;      // [length] the world's
    const float* latent;      // [length, agent_policy_latent] NULL unless asked for
    const float* context;     // [length, agent_policy_context] NULL as well where there is none
} AgentTrace;
// Called once per episode, in the order of their ends, by the thread that called agent_evaluate.
// trace: NULL unless recording. false stops the evaluation.
typedef bool AgentEpisodeCallback(void* context, const AgentEpisode* episode,
                                  const AgentTrace* trace);

// Plays whole episodes on worlds of the area and length that the policy was trained on. Every
// episode that is started counts and draws from its own stream (seed, number): neither threads nor
// worlds at once change what happens in it (AGENT_RECALL_OTHER: worlds do). AGENT_STOPPED: the
// callback said so, or *stop (NULL = never).
AgentStatus agent_evaluate(const AgentPolicy* policy, const AgentEvaluation* evaluation,
                           AgentEpisodeCallback* callback, void* context,
                           const volatile sig_atomic_t* stop, char why[AGENT_WHY]);

// ---------------------------------------------------------------- the next achievement
// Does the agent know what it will unlock next? Asked at every step of whole episodes after which
// the episode still unlocks something.
typedef struct AgentNextSummary {
    int64_t steps;     // asked
    double chance;     // share of them right when always naming the most frequent answer
    bool predicts;     // the agent has a predictor: top1, top3 are its own
    double top1, top3; // share of steps where the nearest (the nearest three) prototypes were right
    bool probed;       // there were episodes enough for a linear probe on the latent
    int64_t fit_steps, test_steps; // of odd episodes, of even ones: every fourth, 40,000 at most
    double probe_probability;      // mean, that it gives to the right answer
    double probe_top1;             // share of steps where its most probable answer is right
} AgentNextSummary;

typedef struct AgentNext AgentNext;
AgentStatus agent_next_create(const AgentPolicy* policy, AgentNext** next, char why[AGENT_WHY]);
void agent_next_destroy(AgentNext* next); // NULL is allowed
// A trace with latents, as agent_evaluate hands out. false: out of memory.
bool agent_next_add(AgentNext* next, const AgentEpisode* episode, const AgentTrace* trace);
AgentStatus agent_next_summary(const AgentNext* next, AgentNextSummary* summary,
                               char why[AGENT_WHY]);

// ---------------------------------------------------------------- places seen earlier
// Does the agent know where something lies that it has seen and sees no more? Asked at every fourth
// step where a kind of cell was seen earlier in the episode and none is in view: in which of four
// directions is the nearest of those that were seen? Linear probes answer, fitted to odd episodes
// and asked on even ones (40,000 steps of each at most).
enum { AGENT_PLACES = 5 }; // water, tree, coal, iron, table
typedef struct AgentPlaceSummary {
    const char* name;
    int64_t fit_steps, test_steps; // asked
    bool probed;                   // there were some of both, else the rest is 0
    bool remembers;                // the agent has a memory of its steps
    double chance;                 // share of right answers: always the most frequent direction
    double latent_top1;            // a probe on the latent
    double memory_top1;            // on the latent and what the memory gives
} AgentPlaceSummary;

typedef struct AgentPlaces AgentPlaces;
// seed: that of the evaluation.
AgentStatus agent_places_create(const AgentPolicy* policy, int64_t seed, AgentPlaces** places,
                                char why[AGENT_WHY]);
void agent_places_destroy(AgentPlaces* places); // NULL is allowed
// A trace with latents, as agent_evaluate hands out: its actions are played again. false: out of
// memory.
bool agent_places_add(AgentPlaces* places, const AgentEpisode* episode, const AgentTrace* trace);
AgentStatus agent_places_summary(const AgentPlaces* places, AgentPlaceSummary summary[AGENT_PLACES],
                                 char why[AGENT_WHY]);

// ---------------------------------------------------------------- how episodes end
// What do agents die of, what costs them health, and where was water when they needed it? Shares
// are in [0, 1].
enum { AGENT_THIRSTY = 3 }; // drink at most: health begins to fall at 0
typedef struct AgentEndSummary {
    int64_t episodes;
    double cut; // at the length limit, alive
    // Died with drink, food or energy at 0 (one death may be of several), or with none at 0.
    double thirst, hunger, fatigue, damage;
    double lava; // died in it; of all episodes, whatever else holds of them
    // Points of health in an episode, lava apart. A step that costs one with drink, food or energy
    // at 0 is counted to that, any other to the zombie beside the player, if there is one, or else
    // to an arrow: what is regained within the same step is not told apart.
    double lost_to_needs, lost_to_zombies, lost_to_arrows, regained;
    int64_t steps, thirsty_steps; // all, and those that begin with drink at AGENT_THIRSTY or less
    double water_in_view, water_seen_earlier, water_unseen; // of thirsty steps; they add up to 1
    double water_distance; // mean over steps of the cells to the nearest that was seen earlier
} AgentEndSummary;

typedef struct AgentEnds AgentEnds;
AgentStatus agent_ends_create(const AgentPolicy* policy, int64_t seed, AgentEnds** ends,
                              char why[AGENT_WHY]);
void agent_ends_destroy(AgentEnds* ends); // NULL is allowed
void agent_ends_add(AgentEnds* ends, const AgentEpisode* episode, const AgentTrace* trace);
AgentEndSummary agent_ends_summary(const AgentEnds* ends);

// ---------------------------------------------------------------- what was within reach
// In how many episodes was an achievement to be had - what it is got from in view, the tool or the
// materials for it in hand - and in how many of these was it taken? Of the iron tools, table and
// furnace must be in view at once.
enum { AGENT_CHANCES = 12 };
typedef struct AgentChanceSummary {
    const char* name;    // of the achievement
    int64_t episodes;    // all
    int64_t in_view;     // to be had at some step
    int64_t taken;       // of those
    int64_t seen_before; // never to be had: in view only before the agent had what it takes
    double missed_steps; // mean steps within reach, over the episodes that did not take it
} AgentChanceSummary;

typedef struct AgentChances AgentChances;
AgentStatus agent_chances_create(const AgentPolicy* policy, int64_t seed, AgentChances** chances,
                                 char why[AGENT_WHY]);
void agent_chances_destroy(AgentChances* chances); // NULL is allowed
void agent_chances_add(AgentChances* chances, const AgentEpisode* episode, const AgentTrace* trace);
void agent_chances_summary(const AgentChances* chances, AgentChanceSummary summary[AGENT_CHANCES]);
