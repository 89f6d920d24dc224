// Proves env/config.c: every field's range, and the message that names it.
#include <check.h>
#include <stddef.h>
#include <string.h>

#include "env/cairn.h"
#include "tests/suite.h"

typedef struct Bad {
    size_t field;
    int32_t value;
    const char *name, *range;
} Bad;
static const Bad BAD[] = {
    {offsetof(CairnConfig, world_count), 0, "world_count", "1 to 65536"},
    {offsetof(CairnConfig, world_count), 65537, "world_count", "1 to 65536"},
    {offsetof(CairnConfig, threads), 0, "threads", "1 to 256"},
    {offsetof(CairnConfig, threads), 257, "threads", "1 to 256"},
    {offsetof(CairnConfig, mode), 2, "mode", "0 (exact) or 1 (fast)"},
    {offsetof(CairnConfig, mode), -1, "mode", "0 (exact) or 1 (fast)"},
    {offsetof(CairnConfig, area_width), 0, "area_width", "1 to 1024"},
    {offsetof(CairnConfig, area_width), 1025, "area_width", "1 to 1024"},
    {offsetof(CairnConfig, area_height), -5, "area_height", "1 to 1024"},
    {offsetof(CairnConfig, area_height), 1025, "area_height", "1 to 1024"},
    {offsetof(CairnConfig, view_width), 0, "view_width", "1 to 63"},
    {offsetof(CairnConfig, view_width), 64, "view_width", "1 to 63"},
    {offsetof(CairnConfig, view_height), 0, "view_height", "1 to 63"},
    {offsetof(CairnConfig, view_height), 64, "view_height", "1 to 63"},
    {offsetof(CairnConfig, view_height), 2, "view_height", "3 to 63"}, // two rows of items
    {offsetof(CairnConfig, size_width), 8, "size_width", "9 to 4096"},
    {offsetof(CairnConfig, size_width), 4097, "size_width", "9 to 4096"},
    {offsetof(CairnConfig, size_height), 8, "size_height", "9 to 4096"},
    {offsetof(CairnConfig, size_height), 4097, "size_height", "9 to 4096"},
    {offsetof(CairnConfig, length), -1, "length", "0 to 2147483647"}};
enum { BAD_COUNT = sizeof BAD / sizeof *BAD };

START_TEST(refuses_what_is_out_of_range) {
    const Bad* bad = &BAD[_i];
    CairnConfig config = cairn_default_config();
    memcpy((char*)&config + bad->field, &bad->value, sizeof bad->value);
    Cairn* cairn = (Cairn*)&config;
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(cairn_create(&config, &cairn, why), CAIRN_BAD_CONFIG);
    ck_assert_ptr_null(cairn);
    ck_assert_msg(strstr(why, bad->name) == why, "message \"%s\", field %s", why, bad->name);
    ck_assert_msg(strstr(why, bad->range) != NULL, "message \"%s\", range %s", why, bad->range);
}
END_TEST

START_TEST(takes_the_smallest_and_the_largest) {
    const int32_t shape[][8] = {// worlds, threads, area, view, size
                                {1, 1, 1, 1, 1, 17, 1, 17},
                                {3, 5, 2, 1, 63, 2, 63, 2},
                                {1, 1, 1024, 3, 9, 63, 9, 63},
                                {1, 1, 3, 3, 16, 2, 4096, 16},
                                {2, 1, 30, 1024, 9, 9, 65, 10}};
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
        CairnConfig config = cairn_default_config();
        config.mode = _i ? CAIRN_MODE_FAST : CAIRN_MODE_EXACT;
        config.world_count = shape[i][0], config.threads = shape[i][1];
        config.area_width = shape[i][2], config.area_height = shape[i][3];
        config.view_width = shape[i][4], config.view_height = shape[i][5];
        config.size_width = shape[i][6], config.size_height = shape[i][7];
        Cairn* cairn = NULL;
        char why[CAIRN_WHY] = "";
        ck_assert_msg(cairn_create(&config, &cairn, why) == CAIRN_OK, "%s", why);
        static uint8_t pixels[3 * 4096 * 17 * 3];
        const CairnOutput output = {.observation.pixels = pixels};
        const int32_t action[3] = {CAIRN_MOVE_LEFT, CAIRN_DO, CAIRN_NOOP};
        cairn_reset(cairn, &output);
        for (int step = 0; step < 200; step++) {
            cairn_step(cairn, action, &output);
        }
        cairn_destroy(cairn);
    }
}
END_TEST

START_TEST(seeds_differ_between_worlds) {
    ck_assert_int_eq(cairn_world_seed(7, 0), 7);
    ck_assert_int_eq(cairn_world_seed(-7, 0), -7);
    for (int32_t seed = 0; seed < 30; seed++) {
        for (int32_t n = 1; n < 30; n++) {
            int64_t mixed = cairn_world_seed(seed, n);
            ck_assert(mixed >= 0 && mixed < INT64_C(1) << 62);
            for (int32_t m = 0; m < n; m++) {
                ck_assert_int_ne(mixed, cairn_world_seed(seed, m));
                ck_assert_int_ne(mixed, cairn_world_seed(seed + 1, m));
            }
        }
    }
}
END_TEST

START_TEST(copies_the_seeds) {
    int64_t seeds[2] = {5, 6};
    CairnConfig config = cairn_default_config();
    config.world_count = 2;
    config.seeds = seeds;
    Cairn* cairn = NULL;
    char why[CAIRN_WHY];
    ck_assert(cairn_create(&config, &cairn, why) == CAIRN_OK);
    seeds[0] = 99;
    ck_assert_int_eq(cairn_config(cairn)->seeds[0], 5);
    ck_assert_int_eq(cairn_config(cairn)->seeds[1], 6);
    cairn_destroy(cairn);
}
END_TEST

START_TEST(names_the_original_uses) {
    ck_assert_str_eq(cairn_action_name(0), "noop");
    ck_assert_str_eq(cairn_action_name(16), "make_iron_sword");
    ck_assert_ptr_null(cairn_action_name(17));
    ck_assert_ptr_null(cairn_action_name(-1));
    ck_assert_str_eq(cairn_achievement_name(0), "collect_coal");
    ck_assert_str_eq(cairn_achievement_name(21), "wake_up");
    ck_assert_ptr_null(cairn_achievement_name(22));
    ck_assert_str_eq(cairn_item_name(0), "health");
    ck_assert_str_eq(cairn_item_name(15), "iron_sword");
    ck_assert_ptr_null(cairn_item_name(16));
    for (int i = 1; i < CAIRN_ACHIEVEMENTS; i++) { // alphabetical
        ck_assert_int_lt(strcmp(cairn_achievement_name(i - 1), cairn_achievement_name(i)), 0);
    }
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("config");
    TCase* tests = tcase_create("config");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, refuses_what_is_out_of_range, 0, BAD_COUNT);
    tcase_add_loop_test(tests, takes_the_smallest_and_the_largest, 0, 2);
    tcase_add_test(tests, seeds_differ_between_worlds);
    tcase_add_test(tests, copies_the_seeds);
    tcase_add_test(tests, names_the_original_uses);
    suite_add_tcase(suite, tests);
    return suite;
}
