// A report as CSV (RFC 4180): one line per run, then per agent the means and the deviations.
#include <inttypes.h>
#include <string.h>

#include "runs/report.h"

static void print_text(const char* text, FILE* file) {
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            fputc('"', file);
        }
        fputc(*text, file);
    }
    fputc('"', file);
}

static void print_measures(const double* measures, FILE* file) {
    for (int m = 0; m < REPORT_MEASURES; m++) {
        fprintf(file, ",%.10g", measures[m]);
    }
    fputs("\r\n", file);
}

static void print_run(const ReportRun* run, FILE* file) {
    print_text(run->name, file);
    fputs(",run,", file);
    print_text(run->seed, file);
    fputc(',', file);
    print_text(run->path, file);
    fprintf(file, ",1,%d,%" PRId64 ",%zu", run->whole, run->steps, run->episodes);
    print_measures(run->measure, file);
}

static void print_agent(const ReportAgent* agent, const char* row, const double* measures,
                        FILE* file) {
    print_text(agent->name, file);
    fprintf(file, ",%s,,,%zu,%zu,%" PRId64 ",%zu", row, agent->count,
            agent->count - agent->short_runs, agent->steps, agent->episodes);
    print_measures(measures, file);
}

bool report_print_csv(const Report* report, FILE* file) {
    fputs("agent,row,seed,path,runs,whole_runs,steps,episodes", file);
    for (int m = 0; m < REPORT_MEASURES; m++) {
        fprintf(file, ",%s", report_measure_name(m));
    }
    fputs("\r\n", file);
    for (size_t a = 0; a < report->agent_count; a++) {
        const ReportAgent* agent = &report->agents[a];
        for (size_t r = 0; r < agent->count; r++) {
            print_run(&report->runs[agent->first + r], file);
        }
        print_agent(agent, "mean", agent->mean, file);
        print_agent(agent, "deviation", agent->deviation, file);
    }
    return ferror(file) == 0;
}
