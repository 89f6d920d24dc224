// Figures of reports against figures worked out by hand, on logs of a few made-up episodes; then
// names, forms, and broken logs.
#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "runs/published.h"
#include "tests/runs/scratch.h"
#include "tests/suite.h"

enum { WOOD = 6, SAPLING = 4, WAKE = 21, TEXT = 1 << 16 };

// "<root>/<name>"; the caller frees it.
static char* in_root(const char* name) {
    char* path = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/%s", root, name), 0);
    return path;
}

static void write_text(const char* name, const char* text) {
    char* path = in_root(name);
    for (char* slash = strchr(path + strlen(root) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
    FILE* file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

// Adds a line; unlocked: bit k = achievement k was unlocked (twice).
static void add_line(char text[TEXT], long length, double reward, unsigned unlocked) {
    size_t used = strlen(text);
    used += (size_t)snprintf(text + used, TEXT - used, "{\"length\": %ld, \"reward\": %.1f", length,
                             reward);
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        used += (size_t)snprintf(text + used, TEXT - used, ", \"achievement_%s\": %u",
                                 cairn_achievement_name(k), unlocked >> k & 1 ? 2u : 0u);
    }
    snprintf(text + used, TEXT - used, "}\n");
}

// Two seeds. The first: wood in 2 and sapling in 1 of 3 episodes that fit into 200,000 steps.
static void write_seeds(void) {
    char text[TEXT] = "";
    add_line(text, 60000, 1.1, 1u << WOOD);
    add_line(text, 50000, 2.1, 1u << WOOD | 1u << SAPLING);
    add_line(text, 40000, 0.1, 0);
    add_line(text, 60000, 3.1, 1u << WOOD | 1u << SAPLING | 1u << WAKE);
    write_text("hand-seed0/stats.jsonl", text);
    text[0] = '\0';
    add_line(text, 195000, 5.1, (1u << CAIRN_ACHIEVEMENTS) - 1);
    write_text("hand-seed1/stats.jsonl", text);
}

static Report read_report(int64_t budget, size_t count, ...) {
    char* paths[8];
    va_list names;
    va_start(names, count);
    for (size_t i = 0; i < count; i++) {
        paths[i] = in_root(va_arg(names, const char*));
    }
    va_end(names);
    Report report;
    char why[REPORT_WHY] = "";
    bool fine = report_create(paths, count, budget, &report, why);
    ck_assert_msg(fine, "%s", why);
    for (size_t i = 0; i < count; i++) {
        free(paths[i]);
    }
    return report;
}

// The line that says why a log is refused; the caller frees it.
static char* refusal(const char* name, int64_t budget) {
    char* path = in_root(name);
    Report report;
    char why[REPORT_WHY] = "";
    ck_assert_msg(!report_create(&path, 1, budget, &report, why), "%s was accepted", name);
    ck_assert_ptr_null(report.runs);
    free(path);
    return strdup(why);
}

#define ASSERT_REFUSED(name, budget, part)                                                         \
    do {                                                                                           \
        char* line = refusal(name, budget);                                                        \
        ck_assert_msg(strstr(line, part) != NULL, "expected \"%s\" in \"%s\"", part, line);        \
        ck_assert_msg(strchr(line, '\n') == NULL, "one line, got \"%s\"", line);                   \
        free(line);                                                                                \
    } while (0)

START_TEST(figures_of_one_run) {
    write_seeds();
    Report report = read_report(200000, 1, "hand-seed0");
    const ReportRun* run = &report.runs[0];
    ck_assert_str_eq(run->name, "hand");
    ck_assert_str_eq(run->seed, "0");
    ck_assert_uint_eq(run->episodes, 3);
    ck_assert_int_eq(run->steps, 150000);
    ck_assert(!run->whole); // 150,000 < 200,000 - 10,000
    ck_assert_double_eq_tol(run->measure[REPORT_RATES + WOOD], 200.0 / 3, 1e-12);
    ck_assert_double_eq_tol(run->measure[REPORT_RATES + SAPLING], 100.0 / 3, 1e-12);
    ck_assert_double_eq(run->measure[REPORT_RATES + WAKE], 0);
    // (1 + 66.667)^(1/22) * (1 + 33.333)^(1/22) - 1
    double score = pow(203.0 / 3 * 103.0 / 3, 1.0 / 22) - 1;
    ck_assert_double_eq_tol(score, 0.422, 1e-3);
    ck_assert_double_eq_tol(run->measure[REPORT_SCORE], score, 1e-12);
    // All three end at or after 150,000 - 100,000.
    ck_assert_uint_eq(run->window_episodes, 3);
    ck_assert_double_eq_tol(run->measure[REPORT_REWARD], 1.1, 1e-12);
    ck_assert_double_eq_tol(run->measure[REPORT_LENGTH], 50000, 1e-9);
    ck_assert_double_eq_tol(run->measure[REPORT_TABLE_REWARD], 1 - 0.9, 1e-12);
    report_destroy(&report);
}
END_TEST

START_TEST(budget_and_window_include_their_ends) {
    write_seeds();
    // The fourth episode ends exactly with the budget; the second at 110,000 = 210,000 - 100,000.
    Report report = read_report(210000, 1, "hand-seed0");
    const ReportRun* run = &report.runs[0];
    ck_assert_uint_eq(run->episodes, 4);
    ck_assert(run->whole);
    ck_assert_uint_eq(run->window_episodes, 3);
    ck_assert_double_eq_tol(run->measure[REPORT_REWARD], 5.3 / 3, 1e-12);
    ck_assert_double_eq_tol(run->measure[REPORT_TABLE_REWARD], 2 - 0.9, 1e-12);
    report_destroy(&report);
    report = read_report(209999, 1, "hand-seed0");
    ck_assert_uint_eq(report.runs[0].episodes, 3);
    report_destroy(&report);
    report = read_report(0, 1, "hand-seed0"); // no budget
    ck_assert_uint_eq(report.runs[0].episodes, 4);
    ck_assert(report.runs[0].whole);
    report_destroy(&report);
}
END_TEST

START_TEST(worlds_at_once_leave_episodes_unfinished) {
    char text[TEXT] = "";
    add_line(text, 60000, 1, 1);
    write_text("many/stats.jsonl", text);
    Report report = read_report(80000, 1, "many");
    ck_assert(!report.runs[0].whole); // 20,000 steps are missing, 10,000 may
    report_destroy(&report);
    write_text("many/config.ini", "[world]\ncount = 20\n");
    report = read_report(80000, 1, "many");
    ck_assert(report.runs[0].whole); // 10,000 + 20 * 500
    report_destroy(&report);
    report = read_report(80001, 1, "many");
    ck_assert(!report.runs[0].whole);
    report_destroy(&report);
}
END_TEST

START_TEST(seeds_of_an_agent) {
    write_seeds();
    Report report = read_report(200000, 2, "hand-seed0", "hand-seed1");
    ck_assert_uint_eq(report.agent_count, 1);
    const ReportAgent* agent = &report.agents[0];
    ck_assert_str_eq(agent->name, "hand");
    ck_assert_uint_eq(agent->count, 2);
    ck_assert_uint_eq(agent->short_runs, 1);
    ck_assert_uint_eq(agent->episodes, 4);
    ck_assert_int_eq(agent->steps, 172500); // (150,000 + 195,000) / 2
    // The second seed unlocks everything: score 100. Mean of scores; deviation of two is half
    // their distance.
    double first = pow(203.0 / 3 * 103.0 / 3, 1.0 / 22) - 1;
    ck_assert_double_eq_tol(report.runs[1].measure[REPORT_SCORE], 100, 1e-9);
    ck_assert_double_eq_tol(agent->mean[REPORT_SCORE], (first + 100) / 2, 1e-9);
    ck_assert_double_eq_tol(agent->deviation[REPORT_SCORE], (100 - first) / 2, 1e-9);
    ck_assert_double_eq_tol(agent->mean[REPORT_REWARD], (1.1 + 5.1) / 2, 1e-9);
    ck_assert_double_eq_tol(agent->deviation[REPORT_REWARD], 2, 1e-9);
    ck_assert_double_eq_tol(agent->mean[REPORT_RATES + WOOD], (200.0 / 3 + 100) / 2, 1e-9);
    ck_assert_double_eq_tol(agent->mean[REPORT_TABLE_REWARD], (0.1 + 21.1) / 2, 1e-9);
    report_destroy(&report);
}
END_TEST

// A log of 10,000 episodes in which each achievement was unlocked as often as in the published runs
// of the random policy must give the published score of 1.6.
START_TEST(published_random_score) {
    size_t count = 0;
    const PublishedRates* rates = published_rates(&count);
    ck_assert_str_eq(rates[0].name, "random");
    ScoreEpisode* episodes = calloc(10000, sizeof *episodes);
    for (int i = 0; i < 10000; i++) {
        episodes[i].length = 100;
        for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
            episodes[i].achievements[k] = i < lround(rates[0].rate[k] * 100);
        }
    }
    ReportRun run = {0};
    ck_assert(report_summarise_run(episodes, 10000, REPORT_BUDGET, &run));
    ck_assert_uint_eq(run.episodes, 10000);
    char score[16];
    snprintf(score, sizeof score, "%.1f", run.measure[REPORT_SCORE]);
    ck_assert_str_eq(score, "1.6");
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        ck_assert_double_eq_tol(run.measure[REPORT_RATES + k], rates[0].rate[k], 1e-9);
    }
    free(episodes);
}
END_TEST

