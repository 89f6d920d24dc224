// Operators on sequences: ways back, by weights and by inputs, against central differences; what
// each computes against a few lines of plain code.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nets/nets.h"
#include "tests/suite.h"

#ifdef NETS_DOUBLE
static const double step = 1e-5, bound = 1e-7;
#else
static const double step = 1e-2, bound = 2e-2;
#endif

enum { ROWS = 3, TOKENS = 6, OTHERS = 5, WIDTH = 12, HEADS = 3, GROUPS = 3, SLOTS = 2 };

typedef struct Case {
    NetGraph* graph;
    NetTensor x, other;       // [TOKENS, WIDTH], [OTHERS, WIDTH]
    NetTensor mask, own_mask; // [TOKENS, OTHERS + TOKENS + SLOTS], [TOKENS, TOKENS]
    NetTensor weight;         // [GROUPS]
    NetTensor positions;      // [TOKENS]
} Case;

static NetTensor linear(Case* c, NetTensor x, const char* name) {
    return net_linear(
        c->graph, x,
        &(NetLayer){
            .name = name, .outputs = WIDTH, .bias = true, .init = NET_INIT_ROW_NORM, .gain = 1.5});
}

static NetTensor scale(Case* c) {
    NetTensor x = linear(c, c->x, "a");
    return net_add(c->graph, net_scale(c->graph, x, -1.5), net_scale(c->graph, x, 0.25));
}
static NetTensor table(Case* c) {
    NetTensor rows = net_table(c->graph, "table", SLOTS, WIDTH, GROUPS, 1.2);
    return net_multiply(c->graph, linear(c, c->x, "a"), rows);
}
static NetTensor embed_list(Case* c) {
    NetTensor rows = net_embed(c->graph, c->positions, "table", 50, WIDTH, 1.2);
    return net_multiply(c->graph, c->x, rows);
}
static NetTensor rotary(Case* c) {
    NetTensor by = net_rotation(c->graph, c->positions, WIDTH / HEADS, 100);
    NetTensor x = linear(c, c->x, "a");
    return net_add(c->graph, x, net_rotary(c->graph, x, by));
}
static NetTensor running(Case* c) {
    NetTensor x = linear(c, c->x, "a");
    return net_add(c->graph, net_running_mean(c->graph, x, c->weight, &c->other, 2), x);
}
static NetTensor running_from_nothing(Case* c) {
    return net_running_mean(c->graph, linear(c, c->x, "a"), c->weight, NULL, 0);
}
static NetTensor attention(Case* c) {
    NetTensor x = linear(c, c->x, "a");
    NetSegment segments[] = {
        {c->other, linear(c, c->other, "b")},
        {x, x},
        {net_table(c->graph, "k", SLOTS, WIDTH, 1, 2),
         net_table(c->graph, "v", SLOTS, WIDTH, 1, 2)},
    };
    return net_attention(c->graph, x, c->mask, HEADS, 3, segments);
}
static NetTensor own_attention(Case* c) {
    NetSegment own = {linear(c, c->x, "k"), linear(c, c->x, "v")};
    return net_attention(c->graph, linear(c, c->x, "q"), c->own_mask, 1, 1, &own);
}
static NetTensor shared(Case* c) { // one map, twice
    NetTensor once = linear(c, c->x, "a");
    net_share(c->graph, true);
    NetTensor twice = linear(c, once, "a");
    net_share(c->graph, false);
    return twice;
}

static const struct {
    const char* name;
    NetTensor (*network)(Case* c);
} networks[] = {
    {"scale", scale},           {"table", table},
    {"embed_list", embed_list}, {"rotary", rotary},
    {"running", running},       {"running_from_nothing", running_from_nothing},
    {"attention", attention},   {"own_attention", own_attention},
    {"shared", shared},
};

static Case case_create(void) {
    Case c = {0};
    char why[NET_WHY];
    ck_assert_int_eq(net_graph_create(&c.graph, why), NET_OK);
    NetGraph* g = c.graph;
    c.x = net_input(g, "x", NET_INPUT_REAL, 2, (int32_t[]){TOKENS, WIDTH});
    c.other = net_input(g, "other", NET_INPUT_REAL, 2, (int32_t[]){OTHERS, WIDTH});
    c.mask = net_input(g, "mask", NET_INPUT_BYTES, 2, (int32_t[]){TOKENS, OTHERS + TOKENS + SLOTS});
    c.own_mask = net_input(g, "own_mask", NET_INPUT_BYTES, 2, (int32_t[]){TOKENS, TOKENS});
    c.weight = net_input(g, "weight", NET_INPUT_REAL, 1, (int32_t[]){GROUPS});
    c.positions = net_input(g, "positions", NET_INPUT_INDEX, 1, (int32_t[]){TOKENS});
    return c;
}

