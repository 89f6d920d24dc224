// Streaming: the cache's lengths with the paper's settings, and what a stream computes against the
// same tokens read by plain means.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/nets/ccm_model.h"
#include "tests/suite.h"

enum { LIMIT = 160, STREAM_CHUNK = 64, TOKENS = 700 };

typedef struct Streaming {
    NetGraph* graph;
    NetTensor x;
    NetCcmBranch step, compress;
    NetCcmStream* stream;
    NetReal* weights;
} Streaming;

static NetCcmConfig stream_config(int32_t cap) {
    NetCcmConfig config = model_config();
    config.layers = 2;
    config.sink = true;
    config.cap = cap;
    config.positions = NET_CCM_CACHE;
    return config;
}

static Streaming streaming_create(int32_t cap, int32_t limit, int32_t chunk, bool forget) {
    char why[NET_WHY] = "";
    Streaming s = {0};
    NetCcmConfig config = stream_config(cap);
    int32_t past = net_ccm_past(&config, limit);
    ck_assert_int_eq(net_graph_create(&s.graph, why), NET_OK);
    s.x = net_input(s.graph, "x", NET_INPUT_REAL, 2, (int32_t[]){1, config.width});
    s.step = net_ccm(s.graph, "m", &config, (NetCcmShape){1, 0, past}, s.x);
    s.compress = net_ccm(s.graph, "m", &config, (NetCcmShape){0, 1, past}, (NetTensor){0});
    NetCcmStreamConfig of = {.ccm = config,
                             .rows = 1,
                             .limit = limit,
                             .chunk = chunk,
                             .forget = forget,
                             .step = &s.step,
                             .compress = &s.compress,
                             .dtype = NET_DTYPE_F32,
                             .outputs = &s.step.y,
                             .output_count = 1};
    ck_assert_msg(net_ccm_stream_create(s.graph, &of, &s.stream, why) == NET_OK, "%s", why);
    s.weights = calloc(net_weight_count(s.graph), sizeof *s.weights);
    NetRandom random = net_random(2, 2);
    ck_assert_int_eq(net_init(s.graph, &random, s.weights, why), NET_OK);
    for (size_t i = 0; i < net_weight_count(s.graph); i++) {
        s.weights[i] += (NetReal)(0.1 * net_random_normal(&random));
    }
    net_ccm_stream_load(s.stream, s.weights);
    return s;
}

static void streaming_destroy(Streaming* s) {
    net_ccm_stream_destroy(s->stream);
    net_graph_destroy(s->graph);
    free(s->weights);
}

static const NetReal* read_token(Streaming* s, NetRandom* random, double change, bool* full) {
    NetReal* x = net_plan_input(net_ccm_stream_plan(s->stream), s->x);
    for (int i = 0; i < 16; i++) {
        x[i] = (NetReal)net_random_normal(random);
    }
    x[0] += (NetReal)change;
    *full = net_ccm_stream_step(s->stream);
    return net_plan_output(net_ccm_stream_plan(s->stream), s->step.y);
}

START_TEST(lengths_are_the_papers) {
    Streaming s = streaming_create(4, LIMIT, STREAM_CHUNK, _i);
    static const int expected[] = {161, 223, 285, 347, 409, 473, 537, 601, 665};
    NetRandom random = net_random(1, 1);
    int compressions = 0, length = 0;
    for (int token = 1; token <= TOKENS; token++) {
        bool full = false;
        const NetReal* y = read_token(&s, &random, 0, &full);
        ck_assert(isfinite((double)y[0]));
        length++;
        ck_assert_int_le(length, 161);
        if (full) {
            ck_assert_int_eq(length, 161);
            ck_assert_int_eq(token, expected[compressions]);
            length = compressions < 4 ? 99 : 97;
            compressions++;
        }
        ck_assert_int_eq(net_ccm_stream_length(s.stream), length);
        int memory = 2 * (compressions < 4 ? compressions : 4);
        ck_assert_int_eq(net_ccm_stream_memory(s.stream), _i ? 0 : memory);
    }
    ck_assert_int_eq(compressions, 9);
    streaming_destroy(&s);
}
END_TEST

