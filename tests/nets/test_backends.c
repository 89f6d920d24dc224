// One network, many ways to run it: backends and storage types agree within a stated tolerance;
// parts, repeats, threads and kinds of plan agree exactly or to rounding.
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/nets/networks.h"
#include "tests/suite.h"

#ifdef NETS_DOUBLE
static const double rounding = 1e-12;
#else
static const double rounding = 1e-5; // sums of some hundred terms in another order
#endif

enum { ROWS = 6, CHOICES = 3 };
static const PlanChoice blas = {NET_BACKEND_BLAS, NET_DTYPE_F32};
static const PlanChoice choices[CHOICES] = {{NET_BACKEND_BLAS, NET_DTYPE_F32},
                                            {NET_BACKEND_ONEDNN, NET_DTYPE_F32},
                                            {NET_BACKEND_ONEDNN, NET_DTYPE_BF16}};

// Every test runs for each network with each choice: _i = network * CHOICES + choice.
typedef struct Setting {
    Network network;
    Batch batch;
    PlanChoice choice;
    double rounding; // of sums in another order
} Setting;

static bool setting_create(int number, Setting* s) {
    s->choice = choices[number % CHOICES];
    if (!plan_exists(s->choice)) {
        return false;
    }
    s->network = network_create(number / CHOICES);
    s->batch = batch_create(&s->network, ROWS, (uint64_t)number / CHOICES);
    // One bit of difference before a rounding to bfloat16 may become one after it.
    s->rounding = s->choice.dtype == NET_DTYPE_BF16 ? 1e-2 : rounding;
    return true;
}

static void setting_destroy(Setting* s) {
    network_destroy(&s->network);
    batch_destroy(&s->batch);
}

static NetPlan* setting_plan(const Setting* s, int32_t rows, bool training) {
    return plan_of(&s->network, rows, training, s->choice);
}

static void check_gradients(const Network* n, const Result* expected, const Result* got,
                            double bound) {
    int32_t count;
    const NetParam* params = net_params(n->graph, &count);
    for (int32_t i = 0; i < count; i++) {
        const NetReal *a = expected->gradient + params[i].offset,
                      *b = got->gradient + params[i].offset;
        double apart = distance(params[i].count, a, b);
        ck_assert_msg(apart <= bound, "gradient of %s: %.3g apart, at most %.3g", params[i].name,
                      apart, bound);
    }
}

static void check_outputs(const Result* expected, const Result* got, double bound) {
    for (int32_t k = 0; k < expected->output_count; k++) {
        double apart = deviation(expected->output_size[k], expected->output[k], got->output[k]);
        ck_assert_msg(apart <= bound, "output %d: %.3g apart, at most %.3g", (int)k, apart, bound);
    }
}

static void check_same(const Result* expected, const Result* got) { // to the bit
    for (int32_t k = 0; k < expected->output_count; k++) {
        ck_assert_mem_eq(expected->output[k], got->output[k],
                         expected->output_size[k] * sizeof(NetReal));
    }
    if (expected->gradient && got->gradient) {
        ck_assert_mem_eq(expected->gradient, got->gradient,
                         expected->weight_count * sizeof(NetReal));
    }
}

// ---------------------------------------------------------------- backends
// In bfloat16 some of the units next to zero fall on the other side of a ReLU, and each takes its
// whole gradient along: without ReLUs the gradients below are three times as close.
START_TEST(choices_agree_with_blas) {
    Setting s;
    if (!setting_create(_i, &s)) {
        return;
    }
    NetPlan *plain = plan_of(&s.network, ROWS, true, blas), *plan = setting_plan(&s, ROWS, true);
    ck_assert_int_eq(net_plan_backend(plan), s.choice.backend);
    ck_assert_int_eq(net_plan_dtype(plan), s.choice.dtype);
    Result expected = result_of(&s.network, plain, &s.batch, 0, ROWS, true);
    Result got = result_of(&s.network, plan, &s.batch, 0, ROWS, true);
    bool half = s.choice.dtype == NET_DTYPE_BF16;
    check_outputs(&expected, &got, half ? 3e-2 : 1e-4);
    double apart = distance(expected.weight_count, expected.gradient, got.gradient);
    ck_assert_msg(apart <= (half ? 0.15 : 1e-4), "all gradients: %.3g apart", apart);
    if (!half) {
        check_gradients(&s.network, &expected, &got, 1e-4);
    }
    result_destroy(&expected);
    result_destroy(&got);
    net_plan_destroy(plain);
    net_plan_destroy(plan);
    setting_destroy(&s);
}
END_TEST

