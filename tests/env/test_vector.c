// Proves env/cairn.c and env/workers.c: many worlds, threads, endings inside a step.
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "env/cairn.h"
#include "tests/suite.h"

enum { WORLDS = 7, FRAME = 64 * 64 * 3, TILES = 9 * 7 * 2, MAP = 64 * 64 };

typedef struct Arrays {
    uint8_t pixels[WORLDS][FRAME], tiles[WORLDS][TILES], semantic[WORLDS][MAP];
    float status[WORLDS][CAIRN_STATUS_SIZE];
} Arrays;
typedef struct Everything {
    Arrays now, final;
    double reward[WORLDS];
    uint8_t terminated[WORLDS], truncated[WORLDS], unlocked[WORLDS][CAIRN_ACHIEVEMENTS];
    int32_t achievements[WORLDS][CAIRN_ACHIEVEMENTS];
    uint8_t inventory[WORLDS][CAIRN_ITEMS];
    int32_t position[WORLDS][2];
} Everything;

static CairnObservation observation_of(Arrays* arrays) {
    return (CairnObservation){.pixels = arrays->pixels[0],
                              .tiles = arrays->tiles[0],
                              .status = arrays->status[0],
                              .semantic = arrays->semantic[0]};
}

static CairnOutput output_of(Everything* all) {
    return (CairnOutput){.observation = observation_of(&all->now),
                         .final_observation = observation_of(&all->final),
                         .reward = all->reward,
                         .terminated = all->terminated,
                         .truncated = all->truncated,
                         .unlocked = all->unlocked[0],
                         .achievements = all->achievements[0],
                         .inventory = all->inventory[0],
                         .position = all->position[0]};
}

static Cairn* open_worlds(CairnMode mode, int32_t threads, int32_t length, bool auto_reset) {
    CairnConfig config = cairn_default_config();
    config.mode = mode;
    config.seed = 11;
    config.world_count = WORLDS;
    config.threads = threads;
    config.length = length;
    config.auto_reset = auto_reset;
    Cairn* cairn = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert_msg(cairn_create(&config, &cairn, why) == CAIRN_OK, "%s", why);
    return cairn;
}

static void draw_actions(uint32_t* state, int32_t action[WORLDS]) {
    for (int n = 0; n < WORLDS; n++) {
        *state = *state * 1664525u + 1013904223u;
        action[n] = (int32_t)((*state >> 16) % CAIRN_ACTIONS);
    }
}

static Everything* make_everything(void) {
    Everything* all = calloc(1, sizeof *all);
    ck_assert_ptr_nonnull(all);
    return all;
}

// Hash of all outputs of 400 steps.
static uint32_t play(CairnMode mode, int32_t threads, bool by_range) {
    Cairn* cairn = open_worlds(mode, threads, 120, true);
    Everything* all = make_everything();
    const CairnOutput output = output_of(all);
    uint32_t state = 1, hash = 0;
    cairn_reset(cairn, &output);
    for (int step = 0; step < 400; step++) {
        int32_t action[WORLDS];
        draw_actions(&state, action);
        if (by_range) {
            cairn_step_range(cairn, 3, WORLDS - 3, action, &output);
            cairn_step_range(cairn, 0, 3, action, &output);
        } else {
            cairn_step(cairn, action, &output);
        }
        hash = (uint32_t)crc32_z(hash, (const void*)all, sizeof *all);
    }
    free(all);
    cairn_destroy(cairn);
    return hash;
}

START_TEST(threads_change_no_bit) {
    const CairnMode mode = (CairnMode)_i;
    uint32_t expected = play(mode, 1, false);
    for (int32_t threads = 2; threads <= 8; threads++) {
        ck_assert_msg(play(mode, threads, false) == expected, "%d threads differ from one",
                      threads);
    }
    ck_assert_uint_eq(play(mode, 1, true), expected);
}
END_TEST

typedef struct Half {
    Cairn* cairn;
    const int32_t* action;
    const CairnOutput* output;
} Half;

static void step_half(void* context, int32_t thread) {
    const Half* half = context;
    int32_t first = thread == 0 ? 0 : 4, count = thread == 0 ? 4 : WORLDS - 4;
    cairn_step_range(half->cairn, first, count, half->action, half->output);
}

