// The losses of achievement distillation on a small paper network against the official code's
// figures: vectors, losses, gradients, value normaliser. Precision: 1e-9 in double, 1e-4 in float.
#include <stdio.h>
#include <string.h>

#include "agent/contrast.h"
#include "agent/distil_match.h"
#include "agent/memory.h"
#include "tests/agent/official.h"
#include "tests/suite.h"

enum { ROWS = OFFICIAL_ROWS, ACTIONS = OFFICIAL_ACTIONS, WIDTH = OFFICIAL_LATENT, MATCHES = 4 };
static const double temperature = 0.1;

// Latents of pictures; a black one stands for nothing, and *nothing says which are.
static void look(Official* o, const char* name, NetReal* latent, bool nothing[ROWS]) {
    const Vector* pictures = vector_named(o->vectors, name);
    official_run_pictures(o, name);
    memcpy(latent, official_output(o, o->network.latent),
           pictures->shape[0] * WIDTH * sizeof *latent);
    for (size_t i = 0; i < pictures->shape[0]; i++) {
        nothing[i] = true;
        for (size_t k = 0; k < OFFICIAL_PIXELS; k++) {
            nothing[i] = nothing[i] && pictures->values[i * OFFICIAL_PIXELS + k] == 0;
        }
    }
}

// Vectors of goals between the pictures <name>_before and <name>_after; returns how many end in
// nothing. norm: of each difference.
static int find_goals(Official* o, const char* name, int count, NetReal* goal, NetReal* norm) {
    NetReal before[ROWS * WIDTH], after[ROWS * WIDTH];
    bool nothing[ROWS];
    char picture[96];
    int ends = 0;
    snprintf(picture, sizeof picture, "%s_before", name);
    look(o, picture, before, nothing);
    snprintf(picture, sizeof picture, "%s_after", name);
    look(o, picture, after, nothing);
    for (int i = 0; i < count; i++) {
        norm[i] = goal_vector(WIDTH, before + i * WIDTH, nothing[i] ? NULL : after + i * WIDTH,
                              goal + i * WIDTH);
        ends += nothing[i];
    }
    return ends;
}

// What the frozen network says about rows.
static void old_policy(Official* o, int32_t rows, const int32_t* index, NetReal* log_prob) {
    official_load(o, "old.");
    official_run(o, rows, index);
    memcpy(log_prob, official_output(o, o->network.log_prob),
           (size_t)rows * ACTIONS * sizeof *log_prob);
    official_load(o, "weight.");
}

// Regularisers of the last forward pass, which ran the rows index [rows]: the normaliser moves,
// then losses, which are added to *sum, and their gradients.
static void regularise(Official* o, const char* part, int32_t rows, const int32_t* index,
                       const NetReal* old_log_prob, double* sum) {
    NetReal target[ROWS] = {0};
    char name[32];
    for (int32_t i = 0; i < rows; i++) {
        target[i] = (NetReal)vector_named(o->vectors, "return")->values[index[i]];
    }
    value_norm_update(&o->norm, (size_t)rows, target);
    for (int32_t i = 0; i < rows; i++) {
        target[i] = (NetReal)value_norm_normalise(&o->norm, (double)target[i]);
    }
    double kl = net_kl((size_t)rows, ACTIONS, official_output(o, o->network.log_prob), old_log_prob,
                       1.0 / rows, official_d_output(o, o->network.log_prob));
    double error = net_squared_error((size_t)rows, official_output(o, o->network.value), target,
                                     1.0 / rows, official_d_output(o, o->network.value));
    snprintf(name, sizeof name, "%s.pi_dist", part);
    official_check_number(o, name, kl / rows);
    snprintf(name, sizeof name, "%s.vf_dist", part);
    official_check_number(o, name, error / rows);
    *sum += (kl + error) / rows;
    snprintf(name, sizeof name, "%s.after.running_mean", part);
    official_check_number(o, name, o->norm.mean);
    snprintf(name, sizeof name, "%s.after.running_mean_sq", part);
    official_check_number(o, name, o->norm.mean_square);
    snprintf(name, sizeof name, "%s.after.debiasing_term", part);
    official_check_number(o, name, o->norm.debias);
}