static void fill_mask(NetPlan* plan, NetTensor mask, int keys, NetRandom* random) {
    uint8_t* seen = net_plan_input(plan, mask);
    for (int i = 0; seen && i < ROWS * TOKENS * keys; i++) { // token 1 sees nothing
        seen[i] = i / keys % TOKENS != 1 && net_random_below(random, 3) > 0;
    }
}

static void fill(Case* c, NetPlan* plan, NetRandom* random) {
    NetTensor reals[] = {c->x, c->other, c->weight};
    for (int i = 0; i < 3; i++) {
        NetReal* real = net_plan_input(plan, reals[i]);
        int count = ROWS * net_tensor_width(c->graph, reals[i]);
        for (int k = 0; real && k < count; k++) {
            real[k] = (NetReal)(i == 2 ? net_random_uniform(random) : net_random_normal(random));
        }
    }
    fill_mask(plan, c->mask, OTHERS + TOKENS + SLOTS, random);
    fill_mask(plan, c->own_mask, TOKENS, random);
    int32_t* position = net_plan_input(plan, c->positions);
    for (int i = 0; position && i < ROWS * TOKENS; i++) {
        position[i] = (int32_t)net_random_below(random, 50);
    }
}

typedef struct Check { // a plan, a loss (results weighted by fixed random numbers), its gradient
    const char* name;
    NetPlan* plan;
    NetTensor output;
    NetReal *weights, *gradient;
    double* mix;
    size_t count;
} Check;

static double loss_of(const Check* check) {
    net_plan_load(check->plan, check->weights);
    net_plan_forward(check->plan, ROWS);
    const NetReal* y = net_plan_output(check->plan, check->output);
    double loss = 0;
    for (size_t i = 0; i < check->count; i++) {
        loss += check->mix[i] * (double)y[i];
    }
    return loss;
}

static void compare(const Check* check, size_t count, NetReal* value, const NetReal* gradient) {
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)gradient[i]));
    }
    ck_assert_msg(largest > 0, "%s: all gradients are 0", check->name);
    for (size_t i = 0; i < count; i++) {
        NetReal kept = value[i];
        value[i] = kept + (NetReal)step;
        double up = loss_of(check);
        value[i] = kept - (NetReal)step;
        double down = loss_of(check);
        value[i] = kept;
        double expected = (up - down) / (2 * step), got = (double)gradient[i];
        ck_assert_msg(fabs(expected - got) <= bound * (largest + fabs(expected)),
                      "%s: element %zu of %zu: expected %.10g, got %.10g", check->name, i, count,
                      expected, got);
    }
}

static void check_inputs(const Check* check, Case* c, const NetTensor* wanted) {
    for (int i = 0; i < 2; i++) { // by the inputs, too
        const NetReal* left = net_plan_d_input(check->plan, wanted[i]);
        NetReal* value = net_plan_input(check->plan, wanted[i]);
        if (value) {
            size_t size = (size_t)ROWS * (size_t)net_tensor_width(c->graph, wanted[i]);
            NetReal* gradient = malloc(size * sizeof *gradient);
            memcpy(gradient, left, size * sizeof *gradient);
            compare(check, size, value, gradient);
            free(gradient);
        }
    }
}