START_TEST(ranges_may_run_at_once) {
    const CairnMode mode = (CairnMode)_i;
    Cairn *one = open_worlds(mode, 1, 120, true), *two = open_worlds(mode, 2, 120, true);
    Everything *a = make_everything(), *b = make_everything();
    const CairnOutput output_a = output_of(a), output_b = output_of(b);
    cairn_reset(one, &output_a);
    cairn_reset(two, &output_b);
    uint32_t state = 5;
    for (int step = 0; step < 200; step++) {
        int32_t action[WORLDS];
        draw_actions(&state, action);
        cairn_step(one, action, &output_a);
        cairn_parallel(two, step_half, &(Half){two, action, &output_b});
        ck_assert_mem_eq(a, b, sizeof *a);
    }
    free(a);
    free(b);
    cairn_destroy(one);
    cairn_destroy(two);
}
END_TEST

// A handle that resets by itself beside one that is reset by hand.
START_TEST(endings_keep_the_last_observation) {
    const CairnMode mode = (CairnMode)_i;
    Cairn *self = open_worlds(mode, 1, 90, true), *hand = open_worlds(mode, 1, 90, false);
    Everything *a = make_everything(), *b = make_everything(), *fresh = make_everything();
    const CairnOutput output_a = output_of(a), output_b = output_of(b), again = output_of(fresh);
    cairn_reset(self, &output_a);
    cairn_reset(hand, &output_b);
    uint32_t state = 9;
    int endings = 0;
    for (int step = 0; step < 400; step++) {
        int32_t action[WORLDS];
        draw_actions(&state, action);
        cairn_step(self, action, &output_a);
        cairn_step(hand, action, &output_b);
        ck_assert_mem_eq(a->reward, b->reward, sizeof a->reward);
        ck_assert_mem_eq(a->achievements, b->achievements, sizeof a->achievements);
        ck_assert_mem_eq(a->inventory, b->inventory, sizeof a->inventory);
        ck_assert_mem_eq(a->position, b->position, sizeof a->position);
        ck_assert_mem_eq(a->unlocked, b->unlocked, sizeof a->unlocked);
        for (int32_t n = 0; n < WORLDS; n++) {
            bool ended = b->terminated[n] || b->truncated[n];
            ck_assert_int_eq(a->terminated[n], b->terminated[n]);
            ck_assert_int_eq(a->truncated[n], b->truncated[n]);
            if (ended) {
                ck_assert_mem_eq(a->final.pixels[n], b->now.pixels[n], FRAME);
                ck_assert_mem_eq(a->final.semantic[n], b->now.semantic[n], MAP);
                ck_assert_mem_eq(a->final.tiles[n], b->now.tiles[n], TILES);
                ck_assert_mem_eq(a->final.status[n], b->now.status[n], sizeof a->final.status[n]);
                // Without auto_reset, both observations are the last one.
                ck_assert_mem_eq(b->final.pixels[n], b->now.pixels[n], FRAME);
                uint64_t episode = cairn_episode(hand, n);
                ck_assert_int_eq(cairn_reset_world(hand, n, episode + 1, &again), CAIRN_OK);
                ck_assert_mem_eq(a->now.pixels[n], fresh->now.pixels[n], FRAME);
                ck_assert_uint_eq(cairn_episode(self, n), episode + 1);
                endings++;
            } else {
                ck_assert_mem_eq(a->now.pixels[n], b->now.pixels[n], FRAME);
                ck_assert_mem_eq(a->now.semantic[n], b->now.semantic[n], MAP);
            }
        }
    }
    ck_assert_int_gt(endings, 3 * WORLDS);
    free(a);
    free(b);
    free(fresh);
    cairn_destroy(self);
    cairn_destroy(hand);
}
END_TEST

