// cairn report: what training runs reached, compared with each other and with published results.
#include "runs/report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runs/report_detail.h"
#include "runs/report_follow.h"
#include "runs/runs.h"

enum { FORMS = 3 };

typedef struct ReportOptions {
    const char* path[FORMS];              // of csv, json, html; NULL: not wanted
    const char* picture[REPORT_PICTURES]; // of png, svg, pdf
    ReportChart chart;                    // in them
    int64_t budget;
    bool follow, chart_given;
    char** runs; // [run_count] borrowed from argv
    int run_count;
    size_t lines; // of the last summary, to be overwritten on a terminal
} ReportOptions;

static ReportPrinter* const printers[FORMS] = {report_print_csv, report_print_json,
                                               report_print_html};

enum {
    KEY_CSV = 256,
    KEY_JSON,
    KEY_HTML,
    KEY_PNG,
    KEY_SVG,
    KEY_PDF,
    KEY_BUDGET,
    KEY_CHART,
    KEY_FOLLOW
};
static const struct argp_option option_table[] = {
    {"budget", KEY_BUDGET, "STEPS", 0,
     "Count episodes that ended within so many steps (1M; 0 = all of them)", 0},
    {"csv", KEY_CSV, "FILE", 0, "Write the figures of every run and agent as CSV", 0},
    {"html", KEY_HTML, "FILE", 0, "Write the report with its charts as one HTML page", 0},
    {"json", KEY_JSON, "FILE", 0, "Write the figures of every run and agent as JSON", 0},
    {"png", KEY_PNG, "FILE", 0, "Write a chart as PNG", 0},
    {"svg", KEY_SVG, "FILE", 0, "Write a chart as SVG", 0},
    {"pdf", KEY_PDF, "FILE", 0, "Write a chart as PDF", 0},
    {"chart", KEY_CHART, "NAME", 0,
     "Which one: spectrum (default), comparison, score, reward, length or losses", 0},
    {"follow", KEY_FOLLOW, NULL, 0,
     "Write everything again while a training goes on; ends with it, or by Ctrl-C", 0},
    {0}};

static ReportChart read_chart(const char* name) {
    for (int chart = 0; chart < REPORT_CHARTS; chart++) {
        if (strcmp(name, report_chart_names[chart]) == 0) {
            return (ReportChart)chart;
        }
    }
    const char* nearest = options_nearest(name, report_chart_names, REPORT_CHARTS);
    if (nearest != NULL) {
        exit(runs_usage("--chart: no chart '%s'; did you mean '%s'?", name, nearest));
    }
    exit(runs_usage("--chart: no chart '%s'; expected spectrum, comparison, score, reward, length "
                    "or losses",
                    name));
}

static void check_options(struct argp_state* state, const ReportOptions* options) {
    bool any = false;
    for (int form = 0; form < REPORT_PICTURES; form++) {
        any = any || options->picture[form] != NULL;
    }
    if (options->run_count == 0) {
        argp_error(state, "which run? Name at least one run folder or stats.jsonl");
    } else if (options->chart_given && !any) {
        exit(runs_usage("--chart: into which file? Give --png, --svg or --pdf, too"));
    }
}

static error_t parse_option(int key, char* value, struct argp_state* state) {
    ReportOptions* options = state->input;
    switch (key) {
    case KEY_CSV:
    case KEY_JSON:
    case KEY_HTML:
        options->path[key - KEY_CSV] = value;
        return 0;
    case KEY_PNG:
    case KEY_SVG:
    case KEY_PDF:
        options->picture[key - KEY_PNG] = value;
        return 0;
    case KEY_CHART:
        options->chart = read_chart(value);
        options->chart_given = true;
        return 0;
    case KEY_FOLLOW:
        options->follow = true;
        return 0;
    case KEY_BUDGET:
        options->budget = options_int(state, "--budget", value, 0, INT64_MAX);
        return 0;
    case ARGP_KEY_ARGS:
        options->runs = state->argv + state->next;
        options->run_count = state->argc - state->next;
        return 0;
    case ARGP_KEY_END:
        check_options(state, options);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    option_table,
    parse_option,
    "RUN...",
    "Prints success rates, scores, rewards and lengths of training runs by Crafter's protocol, "
    "beside published results. A RUN is a run folder or its stats.jsonl (also stats.jsonl.gz, or "
    "logs of Crafter's own recorder). Runs of one preset are seeds of one agent; without a "
    "config.ini the folder's or file's name counts (ppo-seed0, ppo-seed1: agent ppo).\v"
    "Examples:\n"
    "  cairn report runs/ppo-0 runs/ppo-1 --html report.html\n"
    "  cairn report runs/ppo-* --pdf figure.pdf --chart score\n"
    "  cairn report --follow runs/ppo-0 --html live.html",
    NULL,
    NULL,
    NULL};

static bool write_files(const Report* report, const ReportOptions* options, char why[REPORT_WHY]) {
    bool fine = true;
    for (int form = 0; form < FORMS && fine; form++) {
        if (options->path[form] != NULL) {
            fine = report_write(report, printers[form], options->path[form], why);
        }
    }
    for (int form = 0; form < REPORT_PICTURES && fine; form++) {
        if (options->picture[form] != NULL) {
            fine = report_write_chart(report, options->chart, (ReportPicture)form,
                                      options->picture[form], why);
        }
    }
    return fine;
}

// The summary in place of the last one where the terminal can do that.
static void print_summary(const Report* report, ReportOptions* options) {
    char* text = NULL;
    size_t size = 0;
    FILE* memory = open_memstream(&text, &size);
    if (memory == NULL || !report_print_agents(report, memory) || fclose(memory) != 0) {
        free(text);
        return;
    }
    if (options->lines > 0 && isatty(STDOUT_FILENO)) {
        printf("\x1b[%zuA\x1b[J", options->lines);
    }
    options->lines = 0;
    for (const char* at = text; (at = strchr(at, '\n')) != NULL; at++) {
        options->lines++;
    }
    fputs(text, stdout);
    fflush(stdout);
    free(text);
}

static bool draw(void* context, bool going_on, char why[REPORT_WHY]) {
    ReportOptions* options = context;
    Report report;
    if (!report_create(options->runs, (size_t)options->run_count, options->budget, &report, why)) {
        return false;
    }
    report.refresh = going_on ? FOLLOW_SECONDS : 0;
    print_summary(&report, options);
    bool fine = write_files(&report, options, why);
    report_destroy(&report);
    return fine;
}

int cmd_report(int argc, char** argv) {
    ReportOptions options = {.budget = REPORT_BUDGET};
    options_parse(&parser, argc, argv, &options);
    if (options.follow) {
        return report_follow(options.runs, (size_t)options.run_count, draw, &options);
    }
    Report report;
    char why[REPORT_WHY];
    if (!report_create(options.runs, (size_t)options.run_count, options.budget, &report, why)) {
        return runs_fail("%s", why);
    }
    int status = RUNS_OK;
    if (!report_print_text(&report, stdout) || fflush(stdout) != 0) {
        status = runs_fail("the report could not be written to standard output");
    } else if (!write_files(&report, &options, why)) {
        status = runs_fail("%s", why);
    }
    report_destroy(&report);
    return status;
}
