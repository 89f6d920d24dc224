// The page's charts, each with a text alternative and the table of what it shows.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runs/published.h"
#include "runs/report_page.h"
#include "viz/charts.h"

enum { ALT = 2048, TABLE_EVERY = 10, NARROW = 370 };

static bool print_picture(ChartPicture* picture, const char* class, const char* alt, FILE* file) {
    fprintf(file, "<div class=\"%s\">", class);
    bool fine = picture != NULL && chart_print_svg(picture, alt, false, file);
    fputs("</div>\n", file);
    chart_picture_destroy(picture);
    return fine;
}

static void begin_table(FILE* file) {
    fputs("<details><summary>The figures as a table</summary>\n", file);
}

static void head_of_agents(const Report* report, const char* first, FILE* file) {
    fputs("<div class=\"wide\"><table><thead><tr>", file);
    page_cell("th scope=\"col\"", first, file);
    for (size_t a = 0; a < report->agent_count; a++) {
        page_cell("th scope=\"col\"", report->agents[a].name, file);
    }
}

// ---------------------------------------------------------------- spectrum
static void print_rates(const Report* report, FILE* file) {
    size_t count = 0;
    const PublishedRates* published = published_rates(&count);
    begin_table(file);
    head_of_agents(report, "success rate in %", file);
    for (size_t p = 0; p < count; p++) {
        page_cell("th scope=\"col\"", published[p].name, file);
    }
    fputs("</tr></thead>\n<tbody>\n", file);
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        fprintf(file, "<tr id=\"rate-%s\"><th scope=\"row\">", cairn_achievement_name(k));
        page_name(cairn_achievement_name(k), file);
        fputs("</th>", file);
        for (size_t a = 0; a < report->agent_count; a++) {
            const ReportAgent* agent = &report->agents[a];
            fputs("<td>", file);
            page_spread(agent->mean[REPORT_RATES + k], agent->deviation[REPORT_RATES + k],
                        agent->count > 1, "%.2f", file);
            fputs("</td>", file);
        }
        for (size_t p = 0; p < count; p++) {
            fprintf(file, "<td class=\"faint\">%.2f</td>", published[p].rate[k]);
        }
        fputs("</tr>\n", file);
    }
    page_table_end(file);
    fputs("</details>\n", file);
}

bool page_spectrum(const ReportDetail* detail, FILE* file) {
    char alt[ALT];
    bool several = false;
    for (size_t a = 0; a < detail->report->agent_count; a++) {
        several = several || detail->report->agents[a].count > 1;
    }
    report_describe_chart(detail, REPORT_CHART_SPECTRUM, alt, sizeof alt);
    fprintf(file,
            "<section id=\"spectrum\"><h2>Success rates</h2>\n<p>Percent of a run's episodes in "
            "which the achievement was unlocked%s. Random and human: the runs published with "
            "Crafter.</p>\n<figure>\n",
            several ? "; lines on bars: one standard deviation over runs to either side" : "");
    bool fine = print_picture(report_draw_bars(detail, REPORT_CHART_SPECTRUM, 1160, 0), "full", alt,
                              file) &&
                print_picture(report_draw_bars(detail, REPORT_CHART_SPECTRUM, NARROW, 0), "narrow",
                              alt, file);
    fputs("</figure>\n", file);
    print_rates(detail->report, file);
    fputs("</section>\n", file);
    return fine;
}

// ---------------------------------------------------------------- comparison
static void print_scores(const Report* report, FILE* file) {
    static const char* const heads[] = {"agent", "score %", "reward", "<source"};
    size_t count = 0;
    const PublishedAgent* agents = published_agents(&count);
    begin_table(file);
    page_table(NULL, heads, sizeof heads / sizeof heads[0], file);
    for (size_t a = 0; a < report->agent_count; a++) {
        const ReportAgent* agent = &report->agents[a];
        fputs("<tr>", file);
        page_cell("th scope=\"row\"", agent->name, file);
        fputs("<td>", file);
        page_spread(agent->mean[REPORT_SCORE], agent->deviation[REPORT_SCORE], agent->count > 1,
                    "%.1f", file);
        fputs("</td><td>", file);
        page_spread(agent->mean[REPORT_REWARD], agent->deviation[REPORT_REWARD], agent->count > 1,
                    "%.1f", file);
        fputs("</td><td class=\"left\">this report</td></tr>\n", file);
    }
    for (size_t p = 0; p < count; p++) {
        fputs("<tr>", file);
        page_cell("th scope=\"row\"", agents[p].name, file);
        fputs("<td>", file);
        page_spread(agents[p].score, agents[p].score_spread, true, "%.1f", file);
        fputs("</td><td>", file);
        page_spread(agents[p].reward, agents[p].reward_spread, true, "%.1f", file);
        fputs("</td>", file);
        page_cell("td class=\"left\"", agents[p].source, file);
        fputs("</tr>\n", file);
    }
    page_table_end(file);
    fputs("</details>\n", file);
}

