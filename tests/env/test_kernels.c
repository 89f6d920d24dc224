// Proves env/kernels.c: all instruction sets give the same bits, and those of the plain formulas.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "env/kernels.h"
#include "env/terrain.h"
#include "tests/suite.h"

static const char* const NAMES[] = {"avx2", "avx512"};

static const EnvKernels* other(int i) {
    const EnvKernels* kernels = env_kernels_by_name(NAMES[i]);
    if (!kernels) {
        printf("%s: not on this machine, not compared\n", NAMES[i]);
    }
    return kernels;
}

START_TEST(names_are_known) {
    ck_assert_ptr_nonnull(env_kernels_by_name("base"));
    ck_assert_ptr_null(env_kernels_by_name("other"));
    ck_assert_ptr_nonnull(env_kernels());
}
END_TEST

START_TEST(random_numbers_agree) {
    const EnvKernels *base = env_kernels_by_name("base"), *kernels = other(_i);
    uint32_t a[KERNEL_STATE], b[KERNEL_STATE], out_a[KERNEL_STATE], out_b[KERNEL_STATE];
    for (int i = 0; i < KERNEL_STATE; i++) {
        a[i] = b[i] = (uint32_t)i * 2654435761u;
    }
    for (int round = 0; kernels && round < 50; round++) {
        base->twist(a);
        kernels->twist(b);
        base->temper(a, out_a);
        kernels->temper(b, out_b);
        ck_assert_mem_eq(a, b, sizeof a);
        ck_assert_mem_eq(out_a, out_b, sizeof out_a);
        double value_a[300], value_b[300];
        base->uniforms(out_a, 300, 32, 95, value_a);
        kernels->uniforms(out_b, 300, 32, 95, value_b);
        ck_assert_mem_eq(value_a, value_b, sizeof value_a);
    }
}
END_TEST

START_TEST(noise_agrees) {
    const EnvKernels *base = env_kernels_by_name("base"), *kernels = other(_i);
    enum { SIDE = 40, STRIDE = SIDE + NOISE_MAP_PAD };
    static float a[SIDE * STRIDE], b[SIDE * STRIDE];
    Noise noise;
    noise_seed(&noise, 12345);
    const NoiseLayer layers[] = {
        {1 / 15.0, 1 / 15.0, 3, 1}, {2 / 3.0, 1 / 15.0, 7, 1}, {0.2, 0.2, 0, 0.3}};
    for (int i = 0; kernels && i < 3; i++) {
        const NoiseArea area = {3, SIDE, 11, SIDE, STRIDE};
        memset(a, 0, sizeof a);
        memset(b, 0, sizeof b);
        base->noise_map(&noise, &layers[i], &area, a);
        kernels->noise_map(&noise, &layers[i], &area, b);
        ck_assert_mem_eq(a, b, sizeof a);
    }
}
END_TEST

START_TEST(light_agrees) {
    const EnvKernels *base = env_kernels_by_name("base"), *kernels = other(_i);
    enum { PIXELS = 333 };
    uint8_t rgb[3 * PIXELS], out_a[3 * PIXELS], out_b[3 * PIXELS];
    uint16_t dusk_a[3 * PIXELS], dusk_b[3 * PIXELS];
    srand(1);
    for (int round = 0; kernels && round < 200; round++) {
        for (int i = 0; i < 3 * PIXELS; i++) {
            rgb[i] = (uint8_t)rand();
        }
        double daylight = rand() / (double)RAND_MAX;
        base->light_dusk(rgb, PIXELS, dusk_a);
        kernels->light_dusk(rgb, PIXELS, dusk_b);
        ck_assert_mem_eq(dusk_a, dusk_b, sizeof dusk_a);
        base->light_mix(rgb, dusk_a, 3 * PIXELS, daylight, out_a);
        kernels->light_mix(rgb, dusk_a, 3 * PIXELS, daylight, out_b);
        ck_assert_mem_eq(out_a, out_b, sizeof out_a);
        base->light_sleep(out_a, PIXELS);
        kernels->light_sleep(out_b, PIXELS);
        ck_assert_mem_eq(out_a, out_b, sizeof out_a);
        int32_t night_a[3 * KERNEL_RUN], night_b[3 * KERNEL_RUN];
        double vignette[KERNEL_RUN], noise[KERNEL_RUN];
        for (int i = 0; i < 3 * KERNEL_RUN; i++) {
            night_a[i] = night_b[i] = rgb[i];
            vignette[i % KERNEL_RUN] = rand() / (double)RAND_MAX;
            noise[i % KERNEL_RUN] = 32 + 95 * (rand() / (double)RAND_MAX);
        }
        const Light light = {.daylight = daylight / 2, .noisy = true, .asleep = round % 2};
        base->light_night(&light, vignette, noise, 1 + round % KERNEL_RUN, night_a);
        kernels->light_night(&light, vignette, noise, 1 + round % KERNEL_RUN, night_b);
        ck_assert_mem_eq(night_a, night_b, sizeof night_a);
    }
}
END_TEST

