// What a training shows: numbers for people, when a line is due, what the block looks like.
#include <stdlib.h>
#include <string.h>

#include "runs/progress.h"
#include "tests/suite.h"

START_TEST(test_numbers) {
    static const struct {
        int64_t count;
        const char* text;
    } counts[] = {{0, "0"}, {999, "999"}, {1000, "1,000"}, {1003520, "1,003,520"}};
    static const struct {
        double seconds;
        const char* text;
    } times[] = {{0, "0:00"}, {59.4, "0:59"}, {59.6, "1:00"}, {3599, "59:59"}, {3723, "1:02:03"}};
    char text[32];
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        progress_format_count(counts[i].count, text);
        ck_assert_str_eq(text, counts[i].text);
    }
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        progress_format_time(times[i].seconds, text);
        ck_assert_str_eq(text, times[i].text);
    }
}
END_TEST

typedef struct Shown {
    char* text;
    size_t size;
    Progress progress;
    RunLogState state;
    RunFigures figures;
} Shown;

static void begin(Shown* shown, ProgressStyle style) {
    memset(shown, 0, sizeof *shown);
    shown->progress = (Progress){.file = open_memstream(&shown->text, &shown->size),
                                 .style = style,
                                 .total_steps = 100000,
                                 .first_step = 20000,
                                 .start = 50};
    ck_assert_ptr_nonnull(shown->progress.file);
    fflush(shown->progress.file); // makes shown->text a string
}

static void show(Shown* shown, int64_t step, double now) {
    progress_show(&shown->progress, step, now, &shown->state, &shown->figures);
}

static void end(Shown* shown) {
    fclose(shown->progress.file);
    free(shown->text);
}

static int count_of(const char* text, char letter) {
    int count = 0;
    for (; *text; text++) {
        count += *text == letter;
    }
    return count;
}

START_TEST(test_lines_come_every_5_percent_or_30_seconds) {
    Shown shown;
    begin(&shown, PROGRESS_LINES);
    show(&shown, 21000, 51);
    ck_assert_str_eq(shown.text, "");
    show(&shown, 25000, 55); // 5 % of 100,000 after the first
    ck_assert_int_eq(count_of(shown.text, '\n'), 1);
    ck_assert_ptr_nonnull(
        strstr(shown.text, " 25 %  25,000/100,000 steps  1,000 steps/s  ETA 1:15"));
    ck_assert_ptr_nonnull(strstr(shown.text, "no episode has ended yet"));
    show(&shown, 26000, 84);
    ck_assert_int_eq(count_of(shown.text, '\n'), 1);
    show(&shown, 26000, 86); // 30 s later
    ck_assert_int_eq(count_of(shown.text, '\n'), 2);
    end(&shown);
}
END_TEST

START_TEST(test_new_achievements_are_told_once) {
    Shown shown;
    begin(&shown, PROGRESS_LINES);
    shown.state.episodes = 12;
    shown.figures = (RunFigures){.reward = 2.345, .length = 170.6, .last_score = 3.21};
    shown.state.first_steps[6] = 21000;
    shown.state.first_steps[21] = 24000;
    show(&shown, 25000, 60);
    ck_assert_ptr_nonnull(
        strstr(shown.text,
               "last 12 episodes: reward 2.35  length 171  score 3.2 %  new: wake_up (24,000), "
               "collect_wood (21,000)\n"));
    shown.state.first_steps[0] = 26000;
    show(&shown, 30000, 70);
    ck_assert_ptr_nonnull(strstr(strchr(shown.text, '\n'), "new: collect_coal (26,000)\n"));
    show(&shown, 35000, 80);
    ck_assert_int_eq(strncmp(strrchr(shown.text, '%'), "%\n", 2), 0);
    end(&shown);
}
END_TEST

START_TEST(test_block_is_redrawn_in_place) {
    Shown shown;
    begin(&shown, PROGRESS_BLOCK);
    shown.state.episodes = 500;
    shown.state.first_steps[3] = 21000;
    shown.figures.unlocked = 1;
    show(&shown, 50000, 60);
    ck_assert_int_eq(count_of(shown.text, '\n'), 3);
    ck_assert_ptr_null(strstr(shown.text, "\033[3A"));
    ck_assert_ptr_nonnull(strstr(shown.text, "[############............]  50 %"));
    ck_assert_ptr_nonnull(strstr(shown.text, "last 100 episodes"));
    ck_assert_ptr_nonnull(
        strstr(shown.text, "1 of 22 achievements; newest: collect_iron (21,000)"));
    show(&shown, 50001, 60.1); // too soon
    ck_assert_int_eq(count_of(shown.text, '\n'), 3);
    show(&shown, 60000, 61);
    ck_assert_int_eq(count_of(shown.text, '\n'), 6);
    ck_assert_ptr_nonnull(strstr(shown.text, "\033[3A"));
    end(&shown);
}
END_TEST

START_TEST(test_quiet_is_quiet) {
    Shown shown;
    begin(&shown, PROGRESS_QUIET);
    show(&shown, 50000, 600);
    progress_finish(&shown.progress, 100000, 700, &shown.state, &shown.figures);
    ck_assert_str_eq(shown.text, "");
    end(&shown);
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("runs/progress");
    TCase* tests = tcase_create("progress");
    tcase_add_test(tests, test_numbers);
    tcase_add_test(tests, test_lines_come_every_5_percent_or_30_seconds);
    tcase_add_test(tests, test_new_achievements_are_told_once);
    tcase_add_test(tests, test_block_is_redrawn_in_place);
    tcase_add_test(tests, test_quiet_is_quiet);
    suite_add_tcase(suite, tests);
    return suite;
}
