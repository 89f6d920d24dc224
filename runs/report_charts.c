// The charts of a report, from its figures and curves.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runs/published.h"
#include "runs/report_detail.h"
#include "runs/run_folder.h"
#include "viz/charts.h"

enum {
    NAME = 128,
    NOTE = 1024,
    NOTE_EVERY = 2,
    PANEL_WIDTH = 400,
    PANEL_HEIGHT = 250,
    FILE_MARGIN = 16
};

const char* const report_chart_names[REPORT_CHARTS] = {"spectrum", "comparison", "score",
                                                       "reward",   "length",     "losses"};

static void read_name(const char* underscored, char name[NAME]) {
    snprintf(name, NAME, "%s", underscored);
    for (char* at = name; *at != '\0'; at++) {
        *at = *at == '_' ? ' ' : *at;
    }
}

// ---------------------------------------------------------------- bars
typedef struct BarData { // what ChartBars points into
    size_t set_count, group_count;
    ChartBarSet* sets;
    const char** groups;
    char (*names)[NAME]; // of groups, or of sets
    double* values;      // [set_count, 3, group_count] value, low, high
} BarData;

static void free_bars(BarData* data) {
    free(data->sets);
    free(data->groups);
    free(data->names);
    free(data->values);
}

static bool create_bars(BarData* data, size_t set_count, size_t group_count) {
    *data = (BarData){.set_count = set_count,
                      .group_count = group_count,
                      .sets = calloc(set_count, sizeof *data->sets),
                      .groups = calloc(group_count, sizeof *data->groups),
                      .names = calloc(group_count, sizeof *data->names),
                      .values = calloc(3 * set_count * group_count, sizeof *data->values)};
    if (!data->sets || !data->groups || !data->names || !data->values) {
        free_bars(data);
        return false;
    }
    for (size_t i = 0; i < 3 * set_count * group_count; i++) {
        data->values[i] = NAN;
    }
    for (size_t s = 0; s < set_count; s++) {
        double* first = data->values + 3 * s * group_count;
        data->sets[s] = (ChartBarSet){
            .value = first, .low = first + group_count, .high = first + 2 * group_count};
    }
    for (size_t g = 0; g < group_count; g++) {
        data->groups[g] = data->names[g];
    }
    return true;
}

// spread NaN or 0: no interval.
static void set_bar(BarData* data, size_t set, size_t group, double value, double spread) {
    double* first = data->values + 3 * set * data->group_count;
    first[group] = value;
    if (spread > 0) {
        first[data->group_count + group] = value - spread;
        first[2 * data->group_count + group] = value + spread;
    }
}

static ChartPicture* draw_bars(const ChartBars* chart, double width, double margin) {
    double inner = width - 2 * margin, height = chart_bars_height(chart, inner);
    ChartPicture* picture = chart_picture_create(width, height + 2 * margin);
    if (picture != NULL) {
        chart_draw_bars(picture, (ChartBox){margin, margin, inner, height}, chart);
    }
    return picture;
}

static ChartPicture* draw_spectrum(const ReportDetail* detail, double width, double margin) {
    const Report* report = detail->report;
    size_t published_count = 0;
    const PublishedRates* published = published_rates(&published_count);
    BarData data;
    if (!create_bars(&data, report->agent_count + published_count, CAIRN_ACHIEVEMENTS)) {
        return NULL;
    }
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        read_name(cairn_achievement_name(k), data.names[k]);
    }
    for (size_t s = 0; s < data.set_count; s++) {
        bool own = s < report->agent_count;
        const ReportAgent* agent = own ? &report->agents[s] : NULL;
        const PublishedRates* other = own ? NULL : &published[s - report->agent_count];
        data.sets[s].name = own ? agent->name : other->name;
        data.sets[s].ink =
            own ? chart_series_ink(s) : (ChartInk)(CHART_OTHER_1 + (s - report->agent_count) % 2);
        for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
            set_bar(&data, s, (size_t)k, own ? agent->mean[REPORT_RATES + k] : other->rate[k],
                    own ? agent->deviation[REPORT_RATES + k] : NAN);
        }
    }
    ChartBars chart = {.title = "Success rate (%, logarithmic)",
                       .logarithmic = true,
                       .rows = width < 640,
                       .groups = data.groups,
                       .group_count = data.group_count,
                       .sets = data.sets,
                       .set_count = data.set_count};
    ChartPicture* picture = draw_bars(&chart, width, margin);
    free_bars(&data);
    return picture;
}

