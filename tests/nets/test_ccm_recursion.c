// The parallel schedule computes what the recursion computes: logits, memories, also from a stored
// memory on, for every mode; and it would be found if it did not (mutations of one side).
#include <math.h>
#include <string.h>

#include "tests/nets/ccm_model.h"
#include "tests/suite.h"

#ifdef NETS_DOUBLE
static const double bound = 1e-10;
#else
static const double bound = 1e-4;
#endif

enum { ROWS = 4 };

static uint32_t draw(NetRandom* random, uint32_t bound_of) {
    return net_random_below(random, bound_of);
}

// One of all the modes; the first eight cover the paper's four, with and without sink.
static NetCcmConfig config_of(int number) {
    NetRandom random = net_random(21, (uint64_t)number);
    NetCcmConfig config = model_config();
    config.merge = number % 2;
    config.recurrent = number / 2 % 2 == 0;
    config.sink = number / 4 % 2;
    config.comp = 1 << draw(&random, 3);
    config.cap = number < 8 || draw(&random, 2) ? NET_CCM_UNLIMITED : 2 + (int32_t)draw(&random, 2);
    if (config.cap == NET_CCM_UNLIMITED) {
        config.cap = MODEL_BLOCKS;
    }
    if (number >= 8) {
        config.keep = (int32_t)draw(&random, 3);
        config.merge_floor = draw(&random, 2) ? 0.25 : 0;
        config.adapter = draw(&random, 4);
    }
    if (number >= 8 && config.keep == 0 && draw(&random, 2)) {
        config.positions = NET_CCM_CHUNK;
    }
    if (number % 16 == 15) { // no memory: a window, or all
        config.comp = 0;
        config.merge = false;
        config.positions = NET_CCM_EPISODE;
        config.keep = NET_CCM_UNLIMITED;
        config.window = draw(&random, 2) ? 7 : 0;
    }
    config.local = number >= 8 && draw(&random, 2);
    return config;
}

START_TEST(parallel_is_recursive) {
    NetCcmConfig config = config_of(_i);
    Model model = model_create(&config, CCM_NO_FAULT, (uint64_t)_i);
    History history = history_create(ROWS, 1 + _i % MODEL_BLOCKS, _i % 3 ? 12 : 0, (uint64_t)_i);
    Logits online = run_online(&model, &history), whole = run_whole(&model, &history);
    double logits = logits_distance(&history, &online, &whole, 0);
    double memory = memory_distance(&model, &history, &online, &whole);
    ck_assert_msg(logits <= bound, "logits differ by %g", logits);
    ck_assert_msg(memory <= bound, "memories differ by %g", memory);
    ck_assert(config.comp == 0 || history.blocks <= config.keep ||
              memory_held(&history, &online) > 0);
    for (int32_t from = 1; from < history.blocks; from += 3) {
        Logits tail = run_tail(&model, &history, from);
        logits = logits_distance(&history, &online, &tail, from);
        ck_assert_msg(logits <= bound, "from chunk %d on, logits differ by %g", (int)from, logits);
        logits_destroy(&tail);
    }
    logits_destroy(&online);
    logits_destroy(&whole);
    history_destroy(&history);
    model_destroy(&model);
}
END_TEST

// ---------------------------------------------------------------- mutations
static const struct {
    NetCcmFault fault;
    bool merge;
} faults[] = {
    {CCM_COMP_COUNTED, false}, {CCM_COMP_COUNTED, true},      {CCM_OWN_COMP_SEEN, false},
    {CCM_OWN_COMP_SEEN, true}, {CCM_WEIGHT_OFF_BY_ONE, true}, {CCM_MEAN_BEFORE_ROTATION, true},
};

START_TEST(a_broken_side_is_found) {
    NetCcmConfig config = model_config();
    config.merge = faults[_i].merge;
    Model model = model_create(&config, faults[_i].fault, 3);
    History history = history_create(ROWS, 6, 0, 3);
    Logits online = run_online(&model, &history), whole = run_whole(&model, &history);
    double logits = logits_distance(&history, &online, &whole, 0);
    ck_assert_msg(logits > 100 * bound, "logits differ by %g only", logits);
    logits_destroy(&online);
    logits_destroy(&whole);
    history_destroy(&history);
    model_destroy(&model);
}
END_TEST

// ---------------------------------------------------------------- reach
// What a chunk says reaches another G chunks later per layer above the first, and no further.
static void check_reach(bool tail) {
    NetCcmConfig config = model_config();
    config.cap = 2;
    Model model = model_create(&config, CCM_NO_FAULT, 4);
    History history = history_create(ROWS, 9, 0, 4);
    int32_t reach = (config.layers - 1) * config.cap; // chunks
    Logits (*run)(const Model*, const History*) = tail ? run_online : run_whole;
    Logits before = run(&model, &history);
    for (int32_t i = 0; i < history.steps && history.block[i] < 1; i++) {
        for (int32_t row = 0; row < ROWS; row++) { // chunk 0 is another one
            history.x[(row * MODEL_STEPS + i) * FEATURES] += 1;
        }
    }
    Logits after = run(&model, &history);
    for (int32_t i = 0; i < history.steps; i++) {
        for (int32_t row = 0; row < ROWS; row++) {
            size_t at = (size_t)((row * MODEL_STEPS + i) * LOGITS);
            bool same = memcmp(before.value + at, after.value + at, LOGITS * sizeof(NetReal)) == 0;
            ck_assert_msg(same == (history.block[i] > reach), "step %d of chunk %d: %s", (int)i,
                          (int)history.block[i], same ? "unchanged" : "changed");
        }
    }
    logits_destroy(&before);
    logits_destroy(&after);
    history_destroy(&history);
    model_destroy(&model);
}

START_TEST(a_chunk_reaches_a_cap_per_layer) {
    check_reach(_i);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("ccm recursion");
    TCase* tests = tcase_create("schedules");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, parallel_is_recursive, 0, 64);
    tcase_add_loop_test(tests, a_broken_side_is_found, 0, sizeof faults / sizeof *faults);
    tcase_add_loop_test(tests, a_chunk_reaches_a_cap_per_layer, 0, 2);
    suite_add_tcase(s, tests);
    return s;
}
