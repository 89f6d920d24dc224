// A training's logs: their lines, figures over 100 episodes, and going on where a checkpoint was.
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runs/log_file.h"
#include "runs/run_log.h"
#include "tests/suite.h"

enum { EPISODES = 7 }; // that end in each iteration below

static char folder[64]; // of the running test

static void make_folder(void) {
    strcpy(folder, "/tmp/cairn-log-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void remove_folder(void) {
    static const char* const names[] = {"stats.jsonl", "metrics.jsonl", "events.out.tfevents.cairn",
                                        "x"};
    char path[RUN_PATH];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        run_path(path, folder, names[i]);
        remove(path);
    }
    rmdir(folder);
}

static char* read_file(const char* name, size_t* size) {
    char path[RUN_PATH];
    run_path(path, folder, name);
    FILE* file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    char* text = calloc(1, 1 << 20);
    *size = fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    return text;
}

// Iteration i ends episodes of rewards i.1, i.2, ...; the k-th achievement comes in iteration k.
static AgentIteration iteration_number(int i, AgentEpisode episodes[EPISODES]) {
    memset(episodes, 0, EPISODES * sizeof *episodes);
    for (int e = 0; e < EPISODES; e++) {
        episodes[e] = (AgentEpisode){
            .length = 100 + e, .reward = i + 0.1 * e, .env_steps = 1000 * i + e, .number = i};
        for (int k = 0; k < CAIRN_ACHIEVEMENTS && k < i; k++) {
            episodes[e].achievements[k] = e == 3 ? 2 : 0;
        }
    }
    return (AgentIteration){.progress = {i, 1000 * i, 24 * i, EPISODES * i},
                            .loss = 0.5 * i,
                            .entropy = 2.0 / i,
                            .explained_variance = i == 2 ? NAN : 0.25,
                            .rollout_seconds = 0.5,
                            .episodes = episodes,
                            .episode_count = EPISODES};
}

static void write_iteration(RunLog* log, int i) {
    AgentEpisode episodes[EPISODES];
    AgentIteration iteration = iteration_number(i, episodes);
    char why[RUN_WHY] = "";
    ck_assert_msg(run_log_write(log, &iteration, 1.0, 1e9 + i, why), "%s", why);
}

static RunLog* open_log(const void* state, size_t size) {
    RunLog* log = NULL;
    char why[RUN_WHY] = "";
    ck_assert_msg(run_log_open(folder, state, size, &log, why), "%s", why);
    return log;
}

START_TEST(test_figures) {
    RunLog* log = open_log(NULL, 0);
    ck_assert_double_eq(run_log_figures(log)->reward, 0.0);
    for (int i = 1; i <= 20; i++) {
        write_iteration(log, i);
    }
    const RunLogState* state = run_log_state(log);
    const RunFigures* figures = run_log_figures(log);
    ck_assert_int_eq(state->episodes, 140);
    ck_assert_int_eq(figures->unlocked, 20);
    ck_assert_int_eq(state->unlocked_in[0], 20);
    ck_assert_int_eq(state->first_steps[4], 5003);
    ck_assert_int_eq(state->first_steps[20], 0);
    // The last 100 are all of iterations 7 to 20 and the last two of iteration 6.
    double reward = (6.5 + 6.6 + 7 * (13.5 * 14 + 0.3 * 14)) / 100;
    ck_assert_double_eq_tol(figures->reward, reward, 1e-9);
    ck_assert_double_eq_tol(figures->rates[0], 14.0, 1e-12);
    ck_assert_double_eq_tol(figures->rates[19], 1.0, 1e-12);
    run_log_close(log);
}
END_TEST

// Every line is one JSON object; what is not finite is null; times come last.
START_TEST(test_metrics_lines) {
    RunLog* log = open_log(NULL, 0);
    write_iteration(log, 1);
    write_iteration(log, 2);
    run_log_close(log);
    size_t size = 0;
    char* text = read_file("metrics.jsonl", &size);
    char* second = strchr(text, '\n') + 1;
    ck_assert_int_eq(strncmp(text, "{\"iteration\": 1, \"step\": 1000, ", 31), 0);
    json_t* object = json_loads(second, JSON_DISABLE_EOF_CHECK, NULL);
    ck_assert_ptr_nonnull(object);
    ck_assert_int_eq(json_integer_value(json_object_get(object, "step")), 2000);
    ck_assert_double_eq(json_number_value(json_object_get(object, "loss")), 1.0);
    ck_assert(json_is_null(json_object_get(object, "explained_variance")));
    bool times = false;
    const char* key;
    json_t* value;
    json_object_foreach(object, key, value) {
        bool is_time = strncmp(key, "time_", 5) == 0;
        ck_assert_msg(is_time || !times, "%s comes after a time", key);
        times = is_time;
    }
    ck_assert(times);
    json_decref(object);
    free(text);
}
END_TEST

