#include "agent/distil_batch.h"

#include <assert.h>
#include <string.h>

#include "agent/distil.h"

static int32_t smaller(int64_t a, int64_t b) {
    return (int32_t)(a < b ? a : b);
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static int32_t* take_places(Block* block, size_t count) {
    int32_t* places = block_take(block, count, sizeof *places);
    if (places) {
        memset(places, 0xff, count * sizeof *places); // -1
    }
    return places;
}

void batch_take(const AgentConfig* config, Block* block, size_t window, DistilBatch* b) {
    // Prediction: a batch of steps and as many partners outside of it; every trajectory has fewer
    // goals than steps, its end counts as one more. Matching: all goals of sources and targets; a
    // pair for each source goal and target, with a step drawn for each.
    int64_t sources = config->distil_sources, targets = config->distil_targets;
    int64_t matches = sources * targets * CAIRN_ACHIEVEMENTS;
    int64_t steps =
        larger(2 * (int64_t)config->distil_batch, matches + 2 * sources * CAIRN_ACHIEVEMENTS);
    int64_t goals = larger((int64_t)config->distil_batch + CAIRN_ACHIEVEMENTS + 1,
                           sources * (targets + 1) * (CAIRN_ACHIEVEMENTS + 1));
    b->width = (size_t)config->latent;
    b->row_room = smaller(steps, (int64_t)window);
    b->goal_room = smaller(goals, 2 * (int64_t)window);
    b->pair_room = (int32_t)larger(config->distil_batch, matches);
    size_t rows = (size_t)b->row_room, looks = 2 * (size_t)b->goal_room;
    b->place = take_places(block, window);
    b->look_place = take_places(block, window);
    b->goals_of = take_places(block, window);
    b->seen = block_take(block, window, sizeof *b->seen);
    b->row = block_take(block, rows, sizeof *b->row);
    b->share = block_take(block, rows, sizeof *b->share);
    b->target = block_take(block, rows, sizeof *b->target);
    b->drawn = block_take(block, 2 * (size_t)b->pair_room, sizeof *b->drawn);
    b->look = block_take(block, looks, sizeof *b->look);
    b->latent = block_take(block, looks * b->width, sizeof *b->latent);
    b->goals = block_take(block, (size_t)b->goal_room, sizeof *b->goals);
    b->goal = block_take(block, (size_t)b->goal_room * b->width, sizeof *b->goal);
    b->norm = block_take(block, (size_t)b->goal_room, sizeof *b->norm);
    b->pairs = block_take(block, (size_t)b->pair_room, sizeof *b->pairs);
    b->prediction = block_take(block, rows * b->width, sizeof *b->prediction);
    b->d_prediction = block_take(block, rows * b->width, sizeof *b->d_prediction);
    b->d_latent = block_take(block, rows * b->width, sizeof *b->d_latent);
    b->d_goal = block_take(block, (size_t)b->goal_room * b->width, sizeof *b->d_goal);
}

// ---------------------------------------------------------------- filling
void batch_clear(DistilBatch* b, bool predicting) {
    for (int32_t i = 0; i < b->row_count; i++) {
        b->place[b->row[i]] = -1;
    }
    for (int32_t i = 0; i < b->look_count; i++) {
        b->look_place[b->look[i]] = -1;
    }
    for (int32_t i = 0; i < b->seen_count; i++) {
        b->goals_of[b->seen[i]] = -1;
    }
    b->row_count = b->look_count = b->goal_count = b->pair_count = b->seen_count = 0;
    b->drawn_count = 0;
    b->predicting = predicting;
}

int32_t batch_row(DistilBatch* b, int32_t row) {
    if (b->place[row] < 0) {
        assert(b->row_count < b->row_room);
        b->place[row] = b->row_count;
        b->row[b->row_count] = row;
        b->share[b->row_count] = 0;
        NetReal* gradient = b->predicting ? b->d_prediction : b->d_latent;
        memset(gradient + (size_t)b->row_count * b->width, 0, b->width * sizeof *gradient);
        b->row_count++;
    }
    return b->place[row];
}

void batch_draw(DistilBatch* b, int32_t index, NetReal target) {
    assert(b->drawn_count < 2 * b->pair_room);
    b->share[index]++;
    b->target[index] = target;
    b->drawn[b->drawn_count++] = target;
}

static int32_t look(DistilBatch* b, int32_t row) {
    if (b->look_place[row] < 0) {
        assert(b->look_count < 2 * b->goal_room);
        b->look_place[row] = b->look_count;
        b->look[b->look_count++] = row;
    }
    return b->look_place[row];
}

static void add_goal(DistilBatch* b, int32_t before, int32_t after) {
    assert(b->goal_count < b->goal_room);
    b->goals[b->goal_count++] = (DistilGoal){.before = before, .after = after};
}

int32_t batch_goals(DistilBatch* b, const Trajectory* trajectory, int32_t number, int32_t worlds) {
    if (b->goals_of[number] < 0) {
        b->goals_of[number] = b->goal_count;
        b->seen[b->seen_count++] = number;
        int32_t first = trajectory->first * worlds + trajectory->world;
        for (int32_t k = 0; k < trajectory->goal_count; k++) {
            int32_t after = first + trajectory->goal[k] * worlds;
            int32_t before = look(b, after - worlds);
            add_goal(b, before, look(b, after));
        }
        if (trajectory->ended) {
            add_goal(b, look(b, first + (trajectory->length - 1) * worlds), -1);
        }
    }
    return b->goals_of[number];
}

// ---------------------------------------------------------------- forward
// The i-th piece, of `size`, of `count` items; false: there is none.
static bool piece(int32_t size, int32_t i, int32_t count, int32_t* first, int32_t* rows) {
    int64_t from = (int64_t)i * size;
    if (from >= count) {
        return false;
    }
    *first = (int32_t)from;
    *rows = smaller(count - from, size);
    return true;
}

static void look_job(void* context, int32_t thread) {
    AgentTrainer* trainer = context;
    DistilBatch* b = &trainer->distil->batch;
    NetPlan* plan = trainer->workers[thread].look;
    int32_t first, rows;
    net_plan_load(plan, trainer->weights);
    for (int32_t i = thread; piece(trainer->config.micro_batch, i, b->look_count, &first, &rows);
         i += trainer->config.threads) {
        for (int32_t k = 0; k < rows; k++) {
            observations_put(&trainer->network, plan, (size_t)k, &trainer->rollout.observations,
                             (size_t)b->look[first + k]);
        }
        net_plan_forward(plan, rows);
        memcpy(b->latent + (size_t)first * b->width, net_plan_output(plan, trainer->network.latent),
               (size_t)rows * b->width * sizeof *b->latent);
    }
}

void batch_encode_goals(AgentTrainer* trainer) {
    DistilBatch* b = &trainer->distil->batch;
    cairn_parallel(trainer->worlds, look_job, trainer);
    for (int32_t i = 0; i < b->goal_count; i++) {
        const DistilGoal* goal = &b->goals[i];
        const NetReal* after = goal->after < 0 ? NULL : b->latent + (size_t)goal->after * b->width;
        b->norm[i] = goal_vector(b->width, b->latent + (size_t)goal->before * b->width, after,
                                 b->goal + (size_t)i * b->width);
    }
}

static void put_rows(const AgentTrainer* trainer, NetPlan* plan, int32_t first, int32_t rows) {
    const DistilBatch* b = &trainer->distil->batch;
    for (int32_t k = 0; k < rows; k++) {
        size_t row = (size_t)b->row[first + k];
        training_put(trainer, plan, (size_t)k, row);
        if (b->predicting) {
            int32_t* action = net_plan_input(plan, trainer->network.action);
            action[k] = trainer->rollout.action[row];
        }
    }
    net_plan_forward(plan, rows);
}

// The plan for a worker's n-th micro-batch. The last one serves all for which there is no other.
static int32_t slot_of(const AgentTrainer* trainer, int32_t n) {
    return n < trainer->kept_plans ? n : trainer->kept_plans - 1;
}

static void predict_job(void* context, int32_t thread) {
    AgentTrainer* trainer = context;
    DistilBatch* b = &trainer->distil->batch;
    Worker* worker = &trainer->workers[thread];
    int32_t first, rows, threads = trainer->config.threads;
    for (int32_t slot = 0; slot < trainer->kept_plans; slot++) {
        net_plan_load(worker->predicting[slot], trainer->weights);
        worker->held[slot] = -1;
    }
    for (int32_t i = thread; piece(trainer->predicting_rows, i, b->row_count, &first, &rows);
         i += threads) {
        int32_t slot = slot_of(trainer, i / threads);
        NetPlan* plan = worker->predicting[slot];
        put_rows(trainer, plan, first, rows);
        worker->held[slot] = i;
        memcpy(b->prediction + (size_t)first * b->width,
               net_plan_output(plan, trainer->network.prediction),
               (size_t)rows * b->width * sizeof *b->prediction);
    }
}

void batch_predict(AgentTrainer* trainer) {
    cairn_parallel(trainer->worlds, predict_job, trainer);
}

// ---------------------------------------------------------------- backward
// KL(new || old) and squared error of the value, weighted with the rows' shares.
static void regularise(AgentTrainer* trainer, Worker* worker, NetPlan* plan, int32_t first,
                       int32_t rows) {
    const DistilBatch* b = &trainer->distil->batch;
    const AgentConfig* config = &trainer->config;
    const NetReal* log_prob = net_plan_output(plan, trainer->network.log_prob);
    const NetReal* value = net_plan_output(plan, trainer->network.value);
    NetReal* d_log_prob = net_plan_d_output(plan, trainer->network.log_prob);
    NetReal* d_value = net_plan_d_output(plan, trainer->network.value);
    memset(d_log_prob, 0, (size_t)rows * CAIRN_ACTIONS * sizeof *d_log_prob);
    memset(d_value, 0, (size_t)rows * sizeof *d_value);
    for (int32_t k = 0; k < rows; k++) {
        double share = b->share[first + k];
        if (share > 0) {
            size_t own = (size_t)k * CAIRN_ACTIONS;
            const NetReal* old =
                trainer->distil->old_log_prob + (size_t)b->row[first + k] * CAIRN_ACTIONS;
            double kl = net_kl(1, CAIRN_ACTIONS, log_prob + own, old,
                               share * config->distil_kl_coefficient, d_log_prob + own);
            double error = net_squared_error(1, value + k, b->target + first + k,
                                             share * config->distil_value_coefficient, d_value + k);
            worker->distil_sums[0] += share * kl;
            worker->distil_sums[1] += share * error;
        }
    }
}

static void learn_job(void* context, int32_t thread) {
    AgentTrainer* trainer = context;
    const DistilBatch* b = &trainer->distil->batch;
    const Network* network = &trainer->network;
    Worker* worker = &trainer->workers[thread];
    int32_t first, rows, threads = trainer->config.threads;
    worker->distil_sums[0] = worker->distil_sums[1] = 0;
    if (!b->predicting) {
        net_plan_load(worker->training, trainer->weights);
    }
    int32_t size = b->predicting ? trainer->predicting_rows : trainer->config.micro_batch;
    for (int32_t i = thread; piece(size, i, b->row_count, &first, &rows); i += threads) {
        int32_t slot = b->predicting ? slot_of(trainer, i / threads) : 0;
        NetPlan* plan = b->predicting ? worker->predicting[slot] : worker->training;
        if (!b->predicting || worker->held[slot] != i) {
            put_rows(trainer, plan, first, rows);
        }
        if (b->predicting) {
            worker->held[slot] = -1;
        }
        regularise(trainer, worker, plan, first, rows);
        size_t offset = (size_t)first * b->width;
        size_t bytes = (size_t)rows * b->width * sizeof(NetReal);
        NetReal* d_latent = net_plan_d_output(plan, network->latent);
        if (b->predicting) {
            memset(d_latent, 0, bytes);
            memcpy(net_plan_d_output(plan, network->prediction), b->d_prediction + offset, bytes);
        } else {
            memcpy(d_latent, b->d_latent + offset, bytes);
        }
        net_plan_backward(plan, worker->gradient);
    }
}

double batch_learn(AgentTrainer* trainer, NetAdam* adam, double* kl, double* value) {
    DistilBatch* b = &trainer->distil->batch;
    value_norm_update(&trainer->norm, (size_t)b->drawn_count, b->drawn);
    for (int32_t i = 0; i < b->row_count; i++) {
        b->share[i] /= b->drawn_count;
        b->target[i] = (NetReal)value_norm_normalise(&trainer->norm, (double)b->target[i]);
    }
    double norm = optimise(trainer, adam, learn_job, trainer);
    for (int32_t i = 0; i < trainer->config.threads; i++) {
        *kl += trainer->workers[i].distil_sums[0];
        *value += trainer->workers[i].distil_sums[1];
    }
    return norm;
}
