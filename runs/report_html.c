// A report as one HTML page that needs no other file: tables, the success rates as bars.
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "runs/published.h"
#include "runs/report.h"

static const char page_head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Cairn report</title>\n<style>\n"
    ":root { --text: #1f2328; --faint: #667079; --page: #ffffff; --line: #d8dde2;\n"
    "        --bar: #4f8f5b; --other: #a9b4bd; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    ":root { --text: #e4e8ec; --faint: #98a2ab; --page: #15191d; --line: #323a41;\n"
    "        --bar: #5fae6d; --other: #57636d; }\n}\n"
    "body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page);\n"
    "       max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }\n"
    "h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; }\n"
    ".wide { overflow-x: auto; }\n"
    "table { border-collapse: collapse; font-variant-numeric: tabular-nums; }\n"
    "th, td { padding: .3rem .8rem; border-bottom: 1px solid var(--line); text-align: right;\n"
    "         white-space: nowrap; }\n"
    "th:first-child, td:first-child, .left { text-align: left; }\n"
    "thead th { color: var(--faint); font-weight: 600; }\n"
    ".rate { position: relative; min-width: 9rem; padding-bottom: .5rem; }\n"
    ".bar { position: absolute; left: .4rem; bottom: .2rem; height: .25rem;\n"
    "       width: calc((100% - .8rem) * var(--share)); background: var(--bar); }\n"
    ".other .bar { background: var(--other); } .other { color: var(--faint); }\n"
    "p, li { max-width: 46rem; } .faint { color: var(--faint); }\n"
    "</style>\n</head>\n<body>\n<h1>Cairn report</h1>\n";

static void print_escaped(const char* text, FILE* file) {
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", file);
            break;
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        case '\'':
            fputs("&#39;", file);
            break;
        default:
            fputc(*text, file);
        }
    }
}

static void print_cell(const char* tag, const char* text, FILE* file) {
    fprintf(file, "<%s>", tag);
    print_escaped(text, file);
    fprintf(file, "</%.2s>", tag);
}

static void print_value(double mean, double deviation, bool spread, FILE* file) {
    if (isnan(mean)) {
        fputs("–", file);
    } else if (spread) {
        fprintf(file, "%.1f ± %.1f", mean, deviation);
    } else {
        fprintf(file, "%.1f", mean);
    }
}

static void print_heads(const char* const* heads, size_t count, FILE* file) {
    fputs("<div class=\"wide\"><table>\n<thead><tr>", file);
    for (size_t i = 0; i < count; i++) {
        bool text = strcmp(heads[i], "agent") == 0 || strcmp(heads[i], "source") == 0;
        print_cell(text ? "th class=\"left\"" : "th", heads[i], file);
    }
    fputs("</tr></thead>\n<tbody>\n", file);
}

static void print_agents(const Report* report, FILE* file) {
    static const char* const heads[] = {"agent",   "runs",   "steps",        "episodes",
                                        "score %", "reward", "table reward", "length"};
    static const int measures[] = {REPORT_SCORE, REPORT_REWARD, REPORT_TABLE_REWARD, REPORT_LENGTH};
    print_heads(heads, sizeof heads / sizeof heads[0], file);
    for (size_t a = 0; a < report->agent_count; a++) {
        const ReportAgent* agent = &report->agents[a];
        fputs("<tr>", file);
        print_cell("td", agent->name, file);
        fprintf(file, "<td>%zu</td><td>%" PRId64 "%s</td><td>%zu</td>", agent->count, agent->steps,
                agent->short_runs ? "*" : "", agent->episodes);
        for (size_t m = 0; m < sizeof measures / sizeof measures[0]; m++) {
            fputs("<td>", file);
            print_value(agent->mean[measures[m]], agent->deviation[measures[m]], agent->count > 1,
                        file);
            fputs("</td>", file);
        }
        fputs("</tr>\n", file);
    }
    fputs("</tbody></table></div>\n", file);
}

static void print_remarks(const Report* report, FILE* file) {
    for (size_t r = 0; r < report->run_count; r++) {
        const ReportRun* run = &report->runs[r];
        if (!run->whole) {
            fputs("<p class=\"faint\">* ", file);
            print_escaped(run->path, file);
            fprintf(file, ": only %" PRId64 " of %" PRId64 " steps.</p>\n", run->steps,
                    report->budget);
        }
    }
    for (size_t a = 0; a < report->agent_count; a++) {
        if (report->agents[a].mixed) {
            fputs("<p class=\"faint\">! ", file);
            print_escaped(report->agents[a].name, file);
            fputs(": its runs differ in more settings than the seed (config.ini).</p>\n", file);
        }
    }
}

