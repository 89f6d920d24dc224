// Proves runs/value_fit.c on values whose fit is known.
#include <check.h>

#include "runs/value_fit.h"
#include "tests/suite.h"

enum { LENGTH = 5 };
static const float REWARD[LENGTH] = {0, 1, 0, -0.5F, 2};

// Discounted by 0.5: 2, 1; 2; 1 - 0.5 + ...
static const double RETURN[LENGTH] = {0.5625, 1.125, 0.25, 0.5, 2};

static double fit_of(const float value[LENGTH]) {
    ValueFit fit = {0};
    AgentTrace trace = {.value = value, .reward = REWARD};
    value_fit_add(&fit, 0.5, LENGTH, &trace);
    ck_assert_int_eq(fit.steps, LENGTH);
    return value_fit_r2(&fit);
}

START_TEST(fit_of_known_values) {
    float exact[LENGTH], scaled[LENGTH], constant[LENGTH], off[LENGTH];
    for (int t = 0; t < LENGTH; t++) {
        exact[t] = (float)RETURN[t];
        scaled[t] = 3 - 4 * exact[t]; // a square: the sign does not matter
        constant[t] = 7;
        off[t] = exact[t] + (t == 0 ? 2 : 0);
    }
    ck_assert_double_eq_tol(fit_of(exact), 1, 1e-9);
    ck_assert_double_eq_tol(fit_of(scaled), 1, 1e-6);
    ck_assert_double_eq(fit_of(constant), 0);
    ck_assert_double_lt(fit_of(off), 0.5);
    ck_assert_double_gt(fit_of(off), 0.05);
}
END_TEST

// Episodes do not run into each other.
START_TEST(episodes_are_their_own) {
    const float first[2] = {1, 0}, second[2] = {0, 3}, low[2] = {1, 0}, high[2] = {1.5F, 3};
    ValueFit fit = {0};
    value_fit_add(&fit, 0.5, 2, &(AgentTrace){.value = low, .reward = first});
    value_fit_add(&fit, 0.5, 2, &(AgentTrace){.value = high, .reward = second});
    ck_assert_int_eq(fit.steps, 4);
    ck_assert_double_eq_tol(value_fit_r2(&fit), 1, 1e-9);
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("value_fit");
    TCase* tests = tcase_create("value_fit");
    tcase_add_test(tests, fit_of_known_values);
    tcase_add_test(tests, episodes_are_their_own);
    suite_add_tcase(suite, tests);
    return suite;
}
