// One PPO update of a small paper network against the official code's figures: outputs, losses,
// gradients, clipping, Adam, value normaliser. Precision: 1e-9 in double, 1e-4 in float.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/network.h"
#include "agent/ppo_loss.h"
#include "agent/value_norm.h"
#include "tests/agent/vectors.h"
#include "tests/suite.h"

enum { ROWS = 9, ACTIONS = 5, LATENT = 12, SIDE = 16, PIXELS = 3 * SIDE * SIDE };
static const double tolerance = sizeof(NetReal) == 8 ? 1e-9 : 1e-4;

typedef struct Setup {
    Vectors* vectors;
    Network network;
    size_t count;
    NetReal *weights, *gradient;
    NetPlan* plan;
    NetReal target[ROWS];
    ValueNorm norm;
} Setup;

// Relative to the largest of the expected figures, so that a zero among them asks no miracles.
static void check(const char* name, size_t count, const double* found, const double* expected) {
    double scale = 0;
    for (size_t i = 0; i < count; i++) {
        scale = fmax(scale, fabs(expected[i]));
    }
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(fabs(found[i] - expected[i]) <= tolerance * fmax(scale, 1e-3),
                      "%s[%zu]: %.17g found, %.17g expected", name, i, found[i], expected[i]);
    }
}

static void check_reals(const Vectors* vectors, const char* name, const NetReal* found) {
    const Vector* expected = vector_named(vectors, name);
    double* copy = malloc(expected->count * sizeof *copy);
    for (size_t i = 0; i < expected->count; i++) {
        copy[i] = (double)found[i];
    }
    check(name, expected->count, copy, expected->values);
    free(copy);
}

// Where element i of an official array lies in ours: convolutions are [out, 3, 3, in] instead of
// [out, in, 3, 3], and the layer after the flattening counts its inputs [H, W, C], not [C, H, W].
static size_t place(const NetParam* param, size_t i) {
    if (param->rank == 4) {
        size_t in = (size_t)param->shape[3], out = i / (9 * in), rest = i % (9 * in);
        return out * 9 * in + rest % 9 * in + rest / 9;
    }
    if (strncmp(param->name, "dense.", 6) == 0) {
        size_t cells = 2 * 2, channels = 6, width = cells * channels;
        size_t row = i / width, rest = i % width;
        return row * width + rest % cells * channels + rest / cells;
    }
    return i;
}

static bool is_ours(const char* name) {
    return !strstr(name, "normalizer") && !strstr(name, "action_mlp") &&
           !strstr(name, "next_goal_pred_mlp");
}

// The i-th official parameter of the actor-critic, under a prefix like "ppo.grad.".
static const Vector* official(const Vectors* vectors, const char* prefix, int i) {
    for (int j = 0;; j++) {
        const Vector* vector = vector_with_prefix(vectors, prefix, j);
        ck_assert_msg(vector, "fewer than %d parameters %s", i + 1, prefix);
        if (is_ours(vector->name) && i-- == 0) {
            return vector;
        }
    }
}

// Both sides list parameters in the order of the layers.
static void compare_params(const Setup* s, const char* prefix, const NetReal* values) {
    int32_t count = 0;
    const NetParam* params = net_params(s->network.graph, &count);
    for (int32_t p = 0; p < count; p++) {
        const Vector* expected = official(s->vectors, prefix, p);
        ck_assert_msg(expected->count == params[p].count, "%s against %s", expected->name,
                      params[p].name);
        double* found = malloc(expected->count * sizeof *found);
        for (size_t i = 0; i < expected->count; i++) {
            found[i] = (double)values[params[p].offset + place(&params[p], i)];
        }
        check(expected->name, expected->count, found, expected->values);
        free(found);
    }
}

static void load_weights(Setup* s) {
    int32_t count = 0;
    const NetParam* params = net_params(s->network.graph, &count);
    for (int32_t p = 0; p < count; p++) {
        const Vector* from = official(s->vectors, "weight.", p);
        ck_assert_msg(from->count == params[p].count, "%s against %s", from->name, params[p].name);
        for (size_t i = 0; i < from->count; i++) {
            s->weights[params[p].offset + place(&params[p], i)] = (NetReal)from->values[i];
        }
    }
}