bool page_comparison(const ReportDetail* detail, FILE* file) {
    char alt[ALT];
    report_describe_chart(detail, REPORT_CHART_COMPARISON, alt, sizeof alt);
    fputs("<section id=\"comparison\"><h2>Beside published results</h2>\n<p>Published: pixels, 1M "
          "environment steps, mean ± standard deviation over seeds as their authors give it.</p>\n"
          "<figure>\n",
          file);
    bool fine = print_picture(report_draw_bars(detail, REPORT_CHART_COMPARISON, 760, 0), "medium",
                              alt, file) &&
                print_picture(report_draw_bars(detail, REPORT_CHART_COMPARISON, NARROW, 0),
                              "narrow", alt, file);
    fputs("</figure>\n", file);
    print_scores(detail->report, file);
    fputs("</section>\n", file);
    return fine;
}

// ---------------------------------------------------------------- curves
static void print_points(const ReportDetail* detail, int curve, FILE* file) {
    const Report* report = detail->report;
    const char* format = curve < REPORT_CURVE_METRICS ? "%.1f" : "%.4g";
    begin_table(file);
    head_of_agents(report, "steps", file);
    fputs("</tr></thead>\n<tbody>\n", file);
    for (int p = TABLE_EVERY; p < REPORT_POINTS; p += TABLE_EVERY) {
        bool any = false;
        for (size_t a = 0; a < report->agent_count; a++) {
            any = any || isfinite(detail->agents[a].mean[curve][p]);
        }
        if (!any) {
            continue;
        }
        fprintf(file, "<tr><th scope=\"row\">%.0f</th>", detail->step[p]);
        for (size_t a = 0; a < report->agent_count; a++) {
            fputs("<td>", file);
            page_spread(detail->agents[a].mean[curve][p], detail->agents[a].deviation[curve][p],
                        report->agents[a].count > 1, format, file);
            fputs("</td>", file);
        }
        fputs("</tr>\n", file);
    }
    page_table_end(file);
    fputs("</details>\n", file);
}

static bool print_curve(const ReportDetail* detail, int curve, FILE* file) {
    char alt[ALT];
    report_describe_curve(detail, curve, alt, sizeof alt);
    fprintf(file, "<figure id=\"curve-%s\">\n", report_curve_key(curve));
    double height = curve < REPORT_CURVE_METRICS ? 300 : 240;
    bool fine = print_picture(report_draw_curve(detail, curve, 400, height, 0), "curve", alt, file);
    print_points(detail, curve, file);
    fputs("</figure>\n", file);
    return fine;
}

bool page_curves(const ReportDetail* detail, FILE* file) {
    fputs("<section id=\"curves\"><h2>Over environment steps</h2>\n<p>Each point is what the table "
          "above would say had the training ended there: score over all episodes so far, reward "
          "and length over the last 100,000 steps. Bold lines and bands: mean and standard "
          "deviation over runs, as far as all of them have come; thin lines: single runs.</p>\n"
          "<div class=\"charts\">\n",
          file);
    bool fine = true;
    for (int c = 0; c < REPORT_CURVE_METRICS; c++) {
        fine = print_curve(detail, c, file) && fine;
    }
    fputs("</div></section>\n", file);
    return fine;
}

bool page_losses(const ReportDetail* detail, FILE* file) {
    bool any = false, fine = true;
    size_t broken = 0;
    for (size_t r = 0; r < detail->report->run_count; r++) {
        broken += detail->runs[r].broken_lines;
    }
    for (int c = REPORT_CURVE_METRICS; c < REPORT_CURVES; c++) {
        if (!report_detail_has(detail, c)) {
            continue;
        }
        if (!any) {
            fputs("<section id=\"losses\"><h2>Updates</h2>\n<p>Means of metrics.jsonl over "
                  "hundredths of the steps.</p>\n<div class=\"charts\">\n",
                  file);
        }
        any = true;
        fine = print_curve(detail, c, file) && fine;
    }
    if (any) {
        fputs("</div>\n", file);
        if (broken > 0) {
            fprintf(file,
                    "<p class=\"note\">%zu lines of metrics.jsonl could not be read and are "
                    "left out.</p>\n",
                    broken);
        }
        fputs("</section>\n", file);
    }
    return fine;
}
