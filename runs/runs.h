// What the subcommands of the program `cairn` share: their entry points, exit statuses, the line on
// standard error, and options.
//
// Every subcommand is one file with one entry point. argv[0] is "cairn NAME"; the result is the
// exit status. Options are read by glibc's argp, through options_parse.
#pragma once
#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RUNS_OK = 0,
    RUNS_FAILED = 1,   // the work could not be done: a file, a full disk, a mismatch
    RUNS_USAGE = 2,    // the call cannot be meant: an unknown option, key or preset, a bad value
    RUNS_STOPPED = 128 // plus the signal's number, as shells have it: Ctrl-C 130, SIGTERM 143
};

int cmd_train(int argc, char** argv);
int cmd_eval(int argc, char** argv);
int cmd_report(int argc, char** argv);
int cmd_verify(int argc, char** argv);
int cmd_bench(int argc, char** argv); // hands on to cmd_bench_*
int cmd_bench_env(int argc, char** argv);
int cmd_bench_learn(int argc, char** argv);
int cmd_bench_memory(int argc, char** argv);
int cmd_info(int argc, char** argv);

// Prints "cairn: <line>" to standard error and returns RUNS_FAILED or RUNS_USAGE, so that a
// subcommand ends with `return runs_fail(...)`.
int runs_fail(const char* format, ...) __attribute__((format(printf, 1, 2)));
int runs_usage(const char* format, ...) __attribute__((format(printf, 1, 2)));

// argp_parse with usage errors ending the program with RUNS_USAGE and an unknown --option answered
// with the nearest known one. Parsers end the program with `exit(runs_usage(...))`, one line, where
// argp_error would print two.
void options_parse(const struct argp* argp, int argc, char** argv, void* input);
// The value of an option as a whole number in [low, high]; anything else ends the program with
// RUNS_USAGE and a line that names the option, what was found and the range.
int64_t options_int(struct argp_state* state, const char* option, const char* text, int64_t low,
                    int64_t high);
// Whole numbers as the whole program reads them: decimal, or with k and M for thousands and
// millions ("250k", "1M"). false: not a number, or it does not fit.
bool options_read_int(const char* text, int64_t* value);
// The name nearest to `word` by edit distance, or NULL when none is near (more than half of it is
// different). names [count]; NULL entries are skipped.
const char* options_nearest(const char* word, const char* const* names, size_t count);
// Processors this process may run on, in [1, 256].
int32_t options_processors(void);