static void fill_inputs(Setup* s) {
    const Vector* obs = vector_named(s->vectors, "obs");
    const Vector* memory = vector_named(s->vectors, "memory");
    ck_assert_uint_eq(obs->count, ROWS * PIXELS);
    NetReal* pixels = net_plan_input(s->plan, s->network.pixels);
    NetReal* second = net_plan_input(s->plan, s->network.memory);
    for (size_t i = 0; i < obs->count; i++) { // [row, colour, y, x] -> [row, y, x, colour]
        size_t row = i / PIXELS, rest = i % PIXELS;
        size_t cell = rest % (SIDE * SIDE), colour = rest / (SIDE * SIDE);
        pixels[row * PIXELS + cell * 3 + colour] = (NetReal)obs->values[i];
    }
    for (size_t i = 0; i < memory->count; i++) {
        second[i] = (NetReal)memory->values[i];
    }
}

static Setup set_up(void) {
    Setup s = {.vectors = vectors_read("tests/vectors/network-and-losses.txt.gz"),
               .norm = {.mean = 0.3, .mean_square = 0.9, .debias = 0.5}};
    NetworkShape shape = {.encoder = AGENT_ENCODER_PAPER,
                          .height = SIDE,
                          .width = SIDE,
                          .colours = 3,
                          .real_input = true,
                          .stacks = {4, 6, 6},
                          .dense = 8,
                          .latent = LATENT,
                          .actions = ACTIONS,
                          .memory = true};
    char why[AGENT_WHY] = "";
    ck_assert_msg(network_create(&shape, &s.network, why) == AGENT_OK, "%s", why);
    s.count = net_weight_count(s.network.graph);
    s.weights = calloc(s.count, sizeof *s.weights);
    s.gradient = calloc(s.count, sizeof *s.gradient);
    NetTensor outputs[] = {s.network.log_prob, s.network.value, s.network.latent};
    NetPlanConfig plan = {.rows = ROWS,
                          .training = true,
                          .dtype = NET_DTYPE_F32,
                          .outputs = outputs,
                          .output_count = 3};
    ck_assert_msg(net_plan_create(s.network.graph, &plan, &s.plan, why) == NET_OK, "%s", why);
    load_weights(&s);
    net_plan_load(s.plan, s.weights);
    fill_inputs(&s);
    net_plan_forward(s.plan, ROWS);
    return s;
}

static void tear_down(Setup* s) {
    net_plan_destroy(s->plan);
    network_destroy(&s->network);
    vectors_destroy(s->vectors);
    free(s->weights);
    free(s->gradient);
}

