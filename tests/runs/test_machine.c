// What run folders keep of the machine, and reports say of it.
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "nets/nets.h"
#include "runs/machine.h"
#include "runs/report_detail.h"
#include "tests/runs/scratch.h"
#include "tests/suite.h"

enum { TEXT = 4096, PATH = 512 };

static void write_file(const char* name, const char* text) {
    char path[PATH];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE* file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void read_file(const char* name, char text[TEXT]) {
    char path[PATH];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE* file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, TEXT - 1, file)] = '\0';
    fclose(file);
}

static void record(void) {
    char why[RUN_WHY] = "";
    ck_assert_msg(machine_record(root, why), "%s", why);
}

START_TEST(a_machine_is_recorded_once) {
    char first[TEXT], second[TEXT], line[256];
    record();
    read_file("machine.ini", first);
    ck_assert_int_eq(strncmp(first, "[machine]\nprocessor = ", 22), 0);
    snprintf(line, sizeof line, "\ncores = %d\ninstructions = %s\ncompiler = %s\n", machine_cores(),
             net_instruction_set(), machine_compiler());
    ck_assert_msg(strstr(first, line) != NULL, "no '%s' in '%s'", line, first);
    ck_assert_int_ge(machine_cores(), 1);
    record();
    read_file("machine.ini", second);
    ck_assert_str_eq(second, first);
}
END_TEST

static const char elsewhere[] =
    "[machine]\nprocessor = Old <b>\ncores = 1\ninstructions = base\ncompiler = cc 1\ncairn = 0\n";

START_TEST(another_machine_is_added) {
    char alone[TEXT], both[TEXT], expected[TEXT];
    record();
    read_file("machine.ini", alone);
    write_file("machine.ini", elsewhere);
    record();
    read_file("machine.ini", both);
    snprintf(expected, sizeof expected, "%s%.2000s", elsewhere, alone);
    ck_assert_str_eq(both, expected);
}
END_TEST

static const char episode[] =
    "{\"length\": 100, \"reward\": 1.0, \"achievement_collect_coal\": 0, "
    "\"achievement_collect_diamond\": 0, \"achievement_collect_drink\": 0, "
    "\"achievement_collect_iron\": 0, \"achievement_collect_sapling\": 1, "
    "\"achievement_collect_stone\": 0, \"achievement_collect_wood\": 0, "
    "\"achievement_defeat_skeleton\": 0, \"achievement_defeat_zombie\": 0, "
    "\"achievement_eat_cow\": 0, \"achievement_eat_plant\": 0, "
    "\"achievement_make_iron_pickaxe\": 0, \"achievement_make_iron_sword\": 0, "
    "\"achievement_make_stone_pickaxe\": 0, \"achievement_make_stone_sword\": 0, "
    "\"achievement_make_wood_pickaxe\": 0, \"achievement_make_wood_sword\": 0, "
    "\"achievement_place_furnace\": 0, \"achievement_place_plant\": 0, "
    "\"achievement_place_stone\": 0, \"achievement_place_table\": 0, "
    "\"achievement_wake_up\": 0}\n";

START_TEST(reports_say_where_runs_were) {
    write_file("stats.jsonl", episode);
    write_file("metrics.jsonl", "{\"step\": 600, \"time_total\": 3, \"time_update\": 1}\n");
    char ini[TEXT], *paths[] = {root}, why[REPORT_WHY] = "";
    snprintf(ini, sizeof ini, "%s[other]\nprocessor = no\n[machine]\nprocessor = New\ncores = 64\n",
             elsewhere);
    write_file("machine.ini", ini);
    Report report;
    ck_assert_msg(report_create(paths, 1, 0, &report, why), "%s", why);
    char *page = printed(&report, report_print_html), *text = printed(&report, report_print_json);
    ck_assert_ptr_nonnull(
        strstr(page, ">Old &lt;b&gt;, 1 core, base, cc 1; then New, 64 cores</td>"));
    json_t* all = json_loads(text, 0, NULL);
    const char* hardware = NULL;
    double seconds = 0, speed = 0;
    ck_assert_int_eq(json_unpack(all, "{s:[{s:[{s:{s:s, s:F, s:F}}]}]}", "agents", "runs",
                                 "training", "hardware", &hardware, "seconds", &seconds,
                                 "steps_per_s", &speed),
                     0);
    ck_assert_str_eq(hardware, "Old <b>, 1 core, base, cc 1; then New, 64 cores");
    ck_assert_double_eq(seconds, 3);
    ck_assert_double_eq(speed, 200);
    json_decref(all);
    free(page);
    free(text);
    report_destroy(&report);
}
END_TEST

Suite* suite(void) {
    Suite* whole = suite_create("machine");
    TCase* folder = tcase_create("folder");
    tcase_add_checked_fixture(folder, make_root, remove_root);
    tcase_add_test(folder, a_machine_is_recorded_once);
    tcase_add_test(folder, another_machine_is_added);
    tcase_add_test(folder, reports_say_where_runs_were);
    suite_add_tcase(whole, folder);
    return whole;
}
