// stats.jsonl: Python's formatting, and reading it back.
#include <stdio.h>
#include <string.h>

#include "runs/stats.h"
#include "tests/suite.h"

// What Python prints for json.dumps(round(x, 1)).
START_TEST(test_rewards_as_python_prints_them) {
    static const struct {
        double reward;
        const char* text;
    } cases[] = {{0.0, "0.0"},   {-0.04, "-0.0"}, {0.1 + 0.2, "0.3"}, {12.05, "12.1"},
                 {0.25, "0.2"},  {0.35, "0.3"},   {-0.9, "-0.9"},     {2.1000000000000005, "2.1"},
                 {22.0, "22.0"}, {0.95, "0.9"},   {1e6, "1000000.0"}, {-1e-17, "-0.0"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        stats_format_reward(cases[i].reward, text);
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

// Keys in the order of the original's list, ", " and ": " between them, a newline.
static const char golden[] =
    "{\"length\": 187, \"reward\": 3.1, \"achievement_collect_coal\": 0, "
    "\"achievement_collect_diamond\": 0, \"achievement_collect_drink\": 12, "
    "\"achievement_collect_iron\": 0, \"achievement_collect_sapling\": 3, "
    "\"achievement_collect_stone\": 0, \"achievement_collect_wood\": 5, "
    "\"achievement_defeat_skeleton\": 0, \"achievement_defeat_zombie\": 0, "
    "\"achievement_eat_cow\": 0, \"achievement_eat_plant\": 0, "
    "\"achievement_make_iron_pickaxe\": 0, \"achievement_make_iron_sword\": 0, "
    "\"achievement_make_stone_pickaxe\": 0, \"achievement_make_stone_sword\": 0, "
    "\"achievement_make_wood_pickaxe\": 0, \"achievement_make_wood_sword\": 0, "
    "\"achievement_place_furnace\": 0, \"achievement_place_plant\": 2, "
    "\"achievement_place_stone\": 0, \"achievement_place_table\": 0, "
    "\"achievement_wake_up\": 1}\n";

static ScoreEpisode golden_episode(void) {
    ScoreEpisode episode = {.length = 187, .reward = 3.0999999999999996};
    episode.achievements[2] = 12, episode.achievements[4] = 3, episode.achievements[6] = 5;
    episode.achievements[18] = 2, episode.achievements[21] = 1;
    return episode;
}

START_TEST(test_line) {
    ScoreEpisode episode = golden_episode();
    char line[STATS_LINE];
    ck_assert_uint_eq(stats_format(&episode, line), strlen(golden));
    ck_assert_str_eq(line, golden);
}
END_TEST

START_TEST(test_longest_line_fits) {
    ScoreEpisode episode = {.length = INT64_MAX, .reward = -999999999999999.0};
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        episode.achievements[k] = INT32_MAX;
    }
    char line[STATS_LINE];
    ck_assert_uint_lt(stats_format(&episode, line), STATS_LINE);
}
END_TEST

START_TEST(test_round_trip) {
    ScoreEpisode episode, expected = golden_episode();
    char why[STATS_WHY] = "";
    ck_assert_msg(stats_parse(golden, &episode, why), "%s", why);
    ck_assert_int_eq(episode.length, expected.length);
    ck_assert_double_eq(episode.reward, 3.1);
    ck_assert_mem_eq(episode.achievements, expected.achievements, sizeof episode.achievements);
}
END_TEST

// Every line with one thing wrong is refused, and the message names the member.
START_TEST(test_broken_lines) {
    static const struct {
        const char *find, *replace, *names;
    } cases[] = {{"\"length\": 187", "\"length\": -1", "length"},
                 {"\"length\": 187, ", "", "length"},
                 {"\"reward\": 3.1", "\"reward\": \"x\"", "reward"},
                 {"wake_up\": 1", "wake_up\": 1.5", "wake_up"},
                 {"achievement_eat_cow", "achievement_eat_cows", "eat_cow"},
                 {"collect_drink\": 12", "collect_drink\": 99999999999", "collect_drink"},
                 {"1}\n", "1\n", "JSON"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[STATS_LINE], why[STATS_WHY] = "";
        const char* at = strstr(golden, cases[i].find);
        ck_assert_ptr_nonnull(at);
        snprintf(line, sizeof line, "%.*s%s%s", (int)(at - golden), golden, cases[i].replace,
                 at + strlen(cases[i].find));
        ScoreEpisode episode;
        ck_assert_msg(!stats_parse(line, &episode, why), "accepted: %s", line);
        ck_assert_msg(strstr(why, cases[i].names), "'%s' lacks '%s'", why, cases[i].names);
    }
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("runs/stats");
    TCase* tests = tcase_create("stats");
    tcase_add_test(tests, test_rewards_as_python_prints_them);
    tcase_add_test(tests, test_line);
    tcase_add_test(tests, test_longest_line_fits);
    tcase_add_test(tests, test_round_trip);
    tcase_add_test(tests, test_broken_lines);
    suite_add_tcase(suite, tests);
    return suite;
}
