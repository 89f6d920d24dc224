// The elementwise loops of every variant against plain ones written here. What has one right answer
// is compared exactly, so all variants agree to the bit there.
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/nets/elements.h"
#include "tests/suite.h"

static const size_t sizes[] = {0, 1, 7, 17, 64, 1000, 1025};
enum { SIZES = sizeof sizes / sizeof *sizes };

// ---------------------------------------------------------------- conversions
static float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

START_TEST(conversion_rounds_to_nearest_even) {
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    const struct {
        double x, expected; // of bfloat16
    } cases[] = {
        {1, 1},
        {-0.0, -0.0},
        {1 + 0x1p-8, 1},                     // half way: to the even 1
        {1 + 0x3p-8, 1 + 0x2p-7},            // half way: up to the even one
        {1 + 0x1p-8 + 0x1p-20, 1 + 0x1p-7},  // just above half way
        {1 + 0x3p-8 - 0x1p-20, 1 + 0x1p-7},  // just below
        {-1 - 0x3p-8, -1 - 0x2p-7},          //
        {0x1.fep127, 0x1.fep127},            // the largest
        {(double)FLT_MAX, (double)INFINITY}, // beyond the largest
        {-(double)INFINITY, -(double)INFINITY},
        {0x1p-133, 0x1p-133}, // the smallest
        {0x1p-134, 0},        // half of it
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        NetReal x = (NetReal)cases[i].x, back = 7;
        void* y = elements_create(&v, 1);
        v.kernels->from_real(1, &x, y);
        v.kernels->to_real(1, y, &back);
        double expected = v.half ? cases[i].expected : cases[i].x;
        check_close(&v, "from_real", i, expected, element_get(&v, y, 0), 0);
        check_close(&v, "to_real", i, expected, (double)back, 0);
        ck_assert_int_eq(signbit((double)back) != 0, signbit(expected) != 0);
        free(y);
    }
}
END_TEST

START_TEST(conversion_of_any_number) {
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    NetRandom random = net_random(1, 1);
    for (size_t s = 0; s < SIZES; s++) {
        NetReal *x = reals_create(sizes[s]), *back = reals_create(sizes[s]);
        void* y = elements_create(&v, sizes[s]);
        for (size_t i = 0; i < sizes[s]; i++) {
            float any = float_of((uint32_t)net_random_bits(&random));
            x[i] = (NetReal)any;
            element_set(&v, y, i, 3);
        }
        v.kernels->from_real(sizes[s], x, y);
        v.kernels->to_real(sizes[s], y, back);
        for (size_t i = 0; i < sizes[s]; i++) {
            double expected = (double)x[i];
            expected = v.half ? bf16_value(bf16_nearest((float)expected)) : expected;
            check_close(&v, "from_real", i, expected, element_get(&v, y, i), 0);
            check_close(&v, "to_real", i, expected, (double)back[i], 0);
        }
        free(x);
        free(back);
        free(y);
    }
}
END_TEST

START_TEST(conversion_keeps_nan) { // also one whose payload lies in the bits that are cut off
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    const uint32_t patterns[] = {0x7fc00000, 0x7f800001, 0xff800001, 0x7fffffff, 0xffffffff};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        NetReal x[17], back[17];
        for (int k = 0; k < 17; k++) {
            x[k] = (NetReal)float_of(patterns[i]);
        }
        void* y = elements_create(&v, 17);
        v.kernels->from_real(17, x, y);
        v.kernels->to_real(17, y, back);
        for (size_t k = 0; k < 17; k++) {
            ck_assert_msg(isnan(back[k]), "%s: pattern %zu is no NaN any more", v.name, i);
        }
        free(y);
    }
}
END_TEST

START_TEST(bytes_become_fractions) {
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    NetRandom random = net_random(1, 2);
    for (size_t s = 0; s < SIZES; s++) {
        uint8_t* x = calloc(sizes[s] + 1, 1);
        for (size_t i = 0; i < sizes[s]; i++) {
            x[i] = (uint8_t)(sizes[s] == 1000 ? i % 256 : net_random_below(&random, 256));
        }
        void *y = elements_create(&v, sizes[s]), *expected = elements_create(&v, sizes[s]);
        v.kernels->from_bytes(sizes[s], x, y);
        for (size_t i = 0; i < sizes[s]; i++) {
            element_set(&v, expected, i, (double)((NetReal)x[i] / 255));
            check_close(&v, "from_bytes", i, element_get(&v, expected, i), element_get(&v, y, i),
                        0);
        }
        free(x);
        free(y);
        free(expected);
    }
}
END_TEST

// ---------------------------------------------------------------- elementwise
START_TEST(sums_of_two) {
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    NetRandom random = net_random(1, 3);
    for (size_t s = 0; s < SIZES; s++) {
        size_t count = sizes[s];
        void *a = elements_random(&v, count, &random), *b = elements_random(&v, count, &random);
        void *y = elements_create(&v, count), *expected = elements_create(&v, count);
        for (size_t i = 0; i < count; i++) {
            NetReal left = (NetReal)element_get(&v, a, i), right = (NetReal)element_get(&v, b, i);
            element_set(&v, expected, i, (double)(left + right));
        }
        v.kernels->add(count, a, b, y);
        v.kernels->add(count, a, b, a); // in place, as gradients are added
        for (size_t i = 0; i < count; i++) {
            check_close(&v, "add", i, element_get(&v, expected, i), element_get(&v, y, i), 0);
            check_close(&v, "add in place", i, element_get(&v, y, i), element_get(&v, a, i), 0);
        }
        free(a);
        free(b);
        free(y);
        free(expected);
    }
}
END_TEST

