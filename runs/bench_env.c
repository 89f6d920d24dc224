// cairn bench env: how fast the world is. Scenarios are an observation, a number of worlds and of
// threads; worlds that end begin anew inside the step, as in training, and every step takes fresh
// uniformly random actions, drawn inside the measured time (a few nanoseconds each).
//
// Before the measurement all worlds play 600 steps, so that they stand at different hours of their
// days: at night a step costs more.
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "env/cairn.h"
#include "runs/bench.h"
#include "runs/bench_scene.h"
#include "runs/machine.h"
#include "runs/run_folder.h"
#include "runs/runs.h"

enum { WARM_UP_STEPS = 600, COST_SAMPLES = 2000 };

static const char* const mode_names[] = {[CAIRN_MODE_EXACT] = "exact", [CAIRN_MODE_FAST] = "fast"};

typedef struct BenchOptions {
    int32_t worlds, threads, repeats; // threads 0: not given
    double seconds;                   // of a repeat
    CairnMode mode;
    int observation; // OBSERVATIONS: not given
    const char* csv;
} BenchOptions;

typedef struct Bench {
    const BenchOptions* options;
    char cpu[MACHINE_NAME];
    FILE* csv; // in memory; NULL: not wanted
} Bench;

// ---------------------------------------------------------------- output
static void print_result(Bench* bench, json_t* result) {
    json_object_set_new(result, "cpu", json_string(bench->cpu));
    json_object_set_new(result, "cores", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
    json_object_set_new(result, "compiler", json_string(machine_compiler()));
    json_object_set_new(result, "version", json_string(cairn_version()));
    json_dumpf(result, stdout, JSON_REAL_PRECISION(6));
    putchar('\n');
    fflush(stdout);
    json_decref(result);
}

static void add_csv_line(Bench* bench, const char* what, const char* observation, int32_t worlds,
                         int32_t threads, const char* unit, BenchSpread spread) {
    if (bench->csv != NULL) {
        fprintf(bench->csv, "%s,%s,%" PRId32 ",%" PRId32 ",%s,%.6g,%.6g,%.6g,\"%s\"\r\n", what,
                observation, worlds, threads, unit, spread.median, spread.min, spread.max,
                bench->cpu);
    }
}

// ---------------------------------------------------------------- steps per second
// Steps per second, by the clock and by processor time.
typedef struct Rate {
    double by_clock, by_processor;
} Rate;

static Rate measure_steps(Bench* bench, int observation, int32_t worlds, int32_t threads) {
    const BenchOptions* options = bench->options;
    BenchScene scene = bench_scene_create(options->mode, observation, worlds, threads);
    for (int i = 0; i < WARM_UP_STEPS; i++) {
        bench_play(&scene);
    }
    double rates[BENCH_REPEATS], total_seconds = 0;
    double processor_begin = bench_processor_seconds();
    int64_t total_steps = 0;
    scene.episodes = 0;
    for (int32_t r = 0; r < options->repeats; r++) {
        int64_t steps = 0;
        double begin = bench_seconds(), seconds = 0;
        while (seconds < options->seconds) {
            bench_play(&scene);
            steps += worlds;
            seconds = bench_seconds() - begin;
        }
        rates[r] = (double)steps / seconds;
        total_steps += steps, total_seconds += seconds;
    }
    double processor_seconds = bench_processor_seconds() - processor_begin;
    BenchSpread spread = bench_spread(rates, (size_t)options->repeats);
    const char* name = bench_observation[observation];
    add_csv_line(bench, "step", name, worlds, threads, "steps/s", spread);
    print_result(
        bench,
        json_pack(
            "{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:f}",
            "bench", "env", "mode", mode_names[options->mode], "observation", name, "actions",
            "random, drawn while measuring", "worlds", (int)worlds, "threads", (int)threads,
            "warm_up_steps", WARM_UP_STEPS * (int)worlds, "repeats", (int)options->repeats, "steps",
            (json_int_t)total_steps, "episodes", (json_int_t)scene.episodes, "seconds",
            total_seconds, "processor_seconds", processor_seconds, "steps_per_processor_s",
            (double)total_steps / processor_seconds, "steps_per_s", spread.median, "min",
            spread.min, "max", spread.max));
    bench_scene_destroy(&scene);
    return (Rate){spread.median, (double)total_steps / processor_seconds};
}

// How far pixels are from the rate at which a core could store them; both by processor time.
static void measure_store(Bench* bench, Rate pixels) {
    const BenchOptions* options = bench->options;
    const CairnConfig config = cairn_default_config();
    const size_t bytes = (size_t)config.size_width * (size_t)config.size_height * 3;
    const BenchSpread spread =
        bench_store_rate((size_t)options->worlds, bytes, (size_t)options->repeats);
    if (spread.median == 0) {
        exit(runs_fail("out of memory for %" PRId32 " frames", options->worlds));
    }
    add_csv_line(bench, "store", bench_observation[PIXELS], options->worlds, 1, "bytes/s", spread);
    print_result(bench,
                 json_pack("{s:s, s:s, s:i, s:i, s:i, s:f, s:f, s:f, s:f, s:f}", "bench",
                           "env_store", "mode", mode_names[options->mode], "worlds",
                           (int)options->worlds, "frame_bytes", (int)bytes, "repeats",
                           (int)options->repeats, "bytes_per_s", spread.median, "min", spread.min,
                           "max", spread.max, "frames_per_s", spread.median / (double)bytes,
                           "share_of_pixels", pixels.by_processor * (double)bytes / spread.median));
}

// What a second thread adds. Other work on the cores spoils the clock's ratio; processor time
// counts a thread's waiting for the other, so that its ratio is then too low rather than too high.
static void report_threads(Bench* bench, int observation, Rate one, Rate two) {
    const BenchOptions* options = bench->options;
    print_result(
        bench, json_pack("{s:s, s:s, s:s, s:i, s:f, s:f}", "bench", "env_threads", "mode",
                         mode_names[options->mode], "observation", bench_observation[observation],
                         "worlds", (int)options->worlds, "two_to_one", two.by_clock / one.by_clock,
                         "two_to_one_by_processor_time", 2 * two.by_processor / one.by_processor));
}

// ---------------------------------------------------------------- what single things cost
// One thread's processor time is the clock's on an idle machine, and still tells the cost on a busy
// one; the short things below are timed by the clock, which takes less time itself.
static double time_resets(BenchScene* scene) {
    enum { RESETS = 50 };
    double begin = bench_processor_seconds();
    for (int i = 0; i < RESETS; i++) {
        cairn_reset(scene->worlds, &scene->output);
    }
    return (bench_processor_seconds() - begin) / RESETS;
}

static double time_steps(BenchScene* scene) {
    double begin = bench_processor_seconds();
    for (int i = 0; i < COST_SAMPLES; i++) {
        bench_play(scene);
    }
    return (bench_processor_seconds() - begin) / COST_SAMPLES;
}

// By day and night alike: between two observations, outside the measured time, the world plays on.
static double time_observations(BenchScene* scene) {
    double seconds = 0;
    for (int i = 0; i < COST_SAMPLES; i++) {
        bench_play(scene);
        double begin = bench_seconds();
        cairn_observe_world(scene->worlds, 0, &scene->output);
        seconds += bench_seconds() - begin;
    }
    return seconds / COST_SAMPLES;
}

// A world kept and brought back, in memory and as bytes; the world plays on in between.
typedef struct Keeper {
    CairnSnapshot* snapshot;
    void* bytes;
    size_t limit, used;
} Keeper;

static void keep_or_exit(CairnStatus status, const char* why) {
    if (status != CAIRN_OK) {
        exit(runs_fail("%s", why));
    }
}

static CairnStatus take(BenchScene* scene, Keeper* keeper, char* why) {
    return cairn_snapshot_take(scene->worlds, 0, keeper->snapshot, why);
}
static CairnStatus restore(BenchScene* scene, Keeper* keeper, char* why) {
    return cairn_snapshot_restore(scene->worlds, 0, keeper->snapshot, why);
}
static CairnStatus save(BenchScene* scene, Keeper* keeper, char* why) {
    return cairn_save_world(scene->worlds, 0, keeper->bytes, keeper->limit, &keeper->used, why);
}
static CairnStatus load(BenchScene* scene, Keeper* keeper, char* why) {
    return cairn_load_world(scene->worlds, 0, keeper->bytes, keeper->used, why);
}

static double time_keeping(BenchScene* scene, CairnStatus (*act)(BenchScene*, Keeper*, char*)) {
    char why[CAIRN_WHY] = "out of memory";
    Keeper keeper = {.limit = cairn_state_limit(scene->worlds)};
    keeper.bytes = malloc(keeper.limit);
    keep_or_exit(keeper.bytes ? CAIRN_OK : CAIRN_OUT_OF_MEMORY, why);
    keep_or_exit(cairn_snapshot_create(scene->worlds, &keeper.snapshot, why), why);
    double seconds = 0;
    for (int i = 0; i < COST_SAMPLES; i++) {
        bench_play(scene);
        keep_or_exit(take(scene, &keeper, why), why); // so that all four have something to do
        keep_or_exit(save(scene, &keeper, why), why);
        double begin = bench_seconds();
        keep_or_exit(act(scene, &keeper, why), why);
        seconds += bench_seconds() - begin;
    }
    cairn_snapshot_destroy(keeper.snapshot);
    free(keeper.bytes);
    return seconds / COST_SAMPLES;
}
static double time_take(BenchScene* scene) {
    return time_keeping(scene, take);
}
static double time_restore(BenchScene* scene) {
    return time_keeping(scene, restore);
}
static double time_save(BenchScene* scene) {
    return time_keeping(scene, save);
}
static double time_load(BenchScene* scene) {
    return time_keeping(scene, load);
}

static double resident_bytes(void) {
    long pages = 0;
    FILE* file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%*s %ld", &pages) != 1) { // NOLINT(cert-err34-c)
        pages = 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

// What `worlds` worlds take, threads and pictures included, after a hundred steps.
static void measure_memory(Bench* bench, int32_t worlds) {
    double before = resident_bytes();
    BenchScene scene = bench_scene_create(bench->options->mode, NONE, worlds, 1);
    for (int i = 0; i < 100; i++) {
        bench_play(&scene);
    }
    double bytes = resident_bytes() - before;
    print_result(bench,
                 json_pack("{s:s, s:s, s:i, s:f, s:f}", "bench", "env_memory", "mode",
                           mode_names[bench->options->mode], "worlds", (int)worlds, "megabytes",
                           bytes / (1 << 20), "bytes_per_world", bytes / worlds));
    bench_scene_destroy(&scene);
}

// Per world, of `worlds` at once: in mode fast, many are made together.
static void measure_cost(Bench* bench, const char* what, int observation, int32_t worlds,
                         double (*measure)(BenchScene* scene)) {
    int32_t repeats = bench->options->repeats;
    BenchScene scene = bench_scene_create(bench->options->mode, observation, worlds, 1);
    double costs[BENCH_REPEATS];
    measure(&scene);
    for (int32_t r = 0; r < repeats; r++) {
        costs[r] = 1e6 * measure(&scene) / worlds;
    }
    BenchSpread spread = bench_spread(costs, (size_t)repeats);
    const char* name = bench_observation[observation];
    add_csv_line(bench, what, name, worlds, 1, "us", spread);
    print_result(bench,
                 json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:f, s:f, s:f}", "bench", "env_cost",
                           "mode", mode_names[bench->options->mode], "what", what, "observation",
                           name, "worlds", (int)worlds, "repeats", (int)repeats, "microseconds",
                           spread.median, "min", spread.min, "max", spread.max));
    bench_scene_destroy(&scene);
}

