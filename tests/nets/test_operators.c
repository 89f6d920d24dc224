// What each operator computes, forward, against its definition in double precision. (Maps, norms,
// pools and patches are in test_map.c and test_kernels*.c; ways back in test_gradients.c.)
#include <math.h>
#include <string.h>

#include "nets/nets.h"
#include "tests/suite.h"

#ifdef NETS_DOUBLE
static const double rounding = 1e-14;
#else
static const double rounding = 1e-6;
#endif

enum { ROWS = 3, H = 2, W = 3, C = 4, CELLS = ROWS * H * W, COUNT = CELLS * C, TABLE = 5 };

// Inputs a, b [H, W, C], row [C], bytes [H, W, C], an index, and what is computed of them.
typedef struct Run {
    NetGraph* graph;
    NetTensor a, b, row, bytes, index, output;
    NetReal a_at[COUNT], b_at[COUNT], row_at[ROWS * C], weights[TABLE * C];
    uint8_t bytes_at[COUNT];
    int32_t index_at[ROWS];
    NetPlan* plan;
    const NetReal* y;
} Run;

static Run begin(void) {
    Run r = {0};
    char why[NET_WHY];
    const int32_t shape[] = {H, W, C}, width = C;
    ck_assert_int_eq(net_graph_create(&r.graph, why), NET_OK);
    r.a = net_input(r.graph, "a", NET_INPUT_REAL, 3, shape);
    r.b = net_input(r.graph, "b", NET_INPUT_REAL, 3, shape);
    r.row = net_input(r.graph, "row", NET_INPUT_REAL, 1, &width);
    r.bytes = net_input(r.graph, "bytes", NET_INPUT_BYTES, 3, shape);
    r.index = net_input(r.graph, "index", NET_INPUT_INDEX, 0, NULL);
    NetRandom random = net_random(8, 0);
    for (int i = 0; i < COUNT; i++) {
        r.a_at[i] = (NetReal)net_random_normal(&random);
        r.b_at[i] = (NetReal)net_random_normal(&random);
        r.bytes_at[i] = (uint8_t)net_random_below(&random, 256);
    }
    for (int i = 0; i < ROWS * C; i++) {
        r.row_at[i] = (NetReal)net_random_normal(&random);
    }
    for (int i = 0; i < ROWS; i++) {
        r.index_at[i] = (i + 3) % C;
    }
    for (int i = 0; i < TABLE * C; i++) {
        r.weights[i] = (NetReal)net_random_normal(&random);
    }
    return r;
}

static void give(const Run* r, NetTensor input, const void* data, size_t bytes) {
    void* room = net_plan_input(r->plan, input);
    if (room) {
        memcpy(room, data, bytes);
    }
}

static void run(Run* r, NetTensor output) {
    char why[NET_WHY] = "";
    output = net_real(r->graph, output);
    NetPlanConfig config = {
        .rows = ROWS, .dtype = NET_DTYPE_F32, .outputs = &output, .output_count = 1};
    ck_assert_uint_le(net_weight_count(r->graph), TABLE * C);
    ck_assert_msg(net_plan_create(r->graph, &config, &r->plan, why) == NET_OK, "%s", why);
    give(r, r->a, r->a_at, sizeof r->a_at);
    give(r, r->b, r->b_at, sizeof r->b_at);
    give(r, r->row, r->row_at, sizeof r->row_at);
    give(r, r->bytes, r->bytes_at, sizeof r->bytes_at);
    give(r, r->index, r->index_at, sizeof r->index_at);
    net_plan_load(r->plan, r->weights);
    net_plan_forward(r->plan, ROWS);
    r->y = net_plan_output(r->plan, output);
}

static void end(Run* r) {
    net_plan_destroy(r->plan);
    net_graph_destroy(r->graph);
}

static void check(const Run* r, int i, double expected) {
    ck_assert_msg(fabs((double)r->y[i] - expected) <= rounding * (1 + fabs(expected)),
                  "element %d: expected %.9g, got %.9g", i, expected, (double)r->y[i]);
}

START_TEST(elementwise) {
    for (int which = 0; which < 4; which++) {
        Run r = begin();
        run(&r, which == 0   ? net_add(r.graph, r.a, r.b)
                : which == 1 ? net_multiply(r.graph, r.a, r.b)
                : which == 2 ? net_relu(r.graph, r.a)
                             : net_scale_bytes(r.graph, r.bytes));
        for (int i = 0; i < COUNT; i++) {
            double a = (double)r.a_at[i], b = (double)r.b_at[i];
            check(&r, i,
                  which == 0   ? a + b
                  : which == 1 ? a * b
                  : which == 2 ? fmax(a, 0)
                               : r.bytes_at[i] / 255.0);
        }
        end(&r);
    }
}
END_TEST

