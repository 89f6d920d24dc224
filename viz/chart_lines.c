// Lines with bands over a common axis.
#include <math.h>
#include <stdlib.h>

#include "viz/chart_picture.h"

typedef struct Frame {
    ChartBox plot; // inside the axes
    ChartTicks x, y;
} Frame;

static double place_x(const Frame* frame, double x) {
    double share = (x - frame->x.low) / (frame->x.high - frame->x.low);
    return frame->plot.x + share * frame->plot.width;
}

static double place_y(const Frame* frame, double y) {
    double share = (y - frame->y.low) / (frame->y.high - frame->y.low);
    return frame->plot.y + (1 - share) * frame->plot.height;
}

static void include(double value, double* low, double* high) {
    if (isfinite(value)) {
        *low = fmin(*low, value);
        *high = fmax(*high, value);
    }
}

static ChartTicks y_ticks(const ChartLines* chart, double height) {
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < chart->line_count; i++) {
        const ChartLine* line = &chart->lines[i];
        for (size_t p = 0; p < line->count; p++) {
            include(line->y[p], &low, &high);
            if (line->low != NULL && isfinite(line->y[p])) {
                include(line->low[p], &low, &high);
                include(line->high[p], &low, &high);
            }
        }
    }
    if (chart->from_zero) {
        include(0, &low, &high);
    }
    if (!(low <= high)) {
        low = 0, high = 1; // nothing to show
    }
    return chart_ticks(low, high, height > 220 ? 5 : 4);
}

// Whether there is anything to see of a series, be it only single seeds.
static bool is_shown(const ChartLines* chart, size_t series) {
    for (size_t i = 0; i < chart->line_count; i++) {
        const ChartLine* line = &chart->lines[i];
        for (size_t p = 0; line->series == series && p < line->count; p++) {
            if (isfinite(line->y[p])) {
                return true;
            }
        }
    }
    return false;
}

static size_t list_entries(const ChartLines* chart, ChartEntry* entries) {
    size_t count = 0;
    for (size_t i = 0; i < chart->line_count; i++) {
        const ChartLine* line = &chart->lines[i];
        if (line->name != NULL && is_shown(chart, line->series)) {
            entries[count++] = (ChartEntry){line->name, chart_series_ink(line->series),
                                            chart_series_dash(line->series), true};
        }
    }
    return count;
}

// Title and legend above, numbers left and below.
static Frame lay_out(ChartPicture* picture, ChartBox box, const ChartLines* chart,
                     const ChartEntry* entries, size_t entry_count) {
    char title[CHART_CUT], text[32];
    chart_cut_text(chart->title, CHART_FONT, box.width, title);
    chart_label(picture, (ChartLabel){.ink = CHART_TEXT, .size = CHART_FONT, .bold = true}, box.x,
                box.y + 12, title);
    ChartBox below = {box.x, box.y + 20, box.width, 0};
    double top = below.y + chart_legend(picture, below, entries, entry_count) + 8;
    const double foot = chart->x_name[0] != '\0' ? 38 : 22;
    Frame frame = {.y = y_ticks(chart, box.height)};
    double widest = 0;
    for (int t = 0; t < frame.y.count; t++) {
        chart_format(frame.y.value[t], text);
        widest = fmax(widest, chart_text_width(text, CHART_FONT_SMALL));
    }
    frame.plot = (ChartBox){box.x + widest + 8, top, box.width - widest - 8 - 12,
                            fmax(20, box.y + box.height - foot - top)};
    frame.x = chart_ticks(0, chart->x_end, frame.plot.width > 420 ? 8 : 4);
    // Data to the very edge, or a little further to a round number.
    if (frame.x.high > chart->x_end * 1.04) {
        frame.x.high = chart->x_end;
    }
    return frame;
}