// One forward and one backward pass serve positives and negatives: the regularisers count every row
// twice of twice as many.
START_TEST(prediction) {
    static const int32_t all[ROWS] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    Official o = official_create();
    NetReal goal[ROWS * WIDTH], norm[ROWS], old_log_prob[ROWS * ACTIONS];
    ck_assert_int_eq(find_goals(&o, "pred.anchor", ROWS, goal, norm), 3);
    official_check(&o, "pred.anchor_vector", goal);
    old_policy(&o, ROWS, NULL, old_log_prob);
    official_run(&o, ROWS, NULL);
    const NetReal* vector = official_output(&o, o.network.prediction);
    official_check(&o, "pred.prediction", vector);
    NetReal* d_vector = official_d_output(&o, o.network.prediction);
    double loss = 0;
    for (int i = 0; i < ROWS; i++) {
        int other = (int)vector_named(o.vectors, "pred.permutation")->values[i];
        Contrast contrast = {.anchor = goal + i * WIDTH,
                             .positive = vector + i * WIDTH,
                             .negative = vector + other * WIDTH,
                             .d_positive = d_vector + i * WIDTH,
                             .d_negative = d_vector + other * WIDTH};
        loss += contrast_loss(WIDTH, temperature, 1.0 / ROWS, &contrast) / ROWS;
    }
    official_check_number(&o, "pred.pred_loss", loss);
    regularise(&o, "pred", ROWS, all, old_log_prob, &loss);
    official_check_number(&o, "pred.loss", loss);
    net_plan_backward(o.plan, o.gradient);
    official_check_params(&o, "pred.grad.", o.gradient);
    official_destroy(&o);
}
END_TEST

// Back from the anchors' vectors to the two pictures around each.
static void anchors_backward(Official* o, const NetReal* goal, const NetReal* norm,
                             const NetReal* d_goal) {
    NetReal d_before[MATCHES * WIDTH] = {0}, d_after[MATCHES * WIDTH] = {0};
    for (int i = 0; i < MATCHES; i++) {
        goal_gradient(WIDTH, goal + i * WIDTH, norm[i], d_goal + i * WIDTH, d_before + i * WIDTH,
                      d_after + i * WIDTH);
    }
    official_run_pictures(o, "match.anchor_before");
    memcpy(official_d_output(o, o->network.latent), d_before, sizeof d_before);
    net_plan_backward(o->plan, o->gradient);
    official_run_pictures(o, "match.anchor_after");
    memcpy(official_d_output(o, o->network.latent), d_after, sizeof d_after);
    net_plan_backward(o->plan, o->gradient);
}

START_TEST(matching) {
    Official o = official_create();
    NetReal goal[3][MATCHES * WIDTH], norm[3][MATCHES], d_goal[MATCHES * WIDTH] = {0};
    find_goals(&o, "match.anchor", MATCHES, goal[0], norm[0]);
    find_goals(&o, "match.positive", MATCHES, goal[1], norm[1]);
    find_goals(&o, "match.negative", MATCHES, goal[2], norm[2]);
    double loss = 0;
    for (int i = 0; i < MATCHES * WIDTH; i += WIDTH) {
        Contrast contrast = {goal[0] + i, goal[1] + i, goal[2] + i, d_goal + i, NULL, NULL};
        loss += contrast_loss(WIDTH, temperature, 1.0 / MATCHES, &contrast) / MATCHES;
    }
    official_check_number(&o, "match.match_loss", loss);
    anchors_backward(&o, goal[0], norm[0], d_goal);
    int32_t step[MATCHES];
    for (int i = 0; i < MATCHES; i++) {
        step[i] = (int32_t)vector_named(o.vectors, "match.step_index")->values[i];
    }
    NetReal old_log_prob[MATCHES * ACTIONS];
    old_policy(&o, MATCHES, step, old_log_prob);
    official_run(&o, MATCHES, step);
    regularise(&o, "match", MATCHES, step, old_log_prob, &loss);
    official_check_number(&o, "match.loss", loss);
    net_plan_backward(o.plan, o.gradient);
    official_check_params(&o, "match.grad.", o.gradient);
    official_destroy(&o);
}
END_TEST

// A goal without a direction passes nothing on.
START_TEST(no_gradient_without_a_direction) {
    NetReal same[WIDTH] = {1, 2, 3}, goal[WIDTH], d_goal[WIDTH] = {5, 6, 7};
    NetReal d_before[WIDTH] = {1}, d_after[WIDTH] = {2};
    NetReal norm = goal_vector(WIDTH, same, same, goal);
    goal_gradient(WIDTH, goal, norm, d_goal, d_before, d_after);
    ck_assert_double_eq((double)d_before[0], 1); // is added to
    ck_assert_double_eq((double)d_after[0], 2);
    for (int i = 1; i < WIDTH; i++) {
        ck_assert_double_eq((double)d_before[i], 0);
        ck_assert_double_eq((double)d_after[i], 0);
    }
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("vectors_distil");
    TCase* c = tcase_create("vectors_distil");
    tcase_add_test(c, prediction);
    tcase_add_test(c, matching);
    tcase_add_test(c, no_gradient_without_a_direction);
    suite_add_tcase(s, c);
    return s;
}
