// What charts and the page show beyond a report's figures: curves over environment steps, the
// settings, what the training said of its time. All of it is optional: what a run does not have
// (a kept log has no metrics.jsonl) is NaN or empty.
#pragma once
#include "runs/report.h"

enum { REPORT_POINTS = 101, REPORT_KEY = 64, REPORT_VALUE = 64, REPORT_HARDWARE = 320 };

// Score, reward and length are the report's figures, had the budget been that many steps, so that
// a run's curve ends in its row of the table. The others are means of metrics.jsonl.
typedef enum ReportCurve {
    REPORT_CURVE_SCORE,
    REPORT_CURVE_REWARD,
    REPORT_CURVE_LENGTH,
    REPORT_CURVE_METRICS, // the first of metrics.jsonl
    REPORT_CURVES = REPORT_CURVE_METRICS + 10
} ReportCurve;
const char* report_curve_title(int curve); // "Score (%)", "Value loss"
const char* report_curve_key(int curve);   // "score", "value_loss"

typedef struct ReportSetting {
    char key[REPORT_KEY]; // "ppo.gamma"
    char value[REPORT_VALUE];
} ReportSetting;

typedef struct ReportRunDetail {
    double curve[REPORT_CURVES][REPORT_POINTS]; // NaN where nothing is known
    double seconds;                             // trained; NaN = not recorded, as the next three
    double rollout_seconds, update_seconds;
    double distil_seconds;
    double logged_steps;            // of metrics.jsonl, whatever the budget
    size_t broken_lines;            // of metrics.jsonl that are no JSON objects
    char hardware[REPORT_HARDWARE]; // "Intel Xeon, 2 cores, avx512, gcc 12.2.0"; "" = not recorded
    ReportSetting* settings;        // [setting_count] of config.ini; owned
    size_t setting_count;
} ReportRunDetail;

typedef struct ReportAgentDetail { // over its runs, where all of them have a value
    double mean[REPORT_CURVES][REPORT_POINTS];
    double deviation[REPORT_CURVES][REPORT_POINTS];
} ReportAgentDetail;

typedef struct ReportDetail {
    const Report* report;       // borrowed
    double step[REPORT_POINTS]; // where the points lie: even, from 0 to the longest run's end
    ReportRunDetail* runs;      // [run_count] owned
    ReportAgentDetail* agents;  // [agent_count] owned
} ReportDetail;

// false: out of memory; *detail is empty.
bool report_detail_create(const Report* report, ReportDetail* detail);
void report_detail_destroy(ReportDetail* detail);
bool report_detail_has(const ReportDetail* detail, int curve); // any run, any point

// Reads metrics.jsonl of the run's folder, if there is one (report_metrics.c). Lines that cannot be
// read are counted and left out. false: out of memory.
bool report_read_metrics(const ReportRun* run, const double step[REPORT_POINTS],
                         ReportRunDetail* detail);
// Reads config.ini of the run's folder, if there is one (report_settings.c).
bool report_read_settings(const ReportRun* run, ReportRunDetail* detail);
// Reads machine.ini of the run's folder, if there is one (report_machine.c).
bool report_read_machine(const ReportRun* run, ReportRunDetail* detail);
// Of the training; NaN when it is not known how long that took.
double report_steps_per_second(const ReportRunDetail* run);
// NULL: the run has no such setting.
const char* report_setting(const ReportRunDetail* run, const char* key);
// Keys whose values are not the same in all runs, seeds, threads and the like aside: *keys [*count]
// borrowed from the settings, the list itself to be freed by the caller. false: out of memory.
bool report_different_settings(const ReportDetail* detail, const char*** keys, size_t* count);
// The values of a key in an agent's runs: "0.95", "1, 10", "-" where it has none.
void report_agent_setting(const ReportDetail* detail, size_t agent, const char* key,
                          char text[4 * REPORT_VALUE]);

// ---------------------------------------------------------------- charts (report_charts.c)
typedef enum ReportChart {
    REPORT_CHART_SPECTRUM,
    REPORT_CHART_COMPARISON, // scores beside published ones
    REPORT_CHART_SCORE,
    REPORT_CHART_REWARD,
    REPORT_CHART_LENGTH,
    REPORT_CHART_LOSSES, // all of metrics.jsonl in one picture
    REPORT_CHARTS
} ReportChart;
extern const char* const report_chart_names[REPORT_CHARTS]; // "spectrum", ...

struct ChartPicture;
// A chart as a picture of this width, margins included; bars are as high as they need to be. curve:
// of REPORT_CURVES. NULL: out of memory.
struct ChartPicture* report_draw_bars(const ReportDetail* detail, ReportChart chart, double width,
                                      double margin);
struct ChartPicture* report_draw_curve(const ReportDetail* detail, int curve, double width,
                                       double height, double margin);
// A single chart as a file, whole or not at all; its form by what `path` was given for.
typedef enum ReportPicture { REPORT_PNG, REPORT_SVG, REPORT_PDF, REPORT_PICTURES } ReportPicture;
bool report_write_chart(const Report* report, ReportChart chart, ReportPicture form,
                        const char* path, char why[REPORT_WHY]);
// What a chart shows in a sentence or two, for those who do not see it.
void report_describe_chart(const ReportDetail* detail, ReportChart chart, char* text, size_t size);
void report_describe_curve(const ReportDetail* detail, int curve, char* text, size_t size);
