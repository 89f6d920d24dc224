// From the runs on the command line to a report: reads each, groups them by agent, sums up.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runs/report.h"
#include "runs/stats.h"

static bool out_of_memory(char why[REPORT_WHY]) {
    snprintf(why, REPORT_WHY, "out of memory for the runs");
    return false;
}

static bool summarise_log(const char* log, int64_t budget, ReportRun* run, char why[REPORT_WHY]) {
    char reason[STATS_WHY];
    ScoreEpisode* episodes = NULL;
    size_t count = 0;
    if (!stats_read(log, &episodes, &count, reason)) {
        snprintf(why, REPORT_WHY, "%s", reason);
        return false;
    }
    bool fine = report_summarise_run(episodes, count, budget, run);
    if (!fine && count == 0) {
        snprintf(why, REPORT_WHY, "%.500s: no episode has ended yet; let the run go on", log);
    } else if (!fine) {
        snprintf(why, REPORT_WHY,
                 "%.500s: the first episode ends after the budget of %" PRId64
                 " steps; give a larger --budget",
                 log, budget);
    }
    if (fine) {
        run->episode = episodes;
    } else {
        free(episodes);
    }
    return fine;
}

static void free_run(ReportRun* run) {
    free(run->path);
    free(run->folder);
    free(run->episode);
}

static bool read_run(const char* path, int64_t budget, ReportRun* run, char why[REPORT_WHY]) {
    char* log = NULL;
    if (!report_find_run(path, run, &log, why)) {
        return false;
    }
    bool fine = summarise_log(log, budget, run, why);
    free(log);
    run->path = malloc(strlen(path) + 1);
    if (run->path == NULL) {
        return out_of_memory(why);
    }
    report_clean_text(path, run->path, strlen(path) + 1);
    return fine;
}

static bool is_new(const Report* report, const ReportRun* run, char why[REPORT_WHY]) {
    for (size_t r = 0; r < report->run_count; r++) {
        const ReportRun* other = &report->runs[r];
        if (other->device == run->device && other->inode == run->inode) {
            snprintf(why, REPORT_WHY, "%.300s and %.300s are the same run; give it once",
                     other->path, run->path);
            return false;
        }
    }
    return true;
}

// Moves the runs of one name together, in order of first appearance, and lists the agents.
static bool group_runs(Report* report) {
    ReportRun* grouped = calloc(report->run_count, sizeof *grouped);
    report->agents = calloc(report->run_count, sizeof *report->agents);
    if (grouped == NULL || report->agents == NULL) {
        free(grouped);
        return false;
    }
    bool* taken = calloc(report->run_count, sizeof *taken);
    size_t placed = 0;
    for (size_t first = 0; taken != NULL && first < report->run_count; first++) {
        if (taken[first]) {
            continue;
        }
        ReportAgent* agent = &report->agents[report->agent_count++];
        agent->first = placed;
        for (size_t r = first; r < report->run_count; r++) {
            if (!taken[r] && strcmp(report->runs[r].name, report->runs[first].name) == 0) {
                taken[r] = true;
                grouped[placed++] = report->runs[r];
            }
        }
        agent->count = placed - agent->first;
    }
    if (taken == NULL) {
        free(grouped);
        return false;
    }
    free(taken);
    free(report->runs);
    report->runs = grouped;
    return true;
}

static bool read_runs(char* const* paths, size_t count, Report* report, char why[REPORT_WHY]) {
    for (size_t i = 0; i < count; i++) {
        ReportRun* run = &report->runs[report->run_count];
        bool fine = read_run(paths[i], report->budget, run, why) && is_new(report, run, why);
        if (!fine) {
            free_run(run);
            return false;
        }
        report->run_count++;
    }
    return true;
}

bool report_create(char* const* paths, size_t count, int64_t budget, Report* report,
                   char why[REPORT_WHY]) {
    *report = (Report){.budget = budget, .runs = calloc(count, sizeof *report->runs)};
    bool fine = report->runs != NULL || out_of_memory(why);
    fine = fine && read_runs(paths, count, report, why);
    fine = fine && (group_runs(report) || out_of_memory(why));
    if (!fine) {
        report_destroy(report);
        return false;
    }
    for (size_t a = 0; a < report->agent_count; a++) {
        ReportAgent* agent = &report->agents[a];
        agent->name = report->runs[agent->first].name;
        report_summarise_agent(&report->runs[agent->first], agent);
    }
    return true;
}

void report_destroy(Report* report) {
    for (size_t r = 0; r < report->run_count; r++) {
        free_run(&report->runs[r]);
    }
    free(report->runs);
    free(report->agents);
    *report = (Report){0};
}
