// Bars in groups, with intervals: side by side, or as rows where the page is narrow.
#include <math.h>
#include <stdlib.h>

#include "viz/chart_picture.h"

enum { COLUMN_PLOT = 260, LANE = 7, THICK_LANE = 16, GROUP_GAP = 7 };
static const double log_low = -2, log_high = 2; // 0.01 to 100
static const double slant = 0.7071;             // of names under columns: 45 degrees

typedef struct Bars {
    const ChartBars* chart;
    ChartBox plot;
    ChartTicks ticks;
    double pitch; // from one group to the next
    size_t lanes; // of a group
} Bars;

// ---------------------------------------------------------------- places
// Share of the axis in [0, 1].
static double share_of(const Bars* bars, double value) {
    double share;
    if (bars->chart->logarithmic) {
        share = value > 0 ? (log10(value) - log_low) / (log_high - log_low) : 0;
    } else {
        share = (value - bars->ticks.low) / (bars->ticks.high - bars->ticks.low);
    }
    return fmin(1, fmax(0, share));
}

// A rectangle from a stretch of the value axis and one across it.
static ChartBox stretch(const Bars* bars, double from, double to, double across, double thick) {
    const ChartBox* plot = &bars->plot;
    double begin = share_of(bars, from), end = share_of(bars, to);
    if (bars->chart->rows) {
        return (ChartBox){plot->x + begin * plot->width, across, (end - begin) * plot->width,
                          thick};
    }
    return (ChartBox){across, plot->y + (1 - end) * plot->height, thick,
                      (end - begin) * plot->height};
}

static double group_begin(const Bars* bars, size_t group) {
    return (bars->chart->rows ? bars->plot.y : bars->plot.x) + (double)group * bars->pitch;
}

// ---------------------------------------------------------------- layout
static size_t lanes_of(const ChartBars* chart) {
    return chart->one_lane || chart->set_count == 0 ? 1 : chart->set_count;
}

static double widest_group(const ChartBars* chart) {
    double widest = 0;
    for (size_t g = 0; g < chart->group_count; g++) {
        widest = fmax(widest, chart_text_width(chart->groups[g], CHART_FONT_SMALL));
    }
    return widest;
}

static size_t list_entries(const ChartBars* chart, ChartEntry* entries) {
    size_t count = 0;
    for (size_t s = 0; s < chart->set_count; s++) {
        if (chart->sets[s].name != NULL) {
            entries[count++] = (ChartEntry){chart->sets[s].name, chart->sets[s].ink, 0, false};
        }
    }
    return count;
}

// Title and legend. picture NULL: only their height.
static double draw_head(ChartPicture* picture, const ChartBars* chart, ChartBox box) {
    ChartEntry* entries = calloc(chart->set_count + 1, sizeof *entries);
    if (entries == NULL) {
        if (picture != NULL) {
            picture->failed = true;
        }
        return 0;
    }
    size_t count = list_entries(chart, entries);
    ChartBox below = {box.x, box.y + 20, box.width, 0};
    double height = 20 + chart_legend(picture, below, entries, count) + 8;
    free(entries);
    if (picture != NULL) {
        char title[CHART_CUT];
        chart_cut_text(chart->title, CHART_FONT, box.width, title);
        chart_label(picture, (ChartLabel){.ink = CHART_TEXT, .size = CHART_FONT, .bold = true},
                    box.x, box.y + 12, title);
    }
    return height;
}

static double row_pitch(const ChartBars* chart) {
    return (double)lanes_of(chart) * (chart->one_lane ? THICK_LANE : LANE) + GROUP_GAP;
}

static double names_height(const ChartBars* chart) {
    return widest_group(chart) * slant + 18;
}

double chart_bars_height(const ChartBars* chart, double width) {
    double head = draw_head(NULL, chart, (ChartBox){0, 0, width, 0});
    if (chart->rows) { // numbers stand below
        return head + fmax(row_pitch(chart), 14) * (double)chart->group_count + 24;
    }
    return head + COLUMN_PLOT + names_height(chart);
}

