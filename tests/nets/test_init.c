// First weights, the table of parameters and the fingerprint.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nets/nets.h"
#include "tests/suite.h"

static NetGraph* new_graph(void) {
    NetGraph* graph;
    char why[NET_WHY];
    ck_assert_int_eq(net_graph_create(&graph, why), NET_OK);
    return graph;
}

static NetTensor input(NetGraph* graph, int32_t width) {
    return net_input(graph, "x", NET_INPUT_REAL, 1, &width);
}

static NetLayer layer(const char* name, int32_t outputs, NetInit init, double gain) {
    return (NetLayer){.name = name, .outputs = outputs, .bias = true, .init = init, .gain = gain};
}

// One of each kind of parameter.
static NetGraph* example(void) {
    NetGraph* graph = new_graph();
    NetTensor picture = net_input(graph, "picture", NET_INPUT_REAL, 3, (int32_t[]){4, 4, 3});
    NetTensor index = net_input(graph, "index", NET_INPUT_INDEX, 0, NULL);
    NetLayer conv = layer("conv", 5, NET_INIT_ROW_NORM, 1.5);
    NetLayer wide = layer("wide", 7, NET_INIT_ORTHOGONAL, 1.41421356);
    NetLayer tall = layer("tall", 19, NET_INIT_ORTHOGONAL, 0.01);
    NetLayer conv_orthogonal = layer("conv_orthogonal", 6, NET_INIT_ORTHOGONAL, 1);
    NetLayer none = layer("none", 4, NET_INIT_ZERO, 3), ones = layer("ones", 4, NET_INIT_ONE, 3);
    NetTensor x = net_conv3x3(graph, net_conv3x3(graph, picture, &conv), &conv_orthogonal);
    x = net_flatten(graph, net_group_norm(graph, x, "norm"));
    x = net_linear(graph, net_linear(graph, x, &wide), &tall);
    net_concat(graph, net_linear(graph, x, &none), net_linear(graph, x, &ones));
    net_embed(graph, index, "table", 10, 8, 0.5);
    char why[NET_WHY] = "";
    ck_assert_msg(net_graph_check(graph, why) == NET_OK, "%s", why);
    return graph;
}

static NetReal* initial(const NetGraph* graph, NetRandom* random) {
    NetReal* weights = malloc(net_weight_count(graph) * sizeof *weights);
    char why[NET_WHY];
    for (size_t i = 0; i < net_weight_count(graph); i++) {
        weights[i] = (NetReal)NAN; // every one must be set
    }
    ck_assert_int_eq(net_init(graph, random, weights, why), NET_OK);
    return weights;
}

static const NetParam* param_of(const NetGraph* graph, const char* name) {
    int32_t count;
    const NetParam* params = net_params(graph, &count);
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(params[i].name, name) == 0) {
            return &params[i];
        }
    }
    ck_abort_msg("no parameter %s", name);
    return NULL;
}

START_TEST(table_is_contiguous) {
    NetGraph* graph = example();
    int32_t count;
    const NetParam* params = net_params(graph, &count);
    ck_assert_int_eq(count, 15); // six layers with bias, a norm's two, a table
    size_t offset = 0;
    for (int32_t i = 0; i < count; i++) {
        ck_assert_uint_eq(params[i].offset, offset);
        size_t size = 1;
        for (int32_t axis = 0; axis < params[i].rank; axis++) {
            size *= (size_t)params[i].shape[axis];
        }
        ck_assert_uint_eq(params[i].count, size);
        offset += size;
    }
    ck_assert_uint_eq(net_weight_count(graph), offset);
    const NetParam* conv = param_of(graph, "conv.weight");
    ck_assert_int_eq(conv->rank, 4);
    ck_assert_mem_eq(conv->shape, ((int32_t[]){5, 3, 3, 3}), sizeof conv->shape);
    ck_assert_uint_eq(param_of(graph, "wide.weight")->count, 7 * 96);
    ck_assert_int_eq(param_of(graph, "wide.weight")->shape[1], 96);
    ck_assert_uint_eq(param_of(graph, "norm.bias")->count, 6);
    ck_assert_uint_eq(param_of(graph, "table.weight")->count, 80);
    net_graph_destroy(graph);
}
END_TEST

// Scalar product of rows a and b of a parameter [rows, width], or of its columns.
static double product_of(const NetParam* param, const NetReal* weights, bool columns, size_t a,
                         size_t b) {
    size_t rows = (size_t)param->shape[0], width = param->count / rows;
    const NetReal* at = weights + param->offset;
    double sum = 0;
    for (size_t k = 0; k < (columns ? rows : width); k++) {
        sum += columns ? (double)at[k * width + a] * (double)at[k * width + b]
                       : (double)at[a * width + k] * (double)at[b * width + k];
    }
    return sum;
}

START_TEST(row_norms_are_the_gain) {
    NetGraph* graph = example();
    NetRandom random = net_random(1, 0);
    NetReal* weights = initial(graph, &random);
    const NetParam *conv = param_of(graph, "conv.weight"), *table = param_of(graph, "table.weight");
    for (size_t row = 0; row < 5; row++) {
        ck_assert_double_eq_tol(sqrt(product_of(conv, weights, false, row, row)), 1.5, 1e-6);
        double other = product_of(conv, weights, false, row, (row + 1) % 5) / 2.25;
        ck_assert_double_lt(fabs(other), 0.9); // they are not one vector
        ck_assert_double_gt(fabs(other), 1e-6);
    }
    for (size_t row = 0; row < 10; row++) {
        ck_assert_double_eq_tol(sqrt(product_of(table, weights, false, row, row)), 0.5, 1e-6);
    }
    free(weights);
    net_graph_destroy(graph);
}
END_TEST

