// What the agent says: action probabilities, value and entropy over time, what it expects next.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "viz/scene.h"
#include "viz/theme.h"

// ---------------------------------------------------------------- probabilities
static void action_row(Canvas* canvas, const Box* row, const Thought* thought, int32_t action,
                       bool next) {
    char name[64], percent[16] = "\u2013";
    panel_name(cairn_action_name(action), name);
    const double p = thought->has_probability ? thought->probability[action] : 0;
    if (thought->has_probability) {
        snprintf(percent, sizeof percent, p < 0.0995 ? "%.1f" : "%.0f", 100 * p);
    }
    const uint32_t color = next ? COLOR_ACCENT : p >= 0.01 ? COLOR_TEXT : COLOR_FAINT;
    const int32_t text = canvas_text_height(canvas, TEXT_SMALL);
    const int32_t y = row->y + (row->height - text) / 2;
    const int32_t label = canvas_text_width(canvas, TEXT_SMALL, "Make stone pickaxe  ");
    const int32_t number = canvas_text_width(canvas, TEXT_SMALL, "100.0");
    canvas_text_in(canvas, TEXT_SMALL, row->x, y, label, color, name);
    canvas_text_right(canvas, TEXT_SMALL, row->x + row->width, y, color, percent);
    const int32_t height = canvas_px(canvas, 6);
    Box bar = {row->x + label, row->y + (row->height - height) / 2, row->width - label - number,
               height};
    if (bar.width > 0) {
        canvas_fill(canvas, bar, COLOR_RAISED);
        bar.width = (int32_t)lround(bar.width * p);
        canvas_fill(canvas, bar, next ? COLOR_ACCENT : COLOR_SOFT);
    }
}

void panel_actions(Canvas* canvas, const Box* box, const Scene* scene) {
    const Moment* moment = &scene->moment;
    char next[64], right[96] = "";
    if (moment->next_action >= 0) {
        panel_name(cairn_action_name(moment->next_action), next);
        snprintf(right, sizeof right, "next: %s", next);
    }
    const Box inner = panel_title(canvas, box, "Actions, %", right);
    for (int32_t a = 0; a < CAIRN_ACTIONS; a++) {
        const int32_t top = inner.height * a / CAIRN_ACTIONS;
        const Box row = {inner.x, inner.y + top, inner.width,
                         inner.height * (a + 1) / CAIRN_ACTIONS - top};
        action_row(canvas, &row, &moment->thought, a, a == moment->next_action);
    }
}

// ---------------------------------------------------------------- expectations
static void expectation(Canvas* canvas, const Box* row, const Scene* scene, int32_t place) {
    const Thought* thought = &scene->moment.thought;
    const int32_t a = thought->has_expects ? thought->expects[place] : THOUGHT_NOTHING;
    const int32_t y = row->y + (row->height - canvas_text_height(canvas, TEXT_BODY)) / 2;
    if (a == THOUGHT_NOTHING) {
        canvas_text(canvas, TEXT_BODY, row->x, y, COLOR_FAINT, "\u2013");
        return;
    }
    char name[64], number[16];
    panel_name(cairn_achievement_name(a), name);
    const bool done = scene->moment.unlocked >> a & 1;
    int32_t end = row->x + row->width;
    if (thought->has_similarity) {
        const double similarity = thought->similarity[place];
        snprintf(number, sizeof number, "%.2f", similarity);
        canvas_text_right(canvas, TEXT_BODY, end, y, COLOR_TEXT, number);
        end -= canvas_text_width(canvas, TEXT_BODY, "-0.00") + canvas_px(canvas, 8);
        const int32_t width = row->width / 3, height = canvas_px(canvas, 6);
        Box bar = {end - width, row->y + (row->height - height) / 2, width, height};
        canvas_fill(canvas, bar, COLOR_RAISED);
        bar.width = (int32_t)lround(width * fmax(similarity, 0));
        canvas_fill(canvas, bar, COLOR_GOLD);
        end -= width + canvas_px(canvas, 8);
    }
    canvas_text_in(canvas, TEXT_BODY, row->x, y, end - row->x, done ? COLOR_SOFT : COLOR_TEXT,
                   name);
}

void panel_expects(Canvas* canvas, const Box* box, const Scene* scene) {
    const Box inner = panel_title(canvas, box, "Expects next",
                                  scene->session->parts.has_similarity ? "similarity" : NULL);
    for (int32_t i = 0; i < THOUGHT_EXPECTS; i++) {
        const int32_t top = inner.height * i / THOUGHT_EXPECTS;
        const Box row = {inner.x, inner.y + top, inner.width,
                         inner.height * (i + 1) / THOUGHT_EXPECTS - top};
        expectation(canvas, &row, scene, i);
    }
}

