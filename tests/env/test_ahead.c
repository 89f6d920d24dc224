// Proves env/ahead.c: making worlds ahead changes nothing. The thread sanitizer runs this, too.
#include <check.h>
#include <stdlib.h>

#include "env/handle.h"
#include "tests/suite.h"

// A handle of many worlds, which makes ahead, beside handles of one, which make what they need when
// they need it; with episodes
// that end at once, seeds that change by loading, and resets out of turn.
START_TEST(making_ahead_changes_nothing) {
    enum { WORLDS = 40 };
    CairnConfig config = cairn_default_config();
    config.mode = CAIRN_MODE_FAST;
    config.length = _i ? 3 : 50;
    config.threads = 1 + _i;
    config.world_count = WORLDS;
    Cairn *many = NULL, *one[WORLDS];
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(cairn_create(&config, &many, why), CAIRN_OK);
    ck_assert_ptr_nonnull(many->ahead);
    static uint8_t map[WORLDS][64 * 64], single[64 * 64];
    const CairnOutput output = {.observation.semantic = map[0]};
    const CairnOutput output_one = {.observation.semantic = single};
    config.world_count = config.threads = 1;
    cairn_reset(many, &output);
    for (int n = 0; n < WORLDS; n++) {
        config.seed = cairn_config(many)->seeds[n];
        ck_assert_int_eq(cairn_create(&config, &one[n], why), CAIRN_OK);
        cairn_reset(one[n], &output_one);
        ck_assert_mem_eq(map[n], single, sizeof single);
    }
    srand(5);
    int32_t action[WORLDS];
    for (int step = 0; step < 160; step++) {
        for (int n = 0; n < WORLDS; n++) {
            action[n] = rand() % CAIRN_ACTIONS;
        }
        const int odd = rand() % WORLDS;
        const uint64_t episode = 1 + (uint64_t)rand() % 9;
        if (step % 7 == 0) {
            cairn_reset_world(many, odd, episode, &output);
            cairn_reset_world(one[odd], 0, episode, &output_one);
        }
        cairn_step(many, action, &output);
        for (int n = 0; n < WORLDS; n++) {
            cairn_step(one[n], &action[n], &output_one);
            ck_assert_mem_eq(map[n], single, sizeof single);
        }
    }
    for (int n = 0; n < WORLDS; n++) {
        cairn_destroy(one[n]);
    }
    cairn_destroy(many);
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("ahead");
    TCase* tests = tcase_create("ahead");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, making_ahead_changes_nothing, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
