// The networks: weight counts, names, first weights, outputs.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/network.h"
#include "tests/suite.h"

static AgentConfig paper_config(void) {
    AgentConfig config = agent_default_config();
    config.encoder = AGENT_ENCODER_PAPER;
    config.channels = 64;
    config.dense = 256;
    config.latent = 1024;
    return config;
}

static Network make(const AgentConfig* config) {
    char why[AGENT_WHY] = "";
    Network network;
    NetworkShape shape = network_shape(config);
    ck_assert_msg(network_create(&shape, &network, why) == AGENT_OK, "%s", why);
    return network;
}

// 3,948,306: the official code's model without the distillation heads and the memory's inputs.
START_TEST(paper_weight_count) {
    AgentConfig config = paper_config();
    Network network = make(&config);
    ck_assert_uint_eq(net_weight_count(network.graph), 3948306);
    network_destroy(&network);
}
END_TEST

// The official code's model as it is trained with distillation; and what its switches leave out.
START_TEST(paper_weight_count_with_distillation) {
    AgentConfig config = paper_config();
    config.distil_memory = AGENT_MEMORY_LAST;
    config.distil_prediction = config.distil_matching = true;
    Network network = make(&config);
    ck_assert_uint_eq(net_weight_count(network.graph), 9234228);
    ck_assert(network.has_memory && network.has_predictor);
    network_destroy(&network);
    config.distil_prediction = false; // matching needs no predictor
    network = make(&config);
    ck_assert_uint_eq(net_weight_count(network.graph), 3948306 + 18 * 1024);
    ck_assert(network.has_memory && !network.has_predictor);
    network_destroy(&network);
    config.distil_memory = AGENT_MEMORY_NONE;
    network = make(&config);
    ck_assert_uint_eq(net_weight_count(network.graph), 3948306);
    network_destroy(&network);
    config.distil_prediction = true; // 2048 -> 1024 inputs, and as much less to normalise
    network = make(&config);
    ck_assert_uint_eq(net_weight_count(network.graph),
                      9234228 - 18 * 1024 - 1024 * 1024 - 2 * 1024);
    network_destroy(&network);
}
END_TEST

// By hand, with C channels, h hidden, d dense, l latent:
// tiles 147 h + h, 2 h + h C; a block 2 (2 C + 9 C C); 2 x 81 C + 81 C d, 2 d + d l, heads 18 l
// + 18.
START_TEST(tile_weight_count) {
    AgentConfig config = agent_default_config();
    Network network = make(&config);
    size_t c = 32, h = 64, d = 256, l = 512;
    size_t expected = 148 * h + 2 * h + h * c + 2 * 2 * (2 * c + 9 * c * c) + 2 * 81 * c +
                      81 * c * d + 2 * d + d * l + 18 * l + 18;
    ck_assert_uint_eq(net_weight_count(network.graph), expected);
    network_destroy(&network);
}
END_TEST

START_TEST(memory_widens_the_heads) {
    AgentConfig config = agent_default_config();
    NetworkShape shape = network_shape(&config);
    shape.memory = true;
    Network with, without = make(&config);
    char why[AGENT_WHY] = "";
    ck_assert_msg(network_create(&shape, &with, why) == AGENT_OK, "%s", why);
    size_t more = (size_t)(shape.actions + 1) * (size_t)shape.latent;
    ck_assert_uint_eq(net_weight_count(with.graph), net_weight_count(without.graph) + more);
    ck_assert_uint_ne(net_fingerprint(with.graph), net_fingerprint(without.graph));
    network_destroy(&with);
    network_destroy(&without);
}
END_TEST

static double row_norm(const NetReal* row, size_t width) {
    double sum = 0;
    for (size_t i = 0; i < width; i++) {
        sum += (double)row[i] * (double)row[i];
    }
    return sqrt(sum);
}

static const NetParam* find(const NetGraph* graph, const char* name) {
    int32_t count = 0;
    const NetParam* params = net_params(graph, &count);
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(params[i].name, name) == 0) {
            return &params[i];
        }
    }
    ck_abort_msg("no parameter is called %s", name);
    return NULL;
}

static void check_rows(const NetGraph* graph, const NetReal* weights, const char* name,
                       double norm) {
    const NetParam* param = find(graph, name);
    size_t width = param->count / (size_t)param->shape[0];
    for (size_t row = 0; row < (size_t)param->shape[0]; row++) {
        double found = row_norm(weights + param->offset + row * width, width);
        ck_assert_msg(fabs(found - norm) < 1e-5, "%s row %zu: norm %g, expected %g", name, row,
                      found, norm);
    }
}

