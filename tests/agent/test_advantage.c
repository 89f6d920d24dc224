// Advantages against the official code's figures and by hand.
#include <math.h>
#include <string.h>

#include "agent/advantage.h"
#include "tests/agent/vectors.h"
#include "tests/suite.h"

static const double tolerance = sizeof(NetReal) == 8 ? 1e-9 : 1e-4;

enum { T = 7, N = 3 };

START_TEST(official_figures) {
    Vectors* vectors = vectors_read("tests/vectors/gae.txt.gz");
    const Vector* reward = vector_named(vectors, "reward");
    const Vector* value = vector_named(vectors, "value");
    const Vector* mask = vector_named(vectors, "mask");
    ck_assert_uint_eq(reward->count, T * N);
    ck_assert_uint_eq(value->count, (T + 1) * N);
    NetReal values[(T + 1) * N], advantage[T * N], target[T * N];
    uint8_t terminated[T * N], truncated[T * N] = {0};
    for (int i = 0; i < (T + 1) * N; i++) {
        values[i] = (NetReal)value->values[i];
    }
    for (int i = 0; i < T * N; i++) {
        terminated[i] = mask->values[i + N] == 0; // row t of the mask: ended in the step before t
    }
    AdvantageInput input = {T, N, 0.95, 0.65, reward->values, values, terminated, truncated, NULL};
    advantage_estimate(&input, advantage, target);
    advantage_normalise(T * N, advantage);
    const Vector* expected_target = vector_named(vectors, "return");
    const Vector* expected_advantage = vector_named(vectors, "advantage");
    for (int i = 0; i < T * N; i++) {
        ck_assert_double_eq_tol((double)target[i], expected_target->values[i], tolerance);
        ck_assert_double_eq_tol((double)advantage[i], expected_advantage->values[i], tolerance);
    }
    vectors_destroy(vectors);
}
END_TEST

// One world, three steps, an end after the second. gamma 0.5, lambda 0.5, reward 1, value 2, 4,
// 8, 16.
static void three_steps(bool died, bool cut, const NetReal* cut_value, NetReal advantage[3]) {
    const double reward[] = {1, 1, 1};
    const NetReal value[] = {2, 4, 8, 16};
    const uint8_t terminated[] = {0, died, 0}, truncated[] = {0, cut, 0};
    NetReal target[3];
    AdvantageInput input = {3, 1, 0.5, 0.5, reward, value, terminated, truncated, cut_value};
    advantage_estimate(&input, advantage, target);
    for (int i = 0; i < 3; i++) {
        ck_assert_double_eq_tol((double)target[i], (double)(advantage[i] + value[i]), 1e-6);
    }
}

START_TEST(ends_by_hand) {
    const NetReal after[] = {100, 6, 100};
    NetReal advantage[3];
    three_steps(false, false, after, advantage); // surprises 1, 1, 1
    ck_assert_double_eq_tol((double)advantage[2], 1, 1e-6);
    ck_assert_double_eq_tol((double)advantage[1], 1 + 0.25, 1e-6);
    ck_assert_double_eq_tol((double)advantage[0], 1 + 0.25 * 1.25, 1e-6);
    three_steps(true, false, after, advantage); // surprise 1 - 4 at the end, nothing behind it
    ck_assert_double_eq_tol((double)advantage[1], -3, 1e-6);
    ck_assert_double_eq_tol((double)advantage[0], 1 - 0.75, 1e-6);
    three_steps(false, true, NULL, advantage); // the paper: a cut is an end
    ck_assert_double_eq_tol((double)advantage[1], -3, 1e-6);
    three_steps(false, true, after, advantage); // 1 + 0.5 * 6 - 4
    ck_assert_double_eq_tol((double)advantage[1], 0, 1e-6);
    ck_assert_double_eq_tol((double)advantage[0], 1, 1e-6);
    three_steps(true, true, after, advantage); // dead is dead, also at the limit
    ck_assert_double_eq_tol((double)advantage[1], -3, 1e-6);
}
END_TEST

START_TEST(normalised) {
    NetReal advantage[] = {1, 2, 3, 4};
    advantage_normalise(4, advantage);
    double std = sqrt(5.0 / 3); // of 1 2 3 4, unbiased
    for (int i = 0; i < 4; i++) {
        ck_assert_double_eq_tol((double)advantage[i], (i - 1.5) / std, 1e-6);
    }
    NetReal constant[] = {3, 3};
    advantage_normalise(2, constant);
    ck_assert_double_eq_tol((double)constant[0], 0, 1e-6);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("advantage");
    TCase* c = tcase_create("advantage");
    tcase_add_test(c, official_figures);
    tcase_add_test(c, ends_by_hand);
    tcase_add_test(c, normalised);
    suite_add_tcase(s, c);
    return s;
}
