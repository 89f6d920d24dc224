// Losses over plain arrays: values by hand, gradients by central differences.
#include <math.h>
#include <stdlib.h>

#include "nets/nets.h"
#include "tests/suite.h"

#ifdef NETS_DOUBLE
static const double step = 1e-6, bound = 1e-8, rounding = 1e-14;
#else
static const double step = 1e-2, bound = 2e-3, rounding = 1e-6;
#endif

enum { ROWS = 3, WIDTH = 5, COUNT = ROWS * WIDTH };

START_TEST(squared_error_by_hand) {
    const NetReal x[] = {1, -2, (NetReal)0.5}, target[] = {0, 1, (NetReal)0.5};
    NetReal d_x[] = {10, 10, 10};
    ck_assert_double_eq(net_squared_error(3, x, target, 0.5, d_x), 1 + 9);
    ck_assert_double_eq((double)d_x[0], 10 + 0.5 * 2 * 1); // added
    ck_assert_double_eq((double)d_x[1], 10 - 0.5 * 2 * 3);
    ck_assert_double_eq((double)d_x[2], 10);
    ck_assert_double_eq(net_squared_error(0, x, target, 1, d_x), 0);
}
END_TEST

START_TEST(entropy_by_hand) {
    // 1/2, 1/4, 1/4: 1.5 bits; certainty (as far as it goes): none
    const NetReal log_prob[] = {
        (NetReal)log(0.5), (NetReal)log(0.25), (NetReal)log(0.25), (NetReal)log(1e-9), 0,
        (NetReal)log(1e-9)};
    NetReal d[6] = {0};
    ck_assert_double_eq_tol(net_entropy(2, 3, log_prob, 1, d), 1.5 * log(2), 2e-7);
    ck_assert_double_eq_tol((double)d[0], -0.5 * (log(0.5) + 1), rounding);
    ck_assert_double_eq_tol((double)d[4], -1, rounding); // p = 1: -(0 + 1)
}
END_TEST

START_TEST(divergence_by_hand) {
    const NetReal new[] = {(NetReal)log(0.5), (NetReal)log(0.5)};
    const NetReal old[] = {(NetReal)log(0.25), (NetReal)log(0.75)};
    NetReal d[2] = {0};
    double expected = 0.5 * log(2) + 0.5 * log(2.0 / 3);
    ck_assert_double_eq_tol(net_kl(1, 2, new, old, 1, d), expected, 3 * rounding);
    ck_assert_double_eq_tol((double)d[0], 0.5 * (log(2) + 1), 3 * rounding);
    NetReal same[2] = {0};
    ck_assert_double_eq(net_kl(1, 2, new, new, 2, same), 0);
    ck_assert_double_eq_tol((double)same[1], 2 * 0.5, rounding);
}
END_TEST

START_TEST(impossible_actions_count_nothing) { // exp(-1e4) = 0: no NaN
    const NetReal new[] = {-10000, 0}, old[] = {(NetReal)-1, (NetReal)-0.5};
    NetReal d[2] = {0}, d_entropy[2] = {0};
    ck_assert_double_eq_tol(net_kl(1, 2, new, old, 1, d), 0.5, rounding);
    ck_assert_double_eq(net_entropy(1, 2, new, 1, d_entropy), 0);
    ck_assert_double_eq((double)d[0], 0);
    ck_assert_double_eq((double)d_entropy[0], 0);
}
END_TEST

// ---------------------------------------------------------------- gradients
typedef double Loss(const NetReal* x, const NetReal* other, double weight, NetReal* d_x);

static double squared_error(const NetReal* x, const NetReal* other, double weight, NetReal* d_x) {
    return net_squared_error(COUNT, x, other, weight, d_x);
}
static double entropy(const NetReal* x, const NetReal* other, double weight, NetReal* d_x) {
    (void)other;
    return net_entropy(ROWS, WIDTH, x, weight, d_x);
}
static double divergence(const NetReal* x, const NetReal* other, double weight, NetReal* d_x) {
    return net_kl(ROWS, WIDTH, x, other, weight, d_x);
}
static Loss* const losses[] = {squared_error, entropy, divergence};
enum { LOSSES = sizeof losses / sizeof *losses };

START_TEST(gradients) {
    const double weight = 0.7;
    NetRandom random = net_random(6, (uint64_t)_i);
    NetReal x[COUNT], other[COUNT], d_x[COUNT], unused[COUNT] = {0};
    for (int i = 0; i < COUNT; i++) { // log-probabilities need not sum to one for this
        x[i] = (NetReal)(-2 * net_random_uniform(&random));
        other[i] = (NetReal)(-2 * net_random_uniform(&random));
        d_x[i] = 3; // what was there stays
    }
    losses[_i](x, other, weight, d_x);
    for (int i = 0; i < COUNT; i++) {
        NetReal kept = x[i], high = kept + (NetReal)step, low = kept - (NetReal)step;
        x[i] = high;
        double up = losses[_i](x, other, weight, unused);
        x[i] = low;
        double down = losses[_i](x, other, weight, unused);
        x[i] = kept;
        double expected = 3 + weight * (up - down) / ((double)high - (double)low);
        ck_assert_double_eq_tol((double)d_x[i], expected, bound);
    }
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("losses");
    TCase* tests = tcase_create("losses");
    tcase_add_test(tests, squared_error_by_hand);
    tcase_add_test(tests, entropy_by_hand);
    tcase_add_test(tests, divergence_by_hand);
    tcase_add_test(tests, impossible_actions_count_nothing);
    tcase_add_loop_test(tests, gradients, 0, LOSSES);
    suite_add_tcase(s, tests);
    return s;
}
