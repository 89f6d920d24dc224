// Success rates, score and intervals, against figures worked out by hand or published.
#include <math.h>
#include <string.h>

#include "runs/score.h"
#include "tests/suite.h"

static ScoreEpisode episode_with(int first_achievements, int64_t length, double reward) {
    ScoreEpisode episode = {.length = length, .reward = reward};
    for (int k = 0; k < first_achievements; k++) {
        episode.achievements[k] = k + 1; // counts above one count once
    }
    return episode;
}

START_TEST(test_rates_count_episodes) {
    ScoreEpisode episodes[4] = {episode_with(0, 10, 0), episode_with(1, 20, 1),
                                episode_with(2, 30, 2), episode_with(22, 40, 22)};
    double percent[CAIRN_ACHIEVEMENTS];
    score_rates(episodes, 4, percent);
    ck_assert_double_eq(percent[0], 75.0);
    ck_assert_double_eq(percent[1], 50.0);
    ck_assert_double_eq(percent[2], 25.0);
    ck_assert_double_eq(percent[21], 25.0);
}
END_TEST

START_TEST(test_score_is_a_geometric_mean) {
    double percent[CAIRN_ACHIEVEMENTS] = {0};
    ck_assert_double_eq(score_of_rates(percent), 0.0);
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        percent[k] = 100.0;
    }
    ck_assert_double_eq_tol(score_of_rates(percent), 100.0, 1e-12);
    // Half of them at 3 %, half at 0: sqrt(1 + 3) - 1.
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        percent[k] = k % 2 ? 3.0 : 0.0;
    }
    ck_assert_double_eq_tol(score_of_rates(percent), 1.0, 1e-12);
}
END_TEST

// The mean rates of the runs of random play that were published with Crafter have the score 1.6
// that its paper prints (which is the mean of scores; for these runs the two round alike).
START_TEST(test_score_of_random_play) {
    const double percent[CAIRN_ACHIEVEMENTS] = {0,    0,    9.32,  0,    50.19, 0.01, 24.38, 0.02,
                                                0.14, 0.38, 0.01,  0,    0,     0,    0,     0.32,
                                                0.32, 0,    44.61, 0.01, 4.36,  93.60};
    ck_assert_double_eq_tol(score_of_rates(percent), 1.6, 0.05);
}
END_TEST

// Wilson's interval by hand: 8 of 10 is 49.0 to 94.3 %, 0 of 10 is 0 to 27.8 %.
START_TEST(test_wilson) {
    double low, high;
    score_wilson(8, 10, &low, &high);
    ck_assert_double_eq_tol(low, 0.4902, 1e-4);
    ck_assert_double_eq_tol(high, 0.9433, 1e-4);
    score_wilson(0, 10, &low, &high);
    ck_assert_double_eq(low, 0.0);
    ck_assert_double_eq_tol(high, 0.2775, 1e-4);
    score_wilson(10, 10, &low, &high);
    ck_assert_double_eq_tol(low, 0.7225, 1e-4);
    ck_assert_double_eq(high, 1.0);
    score_wilson(0, 0, &low, &high);
    ck_assert_double_eq(low, 0.0);
    ck_assert_double_eq(high, 1.0);
}
END_TEST

START_TEST(test_summary_of_equal_episodes_has_no_spread) {
    ScoreEpisode episodes[50];
    for (int i = 0; i < 50; i++) {
        episodes[i] = episode_with(3, 200, 2.5);
    }
    ScoreSummary summary;
    score_summarise(episodes, 50, 7, &summary);
    ck_assert_uint_eq(summary.episodes, 50);
    ck_assert_double_eq(summary.rate[2].value, 100.0);
    ck_assert_double_eq(summary.rate[3].value, 0.0);
    ck_assert_double_eq(summary.reward.value, 2.5);
    ck_assert_double_eq(summary.reward.low, 2.5);
    ck_assert_double_eq(summary.reward.high, 2.5);
    ck_assert_double_eq(summary.length.low, 200.0);
    ck_assert_double_eq(summary.score.low, summary.score.high);
}
END_TEST

// The bootstrap's standard error of a mean is the sample's deviation / sqrt(n): rewards 0 and 1,
// half each, n = 400: 0.025, so the interval is 0.5 -+ 0.049.
START_TEST(test_bootstrap_width) {
    ScoreEpisode episodes[400];
    for (int i = 0; i < 400; i++) {
        episodes[i] = episode_with(0, 100, i % 2);
    }
    ScoreSummary summary, again, other;
    score_summarise(episodes, 400, 1, &summary);
    ck_assert_double_eq(summary.reward.value, 0.5);
    ck_assert_double_eq_tol(summary.reward.low, 0.451, 0.008);
    ck_assert_double_eq_tol(summary.reward.high, 0.549, 0.008);
    score_summarise(episodes, 400, 1, &again);
    ck_assert_mem_eq(&summary, &again, sizeof summary);
    score_summarise(episodes, 400, 2, &other);
    ck_assert_mem_ne(&summary, &other, sizeof summary);
}
END_TEST

START_TEST(test_summary_of_nothing) {
    ScoreSummary summary, zero = {0};
    score_summarise(NULL, 0, 1, &summary);
    ck_assert_mem_eq(&summary, &zero, sizeof summary);
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("runs/score");
    TCase* tests = tcase_create("score");
    tcase_add_test(tests, test_rates_count_episodes);
    tcase_add_test(tests, test_score_is_a_geometric_mean);
    tcase_add_test(tests, test_score_of_random_play);
    tcase_add_test(tests, test_wilson);
    tcase_add_test(tests, test_summary_of_equal_episodes_has_no_spread);
    tcase_add_test(tests, test_bootstrap_width);
    tcase_add_test(tests, test_summary_of_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