static void draw_axes(ChartPicture* picture, const Frame* frame, const char* x_name) {
    const ChartBox* plot = &frame->plot;
    const double right = plot->x + plot->width, bottom = plot->y + plot->height;
    ChartLabel look = {.ink = CHART_FAINT, .size = CHART_FONT_SMALL, .anchor = CHART_END};
    char text[32];
    for (int t = 0; t < frame->y.count; t++) {
        double y = place_y(frame, frame->y.value[t]);
        chart_segment(picture, CHART_GRID, 1, (ChartPoint){plot->x, y}, (ChartPoint){right, y});
        chart_format(frame->y.value[t], text);
        chart_label(picture, look, plot->x - 6, y + 4, text);
    }
    look.anchor = CHART_MIDDLE;
    for (int t = 0; t < frame->x.count; t++) {
        double x = place_x(frame, frame->x.value[t]);
        if (x > right + 0.5) {
            break;
        }
        chart_segment(picture, CHART_FAINT, 1, (ChartPoint){x, bottom},
                      (ChartPoint){x, bottom + 4});
        chart_format(frame->x.value[t], text);
        chart_label(picture, look, x, bottom + 17, text);
    }
    if (x_name[0] != '\0') {
        chart_label(picture, look, plot->x + plot->width / 2, bottom + 33, x_name);
    }
    chart_segment(picture, CHART_FAINT, 1, (ChartPoint){plot->x, bottom},
                  (ChartPoint){right, bottom});
}

static bool is_known(const ChartLine* line, size_t point) {
    return isfinite(line->y[point]) && isfinite(line->x[point]);
}

// One past the last point of the stretch that begins at `first`.
static size_t stretch_end(const ChartLine* line, size_t first) {
    size_t end = first;
    while (end < line->count && (line->sparse || is_known(line, end))) {
        end++;
    }
    return end;
}

static void draw_band(ChartPicture* picture, const Frame* frame, const ChartLine* line,
                      size_t first, size_t end) {
    chart_area(picture, chart_series_ink(line->series), 0.18);
    for (size_t p = first; p < end; p++) {
        if (is_known(line, p) && isfinite(line->high[p])) {
            chart_point(picture, place_x(frame, line->x[p]), place_y(frame, line->high[p]));
        }
    }
    for (size_t p = end; p-- > first;) {
        if (is_known(line, p) && isfinite(line->low[p])) {
            chart_point(picture, place_x(frame, line->x[p]), place_y(frame, line->low[p]));
        }
    }
}

static void draw_stretch(ChartPicture* picture, const Frame* frame, const ChartLine* line,
                         size_t first, size_t end) {
    ChartInk ink = chart_series_ink(line->series);
    size_t known = 0, last = first;
    for (size_t p = first; p < end; p++) {
        known += is_known(line, p);
        last = is_known(line, p) ? p : last;
    }
    if (known == 1) { // a line of one point would not be seen
        chart_dot(picture, ink, line->thin ? 2 : 3, place_x(frame, line->x[last]),
                  place_y(frame, line->y[last]));
    } else if (known > 1) {
        if (line->low != NULL) {
            draw_band(picture, frame, line, first, end);
        }
        chart_path(picture, ink, line->thin ? 0.8 : 2,
                   line->thin ? 0 : chart_series_dash(line->series));
        for (size_t p = first; p < end; p++) {
            if (is_known(line, p)) {
                chart_point(picture, place_x(frame, line->x[p]), place_y(frame, line->y[p]));
            }
        }
    }
}

static void draw_line(ChartPicture* picture, const Frame* frame, const ChartLine* line) {
    for (size_t first = 0; first < line->count; first++) {
        size_t end = stretch_end(line, first);
        if (end > first) {
            draw_stretch(picture, frame, line, first, end);
            first = end;
        }
    }
}

static void draw_notes(ChartPicture* picture, const Frame* frame, const ChartLines* chart) {
    double begin = frame->plot.x;
    for (size_t n = 0; n < chart->note_count; n++) {
        double here = place_x(frame, chart->notes[n].x);
        double next = n + 1 < chart->note_count ? place_x(frame, chart->notes[n + 1].x) : here;
        double end =
            n + 1 < chart->note_count ? (here + next) / 2 : frame->plot.x + frame->plot.width;
        ChartBox box = {begin, frame->plot.y, fmax(0, end - begin), frame->plot.height};
        chart_hover(picture, box, chart->notes[n].text);
        begin = end;
    }
}

void chart_draw_lines(ChartPicture* picture, ChartBox box, const ChartLines* chart) {
    ChartEntry* entries = calloc(chart->line_count + 1, sizeof *entries);
    if (entries == NULL) {
        picture->failed = true;
        return;
    }
    size_t entry_count = list_entries(chart, entries);
    Frame frame = lay_out(picture, box, chart, entries, entry_count);
    free(entries);
    draw_axes(picture, &frame, chart->x_name);
    for (size_t i = 0; i < chart->line_count; i++) {
        draw_line(picture, &frame, &chart->lines[i]);
    }
    draw_notes(picture, &frame, chart);
}
