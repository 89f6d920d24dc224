#include "tests/agent/official.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = OFFICIAL_ROWS, LATENT = OFFICIAL_LATENT, SIDE = OFFICIAL_SIDE };
enum { PIXELS = OFFICIAL_PIXELS };
static const double tolerance = sizeof(NetReal) == 8 ? 1e-9 : 1e-4;

static double largest(size_t count, const double* values) {
    double scale = 0;
    for (size_t i = 0; i < count; i++) {
        scale = fmax(scale, fabs(values[i]));
    }
    return scale;
}

// floor: of the size that errors are relative to.
static void check(const char* name, size_t count, const double* found, const double* expected,
                  double floor) {
    double scale = fmax(largest(count, expected), floor);
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(fabs(found[i] - expected[i]) <= tolerance * scale,
                      "%s[%zu]: %.17g found, %.17g expected", name, i, found[i], expected[i]);
    }
}

void official_check(const Official* o, const char* name, const NetReal* found) {
    const Vector* expected = vector_named(o->vectors, name);
    double* copy = malloc(expected->count * sizeof *copy);
    for (size_t i = 0; i < expected->count; i++) {
        copy[i] = (double)found[i];
    }
    check(name, expected->count, copy, expected->values, 1e-3);
    free(copy);
}

void official_check_number(const Official* o, const char* name, double found) {
    check(name, 1, &found, vector_named(o->vectors, name)->values, 1e-3);
}

// ---------------------------------------------------------------- parameters
// Where element i of an official array lies in ours: convolutions are [out, 3, 3, in] instead of
// [out, in, 3, 3], and the layer after the flattening counts its inputs [H, W, C], not [C, H, W].
static size_t place(const NetParam* param, size_t i) {
    if (param->rank == 4) {
        size_t in = (size_t)param->shape[3], out = i / (9 * in), rest = i % (9 * in);
        return out * 9 * in + rest % 9 * in + rest / 9;
    }
    if (strncmp(param->name, "dense.", 6) == 0) {
        size_t cells = 2 * 2, channels = 6, width = cells * channels;
        size_t row = i / width, rest = i % width;
        return row * width + rest % cells * channels + rest / cells;
    }
    return i;
}

// The i-th official parameter under a prefix; the value normaliser is none.
static const Vector* parameter(const Vectors* vectors, const char* prefix, int i) {
    for (int j = 0;; j++) {
        const Vector* vector = vector_with_prefix(vectors, prefix, j);
        ck_assert_msg(vector, "fewer than %d parameters %s", i + 1, prefix);
        if (!strstr(vector->name, "normalizer") && i-- == 0) {
            return vector;
        }
    }
}

// Both sides list parameters in the order of the layers.
void official_check_params(const Official* o, const char* prefix, const NetReal* values) {
    int32_t count = 0;
    const NetParam* params = net_params(o->network.graph, &count);
    double floor = 1e-3;
    for (int32_t p = 0; sizeof(NetReal) == 4 && p < count; p++) {
        const Vector* expected = parameter(o->vectors, prefix, p);
        floor = fmax(floor, largest(expected->count, expected->values));
    }
    for (int32_t p = 0; p < count; p++) {
        const Vector* expected = parameter(o->vectors, prefix, p);
        ck_assert_msg(expected->count == params[p].count, "%s against %s", expected->name,
                      params[p].name);
        double* found = malloc(expected->count * sizeof *found);
        for (size_t i = 0; i < expected->count; i++) {
            found[i] = (double)values[params[p].offset + place(&params[p], i)];
        }
        check(expected->name, expected->count, found, expected->values, floor);
        free(found);
    }
}

void official_load(Official* o, const char* prefix) {
    int32_t count = 0;
    const NetParam* params = net_params(o->network.graph, &count);
    for (int32_t p = 0; p < count; p++) {
        const Vector* from = parameter(o->vectors, prefix, p);
        ck_assert_msg(from->count == params[p].count, "%s against %s", from->name, params[p].name);
        for (size_t i = 0; i < from->count; i++) {
            o->weights[params[p].offset + place(&params[p], i)] = (NetReal)from->values[i];
        }
    }
    net_plan_load(o->plan, o->weights);
}

