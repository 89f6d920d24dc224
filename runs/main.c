// The program `cairn`: picks the subcommand.
#include <stdio.h>
#include <string.h>

#include "env/cairn.h"
#include "runs/runs.h"

typedef struct Subcommand {
    const char* name;
    const char* title; // argv[0] of the subcommand
    int (*run)(int argc, char** argv);
    const char* summary;
} Subcommand;

static const Subcommand subcommands[] = {
    {"train", "cairn train", cmd_train, "train an agent; the main job"},
    {"eval", "cairn eval", cmd_eval, "play fresh episodes with a trained agent; success rates"},
    {"report", "cairn report", cmd_report, "success rates and scores of training runs, compared"},
    {"verify", "cairn verify", cmd_verify, "replay recorded traces and compare every figure"},
    {"bench", "cairn bench", cmd_bench, "measure speed; one JSON line per measurement"},
    {"info", "cairn info", cmd_info, "what a checkpoint, an episode or a run folder holds"},
};
enum { SUBCOMMANDS = sizeof subcommands / sizeof subcommands[0] };

static void print_help(void) {
    printf("Usage: cairn SUBCOMMAND [OPTION]...\n"
           "An exact Crafter world in C and an agent that learns its achievements.\n\n");
    for (size_t i = 0; i < SUBCOMMANDS; i++) {
        printf("  %-8s %s\n", subcommands[i].name, subcommands[i].summary);
    }
    printf("\n`cairn SUBCOMMAND --help` says more. For a start:\n\n"
           "  cairn train --steps 200k --out runs/first\n"
           "  cairn eval runs/first\n"
           "  cairn report runs/first\n\n"
           "Exit status: 0 done, 1 failed, 2 the call cannot be meant, 130 stopped by\n"
           "Ctrl-C and 143 by SIGTERM, everything saved.\n");
}

static int unknown_subcommand(const char* word) {
    const char* names[SUBCOMMANDS];
    for (size_t i = 0; i < SUBCOMMANDS; i++) {
        names[i] = subcommands[i].name;
    }
    const char* nearest = options_nearest(word, names, SUBCOMMANDS);
    if (nearest) {
        return runs_usage("no subcommand '%s'; did you mean '%s'? See `cairn --help`.", word,
                          nearest);
    }
    return runs_usage("no subcommand '%s'. See `cairn --help`.", word);
}

int main(int argc, char** argv) {
    if (argc < 2) {
        print_help();
        return RUNS_USAGE;
    }
    const char* word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        print_help();
        return RUNS_OK;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        printf("cairn %s\n", cairn_version());
        return RUNS_OK;
    }
    for (size_t i = 0; i < SUBCOMMANDS; i++) {
        if (strcmp(word, subcommands[i].name) == 0) {
            argv[1] = (char*)subcommands[i].title;
            return subcommands[i].run(argc - 1, argv + 1);
        }
    }
    return unknown_subcommand(word);
}