static void print_rate(double mean, double deviation, bool spread, bool other, FILE* file) {
    fprintf(file, "<td class=\"rate%s\">", other ? " other" : "");
    print_value(mean, deviation, spread, file);
    fprintf(file, "<span class=\"bar\" style=\"--share: %.4f\"></span></td>", mean / 100);
}

static void print_rates(const Report* report, FILE* file) {
    size_t published_count = 0;
    const PublishedRates* published = published_rates(&published_count);
    fputs("<h2>Success rates</h2>\n<p>Percent of a run's episodes in which the achievement was "
          "unlocked.</p>\n<div class=\"wide\"><table>\n<thead><tr><th>achievement</th>",
          file);
    for (size_t a = 0; a < report->agent_count; a++) {
        print_cell("th", report->agents[a].name, file);
    }
    for (size_t p = 0; p < published_count; p++) {
        print_cell("th", published[p].name, file);
    }
    fputs("</tr></thead>\n<tbody>\n", file);
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        fputs("<tr>", file);
        print_cell("td", cairn_achievement_name(k), file);
        for (size_t a = 0; a < report->agent_count; a++) {
            const ReportAgent* agent = &report->agents[a];
            print_rate(agent->mean[REPORT_RATES + k], agent->deviation[REPORT_RATES + k],
                       agent->count > 1, false, file);
        }
        for (size_t p = 0; p < published_count; p++) {
            print_rate(published[p].rate[k], 0, false, true, file);
        }
        fputs("</tr>\n", file);
    }
    fputs("</tbody></table></div>\n", file);
}

static void print_runs(const Report* report, FILE* file) {
    static const char* const heads[] = {"run",     "agent",  "seed",         "steps", "episodes",
                                        "score %", "reward", "table reward", "length"};
    static const int measures[] = {REPORT_SCORE, REPORT_REWARD, REPORT_TABLE_REWARD, REPORT_LENGTH};
    fputs("<h2>Runs</h2>\n", file);
    print_heads(heads, sizeof heads / sizeof heads[0], file);
    for (size_t r = 0; r < report->run_count; r++) {
        const ReportRun* run = &report->runs[r];
        fputs("<tr>", file);
        print_cell("td", run->path, file);
        print_cell("td class=\"left\"", run->name, file);
        print_cell("td", run->seed, file);
        fprintf(file, "<td>%" PRId64 "</td><td>%zu</td>", run->steps, run->episodes);
        for (size_t m = 0; m < sizeof measures / sizeof measures[0]; m++) {
            fprintf(file, "<td>%.1f</td>", run->measure[measures[m]]);
        }
        fputs("</tr>\n", file);
    }
    fputs("</tbody></table></div>\n", file);
}

static void print_published(FILE* file) {
    static const char* const heads[] = {"agent", "score %", "reward", "source"};
    size_t count = 0;
    const PublishedAgent* agents = published_agents(&count);
    fputs("<h2>Published results</h2>\n<p>Pixels, 1M environment steps.</p>\n", file);
    print_heads(heads, sizeof heads / sizeof heads[0], file);
    for (size_t p = 0; p < count; p++) {
        fputs("<tr>", file);
        print_cell("td", agents[p].name, file);
        fputs("<td>", file);
        print_value(agents[p].score, agents[p].score_spread, true, file);
        fputs("</td><td>", file);
        print_value(agents[p].reward, agents[p].reward_spread, true, file);
        fputs("</td>", file);
        print_cell("td class=\"left\"", agents[p].source, file);
        fputs("</tr>\n", file);
    }
    fputs("</tbody></table></div>\n", file);
}

bool report_print_html(const Report* report, FILE* file) {
    fputs(page_head, file);
    if (report->budget > 0) {
        fprintf(file, "<p>Episodes that ended within %" PRId64 " environment steps.</p>\n",
                report->budget);
    }
    print_agents(report, file);
    fputs("<p class=\"faint\">Mean ± population standard deviation over runs (seeds of one "
          "agent); steps: their mean. Score: exp(mean of ln(1 + success rate)) − 1 over all of a "
          "run's episodes. Reward, length: means of the episodes that ended in its last 100,000 "
          "steps. Table reward: Crafter's own table, achievements − 0.9 of the first of these "
          "episodes.</p>\n",
          file);
    print_remarks(report, file);
    print_rates(report, file);
    print_runs(report, file);
    print_published(file);
    fputs("</body>\n</html>\n", file);
    return ferror(file) == 0;
}
