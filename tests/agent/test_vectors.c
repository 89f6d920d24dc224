// One PPO update of a small paper network against the official code's figures: outputs, losses,
// gradients, clipping, Adam, value normaliser. Precision: 1e-9 in double, 1e-4 in float.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/ppo_loss.h"
#include "tests/agent/official.h"
#include "tests/suite.h"

enum { ROWS = OFFICIAL_ROWS, ACTIONS = OFFICIAL_ACTIONS };

START_TEST(outputs) {
    Official o = official_create();
    official_run(&o, ROWS, NULL);
    official_check(&o, "latent", official_output(&o, o.network.latent));
    official_check(&o, "log_prob_all", official_output(&o, o.network.log_prob));
    const NetReal* value = official_output(&o, o.network.value);
    official_check(&o, "value_normalised", value);
    NetReal real[ROWS];
    for (int i = 0; i < ROWS; i++) {
        real[i] = (NetReal)value_norm_denormalise(&o.norm, (double)value[i]);
    }
    official_check(&o, "value", real);
    official_destroy(&o);
}
END_TEST

static void to_reals(const Vectors* vectors, const char* name, NetReal out[ROWS]) {
    const Vector* vector = vector_named(vectors, name);
    ck_assert_uint_eq(vector->count, ROWS);
    for (int i = 0; i < ROWS; i++) {
        out[i] = (NetReal)vector->values[i];
    }
}

// Losses and the backward pass, as agent/ppo.c does them.
static PpoSums differentiate(Official* o) {
    NetReal old_log_prob[ROWS], advantage[ROWS], target[ROWS];
    int32_t action[ROWS];
    official_run(o, ROWS, NULL);
    to_reals(o->vectors, "old_log_prob", old_log_prob);
    to_reals(o->vectors, "advantage", advantage);
    to_reals(o->vectors, "return", target);
    for (int i = 0; i < ROWS; i++) {
        action[i] = (int32_t)vector_named(o->vectors, "action")->values[i];
    }
    value_norm_update(&o->norm, ROWS, target);
    for (int i = 0; i < ROWS; i++) {
        target[i] = (NetReal)value_norm_normalise(&o->norm, (double)target[i]);
    }
    PpoLossConfig config = {.clip = 0.2, .value_coefficient = 0.5, .entropy_coefficient = 0.01};
    PpoLossInput input = {.rows = ROWS,
                          .actions = ACTIONS,
                          .log_prob_all = official_output(o, o->network.log_prob),
                          .value = official_output(o, o->network.value),
                          .action = action,
                          .old_log_prob = old_log_prob,
                          .advantage = advantage,
                          .target = target};
    PpoSums sums = {0};
    ppo_loss(&config, &input, 1.0 / ROWS, &sums, official_d_output(o, o->network.log_prob),
             official_d_output(o, o->network.value));
    net_plan_backward(o->plan, o->gradient);
    return sums;
}

START_TEST(losses_and_gradient) {
    Official o = official_create();
    PpoSums sums = differentiate(&o);
    official_check_number(&o, "ppo.pi_loss", sums.policy / ROWS);
    official_check_number(&o, "ppo.vf_loss", sums.value / ROWS);
    official_check_number(&o, "ppo.entropy", sums.entropy / ROWS);
    official_check_number(&o, "ppo.loss",
                          (sums.policy + 0.5 * sums.value - 0.01 * sums.entropy) / ROWS);
    official_check_number(&o, "ppo.after.running_mean", o.norm.mean);
    official_check_number(&o, "ppo.after.running_mean_sq", o.norm.mean_square);
    official_check_number(&o, "ppo.after.debiasing_term", o.norm.debias);
    official_check_number(&o, "ppo.grad_norm", sqrt(net_square_sum(o.gradient, o.count)));
    official_check_params(&o, "ppo.grad.", o.gradient);
    official_destroy(&o);
}
END_TEST

START_TEST(one_adam_step) {
    Official o = official_create();
    differentiate(&o);
    NetAdam adam = {.learning_rate = 3e-4,
                    .beta1 = 0.9,
                    .beta2 = 0.999,
                    .epsilon = 1e-8,
                    .updates = 1,
                    .mean = calloc(o.count, sizeof(NetReal)),
                    .square = calloc(o.count, sizeof(NetReal))};
    double scale = net_clip_scale(sqrt(net_square_sum(o.gradient, o.count)), 0.5);
    size_t half = o.count / 2 / 16 * 16; // in two ranges, as two threads would
    net_adam_update(&adam, 0, half, scale, o.gradient, o.weights);
    net_adam_update(&adam, half, o.count - half, scale, o.gradient, o.weights);
    official_check_params(&o, "ppo.stepped.", o.weights);
    free(adam.mean);
    free(adam.square);
    official_destroy(&o);
}
END_TEST

// Cut in micro-batches of four, four and one row, the gradient is the same.
START_TEST(micro_batches_add_up) {
    Official o = official_create();
    differentiate(&o);
    NetReal d_log_prob[ROWS * ACTIONS], d_value[ROWS];
    memcpy(d_log_prob, official_d_output(&o, o.network.log_prob), sizeof d_log_prob);
    memcpy(d_value, official_d_output(&o, o.network.value), sizeof d_value);
    memset(o.gradient, 0, o.count * sizeof *o.gradient);
    static const int32_t all[ROWS] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    for (int first = 0; first < ROWS; first += 4) {
        int32_t rows = ROWS - first < 4 ? ROWS - first : 4;
        official_run(&o, rows, all + first);
        memcpy(official_d_output(&o, o.network.log_prob), d_log_prob + first * ACTIONS,
               (size_t)rows * ACTIONS * sizeof *d_log_prob);
        memcpy(official_d_output(&o, o.network.value), d_value + first,
               (size_t)rows * sizeof *d_value);
        net_plan_backward(o.plan, o.gradient);
    }
    official_check_params(&o, "ppo.grad.", o.gradient);
    official_destroy(&o);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("vectors");
    TCase* c = tcase_create("vectors");
    tcase_add_test(c, outputs);
    tcase_add_test(c, losses_and_gradient);
    tcase_add_test(c, one_adam_step);
    tcase_add_test(c, micro_batches_add_up);
    suite_add_tcase(s, c);
    return s;
}
