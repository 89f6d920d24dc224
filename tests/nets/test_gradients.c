// Every operator's way back against central differences of its way forward. The double build is the
// exact one; in float the same graphs run with bounds that rounding allows.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/nets.h"
#include "tests/suite.h"

#ifdef NETS_DOUBLE
static const double step = 1e-5, bound = 1e-7;
#else
static const double step = 1e-2, bound = 2e-2;
#endif

enum { ROWS = 3 };

typedef struct Case {
    NetGraph* graph;
    NetTensor bytes, real, index;
    NetTensor (*network)(struct Case* c); // returns the output
} Case;

static NetLayer layer(const char* name, int32_t outputs, bool relu) {
    return (NetLayer){name,       outputs, .bias = true, .relu = relu, .init = NET_INIT_ROW_NORM,
                      .gain = 1.3};
}

// [5, 4, 6] with a gradient: what the operators under test start from.
static NetTensor picture(Case* c, int32_t channels) {
    NetTensor scaled = net_scale_bytes(c->graph, c->bytes);
    return net_conv3x3(c->graph, scaled,
                       &(NetLayer){"first", channels, true, false, false, NET_INIT_ROW_NORM, 1.5});
}
static NetTensor row(Case* c, int32_t width) {
    return net_linear(c->graph, c->real,
                      &(NetLayer){"row", width, true, false, false, NET_INIT_ROW_NORM, 1.5});
}

static NetTensor linear(Case* c) {
    NetLayer second = layer("second", 7, false);
    return net_linear(c->graph, row(c, 5), &second);
}
static NetTensor linear_relu(Case* c) {
    NetLayer second = layer("second", 7, true), third = layer("third", 4, false);
    return net_linear(c->graph, net_linear(c->graph, row(c, 5), &second), &third);
}
static NetTensor linear_cells(Case* c) { // a map shared by all cells of a picture
    NetLayer second = layer("second", 3, true);
    return net_linear(c->graph, picture(c, 4), &second);
}
static NetTensor patches(Case* c) {
    NetLayer first = layer("patch", 5, true);
    return net_linear(c->graph, net_patches(c->graph, c->bytes, 2), &first);
}
static NetTensor convolution(Case* c) {
    NetLayer second = layer("second", 4, true), third = layer("third", 3, false);
    third.bias = false;
    return net_conv3x3(c->graph, net_conv3x3(c->graph, picture(c, 6), &second), &third);
}
static NetTensor wide_convolution(Case* c) { // enough channels for Winograd's way
    NetLayer second = layer("second", 18, true), third = layer("third", 16, false);
    return net_conv3x3(c->graph, net_conv3x3(c->graph, picture(c, 16), &second), &third);
}
static NetTensor max_pool(Case* c) {
    return net_max_pool(c->graph, net_max_pool(c->graph, picture(c, 6)));
}
static NetTensor group_norm(Case* c) {
    NetLayer second = layer("second", 4, false);
    return net_conv3x3(c->graph, net_group_norm(c->graph, picture(c, 6), "norm"), &second);
}
static NetTensor layer_norm(Case* c) {
    NetTensor cells = net_layer_norm(c->graph, picture(c, 6), "cells");
    return net_layer_norm(c->graph, net_flatten(c->graph, cells), "all");
}
static NetTensor relu(Case* c) {
    return net_relu(c->graph, picture(c, 6));
}
static NetTensor residual(Case* c) { // x is read three times, the sum's second operand once
    NetTensor x = picture(c, 6);
    NetLayer a = layer("a", 6, true), b = layer("b", 6, true);
    NetTensor inner = net_conv3x3(c->graph, net_group_norm(c->graph, x, "norm_a"), &a);
    NetTensor sum = net_add(c->graph, x, net_conv3x3(c->graph, inner, &b));
    return net_group_norm(c->graph, net_add(c->graph, net_relu(c->graph, sum), x), "norm_b");
}
static NetTensor add_self(Case* c) {
    NetTensor x = row(c, 5);
    return net_add(c->graph, x, x);
}
static NetTensor multiply(Case* c) {
    NetLayer other = layer("other", 5, false);
    return net_multiply(c->graph, row(c, 5), net_linear(c->graph, c->real, &other));
}
static NetTensor concat_slice(Case* c) {
    NetLayer other = layer("other", 3, false);
    NetTensor x = row(c, 5), y = net_linear(c->graph, x, &other);
    NetTensor joined = net_concat(c->graph, net_concat(c->graph, x, c->real), y);
    return net_add(c->graph, net_slice(c->graph, joined, 2, 6), net_slice(c->graph, joined, 5, 6));
}
static NetTensor l2_normalise(Case* c) {
    return net_l2_normalise(c->graph, row(c, 5));
}
static NetTensor log_softmax(Case* c) {
    return net_log_softmax(c->graph, row(c, 5));
}
static NetTensor gather(Case* c) {
    return net_gather(c->graph, net_log_softmax(c->graph, row(c, 5)), c->index);
}
static NetTensor embed(Case* c) {
    return net_multiply(c->graph, net_embed(c->graph, c->index, "table", 4, 5, 1.1), row(c, 5));
}
static NetTensor one_hot(Case* c) {
    NetLayer second = layer("second", 3, false);
    return net_linear(c->graph, net_one_hot(c->graph, c->index, 4), &second);
}
static NetTensor several_readers(Case* c) { // two heads on one latent, as actor and critic
    NetLayer shared = layer("shared", 6, true), a = layer("a", 3, false), b = layer("b", 3, false);
    NetTensor latent = net_linear(c->graph, row(c, 5), &shared);
    a.full = b.full = true;
    return net_add(c->graph, net_linear(c->graph, latent, &a), net_linear(c->graph, latent, &b));
}

