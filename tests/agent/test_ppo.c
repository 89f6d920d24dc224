// The update against a plain one: whole minibatch at once, one thread, no ranges.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/agent/small.h"
#include "tests/suite.h"

enum { ROWS = 120 }; // of a rollout of small_config

typedef struct Plain { // what one update should leave behind
    NetReal* weights;
    ValueNorm norm;
    PpoSums sums;
    double gradient_norm;
} Plain;

static NetPlan* whole_plan(const AgentTrainer* trainer) {
    NetTensor outputs[] = {trainer->network.log_prob, trainer->network.value};
    NetPlanConfig config = {.rows = ROWS,
                            .training = true,
                            .backend = trainer->config.backend,
                            .dtype = trainer->config.dtype,
                            .outputs = outputs,
                            .output_count = 2};
    NetPlan* plan = NULL;
    char why[NET_WHY] = "";
    ck_assert_msg(net_plan_create(trainer->network.graph, &config, &plan, why) == NET_OK, "%s",
                  why);
    net_plan_load(plan, trainer->weights);
    memcpy(net_plan_input(plan, trainer->network.pixels), trainer->rollout.observations.pixels,
           ROWS * (size_t)AGENT_PIXELS);
    net_plan_forward(plan, ROWS);
    return plan;
}

// The whole rollout is the minibatch, so that its order does not matter.
static Plain plain_update(const AgentTrainer* trainer) {
    const AgentConfig* config = &trainer->config;
    const Rollout* r = &trainer->rollout;
    size_t count = trainer->weight_count;
    Plain plain = {.weights = malloc(count * sizeof(NetReal)), .norm = trainer->norm};
    NetReal target[ROWS], *gradient = calloc(count, sizeof *gradient);
    value_norm_update(&plain.norm, ROWS, r->target); // first the statistics, then their use
    for (int i = 0; i < ROWS; i++) {
        target[i] = (NetReal)value_norm_normalise(&plain.norm, (double)r->target[i]);
    }
    NetPlan* plan = whole_plan(trainer);
    PpoLossConfig loss = {config->clip, config->value_coefficient, config->entropy_coefficient};
    PpoLossInput input = {ROWS,
                          CAIRN_ACTIONS,
                          net_plan_output(plan, trainer->network.log_prob),
                          net_plan_output(plan, trainer->network.value),
                          r->action,
                          r->log_prob,
                          r->advantage,
                          target};
    ppo_loss(&loss, &input, 1.0 / ROWS, &plain.sums,
             net_plan_d_output(plan, trainer->network.log_prob),
             net_plan_d_output(plan, trainer->network.value));
    net_plan_backward(plan, gradient);
    plain.gradient_norm = sqrt(net_square_sum(gradient, count));
    NetAdam adam = {.learning_rate = config->learning_rate,
                    .beta1 = config->adam_beta1,
                    .beta2 = config->adam_beta2,
                    .epsilon = config->adam_epsilon,
                    .updates = 1,
                    .mean = calloc(count, sizeof(NetReal)),
                    .square = calloc(count, sizeof(NetReal))};
    memcpy(plain.weights, trainer->weights, count * sizeof(NetReal));
    net_adam_update(&adam, 0, count, net_clip_scale(plain.gradient_norm, config->gradient_limit),
                    gradient, plain.weights);
    free(adam.mean);
    free(adam.square);
    free(gradient);
    net_plan_destroy(plan);
    return plain;
}

// Threads 1 to 3; micro-batches of 7 rows leave a rest of one.
START_TEST(equals_the_plain_update) {
    AgentConfig config = small_config();
    config.minibatch = ROWS;
    config.micro_batch = 7;
    config.epochs = 1;
    config.threads = _i;
    config.dtype = NET_DTYPE_F32;
    config.adam_epsilon = 1e-3; // or Adam would blow up rounding where a gradient is nearly 0
    AgentTrainer* trainer = small_trainer(&config);
    AgentIteration iteration = {.learning_rate = config.learning_rate};
    char why[AGENT_WHY] = "";
    ck_assert(rollout_collect(trainer, &iteration));
    rollout_advantages(trainer, &iteration);
    Plain plain = plain_update(trainer);
    ck_assert_msg(ppo_phase(trainer, &iteration, why) == AGENT_OK, "%s", why);
    for (size_t i = 0; i < trainer->weight_count; i++) {
        ck_assert_msg(fabs((double)(trainer->weights[i] - plain.weights[i])) < 1e-6,
                      "weight %zu: %.9g found, %.9g expected", i, (double)trainer->weights[i],
                      (double)plain.weights[i]);
    }
    ck_assert_double_eq_tol(trainer->norm.mean, plain.norm.mean, 1e-12);
    ck_assert_double_eq_tol(trainer->norm.mean_square, plain.norm.mean_square, 1e-12);
    ck_assert_double_eq_tol(iteration.gradient_norm, plain.gradient_norm, 1e-4);
    ck_assert_double_eq_tol(iteration.policy_loss, plain.sums.policy / ROWS, 1e-5);
    ck_assert_double_eq_tol(iteration.value_loss, plain.sums.value / ROWS, 1e-5);
    ck_assert_double_eq_tol(iteration.entropy, plain.sums.entropy / ROWS, 1e-5);
    ck_assert_double_eq_tol(
        iteration.loss,
        iteration.policy_loss + 0.5 * iteration.value_loss - 0.01 * iteration.entropy, 1e-12);
    free(plain.weights);
    agent_trainer_destroy(trainer);
}
END_TEST

// Every epoch visits every row of the rollout once.
START_TEST(epochs_visit_every_row) {
    AgentConfig config = small_config();
    AgentTrainer* trainer = small_trainer(&config);
    AgentIteration iteration;
    small_iterate(trainer, &iteration);
    bool seen[ROWS] = {false};
    int moved = 0;
    for (int i = 0; i < ROWS; i++) {
        size_t row = (size_t)trainer->index[i];
        ck_assert_msg(row < ROWS && !seen[row], "row %zu", row);
        seen[row] = true;
        moved += row != (size_t)i;
    }
    ck_assert_int_gt(moved, ROWS / 2);
    agent_trainer_destroy(trainer);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("ppo");
    TCase* c = tcase_create("ppo");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, equals_the_plain_update, 1, 4);
    tcase_add_test(c, epochs_visit_every_row);
    suite_add_tcase(s, c);
    return s;
}
