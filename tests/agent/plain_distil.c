#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/agent/plain_distil.h"
#include "tests/suite.h"

Plain plain_begin(const AgentTrainer* trainer) {
    NetTensor outputs[] = {trainer->network.latent, trainer->network.log_prob,
                           trainer->network.value, trainer->network.prediction};
    NetPlanConfig config = {.rows = ROOM,
                            .training = true,
                            .dtype = NET_DTYPE_F32,
                            .outputs = outputs,
                            .output_count = 4};
    Plain plain = {.trainer = trainer,
                   .gradient = calloc(trainer->weight_count, sizeof *plain.gradient)};
    char why[NET_WHY] = "";
    ck_assert_msg(net_plan_create(trainer->network.graph, &config, &plain.plan, why) == NET_OK,
                  "%s", why);
    net_plan_load(plain.plan, trainer->weights);
    return plain;
}

void plain_end(Plain* plain) {
    net_plan_destroy(plain->plan);
    free(plain->gradient);
}

// Runs rows of the window; *latent and *prediction, if wanted, become copies [count, WIDTH].
static void run(const Plain* plain, int count, const int* row, NetReal* latent,
                NetReal* prediction) {
    ck_assert_int_le(count, ROOM);
    for (int i = 0; i < count; i++) {
        training_put(plain->trainer, plain->plan, (size_t)i, (size_t)row[i]);
        int32_t* action = net_plan_input(plain->plan, plain->trainer->network.action);
        action[i] = plain->trainer->rollout.action[row[i]];
    }
    net_plan_forward(plain->plan, count);
    size_t bytes = (size_t)count * WIDTH * sizeof(NetReal);
    if (latent) {
        memcpy(latent, net_plan_output(plain->plan, plain->trainer->network.latent), bytes);
    }
    if (prediction) {
        memcpy(prediction, net_plan_output(plain->plan, plain->trainer->network.prediction), bytes);
    }
}

// Zeroes all d_outputs, adds KL and value error of the rows with the given weight each.
static void put_regularisers(const Plain* plain, int count, const int* row, const ValueNorm* norm,
                             double weight) {
    const Network* n = &plain->trainer->network;
    NetReal* d_log_prob = net_plan_d_output(plain->plan, n->log_prob);
    NetReal* d_value = net_plan_d_output(plain->plan, n->value);
    const NetReal* log_prob = net_plan_output(plain->plan, n->log_prob);
    const NetReal* value = net_plan_output(plain->plan, n->value);
    memset(net_plan_d_output(plain->plan, n->latent), 0, ROOM * WIDTH * sizeof(NetReal));
    memset(net_plan_d_output(plain->plan, n->prediction), 0, ROOM * WIDTH * sizeof(NetReal));
    memset(d_log_prob, 0, ROOM * CAIRN_ACTIONS * sizeof(NetReal));
    memset(d_value, 0, ROOM * sizeof(NetReal));
    for (int i = 0; i < count; i++) {
        for (int a = 0; a < CAIRN_ACTIONS; a++) { // d/dl of e^l (l - old)
            double now = (double)log_prob[i * CAIRN_ACTIONS + a];
            double old = (double)plain->trainer->distil->old_log_prob[row[i] * CAIRN_ACTIONS + a];
            d_log_prob[i * CAIRN_ACTIONS + a] = (NetReal)(weight * exp(now) * (now - old + 1));
        }
        double target = value_norm_normalise(norm, (double)plain->trainer->rollout.target[row[i]]);
        d_value[i] = (NetReal)(weight * 2 * ((double)value[i] - target));
    }
}

static void unit_difference(const NetReal* before, const NetReal* after, double out[WIDTH]) {
    double squares = 0;
    for (int i = 0; i < WIDTH; i++) {
        out[i] = (after ? (double)after[i] : 0) - (double)before[i];
        squares += out[i] * out[i];
    }
    for (int i = 0; i < WIDTH; i++) {
        out[i] /= sqrt(squares);
    }
}

// softmax([g.p, g.n] / 0.1): returns the loss, and the share of the negative.
static double plain_contrast(const double* g, const double* p, const double* n, double* wrong) {
    double positive = 0, negative = 0;
    for (int i = 0; i < WIDTH; i++) {
        positive += g[i] * p[i] / 0.1;
        negative += g[i] * n[i] / 0.1;
    }
    *wrong = exp(negative) / (exp(positive) + exp(negative));
    return -log(1 - *wrong);
}

static void to_doubles(const NetReal* from, double to[WIDTH]) {
    for (int i = 0; i < WIDTH; i++) {
        to[i] = (double)from[i];
    }
}

static int window_row(const Trajectory* trajectory, int step) {
    return (trajectory->first + step) * WORLDS + trajectory->world;
}

Triple plain_triple(const Trajectory* trajectory, int step, int partner) {
    Triple t = {window_row(trajectory, step), window_row(trajectory, partner),
                window_row(trajectory, trajectory->length - 1), -1};
    for (int k = trajectory->goal_count - 1; k >= 0; k--) {
        if (trajectory->goal[k] > step) {
            t.after = window_row(trajectory, trajectory->goal[k]);
            t.before = t.after - WORLDS;
        }
    }
    return t;
}

