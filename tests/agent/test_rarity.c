// Weights of rare unlocks.
#include <math.h>

#include "agent/rarity.h"
#include "tests/suite.h"

START_TEST(off_pays_nothing) {
    Rarity rarity = rarity_new(0, 1000);
    ck_assert_double_eq(rarity_bonus(&rarity, 0, (UINT32_C(1) << CAIRN_ACHIEVEMENTS) - 1), 0);
}
END_TEST

START_TEST(goes_as_the_scores_gradient) {
    Rarity rarity = rarity_new(1, 1000);
    rarity.success[3] = 0.25, rarity.success[5] = 1;
    // d/ds of exp(mean ln(1 + s)) - 1, in percent, in units of its value at s = 100
    ck_assert_double_eq_tol(rarity_bonus(&rarity, 0, 1 << 3), 101.0 / 26 - 1, 1e-12);
    ck_assert_double_eq_tol(rarity_bonus(&rarity, 0, 1 << 5), 0, 1e-12);
    ck_assert_double_eq_tol(rarity_bonus(&rarity, 0, 1 << 0), 100, 1e-9);
    ck_assert_double_eq_tol(rarity_bonus(&rarity, 1 << 3, 1 << 3 | 1 << 0), 100, 1e-9);
    ck_assert_double_eq(rarity_bonus(&rarity, 1 << 3, 1 << 3), 0);
    rarity.exponent = 0.5;
    ck_assert_double_eq_tol(rarity_bonus(&rarity, 0, 1 << 3 | 1 << 0),
                            sqrt(101.0 / 26) + sqrt(101) - 2, 1e-12);
    rarity.limit = 5;
    ck_assert_double_eq_tol(rarity_bonus(&rarity, 0, 1 << 3 | 1 << 0), sqrt(101.0 / 26) - 1 + 4,
                            1e-12);
}
END_TEST

START_TEST(averages_follow_the_episodes) {
    Rarity rarity = rarity_new(1, 1000);
    int32_t achievements[CAIRN_ACHIEVEMENTS] = {0};
    achievements[7] = 3; // how often in an episode does not matter
    double always = 1e9;
    for (int i = 0; i < 3000; i++) {
        achievements[8] = i % 4 == 0;
        rarity_count(&rarity, achievements);
        double now = rarity_bonus(&rarity, 0, 1 << 7);
        ck_assert_double_lt(now, always + 1e-12);
        always = now;
    }
    ck_assert_double_eq_tol(rarity.success[7], 1, 1e-5);
    ck_assert_double_eq_tol(rarity.success[8], 0.25, 0.01);
    ck_assert_double_eq(rarity.success[9], 0);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("rarity");
    TCase* c = tcase_create("rarity");
    tcase_add_test(c, off_pays_nothing);
    tcase_add_test(c, goes_as_the_scores_gradient);
    tcase_add_test(c, averages_follow_the_episodes);
    suite_add_tcase(s, c);
    return s;
}