// ---------------------------------------------------------------- curves
typedef struct Chart {
    Box box;
    const CurveColumns* curve;
    double low, high; // of the axis
} Chart;

static double y_of(const Chart* chart, double value) {
    const double share = (value - chart->low) / (chart->high - chart->low);
    return chart->box.y + (1 - share) * (chart->box.height - 2) + 1;
}

static void draw_curve(Canvas* canvas, const Chart* chart, uint32_t color) {
    const double width = fmax(1.25, 1.25 * canvas->scale);
    double last_x = 0, last_y = NAN;
    for (int32_t i = 0; i < chart->curve->columns; i++) {
        if (isnan(chart->curve->low[i])) {
            continue; // a column between two steps: the line passes through it
        }
        const double x = chart->box.x + i + 0.5;
        const double low = y_of(chart, chart->curve->low[i]);
        const double high = y_of(chart, chart->curve->high[i]);
        if (!isnan(last_y)) {
            canvas_line(canvas, last_x, last_y, x, (low + high) / 2, width, color);
        }
        if (low - high > width) {
            canvas_line(canvas, x, high, x, low, width, color);
        }
        last_x = x, last_y = (low + high) / 2;
    }
}

static void chart_axis(Canvas* canvas, Chart* chart) {
    char low[16], high[16];
    snprintf(low, sizeof low, "%.1f", chart->low);
    snprintf(high, sizeof high, "%.1f", chart->high);
    const int32_t height = canvas_text_height(canvas, TEXT_SMALL);
    canvas_fill(canvas, (Box){chart->box.x, chart->box.y, chart->box.width, 1}, COLOR_LINE);
    canvas_fill(canvas,
                (Box){chart->box.x, chart->box.y + chart->box.height - 1, chart->box.width, 1},
                COLOR_LINE);
    const int32_t x = chart->box.x + chart->box.width + canvas_px(canvas, 6);
    canvas_text(canvas, TEXT_SMALL, x, chart->box.y, COLOR_SOFT, high);
    canvas_text(canvas, TEXT_SMALL, x, chart->box.y + chart->box.height - height, COLOR_SOFT, low);
}

static void draw_chart(Canvas* canvas, const Box* inner, const Scene* scene, Curve which,
                       bool has_now, double now, uint32_t color) {
    const CurveColumns* curve = &scene->curve[which];
    Chart chart = {.box = *inner, .curve = curve};
    chart.box.width = curve->columns;
    if (curve->columns == 0 || !(curve->least <= curve->most)) {
        return;
    }
    const double room = fmax((double)(curve->most - curve->least) * 0.06, 0.05);
    chart.low = floor((curve->least - room) * 10) / 10;
    chart.high = ceil((curve->most + room) * 10) / 10;
    chart_axis(canvas, &chart);
    const int32_t x = layout_x_of(&chart.box, curve->length, scene->moment.step);
    canvas_fill(canvas, (Box){x, chart.box.y, 1, chart.box.height}, COLOR_FAINT);
    draw_curve(canvas, &chart, color);
    if (has_now) {
        canvas_diamond(canvas, x, (int32_t)lround(y_of(&chart, now)), canvas_px(canvas, 4),
                       COLOR_TEXT);
    }
}

void panel_value(Canvas* canvas, const Box* box, const Scene* scene) {
    const Thought* thought = &scene->moment.thought;
    char text[32] = "";
    if (thought->has_value) {
        snprintf(text, sizeof text, "%.2f", (double)thought->value);
    }
    const Box inner = panel_title(canvas, box, "Value", text);
    draw_chart(canvas, &inner, scene, CURVE_VALUE, thought->has_value, (double)thought->value,
               COLOR_ACCENT);
}

void panel_entropy(Canvas* canvas, const Box* box, const Scene* scene) {
    const Thought* thought = &scene->moment.thought;
    char text[32] = "";
    if (thought->has_entropy) {
        snprintf(text, sizeof text, "%.2f nats", (double)thought->entropy);
    }
    const Box inner = panel_title(canvas, box, "Entropy", text);
    draw_chart(canvas, &inner, scene, CURVE_ENTROPY, thought->has_entropy, (double)thought->entropy,
               COLOR_VIOLET);
}
