// The transforms of Winograd's F(4x4, 3x3), every variant, against products with the matrices of
// Lavin and Gray in double precision. (That they add up to a convolution: test_map.c.)
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/winograd.h"
#include "tests/nets/elements.h"
#include "tests/suite.h"

extern const NetWinograd net_winograd_base;
#ifdef __x86_64__
extern const NetWinograd net_winograd_avx2, net_winograd_avx512;
#endif

enum { LOOPS = 3, POINTS = WINOGRAD_POINTS, T = WINOGRAD_TILE };

static const double input_matrix[36] = {4, 0, -5, 0,  1, 0, 0, -4, -4, 1,  1, 0, //
                                        0, 4, -4, -1, 1, 0, 0, -2, -1, 2,  1, 0, //
                                        0, 2, -1, -2, 1, 0, 0, 4,  0,  -5, 0, 1};
static const double filter_matrix[18] = {1. / 4,  0,        0,       -1. / 6, -1. / 6, -1. / 6,
                                         -1. / 6, 1. / 6,   -1. / 6, 1. / 24, 1. / 12, 1. / 6,
                                         1. / 24, -1. / 12, 1. / 6,  0,       0,       1};
static const double output_matrix[24] = {1, 1, 1, 1, 1, 0, 0, 1, -1, 2, -2, 0,
                                         0, 1, 1, 4, 4, 0, 0, 1, -1, 8, -8, 1};

static bool find(int number, Variant* variant, const NetWinograd** loops) {
    if (!variant_find(2 * number, variant)) {
        return false;
    }
#ifdef __x86_64__
    const NetWinograd* all[] = {&net_winograd_base, &net_winograd_avx2, &net_winograd_avx512};
    *loops = all[number];
#else
    *loops = &net_winograd_base;
#endif
    return true;
}

// y [rows, rows] = M x M^T with M [rows, inner], or with its transpose if `turned`.
static void both_sides(int rows, int inner, const double* m, bool turned, const double* x,
                       double* y) {
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < rows; j++) {
            double sum = 0;
            for (int a = 0; a < inner; a++) {
                for (int b = 0; b < inner; b++) {
                    double left = turned ? m[a * rows + i] : m[i * inner + a];
                    double right = turned ? m[b * rows + j] : m[j * inner + b];
                    sum += left * x[a * inner + b] * right;
                }
            }
            y[i * rows + j] = sum;
        }
    }
}

// The size x size window of channel c whose first cell is (top, left); 0 outside.
static void window(const WinogradShape* s, const NetReal* x, int top, int left, int size, size_t c,
                   double* to) {
    for (int i = 0; i < size * size; i++) {
        int iy = top + i / size, ix = left + i % size;
        bool inside = iy >= 0 && iy < (int)s->height && ix >= 0 && ix < (int)s->width;
        size_t cell = inside ? (size_t)iy * s->width + (size_t)ix : 0;
        to[i] = inside ? (double)x[cell * s->channels + c] : 0;
    }
}

