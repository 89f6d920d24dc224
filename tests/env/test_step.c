// Proves env/step.c: daylight, rewards, endings, and whole episodes of the original.
#include <check.h>
#include <zlib.h>

#include "env/observe.h"
#include "tests/env/scene.h"
#include "tests/suite.h"

START_TEST(daylight_is_the_originals) {
    ck_assert_double_eq(world_daylight(0), 0x1.9806941791179p-1);
    ck_assert_double_eq(world_daylight(10), 0x1.bffffffffffffp-1);
    ck_assert_double_eq(world_daylight(60), 1);
    ck_assert_double_eq(world_daylight(110), 0x1.c000000000002p-1);
    ck_assert_double_eq(world_daylight(150), 0x1.e1c8864680b5cp-2);
    ck_assert_double_eq(world_daylight(410), 0x1.bfffffffffffep-1); // not periodic to the last bit
    static double all[10001];
    for (int step = 0; step <= 10000; step++) {
        all[step] = world_daylight(step);
    }
    ck_assert_uint_eq(crc32_z(0, (const void*)all, sizeof all), 0xc48326d8);
}
END_TEST

// Action at step t: ((t * 2654435761 mod 2^32) div 65536) mod 17. Figures of Crafter 1.8.3.
typedef struct Episode {
    int64_t seed;
    int32_t steps;
    uint32_t semantic;
    int32_t position;
    uint32_t word;
    double total;
    bool dead;
} Episode;
static const Episode EPISODES[] = {
    {0, 50, 0x60088df8, 592, 3076994998, 0.0, false},
    {0, 150, 0x5d20d595, 561, 3256344693, 3.0, false},
    {0, 212, 0x65d32043, 102, 3252628111, 2.099999999999999, true},
    {1, 188, 0xe657a90f, 227, 3675606229, 1.1, true},
    {42, 147, 0xf04eb3cd, 115, 2058676731, 0.10000000000000003, true}};

START_TEST(plays_the_originals_episodes) {
    const Episode* expected = &EPISODES[_i];
    CairnConfig config = cairn_default_config();
    config.seed = expected->seed;
    config.auto_reset = false;
    Cairn* cairn = NULL;
    char why[CAIRN_WHY];
    ck_assert(cairn_create(&config, &cairn, why) == CAIRN_OK);
    static uint8_t semantic[64 * 64];
    double reward = 0, total = 0;
    uint8_t terminated = 0;
    const CairnOutput output = {
        .observation.semantic = semantic, .reward = &reward, .terminated = &terminated};
    cairn_reset(cairn, &output);
    for (uint32_t t = 1; t <= (uint32_t)expected->steps; t++) {
        ck_assert_uint_eq(terminated, 0);
        int32_t action = (int32_t)((t * 2654435761u / 65536) % 17);
        cairn_step(cairn, &action, &output);
        total += reward;
    }
    uint32_t words[CAIRN_GENERATOR_WORDS];
    cairn_generator(cairn, 0, words);
    ck_assert_uint_eq(crc32_z(0, semantic, sizeof semantic), expected->semantic);
    ck_assert_int_eq(words[CAIRN_GENERATOR_WORDS - 1], expected->position);
    ck_assert_uint_eq(words[0], expected->word);
    ck_assert_double_eq(total, expected->total);
    ck_assert_int_eq(terminated, expected->dead);
    cairn_destroy(cairn);
}
END_TEST

START_TEST(one_reward_for_many_unlocks) {
    Scene scene = scene_open(20, 20, 5, 5);
    Player* player = &scene.world->player;
    player->sleeping = true; // with full energy: wakes up, and collects a sapling, in one step
    scene_uniform(&scene, 0.01);
    scene_act(&scene, CAIRN_DO);
    ck_assert_uint_eq(scene.world->newly_unlocked, 1u << WAKE_UP | 1u << COLLECT_SAPLING);
    ck_assert_double_eq(scene.world->reward, 1);
    scene_uniform(&scene, 0.01);
    scene_act(&scene, CAIRN_DO); // again: nothing new
    ck_assert_int_eq(player->achievements[COLLECT_SAPLING], 2);
    ck_assert_uint_eq(scene.world->newly_unlocked, 0);
    ck_assert_double_eq(scene.world->reward, 0);
    scene_close(&scene);
}
END_TEST

