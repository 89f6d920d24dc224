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

// A cell at a time.
static void make_plainly(const World* world, uint8_t* cells) {
    Generator generator = {.mersenne = NULL};
    random_begin(&generator, world->seed, world->episode);
    const TerrainKey key = terrain_key(generator.key);
    Noise noise;
    noise_seed(&noise, random_below(&generator, 2147483647));
    for (int32_t cell = 0; cell < world->shape->width * world->shape->height; cell++) {
        cells[cell] = terrain_cell(world->shape, &noise, key, cell / world->shape->height,
                                   cell % world->shape->height);
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
                ck_assert_msg(lanes[n][cell] == expected[cell],
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

// ---------------------------------------------------------------- against double precision
typedef struct Place {
    const WorldShape* shape;
    const Noise* noise;
    TerrainKey key;
    int32_t x, y;
} Place;

static double layer_noise(const Place* at, Layer layer) {
    const LayerRule* rule = &terrain_layer[layer];
    double value = noise_at(at->noise, at->x * rule->x_factor / rule->x_part / rule->size,
                            at->y * rule->y_factor / rule->y_part / rule->size, rule->z);
    if (rule->weight > 0) {
        value += rule->weight * noise_at(at->noise, at->x / 5.0, at->y / 5.0, rule->z);
    }
    return value;
}

static bool drawn(const Place* at, TerrainDraw draw, double probability) {
    const uint32_t cell = (uint32_t)(at->x * at->shape->height + at->y);
    return terrain_draw(at->key, 3 * cell + draw) / 4294967296.0 > probability;
}

// The original's tree (its worldgen.py) on draws by place.
static uint8_t material_in_double(const Place* at) {
    const int32_t dx = at->x - at->shape->width / 2, dy = at->y - at->shape->height / 2;
    const double start = 1 / (1 + exp(-(4 - sqrt(dx * dx + dy * dy) + 2 * layer_noise(at, START))));
    const double water = layer_noise(at, WATER) + 0.1 - 2 * start;
    const double mountain = layer_noise(at, MOUNTAIN) / 1.3 - (4 * start + 0.3 * water);
    if (start > 0.5) {
        return CAIRN_GRASS;
    }
    if (mountain > 0.15) {
        return layer_noise(at, CAVE) > 0.15 && mountain > 0.3           ? CAIRN_PATH
               : layer_noise(at, TUNNEL_ACROSS) > 0.4                   ? CAIRN_PATH
               : layer_noise(at, TUNNEL_DOWN) > 0.4                     ? CAIRN_PATH
               : layer_noise(at, COAL) > 0 && drawn(at, DRAW_A, 0.85)   ? CAIRN_COAL_ORE
               : layer_noise(at, IRON) > 0.4 && drawn(at, DRAW_B, 0.75) ? CAIRN_IRON_ORE
               : mountain > 0.18 && drawn(at, DRAW_C, 0.994)            ? CAIRN_DIAMOND_ORE
               : mountain > 0.3 && layer_noise(at, LAVA) > 0.35         ? CAIRN_LAVA
                                                                        : CAIRN_ROCK;
    }
    return water > 0.25 && water <= 0.35 && layer_noise(at, SAND) > -0.2 ? CAIRN_SAND
           : water > 0.3                                                 ? CAIRN_WATER
           : layer_noise(at, TREE) > 0 && drawn(at, DRAW_A, 0.8)         ? CAIRN_TREE
                                                                         : CAIRN_GRASS;
}

// The original's first creatures, on a material that is given.
static int creature_in_double(const Place* at, int material) {
    const int32_t dx = at->x - at->shape->width / 2, dy = at->y - at->shape->height / 2;
    const double distance = sqrt(dx * dx + dy * dy), mountain = layer_noise(at, MOUNTAIN) / 1.3;
    const bool land = material == CAIRN_GRASS || material == CAIRN_SAND || material == CAIRN_PATH;
    // Far from the player, where START is nothing.
    const double rest = 0.3 * (layer_noise(at, WATER) + 0.1);
    const bool cave = mountain - rest > 0.3 && layer_noise(at, CAVE) > 0.15;
    return material == CAIRN_GRASS && distance > 3 && drawn(at, DRAW_B, 0.985) ? KIND_COW
           : land && distance > 10 && drawn(at, DRAW_C, 0.993)                 ? KIND_ZOMBIE
           : material == CAIRN_PATH && !cave && drawn(at, DRAW_A, 0.95)        ? KIND_SKELETON
                                                                               : KIND_NONE;
}

// Few cells come out otherwise than in double precision, and no material more or less often.
START_TEST(whole_numbers_are_precise) {
    enum { ROUNDS = 128, CELLS = 64 * 64 };
    const WorldShape shape = {.width = 64, .height = 64};
    int64_t differ = 0, strange = 0, more[CAIRN_MATERIALS] = {0}, gains[CAIRN_MATERIALS] = {0};
    for (uint64_t round = 0; round < ROUNDS; round++) {
        Noise noise;
        noise_seed(&noise, 1000 + (int64_t)round);
        Place at = {&shape, &noise, terrain_key(random_mix(5, round)), 0, 0};
        for (int32_t cell = 0; cell < CELLS; cell++) {
            at.x = cell / 64, at.y = cell % 64;
            const int expected = material_in_double(&at);
            const int made = terrain_cell(&shape, &noise, at.key, at.x, at.y), found = made & 15;
            const int dx = at.x - 32, dy = at.y - 32;
            strange += (found != CAIRN_PATH || dx * dx + dy * dy > 20 * 20) &&
                       made >> TERRAIN_KIND != creature_in_double(&at, found);
            differ += found != expected;
            more[found] += found != expected, more[expected] -= found != expected;
            gains[found] += found != expected, gains[expected] += found != expected;
        }
    }
    printf("%ld of %d cells differ from double precision\n", (long)differ, ROUNDS * CELLS);
    ck_assert_int_le(strange, 1); // a cave or none, decided otherwise
    ck_assert_int_gt(differ, 0);
    ck_assert_int_lt(differ, ROUNDS * CELLS / 2000);
    for (int m = 0; m < CAIRN_MATERIALS; m++) { // five deviations of a fair coin
        ck_assert_msg((double)more[m] * (double)more[m] <= 25.0 * (double)gains[m],
                      "material %d: %ld more in %ld changes", m, (long)more[m], (long)gains[m]);
    }
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("terrain");
    TCase* tests = tcase_create("terrain");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, lanes_are_single_worlds, 0, 15);
    tcase_add_test(tests, whole_numbers_are_precise);
    suite_add_tcase(suite, tests);
    return suite;
}
