// Proves env/worldgen.c: the original's worlds of five seeds, and estimates against exact noise.
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "env/handle.h"
#include "env/rules.h"
#include "tests/suite.h"

typedef struct Expected {
    int64_t seed;
    int32_t outputs;                  // 32-bit numbers drawn by the reset
    int32_t cells[CAIRN_DIAMOND_ORE]; // water .. diamond
    int32_t cows, zombies, skeletons, chunks;
    uint32_t map;
} Expected;
// Crafter 1.8.3, first reset.
static const Expected EXPECTED[] = {
    {0, 14639, {232, 2322, 613, 449, 122, 259, 25, 58, 13, 3}, 44, 18, 7, 28, 0x14eef9bd},
    {1, 13181, {559, 1918, 591, 431, 247, 220, 53, 63, 11, 3}, 32, 10, 8, 25, 0xd3cf0034},
    {42, 12113, {906, 1851, 517, 321, 164, 230, 45, 44, 14, 4}, 23, 11, 7, 20, 0x3810440d},
    {-7, 12357, {799, 2010, 481, 304, 242, 173, 16, 53, 18, 0}, 25, 16, 3, 23, 0x90d578d2},
    {1234567890123,
     11153,
     {992, 1443, 850, 371, 160, 164, 43, 61, 8, 4},
     17,
     11,
     8,
     20,
     0x19d0b63f}};

static Cairn* open_worlds(const CairnConfig* config) {
    Cairn* cairn = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert_msg(cairn_create(config, &cairn, why) == CAIRN_OK, "%s", why);
    return cairn;
}

// Outputs drawn since the generator was seeded, found by drawing until the states agree.
static int32_t outputs_drawn(const World* world) {
    Mersenne mersenne;
    const Mersenne* after = world->generator.mersenne;
    mersenne_seed(&mersenne, random_episode_seed(world->seed, world->episode));
    for (int32_t count = 0; count < 100000; count++) {
        if (mersenne.position == after->position &&
            memcmp(mersenne.state, after->state, sizeof mersenne.state) == 0) {
            return count;
        }
        mersenne_bits(&mersenne);
    }
    return -1;
}

START_TEST(makes_the_worlds_of_the_original) {
    const Expected* expected = &EXPECTED[_i];
    CairnConfig config = cairn_default_config();
    config.seed = expected->seed;
    Cairn* cairn = open_worlds(&config);
    cairn_reset(cairn, &(CairnOutput){0});
    const World* world = &cairn->worlds[0];
    int32_t cells[CAIRN_MATERIALS] = {0}, kinds[KIND_COUNT] = {0};
    for (int i = 0; i < 64 * 64; i++) {
        cells[world->material[i]]++;
    }
    for (int32_t i = PLAYER; i < world->object_count; i++) {
        kinds[world->objects[i].kind]++;
    }
    for (int i = 0; i < CAIRN_DIAMOND_ORE; i++) {
        ck_assert_int_eq(cells[CAIRN_WATER + i], expected->cells[i]);
    }
    ck_assert_int_eq(kinds[KIND_COW], expected->cows);
    ck_assert_int_eq(kinds[KIND_ZOMBIE], expected->zombies);
    ck_assert_int_eq(kinds[KIND_SKELETON], expected->skeletons);
    ck_assert_int_eq(world->chunk_count, expected->chunks);
    ck_assert_int_eq(world->chunk_order[0], world_chunk(world, 32, 32));
    ck_assert_int_eq(outputs_drawn(world), expected->outputs);
    ck_assert_uint_eq(crc32_z(0, world->material, 64 * 64), expected->map);
    cairn_destroy(cairn);
}
END_TEST

// The same world with every cell computed exactly.
static void compare_with_exact(World* world) {
    size_t cells = (size_t)world->shape->width * (size_t)world->shape->height;
    uint8_t* fast = malloc(cells);
    memcpy(fast, world->material, cells);
    const Mersenne after = *world->generator.mersenne;
    const int32_t count = world->object_count;
    objects_clear(world);
    object_add(world, KIND_PLAYER, world->shape->width / 2, world->shape->height / 2);
    random_begin(&world->generator, world->seed, world->episode);
    worldgen(world, INFINITY);
    for (size_t i = 0; i < cells; i++) {
        ck_assert_msg(fast[i] == world->material[i], "seed %lld, cell %zu: exact %d, estimated %d",
                      (long long)world->seed, i, world->material[i], fast[i]);
    }
    ck_assert_mem_eq(&after, world->generator.mersenne, sizeof after);
    ck_assert_int_eq(count, world->object_count);
    free(fast);
}

START_TEST(estimates_change_nothing) {
    const int32_t area[][2] = {{64, 64}, {64, 64}, {48, 40},   {1, 1},
                               {5, 300}, {300, 7}, {130, 1024}};
    CairnConfig config = cairn_default_config();
    config.area_width = area[_i][0];
    config.area_height = area[_i][1];
    config.world_count = config.area_width == 64 ? 40 : 2;
    config.seed = 1000 + _i;
    Cairn* cairn = open_worlds(&config);
    cairn_reset(cairn, &(CairnOutput){0});
    for (int32_t n = 0; n < config.world_count; n++) {
        compare_with_exact(&cairn->worlds[n]);
    }
    cairn_destroy(cairn);
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("worldgen");
    TCase* tests = tcase_create("worldgen");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, makes_the_worlds_of_the_original, 0, 5);
    tcase_add_loop_test(tests, estimates_change_nothing, 0, 7);
    suite_add_tcase(suite, tests);
    return suite;
}
