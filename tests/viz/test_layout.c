// Proves viz/layout.c: at any size nothing overlaps, nothing leaves the window, and the art is
// enlarged by whole numbers.
#include <check.h>

#include "tests/suite.h"
#include "viz/layout.h"

static LayoutNeeds needs_of(int32_t width, int32_t height, double scale, bool agent) {
    LayoutNeeds needs = {.width = width,
                         .height = height,
                         .scale = scale,
                         .view_columns = 9,
                         .view_rows = 7,
                         .area_width = 64,
                         .area_height = 64};
    for (int i = 0; i < PANEL_COUNT; i++) {
        needs.has[i] = agent || (i != PANEL_EXPECTS && i != PANEL_ACTIONS && i != PANEL_VALUE &&
                                 i != PANEL_ENTROPY);
    }
    return needs;
}

static bool apart(const Box* a, const Box* b) {
    return a->width == 0 || b->width == 0 || a->x + a->width <= b->x || b->x + b->width <= a->x ||
           a->y + a->height <= b->y || b->y + b->height <= a->y;
}

static bool within(const Box* inner, const Box* outer) {
    return inner->width == 0 || (inner->x >= outer->x && inner->y >= outer->y &&
                                 inner->x + inner->width <= outer->x + outer->width &&
                                 inner->y + inner->height <= outer->y + outer->height);
}

static void check_layout(const LayoutNeeds* needs) {
    Layout layout;
    layout_make(needs, &layout);
    const Box window = {0, 0, needs->width, needs->height};
    for (int i = 0; i < PANEL_COUNT; i++) {
        ck_assert_msg(within(&layout.panel[i], &window), "%d x %d, scale %g: panel %d leaves it",
                      needs->width, needs->height, needs->scale, i);
        ck_assert_msg(layout.panel[i].width == 0 || needs->has[i], "panel %d has nothing to show",
                      i);
        for (int j = 0; j < i; j++) {
            ck_assert_msg(apart(&layout.panel[i], &layout.panel[j]),
                          "%d x %d, scale %g: panels %d and %d overlap", needs->width,
                          needs->height, needs->scale, i, j);
        }
    }
    for (int i = 0; i < CONTROL_COUNT; i++) {
        ck_assert(within(&layout.control[i], &layout.panel[PANEL_CONTROLS]));
        for (int j = 0; j < i; j++) {
            ck_assert_msg(apart(&layout.control[i], &layout.control[j]),
                          "%d x %d, scale %g: buttons %d and %d overlap", needs->width,
                          needs->height, needs->scale, i, j);
        }
    }
    ck_assert(within(&layout.track, &layout.panel[PANEL_TIMELINE]));
    ck_assert(within(&layout.world, &layout.panel[PANEL_WORLD]));
    ck_assert(layout.zoom == 1 || layout.cell == LAYOUT_CELL);
    ck_assert_int_eq(layout.world.width % needs->view_columns, 0);
}

START_TEST(nothing_overlaps_at_any_size) {
    for (int32_t width = 480; width <= 2600; width += 97) {
        for (int32_t height = 360; height <= 1700; height += 83) {
            for (int agent = 0; agent < 2; agent++) {
                LayoutNeeds needs = needs_of(width, height, layout_scale(width, height, 1), agent);
                check_layout(&needs);
                needs.view_columns = 17, needs.view_rows = 11;
                check_layout(&needs);
            }
        }
    }
}
END_TEST

START_TEST(nothing_overlaps_at_any_scale) {
    for (double scale = 0.5; scale <= 2; scale += 0.125) {
        for (int agent = 0; agent < 2; agent++) {
            const LayoutNeeds needs = needs_of(1280, 800, scale, agent);
            check_layout(&needs);
        }
    }
}
END_TEST

// The sizes that people have: everything is there.
START_TEST(common_sizes_show_every_panel) {
    static const int32_t sizes[][2] = {{1280, 800},  {1366, 768},  {1440, 900},
                                       {1920, 1080}, {2560, 1440}, {3840, 2160}};
    const int32_t width = sizes[_i][0], height = sizes[_i][1];
    const LayoutNeeds needs = needs_of(width, height, layout_scale(width, height, 1), true);
    Layout layout;
    layout_make(&needs, &layout);
    for (int i = 0; i < PANEL_COUNT; i++) {
        ck_assert_msg(layout.panel[i].width > 0 || (i == PANEL_ENTROPY && height < 800),
                      "%d x %d: panel %d is missing", width, height, i);
    }
    ck_assert_int_ge(layout.world.width, width * 2 / 5);
}
END_TEST

START_TEST(the_smallest_window_enlarges_the_world) {
    const LayoutNeeds needs = needs_of(480, 360, layout_scale(480, 360, 1), true);
    Layout layout;
    layout_make(&needs, &layout);
    ck_assert_int_eq(layout.zoom, 2);
}
END_TEST

START_TEST(the_bar_and_its_steps_agree) {
    const Box bar = {20, 0, 500, 8};
    for (int64_t length = 1; length <= 400; length += 7) {
        for (int64_t step = 0; step <= length;
             step++) { // as long as steps have a pixel of their own
            ck_assert_int_eq(layout_step_at(&bar, length, layout_x_of(&bar, length, step)), step);
        }
    }
    ck_assert_int_eq(layout_step_at(&bar, 10000, -50), 0);
    ck_assert_int_eq(layout_step_at(&bar, 10000, 519), 10000);
    ck_assert_int_eq(layout_step_at(&bar, 10000, 9999), 10000);
    ck_assert_int_eq(layout_x_of(&bar, 0, 0), 20);
}
END_TEST

START_TEST(scale_follows_the_display) {
    ck_assert_double_eq(layout_scale(640, 480, 1), 1);
    ck_assert_double_eq(layout_scale(1280, 800, 1), 1);
    ck_assert_double_eq(layout_scale(1920, 1080, 1), 1.25);
    ck_assert_double_eq(layout_scale(2560, 1600, 2), 2); // the same window on a dense display
}
END_TEST

Suite* suite(void) {
    Suite* made = suite_create("layout");
    TCase* tests = tcase_create("layout");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, nothing_overlaps_at_any_size);
    tcase_add_test(tests, nothing_overlaps_at_any_scale);
    tcase_add_loop_test(tests, common_sizes_show_every_panel, 0, 6);
    tcase_add_test(tests, the_smallest_window_enlarges_the_world);
    tcase_add_test(tests, the_bar_and_its_steps_agree);
    tcase_add_test(tests, scale_follows_the_display);
    suite_add_tcase(made, tests);
    return made;
}