// With room for 24 entries, 8 of them groups, the third token is compressed with the 25th, and the
// last token that saw it leaves with the 37th; its group leaves with the 43rd. Without a memory
// what saw it leaves with the 47th. So at the 41st the memory alone can tell, and at the 49th
// nothing can.
START_TEST(memory_alone_remembers_until_its_group_leaves) {
    enum { GROUPS = 8, ENTRIES = 24, PART = 4, WITH_MEMORY = 41, READ = 49 };
    NetReal early[2][16] = {{0}}, late[2][16] = {{0}};
    for (int changed = 0; changed < 2; changed++) {
        Streaming s = streaming_create(GROUPS, ENTRIES, PART, _i);
        NetRandom random = net_random(1, 1);
        for (int token = 1; token <= READ; token++) {
            bool full = false;
            const NetReal* y = read_token(&s, &random, token == 3 ? changed : 0, &full);
            memcpy(token <= WITH_MEMORY ? early[changed] : late[changed], y, sizeof *early);
        }
        streaming_destroy(&s);
    }
    ck_assert_mem_ne(early[0], early[1], sizeof *early);
    ck_assert_mem_eq(late[0], late[1], sizeof *late);
}
END_TEST

// ---------------------------------------------------------------- by plain means
// The cache as a list of entries in order, of which each token sees all; loops in double.
enum { LAYERS = 2, WIDTH = 16, HEADS = 2, SIZE = WIDTH / HEADS, HIDDEN = 24, RANK = 3, ROOM = 40 };
typedef struct Entry {
    double k[LAYERS][WIDTH], v[LAYERS][WIDTH]; // keys not turned
} Entry;
typedef struct Plain {
    const Streaming* of;
    Entry entry[ROOM]; // first token, memory, recent tokens
    int count, memory;
} Plain;

static const NetReal* weights_of(const Streaming* s, int layer, const char* part,
                                 const char* which) {
    char name[NET_NAME];
    int32_t count = 0;
    const NetParam* params = net_params(s->graph, &count);
    if (layer < 0) {
        snprintf(name, sizeof name, "m.%s.%s", part, which);
    } else {
        snprintf(name, sizeof name, "m.%d.%s.%s", layer, part, which);
    }
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(params[i].name, name) == 0) {
            return s->weights + params[i].offset;
        }
    }
    ck_abort_msg("no weights %s", name);
    return NULL;
}

static void map(const NetReal* weight, const NetReal* bias, int inputs, const double* x,
                int outputs, double* y) {
    for (int o = 0; o < outputs; o++) {
        y[o] = bias ? (double)bias[o] : 0;
        for (int i = 0; i < inputs; i++) {
            y[o] += (double)weight[o * inputs + i] * x[i];
        }
    }
}

static void normalise(const Plain* p, int layer, const char* part, const double* x, double* y) {
    const NetReal *scale = weights_of(p->of, layer, part, "weight"),
                  *shift = weights_of(p->of, layer, part, "bias");
    double mean = 0, variance = 0;
    for (int i = 0; i < WIDTH; i++) {
        mean += x[i] / WIDTH;
    }
    for (int i = 0; i < WIDTH; i++) {
        variance += (x[i] - mean) * (x[i] - mean) / WIDTH;
    }
    for (int i = 0; i < WIDTH; i++) {
        y[i] = (x[i] - mean) / sqrt(variance + 1e-5) * (double)scale[i] + (double)shift[i];
    }
}

// q, k, v or o; of COMP tokens with what is their own.
static void attention_map(const Plain* p, int layer, const char* part, bool comp, const double* x,
                          double* y) {
    char a[16], b[16];
    double low[RANK], own[WIDTH];
    map(weights_of(p->of, layer, part, "weight"), NULL, WIDTH, x, WIDTH, y);
    if (comp) {
        snprintf(a, sizeof a, "%s.lora_a", part);
        snprintf(b, sizeof b, "%s.lora_b", part);
        map(weights_of(p->of, layer, a, "weight"), NULL, WIDTH, x, RANK, low);
        map(weights_of(p->of, layer, b, "weight"), NULL, RANK, low, WIDTH, own);
        for (int i = 0; i < WIDTH; i++) {
            y[i] += 16.0 / RANK * own[i];
        }
    }
}