static ChartTicks value_ticks(const ChartBars* chart) {
    if (chart->logarithmic) {
        return (ChartTicks){.low = 0.01, .high = 100, .value = {0.01, 0.1, 1, 10, 100}, .count = 5};
    }
    double high = 0;
    for (size_t s = 0; s < chart->set_count; s++) {
        const ChartBarSet* set = &chart->sets[s];
        for (size_t g = 0; g < chart->group_count; g++) {
            double end = set->high != NULL && isfinite(set->high[g]) ? set->high[g] : set->value[g];
            high = isfinite(end) ? fmax(high, end) : high;
        }
    }
    return chart_ticks(0, chart->figures ? high * 1.15 : high, 5); // figures need room
}

static Bars lay_out(ChartPicture* picture, ChartBox box, const ChartBars* chart) {
    Bars bars = {.chart = chart, .ticks = value_ticks(chart), .lanes = lanes_of(chart)};
    double head = draw_head(picture, chart, box), count = (double)chart->group_count;
    if (chart->rows) {
        double left = fmin(widest_group(chart), box.width * 0.45) + 8;
        bars.plot = (ChartBox){box.x + left, box.y + head, box.width - left - 14,
                               fmax(10, box.height - head - 24)};
        bars.pitch = bars.plot.height / count;
    } else {
        const double left = 44;
        bars.plot = (ChartBox){box.x + left, box.y + head, box.width - left,
                               fmax(10, box.height - head - names_height(chart))};
        bars.pitch = bars.plot.width / count;
    }
    return bars;
}

// ---------------------------------------------------------------- drawing
static void draw_scale(ChartPicture* picture, const Bars* bars) {
    const ChartBox* plot = &bars->plot;
    ChartLabel look = {.ink = CHART_FAINT, .size = CHART_FONT_SMALL};
    for (int t = 0; t < bars->ticks.count; t++) {
        char text[32];
        chart_format(bars->ticks.value[t], text);
        double share = share_of(bars, bars->ticks.value[t]);
        if (bars->chart->rows) {
            double x = plot->x + share * plot->width, bottom = plot->y + plot->height;
            chart_segment(picture, CHART_GRID, 1, (ChartPoint){x, plot->y},
                          (ChartPoint){x, bottom});
            look.anchor = CHART_MIDDLE;
            chart_label(picture, look, x, bottom + 16, text);
        } else {
            double y = plot->y + (1 - share) * plot->height;
            chart_segment(picture, CHART_GRID, 1, (ChartPoint){plot->x, y},
                          (ChartPoint){plot->x + plot->width, y});
            look.anchor = CHART_END;
            chart_label(picture, look, plot->x - 6, y + 4, text);
        }
    }
}

static void draw_names(ChartPicture* picture, const Bars* bars, double left) {
    const ChartBars* chart = bars->chart;
    ChartLabel look = {.ink = CHART_TEXT, .size = CHART_FONT_SMALL, .anchor = CHART_END};
    for (size_t g = 0; g < chart->group_count; g++) {
        double middle = group_begin(bars, g) + bars->pitch / 2;
        char name[CHART_CUT];
        if (chart->rows) {
            chart_cut_text(chart->groups[g], CHART_FONT_SMALL, bars->plot.x - left - 6, name);
            chart_label(picture, look, bars->plot.x - 6, middle + 4, name);
        } else {
            look.angle = -45;
            // Names slant down to the left: the first ones must end inside the picture.
            chart_cut_text(chart->groups[g], CHART_FONT_SMALL, (middle - left) / slant, name);
            chart_label(picture, look, middle + 4, bars->plot.y + bars->plot.height + 14, name);
        }
    }
}

