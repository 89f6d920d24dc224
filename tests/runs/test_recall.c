// The recall task: what an episode holds, that a short training learns it through the compressed
// memory, and that the paper's recipe leaves the base alone. `cairn bench memory` trains in full.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runs/recall.h"
#include "tests/suite.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { LEARNS = 0, UPDATES = 2 }; // too slow to learn
#else
enum { LEARNS = 1, UPDATES = 400 };
#endif

static RecallSettings settings_of(int32_t updates) {
    RecallSettings settings = {.updates = updates,
                               .rate = 1e-3,
                               .batch = 64,
                               .threads = 2,
                               .chunk = RECALL_CHUNK,
                               .norm = 1};
    settings.ccm = net_ccm_default();
    settings.ccm.cap = RECALL_CHUNKS - 1;
    return settings;
}

static Recall* create(const RecallSettings* settings) {
    char why[NET_WHY] = "";
    Recall* recall = NULL;
    ck_assert_msg(recall_create(settings, &recall, why) == NET_OK, "%s", why);
    return recall;
}

START_TEST(answers_were_bound_before) {
    NetRandom random = net_random(1, (uint64_t)_i);
    RecallEpisode e;
    const int32_t chunk = _i == 0 ? RECALL_CHUNK : _i == 1 ? RECALL_MOST_CHUNK : 10 + 3 * _i;
    recall_draw(&random, chunk, &e);
    int32_t value[RECALL_KEYS], bound_at[RECALL_KEYS], asked = 0;
    memset(bound_at, -1, sizeof bound_at);
    for (int32_t i = 0; i < RECALL_CHUNKS * chunk; i++) {
        if (e.type[i] == RECALL_BIND) {
            ck_assert_int_eq(bound_at[e.key[i]], -1);
            bound_at[e.key[i]] = i;
            value[e.key[i]] = e.value[i];
        } else if (e.type[i] == RECALL_ASK) {
            asked++;
            ck_assert_int_ge(bound_at[e.key[i]], 0);
            ck_assert_int_eq(e.answer[i], value[e.key[i]]);
            ck_assert_int_eq(e.age[i], i / chunk - bound_at[e.key[i]] / chunk);
            ck_assert_int_eq(e.value[i], RECALL_VALUES);
        }
        ck_assert_int_eq(e.answer[i] >= 0, e.type[i] == RECALL_ASK);
        ck_assert_int_eq(e.type[i] == RECALL_ASK, i % chunk == chunk - 1);
    }
    ck_assert_int_eq(asked, RECALL_CHUNKS);
}
END_TEST

START_TEST(a_short_training_recalls_earlier_chunks) {
    RecallSettings settings = settings_of(UPDATES);
    Recall* recall = create(&settings);
    RecallScore before, after;
    char why[NET_WHY] = "";
    recall_score(recall, 256, &before);
    ck_assert_double_le(before.past, 0.15); // chance is 1 in 16
    ck_assert_int_eq(recall_train(recall, NULL, NULL, why), NET_OK);
    recall_score(recall, 256, &after);
    if (LEARNS) {
        ck_assert_msg(after.past >= 0.5, "%.3f of earlier chunks' keys are recalled", after.past);
    }
    ck_assert_uint_eq(recall_kv_bytes(recall), 14 * 2 * 2 * 64 * sizeof(NetReal));
    recall_destroy(recall);
}
END_TEST

// The agent's chunks and slots: 21 for 112 steps. What the chunk itself binds is learned first;
// every question of every episode is scored, and the last steps' time is found.
START_TEST(chunks_may_be_longer) {
    RecallSettings settings = settings_of(LEARNS ? 250 : 2);
    settings.batch = 16;
    settings.rate = 3e-3;
    char why[NET_WHY] = "";
    ck_assert(recall_set(&settings, "chunk=16", why) && recall_set(&settings, "slots=3", why));
    Recall* recall = create(&settings);
    RecallScore before, after;
    recall_score(recall, 128, &before);
    ck_assert_int_eq(recall_train(recall, NULL, NULL, why), NET_OK);
    recall_score(recall, 128, &after);
    int64_t asked = 0;
    for (int age = 0; age < RECALL_CHUNKS; age++) {
        asked += after.asked[age];
    }
    ck_assert_int_eq(asked, 128 * RECALL_CHUNKS);
    if (LEARNS) {
        ck_assert_msg(after.own > 0.5 && before.own < 0.2, "%.3f, %.3f", before.own, after.own);
    }
    ck_assert_uint_eq(recall_kv_bytes(recall), 21 * 2 * 2 * 64 * sizeof(NetReal));
    double microseconds = 0;
    ck_assert_int_eq(recall_time(recall, 2, 8 * 16, &microseconds, why), NET_OK);
    ck_assert_double_gt(microseconds, 0);
    recall_destroy(recall);
}
END_TEST

// The same raw training, then one or two updates of the memory's own weights.
START_TEST(a_frozen_base_stays) {
    RecallSettings settings = settings_of(1);
    settings.raw_updates = 2;
    settings.raw_rate = 1e-3;
    settings.rate = 3e-3;
    settings.batch = 8;
    settings.ccm.local = _i;
    Recall* one = create(&settings);
    settings.updates = 2;
    Recall* two = create(&settings);
    char why[NET_WHY] = "";
    ck_assert_int_eq(recall_train(one, NULL, NULL, why), NET_OK);
    ck_assert_int_eq(recall_train(two, NULL, NULL, why), NET_OK);
    const NetParam* params = NULL;
    int32_t count = 0, changed = 0;
    const NetReal *a = recall_weights(one, &params, &count), *b = NULL;
    b = recall_weights(two, &params, &count);
    for (int32_t i = 0; i < count; i++) {
        bool same =
            memcmp(a + params[i].offset, b + params[i].offset, params[i].count * sizeof *a) == 0;
        ck_assert_msg(same || net_ccm_is_adapter(&params[i]), "%s has changed", params[i].name);
        changed += !same;
    }
    ck_assert_int_gt(changed, 0);
    recall_destroy(one);
    recall_destroy(two);
}
END_TEST

