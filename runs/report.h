// A report: what training runs reached, by the protocol of Crafter and of Moon et al. 2023.
//
// Of every run, the episodes up to the budget of steps count: lines of stats.jsonl are taken until
// the sum of lengths would exceed it. Success rates and score are over all of them; reward and
// length are means over the episodes that ended in the last 100,000 of these steps. Runs of one
// name are seeds of one agent, which gets mean and population standard deviation over its runs (so
// an agent's score is the mean of scores, not the score of its mean rates).
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "env/cairn.h"
#include "runs/score.h"

enum {
    REPORT_BUDGET = 1000000,  // steps, Crafter's
    REPORT_WINDOW = 100000,   // steps at the end over which reward and length are means
    REPORT_SLACK = 10000,     // a run that has used all but so many of the budget's steps is whole;
    REPORT_WORLD_SLACK = 500, // and so many more per world, whose last episode has not ended
    REPORT_NAME = 96,
    REPORT_WHY = 1024
};

// What is known of one run, and averaged over an agent's runs.
typedef enum ReportMeasure {
    REPORT_SCORE,        // percent: exp(mean of ln(1 + rate)) - 1
    REPORT_REWARD,       // mean return, last 100k steps
    REPORT_LENGTH,       // mean steps per episode, last 100k steps
    REPORT_TABLE_REWARD, // Crafter's own reward table: see report_summary.c
    REPORT_RATES,        // 22 success rates in percent
    REPORT_MEASURES = REPORT_RATES + CAIRN_ACHIEVEMENTS
} ReportMeasure;

typedef struct ReportRun {
    char* path;             // as given, cleaned for display; owned
    char* folder;           // of the run, for what lies beside the log; NULL: a log alone; owned
    ScoreEpisode* episode;  // [episodes] those that count; owned
    char name[REPORT_NAME]; // of the agent
    char seed[REPORT_NAME]; // "" when unknown
    int64_t steps;          // of the episodes that count
    size_t episodes;        // that count
    size_t window_episodes; // of these, ended in the last 100k steps
    bool whole;             // used the budget up to REPORT_SLACK
    int32_t worlds;         // of its config.ini; 0 = not known
    uint64_t settings;      // hash of config.ini, seed, threads and the like aside; 0 = none
    uint64_t device, inode; // of the log, to notice one given twice
    double measure[REPORT_MEASURES];
} ReportRun;

typedef struct ReportAgent {
    const char* name;    // borrowed from its first run
    size_t first, count; // runs [first, first + count) of the report
    size_t short_runs;   // runs that are not whole
    bool mixed;          // its runs differ in more than their seed
    int64_t steps;       // mean over its runs
    size_t episodes;     // sum over its runs
    double mean[REPORT_MEASURES], deviation[REPORT_MEASURES]; // over its runs
} ReportAgent;

typedef struct Report {
    int64_t budget;      // steps; 0 = all
    int32_t refresh;     // seconds after which a page loads itself anew; 0 = never
    ReportRun* runs;     // [run_count] grouped by agent; owned
    ReportAgent* agents; // [agent_count] in order of first appearance; owned
    size_t run_count, agent_count;
} Report;

// "score", "reward", "length", "table_reward", "collect_coal", ...
const char* report_measure_name(int measure);

// paths [count]: run folders or logs. false: *report is empty, why says which file and line.
bool report_create(char* const* paths, size_t count, int64_t budget, Report* report,
                   char why[REPORT_WHY]);
void report_destroy(Report* report);

// Fills the figures of a run from its log (report_summary.c). false: no episode counts.
bool report_summarise_run(const ScoreEpisode* episodes, size_t count, int64_t budget,
                          ReportRun* run);
void report_summarise_agent(const ReportRun* runs, ReportAgent* agent); // runs of this agent

// Finds a run's log, folder, agent and seed (report_source.c). log: path of stats.jsonl or
// stats.jsonl.gz, to be freed by the caller.
bool report_find_run(const char* path, ReportRun* run, char** log, char why[REPORT_WHY]);
// "ppo-seed2" is "ppo" and "2": splits the seed off a folder's name. "seed-2" leaves name "".
void report_split_seed(const char* text, char name[REPORT_NAME], char seed[REPORT_NAME]);
// Copies text that comes from outside: control bytes and broken UTF-8 become '?'.
void report_clean_text(const char* text, char* clean, size_t size);

// The report in four forms, to an open file. false: not all of it could be written, or (JSON) out
// of memory.
typedef bool ReportPrinter(const Report* report, FILE* file);
ReportPrinter report_print_text, report_print_csv, report_print_json, report_print_html;
// The table of agents alone, for the terminal.
bool report_print_agents(const Report* report, FILE* file);
// Writes to "<path>.tmp", flushes it to the disk and renames it (report_write.c), so that `path` is
// at every moment the old file or the whole new one.
bool report_write(const Report* report, ReportPrinter* printer, const char* path,
                  char why[REPORT_WHY]);