static void draw_interval(ChartPicture* picture, const Bars* bars, const ChartBarSet* set, size_t g,
                          double middle) {
    if (set->low == NULL || !isfinite(set->low[g]) || !isfinite(set->high[g]) ||
        !(set->high[g] > set->low[g])) {
        return;
    }
    ChartBox line = stretch(bars, set->low[g], set->high[g], middle, 0);
    chart_segment(picture, CHART_TEXT, 1.2, (ChartPoint){line.x, line.y},
                  (ChartPoint){line.x + line.width, line.y + line.height});
}

static void draw_figure(ChartPicture* picture, const Bars* bars, const ChartBarSet* set, size_t g,
                        double middle) {
    char text[64];
    double end = set->value[g];
    snprintf(text, sizeof text, "%.1f", set->value[g]);
    if (set->high != NULL && set->high[g] > set->value[g]) {
        snprintf(text, sizeof text, "%.1f ± %.1f", set->value[g], set->high[g] - set->value[g]);
        end = set->high[g];
    }
    ChartBox box = stretch(bars, 0, end, middle, 0);
    chart_label(picture, (ChartLabel){.ink = CHART_TEXT, .size = CHART_FONT_SMALL},
                box.x + box.width + 6, middle + 4, text);
}

static void draw_group(ChartPicture* picture, const Bars* bars, size_t g) {
    const ChartBars* chart = bars->chart;
    double gap = fmin(GROUP_GAP, bars->pitch * 0.25);
    double thick = (bars->pitch - gap) / (double)bars->lanes;
    for (size_t s = 0; s < chart->set_count; s++) {
        const ChartBarSet* set = &chart->sets[s];
        if (!isfinite(set->value[g])) {
            continue;
        }
        size_t lane = chart->one_lane ? 0 : s;
        double across = group_begin(bars, g) + gap / 2 + (double)lane * thick;
        double shown = thick > 4 ? thick - 1 : thick; // a little air between bars
        double low = chart->logarithmic ? 0.01 : 0;
        chart_rectangle(picture, set->ink, 1, stretch(bars, low, set->value[g], across, shown));
        draw_interval(picture, bars, set, g, across + shown / 2);
        if (chart->figures && chart->rows) {
            draw_figure(picture, bars, set, g, across + shown / 2);
        }
    }
}

// What the pointer is told over a group.
static void draw_hover(ChartPicture* picture, const Bars* bars, size_t g) {
    const ChartBars* chart = bars->chart;
    char text[1024];
    size_t used = (size_t)snprintf(text, sizeof text, "%.100s", chart->groups[g]);
    for (size_t s = 0; s < chart->set_count && used + 140 < sizeof text; s++) {
        const ChartBarSet* set = &chart->sets[s];
        if (!isfinite(set->value[g]) || set->name == NULL) {
            continue;
        }
        used += (size_t)snprintf(text + used, sizeof text - used, "\n%.80s: %.2f", set->name,
                                 set->value[g]);
        if (set->high != NULL && set->high[g] > set->value[g]) {
            used += (size_t)snprintf(text + used, sizeof text - used, " ± %.2f",
                                     set->high[g] - set->value[g]);
        }
    }
    ChartBox box = bars->plot;
    if (chart->rows) {
        box.y = group_begin(bars, g), box.height = bars->pitch;
    } else {
        box.x = group_begin(bars, g), box.width = bars->pitch;
    }
    chart_hover(picture, box, text);
}

void chart_draw_bars(ChartPicture* picture, ChartBox box, const ChartBars* chart) {
    if (chart->group_count == 0) {
        return;
    }
    Bars bars = lay_out(picture, box, chart);
    draw_scale(picture, &bars);
    draw_names(picture, &bars, box.x);
    for (size_t g = 0; g < chart->group_count; g++) {
        draw_group(picture, &bars, g);
    }
    for (size_t g = 0; g < chart->group_count; g++) {
        draw_hover(picture, &bars, g);
    }
}
