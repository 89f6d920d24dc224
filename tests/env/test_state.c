// Proves env/state.c and env/state_load.c: a loaded world continues exactly, and broken bytes are
// refused before they change anything.
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "env/bytes.h"
#include "env/state.h"
#include "tests/suite.h"

typedef struct View { // everything that a step of one world puts out
    uint8_t *pixels, *tiles, *semantic;
    size_t pixel_bytes, tile_bytes, semantic_bytes;
    float status[CAIRN_STATUS_SIZE];
    double reward;
    uint8_t terminated, truncated, unlocked[CAIRN_ACHIEVEMENTS], inventory[CAIRN_ITEMS];
    int32_t achievements[CAIRN_ACHIEVEMENTS], position[2];
    uint32_t generator[CAIRN_GENERATOR_WORDS];
} View;

static uint64_t next_random(uint64_t* state) { // splitmix64
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int32_t random_action(uint64_t* state) {
    return (int32_t)(next_random(state) % CAIRN_ACTIONS);
}

static Cairn* make_worlds(const CairnConfig* config) {
    Cairn* worlds = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert_msg(cairn_create(config, &worlds, why) == CAIRN_OK, "%s", why);
    const CairnOutput nothing = {0};
    cairn_reset(worlds, &nothing);
    return worlds;
}

static View make_view(const CairnConfig* config) {
    View view = {0};
    view.pixel_bytes = (size_t)config->size_width * (size_t)config->size_height * 3;
    view.tile_bytes = (size_t)cairn_local_columns(config) * (size_t)cairn_local_rows(config) * 2;
    view.semantic_bytes = (size_t)config->area_width * (size_t)config->area_height;
    view.pixels = calloc(view.pixel_bytes, 1);
    view.tiles = calloc(view.tile_bytes, 1);
    view.semantic = calloc(view.semantic_bytes, 1);
    return view;
}

static void free_view(View* view) {
    free(view->pixels);
    free(view->tiles);
    free(view->semantic);
}

static CairnOutput view_output(View* view) {
    return (CairnOutput){.observation = {view->pixels, view->tiles, view->status, view->semantic},
                         .reward = &view->reward,
                         .terminated = &view->terminated,
                         .truncated = &view->truncated,
                         .unlocked = view->unlocked,
                         .achievements = view->achievements,
                         .inventory = view->inventory,
                         .position = view->position};
}

static void step(Cairn* worlds, int32_t action, View* view) {
    const CairnOutput output = view_output(view);
    cairn_step(worlds, &action, &output);
    cairn_generator(worlds, 0, view->generator);
}

// The present state without a step.
static void look(Cairn* worlds, View* view) {
    const CairnOutput output = view_output(view);
    cairn_observe_world(worlds, 0, &output);
    cairn_generator(worlds, 0, view->generator);
}

static void expect_equal(const View* a, const View* b, int t) {
    ck_assert_msg(a->reward == b->reward, "step %d: reward %g, %g", t, a->reward, b->reward);
    ck_assert_int_eq(a->terminated, b->terminated);
    ck_assert_int_eq(a->truncated, b->truncated);
    ck_assert_mem_eq(a->unlocked, b->unlocked, sizeof a->unlocked);
    ck_assert_mem_eq(a->inventory, b->inventory, sizeof a->inventory);
    ck_assert_mem_eq(a->achievements, b->achievements, sizeof a->achievements);
    ck_assert_mem_eq(a->position, b->position, sizeof a->position);
    ck_assert_mem_eq(a->status, b->status, sizeof a->status);
    ck_assert_msg(memcmp(a->generator, b->generator, sizeof a->generator) == 0,
                  "step %d: the generators differ", t);
    ck_assert_msg(memcmp(a->tiles, b->tiles, a->tile_bytes) == 0, "step %d: tiles differ", t);
    ck_assert_msg(memcmp(a->pixels, b->pixels, a->pixel_bytes) == 0, "step %d: pixels differ", t);
    ck_assert_msg(memcmp(a->semantic, b->semantic, a->semantic_bytes) == 0,
                  "step %d: semantic maps differ", t);
}

typedef struct Saved {
    uint8_t* bytes;
    size_t size;
} Saved;

static Saved save(const Cairn* worlds, int32_t world) {
    char why[CAIRN_WHY] = "";
    Saved saved = {malloc(cairn_state_limit(worlds)), 0};
    ck_assert_msg(cairn_save_world(worlds, world, saved.bytes, cairn_state_limit(worlds),
                                   &saved.size, why) == CAIRN_OK,
                  "%s", why);
    ck_assert_uint_le(saved.size, cairn_state_limit(worlds));
    return saved;
}

static void load(Cairn* worlds, int32_t world, const Saved* saved) {
    char why[CAIRN_WHY] = "";
    ck_assert_msg(cairn_load_world(worlds, world, saved->bytes, saved->size, why) == CAIRN_OK, "%s",
                  why);
}

static void expect_same_state(const Cairn* worlds, int32_t world, const Saved* expected) {
    Saved now = save(worlds, world);
    ck_assert_uint_eq(now.size, expected->size);
    ck_assert_mem_eq(now.bytes, expected->bytes, now.size);
    free(now.bytes);
}

enum { CONFIGS = 5 }; // the last two: mode fast
static CairnConfig some_config(int number) {
    CairnConfig config = cairn_default_config();
    config.seed = 100 + number;
    config.mode = number < 3 ? CAIRN_MODE_EXACT : CAIRN_MODE_FAST;
    if (number == 1 || number == 4) {
        config.area_width = 48, config.area_height = 40;
        config.length = 137; // truncates now and then
    } else if (number == 2) {
        config.area_width = 13, config.area_height = 70;
        config.view_width = 7, config.view_height = 9;
        config.size_width = 70, config.size_height = 99;
        config.length = 0;
    }
    return config;
}

// Saves after a random number of steps, loads into another handle that was elsewhere, and plays
// both on: across deaths, truncations and nights.
START_TEST(a_loaded_world_continues_exactly) {
    const CairnConfig config = some_config(_i);
    CairnConfig other_config = config;
    other_config.seed = -5;
    Cairn* one = make_worlds(&config);
    Cairn* other = make_worlds(&other_config);
    View one_view = make_view(&config), other_view = make_view(&config);
    uint64_t random = (uint64_t)_i;
    int endings = 0;
    for (int round = 0; round < 4; round++) {
        int32_t left = (int32_t)(next_random(&random) % 300);
        do { // until a step with a reward, which is part of the state
            step(one, random_action(&random), &one_view);
            step(other, random_action(&random), &other_view);
        } while (left-- > 0 || one_view.reward == 0 || one_view.terminated || one_view.truncated);
        Saved saved = save(one, 0);
        load(other, 0, &saved);
        expect_same_state(other, 0, &saved);
        free(saved.bytes);
        look(one, &one_view);
        look(other, &other_view);
        expect_equal(&one_view, &other_view, -1);
        for (int t = 0; t < 500; t++) {
            const int32_t action = random_action(&random);
            step(one, action, &one_view);
            step(other, action, &other_view);
            expect_equal(&one_view, &other_view, t);
            endings += one_view.terminated || one_view.truncated;
        }
        Saved later = save(one, 0);
        expect_same_state(other, 0, &later);
        free(later.bytes);
    }
    ck_assert_int_ge(endings, 3); // the seed of the following episodes was taken over, too
    free_view(&one_view), free_view(&other_view);
    cairn_destroy(one), cairn_destroy(other);
}
END_TEST

// The first state of seed 0. May change only together with the version: states of this one lie on
// users' disks.
START_TEST(version_1_keeps_its_bytes) {
    const CairnConfig config = cairn_default_config();
    Cairn* worlds = make_worlds(&config);
    Saved saved = save(worlds, 0);
    ck_assert_uint_eq(saved.size, 8167);
    ck_assert_uint_eq(crc32(0, saved.bytes, (uInt)(saved.size - CRC_BYTES)), 0x8b0e957fu);
    free(saved.bytes);
    cairn_destroy(worlds);
}
END_TEST

START_TEST(a_world_can_move_to_another_place_in_a_vector) {
    CairnConfig config = cairn_default_config();
    config.world_count = 3;
    Cairn* worlds = make_worlds(&config);
    const CairnOutput nothing = {0};
    int32_t action[3];
    uint64_t random = 9;
    for (int t = 0; t < 100; t++) {
        action[0] = random_action(&random), action[1] = random_action(&random), action[2] = 0;
        cairn_step(worlds, action, &nothing);
    }
    Saved first = save(worlds, 0), second = save(worlds, 1), third = save(worlds, 2);
    ck_assert_int_ne(memcmp(first.bytes, third.bytes, 2000), 0);
    load(worlds, 2, &first);
    expect_same_state(worlds, 0, &first);
    expect_same_state(worlds, 1, &second);
    expect_same_state(worlds, 2, &first);
    action[0] = action[1] = action[2] = CAIRN_MOVE_LEFT;
    cairn_step(worlds, action, &nothing);
    free(first.bytes);
    first = save(worlds, 0);
    expect_same_state(worlds, 2, &first);
    free(first.bytes), free(second.bytes), free(third.bytes);
    cairn_destroy(worlds);
}
END_TEST

// A world some steps into an episode, and its state.
static Cairn* worn_world(const CairnConfig* config, Saved* saved) {
    Cairn* worlds = make_worlds(config);
    View view = make_view(config);
    uint64_t random = 3;
    for (int t = 0; t < 150; t++) {
        step(worlds, random_action(&random), &view);
    }
    free_view(&view);
    *saved = save(worlds, 0);
    return worlds;
}

// Refused with a line that holds `word`; the world is as it was.
static void expect_refused(Cairn* worlds, const Saved* before, const uint8_t* bytes, size_t size,
                           const char* word) {
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(cairn_load_world(worlds, 0, bytes, size, why), CAIRN_BAD_DATA);
    ck_assert_msg(strstr(why, word) != NULL && strchr(why, '\n') == NULL,
                  "expected a line with '%s', got: %s", word, why);
    expect_same_state(worlds, 0, before);
}

START_TEST(every_truncation_is_refused) {
    CairnConfig config = some_config(0);
    config.area_width = 20, config.area_height = 20;
    Saved saved;
    Cairn* worlds = worn_world(&config, &saved);
    for (size_t size = 0; size < saved.size; size++) {
        uint8_t* cut = malloc(size + 1); // of its own, so that reading past the end shows
        memcpy(cut, saved.bytes, size);
        expect_refused(worlds, &saved, cut, size, "saved state");
        free(cut);
    }
    uint8_t* longer = calloc(saved.size + 1, 1);
    memcpy(longer, saved.bytes, saved.size);
    expect_refused(worlds, &saved, longer, saved.size + 1, "bytes, but it was saved as");
    free(longer), free(saved.bytes);
    cairn_destroy(worlds);
}
END_TEST

START_TEST(every_bit_flip_is_refused) {
    const CairnConfig config = some_config(0);
    Saved saved;
    Cairn* worlds = worn_world(&config, &saved);
    uint8_t* bytes = malloc(saved.size);
    memcpy(bytes, saved.bytes, saved.size);
    uint64_t random = 11;
    for (int i = 0; i < 2000; i++) {
        const size_t bit = next_random(&random) % (8 * saved.size);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        expect_refused(worlds, &saved, bytes, saved.size, "saved state");
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(bytes), free(saved.bytes);
    cairn_destroy(worlds);
}
END_TEST

static void put_u32(uint8_t* place, uint32_t value) {
    ByteWriter writer = {place, place + 4};
    bytes_put_u32(&writer, value);
}

static void repair_checksum(uint8_t* bytes, size_t size) {
    put_u32(bytes + size - CRC_BYTES, (uint32_t)crc32(0, bytes, (uInt)(size - CRC_BYTES)));
}

// Changed bytes under a right checksum: refused, or a world that can be played on.
START_TEST(forged_states_are_refused_or_harmless) {
    CairnConfig config = some_config(3 * _i); // exact, fast
    config.area_width = 20, config.area_height = 20;
    Saved saved;
    Cairn* worlds = worn_world(&config, &saved);
    View view = make_view(&config);
    uint8_t* bytes = malloc(saved.size);
    uint64_t random = 12;
    int refused = 0;
    for (int i = 0; i < 2000; i++) {
        memcpy(bytes, saved.bytes, saved.size);
        for (int change = 0; change <= i % 3; change++) {
            // Every other change beyond the generator, which takes any words.
            const size_t generator = _i ? COUNTER_BYTES : MERSENNE_BYTES;
            const size_t first = i % 2 ? PROLOGUE_BYTES : FIXED_BYTES + generator;
            const size_t place = first + next_random(&random) % (saved.size - CRC_BYTES - first);
            bytes[place] = (uint8_t)next_random(&random);
        }
        repair_checksum(bytes, saved.size);
        char why[CAIRN_WHY] = "";
        if (cairn_load_world(worlds, 0, bytes, saved.size, why) != CAIRN_OK) {
            refused++;
            expect_same_state(worlds, 0, &saved);
            continue;
        }
        for (int t = 0; t < 12; t++) {
            step(worlds, random_action(&random), &view);
        }
        free(save(worlds, 0).bytes);
        load(worlds, 0, &saved);
    }
    ck_assert_int_gt(refused, 500);
    ck_assert_int_lt(refused, 2000);
    free_view(&view), free(bytes), free(saved.bytes);
    cairn_destroy(worlds);
}
END_TEST

enum { // offsets of the layout in state.h
    AT_SCALARS = PROLOGUE_BYTES + 4 * SHAPE_FIELDS,
    AT_EPISODE = AT_SCALARS + 8,
    AT_STEP = AT_EPISODE + 8,
    AT_REWARD = AT_STEP + 8,
    AT_NEWLY = AT_REWARD + 8,
    AT_TERMINATED = AT_NEWLY + 4,
    AT_PLAYER = AT_SCALARS + SCALAR_BYTES,
    AT_COUNTS = AT_PLAYER + CAIRN_ITEMS,
    AT_HUNGER = AT_COUNTS + 4 * CAIRN_ACHIEVEMENTS + 4,
    AT_SLEEPING = AT_PLAYER + PLAYER_BYTES - 1,
    AT_POSITION = FIXED_BYTES + MERSENNE_BYTES - 4,
    AT_MAP = FIXED_BYTES + MERSENNE_BYTES
};

START_TEST(each_field_is_checked) {
    const CairnConfig config = some_config(0);
    Saved saved;
    Cairn* worlds = worn_world(&config, &saved);
    const size_t cells = (size_t)config.area_width * (size_t)config.area_height;
    const size_t objects = AT_MAP + cells + 4;
    ByteReader reader = {saved.bytes + objects - 4, saved.bytes + saved.size, false};
    const size_t chunks = objects + (size_t)bytes_get_u32(&reader) * OBJECT_BYTES + 4;
    const struct {
        size_t place;
        uint32_t value; // 32 bits
        const char* word;
    } cases[] = {
        {0, 1, "begin like a saved world"},
        {MAGIC_BYTES, 3, "version 3; expected 1 or 2"},
        {MAGIC_BYTES, 2, "of mode fast; this one is of mode exact"},
        {PROLOGUE_BYTES, 32, "area_width 32; this one has 64"},
        {PROLOGUE_BYTES + 24, 5, "length 5; this one has 10000"},
        {AT_STEP + 4, 0x80000000u, "step"},
        {AT_REWARD + 4, 0x7ff80000u, "reward"}, // NaN
        {AT_NEWLY, 1u << 31, "unlocked"},
        {AT_TERMINATED, 2, "flag"},
        {AT_PLAYER, 10, "player"},
        {AT_COUNTS, 0xffffffffu, "player"},
        {AT_COUNTS, 1, "unlocked"}, // collect_coal counted, but not unlocked
        {AT_HUNGER, 51, "player"},
        {AT_SLEEPING - 3, 0xff000000u, "player"},
        {AT_POSITION, 625, "624"},
        {AT_MAP + 4, 0, "material"},
        {AT_MAP + 8, 13, "material"},
        {objects - 4, 0, "number of objects"},
        {objects - 4, 0x7fffffffu, "number of objects"},
        {objects, 64, "object"}, // x
        {objects + 4, KIND_COW | 1 << 8, "object"},
        {objects + OBJECT_BYTES, 0xffffffffu, "object"},
        {objects + OBJECT_BYTES + 4, KIND_PLAYER | 1 << 8, "object"},
        {objects + OBJECT_BYTES + 4, KIND_COUNT, "object"},
        {objects + OBJECT_BYTES + 4, KIND_NONE, "object"},
        {objects + OBJECT_BYTES + 8, 0x80000000u, "object"},
        {chunks - 4, 37, "number of chunks"},
        {chunks, 36, "chunk"},
        {chunks + 4, 0x40000000u, "members"},
        {chunks + 4, 0, "object"},
        {chunks + 8, 0xffffu, "object"},
    };
    uint8_t* bytes = malloc(saved.size);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memcpy(bytes, saved.bytes, saved.size);
        put_u32(bytes + cases[i].place, cases[i].value);
        repair_checksum(bytes, saved.size);
        expect_refused(worlds, &saved, bytes, saved.size, cases[i].word);
    }
    // The second object on the player's cell.
    memcpy(bytes, saved.bytes, saved.size);
    memcpy(bytes + objects + OBJECT_BYTES, bytes + objects, 4);
    repair_checksum(bytes, saved.size);
    expect_refused(worlds, &saved, bytes, saved.size, "one cell");
    free(bytes), free(saved.bytes);
    cairn_destroy(worlds);
}
END_TEST

START_TEST(other_configurations_are_said) {
    const CairnConfig config = some_config(0), other_config = some_config(1);
    Saved saved, before;
    Cairn* worlds = worn_world(&config, &saved);
    Cairn* other = worn_world(&other_config, &before);
    expect_refused(other, &before, saved.bytes, saved.size, "area_width 64; this one has 48");
    free(before.bytes);
    cairn_destroy(other);
    const CairnConfig fast_config = some_config(3);
    Cairn* fast = worn_world(&fast_config, &before);
    expect_refused(fast, &before, saved.bytes, saved.size, "mode exact; this one is of mode fast");
    expect_refused(worlds, &saved, before.bytes, before.size, "mode fast; this one is of mode");
    free(saved.bytes), free(before.bytes);
    cairn_destroy(worlds), cairn_destroy(fast);
}
END_TEST

START_TEST(calls_that_cannot_be_meant_are_refused) {
    CairnConfig config = cairn_default_config();
    Cairn* worlds = NULL;
    char why[CAIRN_WHY] = "";
    uint8_t bytes[64];
    size_t used = 1;
    ck_assert_int_eq(cairn_create(&config, &worlds, why), CAIRN_OK);
    ck_assert_int_eq(cairn_save_world(worlds, 0, bytes, sizeof bytes, &used, why),
                     CAIRN_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(why, "first reset"));
    const CairnOutput nothing = {0};
    cairn_reset(worlds, &nothing);
    ck_assert_int_eq(cairn_save_world(worlds, 0, bytes, sizeof bytes, &used, why),
                     CAIRN_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(why, "64 bytes are too few"));
    ck_assert_int_eq(cairn_save_world(worlds, 1, bytes, sizeof bytes, &used, why),
                     CAIRN_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(why, "world 1 does not exist"));
    ck_assert_int_eq(cairn_load_world(worlds, -1, bytes, sizeof bytes, why), CAIRN_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(why, "world -1 does not exist"));
    cairn_destroy(worlds);
}
END_TEST

Suite* suite(void) {
    Suite* made = suite_create("state");
    TCase* exact = tcase_create("exactness");
    tcase_set_timeout(exact, 60);
    tcase_add_loop_test(exact, a_loaded_world_continues_exactly, 0, CONFIGS);
    tcase_add_test(exact, version_1_keeps_its_bytes);
    tcase_add_test(exact, a_world_can_move_to_another_place_in_a_vector);
    suite_add_tcase(made, exact);
    TCase* broken = tcase_create("broken bytes");
    tcase_set_timeout(broken, 60);
    tcase_add_test(broken, every_truncation_is_refused);
    tcase_add_test(broken, every_bit_flip_is_refused);
    tcase_add_loop_test(broken, forged_states_are_refused_or_harmless, 0, 2);
    tcase_add_test(broken, each_field_is_checked);
    tcase_add_test(broken, other_configurations_are_said);
    tcase_add_test(broken, calls_that_cannot_be_meant_are_refused);
    suite_add_tcase(made, broken);
    return made;
}
