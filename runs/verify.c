// cairn verify: replays golden traces of the original and compares every figure.
#include <inttypes.h>
#include <stdio.h>

#include "runs/replay.h"
#include "runs/runs.h"

typedef struct VerifyOptions {
    const char* textures; // folder; NULL: pictures are not compared
    char** traces;        // [trace_count] borrowed from argv
    int trace_count;
} VerifyOptions;

static const struct argp_option option_table[] = {
    {"textures", 't', "DIR", 0,
     "Compare the pictures, too, drawn with the PNG files of this folder", 0},
    {0}};

static error_t parse_option(int key, char* value, struct argp_state* state) {
    VerifyOptions* options = state->input;
    switch (key) {
    case 't':
        options->textures = value;
        return 0;
    case ARGP_KEY_ARGS:
        options->traces = state->argv + state->next;
        options->trace_count = state->argc - state->next;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which trace? Name at least one .tsv.gz file");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    option_table,
    parse_option,
    "TRACE.tsv.gz...",
    "Replays golden traces of the original game and compares every column of every row exactly: "
    "reward and daylight as doubles, checksums of the map, the random generator and (with "
    "--textures) the picture, and the player.\v"
    "Names the first mismatch of every trace. The last line is \"N steps, M mismatches\": the rows "
    "that were compared, resets included, and those of them in which any column differs. Exit "
    "status: 0 all equal, 1 a mismatch or a trace that cannot be read.\n\n"
    "Example: cairn verify tests/goldens/*.tsv.gz",
    NULL,
    NULL,
    NULL};

static void print_mismatch(const char* path, const ReplayResult* result) {
    const ReplayMismatch* first = &result->first;
    printf("%s: episode %" PRId64 ", step %" PRId64 ", %s: expected %s, got %s (first of %" PRId64
           ")\n",
           path, first->episode, first->step, first->column, first->expected, first->got,
           result->mismatches);
}

int cmd_verify(int argc, char** argv) {
    VerifyOptions options = {0};
    options_parse(&parser, argc, argv, &options);
    CairnTextures* textures = NULL;
    char why[TRACE_WHY];
    if (options.textures && cairn_textures_load(options.textures, &textures, why) != CAIRN_OK) {
        return runs_fail("%s", why);
    }
    int64_t steps = 0, mismatches = 0;
    int status = RUNS_OK;
    for (int i = 0; i < options.trace_count; i++) {
        ReplayResult result;
        bool read = replay_trace(options.traces[i], textures, &result, why);
        if (result.mismatches > 0) {
            print_mismatch(options.traces[i], &result);
        }
        if (!read) {
            runs_fail("%s", why);
        }
        status = read && result.mismatches == 0 ? status : RUNS_FAILED;
        steps += result.steps;
        mismatches += result.mismatches;
    }
    cairn_textures_destroy(textures);
    printf("%" PRId64 " steps, %" PRId64 " mismatches\n", steps, mismatches);
    return status;
}
