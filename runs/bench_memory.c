// cairn bench memory: what a compressed memory keeps. Trains and scores the recall task
// (runs/recall.h) for each kind of memory, and measures what a step costs as episodes grow.
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runs/bench.h"
#include "runs/machine.h"
#include "runs/recall.h"
#include "runs/runs.h"

enum { KINDS = 6, LENGTHS = 3, TIMED_ROWS = 32, MOST_SEEDS = 16, MOST_SET = 16 };
static const int32_t lengths[LENGTHS] = {8, 32, 128}; // chunks of an episode

typedef struct MemoryOptions {
    uint64_t seed;
    int32_t seeds, threads, updates, episodes; // updates 0: each kind's own
    int kind;                                  // KINDS: all
    bool check;
    const char* set[MOST_SET]; // NAME=VALUE
    int set_count;
} MemoryOptions;

// ---------------------------------------------------------------- a row
typedef struct Row {
    const RecallKind* kind;
    uint64_t seed;
    RecallSettings settings;
    RecallScore score;
    size_t kv_bytes;
    double seconds, microseconds[LENGTHS];
} Row;

static void tell(void* context, int32_t update, double loss) {
    const Row* row = context;
    if (isatty(STDERR_FILENO) && update % 50 == 0) {
        fprintf(stderr, "\r%s, seed %" PRIu64 ": update %" PRId32 ", loss %.3f \033[K",
                row->kind->name, row->seed, update, loss);
    }
}

static bool measure(Row* row, int32_t episodes, char why[NET_WHY]) {
    Recall* recall = NULL;
    if (recall_create(&row->settings, &recall, why) != NET_OK) {
        return false;
    }
    double begin = bench_seconds();
    bool good = recall_train(recall, tell, row, why) == NET_OK;
    row->seconds = bench_seconds() - begin;
    if (good) {
        recall_score(recall, episodes, &row->score);
        row->kv_bytes = recall_kv_bytes(recall);
    }
    for (int i = 0; good && i < LENGTHS; i++) {
        good = recall_time(recall, TIMED_ROWS, lengths[i] * row->settings.chunk,
                           &row->microseconds[i], why) == NET_OK;
    }
    recall_destroy(recall);
    return good;
}

// Entries of keys and values that are kept of the steps of the chunks gone by.
static int32_t past_of(const Row* row) {
    const NetCcmConfig* ccm = &row->settings.ccm;
    return (int32_t)(row->kv_bytes / ((size_t)(ccm->layers * 2 * ccm->width) * sizeof(NetReal)));
}

static void print_row(const Row* row) {
    const RecallSettings* settings = &row->settings;
    json_t *ages = json_array(), *steps = json_object();
    for (int i = 1; i < RECALL_CHUNKS; i++) {
        json_array_append_new(ages, json_real(100 * row->score.age[i]));
    }
    for (int i = 0; i < LENGTHS; i++) {
        char length[16];
        snprintf(length, sizeof length, "%" PRId32, lengths[i] * settings->chunk);
        json_object_set_new(steps, length, json_real(row->microseconds[i]));
    }
    char cpu[MACHINE_NAME], description[RECALL_DESCRIPTION];
    machine_processor(cpu);
    recall_describe(settings, NULL, description, sizeof description);
    json_t* line = json_pack(
        "{s:s, s:s, s:I, s:f, s:b, s:f, s:o, s:i, s:I, s:f, s:o, s:i, s:i, s:i, s:s, s:f, s:i, "
        "s:f, "
        "s:s, s:s, s:s}",
        "bench", "memory", "memory", row->kind->name, "seed", (json_int_t)row->seed, "score",
        100 * row->score.past, "within_bounds", (int)recall_keeps(&row->kind->bounds, &row->score),
        "own_chunk", 100 * row->score.own, "score_by_age", ages, "past", (int)past_of(row),
        "kv_bytes", (json_int_t)row->kv_bytes, "us_per_step", row->microseconds[0],
        "us_per_step_by_length", steps, "rows", TIMED_ROWS, "updates", (int)settings->updates,
        "raw_updates", (int)settings->raw_updates, "settings", description, "loss", row->score.loss,
        "threads", (int)settings->threads, "seconds", row->seconds, "cpu", cpu, "instructions",
        net_instruction_set(), "compiler", machine_compiler());
    json_dumpf(line, stdout, JSON_REAL_PRECISION(5));
    putchar('\n');
    fflush(stdout);
    json_decref(line);
}

// For people, on standard error: standard output is lines of JSON.
static void print_table(const Row* rows, int count) {
    fprintf(stderr, "%s%-18s %4s %9s %6s %8s %10s %10s %10s %8s  %4s  %s\n",
            isatty(STDERR_FILENO) ? "\r\033[K" : "", "memory", "past", "reference", "score",
            "KV bytes", "us, 8", "32", "128 chunks", "seconds", "seed", "settings");
    const RecallSettings usual = recall_usual();
    for (int i = 0; i < count; i++) {
        const Row* row = &rows[i];
        char description[RECALL_DESCRIPTION];
        recall_describe(&row->settings, &usual, description, sizeof description);
        fprintf(stderr,
                "%-18s %4" PRId32 " %9.1f %6.1f %8zu %10.2f %10.2f %10.2f %8.0f  %4" PRIu64
                "  %s\n",
                row->kind->name, past_of(row), row->kind->reference, 100 * row->score.past,
                row->kv_bytes, row->microseconds[0], row->microseconds[1], row->microseconds[2],
                row->seconds, row->seed, description);
    }
}

