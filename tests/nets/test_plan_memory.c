// Buffers of a plan share memory. Random networks give the same results and gradients as a plan in
// which every tensor is an output, so that all buffers live to the end; in double precision the
// gradients are central differences, too. The plans take nothing from the heap when they run.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/graph.h"
#include "tests/nets/networks.h"
#include "tests/suite.h"

#ifdef NETS_DOUBLE
static const double rounding = 1e-13;
#else
static const double rounding = 1e-6;
#endif

enum { SEEDS = 200, SEEDS_PER_TEST = 10, ROWS = 4 };

// The same network with every tensor as an output. wanted[k]: which of these is n's output k.
static Network everything(const Network* n, int32_t wanted[]) {
    Network all = *n;
    all.output_count = 0;
    for (int32_t id = 0; id < n->graph->node_count; id++) {
        NetStorage storage = n->graph->nodes[id].storage;
        if (storage == NET_STORE_BYTES || storage == NET_STORE_INDEX) {
            continue;
        }
        ck_assert_int_lt(all.output_count, NETWORK_OUTPUTS);
        for (int32_t k = 0; k < n->output_count; k++) {
            wanted[k] = n->outputs[k].id == id ? all.output_count : wanted[k];
        }
        all.outputs[all.output_count++] = (NetTensor){id};
    }
    return all;
}

// Inputs and weights of `batch`, gradients at n's outputs only.
static Result run_everything(const Network* n, PlanChoice choice, const Batch* batch,
                             size_t* bytes) {
    int32_t wanted[NETWORK_OUTPUTS] = {0};
    Network all = everything(n, wanted);
    NetPlan* plan = plan_of(&all, ROWS, true, choice);
    *bytes = net_plan_bytes(plan);
    Result result = result_of(&all, plan, batch, 0, ROWS, false);
    Result chosen = {.output_count = n->output_count, .weight_count = result.weight_count};
    chosen.gradient = calloc(chosen.weight_count, sizeof(NetReal));
    for (int32_t k = 0; k < n->output_count; k++) { // what was never written is 0
        size_t size = result.output_size[wanted[k]];
        chosen.output_size[k] = size;
        chosen.output[k] = result.output[wanted[k]];
        result.output[wanted[k]] = NULL;
        memcpy(net_plan_d_output(plan, n->outputs[k]), batch->d_output[k], size * sizeof(NetReal));
    }
    net_plan_backward(plan, chosen.gradient);
    result_destroy(&result);
    net_plan_destroy(plan);
    return chosen;
}

static void check_network(uint64_t seed, PlanChoice choice) {
    Network n = network_random(seed);
    Batch batch = batch_create(&n, ROWS, seed);
    NetPlan* plan = plan_of(&n, ROWS, true, choice);
    NetPlan* acting = plan_of(&n, ROWS, false, choice);
    Result warm = result_of(&n, plan, &batch, 0, ROWS, true); // leaves its numbers everywhere
    Result got = result_of(&n, plan, &batch, 0, ROWS, true);
    Result forward = result_of(&n, acting, &batch, 0, ROWS, false);
    size_t bytes;
    Result expected = run_everything(&n, choice, &batch, &bytes);
    ck_assert_uint_le(net_plan_bytes(plan), bytes);
    ck_assert_uint_le(net_plan_bytes(acting), net_plan_bytes(plan));
    for (int32_t k = 0; k < n.output_count; k++) {
        size_t size = expected.output_size[k];
        double apart = deviation(size, expected.output[k], got.output[k]);
        ck_assert_msg(apart <= rounding, "seed %d, output %d: %.3g apart", (int)seed, (int)k,
                      apart);
        apart = deviation(size, expected.output[k], forward.output[k]);
        ck_assert_msg(apart <= rounding, "seed %d, output %d, forward only: %.3g apart", (int)seed,
                      (int)k, apart);
    }
    double apart = deviation(got.weight_count, expected.gradient, got.gradient);
    ck_assert_msg(apart <= rounding, "seed %d, gradients: %.3g apart", (int)seed, apart);
    ck_assert_mem_eq(warm.gradient, got.gradient, got.weight_count * sizeof(NetReal));
    Result* all[] = {&warm, &got, &forward, &expected};
    for (int i = 0; i < 4; i++) {
        result_destroy(all[i]);
    }
    net_plan_destroy(plan);
    net_plan_destroy(acting);
    batch_destroy(&batch);
    network_destroy(&n);
}

START_TEST(buffers_share_memory_unharmed) {
    for (int k = 0; k < SEEDS_PER_TEST; k++) {
        uint64_t seed = (uint64_t)(_i * SEEDS_PER_TEST + k);
        check_network(seed, (PlanChoice){NET_BACKEND_BLAS, NET_DTYPE_F32});
    }
}
END_TEST