static void check_orthogonal(const NetParam* param, const NetReal* weights) {
    size_t rows = (size_t)param->shape[0], width = param->count / rows;
    bool columns = rows > width; // the fewer are orthonormal
    size_t fewer = columns ? width : rows;
    double square = param->gain * param->gain;
    for (size_t a = 0; a < fewer; a++) {
        for (size_t b = 0; b <= a; b++) {
            double expected = a == b ? square : 0;
            double got = product_of(param, weights, columns, a, b);
            ck_assert_msg(fabs(got - expected) <= 1e-6 * square, "%s: %zu, %zu: %g, expected %g",
                          param->name, a, b, got, expected);
        }
    }
}

START_TEST(orthogonal_both_ways) {
    NetGraph* graph = example();
    NetRandom random = net_random(2, 0);
    NetReal* weights = initial(graph, &random);
    check_orthogonal(param_of(graph, "wide.weight"), weights);            // 7 rows of 96
    check_orthogonal(param_of(graph, "tall.weight"), weights);            // 19 rows of 7
    check_orthogonal(param_of(graph, "conv_orthogonal.weight"), weights); // 6 of 3 * 3 * 5
    free(weights);
    net_graph_destroy(graph);
}
END_TEST

START_TEST(orthogonal_square_and_large) { // rounding adds up over many vectors
    NetGraph* graph = new_graph();
    NetLayer square = layer("square", 128, NET_INIT_ORTHOGONAL, 1);
    net_linear(graph, input(graph, 128), &square);
    NetRandom random = net_random(2, 1);
    NetReal* weights = initial(graph, &random);
    check_orthogonal(param_of(graph, "square.weight"), weights);
    free(weights);
    net_graph_destroy(graph);
}
END_TEST

static void check_constant(const NetGraph* graph, const NetReal* weights, const char* name,
                           double value) {
    const NetParam* param = param_of(graph, name);
    for (size_t i = 0; i < param->count; i++) {
        ck_assert_double_eq((double)weights[param->offset + i], value);
    }
}

START_TEST(zeros_and_ones) {
    NetGraph* graph = example();
    NetRandom random = net_random(3, 0);
    NetReal* weights = initial(graph, &random);
    check_constant(graph, weights, "none.weight", 0);
    check_constant(graph, weights, "ones.weight", 1);
    check_constant(graph, weights, "norm.weight", 1);
    check_constant(graph, weights, "norm.bias", 0);
    check_constant(graph, weights, "conv.bias", 0);
    check_constant(graph, weights, "tall.bias", 0);
    free(weights);
    net_graph_destroy(graph);
}
END_TEST

START_TEST(weights_follow_the_stream) {
    NetGraph* graph = example();
    NetRandom first = net_random(4, 0), again = net_random(4, 0), other = net_random(5, 0);
    NetReal *a = initial(graph, &first), *b = initial(graph, &again), *c = initial(graph, &other);
    size_t bytes = net_weight_count(graph) * sizeof *a;
    ck_assert_mem_eq(a, b, bytes);
    ck_assert_uint_eq(first.counter, again.counter);
    ck_assert_int_ne(memcmp(a, c, bytes), 0);
    NetReal* d = initial(graph, &first); // the stream has moved on
    ck_assert_int_ne(memcmp(a, d, bytes), 0);
    free(a);
    free(b);
    free(c);
    free(d);
    net_graph_destroy(graph);
}
END_TEST

// ---------------------------------------------------------------- fingerprint
typedef struct Shape {
    const char *first, *second;
    int32_t inputs, hidden, outputs;
    bool bias;
} Shape;

static uint64_t fingerprint(Shape shape) {
    NetGraph* graph = new_graph();
    NetLayer first = layer(shape.first, shape.hidden, NET_INIT_ROW_NORM, 1);
    NetLayer second = layer(shape.second, shape.outputs, NET_INIT_ORTHOGONAL, 1);
    second.bias = shape.bias;
    net_linear(graph, net_linear(graph, input(graph, shape.inputs), &first), &second);
    uint64_t hash = net_fingerprint(graph);
    net_graph_destroy(graph);
    return hash;
}

START_TEST(fingerprint_tells_names_and_shapes) {
    const Shape shapes[] = {
        {"a", "b", 4, 5, 6, true},   {"b", "a", 4, 5, 6, true},     {"a", "c", 4, 5, 6, true},
        {"aa", "b", 4, 5, 6, true},  {"a", "b", 5, 4, 6, true},     {"a", "b", 4, 6, 5, true},
        {"a", "b", 3, 5, 6, true},   {"a", "b", 4, 5, 7, true},     {"a", "b", 4, 5, 6, false},
        {"a", "b", 260, 5, 6, true}, {"a", "b", 4, 5, 65542, true},
    };
    enum { COUNT = sizeof shapes / sizeof *shapes };
    for (size_t i = 0; i < COUNT; i++) {
        ck_assert_uint_eq(fingerprint(shapes[i]), fingerprint(shapes[i]));
        for (size_t k = 0; k < i; k++) {
            ck_assert_msg(fingerprint(shapes[i]) != fingerprint(shapes[k]),
                          "networks %zu and %zu have one fingerprint", k, i);
        }
    }
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("init");
    TCase* tests = tcase_create("first weights");
    tcase_set_timeout(tests, 20);
    tcase_add_test(tests, table_is_contiguous);
    tcase_add_test(tests, row_norms_are_the_gain);
    tcase_add_test(tests, orthogonal_both_ways);
    tcase_add_test(tests, orthogonal_square_and_large);
    tcase_add_test(tests, zeros_and_ones);
    tcase_add_test(tests, weights_follow_the_stream);
    tcase_add_test(tests, fingerprint_tells_names_and_shapes);
    suite_add_tcase(s, tests);
    return s;
}
