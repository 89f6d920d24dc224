// Proves env/random.c: figures of CPython and NumPy.
#include <check.h>
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
    Generator generator;
    random_seed(&generator, 0);
    ck_assert_uint_eq(random_bits(&generator), 2357136044);
    ck_assert_uint_eq(random_bits(&generator), 2546248239);
    ck_assert_uint_eq(random_bits(&generator), 3071714933);
    random_seed(&generator, 0);
    double value;
    ck_assert_double_eq(random_uniform(&generator), 0.5488135039273248);
    random_uniforms(&generator, 1, 32, 127, &value);
    ck_assert_double_eq(value, 99.94298980537985);
    ck_assert_uint_eq(random_below(&generator, 4), 3);
    ck_assert_uint_eq(random_below(&generator, 100), 67);
    int32_t position = generator.position;
    ck_assert_uint_eq(random_below(&generator, 1), 0);
    ck_assert_int_eq(generator.position, position); // nothing drawn
    ck_assert_uint_eq(random_below(&generator, 4), 3);
    ck_assert_int_eq(generator.position, position + 1);
}
END_TEST

START_TEST(many_uniforms_are_single_ones) {
    Generator one, many;
    random_seed(&one, 77);
    random_seed(&many, 77);
    random_bits(&one); // so that a pair lies across two blocks
    random_bits(&many);
    static double value[2000];
    random_uniforms(&many, 2000, 32, 127, value);
    for (int i = 0; i < 2000; i++) {
        double expected = 32 + (127.0 - 32) * random_uniform(&one);
        ck_assert_msg(value[i] == expected, "number %d: expected %a, got %a", i, expected,
                      value[i]);
    }
    ck_assert_mem_eq(&one, &many, sizeof one);
}
END_TEST

START_TEST(skipping_is_drawing) {
    for (int32_t count = 0; count < 3000; count += 137) {
        Generator drawn, skipped;
        random_seed(&drawn, 5);
        random_seed(&skipped, 5);
        random_bits(&drawn);
        random_bits(&skipped);
        for (int32_t i = 0; i < count; i++) {
            random_bits(&drawn);
        }
        random_skip(&skipped, count);
        ck_assert_int_eq(drawn.position, skipped.position);
        ck_assert_mem_eq(&drawn, &skipped, sizeof drawn);
    }
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("random");
    TCase* tests = tcase_create("random");
    tcase_add_test(tests, hashes_seed_and_episode);
    tcase_add_test(tests, draws_as_numpy);
    tcase_add_test(tests, many_uniforms_are_single_ones);
    tcase_add_test(tests, skipping_is_drawing);
    suite_add_tcase(suite, tests);
    return suite;
}
