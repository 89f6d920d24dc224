// The economical distillation passes against the plain ones (plain_distil.h). Gradients agree to
// 1e-9 in double.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/agent/plain_distil.h"
#include "tests/agent/small.h"
#include "tests/suite.h"

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
            triples[i] = plain_triple(trajectory, step, d->partner[step]);
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
            triples[count++] = plain_triple(&d->trajectories[order[i]], step, partner[step]);
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
START_TEST(matching) {
    const Case* of = &cases[_i];
    AgentTrainer* trainer = begin(of, false);
    Distil* d = trainer->distil;
    char why[AGENT_WHY] = "";
    AgentIteration iteration = {0};
    ck_assert_msg(matching_pass(trainer, &iteration, why) == AGENT_OK, "%s", why);
    ck_assert_int_gt(d->batch.pair_count, 0);
    ck_assert_int_gt(iteration.matching.pairs, 0);
    // Undo the last move of the averages, m' = 0.99 m + 0.01 x, to make it again in the plain way.
    ValueNorm norm = trainer->norm, moved = {0};
    NetReal targets[ROOM];
    memcpy(targets, d->batch.drawn, (size_t)d->batch.drawn_count * sizeof *targets);
    value_norm_update(&moved, (size_t)d->batch.drawn_count, targets);
    ValueNorm before = {(norm.mean - moved.mean) / 0.99,
                        (norm.mean_square - moved.mean_square) / 0.99,
                        (norm.debias - moved.debias) / 0.99};
    Plain plain = plain_begin(trainer);
    plain_matching(&plain, &before);
    if (iteration.matching.updates == 1) { // as in the last two cases
        ck_assert_double_eq_tol(iteration.matching.loss, plain.loss, 10 * tolerance);
    }
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