// Own agents and published ones in order of score.
typedef struct Ranked {
    const char* name;
    double score, spread;
    size_t set;
} Ranked;

static int by_score(const void* a, const void* b) {
    double first = ((const Ranked*)a)->score, second = ((const Ranked*)b)->score;
    return (first < second) - (first > second);
}

static ChartPicture* draw_comparison(const ReportDetail* detail, double width, double margin) {
    const Report* report = detail->report;
    size_t published_count = 0, own = report->agent_count;
    const PublishedAgent* published = published_agents(&published_count);
    BarData data;
    Ranked* ranked = calloc(own + published_count, sizeof *ranked);
    if (ranked == NULL || !create_bars(&data, own + 1, own + published_count)) {
        free(ranked);
        return NULL;
    }
    for (size_t a = 0; a < own; a++) {
        const ReportAgent* agent = &report->agents[a];
        ranked[a] =
            (Ranked){agent->name, agent->mean[REPORT_SCORE], agent->deviation[REPORT_SCORE], a};
        data.sets[a].ink = chart_series_ink(a);
    }
    for (size_t p = 0; p < published_count; p++) {
        ranked[own + p] =
            (Ranked){published[p].name, published[p].score, published[p].score_spread, own};
    }
    data.sets[own].ink = CHART_OTHER_1;
    qsort(ranked, data.group_count, sizeof *ranked, by_score);
    for (size_t g = 0; g < data.group_count; g++) {
        snprintf(data.names[g], NAME, "%s", ranked[g].name);
        set_bar(&data, ranked[g].set, g, ranked[g].score, ranked[g].spread);
    }
    ChartBars chart = {.title = "Score (%)",
                       .rows = true,
                       .one_lane = true,
                       .figures = true,
                       .groups = data.groups,
                       .group_count = data.group_count,
                       .sets = data.sets,
                       .set_count = data.set_count};
    ChartPicture* picture = draw_bars(&chart, width, margin);
    free_bars(&data);
    free(ranked);
    return picture;
}

ChartPicture* report_draw_bars(const ReportDetail* detail, ReportChart chart, double width,
                               double margin) {
    return chart == REPORT_CHART_SPECTRUM ? draw_spectrum(detail, width, margin)
                                          : draw_comparison(detail, width, margin);
}

// ---------------------------------------------------------------- curves
typedef struct LineData { // what ChartLines points into
    ChartLine* lines;     // agents' means, and their seeds
    double *low, *high;   // [agent_count, REPORT_POINTS]
    ChartNote* notes;
    char (*texts)[NOTE];
    size_t line_count, note_count;
} LineData;

static void free_lines(LineData* data) {
    free(data->lines);
    free(data->low);
    free(data->high);
    free(data->notes);
    free(data->texts);
}

static bool create_lines(const Report* report, LineData* data) {
    size_t points = report->agent_count * REPORT_POINTS;
    *data = (LineData){.lines = calloc(report->agent_count + report->run_count, sizeof(ChartLine)),
                       .low = calloc(points, sizeof(double)),
                       .high = calloc(points, sizeof(double)),
                       .notes = calloc(REPORT_POINTS, sizeof(ChartNote)),
                       .texts = calloc(REPORT_POINTS, sizeof *data->texts)};
    bool fine = data->lines && data->low && data->high && data->notes && data->texts;
    if (!fine) {
        free_lines(data);
    }
    return fine;
}

