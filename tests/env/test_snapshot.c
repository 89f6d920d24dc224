// Proves env/snapshot.c: a world that went back goes on as it did, in this or another handle.
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "env/handle.h"
#include "env/rules.h"
#include "tests/suite.h"

enum { WORLDS = 3, MAP = 64 * 64 };

static Cairn* open_worlds(CairnConfig config) {
    Cairn* cairn = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert_msg(cairn_create(&config, &cairn, why) == CAIRN_OK, "%s", why);
    return cairn;
}

static CairnConfig some_config(int mode) {
    CairnConfig config = cairn_default_config();
    config.mode = (CairnMode)mode;
    config.world_count = WORLDS;
    config.length = 230;
    return config;
}

static uint8_t* saved(const Cairn* cairn, int32_t world, size_t* size) {
    uint8_t* bytes = malloc(cairn_state_limit(cairn));
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(cairn_save_world(cairn, world, bytes, cairn_state_limit(cairn), size, why),
                     CAIRN_OK);
    return bytes;
}

static void expect_equal(const Cairn* a, int32_t m, const Cairn* b, int32_t n) {
    size_t size_a = 0, size_b = 0;
    uint8_t *one = saved(a, m, &size_a), *other = saved(b, n, &size_b);
    ck_assert_uint_eq(size_a, size_b);
    ck_assert_mem_eq(one, other, size_a);
    free(one);
    free(other);
}

START_TEST(worlds_go_back) {
    CairnConfig config = some_config(_i), other_config = config;
    other_config.seed = 99;
    Cairn *here = open_worlds(config), *there = open_worlds(other_config);
    CairnSnapshot* snapshot = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(cairn_snapshot_create(here, &snapshot, why), CAIRN_OK);
    static uint8_t map_a[WORLDS][MAP], map_b[WORLDS][MAP];
    const CairnOutput a = {.observation.semantic = map_a[0]},
                      b = {.observation.semantic = map_b[0]};
    cairn_reset(here, &a);
    cairn_reset(there, &b);
    srand(3);
    for (int round = 0; round < 12; round++) {
        for (int t = rand() % 90; t >= 0; t--) {
            const int32_t action[WORLDS] = {rand() % CAIRN_ACTIONS, rand() % CAIRN_ACTIONS, 0};
            cairn_step(here, action, &a);
            cairn_step(there, action, &b);
        }
        ck_assert_int_eq(cairn_snapshot_take(here, 1, snapshot, why), CAIRN_OK);
        ck_assert_int_eq(cairn_snapshot_restore(there, 2, snapshot, why), CAIRN_OK);
        expect_equal(here, 1, there, 2);
        for (int t = 0; t < 60; t++) { // the same from here on, ends of episodes included
            const int32_t choice = rand() % CAIRN_ACTIONS;
            const int32_t action[WORLDS] = {choice, choice, choice};
            cairn_step(here, action, &a);
            cairn_step(there, action, &b);
            ck_assert_mem_eq(map_a[1], map_b[2], MAP);
        }
        ck_assert_int_eq(cairn_snapshot_restore(here, 1, snapshot, why), CAIRN_OK);
        expect_equal(here, 1, here, 1);
    }
    cairn_snapshot_destroy(snapshot);
    cairn_snapshot_destroy(NULL);
    cairn_destroy(here);
    cairn_destroy(there);
}
END_TEST

// More objects than a world usually has room for: a field of plants.
START_TEST(long_lists_go_back) {
    Cairn* cairn = open_worlds(some_config(_i));
    CairnSnapshot* snapshot = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(cairn_snapshot_create(cairn, &snapshot, why), CAIRN_OK);
    cairn_reset(cairn, &(CairnOutput){0});
    World* world = &cairn->worlds[0];
    for (int32_t x = 0; x < 64; x++) {
        for (int32_t y = 0; y < 64; y += 2) {
            if (!world_object(world, x, y)) {
                object_add(world, KIND_PLANT, x, y);
            }
        }
    }
    ck_assert_int_gt(world->object_count, world->shape->object_capacity);
    ck_assert_int_eq(cairn_snapshot_take(cairn, 0, snapshot, why), CAIRN_OK);
    ck_assert_int_eq(cairn_snapshot_restore(cairn, 1, snapshot, why), CAIRN_OK);
    expect_equal(cairn, 0, cairn, 1);
    const int32_t action[WORLDS] = {CAIRN_NOOP};
    for (int t = 0; t < 50; t++) {
        cairn_step(cairn, action, &(CairnOutput){0});
        expect_equal(cairn, 0, cairn, 1);
    }
    ck_assert_int_eq(cairn_snapshot_take(cairn, 2, snapshot, why), CAIRN_OK); // a short one
    ck_assert_int_eq(cairn_snapshot_restore(cairn, 0, snapshot, why), CAIRN_OK);
    expect_equal(cairn, 0, cairn, 2);
    cairn_snapshot_destroy(snapshot);
    cairn_destroy(cairn);
}
END_TEST

START_TEST(what_cannot_be_meant_is_refused) {
    CairnConfig config = some_config(0);
    Cairn* exact = open_worlds(config);
    config.mode = CAIRN_MODE_FAST;
    Cairn* fast = open_worlds(config);
    CairnSnapshot* snapshot = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(cairn_snapshot_create(exact, &snapshot, why), CAIRN_OK);
    ck_assert_int_eq(cairn_snapshot_take(exact, 0, snapshot, why), CAIRN_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(why, "first reset"));
    cairn_reset(exact, &(CairnOutput){0});
    cairn_reset(fast, &(CairnOutput){0});
    ck_assert_int_eq(cairn_snapshot_restore(exact, 0, snapshot, why), CAIRN_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(why, "take one first"));
    ck_assert_int_eq(cairn_snapshot_take(exact, WORLDS, snapshot, why), CAIRN_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(why, "world 3 does not exist"));
    ck_assert_int_eq(cairn_snapshot_take(fast, 0, snapshot, why), CAIRN_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(why, "another mode"));
    ck_assert_int_eq(cairn_snapshot_take(exact, 0, snapshot, why), CAIRN_OK);
    ck_assert_int_eq(cairn_snapshot_restore(fast, 0, snapshot, why), CAIRN_BAD_ARGUMENT);
    cairn_snapshot_destroy(snapshot);
    cairn_destroy(exact);
    cairn_destroy(fast);
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("snapshot");
    TCase* tests = tcase_create("snapshot");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, worlds_go_back, 0, 2); // mode
    tcase_add_loop_test(tests, long_lists_go_back, 0, 2);
    tcase_add_test(tests, what_cannot_be_meant_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
