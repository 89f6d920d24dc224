// Linear maps and convolutions of every backend against plain loops in double precision, over odd
// and even sizes, with scratch memory that holds garbage.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/direct.h"
#include "nets/map.h"
#include "tests/nets/elements.h"
#include "tests/suite.h"

typedef struct Maker {
    const char* name;
    const NetMapBackend* backend;
    NetProduct* product;
    bool half, convolutions_only;
    double bound;      // of an error, relative to the largest result
    const char* loops; // of a direct convolution
} Maker;

#ifdef NETS_DOUBLE
static const double close_to = 1e-12;
#else
static const double close_to = 2e-5; // Winograd's transforms lose about a digit
#endif

static const Maker makers[] = {
    {"blas", &net_map_blas, net_product_blas, false, false, close_to, NULL},
    {"winograd on blas", &net_map_winograd, net_product_blas, false, true, close_to, NULL},
#if defined(NETS_ONEDNN)
    {"onednn", &net_map_onednn, net_product_onednn, false, false, close_to, NULL},
    {"winograd on onednn", &net_map_winograd, net_product_onednn, false, true, close_to, NULL},
    {"onednn bf16", &net_map_onednn, net_product_onednn, true, false, 1.5e-2, NULL},
    {"direct bf16", &net_map_direct, net_product_onednn, true, true, 1.5e-2, "avx512"},
#endif
#ifndef NETS_DOUBLE
    {"direct avx2", &net_map_direct, net_product_blas, false, true, close_to, "avx2"},
    {"direct avx512", &net_map_direct, net_product_blas, false, true, close_to, "avx512"},
#endif
};
enum { MAKERS = sizeof makers / sizeof *makers };

static bool available(const Maker* maker) {
#if defined(NETS_ONEDNN)
    net_onednn_single_thread();
    if (maker->half && net_onednn_bf16() == NET_BF16_NONE) {
        printf("skipped: this processor does not multiply bf16\n");
        return false;
    }
#else
    (void)maker;
#endif
    return true;
}

// Whether this one makes such maps.
static bool suits(const Maker* maker, const NetMapShape* shape) {
    if (maker->convolutions_only && !shape->convolution) {
        return false;
    }
    if (!maker->loops) {
        return true;
    }
    const NetDirect* loops = net_direct_by_name(maker->loops, maker->half);
    if (!loops) {
        printf("skipped: this processor (or build) lacks %s\n", maker->name);
    }
    return loops && shape->inputs % loops->channels == 0 && shape->outputs % loops->channels == 0;
}

