// The loops over pictures (patches, neighbourhoods, pooling) of every variant against plain ones
// written here, and the transposes against the scalar product.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/nets/elements.h"
#include "tests/suite.h"

typedef struct Picture {
    size_t height, width, channels;
} Picture;
static const Picture pictures[] = {{1, 1, 1}, {1, 5, 3},  {5, 1, 17}, {2, 2, 7},
                                   {4, 6, 8}, {7, 5, 17}, {9, 9, 64}, {8, 3, 33}};
enum { PICTURES = sizeof pictures / sizeof *pictures, ROWS = 3 };

static size_t size_of(Picture p) {
    return p.height * p.width * p.channels;
}

// ---------------------------------------------------------------- patches
static void check_patches(const Variant* v, Picture p, size_t k, NetRandom* random) {
    size_t down = p.height / k, across = p.width / k, size = down * across * k * k * p.channels;
    uint8_t* x = malloc(ROWS * size_of(p));
    for (size_t i = 0; i < ROWS * size_of(p); i++) {
        x[i] = (uint8_t)net_random_below(random, 256);
    }
    void *y = elements_create(v, ROWS * size), *expected = elements_create(v, ROWS * size);
    v->kernels->patches(ROWS, p.height, p.width, p.channels, k, x, y);
    for (size_t i = 0; i < ROWS * size; i++) { // i = [row, down, across, dy, dx, channel]
        size_t channel = i % p.channels, dx = i / p.channels % k, dy = i / p.channels / k % k;
        size_t patch = i / p.channels / k / k, row = patch / across / down;
        size_t iy = patch / across % down * k + dy, ix = patch % across * k + dx;
        NetReal byte = x[((row * p.height + iy) * p.width + ix) * p.channels + channel];
        element_set(v, expected, i, (double)(byte / 255));
        check_close(v, "patches", i, element_get(v, expected, i), element_get(v, y, i), 0);
    }
    free(x);
    free(y);
    free(expected);
}

START_TEST(patches_side_by_side) {
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    NetRandom random = net_random(2, 1);
    for (size_t n = 0; n < PICTURES; n++) {
        for (size_t k = 1; k <= 4; k++) { // sizes that k divides and others
            if (k <= pictures[n].height && k <= pictures[n].width) {
                check_patches(&v, pictures[n], k, &random);
            }
        }
    }
    check_patches(&v, (Picture){64, 64, 3}, 7, &random); // the world's picture
}
END_TEST

// ---------------------------------------------------------------- neighbourhoods
static void check_unfold(const Variant* v, Picture p, NetRandom* random) {
    size_t size = size_of(p), wide = 9 * p.channels;
    void *x = elements_random(v, size, random), *d_x = elements_create(v, size);
    NetReal *columns = reals_random(9 * size, random), *other = reals_random(9 * size, random);
    v->kernels->unfold(p.height, p.width, p.channels, x, columns);
    v->kernels->d_unfold(p.height, p.width, p.channels, other, d_x);
    double there = 0, back = 0;
    for (size_t i = 0; i < 9 * size; i++) {
        size_t cell = i / wide, dy = i % wide / p.channels / 3, dx = i % wide / p.channels % 3;
        size_t iy = cell / p.width + dy, ix = cell % p.width + dx; // one more than the picture's
        bool inside = iy >= 1 && iy <= p.height && ix >= 1 && ix <= p.width;
        size_t from = ((iy - 1) * p.width + ix - 1) * p.channels + i % p.channels;
        check_close(v, "unfold", i, inside ? element_get(v, x, from) : 0, (double)columns[i], 0);
        there += (double)columns[i] * (double)other[i];
    }
    double terms = 0;
    for (size_t i = 0; i < size; i++) {
        back += element_get(v, x, i) * element_get(v, d_x, i);
        terms += fabs(element_get(v, x, i) * element_get(v, d_x, i));
    }
    // <unfold x, c> = <x, d_unfold c>
    double bound = 10 * variant_rounding(v) * (terms + fabs(there));
    check_close(v, "adjoint of unfold", 0, there, back, bound);
    free(x);
    free(d_x);
    free(columns);
    free(other);
}

START_TEST(neighbourhoods_and_their_transpose) {
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    NetRandom random = net_random(2, 2);
    for (size_t n = 0; n < PICTURES; n++) {
        check_unfold(&v, pictures[n], &random);
    }
}
END_TEST

START_TEST(transpose_of_neighbourhoods_adds) {
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    void* d_x = elements_create(&v, 3 * 3 * 2);
    NetReal* columns = reals_create(9 * 3 * 3 * 2);
    for (size_t i = 0; i < 9 * 3 * 3 * 2; i++) {
        columns[i] = 1;
    }
    for (size_t i = 0; i < 3 * 3 * 2; i++) {
        element_set(&v, d_x, i, 10);
    }
    v.kernels->d_unfold(3, 3, 2, columns, d_x);
    static const double neighbours[] = {4, 6, 4, 6, 9, 6, 4, 6, 4}; // that see a cell
    for (size_t i = 0; i < 3 * 3 * 2; i++) {
        check_close(&v, "d_unfold", i, 10 + neighbours[i / 2], element_get(&v, d_x, i), 0);
    }
    free(d_x);
    free(columns);
}
END_TEST

