// Proves viz/playback.c: what is due when time passes, and where seeking ends.
#include <check.h>

#include "tests/suite.h"
#include "viz/playback.h"

static Playback of(int64_t end) {
    return (Playback){.rate = PLAYBACK_RATE, .end = end, .speed = PLAYBACK_NORMAL, .playing = true};
}

// Plays for a while in small, uneven pieces of time; returns the steps that were due.
static int64_t played(Playback* playback, double seconds) {
    int64_t steps = 0;
    double done = 0;
    for (int i = 0; done < seconds; i++) {
        double piece = 0.01 + 0.03 * (i % 3);
        piece = done + piece > seconds ? seconds - done : piece;
        int64_t due = playback_due(playback, piece);
        playback->position += due;
        steps += due;
        done += piece;
    }
    return steps;
}

START_TEST(every_speed_keeps_its_time) {
    Playback playback = of(1000000);
    playback_set_speed(&playback, _i);
    const double expected = 20 * PLAYBACK_RATE * playback_factor(_i);
    const int64_t got = played(&playback, 20);
    ck_assert_msg(got >= expected - 1 && got <= expected + 1, "speed %g: %lld steps, expected %g",
                  playback_factor(_i), (long long)got, expected);
    ck_assert_int_eq(playback_speed_of(playback_factor(_i)), _i);
}
END_TEST

START_TEST(the_end_stops_what_cannot_grow) {
    Playback playback = of(7);
    ck_assert_int_eq(played(&playback, 5), 7);
    ck_assert(!playback.playing);
    playback_toggle(&playback); // begins anew
    ck_assert(playback.playing);
    ck_assert_int_eq(playback.position, 0);
    Playback live = of(7);
    live.live = true;
    ck_assert_int_ge(played(&live, 5), 49);
    ck_assert(live.playing);
}
END_TEST

START_TEST(seeking_stays_inside) {
    Playback playback = of(100);
    static const int64_t wanted[][2] = {{-5, 0}, {0, 0}, {50, 50}, {100, 100}, {101, 100}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        playback.carry = 0.9;
        playback_seek(&playback, wanted[i][0]);
        ck_assert_int_eq(playback.position, wanted[i][1]);
        ck_assert_double_eq(playback.carry, 0);
    }
}
END_TEST

START_TEST(pauses_and_sleep_cost_nothing) {
    Playback playback = of(1000000);
    playback.playing = false;
    ck_assert_int_eq(playback_due(&playback, 100), 0);
    ck_assert_double_lt(playback_wait(&playback), 0);
    playback_toggle(&playback);
    ck_assert_double_eq_tol(playback_wait(&playback), 0.1, 1e-12);
    ck_assert_int_le(playback_due(&playback, 3600), 3); // a machine that was suspended
    ck_assert_int_eq(playback_due(&playback, -5), 0);   // a clock that was set back
    playback_set_speed(&playback, 99);
    ck_assert_int_eq(playback.speed, PLAYBACK_SPEEDS - 1);
    ck_assert_double_ge(playback_wait(&playback), 1.0 / PLAYBACK_FRAMES);
    playback_set_speed(&playback, -99);
    ck_assert_int_eq(playback.speed, 0);
    ck_assert_int_eq(playback_speed_of(3), -1);
}
END_TEST

Suite* suite(void) {
    Suite* made = suite_create("playback");
    TCase* tests = tcase_create("playback");
    tcase_add_loop_test(tests, every_speed_keeps_its_time, 0, PLAYBACK_SPEEDS);
    tcase_add_test(tests, the_end_stops_what_cannot_grow);
    tcase_add_test(tests, seeking_stays_inside);
    tcase_add_test(tests, pauses_and_sleep_cost_nothing);
    suite_add_tcase(made, tests);
    return made;
}