// Looking at a world, or not, changes nothing: in mode exact night noise is drawn either way, in
// mode fast it is apart from the world's numbers.
START_TEST(looking_changes_nothing) {
    const CairnMode mode = (CairnMode)_i;
    Cairn *seen = open_worlds(mode, 1, 10000, true), *unseen = open_worlds(mode, 1, 10000, true);
    Everything *all = make_everything(), *few = make_everything();
    const CairnOutput output = output_of(all);
    const CairnOutput blind = {.reward = few->reward, .position = few->position[0]};
    cairn_reset(seen, &output);
    cairn_reset(unseen, &blind);
    uint32_t state = 2;
    for (int step = 0; step < 700; step++) {
        int32_t action[WORLDS];
        draw_actions(&state, action);
        cairn_step(seen, action, &output);
        cairn_step(unseen, action, &blind);
        ck_assert_mem_eq(all->reward, few->reward, sizeof all->reward);
        ck_assert_mem_eq(all->position, few->position, sizeof all->position);
        cairn_observe_world(seen, step % WORLDS, &output);
        for (int32_t n = 0; n < WORLDS; n++) {
            uint32_t a[CAIRN_GENERATOR_WORDS], b[CAIRN_GENERATOR_WORDS];
            cairn_generator(seen, n, a);
            cairn_generator(unseen, n, b);
            ck_assert_mem_eq(a, b, sizeof a);
        }
    }
    const CairnOutput map_a = {.observation.semantic = all->now.semantic[0]};
    const CairnOutput map_b = {.observation.semantic = few->now.semantic[0]};
    for (int32_t n = 0; n < WORLDS; n++) {
        cairn_observe_world(seen, n, &map_a);
        cairn_observe_world(unseen, n, &map_b);
    }
    ck_assert_mem_eq(all->now.semantic, few->now.semantic, sizeof all->now.semantic);
    free(all);
    free(few);
    cairn_destroy(seen);
    cairn_destroy(unseen);
}
END_TEST

// The same frame looked at twice has the same noise, the next one other noise.
START_TEST(fast_frames_keep_their_noise) {
    Cairn* cairn = open_worlds(CAIRN_MODE_FAST, 1, 10000, true);
    Everything *all = make_everything(), *again = make_everything();
    const CairnOutput output = output_of(all), second = output_of(again);
    cairn_reset(cairn, &output);
    const int32_t action[WORLDS] = {0};
    int nights = 0, moved = 0;
    for (int step = 0; step < 290; step++) {
        memcpy(again->now.pixels, all->now.pixels, sizeof all->now.pixels);
        cairn_step(cairn, action, &output);
        moved += memcmp(again->now.pixels[2], all->now.pixels[2], FRAME) != 0;
        cairn_observe_world(cairn, 2, &second);
        ck_assert_mem_eq(again->now.pixels[2], all->now.pixels[2], FRAME);
        nights += cairn_daylight(cairn, 2) < 0.5;
    }
    ck_assert_int_ge(nights, 10);
    ck_assert_int_ge(moved, nights);
    free(all);
    free(again);
    cairn_destroy(cairn);
}
END_TEST

START_TEST(other_rows_are_left_alone) {
    Cairn* cairn = open_worlds(CAIRN_MODE_EXACT, 1, 10000, true);
    Everything* all = make_everything();
    const CairnOutput output = output_of(all);
    cairn_reset(cairn, &output);
    memset(all, 0x5a, sizeof *all);
    Everything* untouched = make_everything();
    memset(untouched, 0x5a, sizeof *untouched);
    const int32_t action[WORLDS] = {0};
    cairn_step_range(cairn, 2, 1, action, &output);
    for (int n = 0; n < WORLDS; n++) {
        bool touched = memcmp(all->now.pixels[n], untouched->now.pixels[n], FRAME) != 0;
        ck_assert_int_eq(touched, n == 2);
        touched = memcmp(all->achievements[n], untouched->achievements[n],
                         sizeof all->achievements[n]) != 0;
        ck_assert_int_eq(touched, n == 2);
        touched = memcmp(&all->reward[n], &untouched->reward[n], sizeof(double)) != 0;
        ck_assert_int_eq(touched, n == 2);
    }
    ck_assert_mem_eq(&all->final, &untouched->final, sizeof all->final); // nothing ended
    free(all);
    free(untouched);
    cairn_destroy(cairn);
}
END_TEST

static void* play_in_thread(void* hash) {
    *(uint32_t*)hash = play(CAIRN_MODE_FAST, 2, false);
    return NULL;
}

