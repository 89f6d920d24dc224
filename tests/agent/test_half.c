// Half precision: known values, all halves there and back, rounding.
#include <math.h>

#include "agent/half.h"
#include "tests/suite.h"

START_TEST(known_values) {
    static const struct {
        float value;
        uint16_t half;
    } known[] = {{0, 0},
                 {-0.0f, 0x8000},
                 {1, 0x3c00},
                 {-2, 0xc000},
                 {65504, 0x7bff},           // the largest
                 {65520, 0x7c00},           // rounds to infinity
                 {6.103515625e-05f, 0x400}, // the smallest normal one
                 {5.9604645e-08f, 1},       // the smallest
                 {2.9e-08f, 0},
                 {0.333251953125f, 0x3555},
                 {INFINITY, 0x7c00},
                 {-INFINITY, 0xfc00}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        ck_assert_msg(half_of(known[i].value) == known[i].half, "%g: %#x, not %#x",
                      (double)known[i].value, half_of(known[i].value), known[i].half);
    }
    ck_assert(isnan(half_value(half_of(NAN))));
}
END_TEST

START_TEST(there_and_back) {
    for (int half = 0; half < 65536; half++) {
        float value = half_value((uint16_t)half);
        if (!isnan(value)) {
            ck_assert_msg(half_of(value) == half, "%#x: %#x", half, half_of(value));
        }
    }
}
END_TEST

START_TEST(rounds_to_the_nearest) {
    for (int half = 0; half < 0x7bff; half++) { // between neighbours; the middle goes to the even
        float low = half_value((uint16_t)half), high = half_value((uint16_t)(half + 1));
        float middle = (low + high) / 2;
        ck_assert_int_eq(half_of(middle), half % 2 ? half + 1 : half);
        ck_assert_int_eq(half_of(nextafterf(middle, low)), half);
        ck_assert_int_eq(half_of(nextafterf(middle, high)), half + 1);
    }
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("half");
    TCase* c = tcase_create("half");
    tcase_add_test(c, known_values);
    tcase_add_test(c, there_and_back);
    tcase_add_test(c, rounds_to_the_nearest);
    suite_add_tcase(s, c);
    return s;
}