// Seeds first, so that means lie over them.
static void add_lines(const ReportDetail* detail, int curve, LineData* data) {
    const Report* report = detail->report;
    for (size_t a = 0; a < report->agent_count; a++) {
        const ReportAgent* agent = &report->agents[a];
        for (size_t r = agent->first; r < agent->first + agent->count && agent->count > 1; r++) {
            data->lines[data->line_count++] = (ChartLine){.series = a,
                                                          .thin = true,
                                                          .sparse = curve >= REPORT_CURVE_METRICS,
                                                          .count = REPORT_POINTS,
                                                          .x = detail->step,
                                                          .y = detail->runs[r].curve[curve]};
        }
    }
    for (size_t a = 0; a < report->agent_count; a++) {
        const ReportAgentDetail* agent = &detail->agents[a];
        double *low = data->low + a * REPORT_POINTS, *high = data->high + a * REPORT_POINTS;
        for (int p = 0; p < REPORT_POINTS; p++) {
            low[p] = agent->mean[curve][p] - agent->deviation[curve][p];
            high[p] = agent->mean[curve][p] + agent->deviation[curve][p];
        }
        bool band = report->agents[a].count > 1;
        data->lines[data->line_count++] = (ChartLine){.name = report->agents[a].name,
                                                      .series = a,
                                                      .sparse = curve >= REPORT_CURVE_METRICS,
                                                      .count = REPORT_POINTS,
                                                      .x = detail->step,
                                                      .y = agent->mean[curve],
                                                      .low = band ? low : NULL,
                                                      .high = band ? high : NULL};
    }
}

static void add_notes(const ReportDetail* detail, int curve, LineData* data) {
    const Report* report = detail->report;
    for (int p = NOTE_EVERY; p < REPORT_POINTS; p += NOTE_EVERY) {
        char* text = data->texts[data->note_count];
        size_t used = (size_t)snprintf(text, NOTE, "%.0f steps", detail->step[p]);
        for (size_t a = 0; a < report->agent_count && used + REPORT_NAME + 64 < NOTE; a++) {
            double mean = detail->agents[a].mean[curve][p];
            if (isfinite(mean)) {
                used += (size_t)snprintf(text + used, NOTE - used, "\n%s: %.4g",
                                         report->agents[a].name, mean);
            }
            if (isfinite(mean) && report->agents[a].count > 1) {
                used += (size_t)snprintf(text + used, NOTE - used, " ± %.3g",
                                         detail->agents[a].deviation[curve][p]);
            }
        }
        data->notes[data->note_count] = (ChartNote){detail->step[p], text};
        data->note_count++;
    }
}

static bool draw_curve(ChartPicture* picture, ChartBox box, const ReportDetail* detail, int curve) {
    LineData data;
    if (!create_lines(detail->report, &data)) {
        return false;
    }
    add_lines(detail, curve, &data);
    add_notes(detail, curve, &data);
    ChartLines chart = {.title = report_curve_title(curve),
                        .x_name = "environment steps",
                        .x_end = detail->step[REPORT_POINTS - 1],
                        .from_zero = curve < REPORT_CURVE_METRICS,
                        .lines = data.lines,
                        .line_count = data.line_count,
                        .notes = data.notes,
                        .note_count = data.note_count};
    chart_draw_lines(picture, box, &chart);
    free_lines(&data);
    return true;
}

ChartPicture* report_draw_curve(const ReportDetail* detail, int curve, double width, double height,
                                double margin) {
    ChartPicture* picture = chart_picture_create(width, height);
    ChartBox box = {margin, margin, width - 2 * margin, height - 2 * margin};
    if (picture != NULL && !draw_curve(picture, box, detail, curve)) {
        chart_picture_destroy(picture);
        return NULL;
    }
    return picture;
}

