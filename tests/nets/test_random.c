// The random numbers: golden values, and statistics of fixed seeds (so they pass or fail for good).
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nets/nets.h"
#include "tests/suite.h"

// From a program in another language that follows the description at the head of nets/random.c; its
// mix gives SplitMix64's published first output, e220a8397b1dcdaf. They change only with the
// generator, and then old checkpoints continue otherwise than before.
START_TEST(golden_bits) {
    static const struct {
        uint64_t seed, stream, bits[3];
    } cases[] = {
        {0, 0, {0xffe1c2f567f947a2, 0xcfbbdad666064726, 0x92571763dbbcb430}},
        {1, 0, {0x40a2677d02e18fc5, 0xa4fcf16b4e813c4e, 0xe408494f3eff5db0}},
        {0, 1, {0x6a4fd4a41b97b1ec, 0xce6acf739e724249, 0x3d8d528b14537978}},
        {UINT64_MAX, 7, {0xf38ebd18c1fb2285, 0x8b53fd5036769e5d, 0xd9d102d218afd5e2}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        NetRandom random = net_random(cases[i].seed, cases[i].stream);
        for (int k = 0; k < 3; k++) {
            ck_assert_uint_eq(net_random_bits(&random), cases[i].bits[k]);
        }
    }
}
END_TEST

START_TEST(golden_draws) {
    NetRandom random = net_random(0, 0);
    ck_assert_double_eq(net_random_uniform(&random), 0.9995385979782201);
    random = net_random(0, 0);
    ck_assert_double_eq_tol(net_random_normal(&random), 1.4762377752606064, 1e-15);
    ck_assert_uint_eq(random.counter, 2);
    static const uint32_t below[] = {9, 8, 5, 8, 9, 1, 7, 2};
    random = net_random(0, 0);
    for (int i = 0; i < 8; i++) {
        ck_assert_uint_eq(net_random_below(&random, 10), below[i]);
    }
    static const int32_t permuted[] = {2, 1, 0, 6, 4, 3, 5, 7};
    int32_t index[] = {0, 1, 2, 3, 4, 5, 6, 7};
    random = net_random(0, 0);
    net_random_permute(&random, 8, index);
    ck_assert_mem_eq(index, permuted, sizeof index);
}
END_TEST

START_TEST(any_point_can_be_reached) {
    NetRandom random = net_random(5, 6), kept = {0, 0};
    uint64_t later[4];
    for (int i = 0; i < 104; i++) {
        if (i == 100) {
            kept = random;
        }
        uint64_t bits = net_random_bits(&random);
        if (i >= 100) {
            later[i - 100] = bits;
        }
    }
    NetRandom jumped = net_random(5, 6);
    jumped.counter = 100;
    for (int i = 0; i < 4; i++) {
        ck_assert_uint_eq(net_random_bits(&kept), later[i]);
        ck_assert_uint_eq(net_random_bits(&jumped), later[i]);
    }
}
END_TEST

static int by_value(const void* a, const void* b) {
    uint64_t left = *(const uint64_t*)a, right = *(const uint64_t*)b;
    return (left > right) - (left < right);
}

START_TEST(streams_differ) { // 64 bits: not one value in common
    enum { STREAMS = 64, DRAWS = 64 };
    static uint64_t all[2 * STREAMS * DRAWS];
    size_t count = 0;
    for (uint64_t k = 0; k < STREAMS; k++) {
        NetRandom by_stream = net_random(3, k), by_seed = net_random(k + 100, 0);
        for (int i = 0; i < DRAWS; i++) {
            all[count++] = net_random_bits(&by_stream);
            all[count++] = net_random_bits(&by_seed);
        }
    }
    qsort(all, count, sizeof *all, by_value);
    for (size_t i = 1; i < count; i++) {
        ck_assert_uint_ne(all[i], all[i - 1]);
    }
}
END_TEST

START_TEST(bits_are_fair) { // every bit, and every bit against the next stream's
    enum { DRAWS = 20000 };
    NetRandom random = net_random(8, 0), next = net_random(8, 1);
    int ones[64] = {0}, differ[64] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint64_t a = net_random_bits(&random), b = net_random_bits(&next);
        for (int bit = 0; bit < 64; bit++) {
            ones[bit] += (int)(a >> bit & 1);
            differ[bit] += (int)((a ^ b) >> bit & 1);
        }
    }
    for (int bit = 0; bit < 64; bit++) { // five standard deviations: 5 * sqrt(20000) / 2
        ck_assert_int_le(abs(ones[bit] - DRAWS / 2), 354);
        ck_assert_int_le(abs(differ[bit] - DRAWS / 2), 354);
    }
}
END_TEST

// Sum of (seen - expected)^2 / expected over equally likely outcomes.
static double chi_square(const int* seen, int outcomes, int draws) {
    double expected = (double)draws / outcomes, sum = 0;
    for (int i = 0; i < outcomes; i++) {
        sum += pow(seen[i] - expected, 2) / expected;
    }
    return sum;
}

