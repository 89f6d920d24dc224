// Replaying golden traces: all that are committed agree with the world in every column, and a trace
// that was changed in one column is caught, with the place, the column and both values named.
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "runs/replay.h"
#include "tests/suite.h"

#define GOLDENS "tests/goldens"

enum { TEXT = 1 << 16, ROWS = 80 };

START_TEST(goldens_agree) {
    DIR* folder = opendir(GOLDENS);
    ck_assert_ptr_nonnull(folder);
    int traces = 0;
    for (struct dirent* entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (strstr(entry->d_name, ".tsv.gz") == NULL) {
            continue;
        }
        char path[512], why[TRACE_WHY] = "";
        snprintf(path, sizeof path, "%s/%s", GOLDENS, entry->d_name);
        ReplayResult result;
        bool read = replay_trace(path, NULL, &result, why);
        ck_assert_msg(read, "%s", why);
        ck_assert_msg(result.mismatches == 0, "%s: episode %d, step %d, %s: expected %s, got %s",
                      path, (int)result.first.episode, (int)result.first.step, result.first.column,
                      result.first.expected, result.first.got);
        ck_assert_int_gt(result.steps, 200);
        traces++;
    }
    closedir(folder);
    ck_assert_int_ge(traces, 11);
}
END_TEST

// The first line and the first ROWS rows of a golden trace.
static void read_golden(char text[TEXT]) {
    gzFile file = gzopen(GOLDENS "/size-100x90-view-7x9-length-300.tsv.gz", "rb");
    ck_assert_ptr_nonnull(file);
    size_t used = 0;
    for (int line = 0; line <= ROWS; line++) {
        ck_assert_ptr_nonnull(gzgets(file, text + used, (int)(TEXT - used)));
        used += strlen(text + used);
    }
    gzclose(file);
}

// Replays text instead of a file; the reader takes uncompressed traces, too.
static bool replay_text(const char* text, const CairnTextures* textures, ReplayResult* result,
                        char why[TRACE_WHY]) {
    int file = memfd_create("trace", 0);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    bool read = replay_trace(path, textures, result, why);
    close(file);
    return read;
}

// The beginning of a column in a row; row 0 is step 0.
static char* find_cell(char* text, int row, int column) {
    char* at = text;
    for (int line = 0; line <= row; line++) {
        at = strchr(at, '\n') + 1;
    }
    for (int c = 0; c < column; c++) {
        at = strchr(at, '\t') + 1;
    }
    return at;
}

static void replace_cell(char text[TEXT], int row, int column, const char* value) {
    char* cell = find_cell(text, row, column);
    size_t old = strcspn(cell, "\t\n");
    char* rest = strdup(cell + old);
    strcpy(cell, value);
    strcpy(cell + strlen(value), rest);
    free(rest);
}

static void copy_cell(char* text, int row, int column, char value[REPLAY_TEXT]) {
    const char* cell = find_cell(text, row, column);
    snprintf(value, REPLAY_TEXT, "%.*s", (int)strcspn(cell, "\t\n"), cell);
}

static const struct {
    int column;
    const char *name, *value;
} changes[] = {
    {3, "reward", "0.1"},
    {4, "done", "1"},
    {5, "sem_crc", "1"},
    {7, "rng_crc", "2"},
    {8, "x", "60"},
    {9, "y", "61"},
    {10, "facing", "-1,1"},
    {11, "sleeping", "1"},
    {12, "daylight", "0.9"},
    {13, "inventory", "9,9,9,9,0,0,0,0,0,0,0,0,0,0,0,9"},
    {14, "achievements", "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,7"},
};

START_TEST(changed_column_is_named) {
    char text[TEXT], original[REPLAY_TEXT], why[TRACE_WHY] = "";
    read_golden(text);
    int row = 33; // not one after which something is granted
    copy_cell(text, row, changes[_i].column, original);
    ck_assert_str_ne(original, changes[_i].value);
    replace_cell(text, row, changes[_i].column, changes[_i].value);
    ReplayResult result;
    ck_assert_msg(replay_text(text, NULL, &result, why), "%s", why);
    ck_assert_int_eq(result.steps, ROWS);
    ck_assert_int_eq(result.mismatches, 1);
    ck_assert_str_eq(result.first.column, changes[_i].name);
    ck_assert_int_eq(result.first.episode, 1);
    ck_assert_int_eq(result.first.step, row);
    ck_assert_str_eq(result.first.expected, changes[_i].value);
    ck_assert_str_eq(result.first.got, original);
}
END_TEST