START_TEST(joined_along_the_last_axis) {
    Run r = begin();
    run(&r, net_concat(r.graph, r.a, net_slice(r.graph, r.b, 1, 2)));
    for (int i = 0; i < CELLS * (C + 2); i++) {
        int cell = i / (C + 2), c = i % (C + 2);
        check(&r, i, (double)(c < C ? r.a_at[cell * C + c] : r.b_at[cell * C + c - C + 1]));
    }
    end(&r);
}
END_TEST

START_TEST(flattened) {
    Run r = begin();
    NetTensor flat = net_flatten(r.graph, r.a);
    ck_assert_int_eq(net_tensor_width(r.graph, flat), H * W * C);
    run(&r, net_slice(r.graph, flat, 5, 10)); // of a whole picture
    for (int i = 0; i < ROWS * 10; i++) {
        check(&r, i, (double)r.a_at[i / 10 * H * W * C + 5 + i % 10]);
    }
    end(&r);
}
END_TEST

START_TEST(unit_length) {
    Run r = begin();
    memset(r.a_at, 0, C * sizeof *r.a_at); // the first cell has no direction
    run(&r, net_l2_normalise(r.graph, r.a));
    for (int cell = 0; cell < CELLS; cell++) {
        double square = 0;
        for (int c = 0; c < C; c++) {
            square += pow((double)r.a_at[cell * C + c], 2);
        }
        for (int c = 0; c < C; c++) {
            double x = (double)r.a_at[cell * C + c];
            check(&r, cell * C + c, cell ? x / sqrt(square) : 0);
        }
    }
    end(&r);
}
END_TEST

START_TEST(log_probabilities) {
    Run r = begin();
    for (int c = 0; c < C; c++) { // neither overflow nor underflow
        r.row_at[c] = (NetReal)(1000 + c);
        r.row_at[C + c] = (NetReal)(-1000 * c);
    }
    run(&r, net_log_softmax(r.graph, r.row));
    for (int row = 0; row < ROWS; row++) {
        const NetReal* x = r.row_at + row * C;
        double first = (double)x[row ? 0 : C - 1], sum = 0;
        for (int c = 0; c < C; c++) {
            sum += exp((double)x[c] - first);
        }
        for (int c = 0; c < C; c++) {
            check(&r, row * C + c, (double)x[c] - first - log(sum));
        }
    }
    end(&r);
}
END_TEST

START_TEST(picked_by_an_index) {
    Run r = begin();
    run(&r, net_gather(r.graph, r.row, r.index));
    for (int row = 0; row < ROWS; row++) {
        check(&r, row, (double)r.row_at[row * C + r.index_at[row]]);
    }
    end(&r);
    r = begin();
    run(&r, net_one_hot(r.graph, r.index, 6));
    for (int i = 0; i < ROWS * 6; i++) {
        check(&r, i, r.index_at[i / 6] == i % 6);
    }
    end(&r);
    r = begin();
    run(&r, net_embed(r.graph, r.index, "table", TABLE, C, 1));
    for (int i = 0; i < ROWS * C; i++) {
        check(&r, i, (double)r.weights[r.index_at[i / C] * C + i % C]);
    }
    end(&r);
}
END_TEST

START_TEST(norms_over_what_they_should) { // a row's picture as a whole, or cell by cell
    for (int by_cell = 0; by_cell < 2; by_cell++) {
        Run r = begin();
        run(&r, by_cell ? net_layer_norm(r.graph, r.a, "n") : net_group_norm(r.graph, r.a, "n"));
        int size = by_cell ? C : H * W * C;
        for (int i = 0; i < COUNT; i++) {
            const NetReal* span = r.a_at + i / size * size;
            double mean = 0, variance = 0;
            for (int k = 0; k < size; k++) {
                mean += (double)span[k] / size;
            }
            for (int k = 0; k < size; k++) {
                variance += pow((double)span[k] - mean, 2) / size;
            }
            double h = ((double)r.a_at[i] - mean) / sqrt(variance + 1e-5);
            double expected = h * (double)r.weights[i % C] + (double)r.weights[C + i % C];
            ck_assert_double_eq_tol((double)r.y[i], expected, 10 * rounding);
        }
        end(&r);
    }
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("operators");
    TCase* tests = tcase_create("forward");
    tcase_add_test(tests, elementwise);
    tcase_add_test(tests, joined_along_the_last_axis);
    tcase_add_test(tests, flattened);
    tcase_add_test(tests, unit_length);
    tcase_add_test(tests, log_probabilities);
    tcase_add_test(tests, picked_by_an_index);
    tcase_add_test(tests, norms_over_what_they_should);
    suite_add_tcase(s, tests);
    return s;
}