static void measure_table(Bench* bench) {
    const BenchOptions* options = bench->options;
    measure_memory(bench, options->worlds); // first: afterwards memory is used again
    Rate rate[2][2];                        // [pixels and tiles, one and two threads]
    for (int32_t threads = 1; threads <= 2; threads++) {
        rate[PIXELS][threads - 1] = measure_steps(bench, PIXELS, options->worlds, threads);
        rate[TILES][threads - 1] = measure_steps(bench, TILES, options->worlds, threads);
    }
    for (int observation = PIXELS; observation <= TILES; observation++) {
        report_threads(bench, observation, rate[observation][0], rate[observation][1]);
    }
    measure_store(bench, rate[PIXELS][0]);
    measure_steps(bench, NONE, options->worlds, 1);
    measure_cost(bench, "reset", NONE, 1, time_resets);
    measure_cost(bench, "reset", NONE, 64, time_resets);
    measure_cost(bench, "step with resets", NONE, 1, time_steps);
    for (int observation = 0; observation < NONE; observation++) {
        measure_cost(bench, "observe", observation, 1, time_observations);
    }
    measure_cost(bench, "snapshot", NONE, 1, time_take);
    measure_cost(bench, "restore", NONE, 1, time_restore);
    measure_cost(bench, "save", NONE, 1, time_save);
    measure_cost(bench, "load", NONE, 1, time_load);
}