static const NetMapShape shapes[] = {
    {.rows = 1, .height = 1, .width = 1, .inputs = 1, .outputs = 1, .bias = true},
    {.rows = 7, .height = 1, .width = 1, .inputs = 17, .outputs = 5, .bias = true, .relu = true},
    {.rows = 64, .height = 1, .width = 1, .inputs = 33, .outputs = 16},
    {.rows = 5, .height = 1, .width = 1, .inputs = 147, .outputs = 24, .relu = true},
    {true, 1, 1, 1, 1, 1, .bias = true},
    {true, 2, 3, 5, 7, 3, .bias = true, .relu = true},
    {true, 3, 9, 9, 16, 16, .bias = true},
    {true, 5, 8, 8, 17, 20, .relu = true},
    {true, 9, 4, 4, 64, 64, .bias = true, .relu = true},
    {true, 70, 4, 4, 3, 5, .bias = true}, // more pictures than are transformed together
    {true, 2, 6, 10, 3, 18, .bias = false},
    {true, 1, 32, 33, 3, 16, .bias = true},
    {true, 3, 9, 9, 32, 32, .bias = false},
    {true, 2, 7, 9, 64, 32, .bias = true, .relu = true},
    {true, 2, 2, 1, 32, 96, .relu = true},
    {true, 1, 3, 31, 32, 64, .bias = true},
    {true, 2, 1, 6, 32, 16, .bias = true, .relu = true},
    {true, 1, 5, 11, 48, 16, .bias = true, .relu = true},
    {true, 4, 2, 2, 16, 80, .bias = false},
    {true, 3, 4, 7, 96, 32, .relu = true},
    {true, 1, 2, 20, 32, 32, .bias = true, .relu = true},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

typedef struct Problem { // with its exact answer
    NetMapShape shape;
    Variant elements; // of x, y and their gradients
    size_t x_count, y_count, weight_count;
    void *x, *y, *d_y, *d_x;
    NetReal *weight, *bias, *d_weight, *d_bias;
    double *exact_y, *exact_d_x, *exact_d_weight, *exact_d_bias;
} Problem;

static double* doubles(size_t count) {
    double* room = calloc(count, sizeof *room);
    ck_assert_ptr_nonnull(room);
    return room;
}

static Problem problem_create(const Maker* maker, NetMapShape shape, NetRandom* random) {
    size_t cells = shape.rows * shape.height * shape.width;
    Problem p = {.shape = shape,
                 .elements = {maker->name, maker->half, NULL},
                 .x_count = cells * shape.inputs,
                 .y_count = cells * shape.outputs,
                 .weight_count = shape.outputs * shape.inputs * (shape.convolution ? 9 : 1)};
    p.shape.half = maker->half;
    p.shape.product = maker->product;
    p.shape.training = p.shape.input_gradient = true;
    p.x = elements_random(&p.elements, p.x_count, random);
    p.d_y = elements_random(&p.elements, p.y_count, random);
    p.y = elements_random(&p.elements, p.y_count, random);
    p.d_x = elements_random(&p.elements, p.x_count, random);
    p.weight = reals_random(p.weight_count, random);
    p.bias = reals_random(shape.outputs, random);
    p.d_weight = reals_create(p.weight_count);
    p.d_bias = reals_create(shape.outputs);
    p.exact_y = doubles(p.y_count);
    p.exact_d_x = doubles(p.x_count);
    p.exact_d_weight = doubles(p.weight_count);
    p.exact_d_bias = doubles(shape.outputs);
    return p;
}

static void problem_destroy(Problem* p) {
    void* all[] = {
        p->x,        p->y,      p->d_y,     p->d_x,       p->weight,         p->bias,
        p->d_weight, p->d_bias, p->exact_y, p->exact_d_x, p->exact_d_weight, p->exact_d_bias};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]);
    }
}

// One output cell and one of its weights' positions: adds x w to y, and the three products back.
static void connect(Problem* p, size_t to_cell, size_t from_cell, size_t position) {
    size_t in = p->shape.inputs, out = p->shape.outputs, positions = p->weight_count / in / out;
    for (size_t o = 0; o < out; o++) {
        double d = element_get(&p->elements, p->d_y, to_cell * out + o), sum = 0;
        for (size_t i = 0; i < in; i++) {
            size_t w = (o * positions + position) * in + i;
            double x = element_get(&p->elements, p->x, from_cell * in + i);
            sum += x * (double)p->weight[w];
            p->exact_d_weight[w] += d * x;
            p->exact_d_x[from_cell * in + i] += d * (double)p->weight[w];
        }
        p->exact_y[to_cell * out + o] += sum;
    }
}

static void solve(Problem* p) {
    const NetMapShape* s = &p->shape;
    size_t picture = s->height * s->width, cells = s->rows * picture;
    for (size_t cell = 0; cell < cells; cell++) {
        if (!s->convolution) {
            connect(p, cell, cell, 0);
        }
        for (size_t k = 0; s->convolution && k < 9; k++) { // iy, ix: one more than the picture's
            size_t iy = cell % picture / s->width + k / 3, ix = cell % s->width + k % 3;
            if (iy >= 1 && iy <= s->height && ix >= 1 && ix <= s->width) {
                connect(p, cell, cell / picture * picture + (iy - 1) * s->width + ix - 1, k);
            }
        }
    }
    for (size_t i = 0; i < p->y_count; i++) {
        size_t o = i % s->outputs;
        p->exact_d_bias[o] += element_get(&p->elements, p->d_y, i);
        p->exact_y[i] += s->bias ? (double)p->bias[o] : 0;
        p->exact_y[i] = s->relu && p->exact_y[i] < 0 ? 0 : p->exact_y[i];
    }
}

static double largest(size_t count, const double* x) {
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        most = fmax(most, fabs(x[i]));
    }
    return most;
}