START_TEST(gradients) {
    Case c = case_create();
    char why[NET_WHY] = "";
    NetTensor output = net_real(c.graph, networks[_i].network(&c)), wanted[] = {c.x, c.other};
    NetPlanConfig config = {.rows = ROWS,
                            .training = true,
                            .dtype = NET_DTYPE_F32,
                            .outputs = &output,
                            .output_count = 1,
                            .wanted = wanted,
                            .wanted_count = 2};
    Check check = {.name = networks[_i].name, .output = output};
    ck_assert_msg(net_plan_create(c.graph, &config, &check.plan, why) == NET_OK, "%s: %s",
                  check.name, why);
    size_t weights = net_weight_count(c.graph);
    check.count = (size_t)net_tensor_width(c.graph, output) * ROWS;
    check.weights = calloc(weights + 1, sizeof *check.weights);
    check.gradient = calloc(weights + 1, sizeof *check.gradient);
    check.mix = calloc(check.count, sizeof *check.mix);
    NetRandom random = net_random(11, 3);
    ck_assert_int_eq(net_init(c.graph, &random, check.weights, why), NET_OK);
    for (size_t i = 0; i < check.count; i++) {
        check.mix[i] = net_random_normal(&random);
    }
    fill(&c, check.plan, &random);
    loss_of(&check);
    for (size_t i = 0; i < check.count; i++) {
        net_plan_d_output(check.plan, output)[i] = (NetReal)check.mix[i];
    }
    net_plan_backward(check.plan, check.gradient);
    check_inputs(&check, &c, wanted);
    if (weights) {
        compare(&check, weights, check.weights, check.gradient);
    }
    net_plan_destroy(check.plan);
    free(check.weights);
    free(check.gradient);
    free(check.mix);
    net_graph_destroy(c.graph);
}
END_TEST

// ---------------------------------------------------------------- what they compute
typedef struct Forward {
    Case c;
    NetPlan* plan;
    const NetReal* y;
} Forward;

static Forward run(Case c, NetTensor output, NetReal* weights) {
    char why[NET_WHY] = "";
    Forward made = {.c = c};
    NetPlanConfig config = {
        .rows = ROWS, .dtype = NET_DTYPE_F32, .outputs = &output, .output_count = 1};
    ck_assert_msg(net_plan_create(c.graph, &config, &made.plan, why) == NET_OK, "%s", why);
    NetRandom random = net_random(5, 1);
    ck_assert_int_eq(net_init(c.graph, &random, weights, why), NET_OK);
    net_plan_load(made.plan, weights);
    fill(&made.c, made.plan, &random);
    net_plan_forward(made.plan, ROWS);
    made.y = net_plan_output(made.plan, output);
    return made;
}

static void forward_destroy(Forward* f) {
    net_plan_destroy(f->plan);
    net_graph_destroy(f->c.graph);
}

START_TEST(rotation_turns_pairs_by_position_times_frequency) {
    Case c = case_create();
    NetTensor by = net_rotation(c.graph, c.positions, WIDTH / HEADS, 10000);
    NetReal none[1];
    Forward f = run(c, net_rotary(c.graph, c.x, by), none);
    const NetReal* x = net_plan_input(f.plan, c.x);
    const int32_t* position = net_plan_input(f.plan, c.positions);
    int size = WIDTH / HEADS;
    for (int i = 0; i < ROWS * TOKENS * WIDTH; i++) {
        int at = i % WIDTH % size, pair = at % (size / 2), start = i - at;
        int token = i / WIDTH;
        double angle = position[token] * pow(10000, -2.0 * pair / size);
        double a = (double)x[start + pair], b = (double)x[start + pair + size / 2];
        double expected =
            at == pair ? a * cos(angle) - b * sin(angle) : b * cos(angle) + a * sin(angle);
        ck_assert_double_eq_tol((double)f.y[i], expected, 1e-6 * 4);
    }
    forward_destroy(&f);
}
END_TEST

START_TEST(running_mean_follows_its_recursion) {
    Case c = case_create();
    NetReal none[1];
    Forward f = run(c, net_running_mean(c.graph, c.x, c.weight, &c.other, 1), none);
    const NetReal *x = net_plan_input(f.plan, c.x), *other = net_plan_input(f.plan, c.other);
    const NetReal* weight = net_plan_input(f.plan, c.weight);
    for (int row = 0; row < ROWS; row++) {
        for (int i = 0; i < SLOTS * WIDTH; i++) {
            double mean = (double)other[(row * OTHERS + 1) * WIDTH + i];
            for (int group = 0; group < GROUPS; group++) {
                int at = (row * TOKENS + group * SLOTS) * WIDTH + i;
                double a = (double)weight[row * GROUPS + group];
                mean = (1 - a) * mean + a * (double)x[at];
                ck_assert_double_eq_tol((double)f.y[at], mean, 1e-5);
            }
        }
    }
    forward_destroy(&f);
}
END_TEST

