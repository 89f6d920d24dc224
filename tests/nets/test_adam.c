// The optimiser: against its formula in double precision, against the closed form for a constant
// gradient, and in every variant of the kernels.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/nets/elements.h"
#include "tests/suite.h"

static const size_t sizes[] = {1, 7, 17, 64, 1000, 1025};
enum { SIZES = sizeof sizes / sizeof *sizes };

// torch.optim.Adam: one element, one update; moments in [0], [1].
static double plain_adam(const NetAdam* adam, double gradient, double moments[2], double weight) {
    double t = (double)adam->updates;
    moments[0] = adam->beta1 * moments[0] + (1 - adam->beta1) * gradient;
    moments[1] = adam->beta2 * moments[1] + (1 - adam->beta2) * gradient * gradient;
    double mean = moments[0] / (1 - pow(adam->beta1, t));
    double square = moments[1] / (1 - pow(adam->beta2, t));
    return weight - adam->learning_rate * mean / (sqrt(square) + adam->epsilon);
}

START_TEST(formula_in_every_variant) {
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    NetRandom random = net_random(4, 1);
    for (size_t s = 0; s < SIZES; s++) {
        size_t count = sizes[s];
        NetAdam adam = {.learning_rate = 3e-4, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
        NetReal *mean = reals_create(count), *square = reals_create(count);
        NetReal* weights = reals_random(count, &random);
        double *expected = calloc(count, sizeof *expected), (*moments)[2] = calloc(count, 16);
        for (size_t i = 0; i < count; i++) {
            expected[i] = (double)weights[i];
        }
        for (adam.updates = 1; adam.updates <= 3; adam.updates++) {
            NetReal* gradient = reals_random(count, &random);
            double t = (double)adam.updates, scale = 0.37;
            v.kernels->adam(count, &adam, adam.learning_rate / (1 - pow(adam.beta1, t)),
                            1 / sqrt(1 - pow(adam.beta2, t)), scale, gradient, mean, square,
                            weights);
            for (size_t i = 0; i < count; i++) {
                expected[i] =
                    plain_adam(&adam, scale * (double)gradient[i], moments[i], expected[i]);
                double bound = 2 * real_rounding * fabs(expected[i]) + 1e-8;
                check_close(&v, "weight", i, expected[i], (double)weights[i], bound);
                check_close(&v, "mean", i, moments[i][0], (double)mean[i], real_rounding);
                check_close(&v, "square", i, moments[i][1], (double)square[i], real_rounding);
            }
            free(gradient);
        }
        free(mean);
        free(square);
        free(weights);
        free(expected);
        free(moments);
    }
}
END_TEST

// With one gradient g throughout, the corrected moments are g and g^2 at every step.
START_TEST(closed_form_of_a_constant_gradient) {
    enum { COUNT = 37, FIRST = 5, PART = 23 };
    NetReal mean[COUNT] = {0}, square[COUNT] = {0}, weights[COUNT], gradient[COUNT];
    for (int i = 0; i < COUNT; i++) {
        weights[i] = 1;
        gradient[i] = (NetReal)(i % 2 ? 0.5 : -2) * (NetReal)(i + 1);
    }
    NetAdam adam = {.learning_rate = 0.01,
                    .beta1 = 0.9,
                    .beta2 = 0.999,
                    .epsilon = 1e-3,
                    .mean = mean,
                    .square = square};
    for (int step = 1; step <= 3; step++) {
        adam.updates++;
        net_adam_update(&adam, FIRST, PART, 0.1, gradient, weights);
        for (int i = 0; i < COUNT; i++) {
            double g = 0.1 * (double)gradient[i];
            double expected = 1 - step * 0.01 * g / (fabs(g) + 1e-3);
            bool inside = i >= FIRST && i < FIRST + PART;
            ck_assert_double_eq_tol((double)weights[i], inside ? expected : 1, 4e-7);
        }
    }
}
END_TEST

START_TEST(no_gradient_no_change) {
    NetReal mean[9] = {0}, square[9] = {0}, gradient[9] = {0}, weights[9];
    for (int i = 0; i < 9; i++) {
        weights[i] = (NetReal)i;
    }
    NetAdam adam = {1e-3, 0.9, 0.999, 1e-8, 1, mean, square};
    net_adam_update(&adam, 0, 9, 1, gradient, weights);
    for (int i = 0; i < 9; i++) {
        ck_assert_double_eq((double)weights[i], i);
    }
}
END_TEST

START_TEST(ranges_make_up_the_whole) { // as threads share the work
    enum { COUNT = 1003 };
    NetRandom random = net_random(4, 2);
    NetReal *gradient = reals_random(COUNT, &random), *start = reals_random(COUNT, &random);
    NetReal *weights[2], *mean[2], *square[2];
    for (int k = 0; k < 2; k++) {
        weights[k] = reals_create(COUNT);
        mean[k] = reals_create(COUNT);
        square[k] = reals_create(COUNT);
        memcpy(weights[k], start, COUNT * sizeof *start);
        NetAdam adam = {1e-3, 0.9, 0.999, 1e-5, 1, mean[k], square[k]};
        for (size_t first = 0; first < COUNT; first += k ? 167 : COUNT) {
            size_t rest = COUNT - first, part = k && rest > 167 ? 167 : rest;
            net_adam_update(&adam, first, part, 1, gradient, weights[k]);
        }
    }
    for (size_t i = 0; i < COUNT; i++) { // loop remainders may round in another way
        ck_assert_double_eq_tol((double)weights[0][i], (double)weights[1][i], 1e-6);
    }
    for (int k = 0; k < 2; k++) {
        free(weights[k]);
        free(mean[k]);
        free(square[k]);
    }
    free(gradient);
    free(start);
}
END_TEST

// ---------------------------------------------------------------- the norm
START_TEST(sum_of_squares) {
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    NetRandom random = net_random(4, 3);
    ck_assert_double_eq(v.kernels->square_sum(0, NULL), 0);
    for (size_t s = 0; s < SIZES; s++) {
        NetReal* x = reals_random(sizes[s], &random);
        double expected = 0;
        for (size_t i = 0; i < sizes[s]; i++) {
            expected += (double)x[i] * (double)x[i];
        }
        double got = v.kernels->square_sum(sizes[s], x);
        check_close(&v, "square_sum", s, expected, got, 1e-12 * expected);
        ck_assert(got == v.kernels->square_sum(sizes[s], x)); // a fixed order
        if (sizes[s] > 8) {
            x[sizes[s] / 2] = (NetReal)NAN;
            ck_assert(isnan(v.kernels->square_sum(sizes[s], x)));
        }
        free(x);
    }
}
END_TEST

START_TEST(squares_beyond_float) { // summed in double: 1e30^2 does not overflow
    NetReal x[] = {(NetReal)1e30, (NetReal)-2e30, 1};
    ck_assert_double_eq_tol(net_square_sum(x, 3) / 5e60, 1, 1e-6);
}
END_TEST

START_TEST(clipping) {
    ck_assert_double_eq(net_clip_scale(0.1, 0.5), 1);
    ck_assert_double_eq(net_clip_scale(0, 0.5), 1);
    ck_assert_double_eq_tol(net_clip_scale(2, 0.5), 0.5 / (2 + 1e-6), 1e-15);
    ck_assert_double_eq_tol(net_clip_scale(0.5, 0.5), 0.5 / (0.5 + 1e-6), 1e-15);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("adam");
    TCase* tests = tcase_create("optimiser");
    tcase_add_loop_test(tests, formula_in_every_variant, 0, VARIANTS);
    tcase_add_test(tests, closed_form_of_a_constant_gradient);
    tcase_add_test(tests, no_gradient_no_change);
    tcase_add_test(tests, ranges_make_up_the_whole);
    tcase_add_loop_test(tests, sum_of_squares, 0, VARIANTS);
    tcase_add_test(tests, squares_beyond_float);
    tcase_add_test(tests, clipping);
    suite_add_tcase(s, tests);
    return s;
}