static void check_elements(const Problem* p, const char* what, size_t count, const double* expected,
                           const void* got, double bound) {
    bound *= largest(count, expected);
    for (size_t i = 0; i < count; i++) {
        check_close(&p->elements, what, i, expected[i], element_get(&p->elements, got, i), bound);
    }
}

static void check_reals(const Problem* p, const char* what, size_t count, const double* expected,
                        const NetReal* got, double factor, double bound) {
    bound *= factor * largest(count, expected);
    for (size_t i = 0; i < count; i++) {
        check_close(&p->elements, what, i, factor * expected[i], (double)got[i], bound);
    }
}

static void* garbage(size_t bytes) {
    size_t rounded = (bytes + 63) / 64 * 64;
    void* room = aligned_alloc(64, rounded ? rounded : 64);
    ck_assert_ptr_nonnull(room);
    memset(room, 0xff, rounded ? rounded : 64); // NaNs
    return room;
}

static NetMap* map_of(const Maker* maker, const NetMapShape* shape) {
    NetMap* map = NULL;
    char why[NET_WHY] = "";
#ifndef NETS_DOUBLE
    NetStatus status =
        maker->loops
            ? net_direct_create(net_direct_by_name(maker->loops, maker->half), shape, &map, why)
            : maker->backend->create(shape, &map, why);
#else
    NetStatus status = maker->backend->create(shape, &map, why);
#endif
    ck_assert_msg(status == NET_OK, "%s: %s", maker->name, why);
    return map;
}

static void check_training(const Maker* maker, Problem* p) {
    NetMap* map = map_of(maker, &p->shape);
    void* scratch = garbage(maker->backend->scratch_bytes(map));
    NetReal* d_bias = p->shape.bias ? p->d_bias : NULL;
    maker->backend->load(map, p->weight, p->shape.bias ? p->bias : NULL);
    maker->backend->forward(map, p->x, p->y, scratch);
    check_elements(p, "forward", p->y_count, p->exact_y, p->y, maker->bound);
    maker->backend->backward(map, p->x, p->d_y, p->d_x, p->d_weight, d_bias, scratch);
    check_elements(p, "d_x", p->x_count, p->exact_d_x, p->d_x, maker->bound);
    maker->backend->backward(map, p->x, p->d_y, NULL, p->d_weight, d_bias, scratch); // adds
    check_reals(p, "d_weight", p->weight_count, p->exact_d_weight, p->d_weight, 2, maker->bound);
    if (d_bias) {
        check_reals(p, "d_bias", p->shape.outputs, p->exact_d_bias, d_bias, 2, maker->bound);
    }
    free(scratch);
    maker->backend->destroy(map);
}

static void check_acting(const Maker* maker, Problem* p) { // forward only, other weights before
    NetMapShape shape = p->shape;
    shape.training = shape.input_gradient = false;
    NetMap* map = map_of(maker, &shape);
    void* scratch = garbage(maker->backend->scratch_bytes(map));
    maker->backend->load(map, p->d_weight, shape.bias ? p->d_bias : NULL);
    maker->backend->forward(map, p->x, p->y, scratch);
    maker->backend->load(map, p->weight, shape.bias ? p->bias : NULL);
    maker->backend->forward(map, p->x, p->y, scratch);
    check_elements(p, "forward only", p->y_count, p->exact_y, p->y, maker->bound);
    ck_assert_uint_gt(maker->backend->own_bytes(map), 0);
    free(scratch);
    maker->backend->destroy(map);
}

START_TEST(maps) {
    const Maker* maker = &makers[_i / SHAPES];
    NetMapShape shape = shapes[_i % SHAPES];
    if (!available(maker) || !suits(maker, &shape)) {
        return;
    }
    NetRandom random = net_random(7, (uint64_t)(_i / SHAPES) << 32 | (uint64_t)(_i % SHAPES));
    Problem p = problem_create(maker, shape, &random);
    solve(&p);
    check_training(maker, &p);
    check_acting(maker, &p);
    problem_destroy(&p);
}
END_TEST

START_TEST(destroying_nothing) {
    for (int i = 0; i < MAKERS; i++) {
        makers[i].backend->destroy(NULL);
    }
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("maps");
    TCase* tests = tcase_create("against plain loops");
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, maps, 0, MAKERS * SHAPES);
    tcase_add_test(tests, destroying_nothing);
    suite_add_tcase(s, tests);
    return s;
}
