// The page and the charts of a report: figures that equal the JSON's, curves that end in the
// tables, odd and hostile input, pictures that can be read back.
#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "env/cairn.h"
#include "runs/report_detail.h"
#include "runs/report_strip.h"
#include "tests/runs/scratch.h"
#include "tests/suite.h"
#include "viz/charts.h"

enum { TEXT = 1 << 18, PATH = 512 };

static void write_file(const char* run, const char* name, const char* text) {
    char path[PATH];
    snprintf(path, sizeof path, "%s/%s", root, run);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", root, run, name);
    FILE* file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

// Episodes of `length` steps; the later ones unlock more. seed shifts what is unlocked.
static void write_stats(const char* run, int episodes, int length, int seed) {
    char* text = calloc(1, TEXT);
    size_t used = 0;
    for (int i = 0; i < episodes; i++) {
        used += (size_t)snprintf(text + used, TEXT - used, "{\"length\": %d, \"reward\": %.1f",
                                 length, 0.1 * i + seed);
        for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
            used += (size_t)snprintf(text + used, TEXT - used, ", \"achievement_%s\": %d",
                                     cairn_achievement_name(k), (i * 7 + k * 3 + seed) % 22 < i);
        }
        used += (size_t)snprintf(text + used, TEXT - used, "}\n");
        ck_assert_uint_lt(used, TEXT - 2048);
    }
    write_file(run, "stats.jsonl", text);
    free(text);
}

static Report read_report(int64_t budget, size_t count, const char* const* runs) {
    char text[4][PATH];
    char* paths[4];
    Report report;
    char why[REPORT_WHY] = "";
    ck_assert_uint_le(count, 4);
    for (size_t i = 0; i < count; i++) {
        snprintf(text[i], PATH, "%s/%s", root, runs[i]);
        paths[i] = text[i];
    }
    ck_assert_msg(report_create(paths, count, budget, &report, why), "%s", why);
    return report;
}

static size_t count_of(const char* text, const char* part) {
    size_t count = 0;
    for (const char* at = text; (at = strstr(at, part)) != NULL; at++) {
        count++;
    }
    return count;
}

// ---------------------------------------------------------------- figures
// The next <data value="..."> after *at.
static double next_value(const char** at) {
    *at = strstr(*at, "<data value=\"");
    ck_assert_ptr_nonnull(*at);
    *at += strlen("<data value=\"");
    return strtod(*at, NULL);
}

static double json_at(const json_t* agent, const char* group, const char* key, const char* what) {
    const json_t* from = group == NULL ? agent : json_object_get(agent, group);
    const json_t* value = json_object_get(json_object_get(from, key), what);
    ck_assert(json_is_number(value));
    return json_number_value(value);
}

START_TEST(page_says_what_json_says) {
    write_stats("a-seed0", 40, 1000, 0);
    write_stats("a-seed1", 40, 990, 2);
    const char* const runs[] = {"a-seed0", "a-seed1"};
    Report report = read_report(35000, 2, runs);
    char *page = printed(&report, report_print_html), *text = printed(&report, report_print_json);
    json_t* all = json_loads(text, 0, NULL);
    const json_t* agent = json_array_get(json_object_get(all, "agents"), 0);
    const char* at = strstr(page, "id=\"agent-0\"");
    static const char* const keys[] = {"score", "reward", "table_reward", "length"};
    for (int i = 0; i < 4; i++) {
        ck_assert_double_eq(next_value(&at), json_at(agent, NULL, keys[i], "mean"));
        ck_assert_double_eq(next_value(&at), json_at(agent, NULL, keys[i], "deviation"));
    }
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        char row[96];
        const char* name = cairn_achievement_name(k);
        snprintf(row, sizeof row, "id=\"rate-%s\"", name);
        at = strstr(page, row);
        ck_assert_ptr_nonnull(at);
        ck_assert_double_eq(next_value(&at), json_at(agent, "success_rate", name, "mean"));
        ck_assert_double_eq(next_value(&at), json_at(agent, "success_rate", name, "deviation"));
    }
    json_decref(all);
    free(text);
    free(page);
    report_destroy(&report);
}
END_TEST

static bool json_holds(json_t* value, double number) {
    const char* key;
    json_t* member;
    size_t i;
    bool found = json_is_number(value) && json_number_value(value) == number;
    json_object_foreach(value, key, member) {
        found = found || json_holds(member, number);
    }
    json_array_foreach(value, i, member) {
        found = found || json_holds(member, number);
    }
    return found;
}