// Killed after a checkpoint and some more writing, half a line among it: opening with the state of
// the checkpoint and repeating gives the same bytes.
START_TEST(test_going_on_from_a_checkpoint) {
    static const char* const names[] = {"stats.jsonl", "metrics.jsonl",
                                        "events.out.tfevents.cairn"};
    RunLog* log = open_log(NULL, 0);
    for (int i = 1; i <= 9; i++) {
        write_iteration(log, i);
    }
    RunFigures figures = *run_log_figures(log);
    run_log_close(log);
    char* whole[3];
    size_t sizes[3];
    for (int f = 0; f < 3; f++) {
        whole[f] = read_file(names[f], &sizes[f]);
    }
    log = open_log(NULL, 0); // begins anew
    for (int i = 1; i <= 5; i++) {
        write_iteration(log, i);
    }
    RunLogState state = *run_log_state(log);
    write_iteration(log, 6);
    write_iteration(log, 7);
    run_log_close(log);
    for (int f = 0; f < 3; f++) {
        char path[RUN_PATH];
        run_path(path, folder, names[f]);
        FILE* file = fopen(path, "ab");
        fputs("{\"length\": 18", file);
        fclose(file);
    }
    log = open_log(&state, sizeof state);
    for (int i = 6; i <= 9; i++) {
        write_iteration(log, i);
    }
    ck_assert_mem_eq(&figures, run_log_figures(log), sizeof figures);
    run_log_close(log);
    for (int f = 0; f < 3; f++) {
        size_t size = 0;
        char* text = read_file(names[f], &size);
        ck_assert_uint_eq(size, sizes[f]);
        ck_assert_msg(memcmp(text, whole[f], size) == 0, "%s differs", names[f]);
        free(text);
        free(whole[f]);
    }
}
END_TEST

START_TEST(test_what_is_refused) {
    RunLog* log = open_log(NULL, 0);
    write_iteration(log, 1);
    RunLogState state = *run_log_state(log);
    run_log_close(log);
    char path[RUN_PATH], why[RUN_WHY] = "";
    ck_assert(!run_log_open(folder, &state, sizeof state - 1, &log, why));
    ck_assert_ptr_null(log);
    RunLogState other = state;
    other.version++;
    ck_assert(!run_log_open(folder, &other, sizeof other, &log, why));
    run_path(path, folder, "stats.jsonl");
    ck_assert_int_eq(truncate(path, 10), 0);
    ck_assert(!run_log_open(folder, &state, sizeof state, &log, why));
    ck_assert_ptr_nonnull(strstr(why, path));
    ck_assert_ptr_nonnull(strstr(why, "10 bytes"));
    remove_folder();
    ck_assert(!run_log_open(folder, NULL, 0, &log, why));
    ck_assert_ptr_nonnull(strstr(why, "No such file"));
    ck_assert_int_eq(mkdir(folder, 0777), 0);
}
END_TEST

START_TEST(test_a_full_disk_is_named) {
    LogFile log;
    char why[RUN_WHY] = "";
    ck_assert_msg(log_open(&log, "/dev/full", 0, why) || strstr(why, "/dev/full"), "%s", why);
    if (log.file >= 0) {
        ck_assert(!log_append(&log, "x", 1, why));
        ck_assert_uint_eq(log.size, 0);
        log_close(&log);
    }
    ck_assert_ptr_nonnull(strstr(why, "/dev/full"));
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("runs/run_log");
    TCase* tests = tcase_create("run_log");
    tcase_add_checked_fixture(tests, make_folder, remove_folder);
    tcase_add_test(tests, test_figures);
    tcase_add_test(tests, test_metrics_lines);
    tcase_add_test(tests, test_going_on_from_a_checkpoint);
    tcase_add_test(tests, test_what_is_refused);
    tcase_add_test(tests, test_a_full_disk_is_named);
    suite_add_tcase(suite, tests);
    return suite;
}
