// A report for the terminal.
#include <inttypes.h>
#include <math.h>

#include "runs/published.h"
#include "runs/report.h"
#include "runs/text_table.h"

// "15.6 ± 1.6"; with one run there is no deviation to tell.
static void set_measure(TextTable* table, size_t column, const ReportAgent* agent, int measure) {
    if (agent->count == 1) {
        text_table_set(table, column, "%.1f", agent->mean[measure]);
    } else {
        text_table_set(table, column, "%.1f ± %.1f", agent->mean[measure],
                       agent->deviation[measure]);
    }
}

bool report_print_agents(const Report* report, FILE* file) {
    static const char* const heads[] = {"agent",   "runs",   "steps",        "episodes",
                                        "score %", "reward", "table reward", "length"};
    static const int measures[] = {REPORT_SCORE, REPORT_REWARD, REPORT_TABLE_REWARD, REPORT_LENGTH};
    TextTable table = text_table(sizeof heads / sizeof heads[0]);
    text_table_row(&table);
    for (size_t c = 0; c < table.columns; c++) {
        text_table_set(&table, c, "%s", heads[c]);
    }
    for (size_t a = 0; a < report->agent_count; a++) {
        const ReportAgent* agent = &report->agents[a];
        text_table_row(&table);
        text_table_set(&table, 0, "%s", agent->name);
        text_table_set(&table, 1, "%zu", agent->count);
        text_table_set(&table, 2, "%" PRId64 "%s", agent->steps, agent->short_runs ? "*" : "");
        text_table_set(&table, 3, "%zu", agent->episodes);
        for (size_t m = 0; m < sizeof measures / sizeof measures[0]; m++) {
            set_measure(&table, 4 + m, agent, measures[m]);
        }
    }
    text_table_print(&table, file);
    text_table_free(&table);
    return ferror(file) == 0;
}

static void print_legend(const Report* report, FILE* file) {
    fputs("\nMean ± population standard deviation over runs (seeds of one agent); steps: their "
          "mean.\n"
          "score: exp(mean of ln(1 + success rate)) - 1 over all of a run's episodes; reward, "
          "length: means\nof the episodes that ended in its last 100,000 steps; table reward: "
          "Crafter's own table,\nachievements - 0.9 of the first of these episodes.\n",
          file);
    for (size_t r = 0; r < report->run_count; r++) {
        const ReportRun* run = &report->runs[r];
        if (!run->whole) {
            fprintf(file, "* %s (%s): only %" PRId64 " of %" PRId64 " steps\n", run->path,
                    run->name, run->steps, report->budget);
        }
    }
    for (size_t a = 0; a < report->agent_count; a++) {
        if (report->agents[a].mixed) {
            fprintf(file, "! %s: its runs differ in more settings than the seed (config.ini)\n",
                    report->agents[a].name);
        }
    }
}

static void print_rates(const Report* report, FILE* file) {
    size_t published_count = 0;
    const PublishedRates* published = published_rates(&published_count);
    TextTable table = text_table(1 + report->agent_count + published_count);
    text_table_row(&table);
    text_table_set(&table, 0, "success rate %%");
    for (size_t a = 0; a < report->agent_count; a++) {
        text_table_set(&table, 1 + a, "%s", report->agents[a].name);
    }
    for (size_t p = 0; p < published_count; p++) {
        text_table_set(&table, 1 + report->agent_count + p, "(%s)", published[p].name);
    }
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        text_table_row(&table);
        text_table_set(&table, 0, "%s", cairn_achievement_name(k));
        for (size_t a = 0; a < report->agent_count; a++) {
            set_measure(&table, 1 + a, &report->agents[a], REPORT_RATES + k);
        }
        for (size_t p = 0; p < published_count; p++) {
            text_table_set(&table, 1 + report->agent_count + p, "%.1f", published[p].rate[k]);
        }
    }
    text_table_print(&table, file);
    text_table_free(&table);
}

static void set_published(TextTable* table, size_t column, double value, double spread) {
    if (isnan(value)) {
        text_table_set(table, column, "-");
    } else {
        text_table_set(table, column, "%.1f ± %.1f", value, spread);
    }
}

static void print_published(FILE* file) {
    size_t count = 0;
    const PublishedAgent* agents = published_agents(&count);
    TextTable table = text_table(4);
    table.last_left = true;
    text_table_row(&table);
    text_table_set(&table, 0, "published, 1M steps");
    text_table_set(&table, 1, "score %%");
    text_table_set(&table, 2, "reward");
    text_table_set(&table, 3, "source");
    for (size_t p = 0; p < count; p++) {
        text_table_row(&table);
        text_table_set(&table, 0, "%s", agents[p].name);
        set_published(&table, 1, agents[p].score, agents[p].score_spread);
        set_published(&table, 2, agents[p].reward, agents[p].reward_spread);
        text_table_set(&table, 3, "%s", agents[p].source);
    }
    text_table_print(&table, file);
    text_table_free(&table);
}

bool report_print_text(const Report* report, FILE* file) {
    report_print_agents(report, file);
    print_legend(report, file);
    fputc('\n', file);
    print_rates(report, file);
    fputc('\n', file);
    print_published(file);
    return ferror(file) == 0;
}