START_TEST(auto_names_what_it_chose) {
    Network n = network_create(2);
    NetPlan* plan = plan_of(&n, 1, false, (PlanChoice){NET_BACKEND_AUTO, NET_DTYPE_AUTO});
    ck_assert_int_ne(net_plan_backend(plan), NET_BACKEND_AUTO);
    ck_assert_int_ne(net_plan_dtype(plan), NET_DTYPE_AUTO);
    bool onednn = plan_exists((PlanChoice){NET_BACKEND_ONEDNN, NET_DTYPE_F32});
    ck_assert_int_eq(net_plan_backend(plan), onednn ? NET_BACKEND_ONEDNN : NET_BACKEND_BLAS);
    net_plan_destroy(plan);
    network_destroy(&n);
}
END_TEST

// ---------------------------------------------------------------- parts of a batch
START_TEST(fewer_rows_than_planned) {
    Setting s;
    if (!setting_create(_i, &s)) {
        return;
    }
    NetPlan* wide = setting_plan(&s, ROWS + 3, true);
    Result used = result_of(&s.network, wide, &s.batch, 0, ROWS, true); // leaves rows behind
    for (int32_t rows = 1; rows < ROWS; rows += 2) {
        NetPlan* exact = setting_plan(&s, rows, true);
        Result expected = result_of(&s.network, exact, &s.batch, 1, rows, true);
        Result got = result_of(&s.network, wide, &s.batch, 1, rows, true);
        check_outputs(&expected, &got, s.rounding);
        check_gradients(&s.network, &expected, &got, 5 * s.rounding);
        result_destroy(&expected);
        result_destroy(&got);
        net_plan_destroy(exact);
    }
    result_destroy(&used);
    net_plan_destroy(wide);
    setting_destroy(&s);
}
END_TEST

START_TEST(micro_batches_add_up) {
    Setting s;
    if (!setting_create(_i, &s)) {
        return;
    }
    NetPlan *whole = setting_plan(&s, ROWS, true), *part = setting_plan(&s, 4, true);
    Result expected = result_of(&s.network, whole, &s.batch, 0, ROWS, true);
    Result sum = result_of(&s.network, part, &s.batch, 0, 4, true);
    Result rest = result_of(&s.network, part, &s.batch, 4, ROWS - 4, false);
    fill_d_outputs(&s.network, part, &s.batch, 4, ROWS - 4);
    net_plan_backward(part, sum.gradient); // adds
    check_gradients(&s.network, &expected, &sum, 5 * s.rounding);
    for (int32_t k = 0; k < expected.output_count; k++) {
        size_t first = sum.output_size[k], size = rest.output_size[k];
        ck_assert_double_le(deviation(first, expected.output[k], sum.output[k]), s.rounding);
        ck_assert_double_le(deviation(size, expected.output[k] + first, rest.output[k]),
                            s.rounding);
    }
    result_destroy(&expected);
    result_destroy(&sum);
    result_destroy(&rest);
    net_plan_destroy(whole);
    net_plan_destroy(part);
    setting_destroy(&s);
}
END_TEST

// ---------------------------------------------------------------- kinds of plan
START_TEST(forward_only_is_the_same_and_smaller) {
    Setting s;
    if (!setting_create(_i, &s)) {
        return;
    }
    NetPlan *training = setting_plan(&s, ROWS, true), *acting = setting_plan(&s, ROWS, false);
    ck_assert_uint_lt(net_plan_bytes(acting), net_plan_bytes(training));
    Result expected = result_of(&s.network, training, &s.batch, 0, ROWS, false);
    Result got = result_of(&s.network, acting, &s.batch, 0, ROWS, false);
    check_outputs(&expected, &got, s.rounding);
    result_destroy(&expected);
    result_destroy(&got);
    net_plan_destroy(training);
    net_plan_destroy(acting);
    setting_destroy(&s);
}
END_TEST

