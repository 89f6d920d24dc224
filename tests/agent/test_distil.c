// The economical distillation passes against the plain ones of the official code: positives,
// negatives and anchors encoded apart, a row for every use. Gradients agree to 1e-9 in double.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/distil.h"
#include "tests/agent/small.h"
#include "tests/suite.h"

enum { STEPS = 60, WORLDS = 3, WINDOW = STEPS * WORLDS, WIDTH = 16, ROOM = 192 };
static const double tolerance = sizeof(NetReal) == 8 ? 1e-9 : 2e-3;

// ---------------------------------------------------------------- a window made by hand
// World w: one episode over all steps, whose goals are goals[w] unlocks at random steps, or (short)
// an episode of 18 steps with as many as fit.
static void fill_window(AgentTrainer* trainer, const int goals[WORLDS], bool brief) {
    Rollout* r = &trainer->rollout;
    NetRandom random = net_random(9, 9);
    int length = brief ? 18 : STEPS;
    for (int row = 0; row < WINDOW; row++) {
        for (int i = 0; i < AGENT_PIXELS; i++) {
            r->observations.pixels[row * AGENT_PIXELS + i] = (uint8_t)net_random_bits(&random);
        }
        for (int i = 0; i < WIDTH; i++) {
            r->memory[row * WIDTH + i] = (NetReal)(0.25 * net_random_normal(&random));
        }
        int step = row / WORLDS;
        r->action[row] = (int32_t)net_random_below(&random, CAIRN_ACTIONS);
        r->target[row] = (NetReal)net_random_normal(&random);
        r->episode_step[row] = step % length;
        r->ended[row] = step % length == length - 1;
        r->unlocked_before[row] = 0;
    }
    for (int world = 0; world < WORLDS; world++) {
        int32_t step[STEPS];
        for (int i = 0; i < length - 1; i++) {
            step[i] = i + 1;
        }
        net_random_permute(&random, (size_t)length - 1, step);
        for (int k = 0; k < goals[world]; k++) {
            for (int t = step[k]; t < length; t++) {
                r->unlocked_before[t * WORLDS + world] |= UINT32_C(1) << k;
            }
        }
    }
}

typedef struct Case {
    const char* name;
    int goals[WORLDS];
    bool brief;
    int batch, threads, micro_batch, sources;
    bool pack;
} Case;

static const Case cases[] = {
    {"one, two and 22 goals, batches longer than episodes", {1, 2, 22}, false, 64, 1, 8, 1, false},
    {"batches shorter than episodes", {1, 2, 22}, false, 24, 2, 7, 1, false},
    {"short episodes", {2, 1, 15}, true, 24, 2, 8, 1, false},
    {"several to an update", {1, 2, 22}, false, 200, 2, 16, 3, true},
    {"no goal in one world", {0, 3, 4}, false, 100, 1, 16, 2, true},
};
enum { CASES = sizeof cases / sizeof cases[0] };

// The policy that the phase began with is another than the present one; prediction plans are fewer
// than needed where `kept` says so.
static AgentTrainer* begin(const Case* of, bool one_plan) {
    AgentConfig config = small_distil_config();
    config.worlds = WORLDS;
    config.minibatch = 20;
    config.distil_batch = of->batch;
    config.threads = of->threads;
    config.micro_batch = of->micro_batch;
    config.distil_sources = of->sources;
    config.distil_pack = of->pack;
    config.distil_targets = 2;
    AgentTrainer* trainer = small_trainer(&config);
    fill_window(trainer, of->goals, of->brief);
    distil_find_trajectories(trainer);
    distil_remember_policy(trainer);
    NetRandom random = net_random(3, 3);
    for (size_t i = 0; i < trainer->weight_count; i++) {
        trainer->weights[i] += (NetReal)(0.05 * net_random_normal(&random));
    }
    for (int i = 1; i < TRAINER_ADAMS; i++) {
        trainer->adam[i].learning_rate = 0; // all updates of a pass find the same weights
    }
    if (one_plan) { // as when activations are too large to be kept
        for (int32_t i = 0; i < config.threads; i++) {
            NetPlan** plan = &trainer->workers[i].predicting[0];
            char why[NET_WHY];
            NetTensor outputs[] = {trainer->network.latent, trainer->network.log_prob,
                                   trainer->network.value, trainer->network.prediction};
            NetPlanConfig small = {.rows = config.micro_batch,
                                   .training = true,
                                   .dtype = NET_DTYPE_F32,
                                   .outputs = outputs,
                                   .output_count = 4};
            net_plan_destroy(*plan);
            ck_assert_int_eq(net_plan_create(trainer->network.graph, &small, plan, why), NET_OK);
        }
        trainer->predicting_rows = config.micro_batch;
        ck_assert_int_eq(trainer->kept_plans, 1);
    }
    return trainer;
}