// ---------------------------------------------------------------- the command
enum {
    KEY_WORLDS = 256,
    KEY_THREADS,
    KEY_SECONDS,
    KEY_REPEATS,
    KEY_OBSERVATION,
    KEY_MODE,
    KEY_CSV
};
static const struct argp_option option_table[] = {
    {"worlds", KEY_WORLDS, "N", 0, "Worlds stepped at once (64)", 0},
    {"threads", KEY_THREADS, "T", 0, "Threads (1)", 0},
    {"seconds", KEY_SECONDS, "S", 0, "Length of a measurement (2)", 0},
    {"repeats", KEY_REPEATS, "R", 0, "Measurements; their median, least and most are told (5)", 0},
    {"observation", KEY_OBSERVATION, "NAME", 0, "pixels, tiles, status, semantic or none (pixels)",
     0},
    {"mode", KEY_MODE, "MODE", 0, "exact or fast (exact)", 0},
    {"csv", KEY_CSV, "FILE", 0, "Write the figures as CSV, too", 0},
    {0}};

static int observation_number(struct argp_state* state, const char* value) {
    for (int i = 0; i < OBSERVATIONS; i++) {
        if (strcmp(value, bench_observation[i]) == 0) {
            return i;
        }
    }
    argp_error(state, "--observation: found '%s', expected pixels, tiles, status, semantic or none",
               value);
    return OBSERVATIONS;
}

