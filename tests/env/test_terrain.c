// Proves env/terrain*.c and env/ahead.c: many worlds at once are the worlds that one at a time
// would be, by every instruction set and whatever was made ahead.
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "env/handle.h"
#include "env/kernels.h"
#include "env/rules.h"
#include "env/terrain.h"
#include "tests/suite.h"

static Cairn* open_worlds(int32_t count, int32_t width, int32_t height, int64_t seed) {
    CairnConfig config = cairn_default_config();
    config.mode = CAIRN_MODE_FAST;
    config.world_count = count;
    config.area_width = width;
    config.area_height = height;
    config.seed = seed;
    Cairn* cairn = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert_msg(cairn_create(&config, &cairn, why) == CAIRN_OK, "%s", why);
    return cairn;
}

// The world as terrain_cell codes it, computed exactly throughout.
static void make_plainly(World* world, uint8_t* cells) {
    const int32_t height = world->shape->height, count = world->shape->width * height;
    objects_clear(world);
    object_add(world, KIND_PLAYER, world->shape->width / 2, height / 2);
    random_begin(&world->generator, world->seed, world->episode);
    worldgen(world, INFINITY);
    memcpy(cells, world->material, (size_t)count);
    for (int32_t i = PLAYER + 1; i < world->object_count; i++) {
        const Object* object = &world->objects[i];
        cells[world_cell(world, object->x, object->y)] |= (uint8_t)(object->kind << TERRAIN_KIND);
    }
}

static const char* const NAMES[] = {"base", "avx2", "avx512"};
static const int32_t AREAS[][2] = {{64, 64}, {48, 40}, {5, 64}, {33, 1}, {1, 1}};

START_TEST(lanes_are_single_worlds) {
    const int32_t *area = AREAS[_i % 5], cells = area[0] * area[1];
    Cairn* cairn = open_worlds(TERRAIN_LANES, area[0], area[1], 900 + _i);
    WorldShape shape = cairn->shape;
    shape.kernels = env_kernels_by_name(NAMES[_i / 5]);
    if (!shape.kernels) {
        printf("%s: not on this machine, not compared\n", NAMES[_i / 5]);
        cairn_destroy(cairn);
        return;
    }
    TerrainPlan* plan = terrain_plan_create(&shape);
    TerrainBatch* batch = terrain_batch_create(plan);
    ck_assert(plan && batch);
    uint8_t* made = malloc((size_t)(cells * TERRAIN_LANES));
    uint8_t* expected = malloc((size_t)cells);
    uint64_t key[TERRAIN_LANES];
    uint8_t* lanes[TERRAIN_LANES];
    for (int round = 0; round < 2; round++) {
        cairn_reset(cairn, &(CairnOutput){0});
        for (int32_t n = 0; n < TERRAIN_LANES; n++) {
            key[n] = cairn->worlds[n].generator.key;
            lanes[n] = made + n * cells;
        }
        const int32_t count = round == 1 ? 5 : TERRAIN_LANES;
        terrain_batch_make(&shape, plan, batch, count, key, lanes);
        for (int32_t n = 0; n < count; n++) {
            make_plainly(&cairn->worlds[n], expected);
            for (int32_t cell = 0; cell < cells; cell++) {
                ck_assert_msg(lanes[n][cell] == expected[cell] ||
                                  cell == area[0] / 2 * area[1] + area[1] / 2,
                              "%s, world %d, cell %d: expected %#x, got %#x", NAMES[_i / 5], n,
                              cell, expected[cell], lanes[n][cell]);
            }
        }
    }
    free(made);
    free(expected);
    terrain_batch_destroy(batch);
    terrain_plan_destroy(plan);
    cairn_destroy(cairn);
}
END_TEST

// Few cells are computed again; that they are, is what makes the above hold.
START_TEST(doubt_is_rare) {
    Cairn* cairn = open_worlds(TERRAIN_LANES, 64, 64, 3);
    TerrainPlan* plan = terrain_plan_create(&cairn->shape);
    TerrainBatch* batch = terrain_batch_create(plan);
    static uint8_t made[TERRAIN_LANES][64 * 64];
    uint64_t key[TERRAIN_LANES];
    uint8_t* lanes[TERRAIN_LANES];
    int32_t doubtful = 0;
    for (int round = 0; round < 8; round++) {
        for (int n = 0; n < TERRAIN_LANES; n++) {
            key[n] = random_mix(77, (uint64_t)(round * TERRAIN_LANES + n));
            lanes[n] = made[n];
        }
        terrain_batch_make(&cairn->shape, plan, batch, TERRAIN_LANES, key, lanes);
        for (int cell = 0; cell < 64 * 64; cell++) {
            doubtful += __builtin_popcount(batch->doubtful[cell]);
        }
    }
    ck_assert_int_gt(doubtful, 0);
    ck_assert_int_lt(doubtful, 8 * TERRAIN_LANES * 5); // of 4096 cells each
    terrain_batch_destroy(batch);
    terrain_plan_destroy(plan);
    cairn_destroy(cairn);
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("terrain");
    TCase* tests = tcase_create("terrain");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, lanes_are_single_worlds, 0, 15);
    tcase_add_test(tests, doubt_is_rare);
    suite_add_tcase(suite, tests);
    return suite;
}