void plain_prediction(Plain* plain, int count, const Triple* triples, ValueNorm* norm) {
    int row[4][ROOM];
    NetReal *vector[4], targets[2 * ROOM];
    double wrong[ROOM], goal[ROOM][WIDTH];
    for (int i = 0; i < count; i++) {
        row[0][i] = triples[i].positive;
        row[1][i] = triples[i].negative;
        row[2][i] = triples[i].before;
        row[3][i] = triples[i].after < 0 ? triples[i].before : triples[i].after; // any
        targets[i] = plain->trainer->rollout.target[triples[i].positive];
        targets[count + i] = plain->trainer->rollout.target[triples[i].negative];
    }
    value_norm_update(norm, 2 * (size_t)count, targets);
    for (int k = 0; k < 4; k++) {
        vector[k] = malloc(ROOM * WIDTH * sizeof(NetReal));
        run(plain, count, row[k], k < 2 ? NULL : vector[k], k < 2 ? vector[k] : NULL);
    }
    plain->loss = 0;
    for (int i = 0; i < count; i++) {
        double p[WIDTH], n[WIDTH];
        bool nothing = triples[i].after < 0;
        unit_difference(vector[2] + i * WIDTH, nothing ? NULL : vector[3] + i * WIDTH, goal[i]);
        to_doubles(vector[0] + i * WIDTH, p);
        to_doubles(vector[1] + i * WIDTH, n);
        plain->loss += plain_contrast(goal[i], p, n, &wrong[i]) / count;
    }
    for (int k = 0; k < 2; k++) { // positives, then negatives, each on their own
        run(plain, count, row[k], NULL, NULL);
        put_regularisers(plain, count, row[k], norm, 0.5 / count);
        NetReal* d = net_plan_d_output(plain->plan, plain->trainer->network.prediction);
        for (int i = 0; i < count * WIDTH; i++) {
            double slope = wrong[i / WIDTH] / 0.1 / count;
            d[i] = (NetReal)((k == 0 ? -slope : slope) * goal[i / WIDTH][i % WIDTH]);
        }
        net_plan_backward(plain->plan, plain->gradient);
    }
    for (int k = 0; k < 4; k++) {
        free(vector[k]);
    }
}

// d of g = x / |x| with x = after - before, for one anchor.
static void through_unit(const NetReal* before, const NetReal* after, const double d_goal[WIDTH],
                         double d_difference[WIDTH]) {
    double goal[WIDTH], norm = 0, along = 0;
    unit_difference(before, after, goal);
    for (int i = 0; i < WIDTH; i++) {
        double x = (double)after[i] - (double)before[i];
        norm += x * x;
        along += goal[i] * d_goal[i];
    }
    for (int i = 0; i < WIDTH; i++) {
        d_difference[i] = (d_goal[i] - along * goal[i]) / sqrt(norm);
    }
}

void plain_matching(Plain* plain, ValueNorm* norm) {
    const DistilBatch* b = &plain->trainer->distil->batch;
    int count = b->pair_count, row[6][ROOM], drawn[ROOM] = {0}, drawn_count = 0;
    NetReal* latent[6];
    for (int i = 0; i < count; i++) {
        int32_t goal[] = {b->pairs[i].anchor, b->pairs[i].positive, b->pairs[i].negative};
        for (int k = 0; k < 3; k++) {
            row[2 * k][i] = b->look[b->goals[goal[k]].before];
            row[2 * k + 1][i] = b->look[b->goals[goal[k]].after];
        }
    }
    for (int i = 0; i < b->row_count; i++) {
        for (int n = (int)lround(b->share[i] * b->drawn_count); n > 0; n--) {
            drawn[drawn_count++] = b->row[i];
        }
    }
    ck_assert_int_eq(drawn_count, count); // as many steps as matches
    NetReal targets[ROOM];
    for (int i = 0; i < count; i++) {
        targets[i] = plain->trainer->rollout.target[drawn[i]];
    }
    value_norm_update(norm, (size_t)count, targets);
    for (int k = 0; k < 6; k++) {
        latent[k] = malloc(ROOM * WIDTH * sizeof(NetReal));
        run(plain, count, row[k], latent[k], NULL);
    }
    double d_difference[ROOM][WIDTH];
    plain->loss = 0;
    for (int i = 0; i < count; i++) {
        double g[3][WIDTH], d_goal[WIDTH], wrong;
        for (int k = 0; k < 3; k++) {
            unit_difference(latent[2 * k] + i * WIDTH, latent[2 * k + 1] + i * WIDTH, g[k]);
        }
        plain->loss += plain_contrast(g[0], g[1], g[2], &wrong) / count;
        for (int j = 0; j < WIDTH; j++) {
            d_goal[j] = wrong / 0.1 / count * (g[2][j] - g[1][j]);
        }
        through_unit(latent[0] + i * WIDTH, latent[1] + i * WIDTH, d_goal, d_difference[i]);
    }
    for (int k = 0; k < 2; k++) { // the anchors' befores, then their afters
        run(plain, count, row[k], NULL, NULL);
        put_regularisers(plain, 0, drawn, norm, 0);
        NetReal* d = net_plan_d_output(plain->plan, plain->trainer->network.latent);
        for (int i = 0; i < count * WIDTH; i++) {
            d[i] = (NetReal)((k ? 1 : -1) * d_difference[i / WIDTH][i % WIDTH]);
        }
        net_plan_backward(plain->plan, plain->gradient);
    }
    run(plain, count, drawn, NULL, NULL);
    put_regularisers(plain, count, drawn, norm, 1.0 / count);
    net_plan_backward(plain->plan, plain->gradient);
    for (int k = 0; k < 6; k++) {
        free(latent[k]);
    }
}
