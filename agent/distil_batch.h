// One update of a distillation pass: which rows of the window it needs and what they are for.
//
//   rows:  forward and backward; their share of the regularisers and, in the prediction pass, their
//          prediction
//   looks: forward only: the observations around goals
//   goals: unit vectors along the difference of two looks
#pragma once
#include "agent/block.h"
#include "agent/network.h"
#include "agent/trajectories.h"

typedef struct DistilGoal {
    int32_t before, after; // looks; after -1: nothing, whose latent is 0
    bool anchored;         // some pair of the matching pass starts from it
} DistilGoal;

typedef struct DistilPair {
    int32_t anchor;             // goal
    int32_t positive, negative; // rows (prediction) or goals (matching)
} DistilPair;

typedef struct DistilBatch {
    size_t width;                           // of latents
    int32_t row_room, goal_room, pair_room; // looks: two to a goal
    int32_t* place;                         // [window] of a row among rows, -1: not there
    int32_t* look_place;                    // [window]
    int32_t* goals_of;                      // [trajectories] first of its goals, -1: not there
    int32_t row_count;
    int32_t* row;    // [row_room] of the window
    double* share;   // [row_room] how often the regularisers count it; then divided by drawn_count
    NetReal* target; // [row_room] normalised return
    int32_t drawn_count;
    NetReal* drawn; // [2 * pair_room] targets as often as they count
    int32_t look_count;
    int32_t* look;   // [2 * goal_room]
    NetReal* latent; // [2 * goal_room, width]
    int32_t goal_count;
    DistilGoal* goals; // [goal_room]
    NetReal* goal;     // [goal_room, width]
    NetReal* norm;     // [goal_room] by which it was divided
    int32_t pair_count;
    DistilPair* pairs; // [pair_room]
    int32_t seen_count;
    int32_t* seen;         // [trajectories] with an entry in goals_of
    NetReal* prediction;   // [row_room, width], of the prediction pass only
    NetReal* d_prediction; // [row_room, width]
    NetReal* d_latent;     // [row_room, width], of the matching pass only
    NetReal* d_goal;       // [goal_room, width]
    bool predicting;       // which of the two passes
} DistilBatch;

struct AgentTrainer;

void batch_take(const AgentConfig* config, Block* block, size_t window, DistilBatch* batch);
void batch_clear(DistilBatch* batch, bool predicting);
int32_t batch_row(DistilBatch* batch, int32_t row); // its index, new or not
// Counts a row once more for the regularisers; target: its return in units of reward.
void batch_draw(DistilBatch* batch, int32_t index, NetReal target);
// All goals of a trajectory, and behind them its end when it ended. The index of the first.
int32_t batch_goals(DistilBatch* batch, const Trajectory* trajectory, int32_t number,
                    int32_t worlds);
// Latents of all looks and the goals' vectors, with the present weights.
void batch_encode_goals(struct AgentTrainer* trainer);
void batch_predict(struct AgentTrainer* trainer); // predictions of all rows
// Regularisers and gradients of all rows, then an optimiser step. Returns the gradient's norm; adds
// to *kl and *value their means over what was drawn.
double batch_learn(struct AgentTrainer* trainer, NetAdam* adam, double* kl, double* value);