static const WinogradShape shapes[] = {
    {4, 4, 1, 1, 0}, {8, 8, 17, 4, 0}, {9, 9, 16, 20, 9}, {1, 3, 7, 2, 1}, {6, 11, 64, 13, 5}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

typedef struct Tiles { // of one picture
    size_t across, count, plane;
    double bound;
} Tiles;

static Tiles tiles_of(const WinogradShape* s) {
    size_t across = (s->width + T - 1) / T;
    return (Tiles){across, (s->height + T - 1) / T * across, winograd_plane(s->tiles, s->channels),
                   200 * real_rounding};
}

// input: with B^T, 6 to 6. d_output: with A, 4 to 6.
static void check_to_points(const Variant* v, const NetWinograd* loops, const WinogradShape* s,
                            bool input, NetRandom* random) {
    Tiles tiles = tiles_of(s);
    NetReal* x = reals_random(s->height * s->width * s->channels, random);
    NetReal *points = reals_random(POINTS * tiles.plane, random),
            *before = reals_create(POINTS * tiles.plane);
    NetReal* room = reals_create(2 * POINTS * s->channels);
    memcpy(before, points, POINTS * tiles.plane * sizeof *points);
    (input ? loops->input : loops->d_output)(s, x, points, room);
    for (size_t i = 0; i < s->tiles * s->channels; i++) {
        size_t tile = i / s->channels - s->offset, c = i % s->channels; // wraps below the offset
        double from[36], expected[36];
        size_t own = tile < tiles.count ? tile : 0;
        int top = (int)(own / tiles.across) * T, left = (int)(own % tiles.across) * T;
        if (tile < tiles.count && input) {
            window(s, x, top - 1, left - 1, 6, c, from);
            both_sides(6, 6, input_matrix, false, from, expected);
        } else if (tile < tiles.count) {
            window(s, x, top, left, 4, c, from);
            both_sides(6, 4, output_matrix, true, from, expected);
        }
        for (size_t k = 0; k < POINTS; k++) { // other pictures' tiles stay
            size_t at = k * tiles.plane + i;
            double want = tile < tiles.count ? expected[k] : (double)before[at];
            check_close(v, input ? "input" : "d_output", at, want, (double)points[at], tiles.bound);
        }
    }
    free(x);
    free(points);
    free(before);
    free(room);
}

START_TEST(to_points) {
    Variant v;
    const NetWinograd* loops;
    NetRandom random = net_random(9, 1);
    for (int i = 0; find(_i, &v, &loops) && i < SHAPES; i++) {
        check_to_points(&v, loops, &shapes[i], true, &random);
        check_to_points(&v, loops, &shapes[i], false, &random);
    }
}
END_TEST

static void check_output(const Variant* v, const NetWinograd* loops, const WinogradShape* s,
                         bool with_bias, bool relu, NetRandom* random) {
    Tiles tiles = tiles_of(s);
    NetReal* y = reals_create(s->height * s->width * s->channels);
    NetReal* points = reals_random(POINTS * tiles.plane, random);
    NetReal* bias = with_bias ? reals_random(s->channels, random) : NULL;
    NetReal* room = reals_create(2 * POINTS * s->channels);
    loops->output(s, points, bias, relu, y, room);
    for (size_t i = 0; i < tiles.count * s->channels; i++) {
        size_t tile = i / s->channels, c = i % s->channels;
        double from[36], expected[16];
        for (size_t k = 0; k < POINTS; k++) {
            from[k] = (double)points[k * tiles.plane + (s->offset + tile) * s->channels + c];
        }
        both_sides(4, 6, output_matrix, false, from, expected);
        for (size_t k = 0; k < 16; k++) {
            size_t iy = tile / tiles.across * T + k / 4, ix = tile % tiles.across * T + k % 4;
            if (iy < s->height && ix < s->width) {
                double want = expected[k] + (bias ? (double)bias[c] : 0);
                size_t at = (iy * s->width + ix) * s->channels + c;
                check_close(v, "output", at, relu ? fmax(want, 0) : want, (double)y[at],
                            10 * tiles.bound);
            }
        }
    }
    free(y);
    free(points);
    free(bias);
    free(room);
}

START_TEST(from_points) {
    Variant v;
    const NetWinograd* loops;
    NetRandom random = net_random(9, 2);
    for (int i = 0; find(_i, &v, &loops) && i < 4 * SHAPES; i++) {
        check_output(&v, loops, &shapes[i / 4], i % 2, i / 2 % 2, &random);
    }
}
END_TEST

static void check_filter(const Variant* v, const NetWinograd* loops, size_t channels,
                         NetRandom* random) {
    size_t plane = 3 * channels;
    NetReal *filters = reals_random(9 * channels, random), *kept = reals_create(9 * channels);
    NetReal *points = reals_create(POINTS * plane), *room = reals_create(18 * channels);
    memcpy(kept, filters, 9 * channels * sizeof *kept);
    double from[36], expected[36];
    for (int turned = 0; turned < 2; turned++) {
        loops->filter(channels, filters, turned, points, plane, room);
        for (size_t c = 0; c < channels; c++) {
            for (size_t k = 0; k < 9; k++) {
                from[k] = (double)filters[(turned ? 8 - k : k) * channels + c];
            }
            both_sides(6, 3, filter_matrix, false, from, expected);
            for (size_t k = 0; k < POINTS; k++) {
                check_close(v, "filter", k, expected[k], (double)points[k * plane + c],
                            10 * real_rounding);
            }
        }
    }
    for (size_t i = 0; i < POINTS * plane; i++) {
        points[i] = (NetReal)net_random_normal(random);
    }
    loops->d_filter(channels, points, plane, filters, room);
    for (size_t c = 0; c < channels; c++) {
        for (size_t k = 0; k < POINTS; k++) {
            from[k] = (double)points[k * plane + c];
        }
        both_sides(3, 6, filter_matrix, true, from, expected);
        for (size_t k = 0; k < 9; k++) {
            size_t at = k * channels + c;
            check_close(v, "d_filter", at, (double)kept[at] + expected[k], (double)filters[at],
                        20 * real_rounding);
        }
    }
    free(filters);
    free(kept);
    free(points);
    free(room);
}

START_TEST(filters) {
    Variant v;
    const NetWinograd* loops;
    NetRandom random = net_random(9, 3);
    static const size_t channels[] = {1, 3, 16, 17, 64};
    for (int i = 0; find(_i, &v, &loops) && i < 5; i++) {
        check_filter(&v, loops, channels[i], &random);
    }
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("winograd");
    TCase* tests = tcase_create("transforms");
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, to_points, 0, LOOPS);
    tcase_add_loop_test(tests, from_points, 0, LOOPS);
    tcase_add_loop_test(tests, filters, 0, LOOPS);
    suite_add_tcase(s, tests);
    return s;
}