static const struct {
    const char* name;
    NetTensor (*network)(Case* c);
} networks[] = {
    {"linear", linear},
    {"linear_relu", linear_relu},
    {"linear_cells", linear_cells},
    {"patches", patches},
    {"convolution", convolution},
    {"wide_convolution", wide_convolution},
    {"max_pool", max_pool},
    {"group_norm", group_norm},
    {"layer_norm", layer_norm},
    {"relu", relu},
    {"residual", residual},
    {"add_self", add_self},
    {"multiply", multiply},
    {"concat_slice", concat_slice},
    {"l2_normalise", l2_normalise},
    {"log_softmax", log_softmax},
    {"gather", gather},
    {"embed", embed},
    {"one_hot", one_hot},
    {"several_readers", several_readers},
};

static void fill_inputs(Case* c, NetPlan* plan, NetRandom* random) {
    uint8_t* bytes = net_plan_input(plan, c->bytes);
    for (int i = 0; bytes && i < ROWS * 5 * 4 * 3; i++) {
        bytes[i] = (uint8_t)net_random_below(random, 256);
    }
    NetReal* real = net_plan_input(plan, c->real);
    for (int i = 0; real && i < ROWS * 4; i++) {
        real[i] = (NetReal)net_random_normal(random);
    }
    int32_t* index = net_plan_input(plan, c->index);
    for (int i = 0; index && i < ROWS; i++) {
        index[i] = (int32_t)net_random_below(random, 4);
    }
}

// The loss: results weighted by fixed random numbers, summed in double.
static double loss_of(NetPlan* plan, NetTensor output, size_t count, const NetReal* weights,
                      const double* mix) {
    net_plan_load(plan, weights);
    net_plan_forward(plan, ROWS);
    const NetReal* y = net_plan_output(plan, output);
    double loss = 0;
    for (size_t i = 0; i < count; i++) {
        loss += mix[i] * (double)y[i];
    }
    return loss;
}