START_TEST(names_and_seeds) {
    static const struct {
        const char *text, *name, *seed;
    } cases[] = {
        {"ppo-seed0", "ppo", "0"},
        {"ppo-0", "ppo", "0"},
        {"ppo_s12", "ppo", "12"},
        {"ppo.seed.3", "ppo", "3"},
        {"paper-ppo-1", "paper-ppo", "1"},
        {"ppo2", "ppo2", ""},
        {"seed-4", "", "4"},
        {"7", "", "7"},
        {"fast", "fast", ""},
        {"ppos1", "ppos1", ""},
        {"s5", "", "5"},
        {"ppo-v2", "ppo-v2", ""},
        {"ppo-", "ppo-", ""},
        {"ppo-SEED9", "ppo", "9"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[REPORT_NAME], seed[REPORT_NAME];
        report_split_seed(cases[i].text, name, seed);
        ck_assert_str_eq(name, cases[i].name);
        ck_assert_str_eq(seed, cases[i].seed);
    }
}
END_TEST

START_TEST(agents_by_config_then_by_folder) {
    char text[TEXT] = "";
    add_line(text, 10, 1, 1);
    write_text("one/stats.jsonl", text);
    write_text("one/config.ini", "[run]\npreset = ppo\n[train]\nseed = 3\n");
    write_text("two/stats.jsonl", text);
    write_text("two/config.ini", "[run]\npreset = ppo\nunknown line\n[train]\nseed = 4\n");
    write_text("other/seed-1/stats.jsonl", text);
    write_text("plain-5.jsonl", text);
    Report report = read_report(0, 4, "one", "other/seed-1", "plain-5.jsonl", "two/stats.jsonl");
    ck_assert_uint_eq(report.agent_count, 3);
    ck_assert_str_eq(report.agents[0].name, "ppo");
    ck_assert_uint_eq(report.agents[0].count, 2);
    ck_assert(!report.agents[0].mixed);
    ck_assert_str_eq(report.runs[0].seed, "3");
    ck_assert_str_eq(report.runs[1].seed, "4");
    ck_assert_str_eq(report.agents[1].name, "other");
    ck_assert_str_eq(report.runs[2].seed, "1");
    ck_assert_str_eq(report.agents[2].name, "plain");
    ck_assert_str_eq(report.runs[3].seed, "5");
    report_destroy(&report);
}
END_TEST

START_TEST(other_settings_are_remarked) {
    char text[TEXT] = "";
    add_line(text, 10, 1, 1);
    write_text("one/stats.jsonl", text);
    write_text("one/config.ini", "[run]\npreset = ppo\n[ppo]\ngamma = 0.95\n[train]\nseed = 3\n");
    write_text("two/stats.jsonl", text);
    write_text("two/config.ini", "[run]\npreset = ppo\n[ppo]\ngamma = 0.96\n[train]\nseed = 4\n");
    Report report = read_report(0, 2, "one", "two");
    ck_assert_uint_eq(report.agent_count, 1);
    ck_assert(report.agents[0].mixed);
    report_destroy(&report);
}
END_TEST

START_TEST(same_run_twice) {
    write_seeds();
    char* paths[2] = {in_root("hand-seed0"), in_root("hand-seed0/stats.jsonl")};
    Report report;
    char why[REPORT_WHY];
    ck_assert(!report_create(paths, 2, 0, &report, why));
    ck_assert_msg(strstr(why, "same run") != NULL, "%s", why);
    free(paths[0]);
    free(paths[1]);
}
END_TEST

START_TEST(broken_logs) {
    char text[TEXT] = "", good[TEXT] = "";
    add_line(good, 10, 1, 1);
    ASSERT_REFUSED("missing", 0, "missing");
    write_text("no-log/config.ini", "");
    ASSERT_REFUSED("no-log", 0, "stats.jsonl");
    write_text("empty/stats.jsonl", "");
    ASSERT_REFUSED("empty", 0, "no episode has ended yet");
    add_line(text, 10, 1, 1);
    add_line(text, 10, 1, 1);
    strcat(text, "nonsense\n");
    add_line(text, 10, 1, 1);
    write_text("garbage/stats.jsonl", text);
    ASSERT_REFUSED("garbage", 0, "stats.jsonl:3:");
    write_text("number/stats.jsonl", "17\n");
    ASSERT_REFUSED("number", 0, "stats.jsonl:1:");
    write_text("lacking/stats.jsonl", "{\"length\": 3, \"reward\": 1.0}\n");
    ASSERT_REFUSED("lacking", 0, "achievement_collect_coal");
    char* wide = calloc(1, 70001);
    memset(wide, '{', 70000);
    write_text("wide/stats.jsonl", wide);
    free(wide);
    ASSERT_REFUSED("wide", 0, "stats.jsonl:1: more than 65536 bytes");
    write_text("long/stats.jsonl", good);
    ASSERT_REFUSED("long", 9, "--budget");
}
END_TEST

START_TEST(unfinished_last_line_is_left_out) {
    char text[TEXT] = "";
    add_line(text, 10, 1, 1);
    add_line(text, 20, 2, 1);
    text[strlen(text) - 9] = '\0';
    write_text("going-on/stats.jsonl", text);
    Report report = read_report(0, 1, "going-on");
    ck_assert_uint_eq(report.runs[0].episodes, 1);
    report_destroy(&report);
}
END_TEST

START_TEST(compressed_logs) {
    char text[TEXT] = "";
    for (int i = 0; i < 50; i++) {
        add_line(text, 10 + i, i, (unsigned)i);
    }
    write_text("plain/stats.jsonl", text);
    write_text("packed/config.ini", "");
    char* path = in_root("packed/stats.jsonl.gz");
    gzFile file = gzopen(path, "wb");
    gzputs(file, text);
    gzclose(file);
    Report report = read_report(0, 2, "plain", "packed");
    ck_assert_mem_eq(report.runs[0].measure, report.runs[1].measure, sizeof report.runs[0].measure);
    report_destroy(&report);
    struct stat facts;
    ck_assert_int_eq(stat(path, &facts), 0);
    ck_assert_int_eq(truncate(path, facts.st_size / 2), 0);
    ASSERT_REFUSED("packed", 0, "too early");
    free(path);
}
END_TEST

// ---------------------------------------------------------------- forms
static Report awkward_report(void) {
    char text[TEXT] = "";
    add_line(text, 10, 1, 1u << WOOD);
    write_text("<b>, \"x\" & \x1b[31m\xff/stats.jsonl", text);
    return read_report(0, 1, "<b>, \"x\" & \x1b[31m\xff");
}

START_TEST(text_holds_no_control_bytes) {
    Report report = awkward_report();
    ck_assert_str_eq(report.agents[0].name, "<b>, \"x\" & ?[31m?");
    char* text = printed(&report, report_print_text);
    ck_assert_ptr_null(strchr(text, '\x1b'));
    ck_assert_ptr_nonnull(strstr(text, "collect_wood"));
    ck_assert_ptr_nonnull(strstr(text, "100.0"));
    ck_assert_ptr_nonnull(strstr(text, "PPO + distillation        21.8 ± 1.4  12.6 ± 0.3"));
    free(text);
    report_destroy(&report);
}
END_TEST

START_TEST(csv_quotes) {
    Report report = awkward_report();
    char* text = printed(&report, report_print_csv);
    ck_assert_msg(strncmp(text, "agent,row,seed,path,", 20) == 0, "%s", text);
    char* line = strstr(text, "\r\n") + 2;
    const char* expected = "\"<b>, \"\"x\"\" & ?[31m?\",run,,";
    ck_assert_msg(strncmp(line, expected, strlen(expected)) == 0, "%s", line);
    int lines = 0;
    for (const char* at = text; (at = strstr(at, "\r\n")) != NULL; at += 2) {
        lines++;
    }
    ck_assert_int_eq(lines, 4); // head, run, mean, deviation
    free(text);
    report_destroy(&report);
}
END_TEST

START_TEST(json_reads_back) {
    write_seeds();
    Report report = read_report(200000, 2, "hand-seed0", "hand-seed1");
    char* text = printed(&report, report_print_json);
    json_error_t error;
    json_t* root_object = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(root_object != NULL, "%s", error.text);
    const char* name = NULL;
    double mean = 0, deviation = 0, wood = 0;
    int unpacked = json_unpack(root_object, "{s:[{s:s, s:{s:f, s:f}, s:{s:{s:f}}}]}", "agents",
                               "name", &name, "score", "mean", &mean, "deviation", &deviation,
                               "success_rate", "collect_wood", "mean", &wood);
    ck_assert_int_eq(unpacked, 0);
    ck_assert_str_eq(name, "hand");
    ck_assert_double_eq_tol(mean, report.agents[0].mean[REPORT_SCORE], 1e-9);
    ck_assert_double_eq_tol(deviation, report.agents[0].deviation[REPORT_SCORE], 1e-9);
    ck_assert_double_eq_tol(wood, 250.0 / 3, 1e-9);
    json_decref(root_object);
    free(text);
    report_destroy(&report);
}
END_TEST

START_TEST(html_escapes) {
    Report report = awkward_report();
    char* text = printed(&report, report_print_html);
    ck_assert_ptr_null(strstr(text, "<b>"));
    ck_assert_ptr_nonnull(strstr(text, "&lt;b&gt;, &quot;x&quot; &amp; ?[31m?"));
    ck_assert_ptr_nonnull(
        strstr(text, "collect wood</th><td><data value=\"100\">100.00</data></td>"));
    // Nothing is fetched from elsewhere: there are no addresses but places on the page.
    ck_assert_ptr_null(strstr(text, "src="));
    ck_assert_ptr_null(strstr(text, "://"));
    for (const char* at = text; (at = strstr(at, "href=\"")) != NULL; at++) {
        ck_assert_msg(at[6] == '#', "%.60s", at);
    }
    free(text);
    report_destroy(&report);
}
END_TEST

START_TEST(files_are_whole_or_untouched) {
    write_seeds();
    Report report = read_report(0, 1, "hand-seed0");
    char* path = in_root("report.csv");
    char why[REPORT_WHY] = "";
    ck_assert_msg(report_write(&report, report_print_csv, path, why), "%s", why);
    char* expected = printed(&report, report_print_csv);
    char found[TEXT] = "";
    FILE* file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_gt(fread(found, 1, sizeof found - 1, file), 0);
    fclose(file);
    ck_assert_str_eq(found, expected);
    free(expected);
    free(path);
    path = in_root("no/such/folder/report.csv");
    ck_assert(!report_write(&report, report_print_csv, path, why));
    ck_assert_msg(strstr(why, "report.csv") != NULL, "%s", why);
    free(path);
    report_destroy(&report);
}
END_TEST

Suite* suite(void) {
    Suite* whole = suite_create("report");
    TCase* figures = tcase_create("figures");
    tcase_add_checked_fixture(figures, make_root, remove_root);
    tcase_add_test(figures, figures_of_one_run);
    tcase_add_test(figures, budget_and_window_include_their_ends);
    tcase_add_test(figures, worlds_at_once_leave_episodes_unfinished);
    tcase_add_test(figures, seeds_of_an_agent);
    tcase_add_test(figures, published_random_score);
    suite_add_tcase(whole, figures);
    TCase* sources = tcase_create("sources");
    tcase_add_checked_fixture(sources, make_root, remove_root);
    tcase_add_test(sources, names_and_seeds);
    tcase_add_test(sources, agents_by_config_then_by_folder);
    tcase_add_test(sources, other_settings_are_remarked);
    tcase_add_test(sources, same_run_twice);
    tcase_add_test(sources, broken_logs);
    tcase_add_test(sources, unfinished_last_line_is_left_out);
    tcase_add_test(sources, compressed_logs);
    suite_add_tcase(whole, sources);
    TCase* forms = tcase_create("forms");
    tcase_add_checked_fixture(forms, make_root, remove_root);
    tcase_add_test(forms, text_holds_no_control_bytes);
    tcase_add_test(forms, csv_quotes);
    tcase_add_test(forms, json_reads_back);
    tcase_add_test(forms, html_escapes);
    tcase_add_test(forms, files_are_whole_or_untouched);
    suite_add_tcase(whole, forms);
    return whole;
}
