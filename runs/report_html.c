// A report as one HTML page that needs no other file, no network and no scripts: its head says so
// to the browser, which then enforces it.
#include <inttypes.h>
#include <string.h>

#include "runs/progress.h"
#include "runs/report_page.h"
#include "viz/charts.h"

static void print_head(const Report* report, FILE* file) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
          "'unsafe-inline'; img-src data:\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n",
          file);
    if (report->refresh > 0) {
        fprintf(file, "<meta http-equiv=\"refresh\" content=\"%d\">\n", (int)report->refresh);
    }
    fputs("<title>Cairn report", file);
    for (size_t a = 0; a < report->agent_count && a < 4; a++) {
        fputs(a == 0 ? ": " : ", ", file);
        chart_print_text(report->agents[a].name, file);
    }
    fputs("</title>\n<style>\n", file);
    chart_print_style(file);
    fputs(report_page_style, file);
    fputs("</style>\n</head>\n<body>\n<header>\n<h1>", file);
    for (size_t a = 0; a < report->agent_count && a < 4; a++) {
        fputs(a == 0 ? "" : ", ", file);
        chart_print_text(report->agents[a].name, file);
    }
    fputs(report->agent_count > 4 ? " and others</h1>\n<p>" : "</h1>\n<p>", file);
    if (report->budget > 0) {
        char budget[32];
        progress_format_count(report->budget, budget);
        fprintf(file, "Episodes that ended within %s environment steps. ", budget);
    }
    fputs("Figures after Crafter's protocol.</p>\n", file);
}

// ---------------------------------------------------------------- agents
static void print_count(int64_t count, FILE* file) {
    char text[32];
    progress_format_count(count, text);
    fprintf(file, "<data value=\"%" PRId64 "\">%s</data>", count, text);
}

static void print_seed_links(const Report* report, const ReportAgent* agent, FILE* file) {
    for (size_t r = agent->first; r < agent->first + agent->count; r++) {
        const char* seed = report->runs[r].seed;
        fprintf(file, "%s<a href=\"#run-%zu\">", r > agent->first ? " " : "", r);
        chart_print_text(seed[0] == '\0' ? "?" : seed, file);
        fputs("</a>", file);
    }
}

static const int measures[] = {REPORT_SCORE, REPORT_REWARD, REPORT_TABLE_REWARD, REPORT_LENGTH};
enum { MEASURES = sizeof measures / sizeof measures[0] };

static void print_agents(const Report* report, FILE* file) {
    static const char* const heads[] = {"agent",  "score %", "reward", "table reward",
                                        "length", "seeds",   "steps",  "episodes"};
    fputs("<section id=\"agents\">\n", file);
    page_table(NULL, heads, sizeof heads / sizeof heads[0], file);
    for (size_t a = 0; a < report->agent_count; a++) {
        const ReportAgent* agent = &report->agents[a];
        fprintf(file,
                "<tr id=\"agent-%zu\"><th scope=\"row\"><span class=\"swatch\" "
                "style=\"background: var(--ink%d)\"></span>",
                a, (int)chart_series_ink(a));
        chart_print_text(agent->name, file);
        fputs("</th>", file);
        for (size_t m = 0; m < MEASURES; m++) {
            fputs("<td>", file);
            page_spread(agent->mean[measures[m]], agent->deviation[measures[m]], agent->count > 1,
                        "%.1f", file);
            fputs("</td>", file);
        }
        fputs("<td>", file);
        print_seed_links(report, agent, file);
        fputs("</td><td>", file);
        print_count(agent->steps, file);
        fputs(agent->short_runs ? "*</td><td>" : "</td><td>", file);
        print_count((int64_t)agent->episodes, file);
        fputs("</td>", file);
        fputs("</tr>\n", file);
    }
    page_table_end(file);
}

static void print_remarks(const Report* report, FILE* file) {
    fputs("<p class=\"note\">Mean ± population standard deviation over runs (seeds of one agent); "
          "steps: their mean. Score: exp(mean of ln(1 + success rate)) − 1 over all of a run's "
          "episodes. Reward, length: means of the episodes that ended in its last 100,000 steps. "
          "Table reward: Crafter's own table, achievements − 0.9 of the first of these "
          "episodes.</p>\n",
          file);
    for (size_t r = 0; r < report->run_count; r++) {
        const ReportRun* run = &report->runs[r];
        if (!run->whole) {
            fputs("<p class=\"note\">* ", file);
            chart_print_text(run->path, file);
            char steps[32], budget[32];
            progress_format_count(run->steps, steps);
            progress_format_count(report->budget, budget);
            fprintf(file, ": only %s of %s steps.</p>\n", steps, budget);
        }
    }
    for (size_t a = 0; a < report->agent_count; a++) {
        if (report->agents[a].mixed) {
            fputs("<p class=\"note\">! ", file);
            chart_print_text(report->agents[a].name, file);
            fputs(": its runs differ in more settings than the seed (config.ini).</p>\n", file);
        }
    }
    fputs("</section>\n", file);
}

// ---------------------------------------------------------------- runs
static void print_run(const Report* report, size_t r, size_t agent, FILE* file) {
    const ReportRun* run = &report->runs[r];
    fprintf(file, "<tr id=\"run-%zu\">", r);
    page_cell("th scope=\"row\"", run->path, file);
    fprintf(file, "<td class=\"left\"><a href=\"#agent-%zu\">", agent);
    chart_print_text(run->name, file);
    fputs("</a></td>", file);
    page_cell("td", run->seed, file);
    fputs("<td>", file);
    print_count(run->steps, file);
    fputs(run->whole ? "</td><td>" : "*</td><td>", file);
    print_count((int64_t)run->episodes, file);
    fputs("</td>", file);
    for (size_t m = 0; m < MEASURES; m++) {
        fputs("<td>", file);
        page_value(run->measure[measures[m]], "%.1f", file);
        fputs("</td>", file);
    }
    fputs("</tr>\n", file);
}

static void print_runs(const Report* report, FILE* file) {
    static const char* const heads[] = {"<run",    "<agent", "seed",         "steps", "episodes",
                                        "score %", "reward", "table reward", "length"};
    fputs("<section id=\"runs\"><h2>Runs</h2>\n", file);
    page_table(NULL, heads, sizeof heads / sizeof heads[0], file);
    for (size_t a = 0; a < report->agent_count; a++) {
        const ReportAgent* agent = &report->agents[a];
        for (size_t r = agent->first; r < agent->first + agent->count; r++) {
            print_run(report, r, a, file);
        }
    }
    page_table_end(file);
    fputs("</section>\n", file);
}

bool report_print_html(const Report* report, FILE* file) {
    ReportDetail detail;
    if (!report_detail_create(report, &detail)) {
        return false;
    }
    print_head(report, file);
    fputs("</header>\n<main>\n", file);
    print_agents(report, file);
    print_remarks(report, file);
    bool fine = page_spectrum(&detail, file) && page_comparison(&detail, file) &&
                page_curves(&detail, file) && page_episodes(&detail, file) &&
                page_losses(&detail, file) && page_settings(&detail, file) &&
                page_time(&detail, file);
    print_runs(report, file);
    fprintf(file,
            "</main>\n<footer><p class=\"note\">Written by cairn report, version %s.</p>"
            "</footer>\n</body>\n</html>\n",
            cairn_version());
    report_detail_destroy(&detail);
    return fine && ferror(file) == 0;
}
