// The value normaliser: debiasing, floors, round trip.
#include <math.h>

#include "agent/value_norm.h"
#include "tests/suite.h"

START_TEST(first_update_is_debiased) {
    ValueNorm norm = value_norm_new();
    const NetReal target[] = {1, 3}; // mean 2, mean square 5, variance 1
    value_norm_update(&norm, 2, target);
    ck_assert_double_eq_tol(norm.mean, 0.02, 1e-15);
    ck_assert_double_eq_tol(norm.mean_square, 0.05, 1e-15);
    ck_assert_double_eq_tol(norm.debias, 0.01, 1e-15);
    ck_assert_double_eq_tol(value_norm_mean(&norm), 2, 1e-12);
    ck_assert_double_eq_tol(value_norm_std(&norm), 1, 1e-12);
}
END_TEST

START_TEST(fresh_one_uses_floors) {
    ValueNorm norm = value_norm_new(); // debias 0 -> 0.01, variance 0 -> 0.01
    ck_assert_double_eq_tol(value_norm_mean(&norm), 0, 1e-15);
    ck_assert_double_eq_tol(value_norm_std(&norm), 0.1, 1e-15);
    ck_assert_double_eq_tol(value_norm_denormalise(&norm, 2), 0.2, 1e-15);
}
END_TEST

START_TEST(constant_targets_keep_the_variance_floor) {
    ValueNorm norm = value_norm_new();
    const NetReal target[] = {7, 7, 7};
    for (int i = 0; i < 500; i++) {
        value_norm_update(&norm, 3, target);
    }
    ck_assert_double_eq_tol(value_norm_mean(&norm), 7, 1e-9);
    ck_assert_double_eq_tol(value_norm_std(&norm), 0.1, 1e-9);
}
END_TEST

START_TEST(moves_as_the_formula_says) {
    ValueNorm norm = {.mean = 0.3, .mean_square = 0.9, .debias = 0.5};
    const NetReal target[] = {-1, 2, 4};
    value_norm_update(&norm, 3, target);
    ck_assert_double_eq_tol(norm.mean, 0.99 * 0.3 + 0.01 * 5 / 3, 1e-15);
    ck_assert_double_eq_tol(norm.mean_square, 0.99 * 0.9 + 0.01 * 21 / 3, 1e-15);
    ck_assert_double_eq_tol(norm.debias, 0.505, 1e-15);
    double mean = norm.mean / 0.505, variance = norm.mean_square / 0.505 - mean * mean;
    ck_assert_double_eq_tol(value_norm_std(&norm), sqrt(variance), 1e-12);
    for (double value = -5; value < 6; value += 0.7) {
        double there = value_norm_normalise(&norm, value);
        ck_assert_double_eq_tol(there, (value - mean) / sqrt(variance), 1e-12);
        ck_assert_double_eq_tol(value_norm_denormalise(&norm, there), value, 1e-12);
    }
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("value_norm");
    TCase* c = tcase_create("value_norm");
    tcase_add_test(c, first_update_is_debiased);
    tcase_add_test(c, fresh_one_uses_floors);
    tcase_add_test(c, constant_targets_keep_the_variance_floor);
    tcase_add_test(c, moves_as_the_formula_says);
    suite_add_tcase(s, c);
    return s;
}
