// cairn bench: picks the benchmark.
#include <stdio.h>
#include <string.h>

#include "runs/runs.h"

static const char help[] =
    "Usage: cairn bench env [OPTION]...\n"
    "Measures speed and prints one JSON line per measurement.\n\n"
    "  env      steps per second of the world, by observation and threads\n"
    "  learn    seconds of a rollout and a PPO update, by preset, dtype and threads\n"
    "  memory   what a compressed memory recalls, and what a step costs with it\n\n"
    "Example: cairn bench env --threads 2\n"
    "`cairn bench env --help` lists its options; so do the others.\n";

int cmd_bench(int argc, char** argv) {
    const char* word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        fputs(help, stdout);
        return RUNS_OK;
    }
    if (strcmp(word, "env") == 0) {
        argv[1] = "cairn bench env";
        return cmd_bench_env(argc - 1, argv + 1);
    }
    if (strcmp(word, "learn") == 0) {
        argv[1] = "cairn bench learn";
        return cmd_bench_learn(argc - 1, argv + 1);
    }
    if (strcmp(word, "memory") == 0) {
        argv[1] = "cairn bench memory";
        return cmd_bench_memory(argc - 1, argv + 1);
    }
    if (argc > 1) {
        return runs_usage("no benchmark '%s'; there are 'env', 'learn' and 'memory'. "
                          "See `cairn bench --help`.",
                          word);
    }
    return runs_usage(
        "which benchmark? There are 'env', 'learn' and 'memory'. See `cairn bench --help`.");
}