START_TEST(page_has_no_figure_that_json_lacks) {
    write_stats("a-seed0", 40, 1000, 0);
    write_stats("a-seed1", 40, 990, 2);
    const char* losses = "{\"step\": 16000, \"value_loss\": 0.3, \"time_total\": 7}\n"
                         "{\"step\": 32000, \"value_loss\": 0.1, \"time_total\": 13}\n";
    write_file("a-seed0", "metrics.jsonl", losses);
    write_file("a-seed1", "metrics.jsonl", losses);
    const char* const runs[] = {"a-seed0", "a-seed1"};
    Report report = read_report(0, 2, runs);
    char *page = printed(&report, report_print_html), *text = printed(&report, report_print_json);
    json_t* all = json_loads(text, 0, NULL);
    size_t figures = 0;
    for (const char* at = page; strstr(at, "<data value=\"") != NULL; figures++) {
        double figure = next_value(&at);
        ck_assert_msg(json_holds(all, figure), "%.17g is in the page alone: %.60s", figure, at);
    }
    ck_assert_uint_ge(figures, 100);
    json_decref(all);
    free(text);
    free(page);
    report_destroy(&report);
}
END_TEST

START_TEST(curves_end_in_the_table) {
    write_stats("a-seed0", 60, 1000, 0);
    write_stats("a-seed1", 60, 995, 2); // ends within the last hundredth
    const char* const runs[] = {"a-seed0", "a-seed1"};
    Report report = read_report(0, 2, runs);
    ReportDetail detail;
    ck_assert(report_detail_create(&report, &detail));
    const int last = REPORT_POINTS - 1;
    const int measures[] = {REPORT_SCORE, REPORT_REWARD, REPORT_LENGTH};
    for (int c = 0; c < 3; c++) {
        ck_assert_double_eq(detail.agents[0].mean[c][last], report.agents[0].mean[measures[c]]);
        ck_assert_double_eq(detail.agents[0].deviation[c][last],
                            report.agents[0].deviation[measures[c]]);
        ck_assert(isnan(detail.agents[0].mean[c][0]));
        ck_assert(isnan(detail.agents[0].mean[c][1])); // no episode has ended
    }
    // Half the way: the report had the budget been that.
    Report half = read_report((int64_t)detail.step[50], 2, runs);
    ck_assert_double_eq(detail.agents[0].mean[0][50], half.agents[0].mean[REPORT_SCORE]);
    report_destroy(&half);
    report_detail_destroy(&detail);
    report_destroy(&report);
}
END_TEST

START_TEST(a_short_run_ends_the_mean_but_not_the_others) {
    write_stats("a-seed0", 60, 1000, 0);
    write_stats("a-seed1", 30, 1000, 2);
    const char* const runs[] = {"a-seed0", "a-seed1"};
    Report report = read_report(0, 2, runs);
    ReportDetail detail;
    ck_assert(report_detail_create(&report, &detail));
    ck_assert(isfinite(detail.agents[0].mean[0][50]));
    ck_assert(isnan(detail.agents[0].mean[0][51]));
    ck_assert(isfinite(detail.runs[0].curve[0][REPORT_POINTS - 1]));
    ck_assert(isnan(detail.runs[1].curve[0][51]));
    report_detail_destroy(&detail);
    report_destroy(&report);
}
END_TEST

