// Proves env/noise.c: figures of OpenSimplex for Python 0.4.5, and layers against single points.
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "env/noise.h"
#include "tests/suite.h"

static uint32_t crc(const void* bytes, size_t size) {
    return (uint32_t)crc32_z(0, bytes, size);
}

START_TEST(agrees_with_the_original) {
    Noise noise;
    noise_seed(&noise, 0);
    ck_assert_uint_eq(crc(noise.permutation, 256), 0x80066d0a);
    ck_assert_double_eq(noise_at(&noise, 0.5, 0.25, 3), -0.036162379490133276);
    noise_seed(&noise, 487388145);
    ck_assert_uint_eq(crc(noise.permutation, 256), 0x0a5ed261);
    ck_assert_double_eq(noise_at(&noise, 0.5, 0.25, 3), 0x1.17c40d4173286p-4);
    ck_assert_double_eq(noise_at(&noise, -3.3, 2.7, 0.4), -0x1.ffd7d17558f55p-2);
    static double value[64 * 64];
    for (int x = 0; x < 64; x++) {
        for (int y = 0; y < 64; y++) {
            value[64 * x + y] = noise_at(&noise, x / 7.0, y / 5.0, 3);
        }
    }
    ck_assert_uint_eq(crc(value, sizeof value), 0x74382ec6); // little-endian doubles
}
END_TEST

enum { SIDE = 96, STRIDE = SIDE + NOISE_MAP_PAD };

// Ninety cells are a period of the lattice for every scale here, so all places within a cell occur.
START_TEST(layers_are_close_to_points) {
    const NoiseLayer layers[] = {{1 / 3.0, 1 / 3.0, 8, 1},  {1 / 15.0, 1 / 15.0, 3, 1},
                                 {1 / 5.0, 1 / 5.0, 0, 1},  {1 / 7.0, 1 / 7.0, 6, 1},
                                 {2 / 3.0, 1 / 15.0, 7, 1}, {1 / 15.0, 2 / 3.0, 7, 1},
                                 {1 / 8.0, 1 / 8.0, 1, 1},  {1 / 6.0, 1 / 6.0, 2, 1},
                                 {1 / 9.0, 1 / 9.0, 4, 1},  {1 / 6.0, 1 / 6.0, 5, 1}};
    const NoiseArea area = {0, SIDE, 0, SIDE, STRIDE};
    static float map[SIDE * STRIDE];
    double worst = 0;
    for (int64_t seed = 0; seed < 20; seed++) {
        Noise noise;
        noise_seed(&noise, seed * 104729 - 7);
        for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
            memset(map, 0, sizeof map);
            noise_map(&noise, &layers[i], &area, map);
            for (int x = 0; x < SIDE; x++) {
                for (int y = 0; y < SIDE; y++) {
                    double expected =
                        noise_at(&noise, x * layers[i].x_scale, y * layers[i].y_scale, layers[i].z);
                    worst = fmax(worst, fabs(map[x * STRIDE + y] - expected));
                }
            }
        }
    }
    ck_assert_msg(worst < NOISE_MAP_ERROR / 4, "largest difference %g", worst);
}
END_TEST

START_TEST(areas_are_parts_of_layers) {
    const NoiseLayer layer = {1 / 5.0, 1 / 5.0, 3, 1};
    const NoiseArea whole = {0, SIDE, 0, SIDE, STRIDE}, part = {17, 30, 41, 20, STRIDE};
    static float map[SIDE * STRIDE], other[SIDE * STRIDE];
    Noise noise;
    noise_seed(&noise, 99);
    noise_map(&noise, &layer, &whole, map);
    noise_map(&noise, &layer, &part, &other[17 * STRIDE + 41]);
    for (int x = 17; x < 47; x++) {
        for (int y = 41; y < 61; y++) {
            ck_assert_double_eq_tol(map[x * STRIDE + y], other[x * STRIDE + y], 1e-5);
        }
    }
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("noise");
    TCase* tests = tcase_create("noise");
    tcase_add_test(tests, agrees_with_the_original);
    tcase_add_test(tests, layers_are_close_to_points);
    tcase_add_test(tests, areas_are_parts_of_layers);
    suite_add_tcase(suite, tests);
    return suite;
}