// One unit in the last place.
START_TEST(daylight_is_compared_to_the_bit) {
    char text[TEXT], value[REPLAY_TEXT], why[TRACE_WHY] = "";
    read_golden(text);
    copy_cell(text, 10, 12, value);
    char* last = value + strlen(value) - 1;
    *last = *last == '9' ? '8' : (char)(*last + 1);
    replace_cell(text, 10, 12, value);
    ReplayResult result;
    ck_assert(replay_text(text, NULL, &result, why));
    ck_assert_int_eq(result.mismatches, 1);
    ck_assert_str_eq(result.first.column, "daylight");
}
END_TEST

// Another action changes what follows: found at once, by the generator at the latest.
START_TEST(changed_action_is_noticed) {
    char text[TEXT], why[TRACE_WHY] = "";
    read_golden(text);
    replace_cell(text, 20, 2, "4");
    ReplayResult result;
    ck_assert(replay_text(text, NULL, &result, why));
    ck_assert_int_gt(result.mismatches, 1);
    ck_assert_int_ge(result.first.step, 20);
}
END_TEST

// Cairn's pictures are not the original's, so with them every row's picture differs.
START_TEST(pictures_are_compared_when_asked) {
    char text[TEXT], why[TRACE_WHY] = "";
    read_golden(text);
    CairnTextures* textures = NULL;
    ck_assert_int_eq(cairn_textures_load("env/textures", &textures, why), CAIRN_OK);
    ReplayResult result;
    ck_assert(replay_text(text, textures, &result, why));
    ck_assert_int_eq(result.mismatches, ROWS);
    ck_assert_str_eq(result.first.column, "obs_crc");
    ck_assert_int_eq(result.first.step, 0);
    cairn_textures_destroy(textures);
}
END_TEST

static const struct {
    const char *text, *part; // of the line that says why
} broken[] = {
    {"", "empty"},
    {"1\t0\t-1\n", "first line"},
    {"# seed=1 area=0x64 view=9x9 size=64x64 length=10 grant=-\n", "area"},
    {"# seed=1 area=99999x99999 view=9x9 size=64x64 length=10 grant=-\n", "area"},
    {"# seed=1 area=64x64 view=9x9 size=4x4 length=10 grant=-\n", "size"},
    {"# seed=1 area=64x64 view=9x9 size=64x64 length=-3 grant=-\n", "length"},
    {"# seed=1 area=64x64 view=9x9 size=64x64 length=10 grant=0:food=9\n", "grant"},
    {"# seed=1 area=64x64 view=9x9 size=64x64 length=10 grant=5:gold=9\n", "grant"},
    {"# seed=1 area=64x64 view=9x9 size=64x64 length=10 grant=-\n", "no rows"},
    {"# seed=1 area=64x64 view=9x9 size=64x64 length=10 grant=-\n1\t0\t-1\t0.0\n", "15 columns"},
    {"# seed=1 area=64x64 view=9x9 size=64x64 length=10 grant=-\n1\t0\t-1", "cut short"},
};

START_TEST(broken_traces_are_refused) {
    ReplayResult result;
    char why[TRACE_WHY] = "";
    ck_assert_msg(!replay_text(broken[_i].text, NULL, &result, why), "accepted: %s",
                  broken[_i].text);
    ck_assert_msg(strstr(why, broken[_i].part) != NULL, "expected \"%s\" in \"%s\"",
                  broken[_i].part, why);
    ck_assert_int_eq(result.steps, 0);
}
END_TEST

// Rows before the damage are compared and counted all the same.
START_TEST(truncated_file) {
    static uint8_t bytes[1 << 20];
    FILE* golden = fopen(GOLDENS "/random-0.tsv.gz", "rb");
    ck_assert_ptr_nonnull(golden);
    size_t size = fread(bytes, 1, sizeof bytes, golden);
    fclose(golden);
    int file = memfd_create("trace", 0);
    ck_assert_int_eq(write(file, bytes, size / 2), (ssize_t)(size / 2));
    char path[64], why[TRACE_WHY] = "";
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    ReplayResult result;
    ck_assert(!replay_trace(path, NULL, &result, why));
    ck_assert_msg(strstr(why, path) != NULL, "%s", why);
    ck_assert_int_gt(result.steps, 100);
    ck_assert_int_eq(result.mismatches, 0);
    close(file);
}
END_TEST

Suite* suite(void) {
    Suite* whole = suite_create("replay");
    TCase* replay = tcase_create("replay");
    tcase_set_timeout(replay, 20);
    tcase_add_test(replay, goldens_agree);
    tcase_add_loop_test(replay, changed_column_is_named, 0, sizeof changes / sizeof changes[0]);
    tcase_add_test(replay, daylight_is_compared_to_the_bit);
    tcase_add_test(replay, changed_action_is_noticed);
    tcase_add_test(replay, pictures_are_compared_when_asked);
    tcase_add_loop_test(replay, broken_traces_are_refused, 0, sizeof broken / sizeof broken[0]);
    tcase_add_test(replay, truncated_file);
    suite_add_tcase(whole, replay);
    return whole;
}
