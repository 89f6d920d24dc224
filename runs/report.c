// cairn report: what training runs reached, compared with each other and with published results.
#include "runs/report.h"
#include "runs/runs.h"

enum { FORMS = 3 };

typedef struct ReportOptions {
    const char* path[FORMS]; // of csv, json, html; NULL: not wanted
    int64_t budget;
    char** runs; // [run_count] borrowed from argv
    int run_count;
} ReportOptions;

static ReportPrinter* const printers[FORMS] = {report_print_csv, report_print_json,
                                               report_print_html};

enum { KEY_CSV = 256, KEY_JSON, KEY_HTML, KEY_BUDGET };
static const struct argp_option option_table[] = {
    {"budget", KEY_BUDGET, "STEPS", 0,
     "Count episodes that ended within so many steps (1M; 0 = all of them)", 0},
    {"csv", KEY_CSV, "FILE", 0, "Write the figures of every run and agent as CSV", 0},
    {"html", KEY_HTML, "FILE", 0, "Write the report as one HTML page", 0},
    {"json", KEY_JSON, "FILE", 0, "Write the figures of every run and agent as JSON", 0},
    {0}};

static error_t parse_option(int key, char* value, struct argp_state* state) {
    ReportOptions* options = state->input;
    switch (key) {
    case KEY_CSV:
    case KEY_JSON:
    case KEY_HTML:
        options->path[key - KEY_CSV] = value;
        return 0;
    case KEY_BUDGET:
        options->budget = options_int(state, "--budget", value, 0, INT64_MAX);
        return 0;
    case ARGP_KEY_ARGS:
        options->runs = state->argv + state->next;
        options->run_count = state->argc - state->next;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which run? Name at least one run folder or stats.jsonl");
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
    "Example: cairn report runs/ppo-0 runs/ppo-1 --html report.html",
    NULL,
    NULL,
    NULL};

int cmd_report(int argc, char** argv) {
    ReportOptions options = {.budget = REPORT_BUDGET};
    options_parse(&parser, argc, argv, &options);
    Report report;
    char why[REPORT_WHY];
    if (!report_create(options.runs, (size_t)options.run_count, options.budget, &report, why)) {
        return runs_fail("%s", why);
    }
    int status = RUNS_OK;
    if (!report_print_text(&report, stdout) || fflush(stdout) != 0) {
        status = runs_fail("the report could not be written to standard output");
    }
    for (int form = 0; form < FORMS && status == RUNS_OK; form++) {
        if (options.path[form] == NULL) {
            continue;
        }
        if (!report_write(&report, printers[form], options.path[form], why)) {
            status = runs_fail("%s", why);
        }
    }
    report_destroy(&report);
    return status;
}
