// Gradients of a loss in the last chunk, computed by the parallel schedule, against central
// differences of the recursion's loss: by COMP embeddings, every A and B of the LoRA, and inputs of
// the first chunk. Float has bounds that rounding allows.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/nets/ccm_model.h"
#include "tests/suite.h"

#ifdef NETS_DOUBLE
static const double step = 1e-5, bound = 1e-6;
#else
static const double step = 1e-3, bound = 5e-2;
#endif

enum { ROWS = 2, BLOCKS = 4, PROBES = 6 }; // weights tried of a parameter

typedef struct Trial {
    int32_t compared, off;
    Model model;
    History history;
    NetReal mix[LOGITS];
} Trial;

// The mixed logits of the last chunk's steps, by the recursion.
static double online_loss(const Trial* t) {
    Logits logits = run_online(&t->model, &t->history);
    double loss = 0;
    for (int32_t i = 0; i < ROWS * MODEL_STEPS; i++) {
        int32_t at = i % MODEL_STEPS;
        bool last = at < t->history.steps && t->history.block[at] == BLOCKS - 1;
        for (int32_t k = 0; last && k < LOGITS; k++) {
            loss += (double)t->mix[k] * (double)logits.value[i * LOGITS + k];
        }
    }
    logits_destroy(&logits);
    return loss;
}

static void fill_layout(const Trial* t, NetPlan* plan) {
    NetCcmLayout* layout = NULL;
    char why[NET_WHY];
    ck_assert_int_eq(net_ccm_layout_create(&t->model.config, &t->model.whole, &layout, why),
                     NET_OK);
    for (int32_t row = 0; row < ROWS; row++) {
        NetCcmSteps steps = {.count = t->history.steps,
                             .episode = t->history.episode + row * MODEL_STEPS,
                             .block = t->history.block};
        net_ccm_layout_fill(layout, plan, row, &steps);
    }
    net_ccm_layout_destroy(layout);
}

// d_weights [weight_count]; d_x [ROWS, MODEL_STEPS, FEATURES]
static void parallel_gradient(const Trial* t, NetReal* d_weights, NetReal* d_x) {
    NetPlan* plan = model_plan(&t->model, ROWS, true, false);
    size_t count = (size_t)ROWS * MODEL_STEPS * FEATURES;
    fill_layout(t, plan);
    memcpy(net_plan_input(plan, t->model.whole_x), t->history.x, count * sizeof *d_x);
    net_plan_forward(plan, ROWS);
    NetReal* d_logits = net_plan_d_output(plan, t->model.whole_logits);
    for (int32_t i = 0; i < ROWS * MODEL_STEPS; i++) {
        int32_t at = i % MODEL_STEPS;
        bool last = at < t->history.steps && t->history.block[at] == BLOCKS - 1;
        for (int32_t k = 0; k < LOGITS; k++) {
            d_logits[i * LOGITS + k] = last ? t->mix[k] : 0;
        }
    }
    net_plan_backward(plan, d_weights);
    memcpy(d_x, net_plan_d_input(plan, t->model.whole_x), count * sizeof *d_x);
    net_plan_destroy(plan);
}

static void compare(Trial* t, const char* name, NetReal* value, double got, double scale) {
    NetReal kept = *value;
    *value = kept + (NetReal)step;
    double up = online_loss(t);
    *value = kept - (NetReal)step;
    double down = online_loss(t);
    *value = kept;
    double expected = (up - down) / (2 * step);
    t->compared++;
    if (!(fabs(expected - got) <= bound * fmax(scale, fabs(expected)))) {
        t->off++;
#ifdef NETS_DOUBLE
        ck_abort_msg("%s: expected %.12g, got %.12g", name, expected, got);
#else
        printf("%s: expected %.12g, got %.12g\n", name, expected, got);
#endif
    }
}

static Trial trial_create(int number) {
    NetCcmConfig config = model_config();
    config.merge = number % 2;
    config.merge_floor = number % 4 == 3 ? 0.4 : 0;
    config.sink = number / 2 % 2;
    config.hidden = 8;
    Trial t = {.model = model_create(&config, CCM_NO_FAULT, (uint64_t)number),
               .history = history_create(ROWS, BLOCKS, 0, (uint64_t)number + 40)};
    NetRandom random = net_random(6, (uint64_t)number);
    for (int32_t k = 0; k < LOGITS; k++) {
        t.mix[k] = (NetReal)net_random_normal(&random);
    }
    return t;
}

static void trial_destroy(Trial* t) {
    history_destroy(&t->history);
    model_destroy(&t->model);
}

static double largest_of(const NetReal* x, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)x[i]));
    }
    return largest;
}

START_TEST(parallel_gradients_are_the_recursions) {
    Trial t = trial_create(_i);
    size_t inputs = (size_t)ROWS * MODEL_STEPS * FEATURES;
    NetReal* d_weights = calloc(t.model.weight_count, sizeof *d_weights);
    NetReal* d_x = calloc(inputs, sizeof *d_x);
    parallel_gradient(&t, d_weights, d_x);
    int32_t count = 0, adapters = 0;
    const NetParam* params = net_params(t.model.graph, &count);
    NetRandom random = net_random(7, (uint64_t)_i);
    for (int32_t i = 0; i < count; i++) {
        double largest = largest_of(d_weights + params[i].offset, params[i].count);
        ck_assert_msg(largest > 0, "%s: no gradient", params[i].name);
        adapters += net_ccm_is_adapter(&params[i]);
        for (int probe = 0; probe < PROBES; probe++) {
            size_t at = params[i].offset + net_random_below(&random, (uint32_t)params[i].count);
            compare(&t, params[i].name, &t.model.weights[at], (double)d_weights[at], largest);
        }
    }
    ck_assert_int_eq(adapters, 1 + 2 * (4 + 4 + 2)); // COMP; A, B of q k v o, last layer k v
    double largest = largest_of(d_x, FEATURES);
    ck_assert_double_gt(largest, 0);
    for (int32_t k = 0; k < FEATURES; k++) { // the first step of the first chunk
        compare(&t, "first step", &t.history.x[k], (double)d_x[k], largest);
    }
    // In float a step may cross a kink of the ReLU; a wrong formula is wrong in many places.
    ck_assert_int_le(20 * t.off, t.compared);
    free(d_weights);
    free(d_x);
    trial_destroy(&t);
}
END_TEST

// What nothing reads is not described at all: no weights, nothing computed.
START_TEST(dead_parts_do_not_exist) {
    NetCcmConfig config = model_config();
    Model model = model_create(&config, CCM_NO_FAULT, 1);
    int32_t count = 0;
    const NetParam* params = net_params(model.graph, &count);
    static const char* const dead[] = {"memory.2.q.lora_a", "memory.2.q.lora_b",
                                       "memory.2.o.lora_a", "memory.2.o.lora_b"};
    for (int32_t i = 0; i < count; i++) {
        for (int k = 0; k < 4; k++) {
            ck_assert_msg(strncmp(params[i].name, dead[k], strlen(dead[k])) != 0, "%s is there",
                          params[i].name);
        }
    }
    model_destroy(&model);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("ccm gradients");
    TCase* tests = tcase_create("gradients");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, parallel_gradients_are_the_recursions, 0, 4);
    tcase_add_test(tests, dead_parts_do_not_exist);
    suite_add_tcase(s, tests);
    return s;
}
