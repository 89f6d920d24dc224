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

enum { KINDS = 6, LENGTHS = 3, TIMED_ROWS = 32, WINDOW = 16, MOST_SEEDS = 16, MOST_SET = 16 };
static const int32_t lengths[LENGTHS] = {80, 320, 1280}; // steps of an episode

typedef struct Kind {
    const char* name;
    double reference; // the specification's figure
    RecallSettings (*settings)(void);
} Kind;

typedef struct MemoryOptions {
    uint64_t seed;
    int32_t seeds, threads, updates, episodes; // updates 0: each kind's own
    int kind;                                  // KINDS: all
    const char* set[MOST_SET];                 // NAME=VALUE
    int set_count;
} MemoryOptions;

// ---------------------------------------------------------------- the kinds
// The three compressed memories are trained on as many episodes each. What was tried for them:
// runs/results/README.md, "The recall task".
static RecallSettings settings_of(int32_t updates) {
    RecallSettings settings = {.updates = updates, .rate = 1e-3, .batch = 64, .norm = 1};
    settings.ccm = net_ccm_default();
    settings.ccm.cap = RECALL_CHUNKS - 1;
    return settings;
}
static RecallSettings without(int32_t updates, int32_t keep, int32_t window) {
    RecallSettings settings = settings_of(updates);
    settings.ccm.comp = 0;
    settings.ccm.keep = keep;
    settings.ccm.window = window;
    return settings;
}
static RecallSettings none(void) {
    return without(1000, 0, 0);
}
static RecallSettings full(void) {
    return without(2000, NET_CCM_UNLIMITED, 0);
}
static RecallSettings window(void) {
    return without(1000, NET_CCM_UNLIMITED, WINDOW);
}
static RecallSettings concat(void) {
    return settings_of(3000);
}
static RecallSettings merge(void) {
    RecallSettings settings = settings_of(6000);
    settings.batch = 32;
    settings.rate = 3e-3;
    settings.ccm.merge = true;
    settings.ccm.comp = 8;
    settings.ccm.positions = NET_CCM_CHUNK;     // a mean of keys that were not turned
    settings.norm = settings.ccm.comp_norm = 8; // what a slot is should count in what it holds
    return settings;
}
static RecallSettings frozen(void) {
    RecallSettings settings = settings_of(2000);
    settings.rate = 3e-3;
    settings.raw_updates = 1000;
    settings.raw_rate = 1e-3;
    settings.ccm.local = true; // else the base looks back in its first layer, for nothing
    return settings;
}

static const Kind kinds[KINDS] = {
    {"none", 6.2, none},          {"full", 100, full},        {"window", 45, window},
    {"ccm-concat", 99.4, concat}, {"ccm-merge", 85.8, merge}, {"ccm-concat-frozen", 86.3, frozen},
};

// ---------------------------------------------------------------- a row
typedef struct Row {
    const Kind* kind;
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
    bool good = recall_train(recall, tell, row);
    row->seconds = bench_seconds() - begin;
    snprintf(why, NET_WHY, "out of memory for training");
    if (good) {
        recall_score(recall, episodes, &row->score);
        row->kv_bytes = recall_kv_bytes(recall);
    }
    for (int i = 0; good && i < LENGTHS; i++) {
        good = recall_time(recall, TIMED_ROWS, lengths[i], &row->microseconds[i], why) == NET_OK;
    }
    recall_destroy(recall);
    return good;
}

// Entries of keys and values that are kept of the 70 steps of the chunks gone by.
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
        snprintf(length, sizeof length, "%" PRId32, lengths[i]);
        json_object_set_new(steps, length, json_real(row->microseconds[i]));
    }
    char cpu[MACHINE_NAME], description[RECALL_DESCRIPTION];
    machine_processor(cpu);
    recall_describe(settings, NULL, description, sizeof description);
    json_t* line = json_pack(
        "{s:s, s:s, s:I, s:f, s:f, s:o, s:i, s:I, s:f, s:o, s:i, s:i, s:i, s:s, s:f, s:i, s:f, "
        "s:s, s:s, s:s}",
        "bench", "memory", "memory", row->kind->name, "seed", (json_int_t)row->seed, "score",
        100 * row->score.past, "own_chunk", 100 * row->score.own, "score_by_age", ages, "past",
        (int)past_of(row), "kv_bytes", (json_int_t)row->kv_bytes, "us_per_step",
        row->microseconds[0], "us_per_step_by_length", steps, "rows", TIMED_ROWS, "updates",
        (int)settings->updates, "raw_updates", (int)settings->raw_updates, "settings", description,
        "loss", row->score.loss, "threads", (int)settings->threads, "seconds", row->seconds, "cpu",
        cpu, "instructions", net_instruction_set(), "compiler", machine_compiler());
    json_dumpf(line, stdout, JSON_REAL_PRECISION(5));
    putchar('\n');
    fflush(stdout);
    json_decref(line);
}

// For people, on standard error: standard output is lines of JSON.
static void print_table(const Row* rows, int count) {
    fprintf(stderr, "%s%-18s %4s %9s %6s %8s %10s %10s %10s %8s  %4s  %s\n",
            isatty(STDERR_FILENO) ? "\r\033[K" : "", "memory", "past", "reference", "score",
            "KV bytes", "us at 80", "at 320", "at 1280", "seconds", "seed", "settings");
    const RecallSettings usual = settings_of(0);
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
    {"set", 'S', "NAME=VALUE", 0,
     "another setting than the kind's own: updates, rate, raw_updates, raw_rate, batch, slots, "
     "rank, floor, norm, comp_norm, adapter, positions or local; may be repeated",
     0},
    {0}};

static int kind_of(const char* text) {
    const char* names[KINDS];
    for (int i = 0; i < KINDS; i++) {
        names[i] = kinds[i].name;
        if (strcmp(text, kinds[i].name) == 0) {
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
    "episodes of 80 steps; us_per_step_by_length also of longer ones.\n\n"
    "Example: cairn bench memory --memory ccm-concat --seeds 3",
    NULL,
    NULL,
    NULL};

int cmd_bench_memory(int argc, char** argv) {
    MemoryOptions options = {.seeds = 1, .episodes = 2048, .kind = KINDS};
    options_parse(&argp, argc, argv, &options);
    int32_t processors = options_processors();
    Row rows[MOST_SEEDS * KINDS];
    int count = 0;
    char why[NET_WHY] = "";
    for (int32_t seed = 0; seed < options.seeds; seed++) {
        for (int i = 0; i < KINDS; i++) {
            if (options.kind != KINDS && options.kind != i) {
                continue;
            }
            Row* row = &rows[count++];
            *row = (Row){.kind = &kinds[i], .seed = options.seed + (uint64_t)seed};
            row->settings = kinds[i].settings();
            row->settings.seed = row->seed;
            row->settings.threads = options.threads   ? options.threads
                                    : processors < 64 ? processors
                                                      : 64;
            if (options.updates) {
                row->settings.updates = options.updates;
                row->settings.raw_updates = row->settings.raw_updates ? options.updates : 0;
            }
            for (int set = 0; set < options.set_count; set++) {
                if (!recall_set(&row->settings, options.set[set], why)) {
                    return runs_usage("%s", why);
                }
            }
            if (!measure(row, options.episodes, why)) {
                return runs_fail("%s", why);
            }
            print_row(row);
        }
    }
    print_table(rows, count);
    return RUNS_OK;
}