START_TEST(a_list_of_indices_is_embedded_token_by_token) {
    Case c = case_create();
    NetReal weights[50 * WIDTH];
    Forward f = run(c, net_embed(c.graph, c.positions, "table", 50, WIDTH, 1), weights);
    const int32_t* index = net_plan_input(f.plan, c.positions);
    for (int i = 0; i < ROWS * TOKENS; i++) {
        ck_assert_mem_eq(f.y + i * WIDTH, weights + index[i] * WIDTH, WIDTH * sizeof(NetReal));
    }
    forward_destroy(&f);
}
END_TEST

START_TEST(bound_inputs_are_read_in_place) {
    Case c = case_create();
    char why[NET_WHY];
    NetTensor output = net_scale(c.graph, c.x, 2);
    NetPlanConfig config = {
        .rows = ROWS, .outputs = &output, .output_count = 1, .bound = &c.x, .bound_count = 1};
    NetPlan* plan = NULL;
    ck_assert_int_eq(net_plan_create(c.graph, &config, &plan, why), NET_OK);
    NetReal* memory = calloc((size_t)ROWS * TOKENS * WIDTH, sizeof *memory);
    memory[ROWS * TOKENS * WIDTH - 1] = 3;
    net_plan_load(plan, memory); // it has no weights
    net_plan_bind(plan, c.x, memory);
    net_plan_forward(plan, 1); // and never cleared
    ck_assert_double_eq((double)net_plan_output(plan, output)[ROWS * TOKENS * WIDTH - 1], 6);
    ck_assert_ptr_eq(net_plan_input(plan, c.x), memory);
    net_plan_destroy(plan);
    net_graph_destroy(c.graph);
    free(memory);
}
END_TEST

// ---------------------------------------------------------------- refusals
static NetTensor share_other_shape(Case* c) {
    net_table(c->graph, "a", 2, 3, 1, 1);
    net_share(c->graph, true);
    return net_table(c->graph, "a", 3, 2, 1, 1);
}
static NetTensor odd_rotation(Case* c) {
    return net_rotation(c->graph, c->positions, 3, 10);
}
static NetTensor rotary_without_rotation(Case* c) {
    return net_rotary(c->graph, c->x, c->x);
}
static NetTensor mean_of_uneven_groups(Case* c) {
    NetTensor five = net_input(c->graph, "five", NET_INPUT_REAL, 1, (int32_t[]){5});
    return net_running_mean(c->graph, c->x, five, NULL, 0);
}
static NetTensor mean_from_beyond(Case* c) {
    return net_running_mean(c->graph, c->x, c->weight, &c->other, OTHERS - 1);
}
static NetTensor wrong_mask(Case* c) {
    return net_attention(c->graph, c->x, c->own_mask, HEADS, 1, &(NetSegment){c->other, c->other});
}
static NetTensor wrong_heads(Case* c) {
    return net_attention(c->graph, c->x, c->own_mask, 5, 1, &(NetSegment){c->x, c->x});
}
static NetTensor gather_by_list(Case* c) {
    return net_gather(c->graph, net_flatten(c->graph, c->x), c->positions);
}

static const struct {
    NetTensor (*network)(Case* c);
    const char* says;
} refusals[] = {
    {share_other_shape, "two parameters are called a.weight"},
    {odd_rotation, "rotation of size 3"},
    {rotary_without_rotation, "rotary positions"},
    {mean_of_uneven_groups, "running mean"},
    {mean_from_beyond, "running mean"},
    {wrong_mask, "attention of 3 heads"},
    {wrong_heads, "attention of 5 heads"},
    {gather_by_list, "not a list"},
};

START_TEST(bad_shapes_are_refused) {
    Case c = case_create();
    char why[NET_WHY] = "";
    refusals[_i].network(&c);
    ck_assert_int_eq(net_graph_check(c.graph, why), NET_BAD_CONFIG);
    ck_assert_msg(strstr(why, refusals[_i].says) != NULL, "expected '%s', got '%s'",
                  refusals[_i].says, why);
    net_graph_destroy(c.graph);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("sequences");
    TCase* tests = tcase_create("operators");
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, gradients, 0, sizeof networks / sizeof *networks);
    tcase_add_test(tests, rotation_turns_pairs_by_position_times_frequency);
    tcase_add_test(tests, running_mean_follows_its_recursion);
    tcase_add_test(tests, a_list_of_indices_is_embedded_token_by_token);
    tcase_add_test(tests, bound_inputs_are_read_in_place);
    tcase_add_loop_test(tests, bad_shapes_are_refused, 0, sizeof refusals / sizeof *refusals);
    suite_add_tcase(s, tests);
    return s;
}
