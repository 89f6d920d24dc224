// Trajectories of a window written down by hand, and their goals.
#include <stdlib.h>

#include "agent/trajectories.h"
#include "tests/suite.h"

enum { ROOM = 64 };

// Of one world in the tests by hand: per step, what it unlocks and whether it ends the episode.
typedef struct Made {
    int steps, worlds;
    int32_t episode_step[ROOM];
    uint8_t ended[ROOM];
    uint32_t unlocked_before[ROOM];
    Trajectory found[ROOM];
    size_t count;
} Made;

typedef struct Step {
    uint32_t unlocks; // bits
    bool ends;
} Step;

// Writes world `world` of `made`: its first step is the `before`-th of its episode, with `had`
// unlocked until then.
static void write_world(Made* made, int world, const Step* step, int before, uint32_t had) {
    for (int t = 0; t < made->steps; t++) {
        int row = t * made->worlds + world;
        made->episode_step[row] = before++;
        made->unlocked_before[row] = had;
        made->ended[row] = step[t].ends;
        had |= step[t].unlocks;
        if (step[t].ends) {
            before = 0;
            had = 0;
        }
    }
}

static void find(Made* made, bool whole) {
    Window window = {.steps = (size_t)made->steps,
                     .worlds = (size_t)made->worlds,
                     .episode_step = made->episode_step,
                     .ended = made->ended,
                     .unlocked_before = made->unlocked_before,
                     .whole = whole};
    made->count = trajectories_find(&window, made->found);
}

static Made find_in(int steps, const Step* step, int before, uint32_t had, bool whole) {
    Made made = {.steps = steps, .worlds = 1};
    write_world(&made, 0, step, before, had);
    find(&made, whole);
    return made;
}

static void check(const Trajectory* found, int world, int first, int length, bool ended,
                  int goal_count, const int* goal) {
    ck_assert_int_eq(found->world, world);
    ck_assert_int_eq(found->first, first);
    ck_assert_int_eq(found->length, length);
    ck_assert_int_eq(found->ended, ended);
    ck_assert_int_eq(found->goal_count, goal_count);
    for (int k = 0; k < goal_count; k++) {
        ck_assert_int_eq(found->goal[k], goal[k]);
    }
}

// An episode that began before the window, two inside it, one that goes on after it.
static const Step four[10] = {{1, false}, {2, true},  {1, false}, {0, false}, {4, true},
                              {0, false}, {8, false}, {0, true},  {1, false}, {2, false}};

START_TEST(only_whole_episodes) {
    Made made = find_in(10, four, 3, 16, true);
    ck_assert_uint_eq(made.count, 2);
    check(&made.found[0], 0, 2, 3, true, 1, (int[]){1}); // the last step's unlock is no goal
    check(&made.found[1], 0, 5, 3, true, 1, (int[]){2});
}
END_TEST

START_TEST(pieces_of_episodes_too) {
    Made made = find_in(10, four, 3, 16, false);
    ck_assert_uint_eq(made.count, 4);
    check(&made.found[0], 0, 0, 2, true, 1, (int[]){1});
    check(&made.found[1], 0, 2, 3, true, 1, (int[]){1});
    check(&made.found[2], 0, 5, 3, true, 1, (int[]){2});
    check(&made.found[3], 0, 8, 2, false, 1, (int[]){1});
}
END_TEST

// What was unlocked before the window is no goal of the piece's first step.
START_TEST(the_past_is_no_goal) {
    static const Step quiet[4];
    Made made = find_in(4, quiet, 7, 5, false);
    ck_assert_uint_eq(made.count, 1);
    check(&made.found[0], 0, 0, 4, false, 0, NULL);
}
END_TEST

START_TEST(goals_at_the_ends) {
    static const Step step[5] = {{1, false}, {0, false}, {0, false}, {2, false}, {4, true}};
    Made made = find_in(5, step, 0, 0, true);
    ck_assert_uint_eq(made.count, 1);
    check(&made.found[0], 0, 0, 5, true, 2, (int[]){1, 4});
}
END_TEST

// Two worlds: the steps of a world lie `worlds` rows apart.
START_TEST(worlds_do_not_mix) {
    static const Step one[6] = {{0, false}, {1, false}, {0, true},
                                {0, false}, {0, false}, {0, true}};
    static const Step two[6] = {{2, false}, {0, false}, {0, false},
                                {4, false}, {0, false}, {0, true}};
    static const Step three[6] = {{1, true}, {1, true}, {1, true}, {1, true}, {1, true}, {1, true}};
    Made made = {.steps = 6, .worlds = 3};
    write_world(&made, 0, one, 0, 0);
    write_world(&made, 1, two, 0, 0);
    write_world(&made, 2, three, 0, 0);
    find(&made, true);
    ck_assert_uint_eq(made.count, 9);
    check(&made.found[0], 0, 0, 3, true, 1, (int[]){2});
    check(&made.found[1], 0, 3, 3, true, 0, NULL);
    check(&made.found[2], 1, 0, 6, true, 2, (int[]){1, 4});
    for (int i = 0; i < 6; i++) { // episodes of one step cannot have a goal
        check(&made.found[3 + i], 2, i, 1, true, 0, NULL);
    }
}
END_TEST