// ---------------------------------------------------------------- pooling
// The maximum of the 3x3 cells around (2 oy, 2 ox) that exist; the first of equals.
static void plain_pool(const Variant* v, Picture p, const void* x, size_t i, double* best,
                       uint8_t* winner) {
    size_t down = (p.height + 1) / 2, across = (p.width + 1) / 2;
    size_t channel = i % p.channels, ox = i / p.channels % across;
    size_t oy = i / p.channels / across % down, row = i / p.channels / across / down;
    *best = -(double)INFINITY;
    for (uint8_t cell = 0; cell < 9; cell++) {
        size_t iy = 2 * oy + cell / 3, ix = 2 * ox + cell % 3; // one more than the picture's
        if (iy >= 1 && iy <= p.height && ix >= 1 && ix <= p.width) {
            size_t at = ((row * p.height + iy - 1) * p.width + ix - 1) * p.channels + channel;
            if (element_get(v, x, at) > *best) {
                *best = element_get(v, x, at);
                *winner = cell;
            }
        }
    }
}

static void check_pool(const Variant* v, Picture p, bool ties, NetRandom* random) {
    NetPoolShape shape = {ROWS, p.height, p.width, p.channels};
    size_t in = ROWS * size_of(p);
    size_t out = ROWS * ((p.height + 1) / 2) * ((p.width + 1) / 2) * p.channels;
    void *x = elements_random(v, in, random), *y = elements_create(v, out);
    for (size_t i = 0; ties && i < in; i++) { // many equal values
        element_set(v, x, i, (double)net_random_below(random, 3) - 1);
    }
    uint8_t* argmax = malloc(out);
    v->kernels->pool(&shape, x, y, argmax);
    for (size_t i = 0; i < out; i++) {
        double best;
        uint8_t winner = 9;
        plain_pool(v, p, x, i, &best, &winner);
        check_close(v, "pool", i, best, element_get(v, y, i), 0);
        check_close(v, "pool's argmax", i, winner, argmax[i], 0);
    }
    // The transpose: d_y goes to the winners and nowhere else.
    void *d_y = elements_create(v, out), *d_x = elements_random(v, in, random);
    double* expected = calloc(in + 1, sizeof *expected);
    size_t down = (p.height + 1) / 2, across = (p.width + 1) / 2;
    for (size_t i = 0; i < out; i++) {
        element_set(v, d_y, i, (double)net_random_below(random, 8) - 3); // sums stay exact
        size_t ox = i / p.channels % across, oy = i / p.channels / across % down;
        size_t row = i / p.channels / across / down;
        size_t iy = 2 * oy + argmax[i] / 3 - 1, ix = 2 * ox + argmax[i] % 3 - 1;
        expected[((row * p.height + iy) * p.width + ix) * p.channels + i % p.channels] +=
            element_get(v, d_y, i);
    }
    v->kernels->d_pool(&shape, argmax, d_y, false, d_x);
    for (size_t i = 0; i < in; i++) {
        check_close(v, "d_pool", i, expected[i], element_get(v, d_x, i), 0);
    }
    v->kernels->d_pool(&shape, argmax, d_y, true, d_x);
    for (size_t i = 0; i < in; i++) {
        check_close(v, "d_pool adding", i, 2 * expected[i], element_get(v, d_x, i), 0);
    }
    free(x);
    free(y);
    free(argmax);
    free(d_y);
    free(d_x);
    free(expected);
}

START_TEST(pooling_and_its_transpose) {
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    NetRandom random = net_random(2, 3);
    for (size_t n = 0; n < PICTURES; n++) {
        check_pool(&v, pictures[n], false, &random);
        check_pool(&v, pictures[n], true, &random);
    }
}
END_TEST

START_TEST(first_of_equals_wins) {
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    NetPoolShape shape = {1, 4, 4, 1};
    void *x = elements_create(&v, 16), *y = elements_create(&v, 4);
    uint8_t argmax[4];
    v.kernels->pool(&shape, x, y, argmax);       // all 0
    static const uint8_t first[] = {4, 3, 1, 0}; // the first cell that exists
    for (size_t i = 0; i < 4; i++) {
        check_close(&v, "argmax", i, first[i], argmax[i], 0);
    }
    free(x);
    free(y);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("kernels on pictures");
    TCase* tests = tcase_create("windows");
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, patches_side_by_side, 0, VARIANTS);
    tcase_add_loop_test(tests, neighbourhoods_and_their_transpose, 0, VARIANTS);
    tcase_add_loop_test(tests, transpose_of_neighbourhoods_adds, 0, VARIANTS);
    tcase_add_loop_test(tests, pooling_and_its_transpose, 0, VARIANTS);
    tcase_add_loop_test(tests, first_of_equals_wins, 0, VARIANTS);
    suite_add_tcase(s, tests);
    return s;
}
