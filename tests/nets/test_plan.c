// What graphs and plans refuse, each with one clear line, and what plans tell about themselves.
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/nets/networks.h"
#include "tests/suite.h"

// ---------------------------------------------------------------- graphs
typedef struct Inputs {
    NetGraph* g;
    NetTensor bytes, picture, row, index; // [6, 5, 3] bytes, [4, 4, 2], [8]
} Inputs;

static NetLayer layer(const char* name, int32_t outputs) {
    return (NetLayer){name, outputs, .bias = true, .init = NET_INIT_ROW_NORM, .gain = 1};
}

static Inputs inputs_create(void) {
    Inputs in = {0};
    char why[NET_WHY];
    ck_assert_int_eq(net_graph_create(&in.g, why), NET_OK);
    in.bytes = net_input(in.g, "bytes", NET_INPUT_BYTES, 3, (int32_t[]){6, 5, 3});
    in.picture = net_input(in.g, "picture", NET_INPUT_REAL, 3, (int32_t[]){4, 4, 2});
    in.row = net_input(in.g, "row", NET_INPUT_REAL, 1, (int32_t[]){8});
    in.index = net_input(in.g, "index", NET_INPUT_INDEX, 0, NULL);
    return in;
}

static void linear(Inputs* in, NetTensor x, const char* name, int32_t outputs) {
    NetLayer l = layer(name, outputs);
    net_linear(in->g, x, &l);
}
static void convolution(Inputs* in, NetTensor x, int32_t outputs) {
    NetLayer l = layer("conv", outputs);
    net_conv3x3(in->g, x, &l);
}

static void rank_four(Inputs* in) {
    net_input(in->g, "large", NET_INPUT_REAL, 4, (int32_t[]){1, 1, 1, 1});
}
static void rank_negative(Inputs* in) {
    net_input(in->g, "large", NET_INPUT_REAL, -1, NULL);
}
static void index_with_axes(Inputs* in) {
    net_input(in->g, "many", NET_INPUT_INDEX, 2, (int32_t[]){3, 2});
}
static void axis_of_nothing(Inputs* in) {
    net_input(in->g, "empty", NET_INPUT_REAL, 2, (int32_t[]){3, 0});
}
static void row_too_large(Inputs* in) {
    net_input(in->g, "huge", NET_INPUT_BYTES, 3, (int32_t[]){65536, 65536, INT_MAX});
}
static void join_too_long(Inputs* in) {
    NetTensor x = net_input(in->g, "huge", NET_INPUT_REAL, 1, (int32_t[]){INT_MAX});
    net_concat(in->g, x, x);
}
static void scale_reals(Inputs* in) {
    net_scale_bytes(in->g, in->picture);
}
static void patches_of_reals(Inputs* in) {
    net_patches(in->g, in->picture, 2);
}
static void patches_too_large(Inputs* in) {
    net_patches(in->g, in->bytes, 6);
}
static void patches_of_nothing(Inputs* in) {
    net_patches(in->g, in->bytes, 0);
}
static void no_outputs(Inputs* in) {
    linear(in, in->row, "none", 0);
}
static void linear_of_index(Inputs* in) {
    linear(in, in->index, "a", 3);
}
static void linear_of_bytes(Inputs* in) {
    linear(in, in->bytes, "a", 3);
}
static void linear_of_one_number(Inputs* in) {
    linear(in, net_input(in->g, "one", NET_INPUT_REAL, 0, NULL), "a", 3);
}
static void convolution_of_a_row(Inputs* in) {
    convolution(in, in->row, 3);
}
static void convolution_of_bytes(Inputs* in) {
    convolution(in, in->bytes, 3);
}
static void convolution_without_outputs(Inputs* in) {
    convolution(in, in->picture, -1);
}
static void pool_of_a_row(Inputs* in) {
    net_max_pool(in->g, in->row);
}
static void pool_of_bytes(Inputs* in) {
    net_max_pool(in->g, in->bytes);
}
static void norm_of_bytes(Inputs* in) {
    net_group_norm(in->g, in->bytes, "n");
}
static void norm_of_an_index(Inputs* in) {
    net_layer_norm(in->g, in->index, "n");
}
static void relu_of_bytes(Inputs* in) {
    net_relu(in->g, in->bytes);
}
static void add_bytes(Inputs* in) {
    net_add(in->g, in->bytes, in->bytes);
}
static void add_other_shape(Inputs* in) {
    net_add(in->g, in->row, in->picture);
}
static void multiply_other_width(Inputs* in) {
    net_multiply(in->g, in->row, net_slice(in->g, in->row, 0, 7));
}
static void concat_other_rank(Inputs* in) {
    net_concat(in->g, in->row, in->picture);
}
static void slice_before(Inputs* in) {
    net_slice(in->g, in->row, -1, 2);
}
static void slice_nothing(Inputs* in) {
    net_slice(in->g, in->row, 0, 0);
}
static void slice_beyond(Inputs* in) {
    net_slice(in->g, in->row, 5, 4);
}
static void slice_far_beyond(Inputs* in) {
    net_slice(in->g, in->row, 2, INT_MAX);
}
static void gather_of_a_picture(Inputs* in) {
    net_gather(in->g, in->picture, in->index);
}
static void gather_by_a_row(Inputs* in) {
    net_gather(in->g, in->row, in->row);
}
static void table_of_nothing(Inputs* in) {
    net_embed(in->g, in->index, "table", 0, 4, 1);
}
static void table_by_a_row(Inputs* in) {
    net_embed(in->g, in->row, "table", 4, 4, 1);
}
static void one_hot_of_nothing(Inputs* in) {
    net_one_hot(in->g, in->index, 0);
}
static void softmax_of_bytes(Inputs* in) {
    net_log_softmax(in->g, in->bytes);
}
static void two_of_one_name(Inputs* in) {
    linear(in, in->row, "twice", 3);
    linear(in, in->row, "twice", 4);
}
static void name_too_long(Inputs* in) {
    linear(in, in->row, "a_name_of_more_than_sixty_characters_with_the_word_weight_behind", 3);
}

