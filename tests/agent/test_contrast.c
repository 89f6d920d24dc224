// The contrastive loss: values by hand, gradients against differences, extremes.
#include <math.h>
#include <string.h>

#include "agent/contrast.h"
#include "tests/suite.h"

enum { WIDTH = 7, VECTORS = 3 };
static const double tolerance = sizeof(NetReal) == 8 ? 1e-12 : 1e-6;

typedef struct Case {
    NetReal vector[VECTORS][WIDTH];   // anchor, positive, negative
    NetReal gradient[VECTORS][WIDTH]; //
} Case;

static double loss_of(Case* c, double temperature, double weight) {
    Contrast contrast = {c->vector[0],   c->vector[1],   c->vector[2],
                         c->gradient[0], c->gradient[1], c->gradient[2]};
    return contrast_loss(WIDTH, temperature, weight, &contrast);
}

// Anchor (1, 0, ...), positive (p, 0, ...), negative (n, 0, ...).
static Case along_one_axis(double p, double n) {
    Case c = {0};
    c.vector[0][0] = 1;
    c.vector[1][0] = (NetReal)p;
    c.vector[2][0] = (NetReal)n;
    return c;
}

// -log(e^(p/T) / (e^(p/T) + e^(n/T))) with figures worked out on paper.
START_TEST(values_by_hand) {
    static const struct {
        double p, n, temperature, loss;
    } cases[] = {
        {0.5, 0.5, 0.1, 0.6931471805599453}, // cannot tell: log 2
        {1, 0, 1, 0.3132616875182228},       // log(1 + 1/e)
        {0, 1, 1, 1.3132616875182228},       // log(1 + e)
        {0.25, 0, 0.25, 0.3132616875182228}, // the temperature divides
        {-1, 1, 0.1, 20.000000002061153},    // quite wrong: 20 + log(1 + e^-20)
        {1, -1, 0.1, 2.061153620314381e-09}, // quite right: log(1 + e^-20)
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        Case c = along_one_axis(cases[i].p, cases[i].n);
        double loss = loss_of(&c, cases[i].temperature, 1);
        ck_assert_msg(fabs(loss - cases[i].loss) <= 1e-13 * fmax(1, cases[i].loss),
                      "p %g, n %g, T %g: %.17g, not %.17g", cases[i].p, cases[i].n,
                      cases[i].temperature, loss, cases[i].loss);
    }
    Case tiny = along_one_axis(1, -1); // no cancellation: the digits of a small loss are right
    ck_assert_double_eq_tol(loss_of(&tiny, 0.1, 1) / 2.061153620314381e-09, 1, 1e-9);
}
END_TEST

// At p = n the slope is 1/2 of anchor / T, positive down, negative up.
START_TEST(gradient_by_hand) {
    Case c = along_one_axis(0.5, 0.5);
    c.gradient[1][0] = 100; // is added to
    loss_of(&c, 0.1, 2);
    ck_assert_double_eq_tol((double)c.gradient[1][0], 100 - 2 * 0.5 / 0.1,
                            1e-4 * tolerance + 1e-12);
    ck_assert_double_eq_tol((double)c.gradient[2][0], 2 * 0.5 / 0.1, 1e-12);
    ck_assert_double_eq_tol((double)c.gradient[0][0], 0, 1e-12); // p - n = 0
    for (int k = 0; k < VECTORS; k++) {
        for (int i = 1; i < WIDTH; i++) {
            ck_assert_double_eq((double)c.gradient[k][i], 0);
        }
    }
}
END_TEST

static Case random_case(uint64_t seed) {
    Case c = {0};
    NetRandom random = net_random(seed, 1);
    for (int k = 0; k < VECTORS; k++) {
        for (int i = 0; i < WIDTH; i++) {
            c.vector[k][i] = (NetReal)(0.3 * net_random_normal(&random));
        }
    }
    return c;
}

