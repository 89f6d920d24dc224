// Proves env/random.c: figures of CPython and NumPy, and the counter's evenness.
#include <check.h>
#include <math.h>
#include <string.h>

#include "env/random.h"
#include "tests/suite.h"

START_TEST(hashes_seed_and_episode) {
    ck_assert_int_eq(random_tuple_hash(0, 1), -1950498447580522560);
    ck_assert_uint_eq(random_episode_seed(0, 1), 1256191933);
    ck_assert_uint_eq(random_episode_seed(0, 2), 744553801);
    ck_assert_uint_eq(random_episode_seed(42, 7), 324110706);
    ck_assert_uint_eq(random_episode_seed(-1, 1), 1476744201);
    // CPython's hashes of -1 and -2 are equal; of 2^61 - 1, it is 0.
    ck_assert_int_eq(random_tuple_hash(-1, 3), random_tuple_hash(-2, 3));
    ck_assert_int_eq(random_tuple_hash((INT64_C(1) << 61) - 1, 3), random_tuple_hash(0, 3));
    ck_assert_int_ne(random_tuple_hash(INT64_MIN, 1), random_tuple_hash(INT64_MAX, 1));
}
END_TEST

START_TEST(draws_as_numpy) {
    Mersenne mersenne;
    Generator generator = {.mersenne = &mersenne};
    mersenne_seed(&mersenne, 0);
    ck_assert_uint_eq(mersenne_bits(&mersenne), 2357136044);
    ck_assert_uint_eq(mersenne_bits(&mersenne), 2546248239);
    ck_assert_uint_eq(mersenne_bits(&mersenne), 3071714933);
    mersenne_seed(&mersenne, 0);
    double value;
    ck_assert_double_eq(random_uniform(&generator), 0.5488135039273248);
    random_uniforms(&generator, 1, 32, 127, &value);
    ck_assert_double_eq(value, 99.94298980537985);
    ck_assert_uint_eq(random_below(&generator, 4), 3);
    ck_assert_uint_eq(random_below(&generator, 100), 67);
    int32_t position = mersenne.position;
    ck_assert_uint_eq(random_below(&generator, 1), 0);
    ck_assert_int_eq(mersenne.position, position); // nothing drawn
    ck_assert_uint_eq(random_below(&generator, 4), 3);
    ck_assert_int_eq(mersenne.position, position + 1);
}
END_TEST

START_TEST(many_uniforms_are_single_ones) {
    Mersenne one, many;
    mersenne_seed(&one, 77);
    mersenne_seed(&many, 77);
    mersenne_bits(&one); // so that a pair lies across two blocks
    mersenne_bits(&many);
    static double value[2000];
    random_uniforms(&(Generator){.mersenne = &many}, 2000, 32, 127, value);
    for (int i = 0; i < 2000; i++) {
        double expected = 32 + (127.0 - 32) * random_uniform(&(Generator){.mersenne = &one});
        ck_assert_msg(value[i] == expected, "number %d: expected %a, got %a", i, expected,
                      value[i]);
    }
    ck_assert_mem_eq(&one, &many, sizeof one);
}
END_TEST

START_TEST(skipping_is_drawing) {
    for (int32_t count = 0; count < 3000; count += 137) {
        Mersenne drawn, skipped;
        mersenne_seed(&drawn, 5);
        mersenne_seed(&skipped, 5);
        mersenne_bits(&drawn);
        mersenne_bits(&skipped);
        for (int32_t i = 0; i < count; i++) {
            mersenne_bits(&drawn);
        }
        mersenne_skip(&skipped, count);
        ck_assert_int_eq(drawn.position, skipped.position);
        ck_assert_mem_eq(&drawn, &skipped, sizeof drawn);
    }
}
END_TEST

// ---------------------------------------------------------------- the counter
START_TEST(counters_are_even) {
    Generator generator = {0};
    random_begin(&generator, -3, 9);
    enum { DRAWS = 1 << 20, BINS = 64 };
    static int32_t below[BINS - 1], pairs[BINS][BINS];
    int32_t last = 0;
    for (int i = 0; i < DRAWS; i++) {
        double u = random_uniform(&generator);
        ck_assert(u >= 0 && u < 1);
        int32_t bin = (int32_t)(u * BINS);
        pairs[last][bin]++;
        last = bin;
        uint32_t value = random_below(&generator, BINS - 1);
        ck_assert_uint_lt(value, BINS - 1);
        below[value]++;
    }
    double uniform = 0, choice = 0; // chi-square, 4095 and 62 degrees of freedom
    for (int i = 0; i < BINS; i++) {
        for (int j = 0; j < BINS; j++) {
            double expected = (double)DRAWS / (BINS * BINS);
            uniform += (pairs[i][j] - expected) * (pairs[i][j] - expected) / expected;
        }
        double expected = (double)DRAWS / (BINS - 1);
        double off = i < BINS - 1 ? below[i] - expected : 0;
        choice += off * off / expected;
    }
    ck_assert_msg(fabs(uniform - 4095) < 5 * sqrt(2 * 4095), "pairs: %g", uniform);
    ck_assert_msg(fabs(choice - 62) < 5 * sqrt(2 * 62), "choices: %g", choice);
    uint64_t counter = generator.counter;
    ck_assert_uint_eq(counter, 2 * DRAWS);
    ck_assert_uint_eq(random_below(&generator, 1), 0);
    ck_assert_uint_eq(generator.counter, counter); // nothing drawn
}
END_TEST

START_TEST(streams_are_apart) {
    Generator a = {0}, b = {0}, c = {0};
    random_begin(&a, 5, 1);
    random_begin(&b, 5, 2);
    random_begin(&c, 6, 1);
    ck_assert(a.key != b.key && a.key != c.key && b.key != c.key);
    Generator night = random_branch(&a, 1, 7), later = random_branch(&a, 1, 8);
    ck_assert(night.key != a.key && night.key != later.key);
    ck_assert_uint_eq(random_branch(&a, 1, 7).key, night.key);
    ck_assert_uint_eq(a.counter, 0);
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("random");
    TCase* tests = tcase_create("random");
    tcase_add_test(tests, hashes_seed_and_episode);
    tcase_add_test(tests, draws_as_numpy);
    tcase_add_test(tests, many_uniforms_are_single_ones);
    tcase_add_test(tests, skipping_is_drawing);
    tcase_add_test(tests, counters_are_even);
    tcase_add_test(tests, streams_are_apart);
    suite_add_tcase(suite, tests);
    return suite;
}