// Rows at night: every instruction set alike, and like the plain formulas but for what rounding in
// single precision moves across a whole number.
START_TEST(night_rows_agree) {
    const EnvKernels* base = env_kernels_by_name("base");
    const EnvKernels* kernels = _i < 2 ? other(_i) : base;
    srand(7);
    int off = 0, values = 0;
    double mean = 0;
    for (int round = 0; kernels && round < 300; round++) {
        uint8_t planes[3 * KERNEL_RUN], row_a[3 * KERNEL_RUN], row_b[3 * KERNEL_RUN];
        int32_t plain[3 * KERNEL_RUN];
        float vignette[KERNEL_RUN];
        double vignette_plain[KERNEL_RUN], noise[KERNEL_RUN];
        for (int i = 0; i < 3 * KERNEL_RUN; i++) {
            planes[i] = (uint8_t)rand();
            plain[i] = planes[i];
        }
        const uint32_t key[2] = {(uint32_t)rand(), (uint32_t)rand()};
        for (uint32_t i = 0; i < KERNEL_RUN; i++) {
            vignette[i] = (float)(rand() / (double)RAND_MAX);
            vignette_plain[i] = (double)vignette[i];
            const TerrainKey as_key = {key[0], key[1]};
            noise[i] = 32 + 95 * ((terrain_draw(as_key, 640 + i) >> 8) * 0x1p-24);
            mean += noise[i] / (300 * KERNEL_RUN);
        }
        const Light light = {
            .daylight = rand() / (2.0 * RAND_MAX), .noisy = true, .asleep = round % 3 == 0};
        memcpy(row_a, planes, sizeof planes);
        memcpy(row_b, planes, sizeof planes);
        base->light_night_row(&light, vignette, key, 640, row_a);
        kernels->light_night_row(&light, vignette, key, 640, row_b);
        ck_assert_mem_eq(row_a, row_b, sizeof row_a);
        base->light_night(&light, vignette_plain, noise, KERNEL_RUN, plain);
        for (int i = 0; i < 3 * KERNEL_RUN; i++, values++) {
            ck_assert_int_le(abs(plain[i] - row_b[i]), 2);
            off += plain[i] != row_b[i];
        }
        uint8_t mixed[3 * KERNEL_RUN];
        kernels->interleave(planes, mixed);
        for (int i = 0; i < KERNEL_RUN; i++) {
            ck_assert(mixed[3 * i] == planes[i] && mixed[3 * i + 1] == planes[KERNEL_RUN + i] &&
                      mixed[3 * i + 2] == planes[2 * KERNEL_RUN + i]);
        }
    }
    if (kernels) {
        ck_assert_int_lt(off, values / 1000);
        ck_assert_double_eq_tol(mean, 79.5, 1); // of 32 to 127; its own error is 0.2
    }
}
END_TEST

START_TEST(views_agree) {
    const char* name = _i == 0 ? "base" : NAMES[_i - 1];
    const EnvKernels* kernels = env_kernels_by_name(name);
    enum { COLUMNS = KERNEL_VIEW_COLUMNS, ROWS = KERNEL_VIEW_ROWS, STRIDE = 21 };
    uint8_t material[COLUMNS * STRIDE], tiles[2 * COLUMNS * ROWS + 1];
    for (size_t i = 0; i < sizeof material; i++) {
        material[i] = (uint8_t)(i * 37 + 11);
    }
    tiles[2 * COLUMNS * ROWS] = 77; // not its own
    if (kernels) {
        kernels->view(material + 5, STRIDE, tiles);
        for (int row = 0; row < ROWS; row++) {
            for (int column = 0; column < COLUMNS; column++) {
                const uint8_t* tile = tiles + (size_t)(2 * (row * COLUMNS + column));
                ck_assert_int_eq(tile[0], material[5 + column * STRIDE + row]);
                ck_assert_int_eq(tile[1], 0);
            }
        }
        ck_assert_int_eq(tiles[2 * COLUMNS * ROWS], 77);
    }
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("kernels");
    TCase* tests = tcase_create("kernels");
    tcase_add_test(tests, names_are_known);
    tcase_add_loop_test(tests, random_numbers_agree, 0, 2);
    tcase_add_loop_test(tests, noise_agrees, 0, 2);
    tcase_add_loop_test(tests, light_agrees, 0, 2);
    tcase_add_loop_test(tests, night_rows_agree, 0, 3);
    tcase_add_loop_test(tests, views_agree, 0, 3);
    suite_add_tcase(suite, tests);
    return suite;
}