// Normal draws with zeros of both signs, a NaN and infinities among them.
static void* with_specials(const Variant* v, size_t count, NetRandom* random) {
    void* x = elements_random(v, count, random);
    const double specials[] = {0.0, -0.0, (double)NAN, (double)INFINITY, -(double)INFINITY};
    for (size_t i = 0; i < count; i += 3) {
        element_set(v, x, i, specials[i / 3 % 5]);
    }
    return x;
}

START_TEST(relu_and_its_mask) {
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    NetRandom random = net_random(1, 4);
    for (size_t s = 0; s < SIZES; s++) {
        size_t count = sizes[s];
        void *x = with_specials(&v, count, &random), *y = elements_create(&v, count);
        void *d_y = elements_random(&v, count, &random), *before = elements_create(&v, count);
        for (size_t i = 0; i < count; i++) {
            element_set(&v, before, i, element_get(&v, d_y, i));
        }
        v.kernels->relu(count, x, y);
        v.kernels->mask(count, y, d_y);
        for (size_t i = 0; i < count; i++) {
            double from = element_get(&v, x, i);
            check_close(&v, "relu", i, from < 0 ? 0 : from, element_get(&v, y, i), 0);
            double kept = from > 0 ? element_get(&v, before, i) : 0;
            check_close(&v, "mask", i, kept, element_get(&v, d_y, i), 0);
        }
        v.kernels->relu(count, x, x); // in place
        for (size_t i = 0; i < count; i++) {
            check_close(&v, "relu in place", i, element_get(&v, y, i), element_get(&v, x, i), 0);
        }
        free(x);
        free(y);
        free(d_y);
        free(before);
    }
}
END_TEST

// ---------------------------------------------------------------- columns
enum { ROWS = 5 };

START_TEST(column_sums) {
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    NetRandom random = net_random(1, 5);
    for (size_t s = 1; s < SIZES; s++) {
        size_t width = sizes[s];
        void* x = elements_random(&v, ROWS * width, &random);
        NetReal *sum = reals_random(width, &random), *before = reals_create(width);
        memcpy(before, sum, width * sizeof *sum);
        v.kernels->add_columns(ROWS, width, x, sum);
        for (size_t c = 0; c < width; c++) {
            double expected = (double)before[c];
            for (size_t row = 0; row < ROWS; row++) {
                expected += element_get(&v, x, row * width + c);
            }
            check_close(&v, "add_columns", c, expected, (double)sum[c], 20 * real_rounding);
        }
        free(x);
        free(sum);
        free(before);
    }
}
END_TEST

START_TEST(bias_then_relu) {
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    NetRandom random = net_random(1, 6);
    for (size_t s = 0; s < SIZES * 4; s++) { // with and without either
        size_t width = sizes[s % SIZES];
        bool with_bias = s / SIZES % 2 == 0, with_relu = s / SIZES < 2;
        NetReal* bias = with_bias ? reals_random(width, &random) : NULL;
        void* y = elements_random(&v, ROWS * width, &random);
        void* expected = elements_create(&v, ROWS * width);
        for (size_t i = 0; i < ROWS * width; i++) {
            NetReal sum = (NetReal)element_get(&v, y, i) + (bias ? bias[i % width] : 0);
            element_set(&v, expected, i, with_relu && sum < 0 ? 0 : (double)sum);
        }
        v.kernels->bias_relu(ROWS, width, bias, with_relu, y);
        for (size_t i = 0; i < ROWS * width; i++) {
            check_close(&v, "bias_relu", i, element_get(&v, expected, i), element_get(&v, y, i), 0);
        }
        free(bias);
        free(y);
        free(expected);
    }
}
END_TEST

// ---------------------------------------------------------------- the choice
START_TEST(one_of_the_variants_is_chosen) {
    for (int half = 0; half < 2; half++) {
        const NetKernels* chosen = net_kernels(half);
        bool known = false;
        for (int i = 0; i < VARIANTS; i++) {
            Variant v;
            known |= variant_find(i, &v) && v.half == (half == 1) && v.kernels == chosen;
        }
        ck_assert(known);
        ck_assert_ptr_nonnull(net_kernels_by_name("base", half));
        ck_assert_ptr_null(net_kernels_by_name("avx1024", half));
    }
    ck_assert_str_ne(net_instruction_set(), "");
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("kernels");
    TCase* tests = tcase_create("elementwise");
    tcase_add_loop_test(tests, conversion_rounds_to_nearest_even, 0, VARIANTS);
    tcase_add_loop_test(tests, conversion_of_any_number, 0, VARIANTS);
    tcase_add_loop_test(tests, conversion_keeps_nan, 0, VARIANTS);
    tcase_add_loop_test(tests, bytes_become_fractions, 0, VARIANTS);
    tcase_add_loop_test(tests, sums_of_two, 0, VARIANTS);
    tcase_add_loop_test(tests, relu_and_its_mask, 0, VARIANTS);
    tcase_add_loop_test(tests, column_sums, 0, VARIANTS);
    tcase_add_loop_test(tests, bias_then_relu, 0, VARIANTS);
    tcase_add_test(tests, one_of_the_variants_is_chosen);
    suite_add_tcase(s, tests);
    return s;
}