static void check_gradient(const char* name, Case* c, NetTensor output, NetBackend backend) {
    char why[NET_WHY] = "";
    NetTensor outputs[] = {output};
    NetPlanConfig config = {.rows = ROWS,
                            .training = true,
                            .backend = backend,
                            .dtype = NET_DTYPE_F32,
                            .outputs = outputs,
                            .output_count = 1};
    NetPlan* plan = NULL;
    ck_assert_msg(net_plan_create(c->graph, &config, &plan, why) == NET_OK, "%s: %s", name, why);
    size_t weight_count = net_weight_count(c->graph);
    size_t count = (size_t)net_tensor_width(c->graph, output) * ROWS;
    NetReal* weights = calloc(weight_count, sizeof *weights);
    NetReal* gradient = calloc(weight_count, sizeof *gradient);
    double* mix = calloc(count, sizeof *mix);
    NetRandom random = net_random(11, 3);
    ck_assert_int_eq(net_init(c->graph, &random, weights, why), NET_OK);
    for (size_t i = 0; i < weight_count; i++) { // biases and norms away from their plain values
        weights[i] += (NetReal)(0.1 * net_random_normal(&random));
    }
    for (size_t i = 0; i < count; i++) {
        mix[i] = net_random_normal(&random);
    }
    fill_inputs(c, plan, &random);
    for (int pass = 0; pass < 2; pass++) { // gradients are added: the second pass doubles them
        loss_of(plan, output, count, weights, mix);
        NetReal* d_output = net_plan_d_output(plan, output);
        for (size_t i = 0; i < count; i++) {
            d_output[i] = (NetReal)mix[i];
        }
        net_plan_backward(plan, gradient);
    }
    double largest = 0;
    for (size_t i = 0; i < weight_count; i++) {
        largest = fmax(largest, fabs((double)gradient[i] / 2));
    }
    ck_assert_msg(largest > 0, "%s: all gradients are 0", name);
    size_t wrong = 0;
    for (size_t i = 0; i < weight_count; i++) {
        NetReal kept = weights[i];
        weights[i] = kept + (NetReal)step;
        double up = loss_of(plan, output, count, weights, mix);
        weights[i] = kept - (NetReal)step;
        double down = loss_of(plan, output, count, weights, mix);
        weights[i] = kept;
        double expected = (up - down) / (2 * step), got = (double)gradient[i] / 2;
        if (!(fabs(expected - got) <= bound * (largest + fabs(expected)))) {
            wrong++;
#ifdef NETS_DOUBLE
            ck_abort_msg("%s: weight %zu: expected %.10g, got %.10g", name, i, expected, got);
#endif
        }
    }
    // In float a step may cross a kink (ReLU, maximum); a wrong formula is wrong in many places.
    ck_assert_msg(wrong * 20 <= weight_count, "%s: %zu of %zu gradients are off", name, wrong,
                  weight_count);
    free(weights);
    free(gradient);
    free(mix);
    net_plan_destroy(plan);
}

static void run_network(size_t number, NetBackend backend) {
    Case c = {0};
    char why[NET_WHY];
    ck_assert_int_eq(net_graph_create(&c.graph, why), NET_OK);
    c.bytes = net_input(c.graph, "bytes", NET_INPUT_BYTES, 3, (int32_t[]){5, 4, 3});
    c.real = net_input(c.graph, "real", NET_INPUT_REAL, 1, (int32_t[]){4});
    c.index = net_input(c.graph, "index", NET_INPUT_INDEX, 0, NULL);
    NetTensor output = net_real(c.graph, networks[number].network(&c));
    check_gradient(networks[number].name, &c, output, backend);
    net_graph_destroy(c.graph);
}

START_TEST(blas_gradients) {
    run_network((size_t)_i, NET_BACKEND_BLAS);
}
END_TEST

#if defined(NETS_ONEDNN) && !defined(NETS_DOUBLE)
START_TEST(onednn_gradients) {
    run_network((size_t)_i, NET_BACKEND_ONEDNN);
}
END_TEST
#endif

Suite* suite(void) {
    Suite* s = suite_create("gradients");
    TCase* tests = tcase_create("operators");
    tcase_set_timeout(tests, 60);
    int count = sizeof networks / sizeof *networks;
    tcase_add_loop_test(tests, blas_gradients, 0, count);
#if defined(NETS_ONEDNN) && !defined(NETS_DOUBLE)
    tcase_add_loop_test(tests, onednn_gradients, 0, count);
#endif
    suite_add_tcase(s, tests);
    return s;
}