// ---------------------------------------------------------------- options
static const struct argp_option option_table[] = {
    {"memory", 'm', "KIND", 0,
     "only this one: none, full, window, ccm-concat, ccm-merge or ccm-concat-frozen", 0},
    {"seed", 's', "N", 0, "first seed (default 0)", 0},
    {"seeds", 'n', "N", 0, "how many seeds (default 1)", 0},
    {"threads", 't', "N", 0, "threads (default: all processors)", 0},
    {"updates", 'u', "N", 0, "updates of every training (default: 1000 to 6000 by kind)", 0},
    {"episodes", 'e', "N", 0, "fresh episodes that are scored (default 2048)", 0},
    {"check", 'c', NULL, 0,
     "fail where a score is not what the specification demands of the usual settings", 0},
    {"set", 'S', "NAME=VALUE", 0,
     "another setting than the kind's own: updates, rate, raw_updates, raw_rate, batch, chunk, "
     "slots, rank, floor, norm, comp_norm, adapter, positions or local; may be repeated",
     0},
    {0}};

static int kind_of(const char* text) {
    const char* names[KINDS];
    for (int i = 0; i < KINDS; i++) {
        names[i] = recall_kinds[i].name;
        if (strcmp(text, recall_kinds[i].name) == 0) {
            return i;
        }
    }
    const char* nearest = options_nearest(text, names, KINDS);
    exit(runs_usage("--memory '%s' is unknown; %s%s%s", text, nearest ? "did you mean " : "see",
                    nearest ? nearest : " `cairn bench memory --help`", nearest ? "?" : "."));
}

static error_t parse_option(int key, char* text, struct argp_state* state) {
    MemoryOptions* options = state->input;
    switch (key) {
    case 'm':
        options->kind = kind_of(text);
        return 0;
    case 's':
        options->seed = (uint64_t)options_int(state, "--seed", text, 0, INT32_MAX);
        return 0;
    case 'n':
        options->seeds = (int32_t)options_int(state, "--seeds", text, 1, MOST_SEEDS);
        return 0;
    case 't':
        options->threads = (int32_t)options_int(state, "--threads", text, 1, 64);
        return 0;
    case 'u':
        options->updates = (int32_t)options_int(state, "--updates", text, 1, 1000000);
        return 0;
    case 'e':
        options->episodes = (int32_t)options_int(state, "--episodes", text, 1, 1000000);
        return 0;
    case 'c':
        options->check = true;
        return 0;
    case 'S':
        if (options->set_count == MOST_SET) {
            exit(runs_usage("at most %d settings can be set", MOST_SET));
        }
        options->set[options->set_count++] = text;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    option_table,
    parse_option,
    NULL,
    "Trains a small transformer to recall what it read many steps ago, for each kind of memory, "
    "and "
    "scores it step by step: the share of right answers whose binding lies in an earlier chunk. "
    "Prints one JSON line for each, and a table on standard error.\v"
    "us_per_step is processor time of one world's step, 32 worlds in lockstep, near the end of "
    "episodes of 8 chunks (80 steps if a chunk has the usual 10); us_per_step_by_length also of "
    "longer ones.\n\n"
    "Example: cairn bench memory --memory ccm-concat --seeds 3",
    NULL,
    NULL,
    NULL};

// The rows to be measured; returns how many. Fails where a setting is wrong.
static int plan_rows(const MemoryOptions* options, Row* rows) {
    int32_t processors = options_processors(), count = 0;
    char why[NET_WHY] = "";
    for (int32_t i = 0; i < options->seeds * KINDS; i++) {
        const int kind = i % KINDS;
        if (options->kind != KINDS && options->kind != kind) {
            continue;
        }
        Row* row = &rows[count++];
        *row = (Row){.kind = &recall_kinds[kind], .seed = options->seed + (uint64_t)(i / KINDS)};
        row->settings = row->kind->settings();
        row->settings.seed = row->seed;
        row->settings.threads = options->threads  ? options->threads
                                : processors < 64 ? processors
                                                  : 64;
        if (options->updates) {
            row->settings.updates = options->updates;
            row->settings.raw_updates = row->settings.raw_updates ? options->updates : 0;
        }
        for (int set = 0; set < options->set_count; set++) {
            if (!recall_set(&row->settings, options->set[set], why)) {
                exit(runs_usage("%s", why));
            }
        }
        Recall* recall = NULL; // rather now than after an hour of the others
        if (recall_create(&row->settings, &recall, why) != NET_OK) {
            exit(runs_usage("%s: %s", row->kind->name, why));
        }
        recall_destroy(recall);
    }
    return count;
}

int cmd_bench_memory(int argc, char** argv) {
    MemoryOptions options = {.seeds = 1, .episodes = 2048, .kind = KINDS};
    options_parse(&argp, argc, argv, &options);
    Row rows[MOST_SEEDS * KINDS];
    const int count = plan_rows(&options, rows);
    char why[NET_WHY] = "";
    int missed = 0;
    for (int i = 0; i < count; i++) {
        if (!measure(&rows[i], options.episodes, why)) {
            return runs_fail("%s", why);
        }
        print_row(&rows[i]);
        missed += !recall_keeps(&rows[i].kind->bounds, &rows[i].score);
    }
    print_table(rows, count);
    return options.check && missed ? runs_fail("%d of %d scores are out of bounds", missed, count)
                                   : RUNS_OK;
}