START_TEST(plans_with_other_outputs) { // each output alone, and its share of the gradient
    Setting s;
    if (!setting_create(_i, &s)) {
        return;
    }
    NetPlan* all = setting_plan(&s, ROWS, true);
    Result expected = result_of(&s.network, all, &s.batch, 0, ROWS, true);
    NetReal* sum = calloc(expected.weight_count, sizeof *sum);
    for (int32_t k = 0; k < s.network.output_count; k++) {
        Network alone = s.network;
        Batch batch = s.batch;
        alone.outputs[0] = s.network.outputs[k];
        alone.output_count = 1;
        batch.d_output[0] = s.batch.d_output[k];
        NetPlan* plan = plan_of(&alone, ROWS, true, s.choice);
        ck_assert_double_le(net_plan_flop(plan), net_plan_flop(all));
        Result got = result_of(&alone, plan, &batch, 0, ROWS, true);
        ck_assert_double_le(deviation(got.output_size[0], expected.output[k], got.output[0]),
                            s.rounding);
        for (size_t i = 0; i < got.weight_count; i++) {
            sum[i] += got.gradient[i];
        }
        result_destroy(&got);
        net_plan_destroy(plan);
    }
    ck_assert_double_le(distance(expected.weight_count, expected.gradient, sum), 5 * s.rounding);
    free(sum);
    result_destroy(&expected);
    net_plan_destroy(all);
    setting_destroy(&s);
}
END_TEST

// ---------------------------------------------------------------- same bits
START_TEST(a_plan_keeps_no_state) {
    Setting s;
    if (!setting_create(_i, &s)) {
        return;
    }
    Batch other = batch_create(&s.network, ROWS, 99); // other weights, too
    NetPlan *plan = setting_plan(&s, ROWS, true), *fresh = setting_plan(&s, ROWS, true);
    Result first = result_of(&s.network, plan, &s.batch, 0, ROWS, true);
    Result between = result_of(&s.network, plan, &other, 0, ROWS, true);
    Result forward_only = result_of(&s.network, plan, &other, 2, 3, false);
    Result again = result_of(&s.network, plan, &s.batch, 0, ROWS, true);
    Result by_another = result_of(&s.network, fresh, &s.batch, 0, ROWS, true);
    check_same(&first, &again);
    check_same(&first, &by_another);
    ck_assert_int_ne(memcmp(first.gradient, between.gradient, first.weight_count * sizeof(NetReal)),
                     0);
    Result* all[] = {&first, &between, &forward_only, &again, &by_another};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        result_destroy(all[i]);
    }
    batch_destroy(&other);
    net_plan_destroy(plan);
    net_plan_destroy(fresh);
    setting_destroy(&s);
}
END_TEST

typedef struct Worker {
    const Setting* setting;
    NetPlan* plan;
    int32_t first;
    Result result;
} Worker;

static void* work(void* argument) {
    Worker* w = argument;
    for (int repeat = 0; repeat < 5; repeat++) { // long enough to run side by side
        if (repeat) {
            result_destroy(&w->result);
        }
        w->result =
            result_of(&w->setting->network, w->plan, &w->setting->batch, w->first, ROWS / 2, true);
    }
    return NULL;
}

START_TEST(threads_give_the_same_bits) { // each with a plan, on one graph
    Setting s;
    if (!setting_create(_i, &s)) {
        return;
    }
    Worker workers[2];
    pthread_t threads[2];
    Result expected[2];
    for (int32_t k = 0; k < 2; k++) {
        workers[k] = (Worker){.setting = &s, .first = k * ROWS / 2};
        workers[k].plan = setting_plan(&s, ROWS / 2, true);
        expected[k] =
            result_of(&s.network, workers[k].plan, &s.batch, workers[k].first, ROWS / 2, true);
    }
    for (int k = 0; k < 2; k++) {
        ck_assert_int_eq(pthread_create(&threads[k], NULL, work, &workers[k]), 0);
    }
    for (int k = 0; k < 2; k++) {
        ck_assert_int_eq(pthread_join(threads[k], NULL), 0);
        check_same(&expected[k], &workers[k].result);
        result_destroy(&workers[k].result);
        result_destroy(&expected[k]);
        net_plan_destroy(workers[k].plan);
    }
    setting_destroy(&s);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("backends");
    TCase* tests = tcase_create("ways to run a network");
    tcase_set_timeout(tests, 20);
    int count = NETWORKS * CHOICES;
    tcase_add_loop_test(tests, choices_agree_with_blas, 0, count);
    tcase_add_test(tests, auto_names_what_it_chose);
    tcase_add_loop_test(tests, fewer_rows_than_planned, 0, count);
    tcase_add_loop_test(tests, micro_batches_add_up, 0, count);
    tcase_add_loop_test(tests, forward_only_is_the_same_and_smaller, 0, count);
    tcase_add_loop_test(tests, plans_with_other_outputs, 0, count);
    tcase_add_loop_test(tests, a_plan_keeps_no_state, 0, count);
    tcase_add_loop_test(tests, threads_give_the_same_bits, 0, count);
    suite_add_tcase(s, tests);
    return s;
}