// ---------------------------------------------------------------- odd input
START_TEST(metrics_of_every_kind) {
    write_stats("a", 10, 1000, 0);
    write_file("a", "metrics.jsonl",
               "{\"step\": 1000, \"value_loss\": 2, \"entropy\": null, \"time_total\": 5, "
               "\"time_rollout\": 1, \"time_update\": 3}\n"
               "{\"step\": 1000, \"value_loss\": 4, \"time_total\": 9}\n"
               "{\"step\": 2000, \"value_loss\": NaN}\n"
               "not json\n[1]\n\n"
               "{\"step\": -5, \"value_loss\": 7}\n"
               "{\"step\": \"x\", \"value_loss\": 7}\n"
               "{\"step\": 1e300, \"value_loss\": 7}\n"
               "{\"step\": 3000, \"distil_epoch\": 1, \"prediction_loss\": 0.5, "
               "\"time_iteration\": 2}\n"
               "{\"step\": 4000, \"value_lo");
    const char* const runs[] = {"a"};
    Report report = read_report(0, 1, runs);
    ReportDetail detail;
    ck_assert(report_detail_create(&report, &detail));
    const ReportRunDetail* run = &detail.runs[0];
    ck_assert_uint_eq(run->broken_lines, 4);
    int known = 0;
    for (int p = 0; p < REPORT_POINTS; p++) {
        known += isfinite(run->curve[REPORT_CURVE_METRICS + 1][p]);
    }
    ck_assert_int_eq(known, 1);
    ck_assert_str_eq(report_curve_key(REPORT_CURVE_METRICS + 1), "value_loss");
    ck_assert_double_eq(run->curve[REPORT_CURVE_METRICS + 1][10], 3); // 1000 of 10000 steps
    ck_assert_double_eq(run->seconds, 9);
    ck_assert_double_eq(run->rollout_seconds, 1);
    ck_assert_double_eq(run->distil_seconds, 2);
    ck_assert(!report_detail_has(&detail, REPORT_CURVE_METRICS + 2)); // entropy: null alone
    report_detail_destroy(&detail);
    char* page = printed(&report, report_print_html);
    ck_assert_ptr_nonnull(strstr(page, "4 lines of metrics.jsonl could not be read"));
    ck_assert_ptr_nonnull(strstr(page, "curve-value_loss"));
    ck_assert_ptr_null(strstr(page, "curve-entropy"));
    ck_assert_ptr_null(strstr(page, "nan"));
    ck_assert_ptr_null(strstr(page, "inf\""));
    free(page);
    report_destroy(&report);
}
END_TEST

START_TEST(one_episode_and_nothing_else) {
    write_stats("lone", 1, 123, 0);
    char log[PATH];
    snprintf(log, sizeof log, "lone/stats.jsonl");
    const char* const runs[] = {log};
    Report report = read_report(REPORT_BUDGET, 1, runs);
    char* page = printed(&report, report_print_html);
    static const char* const absent[] = {"id=\"losses\"",       "id=\"time\"", "id=\"settings\"",
                                         "id=\"episodes\"",     "nan",         "<script",
                                         "http-equiv=\"refresh"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++) {
        ck_assert_msg(strstr(page, absent[i]) == NULL, "found %s", absent[i]);
    }
    ck_assert_ptr_nonnull(strstr(page, "<circle")); // a curve of one point is a dot
    free(page);
    report.refresh = 7;
    page = printed(&report, report_print_html);
    ck_assert_ptr_nonnull(strstr(page, "http-equiv=\"refresh\" content=\"7\""));
    free(page);
    report_destroy(&report);
}
END_TEST

START_TEST(hostile_names_and_settings) {
    const char* name = "\"><img src=x onerror=alert(1)>&'";
    write_stats(name, 5, 100, 0);
    write_stats("other", 5, 100, 0);
    write_file(name, "config.ini", "[ppo]\ngamma = <script>\n[run]\npreset = </title><b>\n");
    write_file("other", "config.ini", "[ppo]\ngamma = 0.9\n[run]\npreset = other\n");
    const char* const runs[] = {name, "other"};
    Report report = read_report(0, 2, runs);
    char* page = printed(&report, report_print_html);
    ck_assert_ptr_null(strstr(page, "<script"));
    ck_assert_ptr_null(strstr(page, "<b>"));
    ck_assert_ptr_null(strstr(page, "<img"));
    ck_assert_uint_eq(count_of(page, "</title>"),
                      1 + count_of(page, "</title></rect>")); // the page's and the hover areas'
    ck_assert_ptr_nonnull(strstr(page, "&lt;script&gt;"));
    ck_assert_ptr_nonnull(strstr(page, "<th scope=\"row\">ppo.gamma</th>"));
    free(page);
    report_destroy(&report);
}
END_TEST