START_TEST(first_weights_have_the_papers_norms) {
    AgentConfig config = paper_config();
    config.channels = 8;
    Network network = make(&config);
    NetReal* weights = malloc(net_weight_count(network.graph) * sizeof *weights);
    NetRandom random = net_random(5, 1);
    char why[NET_WHY];
    ck_assert(net_init(network.graph, &random, weights, why) == NET_OK);
    check_rows(network.graph, weights, "encoder.stack0.conv.map.weight", 1);
    check_rows(network.graph, weights, "encoder.stack2.conv.map.weight", 1);
    check_rows(network.graph, weights, "encoder.stack1.block1.conv0.map.weight", 0.6389431042);
    check_rows(network.graph, weights, "dense.map.weight", 1.4);
    check_rows(network.graph, weights, "latent.map.weight", 1);
    check_rows(network.graph, weights, "policy.weight", 0.01); // orthogonal rows
    check_rows(network.graph, weights, "value.weight", 0.1);
    check_rows(network.graph, weights, "policy.bias", 0);
    check_rows(network.graph, weights, "encoder.stack0.conv.map.bias", 0);
    check_rows(network.graph, weights, "dense.norm.weight", 1);
    free(weights);
    network_destroy(&network);
}
END_TEST

// Only the first layer and the heads have biases; every other map follows a norm.
START_TEST(biases_only_without_norm) {
    AgentConfig config = agent_default_config();
    Network network = make(&config);
    int32_t count = 0, biases = 0;
    const NetParam* params = net_params(network.graph, &count);
    for (int32_t i = 0; i < count; i++) {
        biases += strstr(params[i].name, ".map.bias") != NULL;
    }
    ck_assert_int_eq(biases, 1);
    find(network.graph, "encoder.tile0.map.bias");
    find(network.graph, "policy.bias");
    find(network.graph, "value.bias");
    network_destroy(&network);
}
END_TEST

typedef struct Outputs {
    NetReal log_prob[2 * CAIRN_ACTIONS], value[2], latent[2 * 512];
} Outputs;

static void run(const Network* network, const NetReal* weights, const uint8_t* pixels,
                Outputs* out) {
    NetTensor outputs[] = {network->log_prob, network->value, network->latent};
    NetPlanConfig config = {
        .rows = 2, .dtype = NET_DTYPE_F32, .outputs = outputs, .output_count = 3};
    NetPlan* plan = NULL;
    char why[NET_WHY] = "";
    ck_assert_msg(net_plan_create(network->graph, &config, &plan, why) == NET_OK, "%s", why);
    net_plan_load(plan, weights);
    memcpy(net_plan_input(plan, network->pixels), pixels, 2 * AGENT_PIXELS);
    net_plan_forward(plan, 2);
    memcpy(out->log_prob, net_plan_output(plan, network->log_prob), sizeof out->log_prob);
    memcpy(out->value, net_plan_output(plan, network->value), sizeof out->value);
    memcpy(out->latent, net_plan_output(plan, network->latent),
           2 * (size_t)net_tensor_width(network->graph, network->latent) * sizeof(NetReal));
    net_plan_destroy(plan);
}

static double difference(const Outputs* a, const Outputs* b) {
    double sum = 0;
    for (int i = 0; i < 512; i++) {
        sum += fabs((double)a->latent[i] - (double)b->latent[i]);
    }
    return sum;
}

// The tile encoder sees rows and columns 0 to 62, all of them, and not the last ones.
START_TEST(tile_encoder_sees_the_view) {
    AgentConfig config = agent_default_config();
    Network network = make(&config);
    NetReal* weights = malloc(net_weight_count(network.graph) * sizeof *weights);
    uint8_t* pixels = malloc(2 * AGENT_PIXELS);
    NetRandom random = net_random(9, 1);
    char why[NET_WHY];
    ck_assert(net_init(network.graph, &random, weights, why) == NET_OK);
    for (int i = 0; i < 2 * AGENT_PIXELS; i++) {
        pixels[i] = (uint8_t)net_random_below(&random, 256);
    }
    static Outputs before, after;
    run(&network, weights, pixels, &before);
    double sum = 0;
    for (int a = 0; a < CAIRN_ACTIONS; a++) {
        sum += exp((double)before.log_prob[a]);
        ck_assert_double_eq_tol((double)before.log_prob[a], log(1.0 / CAIRN_ACTIONS), 0.1);
    }
    ck_assert_double_eq_tol(sum, 1, 1e-5);
    for (int i = 0; i < 1024; i++) {
        ck_assert(before.latent[i] >= 0);
    }
    static const struct {
        int row, column;
        bool seen;
    } places[] = {{0, 0, true},   {62, 62, true}, {62, 0, true},  {0, 62, true},
                  {63, 5, false}, {5, 63, false}, {63, 63, false}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        uint8_t* pixel = pixels + (places[i].row * AGENT_IMAGE + places[i].column) * 3;
        *pixel ^= 0xff;
        run(&network, weights, pixels, &after);
        *pixel ^= 0xff;
        ck_assert_msg((difference(&before, &after) > 0) == places[i].seen,
                      "pixel (%d, %d) changes the latent by %g", places[i].row, places[i].column,
                      difference(&before, &after));
    }
    free(pixels);
    free(weights);
    network_destroy(&network);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("network");
    TCase* c = tcase_create("network");
    tcase_add_test(c, paper_weight_count);
    tcase_add_test(c, paper_weight_count_with_distillation);
    tcase_add_test(c, tile_weight_count);
    tcase_add_test(c, memory_widens_the_heads);
    tcase_add_test(c, first_weights_have_the_papers_norms);
    tcase_add_test(c, biases_only_without_norm);
    tcase_add_test(c, tile_encoder_sees_the_view);
    suite_add_tcase(s, c);
    return s;
}
