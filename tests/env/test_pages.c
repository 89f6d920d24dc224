// Proves env/pages.c: memory of any size is zero, begins where it should, and is refused when there
// is no such size.
#include <check.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "env/pages.h"
#include "tests/suite.h"

enum { LINE = 64, HUGE_PAGE = 1 << 21 };

static void expect_zeroed(size_t count, size_t size, uintptr_t alignment) {
    const size_t bytes = count * size;
    mallopt(M_PERTURB, 85); // glibc then fills what it hands out with other bytes
    for (int round = 0; round < 2; round++) {
        unsigned char* memory = pages_zeroed(count, size);
        ck_assert_ptr_nonnull(memory);
        ck_assert_uint_eq((uintptr_t)memory % alignment, 0);
        size_t zeros = 0;
        for (size_t i = 0; i < bytes; i++) {
            zeros += memory[i] == 0;
        }
        ck_assert_uint_eq(zeros, bytes);
        memset(memory, 255, bytes);
        free(memory);
    }
}

START_TEST(memory_is_zero_and_aligned) {
    expect_zeroed(1, 1, LINE);
    expect_zeroed(3, 65, LINE);
    expect_zeroed(1, HUGE_PAGE - 1, LINE);
    expect_zeroed(2, HUGE_PAGE / 2, HUGE_PAGE);
    expect_zeroed(1025, 4099, HUGE_PAGE);
}
END_TEST

START_TEST(sizes_that_do_not_exist_are_refused) {
    ck_assert_ptr_null(pages_zeroed(SIZE_MAX, 2));
    ck_assert_ptr_null(pages_zeroed(SIZE_MAX / 2, 3));
    ck_assert_ptr_null(pages_zeroed(SIZE_MAX, 1)); // nor with what fills its last page
    ck_assert_ptr_null(pages_zeroed(1, SIZE_MAX - 64));
}
END_TEST

Suite* suite(void) {
    Suite* made = suite_create("pages");
    TCase* whole = tcase_create("pages");
    tcase_add_test(whole, memory_is_zero_and_aligned);
    tcase_add_test(whole, sizes_that_do_not_exist_are_refused);
    suite_add_tcase(made, whole);
    return made;
}