static void turn(const double* x, int position, double* y) {
    for (int i = 0; i < WIDTH; i++) {
        int c = i % SIZE, half = SIZE / 2;
        double angle = position * pow(100, -2.0 * (c % half) / SIZE);
        y[i] = c < half ? x[i] * cos(angle) - x[i + half] * sin(angle)
                        : x[i] * cos(angle) + x[i - half] * sin(angle);
    }
}

// The last of `count` entries looks at all of them; they are where they stand.
static void look(const Entry* entry, int count, int layer, const double* q, double* o) {
    double turned[WIDTH], k[WIDTH], score[ROOM];
    turn(q, count - 1, turned);
    for (int head = 0; head < HEADS; head++) {
        double sum = 0;
        for (int j = 0; j < count; j++) {
            turn(entry[j].k[layer], j, k);
            score[j] = 0;
            for (int i = head * SIZE; i < (head + 1) * SIZE; i++) {
                score[j] += turned[i] * k[i];
            }
            sum += score[j] = exp(score[j] / sqrt(SIZE));
        }
        for (int i = head * SIZE; i < (head + 1) * SIZE; i++) {
            o[i] = 0;
            for (int j = 0; j < count; j++) {
                o[i] += score[j] / sum * entry[j].v[layer][i];
            }
        }
    }
}

// Runs a token through the layers as entry `place`, which sees those before it and itself.
static void run(const Plain* p, Entry* entry, int place, bool comp, const double* token,
                double* y) {
    double x[WIDTH], h[WIDTH], q[WIDTH], o[WIDTH], up[HIDDEN];
    memcpy(x, token, sizeof x);
    for (int layer = 0; layer < LAYERS; layer++) {
        normalise(p, layer, "norm1", x, h);
        attention_map(p, layer, "k", comp, h, entry[place].k[layer]);
        attention_map(p, layer, "v", comp, h, entry[place].v[layer]);
        if (comp && layer == LAYERS - 1) {
            return; // nothing reads the rest
        }
        attention_map(p, layer, "q", comp, h, q);
        look(entry, place + 1, layer, q, o);
        attention_map(p, layer, "o", comp, o, h);
        for (int i = 0; i < WIDTH; i++) {
            x[i] += h[i];
        }
        normalise(p, layer, "norm2", x, h);
        map(weights_of(p->of, layer, "up", "weight"), weights_of(p->of, layer, "up", "bias"), WIDTH,
            h, HIDDEN, up);
        for (int i = 0; i < HIDDEN; i++) {
            up[i] = fmax(up[i], 0);
        }
        map(weights_of(p->of, layer, "down", "weight"), weights_of(p->of, layer, "down", "bias"),
            HIDDEN, up, WIDTH, h);
        for (int i = 0; i < WIDTH; i++) {
            x[i] += h[i];
        }
    }
    normalise(p, -1, "norm", x, y);
}

// [first | memory | oldest part | rest] -> [first | memory and the part's slots | rest]
static void compress(Plain* p, int cap, int part) {
    enum { SLOTS = 2 };
    Entry seen[ROOM];
    int before = 1 + p->memory, rest = p->count - before - part;
    memcpy(seen, p->entry, sizeof seen);
    for (int slot = 0; slot < SLOTS; slot++) {
        const NetReal* embedding = weights_of(p->of, -1, "comp", "weight");
        double x[WIDTH], y[WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            x[i] = (double)embedding[slot * WIDTH + i];
        }
        run(p, seen, before + part + slot, true, x, y);
    }
    Entry slots[SLOTS], left[ROOM];
    memcpy(slots, seen + before + part, sizeof slots);
    memcpy(left, p->entry + before + part, (size_t)rest * sizeof *left);
    if (p->memory == cap * SLOTS) { // the oldest chunk's are forgotten
        memmove(p->entry + 1, p->entry + 1 + SLOTS, (size_t)(p->memory - SLOTS) * sizeof *left);
        p->memory -= SLOTS;
    }
    memcpy(p->entry + 1 + p->memory, slots, sizeof slots);
    p->memory += SLOTS;
    memcpy(p->entry + 1 + p->memory, left, (size_t)rest * sizeof *left);
    p->count = 1 + p->memory + rest;
}