static Cairn* open_length(int32_t length, bool reward) {
    CairnConfig config = cairn_default_config();
    config.length = length;
    config.reward = reward;
    config.auto_reset = false;
    Cairn* cairn = NULL;
    char why[CAIRN_WHY];
    ck_assert(cairn_create(&config, &cairn, why) == CAIRN_OK);
    return cairn;
}

START_TEST(length_truncates) {
    Cairn* cairn = open_length(3, true);
    uint8_t terminated, truncated;
    const CairnOutput output = {.terminated = &terminated, .truncated = &truncated};
    cairn_reset(cairn, &output);
    const int32_t action = CAIRN_NOOP;
    for (int step = 1; step <= 4; step++) { // a step after the end is allowed
        cairn_step(cairn, &action, &output);
        ck_assert_int_eq(truncated, step >= 3);
        ck_assert_int_eq(terminated, 0);
    }
    cairn->worlds[0].player.inventory[CAIRN_HEALTH] = 0;
    cairn->worlds[0].player.recover = 0;
    cairn_step(cairn, &action, &output); // death is death, whatever the length
    ck_assert_int_eq(terminated, 1);
    ck_assert_int_eq(truncated, 0);
    cairn_destroy(cairn);
    cairn = open_length(0, true); // 0: no limit
    cairn_reset(cairn, &output);
    cairn->worlds[0].step = INT64_C(3000000000);
    cairn_step(cairn, &action, &output);
    ck_assert_int_eq(truncated, 0);
    cairn_destroy(cairn);
}
END_TEST

START_TEST(reward_can_be_left_out) {
    for (int with = 0; with < 2; with++) {
        Cairn* cairn = open_length(10000, with == 1);
        double reward;
        const CairnOutput output = {.reward = &reward};
        cairn_reset(cairn, &output);
        ck_assert_double_eq(reward, 0);
        cairn->worlds[0].player.inventory[CAIRN_HEALTH] = 4;
        const int32_t action = CAIRN_NOOP;
        cairn_step(cairn, &action, &output);
        ck_assert_double_eq(reward, with ? -0.5 : 0);
        cairn_destroy(cairn);
    }
}
END_TEST

START_TEST(observes_tiles_and_status) {
    Scene scene = scene_open(20, 20, 1, 5);
    World* world = scene.world;
    object_add(world, KIND_ARROW, 2, 5)->facing_y = -1;
    object_add(world, KIND_PLANT, 3, 5)->counter = 301;
    object_add(world, KIND_PLANT, 4, 5)->counter = 300;
    world_set_material(world, 5, 8, CAIRN_LAVA);
    uint8_t tiles[7][9][2];
    observe_tiles(world, &tiles[0][0][0]);
    ck_assert_int_eq(tiles[3][4][1], CAIRN_PLAYER_DOWN);
    ck_assert_int_eq(tiles[3][4][0], CAIRN_GRASS);
    ck_assert_int_eq(tiles[3][5][1], CAIRN_ARROW_UP);
    ck_assert_int_eq(tiles[3][6][1], CAIRN_PLANT_RIPE);
    ck_assert_int_eq(tiles[3][7][1], CAIRN_PLANT);
    ck_assert_int_eq(tiles[6][8][0], CAIRN_LAVA);
    ck_assert_int_eq(tiles[0][2][0], CAIRN_OUTSIDE);
    ck_assert_int_eq(tiles[0][3][0], CAIRN_GRASS);
    world->player.sleeping = true;
    world->player.inventory[CAIRN_IRON] = 7;
    float status[CAIRN_STATUS_SIZE];
    observe_status(world, status);
    ck_assert_float_eq(status[CAIRN_HEALTH], 9);
    ck_assert_float_eq(status[CAIRN_IRON], 7);
    ck_assert_float_eq(status[16], 0);
    ck_assert_float_eq(status[17], 1);
    ck_assert_float_eq(status[18], 1);
    ck_assert_float_eq(status[19], (float)world_daylight(0));
    observe_tiles(world, &tiles[0][0][0]);
    ck_assert_int_eq(tiles[3][4][1], CAIRN_PLAYER_ASLEEP);
    scene_close(&scene);
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("step");
    TCase* tests = tcase_create("step");
    tcase_add_test(tests, daylight_is_the_originals);
    tcase_add_loop_test(tests, plays_the_originals_episodes, 0, 5);
    tcase_add_test(tests, one_reward_for_many_unlocks);
    tcase_add_test(tests, length_truncates);
    tcase_add_test(tests, reward_can_be_left_out);
    tcase_add_test(tests, observes_tiles_and_status);
    suite_add_tcase(suite, tests);
    return suite;
}