START_TEST(uniform_numbers) {
    enum { DRAWS = 100000, BINS = 100 };
    NetRandom random = net_random(9, 0);
    int seen[BINS] = {0}, odd = 0;
    for (int i = 0; i < DRAWS; i++) {
        double u = net_random_uniform(&random), whole = u * 0x1p53; // 53 bits, the last one, too
        ck_assert(u >= 0 && u < 1 && whole == floor(whole));
        odd += fmod(whole, 2) == 1;
        seen[(int)(u * BINS)]++;
    }
    ck_assert_int_le(abs(odd - DRAWS / 2), 791);             // five standard deviations
    ck_assert_double_lt(chi_square(seen, BINS, DRAWS), 149); // 99.9 % of chi-square, 99 degrees
}
END_TEST

START_TEST(below_a_bound) {
    enum { DRAWS = 70000 };
    NetRandom random = net_random(10, 0);
    int seen[7] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint32_t drawn = net_random_below(&random, 7);
        ck_assert_uint_lt(drawn, 7);
        seen[drawn]++;
    }
    ck_assert_double_lt(chi_square(seen, 7, DRAWS), 22.5); // 99.9 %, 6 degrees
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_eq(net_random_below(&random, 1), 0);
    }
}
END_TEST

START_TEST(large_bounds_are_fair) { // where a remainder or a product alone is off by half
    enum { DRAWS = 60000 };
    const uint32_t bound = 0xc0000000;
    NetRandom random = net_random(10, 1);
    int thirds[3] = {0}, rests[3] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint32_t drawn = net_random_below(&random, bound);
        ck_assert_uint_lt(drawn, bound);
        thirds[drawn / 0x40000000]++;
        rests[drawn % 3]++;
    }
    ck_assert_double_lt(chi_square(thirds, 3, DRAWS), 13.8); // 99.9 %, 2 degrees
    ck_assert_double_lt(chi_square(rests, 3, DRAWS), 13.8);
}
END_TEST

START_TEST(permutations_are_equally_likely) {
    enum { DRAWS = 24000, ORDERS = 24 };
    NetRandom random = net_random(11, 0);
    int seen[ORDERS] = {0};
    for (int i = 0; i < DRAWS; i++) {
        int32_t index[] = {0, 1, 2, 3};
        net_random_permute(&random, 4, index);
        int number = 0; // Lehmer code
        for (int a = 0; a < 4; a++) {
            int smaller = 0;
            for (int b = a + 1; b < 4; b++) {
                smaller += index[b] < index[a];
            }
            number = number * (4 - a) + smaller;
        }
        seen[number]++;
    }
    ck_assert_double_lt(chi_square(seen, ORDERS, DRAWS), 49.7); // 99.9 %, 23 degrees
}
END_TEST

START_TEST(permutations_are_permutations) {
    enum { MOST = 4097 };
    static int32_t index[MOST];
    NetRandom random = net_random(11, 1);
    const size_t sizes[] = {0, 1, 2, 512, MOST};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        static bool found[MOST];
        memset(found, 0, sizeof found);
        size_t moved = 0;
        for (size_t i = 0; i < sizes[s]; i++) {
            index[i] = (int32_t)i;
        }
        net_random_permute(&random, sizes[s], index);
        for (size_t i = 0; i < sizes[s]; i++) {
            ck_assert(index[i] >= 0 && (size_t)index[i] < sizes[s] && !found[index[i]]);
            found[index[i]] = true;
            moved += index[i] != (int32_t)i;
        }
        ck_assert(sizes[s] < 512 || moved > sizes[s] - 10);
    }
}
END_TEST

START_TEST(normal_moments) {
    enum { DRAWS = 200000 };
    NetRandom random = net_random(12, 0);
    double sums[4] = {0}, product = 0, before = 0;
    int beyond_two = 0, beyond_four = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = net_random_normal(&random);
        ck_assert(isfinite(x));
        for (int k = 0; k < 4; k++) {
            sums[k] += pow(x, k + 1) / DRAWS;
        }
        product += x * before / DRAWS;
        before = x;
        beyond_two += fabs(x) > 2;
        beyond_four += fabs(x) > 4;
    }
    double root = sqrt(DRAWS); // each bound: four standard deviations of its estimate
    ck_assert_double_eq_tol(sums[0], 0, 4 / root);
    ck_assert_double_eq_tol(sums[1], 1, 4 * sqrt(2) / root);
    ck_assert_double_eq_tol(sums[2], 0, 4 * sqrt(15) / root);
    ck_assert_double_eq_tol(sums[3], 3, 4 * sqrt(96) / root);
    ck_assert_double_eq_tol(product, 0, 4 / root);
    ck_assert_double_eq_tol((double)beyond_two / DRAWS, 0.0455, 4 * 0.208 / root);
    ck_assert(beyond_four >= 1 && beyond_four <= 30); // 12.7 expected
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("random");
    TCase* tests = tcase_create("random numbers");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, golden_bits);
    tcase_add_test(tests, golden_draws);
    tcase_add_test(tests, any_point_can_be_reached);
    tcase_add_test(tests, streams_differ);
    tcase_add_test(tests, bits_are_fair);
    tcase_add_test(tests, uniform_numbers);
    tcase_add_test(tests, below_a_bound);
    tcase_add_test(tests, large_bounds_are_fair);
    tcase_add_test(tests, permutations_are_equally_likely);
    tcase_add_test(tests, permutations_are_permutations);
    tcase_add_test(tests, normal_moments);
    suite_add_tcase(s, tests);
    return s;
}
