// Normalisation, forward and back, of every variant against the formula in double precision.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/nets/elements.h"
#include "tests/suite.h"

static const NetNormShape shapes[] = {{1, 1, 1},   {3, 1, 7},    {3, 17, 1},    {2, 1, 1000},
                                      {2, 5, 17},  {2, 81, 32},  {1, 1, 1025},  {4, 1, 64},
                                      {2, 16, 64}, {3, 1025, 1}, {1, 1024, 16}, {64, 1, 16}};
enum { SHAPES = sizeof shapes / sizeof *shapes };
static const double epsilon = 1e-5;

typedef struct Norm { // one problem with its exact answer
    NetNormShape shape;
    size_t count;
    void *x, *y, *d_y, *d_x;
    NetReal *scale, *shift, *stats, *d_scale, *d_shift, *sums;
    double *exact_y, *exact_d_x, *exact_d_scale, *exact_d_shift;
} Norm;

static double* doubles(size_t count) {
    double* room = calloc(count, sizeof *room);
    ck_assert_ptr_nonnull(room);
    return room;
}

static Norm norm_create(const Variant* v, NetNormShape shape, double mean, NetRandom* random) {
    size_t count = shape.spans * shape.positions * shape.channels;
    Norm n = {.shape = shape,
              .count = count,
              .x = elements_random(v, count, random),
              .y = elements_create(v, count),
              .d_y = elements_random(v, count, random),
              .d_x = elements_random(v, count, random),
              .scale = reals_random(shape.channels, random),
              .shift = reals_random(shape.channels, random),
              .stats = reals_create(2 * shape.spans),
              .d_scale = reals_create(shape.channels),
              .d_shift = reals_create(shape.channels),
              .sums = reals_create(2 * shape.channels),
              .exact_y = doubles(count),
              .exact_d_x = doubles(count),
              .exact_d_scale = doubles(shape.channels),
              .exact_d_shift = doubles(shape.channels)};
    for (size_t i = 0; i < count; i++) {
        element_set(v, n.x, i, element_get(v, n.x, i) + mean);
    }
    return n;
}

static void norm_free(Norm* n) {
    void* all[] = {n->x,       n->y,         n->d_y,           n->d_x,          n->scale,
                   n->shift,   n->stats,     n->d_scale,       n->d_shift,      n->sums,
                   n->exact_y, n->exact_d_x, n->exact_d_scale, n->exact_d_shift};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]);
    }
}

// y = h scale + shift with h = (x - mean) / deviation; its derivative written out.
static void solve_span(const Variant* v, Norm* n, size_t span) {
    size_t size = n->shape.positions * n->shape.channels, first = span * size;
    double mean = 0, variance = 0, g_sum = 0, gh_sum = 0;
    for (size_t i = first; i < first + size; i++) {
        mean += element_get(v, n->x, i) / (double)size;
    }
    for (size_t i = first; i < first + size; i++) {
        variance += pow(element_get(v, n->x, i) - mean, 2) / (double)size;
    }
    double deviation = sqrt(variance + epsilon);
    for (size_t i = first; i < first + size; i++) {
        size_t c = i % n->shape.channels;
        double h = (element_get(v, n->x, i) - mean) / deviation, d = element_get(v, n->d_y, i);
        n->exact_y[i] = h * (double)n->scale[c] + (double)n->shift[c];
        n->exact_d_scale[c] += d * h;
        n->exact_d_shift[c] += d;
        g_sum += d * (double)n->scale[c];
        gh_sum += d * (double)n->scale[c] * h;
    }
    for (size_t i = first; i < first + size; i++) {
        double h = (element_get(v, n->x, i) - mean) / deviation;
        double g = element_get(v, n->d_y, i) * (double)n->scale[i % n->shape.channels];
        n->exact_d_x[i] = (g - g_sum / (double)size - h * gh_sum / (double)size) / deviation;
    }
}

static double largest(size_t count, const double* x) {
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        most = fmax(most, fabs(x[i]));
    }
    return most;
}

