// Drawing actions.
#include <math.h>

#include "agent/sample.h"
#include "tests/suite.h"

START_TEST(frequencies) {
    const double p[] = {0.5, 0.25, 0.2, 0.05};
    NetReal log_prob[4];
    int count[4] = {0};
    enum { DRAWS = 100000 };
    for (int a = 0; a < 4; a++) {
        log_prob[a] = (NetReal)log(p[a]);
    }
    NetRandom random = net_random(3, 4);
    for (int i = 0; i < DRAWS; i++) {
        count[sample_action(log_prob, 4, &random)]++;
    }
    for (int a = 0; a < 4; a++) { // five standard deviations
        ck_assert_double_eq_tol((double)count[a] / DRAWS, p[a],
                                5 * sqrt(p[a] * (1 - p[a]) / DRAWS));
    }
    ck_assert_uint_eq(random.counter, DRAWS); // one number each
}
END_TEST

START_TEST(impossible_actions_are_never_drawn) {
    const NetReal log_prob[] = {(NetReal)-INFINITY, (NetReal)log(0.3), (NetReal)log(0.6999),
                                (NetReal)-INFINITY};
    NetRandom random = net_random(5, 6);
    for (int i = 0; i < 100000; i++) { // also when the sum falls short of 1
        int32_t action = sample_action(log_prob, 4, &random);
        ck_assert(action == 1 || action == 2);
    }
}
END_TEST

START_TEST(most_probable) {
    const NetReal log_prob[] = {-3, -1, -2, -1};
    ck_assert_int_eq(most_probable_action(log_prob, 4), 1);
    ck_assert_int_eq(most_probable_action(log_prob, 1), 0);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("sample");
    TCase* c = tcase_create("sample");
    tcase_add_test(c, frequencies);
    tcase_add_test(c, impossible_actions_are_never_drawn);
    tcase_add_test(c, most_probable);
    suite_add_tcase(s, c);
    return s;
}