START_TEST(a_stream_is_what_plain_loops_compute) {
    enum { CAP = 3, ENTRIES = 20, PART = 5 };
    Streaming s = streaming_create(CAP, ENTRIES, PART, false);
    Plain* plain = calloc(1, sizeof *plain);
    plain->of = &s;
    NetRandom random = net_random(4, 4);
    int compressions = 0;
    for (int token = 0; token < 90; token++) {
        bool full = false, first = plain->count >= ENTRIES;
        double x[WIDTH], expected[WIDTH];
        const NetReal* y = read_token(&s, &random, 0, &full);
        const NetReal* read = net_plan_input(net_ccm_stream_plan(s.stream), s.x);
        for (int i = 0; i < WIDTH; i++) {
            x[i] = (double)read[i];
        }
        run(plain, plain->entry, plain->count++, false, x, expected);
        for (int i = 0; i < WIDTH; i++) {
            ck_assert_double_eq_tol((double)y[i], expected[i], sizeof(NetReal) == 8 ? 1e-10 : 1e-4);
        }
        ck_assert_int_eq(full, first);
        if (full) {
            compress(plain, CAP, PART);
            compressions++;
        }
        ck_assert_int_eq(net_ccm_stream_length(s.stream), plain->count);
    }
    ck_assert_int_gt(compressions, CAP + 3);
    free(plain);
    streaming_destroy(&s);
}
END_TEST

START_TEST(bad_streams_are_refused) {
    char why[NET_WHY] = "";
    Streaming s = streaming_create(4, LIMIT, STREAM_CHUNK, false);
    NetCcmStreamConfig of = {.ccm = stream_config(4),
                             .rows = 1,
                             .limit = 72,
                             .chunk = STREAM_CHUNK,
                             .step = &s.step,
                             .compress = &s.compress};
    NetCcmStream* stream = NULL;
    ck_assert_int_eq(net_ccm_stream_create(s.graph, &of, &stream, why), NET_BAD_CONFIG);
    ck_assert_ptr_null(stream);
    ck_assert_ptr_nonnull(strstr(why, "limit, 72"));
    of.limit = LIMIT;
    of.ccm.positions = NET_CCM_EPISODE;
    ck_assert_int_eq(net_ccm_stream_create(s.graph, &of, &stream, why), NET_BAD_CONFIG);
    of.ccm = stream_config(4);
    of.ccm.recurrent = false;
    ck_assert_int_eq(net_ccm_stream_create(s.graph, &of, &stream, why), NET_BAD_CONFIG);
    of.ccm = stream_config(4);
    of.ccm.window = 3;
    ck_assert_int_eq(net_ccm_stream_create(s.graph, &of, &stream, why), NET_BAD_CONFIG);
    of.ccm = stream_config(4);
    of.ccm.keep = 1;
    ck_assert_int_eq(net_ccm_stream_create(s.graph, &of, &stream, why), NET_BAD_CONFIG);
    of.ccm = stream_config(4);
    of.chunk = 1; // two slots of one token
    of.forget = true;
    ck_assert_int_eq(net_ccm_stream_create(s.graph, &of, &stream, why), NET_BAD_CONFIG);
    ck_assert_ptr_nonnull(strstr(why, "chunk (1)"));
    of.chunk = STREAM_CHUNK;
    of.limit = LIMIT + 1; // not what the branches were made for
    ck_assert_int_eq(net_ccm_stream_create(s.graph, &of, &stream, why), NET_BAD_CONFIG);
    ck_assert_ptr_nonnull(strstr(why, "branches for stepping"));
    streaming_destroy(&s);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("ccm stream");
    TCase* tests = tcase_create("streaming");
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, lengths_are_the_papers, 0, 2);
    tcase_add_loop_test(tests, memory_alone_remembers_until_its_group_leaves, 0, 2);
    tcase_add_test(tests, a_stream_is_what_plain_loops_compute);
    tcase_add_test(tests, bad_streams_are_refused);
    suite_add_tcase(s, tests);
    return s;
}