static const struct {
    void (*build)(Inputs* in);
    const char* part; // of the message
} refused[] = {
    {rank_four, "rank 4"},
    {rank_negative, "rank -1"},
    {index_with_axes, "input many has rank 2"},
    {axis_of_nothing, "axis 1 has size 0"},
    {row_too_large, "more than 2147483647"},
    {join_too_long, "too long to join"},
    {scale_reals, "takes bytes"},
    {patches_of_reals, "takes bytes"},
    {patches_too_large, "patches of 6 cells do not fit a picture of 6 x 5"},
    {patches_of_nothing, "patches of 0"},
    {no_outputs, "layer none: 0 outputs"},
    {linear_of_index, "scale or embed it"},
    {linear_of_bytes, "scale or embed it"},
    {linear_of_one_number, "rank 0"},
    {convolution_of_a_row, "conv takes a tensor [H, W, C]"},
    {convolution_of_bytes, "scale or embed it"},
    {convolution_without_outputs, "layer conv: -1 outputs"},
    {pool_of_a_row, "[H, W, C]"},
    {pool_of_bytes, "scale or embed it"},
    {norm_of_bytes, "scale or embed it"},
    {norm_of_an_index, "scale or embed it"},
    {relu_of_bytes, "scale or embed it"},
    {add_bytes, "scale or embed it"},
    {add_other_shape, "ranks 1 and 3"},
    {multiply_other_width, "last axes 8 and 7"},
    {concat_other_rank, "ranks 1 and 3"},
    {slice_before, "a slice of 2 from -1 of a last axis of 8"},
    {slice_nothing, "a slice of 0"},
    {slice_beyond, "a slice of 4 from 5"},
    {slice_far_beyond, "from 2 of a last axis of 8"},
    {gather_of_a_picture, "rank 1, not 3"},
    {gather_by_a_row, "NET_INPUT_INDEX"},
    {table_of_nothing, "embedding table of 0 rows"},
    {table_by_a_row, "NET_INPUT_INDEX"},
    {one_hot_of_nothing, "one-hot vector of 0"},
    {softmax_of_bytes, "scale or embed it"},
    {two_of_one_name, "two parameters are called twice.weight"},
    {name_too_long, "is longer than 63"},
};
enum { REFUSED = sizeof refused / sizeof *refused };

static void check_line(const char* why, const char* part) {
    ck_assert_msg(strstr(why, part) != NULL, "expected ... %s ..., got: %s", part, why);
    ck_assert_uint_lt(strlen(why), NET_WHY);
    ck_assert_ptr_null(strchr(why, '\n'));
}

START_TEST(graphs_refuse) {
    Inputs in = inputs_create();
    char why[NET_WHY] = "", first[NET_WHY] = "";
    ck_assert_int_eq(net_graph_check(in.g, why), NET_OK);
    refused[_i].build(&in);
    ck_assert_int_eq(net_graph_check(in.g, why), NET_BAD_CONFIG);
    check_line(why, refused[_i].part);
    for (int i = 0; i < REFUSED; i++) { // it goes on growing; the first error stays
        refused[i].build(&in);
    }
    ck_assert_int_eq(net_graph_check(in.g, first), NET_BAD_CONFIG);
    ck_assert_str_eq(first, why);
    NetPlan* plan = (NetPlan*)&in;
    NetPlanConfig config = {.rows = 1, .outputs = &in.row, .output_count = 1};
    ck_assert_int_eq(net_plan_create(in.g, &config, &plan, first), NET_BAD_CONFIG);
    ck_assert_ptr_null(plan);
    ck_assert_str_eq(first, why);
    net_graph_destroy(in.g);
}
END_TEST

START_TEST(destroying_nothing) {
    net_graph_destroy(NULL);
    net_plan_destroy(NULL);
}
END_TEST