START_TEST(outputs) {
    Setup s = set_up();
    check_reals(s.vectors, "latent", net_plan_output(s.plan, s.network.latent));
    check_reals(s.vectors, "log_prob_all", net_plan_output(s.plan, s.network.log_prob));
    const NetReal* value = net_plan_output(s.plan, s.network.value);
    check_reals(s.vectors, "value_normalised", value);
    NetReal real[ROWS];
    for (int i = 0; i < ROWS; i++) {
        real[i] = (NetReal)value_norm_denormalise(&s.norm, (double)value[i]);
    }
    check_reals(s.vectors, "value", real);
    tear_down(&s);
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
static PpoSums differentiate(Setup* s) {
    NetReal old_log_prob[ROWS], advantage[ROWS], target[ROWS];
    int32_t action[ROWS];
    to_reals(s->vectors, "old_log_prob", old_log_prob);
    to_reals(s->vectors, "advantage", advantage);
    to_reals(s->vectors, "return", target);
    for (int i = 0; i < ROWS; i++) {
        action[i] = (int32_t)vector_named(s->vectors, "action")->values[i];
    }
    value_norm_update(&s->norm, ROWS, target);
    for (int i = 0; i < ROWS; i++) {
        target[i] = (NetReal)value_norm_normalise(&s->norm, (double)target[i]);
    }
    PpoLossConfig config = {.clip = 0.2, .value_coefficient = 0.5, .entropy_coefficient = 0.01};
    PpoLossInput input = {.rows = ROWS,
                          .actions = ACTIONS,
                          .log_prob_all = net_plan_output(s->plan, s->network.log_prob),
                          .value = net_plan_output(s->plan, s->network.value),
                          .action = action,
                          .old_log_prob = old_log_prob,
                          .advantage = advantage,
                          .target = target};
    PpoSums sums = {0};
    memset(net_plan_d_output(s->plan, s->network.latent), 0, ROWS * LATENT * sizeof(NetReal));
    ppo_loss(&config, &input, 1.0 / ROWS, &sums, net_plan_d_output(s->plan, s->network.log_prob),
             net_plan_d_output(s->plan, s->network.value));
    net_plan_backward(s->plan, s->gradient);
    return sums;
}

static void check_number(const Vectors* vectors, const char* name, double found) {
    check(name, 1, &found, vector_named(vectors, name)->values);
}

START_TEST(losses_and_gradient) {
    Setup s = set_up();
    PpoSums sums = differentiate(&s);
    check_number(s.vectors, "ppo.pi_loss", sums.policy / ROWS);
    check_number(s.vectors, "ppo.vf_loss", sums.value / ROWS);
    check_number(s.vectors, "ppo.entropy", sums.entropy / ROWS);
    check_number(s.vectors, "ppo.loss",
                 (sums.policy + 0.5 * sums.value - 0.01 * sums.entropy) / ROWS);
    check_number(s.vectors, "ppo.after.running_mean", s.norm.mean);
    check_number(s.vectors, "ppo.after.running_mean_sq", s.norm.mean_square);
    check_number(s.vectors, "ppo.after.debiasing_term", s.norm.debias);
    check_number(s.vectors, "ppo.grad_norm", sqrt(net_square_sum(s.gradient, s.count)));
    compare_params(&s, "ppo.grad.", s.gradient);
    tear_down(&s);
}
END_TEST

START_TEST(one_adam_step) {
    Setup s = set_up();
    differentiate(&s);
    NetAdam adam = {.learning_rate = 3e-4,
                    .beta1 = 0.9,
                    .beta2 = 0.999,
                    .epsilon = 1e-8,
                    .updates = 1,
                    .mean = calloc(s.count, sizeof(NetReal)),
                    .square = calloc(s.count, sizeof(NetReal))};
    double scale = net_clip_scale(sqrt(net_square_sum(s.gradient, s.count)), 0.5);
    size_t half = s.count / 2 / 16 * 16; // in two ranges, as two threads would
    net_adam_update(&adam, 0, half, scale, s.gradient, s.weights);
    net_adam_update(&adam, half, s.count - half, scale, s.gradient, s.weights);
    compare_params(&s, "ppo.stepped.", s.weights);
    free(adam.mean);
    free(adam.square);
    tear_down(&s);
}
END_TEST

// Cut in micro-batches of four, four and one row, the gradient is the same.
START_TEST(micro_batches_add_up) {
    Setup s = set_up();
    differentiate(&s);
    NetReal d_log_prob[ROWS * ACTIONS], d_value[ROWS], pixels[ROWS * PIXELS], memory[ROWS * LATENT];
    memcpy(d_log_prob, net_plan_d_output(s.plan, s.network.log_prob), sizeof d_log_prob);
    memcpy(d_value, net_plan_d_output(s.plan, s.network.value), sizeof d_value);
    memcpy(pixels, net_plan_input(s.plan, s.network.pixels), sizeof pixels);
    memcpy(memory, net_plan_input(s.plan, s.network.memory), sizeof memory);
    memset(s.gradient, 0, s.count * sizeof *s.gradient);
    for (int first = 0; first < ROWS; first += 4) {
        size_t rows = ROWS - first < 4 ? (size_t)(ROWS - first) : 4;
        memcpy(net_plan_input(s.plan, s.network.pixels), pixels + first * PIXELS,
               rows * PIXELS * sizeof *pixels);
        memcpy(net_plan_input(s.plan, s.network.memory), memory + first * LATENT,
               rows * LATENT * sizeof *memory);
        net_plan_forward(s.plan, (int32_t)rows);
        memset(net_plan_d_output(s.plan, s.network.latent), 0, rows * LATENT * sizeof(NetReal));
        memcpy(net_plan_d_output(s.plan, s.network.log_prob), d_log_prob + first * ACTIONS,
               rows * ACTIONS * sizeof *d_log_prob);
        memcpy(net_plan_d_output(s.plan, s.network.value), d_value + first, rows * sizeof *d_value);
        net_plan_backward(s.plan, s.gradient);
    }
    compare_params(&s, "ppo.grad.", s.gradient);
    tear_down(&s);
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