START_TEST(different_settings_are_listed) {
    write_stats("a", 5, 100, 0);
    write_stats("b-seed0", 5, 100, 0);
    write_stats("b-seed1", 5, 100, 0);
    write_file("a", "config.ini", "[run]\npreset = a\n[ppo]\ngamma = 0.9\nclip = 0.2\n");
    const char* b = "[run]\npreset = b\n[train]\nseed = %d\n[ppo]\ngamma = %s\nclip = 0.2\n"
                    "[compute]\nthreads = %d\n";
    char text[256];
    snprintf(text, sizeof text, b, 0, "0.95", 1);
    write_file("b-seed0", "config.ini", text);
    snprintf(text, sizeof text, b, 1, "0.99", 2);
    write_file("b-seed1", "config.ini", text);
    const char* const runs[] = {"a", "b-seed0", "b-seed1"};
    Report report = read_report(0, 3, runs);
    ReportDetail detail;
    ck_assert(report_detail_create(&report, &detail));
    const char** keys = NULL;
    size_t count = 0;
    ck_assert(report_different_settings(&detail, &keys, &count));
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(keys[0], "ppo.gamma");
    char value[4 * REPORT_VALUE];
    report_agent_setting(&detail, 0, keys[0], value);
    ck_assert_str_eq(value, "0.9");
    report_agent_setting(&detail, 1, keys[0], value);
    ck_assert_str_eq(value, "0.95, 0.99");
    free(keys);
    report_detail_destroy(&detail);
    report_destroy(&report);
}
END_TEST

// ---------------------------------------------------------------- pictures
static char* written_chart(const Report* report, ReportChart chart, ReportPicture form,
                           size_t* size) {
    char path[PATH], why[REPORT_WHY] = "";
    snprintf(path, sizeof path, "%s/chart", root);
    bool fine = report_write_chart(report, chart, form, path, why);
    if (!fine) {
        ck_assert_msg(strstr(why, "libcairo2-dev") != NULL && form != REPORT_SVG, "%s", why);
        return NULL;
    }
    FILE* file = fopen(path, "r");
    char* bytes = calloc(1, TEXT);
    *size = fread(bytes, 1, TEXT - 1, file);
    fclose(file);
    return bytes;
}

START_TEST(charts_as_files) {
    write_stats("a-seed0", 40, 1000, 0);
    write_stats("a-seed1", 40, 1000, 2);
    write_file("a-seed0", "metrics.jsonl", "{\"step\": 100, \"value_loss\": 2}\n");
    const char* const runs[] = {"a-seed0", "a-seed1"};
    Report report = read_report(0, 2, runs);
    for (int chart = 0; chart < REPORT_CHARTS; chart++) {
        size_t size = 0;
        char* svg = written_chart(&report, (ReportChart)chart, REPORT_SVG, &size);
        ck_assert_msg(strncmp(svg, "<svg xmlns=", 11) == 0, "%.40s", svg);
        ck_assert_msg(strcmp(svg + size - 7, "</svg>\n") == 0, "%s", svg + size - 7);
        ck_assert_uint_eq(count_of(svg, "<text"), count_of(svg, "</text>"));
        ck_assert_uint_gt(count_of(svg, "<text"), 5);
        ck_assert_ptr_null(strstr(svg, "nan"));
        ck_assert_ptr_nonnull(strstr(svg, ">a</text>")); // also where one seed alone has a curve
        free(svg);
        char* png = written_chart(&report, (ReportChart)chart, REPORT_PNG, &size);
        if (png != NULL) {
            png_image image = {.version = PNG_IMAGE_VERSION};
            ck_assert(png_image_begin_read_from_memory(&image, png, size));
            ck_assert_uint_gt(image.width, 600);
            png_image_free(&image);
            free(png);
        }
        char* pdf = written_chart(&report, (ReportChart)chart, REPORT_PDF, &size);
        ck_assert(pdf == NULL || strncmp(pdf, "%PDF-", 5) == 0);
        free(pdf);
    }
    report_destroy(&report);
}
END_TEST

START_TEST(losses_need_metrics) {
    write_stats("a", 4, 100, 0);
    const char* const runs[] = {"a"};
    Report report = read_report(0, 1, runs);
    char why[REPORT_WHY] = "", path[PATH];
    snprintf(path, sizeof path, "%s/losses.svg", root);
    ck_assert(!report_write_chart(&report, REPORT_CHART_LOSSES, REPORT_SVG, path, why));
    ck_assert_msg(strstr(why, "metrics.jsonl") != NULL, "%s", why);
    ck_assert_int_ne(access(path, F_OK), 0);
    report_destroy(&report);
}
END_TEST