// Central differences; in float the step and the tolerance are what 24 bits allow.
START_TEST(gradient_against_differences) {
    double h = sizeof(NetReal) == 8 ? 1e-6 : 1e-2, near = sizeof(NetReal) == 8 ? 1e-8 : 2e-3;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        Case c = random_case(seed);
        loss_of(&c, 0.4, 3);
        for (int k = 0; k < VECTORS; k++) {
            for (int i = 0; i < WIDTH; i++) {
                Case up = c, down = c;
                up.vector[k][i] = (NetReal)((double)c.vector[k][i] + h);
                down.vector[k][i] = (NetReal)((double)c.vector[k][i] - h);
                double width = (double)up.vector[k][i] - (double)down.vector[k][i];
                double slope = 3 * (loss_of(&up, 0.4, 0) - loss_of(&down, 0.4, 0)) / width;
                ck_assert_msg(fabs((double)c.gradient[k][i] - slope) <= near * fmax(1, fabs(slope)),
                              "seed %d, vector %d[%d]: %.12g, not %.12g", (int)seed, k, i,
                              (double)c.gradient[k][i], slope);
            }
        }
    }
}
END_TEST

// A gradient that is not asked for is not written, and changes nothing about the others.
START_TEST(only_what_is_wanted) {
    Case all = random_case(4), some = all;
    double loss = loss_of(&all, 0.1, 1);
    Contrast contrast = {.anchor = some.vector[0],
                         .positive = some.vector[1],
                         .negative = some.vector[2],
                         .d_negative = some.gradient[2]};
    ck_assert_double_eq(contrast_loss(WIDTH, 0.1, 1, &contrast), loss);
    ck_assert_mem_eq(some.gradient[2], all.gradient[2], sizeof all.gradient[2]);
    contrast = (Contrast){some.vector[0], some.vector[1], some.vector[2], some.gradient[0], 0, 0};
    contrast_loss(WIDTH, 0.1, 1, &contrast);
    ck_assert_mem_eq(some.gradient[0], all.gradient[0], sizeof all.gradient[0]);
    for (int i = 0; i < WIDTH; i++) {
        ck_assert_double_eq((double)some.gradient[1][i], 0);
        ck_assert_double_ne((double)all.gradient[1][i], 0);
    }
}
END_TEST

// The same vector on both sides, as where a permutation leaves a step in its place: the pushes
// cancel.
START_TEST(a_step_against_itself) {
    Case c = random_case(5);
    NetReal gradient[WIDTH] = {0};
    Contrast contrast = {.anchor = c.vector[0],
                         .positive = c.vector[1],
                         .negative = c.vector[1],
                         .d_positive = gradient,
                         .d_negative = gradient};
    ck_assert_double_eq_tol(contrast_loss(WIDTH, 0.1, 1, &contrast), log(2), 1e-15);
    for (int i = 0; i < WIDTH; i++) {
        ck_assert_double_eq((double)gradient[i], 0);
    }
}
END_TEST

START_TEST(extreme_margins_stay_finite) {
    static const double margins[] = {1e2, 1e3, 1e5, 1e10, 1e30};
    for (size_t i = 0; i < sizeof margins / sizeof margins[0]; i++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            Case c = along_one_axis(sign * margins[i], 0);
            double loss = loss_of(&c, 1, 1), expected = sign > 0 ? 0 : (double)(NetReal)margins[i];
            ck_assert_msg(isfinite(loss) && fabs(loss - expected) <= 1e-9 * (1 + expected),
                          "margin %g: %g", sign * margins[i], loss);
            ck_assert_double_eq_tol((double)c.gradient[1][0], sign > 0 ? 0 : -1, 1e-9);
            ck_assert_double_eq_tol((double)c.gradient[2][0], sign > 0 ? 0 : 1, 1e-9);
            ck_assert(isfinite((double)c.gradient[0][0]));
        }
    }
}
END_TEST

// What is not a number must not look like one.
START_TEST(not_a_number_comes_through) {
    Case c = along_one_axis(NAN, 0);
    ck_assert(isnan(loss_of(&c, 0.1, 1)));
    ck_assert(isnan((double)c.gradient[2][0]));
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("contrast");
    TCase* c = tcase_create("contrast");
    tcase_add_test(c, values_by_hand);
    tcase_add_test(c, gradient_by_hand);
    tcase_add_test(c, gradient_against_differences);
    tcase_add_test(c, only_what_is_wanted);
    tcase_add_test(c, a_step_against_itself);
    tcase_add_test(c, extreme_margins_stay_finite);
    tcase_add_test(c, not_a_number_comes_through);
    suite_add_tcase(s, c);
    return s;
}