START_TEST(buffers_of_the_other_backend) {
    for (int k = 0; k < SEEDS_PER_TEST; k++) {
        uint64_t seed = (uint64_t)(_i * SEEDS_PER_TEST + k);
        check_network(seed, (PlanChoice){NET_BACKEND_AUTO, NET_DTYPE_F32});
    }
}
END_TEST

// A chain of equal layers acts in two buffers and the input's; training keeps one per layer.
START_TEST(a_chain_acts_in_few_buffers) {
    enum { DEPTH = 20, WIDTH = 64, MANY = 256 };
    Network n = {.output_count = 1};
    char why[NET_WHY], name[DEPTH][16];
    const int32_t width = WIDTH;
    ck_assert_int_eq(net_graph_create(&n.graph, why), NET_OK);
    NetTensor x = net_input(n.graph, "x", NET_INPUT_REAL, 1, &width);
    for (int i = 0; i < DEPTH; i++) {
        snprintf(name[i], sizeof name[i], "l%d", i);
        x = net_linear(n.graph, x, &(NetLayer){.name = name[i], .outputs = WIDTH, .relu = true});
    }
    n.outputs[0] = net_real(n.graph, x);
    PlanChoice choice = {NET_BACKEND_BLAS, NET_DTYPE_F32};
    NetPlan *acting = plan_of(&n, MANY, false, choice), *training = plan_of(&n, MANY, true, choice);
    size_t buffer = MANY * WIDTH * sizeof(NetReal), tables = 16384;
    ck_assert_uint_le(net_plan_bytes(acting), 4 * buffer + tables);
    ck_assert_uint_ge(net_plan_bytes(training), DEPTH * buffer);
    ck_assert_uint_le(net_plan_bytes(training), (DEPTH + 5) * buffer + tables);
    net_plan_destroy(acting);
    net_plan_destroy(training);
    network_destroy(&n);
}
END_TEST

#ifdef NETS_DOUBLE
static double loss_of(const Network* n, NetPlan* plan, const Batch* batch) {
    Result result = result_of(n, plan, batch, 0, ROWS, false);
    double loss = 0;
    for (int32_t k = 0; k < n->output_count; k++) {
        for (size_t i = 0; i < result.output_size[k]; i++) {
            loss += batch->d_output[k][i] * result.output[k][i];
        }
    }
    result_destroy(&result);
    return loss;
}

static double difference(const Network* n, NetPlan* plan, Batch* batch, size_t i, double step) {
    double kept = batch->weights[i];
    batch->weights[i] = kept + step;
    double up = loss_of(n, plan, batch);
    batch->weights[i] = kept - step;
    double down = loss_of(n, plan, batch);
    batch->weights[i] = kept;
    return (up - down) / (2 * step);
}

START_TEST(gradients_of_random_networks) {
    Network n = network_random((uint64_t)_i);
    Batch batch = batch_create(&n, ROWS, (uint64_t)_i);
    PlanChoice choice = {NET_BACKEND_BLAS, NET_DTYPE_F32};
    NetPlan *plan = plan_of(&n, ROWS, true, choice), *acting = plan_of(&n, ROWS, false, choice);
    Result result = result_of(&n, plan, &batch, 0, ROWS, true);
    NetRandom random = net_random((uint64_t)_i, 5);
    double largest = 0;
    for (size_t i = 0; i < result.weight_count; i++) {
        largest = fmax(largest, fabs(result.gradient[i]));
    }
    ck_assert(isfinite(largest));
    for (int k = 0; k < 6; k++) {
        size_t i = net_random_below(&random, (uint32_t)result.weight_count);
        double got = result.gradient[i], bound = 1e-5 * (largest + fabs(got)) + 1e-8;
        double expected = difference(&n, acting, &batch, i, 1e-6);
        if (fabs(expected - got) > bound) { // across a kink? a shorter step shows
            expected = difference(&n, acting, &batch, i, 1e-8);
            bound *= 10;
        }
        ck_assert_msg(fabs(expected - got) <= bound, "weight %zu: expected %.10g, got %.10g", i,
                      expected, got);
    }
    result_destroy(&result);
    net_plan_destroy(plan);
    net_plan_destroy(acting);
    batch_destroy(&batch);
    network_destroy(&n);
}
END_TEST
#endif

Suite* suite(void) {
    Suite* s = suite_create("plan memory");
    TCase* tests = tcase_create("random networks");
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, buffers_share_memory_unharmed, 0, SEEDS / SEEDS_PER_TEST);
    tcase_add_loop_test(tests, buffers_of_the_other_backend, 0, SEEDS / SEEDS_PER_TEST);
    tcase_add_test(tests, a_chain_acts_in_few_buffers);
#ifdef NETS_DOUBLE
    tcase_add_loop_test(tests, gradients_of_random_networks, 0, SEEDS);
#endif
    suite_add_tcase(s, tests);
    return s;
}