// ---------------------------------------------------------------- the plain way
typedef struct Plain {
    const AgentTrainer* trainer;
    NetPlan* plan;     // ROOM rows, all outputs
    NetReal* gradient; // [weights]
    double loss;
} Plain;

static Plain plain_begin(const AgentTrainer* trainer) {
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

static void plain_end(Plain* plain) {
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

// One triple of the prediction pass.
typedef struct Triple {
    int positive, negative; // rows
    int before, after;      // rows of the next goal; after -1: nothing
} Triple;

static Triple triple_of(const Trajectory* trajectory, int step, int partner) {
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

static void plain_prediction(Plain* plain, int count, const Triple* triples, ValueNorm* norm) {
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

// ---------------------------------------------------------------- comparing
static void check_gradient(const char* name, const AgentTrainer* trainer, const Plain* plain) {
    const NetReal* found = trainer->workers[0].gradient;
    double scale = 0;
    for (size_t i = 0; i < trainer->weight_count; i++) {
        scale = fmax(scale, fabs((double)plain->gradient[i]));
    }
    ck_assert_double_gt(scale, 1e-4);
    int32_t params = 0;
    const NetParam* param = net_params(trainer->network.graph, &params);
    for (int32_t p = 0; p < params; p++) {
        for (size_t i = param[p].offset; i < param[p].offset + param[p].count; i++) {
            double error = fabs((double)found[i] - (double)plain->gradient[i]);
            ck_assert_msg(error <= tolerance * scale, "%s: %s[%zu]: %.12g, not %.12g", name,
                          param[p].name, i - param[p].offset, (double)found[i],
                          (double)plain->gradient[i]);
        }
    }
}

// The last update of a prediction pass over the given trajectories.
static void check_prediction(const Case* of, AgentTrainer* trainer) {
    Distil* d = trainer->distil;
    char why[AGENT_WHY] = "";
    Plain plain = plain_begin(trainer);
    ValueNorm norm = trainer->norm;
    AgentIteration iteration = {0};
    ck_assert_msg(prediction_pass(trainer, &iteration, why) == AGENT_OK, "%s", why);
    const Trajectory* trajectory = &d->trajectories[0];
    int known = trajectory_known_steps(trajectory), batch = trainer->config.distil_batch;
    Triple triples[ROOM];
    double loss = 0;
    int updates = 0;
    for (int from = 0; from < known; from += batch, updates++) { // each moves the value normaliser
        int count = known - from < batch ? known - from : batch;
        for (int i = 0; i < count; i++) {
            int step = d->steps[from + i];
            triples[i] = triple_of(trajectory, step, d->partner[step]);
        }
        memset(plain.gradient, 0, trainer->weight_count * sizeof(NetReal));
        plain_prediction(&plain, count, triples, &norm);
        loss += plain.loss;
    }
    ck_assert_int_eq(iteration.prediction.updates, updates);
    ck_assert_double_eq_tol(iteration.prediction.loss, loss / updates, 10 * tolerance);
    ck_assert_double_eq_tol(norm.mean, trainer->norm.mean, tolerance);
    check_gradient(of->name, trainer, &plain);
    plain_end(&plain);
}

START_TEST(prediction_alone) {
    const Case* of = &cases[_i % CASES];
    for (int world = 0; world < WORLDS; world++) {
        AgentTrainer* trainer = begin(of, _i >= CASES);
        Distil* d = trainer->distil;
        if (world < d->trajectory_count) {
            d->trajectories[0] = d->trajectories[world];
            d->trajectory_count = 1;
            check_prediction(of, trainer);
        }
        agent_trainer_destroy(trainer);
    }
}
END_TEST

// All trajectories in one update: the mean over all their steps. The last one shuffled is known by
// the trainer's own arrays only, so that partners are read off the batch.
START_TEST(prediction_packed) {
    const Case* of = &cases[3];
    AgentTrainer* trainer = begin(of, false);
    Distil* d = trainer->distil;
    char why[AGENT_WHY] = "";
    ck_assert_int_eq(d->trajectory_count, WORLDS);
    Plain plain = plain_begin(trainer);
    ValueNorm norm = trainer->norm;
    NetRandom random = d->random; // the pass draws: order, then each trajectory's partners
    int32_t order[WORLDS] = {0, 1, 2}, partner[STEPS];
    net_random_permute(&random, WORLDS, order);
    Triple triples[WINDOW];
    int count = 0;
    for (int i = 0; i < WORLDS; i++) {
        for (int step = 0; step < STEPS; step++) {
            partner[step] = step;
        }
        net_random_permute(&random, STEPS, partner);
        for (int step = 0; step < STEPS; step++) {
            triples[count++] = triple_of(&d->trajectories[order[i]], step, partner[step]);
        }
    }
    plain_prediction(&plain, count, triples, &norm);
    AgentIteration iteration = {0};
    ck_assert_msg(prediction_pass(trainer, &iteration, why) == AGENT_OK, "%s", why);
    ck_assert_int_eq(iteration.prediction.updates, 1);
    ck_assert_int_eq(iteration.prediction.pairs, WINDOW);
    ck_assert_double_eq_tol(iteration.prediction.loss, plain.loss, 10 * tolerance);
    check_gradient(of->name, trainer, &plain);
    plain_end(&plain);
    agent_trainer_destroy(trainer);
}
END_TEST

// ---------------------------------------------------------------- matching
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

// Pairs and steps are those of the trainer's last update; everything else is computed anew.
static void plain_matching(Plain* plain, ValueNorm* norm) {
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

START_TEST(matching) {
    const Case* of = &cases[_i];
    AgentTrainer* trainer = begin(of, false);
    Distil* d = trainer->distil;
    char why[AGENT_WHY] = "";
    AgentIteration iteration = {0};
    ck_assert_msg(matching_pass(trainer, &iteration, why) == AGENT_OK, "%s", why);
    ck_assert_int_gt(d->batch.pair_count, 0);
    ck_assert_int_gt(iteration.matching.pairs, 0);
    // The normaliser as it stands is what the last update used: its averages are compared in the
    // prediction tests; here a copy moved on once and put back gives the same numbers.
    ValueNorm norm = trainer->norm, scratch = norm;
    Plain plain = plain_begin(trainer);
    plain_matching(&plain, &scratch);
    memset(plain.gradient, 0, trainer->weight_count * sizeof(NetReal));
    // Undo the last move of the averages, m' = 0.99 m + 0.01 x, to run it again in the plain way.
    ValueNorm moved = {0};
    NetReal targets[ROOM];
    memcpy(targets, d->batch.drawn, (size_t)d->batch.drawn_count * sizeof *targets);
    value_norm_update(&moved, (size_t)d->batch.drawn_count, targets);
    ValueNorm before = {(norm.mean - moved.mean) / 0.99,
                        (norm.mean_square - moved.mean_square) / 0.99,
                        (norm.debias - moved.debias) / 0.99};
    plain_matching(&plain, &before);
    check_gradient(of->name, trainer, &plain);
    plain_end(&plain);
    agent_trainer_destroy(trainer);
}
END_TEST

// Targets are other trajectories, none twice, and at most as many as asked for.
START_TEST(targets_are_others) {
    AgentTrainer* trainer = begin(&cases[0], false);
    Distil* d = trainer->distil;
    char why[AGENT_WHY] = "";
    AgentIteration iteration = {0};
    ck_assert_int_eq(matching_pass(trainer, &iteration, why), AGENT_OK);
    ck_assert_int_eq(d->match_count, 2);
    ck_assert_int_ne(d->match[0].target, d->match[1].target);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_ne(d->match[i].target, d->match[i].source);
    }
    agent_trainer_destroy(trainer);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("distil");
    TCase* c = tcase_create("distil");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, prediction_alone, 0, 2 * CASES);
    tcase_add_test(c, prediction_packed);
    tcase_add_loop_test(c, matching, 0, CASES);
    tcase_add_test(c, targets_are_others);
    suite_add_tcase(s, c);
    return s;
}