// Two episodes of moves in one direction; the second brings a reward.
static void record_episodes(const char* run) {
    char why[CAIRN_WHY], path[PATH];
    snprintf(path, sizeof path, "%s/%s/episodes", root, run);
    mkdir(path, 0777);
    CairnConfig config = cairn_default_config();
    config.auto_reset = false;
    config.length = 20;
    for (int32_t n = 0; n < 2; n++) {
        Cairn* worlds = NULL;
        CairnRecorder* recorder = NULL;
        double reward = 0;
        uint8_t terminated = 0, truncated = 0;
        int32_t achievements[CAIRN_ACHIEVEMENTS];
        CairnOutput output = {.reward = &reward,
                              .terminated = &terminated,
                              .truncated = &truncated,
                              .achievements = achievements};
        ck_assert_int_eq(cairn_create(&config, &worlds, why), CAIRN_OK);
        ck_assert_int_eq(cairn_recorder_create(&config, 0, NULL, 0, &recorder, why), CAIRN_OK);
        cairn_reset(worlds, &output);
        cairn_recorder_begin(recorder, 1);
        for (int32_t step = 0;; step++) {
            if (terminated || truncated) {
                break;
            }
            // The second presses every key in turn, "collect" most often.
            int32_t action = n == 0 ? 0 : step % 2 ? 5 : 1 + step / 2 % 4;
            cairn_step(worlds, &action, &output);
            ck_assert_int_eq(cairn_recorder_step(recorder, action, reward, NULL, why), CAIRN_OK);
        }
        snprintf(path, sizeof path, "%s/%s/episodes/%d.cairn", root, run, (int)n);
        ck_assert_int_eq(
            cairn_recorder_save(recorder, path, achievements, terminated, truncated, why),
            CAIRN_OK);
        cairn_recorder_destroy(recorder);
        cairn_destroy(worlds);
    }
}

START_TEST(best_episode_as_a_strip) {
    write_stats("a", 4, 100, 0);
    record_episodes("a");
    write_file("a/episodes", "broken.cairn", "no episode");
    const char* const runs[] = {"a"};
    Report report = read_report(0, 1, runs);
    Strip strip;
    ck_assert(strip_create(report.runs, 1, &strip));
    ck_assert_uint_eq(strip.unreadable, 1);
    ck_assert_int_eq(strip.length, 20);
    ck_assert_uint_ge(strip.count, 2);
    ck_assert_int_eq(strip.frame[0].step, 0);
    ck_assert_int_eq(strip.frame[strip.count - 1].step, 20);
    for (size_t i = 0; i < strip.count; i++) {
        png_image image = {.version = PNG_IMAGE_VERSION};
        ck_assert(
            png_image_begin_read_from_memory(&image, strip.frame[i].png, strip.frame[i].png_size));
        ck_assert_int_eq((int)image.width, strip.width);
        png_image_free(&image);
    }
    size_t frames = strip.count;
    strip_destroy(&strip);
    char* page = printed(&report, report_print_html);
    ck_assert_uint_eq(count_of(page, "src=\"data:image/png;base64,iVBOR"), frames);
    ck_assert_ptr_nonnull(strstr(page, "1 episode files could not be read"));
    free(page);
    report_destroy(&report);
}
END_TEST

Suite* suite(void) {
    Suite* whole = suite_create("report_page");
    TCase* figures = tcase_create("figures");
    tcase_add_checked_fixture(figures, make_root, remove_root);
    tcase_add_test(figures, page_says_what_json_says);
    tcase_add_test(figures, page_has_no_figure_that_json_lacks);
    tcase_add_test(figures, curves_end_in_the_table);
    tcase_add_test(figures, a_short_run_ends_the_mean_but_not_the_others);
    suite_add_tcase(whole, figures);
    TCase* odd = tcase_create("odd input");
    tcase_add_checked_fixture(odd, make_root, remove_root);
    tcase_add_test(odd, metrics_of_every_kind);
    tcase_add_test(odd, one_episode_and_nothing_else);
    tcase_add_test(odd, hostile_names_and_settings);
    tcase_add_test(odd, different_settings_are_listed);
    suite_add_tcase(whole, odd);
    TCase* pictures = tcase_create("pictures");
    tcase_add_checked_fixture(pictures, make_root, remove_root);
    tcase_add_test(pictures, charts_as_files);
    tcase_add_test(pictures, losses_need_metrics);
    tcase_add_test(pictures, best_episode_as_a_strip);
    suite_add_tcase(whole, pictures);
    return whole;
}
