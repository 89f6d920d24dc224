// Proves that mode fast is mode exact in distribution: the short form, which a gross error fails.
// bench_distribution.c is the long one.
#include <check.h>

#include "tests/env/distribution.h"
#include "tests/suite.h"

enum { EPISODES = 1024 };

START_TEST(fast_is_like_exact) {
    Distribution exact = distribution_play(CAIRN_MODE_EXACT, EPISODES, 1);
    Distribution fast = distribution_play(CAIRN_MODE_FAST, EPISODES, 2);
    ck_assert_int_eq(exact.episodes, EPISODES);
    ck_assert_int_eq(distribution_compare(&exact, &fast, false), 0);
    ck_assert_int_eq(distribution_compare_published(&fast, false), 0);
    distribution_free(&exact);
    distribution_free(&fast);
}
END_TEST

// A test that could not fail would prove nothing: worlds of another size are told from these.
START_TEST(samples_are_told_apart) {
    Distribution exact = distribution_play(CAIRN_MODE_EXACT, 512, 3);
    Distribution fast = distribution_play(CAIRN_MODE_FAST, 512, 4);
    for (int32_t v = 0; v < DISTRIBUTION_VALUES_MAX; v++) { // every value a tenth larger
        fast.sum[v] *= 1.1;
        fast.square[v] *= 1.21;
    }
    ck_assert_int_gt(distribution_compare(&exact, &fast, false), 20);
    distribution_free(&exact);
    distribution_free(&fast);
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("distribution");
    TCase* tests = tcase_create("distribution");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, fast_is_like_exact);
    tcase_add_test(tests, samples_are_told_apart);
    suite_add_tcase(suite, tests);
    return suite;
}