// The thread sanitizer runs this, too.
START_TEST(two_handles_share_nothing) {
    pthread_t thread[2];
    uint32_t hash[2] = {0, 1}, expected = play(CAIRN_MODE_FAST, 1, false);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_create(&thread[i], NULL, play_in_thread, &hash[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(thread[i], NULL);
        ck_assert_uint_eq(hash[i], expected);
    }
}
END_TEST

// A canvas of another size shows what a world of that size shows.
START_TEST(a_world_is_drawn_on_any_canvas) {
    CairnConfig config = cairn_default_config();
    Cairn *small = NULL, *large = NULL, *canvas = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(cairn_create(&config, &small, why), CAIRN_OK);
    config.size_width = 300, config.size_height = 200;
    ck_assert_int_eq(cairn_create(&config, &large, why), CAIRN_OK);
    config.seed = 77;
    ck_assert_int_eq(cairn_create(&config, &canvas, why), CAIRN_OK);
    enum { LARGE = 300 * 200 * 3 };
    uint8_t *seen = malloc(LARGE), *drawn = malloc(LARGE);
    const CairnOutput output = {.observation.pixels = seen}, nothing = {0};
    cairn_reset(small, &nothing);
    cairn_reset(large, &output);
    for (int32_t step = 0; step < 20; step++) { // by day
        const int32_t action[1] = {step % CAIRN_ACTIONS};
        cairn_step(small, action, &nothing);
        cairn_step(large, action, &output);
        ck_assert_int_eq(cairn_draw_world(canvas, small, 0, drawn, why), CAIRN_OK);
        ck_assert_mem_eq(drawn, seen, LARGE);
    }
    ck_assert_int_eq(cairn_draw_world(canvas, small, 1, drawn, why), CAIRN_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(why, "world is 1, expected 0 to 0"));
    free(seen), free(drawn);
    cairn_destroy(small), cairn_destroy(large), cairn_destroy(canvas);
}
END_TEST

START_TEST(bad_arguments_are_refused) {
    Cairn* cairn = open_worlds(CAIRN_MODE_EXACT, 1, 100, true);
    const CairnOutput nothing = {0};
    char why[CAIRN_WHY] = "";
    uint8_t inventory[CAIRN_ITEMS] = {9, 9, 9, 9};
    ck_assert_int_eq(cairn_reset_world(cairn, -1, 1, &nothing), CAIRN_BAD_ARGUMENT);
    ck_assert_int_eq(cairn_reset_world(cairn, WORLDS, 1, &nothing), CAIRN_BAD_ARGUMENT);
    ck_assert_int_eq(cairn_reset_world(cairn, 0, 0, &nothing), CAIRN_BAD_ARGUMENT);
    ck_assert_int_eq(cairn_reset_world(cairn, 0, 1, &nothing), CAIRN_OK);
    ck_assert_int_eq(cairn_set_inventory(cairn, WORLDS, inventory, why), CAIRN_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(why, "world is 7, expected 0 to 6"));
    ck_assert_int_eq(cairn_set_inventory(cairn, 0, inventory, why), CAIRN_OK);
    inventory[CAIRN_COAL] = 10;
    ck_assert_int_eq(cairn_set_inventory(cairn, 0, inventory, why), CAIRN_BAD_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(why, "coal is 10, expected 0 to 9"));
    cairn_destroy(cairn);
    cairn_destroy(NULL);
}
END_TEST

typedef struct Tally {
    atomic_int calls[8];
} Tally;

static void tally(void* context, int32_t thread) {
    atomic_fetch_add(&((Tally*)context)->calls[thread], 1);
}

START_TEST(parallel_runs_each_thread_once) {
    for (int32_t threads = 1; threads <= 8; threads++) {
        Cairn* cairn = open_worlds(CAIRN_MODE_EXACT, threads, 100, true);
        for (int round = 0; round < 300; round++) {
            Tally calls = {0};
            cairn_parallel(cairn, tally, &calls);
            for (int32_t i = 0; i < 8; i++) {
                ck_assert_int_eq(atomic_load(&calls.calls[i]), i < threads);
            }
        }
        cairn_destroy(cairn);
    }
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("vector");
    TCase* tests = tcase_create("vector");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, threads_change_no_bit, 0, 2);             // mode
    tcase_add_loop_test(tests, ranges_may_run_at_once, 0, 2);            // mode
    tcase_add_loop_test(tests, endings_keep_the_last_observation, 0, 2); // mode
    tcase_add_loop_test(tests, looking_changes_nothing, 0, 2);           // mode
    tcase_add_test(tests, fast_frames_keep_their_noise);
    tcase_add_test(tests, other_rows_are_left_alone);
    tcase_add_test(tests, two_handles_share_nothing);
    tcase_add_test(tests, a_world_is_drawn_on_any_canvas);
    tcase_add_test(tests, bad_arguments_are_refused);
    tcase_add_test(tests, parallel_runs_each_thread_once);
    suite_add_tcase(suite, tests);
    return suite;
}