static CairnMode mode_number(struct argp_state* state, const char* value) {
    if (strcmp(value, "exact") != 0 && strcmp(value, "fast") != 0) {
        argp_error(state, "--mode: found '%s', expected exact or fast", value);
    }
    return strcmp(value, "fast") == 0 ? CAIRN_MODE_FAST : CAIRN_MODE_EXACT;
}

static double seconds_number(struct argp_state* state, const char* value) {
    char* end = NULL;
    double seconds = strtod(value, &end);
    if (end == value || *end != '\0' || !(seconds >= 0.001 && seconds <= 3600)) {
        argp_error(state, "--seconds: found '%s', expected a number in [0.001, 3600]", value);
    }
    return seconds;
}

static error_t parse_option(int key, char* value, struct argp_state* state) {
    BenchOptions* options = state->input;
    switch (key) {
    case KEY_WORLDS:
        options->worlds = (int32_t)options_int(state, "--worlds", value, 1, 65536);
        return 0;
    case KEY_THREADS:
        options->threads = (int32_t)options_int(state, "--threads", value, 1, 256);
        return 0;
    case KEY_SECONDS:
        options->seconds = seconds_number(state, value);
        return 0;
    case KEY_REPEATS:
        options->repeats = (int32_t)options_int(state, "--repeats", value, 1, BENCH_REPEATS);
        return 0;
    case KEY_OBSERVATION:
        options->observation = observation_number(state, value);
        return 0;
    case KEY_MODE:
        options->mode = mode_number(state, value);
        return 0;
    case KEY_CSV:
        options->csv = value;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s': only options are expected", value);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    option_table,
    parse_option,
    NULL,
    "Measures the speed of the world: one JSON line per measurement. Actions are uniformly "
    "random, fresh in every step and drawn within the measured time; worlds that end begin anew "
    "inside the step. tiles includes the status vector, without which tiles tell no inventory.\v"
    "With neither --threads nor --observation: the memory of a world; pixels and tiles on one and "
    "on two threads; how many frames a core could store; no observation; what a reset, a step, "
    "each observation, a snapshot, restoring, saving and loading of one world cost.",
    NULL,
    NULL,
    NULL};

static int write_csv(const char* path, const char* text, size_t size) {
    char why[RUN_WHY];
    return run_file_write(path, text, size, why) ? RUNS_OK : runs_fail("%s", why);
}

int cmd_bench_env(int argc, char** argv) {
    BenchOptions options = {.worlds = 64, .repeats = 5, .seconds = 2, .observation = OBSERVATIONS};
    options_parse(&parser, argc, argv, &options);
    Bench bench = {.options = &options};
    machine_processor(bench.cpu);
    char* csv = NULL;
    size_t csv_size = 0;
    if (options.csv != NULL) {
        bench.csv = open_memstream(&csv, &csv_size);
        if (bench.csv == NULL) {
            return runs_fail("out of memory for the CSV");
        }
        fputs("what,observation,worlds,threads,unit,median,min,max,cpu\r\n", bench.csv);
    }
    if (options.threads == 0 && options.observation == OBSERVATIONS) {
        measure_table(&bench);
    } else {
        measure_steps(&bench, options.observation == OBSERVATIONS ? PIXELS : options.observation,
                      options.worlds, options.threads == 0 ? 1 : options.threads);
    }
    int status = RUNS_OK;
    if (bench.csv != NULL) {
        fclose(bench.csv);
        status = write_csv(options.csv, csv, csv_size);
        free(csv);
    }
    return status;
}