static void check_norm(const Variant* v, NetNormShape shape, double mean, NetRandom* random) {
    Norm n = norm_create(v, shape, mean, random);
    for (size_t span = 0; span < shape.spans; span++) {
        solve_span(v, &n, span);
    }
    size_t channels = shape.channels;
    double bound = variant_rounding(v) + 20 * real_rounding;
    double d_bound = bound * largest(n.count, n.exact_d_x) + 50 * real_rounding;
    double sum_bound = 50 * real_rounding * (1 + largest(channels, n.exact_d_scale));
    v->kernels->norm(&shape, n.x, n.scale, n.shift, n.y, n.stats);
    v->kernels->d_norm(&shape, n.x, n.scale, n.stats, n.d_y, false, n.d_x, n.d_scale, n.d_shift,
                       n.sums);
    for (size_t i = 0; i < n.count; i++) {
        check_close(v, "norm", i, n.exact_y[i], element_get(v, n.y, i),
                    bound * (1 + fabs(n.exact_y[i])));
        check_close(v, "d_norm's d_x", i, n.exact_d_x[i], element_get(v, n.d_x, i), d_bound);
    }
    for (size_t c = 0; c < channels; c++) {
        check_close(v, "d_scale", c, n.exact_d_scale[c], (double)n.d_scale[c], sum_bound);
        check_close(v, "d_shift", c, n.exact_d_shift[c], (double)n.d_shift[c],
                    50 * real_rounding * (1 + largest(channels, n.exact_d_shift)));
    }
    // Again, adding: everything doubles.
    v->kernels->d_norm(&shape, n.x, n.scale, n.stats, n.d_y, true, n.d_x, n.d_scale, n.d_shift,
                       n.sums);
    for (size_t i = 0; i < n.count; i++) {
        check_close(v, "d_x added to", i, 2 * n.exact_d_x[i], element_get(v, n.d_x, i),
                    3 * d_bound);
    }
    // Without d_x the parameters' gradients are the same.
    v->kernels->d_norm(&shape, n.x, n.scale, n.stats, n.d_y, false, NULL, n.d_scale, n.d_shift,
                       n.sums);
    for (size_t c = 0; c < channels; c++) {
        check_close(v, "d_scale, third time", c, 3 * n.exact_d_scale[c], (double)n.d_scale[c],
                    4 * sum_bound);
    }
    norm_free(&n);
}

START_TEST(formula) {
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    NetRandom random = net_random(3, 1);
    for (size_t s = 0; s < SHAPES; s++) {
        check_norm(&v, shapes[s], 0, &random);
        check_norm(&v, shapes[s], 2, &random); // a mean twice the deviation
    }
}
END_TEST

// Equal values have no variance: the result is the shift, gradients are finite.
START_TEST(constant_rows) {
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    NetRandom random = net_random(3, 2);
    for (size_t s = 0; s < SHAPES; s++) {
        for (int value = 0; value < 2; value++) {
            Norm n = norm_create(&v, shapes[s], 0, &random);
            for (size_t i = 0; i < n.count; i++) {
                element_set(&v, n.x, i, value);
            }
            v.kernels->norm(&n.shape, n.x, n.scale, n.shift, n.y, n.stats);
            v.kernels->d_norm(&n.shape, n.x, n.scale, n.stats, n.d_y, false, n.d_x, n.d_scale,
                              n.d_shift, n.sums);
            for (size_t i = 0; i < n.count; i++) {
                double shift = (double)n.shift[i % n.shape.channels];
                check_close(&v, "constant row", i, shift, element_get(&v, n.y, i),
                            variant_rounding(&v) * (1 + fabs(shift)));
                ck_assert(isfinite(element_get(&v, n.d_x, i)));
            }
            norm_free(&n);
        }
    }
}
END_TEST

START_TEST(nan_spoils_its_span_only) {
    Variant v;
    if (!variant_find(_i, &v)) {
        return;
    }
    NetRandom random = net_random(3, 3);
    NetNormShape shape = {3, 5, 17};
    Norm n = norm_create(&v, shape, 0, &random);
    element_set(&v, n.x, 5 * 17 + 40, (double)NAN); // in span 1
    v.kernels->norm(&shape, n.x, n.scale, n.shift, n.y, n.stats);
    for (size_t i = 0; i < n.count; i++) {
        bool spoilt = i / (5 * 17) == 1;
        ck_assert_msg((isnan(element_get(&v, n.y, i)) != 0) == spoilt, "%s: element %zu", v.name,
                      i);
    }
    norm_free(&n);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("kernels of norms");
    TCase* tests = tcase_create("norm");
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, formula, 0, VARIANTS);
    tcase_add_loop_test(tests, constant_rows, 0, VARIANTS);
    tcase_add_loop_test(tests, nan_spoils_its_span_only, 0, VARIANTS);
    suite_add_tcase(s, tests);
    return s;
}
