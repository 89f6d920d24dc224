#include "tests/nets/networks.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static NetLayer layer(const char* name, int32_t outputs, bool relu, bool full) {
    return (NetLayer){.name = name,
                      .outputs = outputs,
                      .bias = true,
                      .relu = relu,
                      .full = full,
                      .init = full ? NET_INIT_ORTHOGONAL : NET_INIT_ROW_NORM,
                      .gain = 1.4};
}

static Network empty(int32_t height, int32_t width) {
    Network n = {0};
    char why[NET_WHY];
    ck_assert_int_eq(net_graph_create(&n.graph, why), NET_OK);
    n.bytes = net_input(n.graph, "bytes", NET_INPUT_BYTES, 3, (int32_t[]){height, width, 3});
    n.real = net_input(n.graph, "real", NET_INPUT_REAL, 1, (int32_t[]){6});
    n.index = net_input(n.graph, "index", NET_INPUT_INDEX, 0, NULL);
    return n;
}

static void heads(Network* n, NetTensor latent) {
    NetLayer actor = layer("actor", 7, false, true), critic = layer("critic", 1, false, true);
    n->outputs[0] = net_log_softmax(n->graph, net_linear(n->graph, latent, &actor));
    n->outputs[1] = net_linear(n->graph, latent, &critic);
    n->output_count = 2;
}

static NetTensor residual(NetGraph* g, NetTensor x, const char* name, int32_t channels) {
    char names[4][NET_NAME];
    for (int i = 0; i < 4; i++) {
        snprintf(names[i], NET_NAME, "%.40s.%d", name, i);
    }
    NetLayer a = layer(names[1], channels, false, false),
             b = layer(names[3], channels, false, false);
    NetTensor inner = net_relu(g, net_group_norm(g, x, names[0]));
    inner = net_relu(g, net_group_norm(g, net_conv3x3(g, inner, &a), names[2]));
    return net_add(g, x, net_conv3x3(g, inner, &b));
}

static Network pictures(void) { // as the paper's encoder, smaller
    Network n = empty(22, 18);
    NetGraph* g = n.graph;
    NetLayer first = layer("first", 16, false, false), second = layer("second", 24, false, false);
    NetLayer dense = layer("dense", 32, true, false);
    NetTensor x = net_max_pool(g, net_conv3x3(g, net_scale_bytes(g, n.bytes), &first));
    x = net_max_pool(g, net_conv3x3(g, residual(g, x, "block_a", 16), &second));
    x = net_relu(g, residual(g, x, "block_b", 24));
    heads(&n, net_layer_norm(g, net_linear(g, net_flatten(g, x), &dense), "latent"));
    return n;
}

static Network tiles(void) {
    Network n = empty(64, 64);
    NetGraph* g = n.graph;
    NetLayer patch = layer("patch", 24, true, false), conv = layer("conv", 17, true, false);
    NetLayer dense = layer("dense", 32, true, false);
    NetTensor x = net_linear(g, net_patches(g, n.bytes, 7), &patch);
    x = net_conv3x3(g, net_layer_norm(g, x, "cells"), &conv);
    x = net_linear(g, net_layer_norm(g, net_flatten(g, x), "all"), &dense);
    heads(&n, net_concat(g, net_real(g, x), n.real));
    return n;
}

static Network rows(void) {
    Network n = empty(5, 4);
    NetGraph* g = n.graph;
    NetLayer a = layer("a", 16, true, false), gate = layer("gate", 16, false, true);
    NetLayer key = layer("key", 5, false, true);
    NetTensor goal = net_embed(g, n.index, "goal", NETWORK_INDICES, 16, 1.2);
    NetTensor x = net_linear(g, net_concat(g, n.real, net_one_hot(g, n.index, 9)), &a);
    x = net_add(g, x, net_multiply(g, net_linear(g, x, &gate), goal));
    heads(&n, net_layer_norm(g, x, "latent"));
    NetTensor unit = net_l2_normalise(g, net_linear(g, x, &key));
    n.outputs[2] = net_slice(g, unit, 1, 3);
    n.outputs[3] = net_gather(g, net_log_softmax(g, unit), n.index);
    n.output_count = 4;
    return n;
}

Network network_create(int number) {
    Network n = number == 0 ? pictures() : number == 1 ? tiles() : rows();
    char why[NET_WHY] = "";
    ck_assert_msg(net_graph_check(n.graph, why) == NET_OK, "network %d: %s", number, why);
    return n;
}

void network_destroy(Network* network) {
    net_graph_destroy(network->graph);
}

// ---------------------------------------------------------------- batches
static void* room(size_t count, size_t size) {
    void* made = calloc(count ? count : 1, size);
    ck_assert_ptr_nonnull(made);
    return made;
}