START_TEST(settings_have_names) {
    RecallSettings settings = settings_of(1);
    char why[NET_WHY] = "";
    ck_assert(recall_set(&settings, "rate=0.003", why) && settings.rate == 0.003);
    ck_assert(recall_set(&settings, "updates=20", why) && settings.updates == 20);
    ck_assert(recall_set(&settings, "slots=14", why) && settings.ccm.comp == 14);
    ck_assert(recall_set(&settings, "local=true", why) && settings.ccm.local);
    ck_assert(recall_set(&settings, "local=false", why) && !settings.ccm.local);
    ck_assert(recall_set(&settings, "adapter=own", why) && settings.ccm.adapter == NET_CCM_OWN);
    ck_assert(recall_set(&settings, "positions=chunk", why) &&
              settings.ccm.positions == NET_CCM_CHUNK);
    static const char* const bad[] = {"",          "rate",         "rate=",      "rate=2",
                                      "rates=0.1", "updates=1.5",  "updates=0",  "batch=8x",
                                      "local=1",   "adapter=none", "slots=1000", "floor=nan",
                                      "chunk=9",   "chunk=33"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        RecallSettings before = settings;
        ck_assert_msg(!recall_set(&settings, bad[i], why), "'%s' is taken", bad[i]);
        ck_assert(before.rate == settings.rate && before.updates == settings.updates);
    }
    settings.ccm.comp = 0;
    ck_assert(!recall_set(&settings, "slots=2", why));
}
END_TEST

// Each bound alone is noticed.
START_TEST(bounds_are_kept_or_not) {
    RecallScore score = {.past = 0.5};
    for (int age = 1; age < RECALL_CHUNKS; age++) {
        score.asked[age] = 100;
        score.age[age] = age < 4 ? 0.9 : 0.06;
    }
    const struct {
        RecallBounds bounds;
        bool kept;
    } cases[] = {
        {{1, 0, 100, 0}, true},     {{4, 4, 9, 0}, true},   {{1, 4, 9, 0}, false},
        {{4, 7, 9, 0}, false},      {{4, 4, 5, 0}, false},  {{1, 0, 100, 50}, false},
        {{1, 41.9, 42.1, 0}, true}, {{3, 0, 100, 6}, true}, {{3, 0, 100, 6.1}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(recall_keeps(&cases[i].bounds, &score), cases[i].kept);
    }
}
END_TEST

// What a description says, set in other settings, describes them alike.
START_TEST(a_description_can_be_set_again) {
    static const char* const changes[] = {
        "updates=20",      "rate=0.003", "raw_updates=7", "raw_rate=0.01", "batch=8",
        "chunk=16",        "slots=14",   "rank=3",        "floor=0.25",    "adapter=own",
        "positions=chunk", "norm=8",     "comp_norm=4",   "local=true",
    };
    enum { CHANGES = sizeof changes / sizeof *changes };
    RecallSettings usual = settings_of(1);
    usual.raw_rate = 1e-3;
    char text[RECALL_DESCRIPTION], again[RECALL_DESCRIPTION], why[NET_WHY];
    recall_describe(&usual, &usual, text, sizeof text);
    ck_assert_str_eq(text, "");
    for (int i = 0; i < CHANGES; i++) {
        RecallSettings one = usual, other = usual;
        one.raw_updates = other.raw_updates = 5; // else raw_rate says nothing
        one.ccm.merge = other.ccm.merge = true;  // nor floor
        ck_assert(recall_set(&one, changes[i], why));
        recall_describe(&one, &other, text, sizeof text);
        ck_assert_str_eq(text, changes[i]);
        recall_describe(&one, NULL, text, sizeof text);
        char words[RECALL_DESCRIPTION], *rest = NULL;
        snprintf(words, sizeof words, "%s", text);
        int told = 0;
        for (char* word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
            ck_assert_msg(recall_set(&other, word, why), "%s", why);
            told++;
        }
        recall_describe(&other, NULL, again, sizeof again);
        ck_assert_str_eq(again, text);
        ck_assert_int_eq(told, i == 9 ? CHANGES - 1 : CHANGES); // maps of its own: no rank
    }
    RecallSettings without = usual;
    without.ccm.comp = 0;
    recall_describe(&without, NULL, text, sizeof text);
    ck_assert_msg(!strstr(text, "slots") && !strstr(text, "adapter") && strstr(text, "rate="), "%s",
                  text);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("recall");
    TCase* tests = tcase_create("task");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, answers_were_bound_before, 0, 5);
    tcase_add_test(tests, a_short_training_recalls_earlier_chunks);
    tcase_add_test(tests, chunks_may_be_longer);
    tcase_add_test(tests, settings_have_names);
    tcase_add_test(tests, bounds_are_kept_or_not);
    tcase_add_test(tests, a_description_can_be_set_again);
    tcase_add_loop_test(tests, a_frozen_base_stays, 0, 2);
    suite_add_tcase(s, tests);
    return s;
}