// ---------------------------------------------------------------- the network
Official official_create(void) {
    Official o = {.vectors = vectors_read("tests/vectors/network-and-losses.txt.gz"),
                  .norm = {.mean = 0.3, .mean_square = 0.9, .debias = 0.5}};
    NetworkShape shape = {.encoder = AGENT_ENCODER_PAPER,
                          .height = SIDE,
                          .width = SIDE,
                          .colours = 3,
                          .real_input = true,
                          .stacks = {4, 6, 6},
                          .dense = 8,
                          .latent = LATENT,
                          .actions = OFFICIAL_ACTIONS,
                          .memory = true,
                          .predictor = true};
    char why[AGENT_WHY] = "";
    ck_assert_msg(network_create(&shape, &o.network, why) == AGENT_OK, "%s", why);
    o.count = net_weight_count(o.network.graph);
    o.weights = calloc(o.count, sizeof *o.weights);
    o.gradient = calloc(o.count, sizeof *o.gradient);
    NetTensor outputs[] = {o.network.latent, o.network.log_prob, o.network.value,
                           o.network.prediction};
    NetPlanConfig plan = {.rows = ROWS,
                          .training = true,
                          .dtype = NET_DTYPE_F32,
                          .outputs = outputs,
                          .output_count = 4};
    ck_assert_msg(net_plan_create(o.network.graph, &plan, &o.plan, why) == NET_OK, "%s", why);
    official_load(&o, "weight.");
    return o;
}

void official_destroy(Official* o) {
    net_plan_destroy(o->plan);
    network_destroy(&o->network);
    vectors_destroy(o->vectors);
    free(o->weights);
    free(o->gradient);
}

// [colour, y, x] -> [y, x, colour]
static void put_picture(Official* o, size_t row, const double* picture) {
    NetReal* pixels = (NetReal*)net_plan_input(o->plan, o->network.pixels) + row * PIXELS;
    for (size_t i = 0; i < PIXELS; i++) {
        size_t cell = i % (SIDE * SIDE), colour = i / (SIDE * SIDE);
        pixels[cell * 3 + colour] = (NetReal)picture[i];
    }
}

static void forward(Official* o, int32_t rows) {
    o->rows = rows;
    net_plan_forward(o->plan, rows);
    official_clear_d_outputs(o);
}

void official_run(Official* o, int32_t rows, const int32_t* index) {
    const Vector* obs = vector_named(o->vectors, "obs");
    const Vector* memory = vector_named(o->vectors, "memory");
    ck_assert_uint_eq(obs->count, ROWS * PIXELS);
    ck_assert_int_le(rows, ROWS);
    NetReal* second = net_plan_input(o->plan, o->network.memory);
    int32_t* action = net_plan_input(o->plan, o->network.action);
    for (size_t i = 0; i < (size_t)rows; i++) {
        size_t row = index ? (size_t)index[i] : i;
        put_picture(o, i, obs->values + row * PIXELS);
        for (size_t k = 0; k < LATENT; k++) {
            second[i * LATENT + k] = (NetReal)memory->values[row * LATENT + k];
        }
        action[i] = (int32_t)vector_named(o->vectors, "action")->values[row];
    }
    forward(o, rows);
}

void official_run_pictures(Official* o, const char* name) {
    const Vector* pictures = vector_named(o->vectors, name);
    ck_assert_uint_le(pictures->shape[0], ROWS);
    for (size_t i = 0; i < pictures->shape[0]; i++) {
        put_picture(o, i, pictures->values + i * PIXELS);
    }
    memset(net_plan_input(o->plan, o->network.memory), 0, ROWS * LATENT * sizeof(NetReal));
    memset(net_plan_input(o->plan, o->network.action), 0, ROWS * sizeof(int32_t));
    forward(o, (int32_t)pictures->shape[0]);
}

const NetReal* official_output(const Official* o, NetTensor output) {
    return net_plan_output(o->plan, output);
}

NetReal* official_d_output(const Official* o, NetTensor output) {
    return net_plan_d_output(o->plan, output);
}

void official_clear_d_outputs(const Official* o) {
    const NetTensor outputs[] = {o->network.latent, o->network.log_prob, o->network.value,
                                 o->network.prediction};
    for (int i = 0; i < 4; i++) {
        size_t width = (size_t)net_tensor_width(o->network.graph, outputs[i]);
        memset(official_d_output(o, outputs[i]), 0, (size_t)o->rows * width * sizeof(NetReal));
    }
}