// ---------------------------------------------------------------- plans
static void check_no_plan(const Network* n, NetPlanConfig config, NetStatus status,
                          const char* part) {
    NetPlan* plan = (NetPlan*)&config;
    char why[NET_WHY] = "";
    ck_assert_int_eq(net_plan_create(n->graph, &config, &plan, why), status);
    ck_assert_ptr_null(plan);
    check_line(why, part);
}

START_TEST(plans_refuse) {
    Network n = network_create(2);
    NetPlanConfig good = {.rows = 4,
                          .training = true,
                          .backend = NET_BACKEND_BLAS,
                          .outputs = n.outputs,
                          .output_count = n.output_count};
    NetPlanConfig config = good;
    config.rows = 0;
    check_no_plan(&n, config, NET_BAD_CONFIG, "a plan of 0 rows");
    config.rows = -7;
    check_no_plan(&n, config, NET_BAD_CONFIG, "-7 rows");
    config = good;
    config.output_count = 0;
    check_no_plan(&n, config, NET_BAD_CONFIG, "0 outputs");
    config = good;
    config.dtype = NET_DTYPE_BF16;
    check_no_plan(&n, config, NET_UNAVAILABLE, "f32 only; use --set compute.dtype=f32");
#if !defined(NETS_ONEDNN) || defined(NETS_DOUBLE)
    config = good;
    config.backend = NET_BACKEND_ONEDNN;
    check_no_plan(&n, config, NET_UNAVAILABLE, "this build has no oneDNN");
#endif
    network_destroy(&n);
}
END_TEST

#ifndef __SANITIZE_ADDRESS__ // which ends the program at such a request
START_TEST(more_rows_than_memory) {
    Network n = network_create(0);
    NetPlanConfig config = {.rows = INT_MAX,
                            .training = true,
                            .backend = NET_BACKEND_BLAS,
                            .outputs = n.outputs,
                            .output_count = n.output_count};
    check_no_plan(&n, config, NET_OUT_OF_MEMORY, "out of memory for a plan of 2147483647 rows");
    network_destroy(&n);
}
END_TEST
#endif

START_TEST(arithmetic_of_known_layers) {
    Inputs in = inputs_create();
    NetLayer conv = layer("conv", 3), dense = layer("dense", 5), other = layer("other", 100);
    NetTensor x = net_conv3x3(in.g, in.picture, &conv);
    NetTensor outputs[] = {net_real(in.g, net_linear(in.g, net_flatten(in.g, x), &dense))};
    net_linear(in.g, in.row, &other); // not needed by the output
    Network n = {.graph = in.g, .outputs = {outputs[0]}, .output_count = 1};
    NetPlan* plan = plan_of(&n, 2, false, (PlanChoice){NET_BACKEND_BLAS, NET_DTYPE_AUTO});
    double per_cell = 2.0 * 9 * 2 * 3, per_row = 2.0 * 48 * 5;
    ck_assert_double_eq(net_plan_flop(plan), 16 * per_cell + per_row);
    ck_assert_int_eq(net_plan_dtype(plan), NET_DTYPE_F32);
    ck_assert_ptr_nonnull(net_plan_input(plan, in.picture));
    ck_assert_ptr_null(net_plan_input(plan, in.row));
    ck_assert_ptr_null(net_plan_input(plan, in.bytes));
    size_t least = 2 * (4 * 4 * 2 + 5) * sizeof(NetReal);
    ck_assert_uint_gt(net_plan_bytes(plan), least);
    ck_assert_uint_lt(net_plan_bytes(plan), 65536);
    ck_assert_int_eq(net_tensor_width(in.g, x), 48);
    net_plan_destroy(plan);
    net_graph_destroy(in.g);
}
END_TEST

START_TEST(names) {
    ck_assert_str_eq(net_backend_name(NET_BACKEND_AUTO), "auto");
    ck_assert_str_eq(net_backend_name(NET_BACKEND_BLAS), "blas");
    ck_assert_str_eq(net_backend_name(NET_BACKEND_ONEDNN), "onednn");
    ck_assert_str_eq(net_dtype_name(NET_DTYPE_AUTO), "auto");
    ck_assert_str_eq(net_dtype_name(NET_DTYPE_F32), "f32");
    ck_assert_str_eq(net_dtype_name(NET_DTYPE_BF16), "bf16");
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("plan");
    TCase* tests = tcase_create("graphs and plans");
    tcase_add_loop_test(tests, graphs_refuse, 0, REFUSED);
    tcase_add_test(tests, destroying_nothing);
    tcase_add_test(tests, plans_refuse);
#ifndef __SANITIZE_ADDRESS__
    tcase_add_test(tests, more_rows_than_memory);
#endif
    tcase_add_test(tests, arithmetic_of_known_layers);
    tcase_add_test(tests, names);
    suite_add_tcase(s, tests);
    return s;
}