// ---------------------------------------------------------------- files
// All curves of metrics.jsonl, three in a row.
static ChartPicture* draw_losses(const ReportDetail* detail) {
    const double margin = FILE_MARGIN;
    int curves[REPORT_CURVES], count = 0;
    for (int c = REPORT_CURVE_METRICS; c < REPORT_CURVES; c++) {
        if (report_detail_has(detail, c)) {
            curves[count++] = c;
        }
    }
    int columns = count < 3 ? count : 3, rows = (count + 2) / 3;
    ChartPicture* picture = chart_picture_create(columns * (PANEL_WIDTH + margin) + margin,
                                                 rows * (PANEL_HEIGHT + margin) + margin);
    bool fine = picture != NULL;
    for (int i = 0; fine && i < count; i++) {
        const int row = i / 3, column = i % 3;
        ChartBox box = {margin + column * (PANEL_WIDTH + margin),
                        margin + row * (PANEL_HEIGHT + margin), PANEL_WIDTH, PANEL_HEIGHT};
        fine = draw_curve(picture, box, detail, curves[i]);
    }
    if (!fine) {
        chart_picture_destroy(picture);
        return NULL;
    }
    return picture;
}

static ChartPicture* draw_chart(const ReportDetail* detail, ReportChart chart) {
    switch (chart) {
    case REPORT_CHART_SPECTRUM:
        return report_draw_bars(detail, chart, 1000, FILE_MARGIN);
    case REPORT_CHART_COMPARISON:
        return report_draw_bars(detail, chart, 640, FILE_MARGIN);
    case REPORT_CHART_LOSSES:
        return draw_losses(detail);
    default:
        return report_draw_curve(detail, (int)(chart - REPORT_CHART_SCORE), 600, 380, FILE_MARGIN);
    }
}

static bool form_bytes(const ReportDetail* detail, const ChartPicture* picture, ReportChart chart,
                       ReportPicture form, unsigned char** bytes, size_t* size,
                       char why[CHART_WHY]) {
    if (form != REPORT_SVG) {
        return chart_paint(picture, form == REPORT_PNG ? CHART_PNG : CHART_PDF, bytes, size, why);
    }
    char alt[1024], *text = NULL;
    report_describe_chart(detail, chart, alt, sizeof alt);
    FILE* memory = open_memstream(&text, size);
    bool fine = memory != NULL && chart_print_svg(picture, alt, true, memory);
    fine = memory != NULL && fclose(memory) == 0 && fine;
    if (!fine) {
        snprintf(why, CHART_WHY, "out of memory for its text");
        free(text);
        text = NULL;
    }
    *bytes = (unsigned char*)text;
    return fine;
}

static bool write_chart(const ReportDetail* detail, ReportChart chart, ReportPicture form,
                        const char* path, char why[REPORT_WHY]) {
    char reason[RUN_WHY] = "out of memory for the chart", what[CHART_WHY];
    unsigned char* bytes = NULL;
    size_t size = 0;
    ChartPicture* picture = draw_chart(detail, chart);
    bool fine = picture != NULL;
    if (fine && !form_bytes(detail, picture, chart, form, &bytes, &size, what)) {
        snprintf(reason, sizeof reason, "%.500s: %s", path, what);
        fine = false;
    }
    fine = fine && run_file_write(path, (const char*)bytes, size, reason);
    if (!fine) {
        snprintf(why, REPORT_WHY, "%.1000s", reason);
    }
    chart_picture_destroy(picture);
    free(bytes);
    return fine;
}

bool report_write_chart(const Report* report, ReportChart chart, ReportPicture form,
                        const char* path, char why[REPORT_WHY]) {
    ReportDetail detail;
    if (!report_detail_create(report, &detail)) {
        snprintf(why, REPORT_WHY, "out of memory for the chart");
        return false;
    }
    bool any = chart != REPORT_CHART_LOSSES;
    for (int c = REPORT_CURVE_METRICS; c < REPORT_CURVES && !any; c++) {
        any = report_detail_has(&detail, c);
    }
    if (!any) {
        snprintf(why, REPORT_WHY, "%.500s: none of the runs has a metrics.jsonl with losses", path);
    }
    bool fine = any && write_chart(&detail, chart, form, path, why);
    report_detail_destroy(&detail);
    return fine;
}