START_TEST(several_unlocks_in_a_step_are_one_goal) {
    static const Step step[4] = {{0, false}, {7, false}, {8, false}, {0, true}};
    Made made = find_in(4, step, 0, 0, true);
    ck_assert_uint_eq(made.count, 1);
    check(&made.found[0], 0, 0, 4, true, 2, (int[]){2, 3});
}
END_TEST

START_TEST(an_episode_as_long_as_the_window) {
    Step step[8] = {[3] = {1, false}, [7] = {0, true}};
    Made made = find_in(8, step, 0, 0, true);
    ck_assert_uint_eq(made.count, 1);
    check(&made.found[0], 0, 0, 8, true, 1, (int[]){4});
    made = find_in(8, step, 1, 0, true); // a step longer than the window: it began before
    ck_assert_uint_eq(made.count, 0);
    step[7].ends = false; // or goes on after it
    made = find_in(8, step, 0, 0, true);
    ck_assert_uint_eq(made.count, 0);
    made = find_in(8, step, 0, 0, false);
    ck_assert_uint_eq(made.count, 1);
    check(&made.found[0], 0, 0, 8, false, 1, (int[]){4});
}
END_TEST

START_TEST(a_window_of_one_step) {
    for (int ends = 0; ends < 2; ends++) {
        for (int whole = 0; whole < 2; whole++) {
            for (int before = 0; before < 2; before++) {
                Made made = find_in(1, &(Step){1, ends}, before, 0, whole);
                ck_assert_uint_eq(made.count, !whole || (ends && before == 0));
                if (made.count) {
                    check(&made.found[0], 0, 0, 1, ends, 0, NULL);
                }
            }
        }
    }
}
END_TEST

START_TEST(all_22_goals) {
    enum { STEPS = 24 };
    Step step[STEPS] = {[STEPS - 1] = {0, true}};
    int goal[CAIRN_ACHIEVEMENTS];
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        step[k].unlocks = UINT32_C(1) << (CAIRN_ACHIEVEMENTS - 1 - k);
        goal[k] = k + 1;
    }
    Made made = find_in(STEPS, step, 0, 0, true);
    ck_assert_uint_eq(made.count, 1);
    check(&made.found[0], 0, 0, STEPS, true, CAIRN_ACHIEVEMENTS, goal);
}
END_TEST

// Sets that no world would write (a damaged checkpoint may): never more goals than there is room.
START_TEST(no_more_than_22_goals) {
    Made made = {.steps = ROOM, .worlds = 1};
    for (int t = 0; t < ROOM; t++) {
        made.unlocked_before[t] = (uint32_t)t;
        made.episode_step[t] = t;
    }
    made.ended[ROOM - 1] = 1;
    find(&made, true);
    ck_assert_uint_eq(made.count, 1);
    ck_assert_int_eq(made.found[0].goal_count, CAIRN_ACHIEVEMENTS);
    ck_assert_int_eq(made.found[0].goal[CAIRN_ACHIEVEMENTS - 1], CAIRN_ACHIEVEMENTS);
}
END_TEST

// The goal after step s is the first one that lies behind it, the step of a goal itself excluded.
START_TEST(next_goals) {
    Trajectory trajectory = {.length = 10, .goal_count = 3, .goal = {1, 4, 8}};
    static const int next[10] = {0, 1, 1, 1, 2, 2, 2, 2, 3, 3};
    for (int step = 0; step < 10; step++) {
        ck_assert_int_eq(trajectory_next_goal(&trajectory, step), next[step]);
    }
    trajectory.goal_count = 0;
    ck_assert_int_eq(trajectory_next_goal(&trajectory, 0), 0);
}
END_TEST

// Of an episode that goes on, the steps after its last goal have a next goal that nobody knows.
START_TEST(known_steps) {
    Trajectory trajectory = {.length = 10, .goal_count = 2, .goal = {3, 7}, .ended = true};
    ck_assert_int_eq(trajectory_known_steps(&trajectory), 10);
    trajectory.ended = false;
    ck_assert_int_eq(trajectory_known_steps(&trajectory), 7);
    for (int step = 0; step < 7; step++) {
        ck_assert_int_lt(trajectory_next_goal(&trajectory, step), 2);
    }
    ck_assert_int_eq(trajectory_next_goal(&trajectory, 7), 2);
    trajectory.goal_count = 0;
    ck_assert_int_eq(trajectory_known_steps(&trajectory), 0);
    trajectory.ended = true;
    ck_assert_int_eq(trajectory_known_steps(&trajectory), 10);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("trajectories");
    TCase* c = tcase_create("trajectories");
    tcase_add_test(c, only_whole_episodes);
    tcase_add_test(c, pieces_of_episodes_too);
    tcase_add_test(c, the_past_is_no_goal);
    tcase_add_test(c, goals_at_the_ends);
    tcase_add_test(c, worlds_do_not_mix);
    tcase_add_test(c, several_unlocks_in_a_step_are_one_goal);
    tcase_add_test(c, an_episode_as_long_as_the_window);
    tcase_add_test(c, a_window_of_one_step);
    tcase_add_test(c, all_22_goals);
    tcase_add_test(c, no_more_than_22_goals);
    tcase_add_test(c, next_goals);
    tcase_add_test(c, known_steps);
    suite_add_tcase(s, c);
    return s;
}
