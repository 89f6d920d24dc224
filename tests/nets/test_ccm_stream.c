// Streaming: the cache's lengths with the paper's settings, and what a stream computes against the
// same tokens read by plain means.
#include <math.h>
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
    tcase_add_test(tests, bad_streams_are_refused);
    suite_add_tcase(s, tests);
    return s;
}