Batch batch_create(const Network* n, int32_t rows_wanted, uint64_t seed) {
    NetRandom random = net_random(seed, 77);
    size_t count = (size_t)rows_wanted, weight_count = net_weight_count(n->graph);
    size_t bytes = count * (size_t)net_tensor_width(n->graph, n->bytes);
    size_t reals = count * (size_t)net_tensor_width(n->graph, n->real);
    Batch batch = {.rows = rows_wanted,
                   .bytes = room(bytes, 1),
                   .real = room(reals, sizeof(NetReal)),
                   .index = room(count, sizeof(int32_t)),
                   .weights = room(weight_count, sizeof(NetReal))};
    for (size_t i = 0; i < bytes; i++) {
        batch.bytes[i] = (uint8_t)net_random_below(&random, 256);
    }
    for (size_t i = 0; i < reals; i++) {
        batch.real[i] = (NetReal)net_random_normal(&random);
    }
    for (size_t i = 0; i < count; i++) {
        batch.index[i] = (int32_t)net_random_below(&random, NETWORK_INDICES);
    }
    char why[NET_WHY];
    ck_assert_int_eq(net_init(n->graph, &random, batch.weights, why), NET_OK);
    for (size_t i = 0; i < weight_count; i++) {
        batch.weights[i] += (NetReal)(0.03 * net_random_normal(&random));
    }
    for (int32_t k = 0; k < n->output_count; k++) {
        size_t size = count * (size_t)net_tensor_width(n->graph, n->outputs[k]);
        batch.d_output[k] = room(size, sizeof(NetReal));
        for (size_t i = 0; i < size; i++) {
            batch.d_output[k][i] = (NetReal)net_random_normal(&random);
        }
    }
    return batch;
}

void batch_destroy(Batch* batch) {
    free(batch->bytes);
    free(batch->real);
    free(batch->index);
    free(batch->weights);
    for (int32_t k = 0; k < NETWORK_OUTPUTS; k++) {
        free(batch->d_output[k]);
    }
}

// ---------------------------------------------------------------- plans
NetPlan* plan_of(const Network* n, int32_t rows_wanted, bool training, PlanChoice choice) {
    NetPlanConfig config = {.rows = rows_wanted,
                            .training = training,
                            .backend = choice.backend,
                            .dtype = choice.dtype,
                            .outputs = n->outputs,
                            .output_count = n->output_count};
    NetPlan* plan = NULL;
    char why[NET_WHY] = "";
    ck_assert_msg(net_plan_create(n->graph, &config, &plan, why) == NET_OK, "%s", why);
    return plan;
}

bool plan_exists(PlanChoice choice) {
    Network n = network_create(2);
    NetPlanConfig config = {.rows = 1,
                            .backend = choice.backend,
                            .dtype = choice.dtype,
                            .outputs = n.outputs,
                            .output_count = 1};
    NetPlan* plan = NULL;
    char why[NET_WHY] = "";
    NetStatus status = net_plan_create(n.graph, &config, &plan, why);
    ck_assert(status == NET_OK || status == NET_UNAVAILABLE);
    if (status != NET_OK) {
        printf("skipped: %s %s: %s\n", net_backend_name(choice.backend),
               net_dtype_name(choice.dtype), why);
    }
    net_plan_destroy(plan);
    network_destroy(&n);
    return status == NET_OK;
}

static void copy_rows(void* to, const void* from, size_t row, int32_t first, int32_t count) {
    if (to) {
        memcpy(to, (const char*)from + row * (size_t)first, row * (size_t)count);
    }
}

void fill_inputs(const Network* n, NetPlan* plan, const Batch* batch, int32_t first,
                 int32_t count) {
    copy_rows(net_plan_input(plan, n->bytes), batch->bytes,
              (size_t)net_tensor_width(n->graph, n->bytes), first, count);
    copy_rows(net_plan_input(plan, n->real), batch->real,
              (size_t)net_tensor_width(n->graph, n->real) * sizeof(NetReal), first, count);
    copy_rows(net_plan_input(plan, n->index), batch->index, sizeof(int32_t), first, count);
}

void fill_d_outputs(const Network* n, NetPlan* plan, const Batch* batch, int32_t first,
                    int32_t count) {
    for (int32_t k = 0; k < n->output_count; k++) {
        copy_rows(net_plan_d_output(plan, n->outputs[k]), batch->d_output[k],
                  (size_t)net_tensor_width(n->graph, n->outputs[k]) * sizeof(NetReal), first,
                  count);
    }
}

Result result_of(const Network* n, NetPlan* plan, const Batch* batch, int32_t first, int32_t count,
                 bool backward) {
    Result result = {.output_count = n->output_count, .weight_count = net_weight_count(n->graph)};
    fill_inputs(n, plan, batch, first, count);
    net_plan_load(plan, batch->weights);
    net_plan_forward(plan, count);
    for (int32_t k = 0; k < n->output_count; k++) {
        size_t size = (size_t)count * (size_t)net_tensor_width(n->graph, n->outputs[k]);
        result.output_size[k] = size;
        result.output[k] = room(size, sizeof(NetReal));
        memcpy(result.output[k], net_plan_output(plan, n->outputs[k]), size * sizeof(NetReal));
    }
    if (backward) {
        fill_d_outputs(n, plan, batch, first, count);
        result.gradient = room(result.weight_count, sizeof(NetReal));
        net_plan_backward(plan, result.gradient);
    }
    return result;
}

void result_destroy(Result* result) {
    for (int32_t k = 0; k < result->output_count; k++) {
        free(result->output[k]);
    }
    free(result->gradient);
}

// ---------------------------------------------------------------- comparison
double distance(size_t count, const NetReal* expected, const NetReal* got) {
    double difference = 0, size = 0;
    for (size_t i = 0; i < count; i++) {
        difference += pow((double)expected[i] - (double)got[i], 2);
        size += pow((double)expected[i], 2);
    }
    return difference == 0 ? 0 : sqrt(difference / size);
}

double deviation(size_t count, const NetReal* expected, const NetReal* got) {
    double difference = 0, size = 0;
    for (size_t i = 0; i < count; i++) {
        double error = fabs((double)expected[i] - (double)got[i]);
        difference = error > difference || isnan(error) ? error : difference;
        size = fmax(size, fabs((double)expected[i]));
    }
    return difference == 0 ? 0 : difference / size;
}
