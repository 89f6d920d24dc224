// cairn bench learn: how long the phases of learning take, beside what the processor could do at
// best. A measured update is one minibatch: forward, loss, backward, clipping, Adam.
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "runs/bench.h"
#include "runs/config.h"
#include "runs/machine.h"
#include "runs/runs.h"

typedef struct LearnOptions {
    Config config;
    int32_t batch, repeats;
    bool cycle; // measure the whole cycle instead of putting it together from a short one
} LearnOptions;

// ---------------------------------------------------------------- the processor at its best
enum { PEAK_SIZE = 32, PEAK_CHANNELS = 64, PEAK_LAYERS = 4, PEAK_ROWS = 8, PEAK_REPEATS = 12 };

typedef struct Peak {
    NetGraph* graph;
    NetTensor input;
    NetPlan** plans; // [threads]
} Peak;

static bool peak_create(Peak* peak, int32_t threads, NetBackend backend, NetDtype dtype,
                        const NetReal* weights, char why[NET_WHY]) {
    NetTensor x = peak->input;
    for (int i = 0; i < PEAK_LAYERS; i++) {
        char name[NET_NAME];
        snprintf(name, sizeof name, "layer%d", i);
        x = net_conv3x3(
            peak->graph, x,
            &(NetLayer){
                .name = name, .outputs = PEAK_CHANNELS, .init = NET_INIT_ROW_NORM, .gain = 1});
    }
    x = net_real(peak->graph, x);
    NetPlanConfig config = {
        .rows = PEAK_ROWS, .backend = backend, .dtype = dtype, .outputs = &x, .output_count = 1};
    for (int32_t i = 0; i < threads; i++) {
        if (net_plan_create(peak->graph, &config, &peak->plans[i], why) != NET_OK) {
            return false;
        }
        net_plan_load(peak->plans[i], weights);
    }
    return true;
}

static void peak_pass(void* context, int32_t thread) {
    net_plan_forward(((Peak*)context)->plans[thread], PEAK_ROWS);
}

// GFLOP/s of a stack of bare 3x3 convolutions, 64 to 64 channels at 32x32, on all threads at once:
// the best of several passes. 0 when it cannot be measured; then why says so.
static double peak_rate(int32_t threads, NetBackend backend, NetDtype dtype, char why[NET_WHY]) {
    enum { WEIGHTS = PEAK_LAYERS * PEAK_CHANNELS * PEAK_CHANNELS * 9 };
    CairnConfig world = cairn_default_config(); // for its threads
    world.threads = threads;
    Cairn* pool = NULL;
    char world_why[CAIRN_WHY];
    Peak peak = {.plans = calloc((size_t)threads, sizeof(NetPlan*))};
    NetReal* weights = calloc(WEIGHTS, sizeof *weights);
    double best = 0;
    snprintf(why, NET_WHY, "out of memory");
    if (peak.plans && weights && net_graph_create(&peak.graph, why) == NET_OK &&
        cairn_create(&world, &pool, world_why) == CAIRN_OK) {
        peak.input = net_input(peak.graph, "input", NET_INPUT_REAL, 3,
                               (int32_t[]){PEAK_SIZE, PEAK_SIZE, PEAK_CHANNELS});
        if (peak_create(&peak, threads, backend, dtype, weights, why)) {
            double flop = net_plan_flop(peak.plans[0]) * PEAK_ROWS * threads;
            for (int i = 0; i < PEAK_REPEATS; i++) {
                double begin = bench_seconds();
                cairn_parallel(pool, peak_pass, &peak);
                double rate = flop / (bench_seconds() - begin) * 1e-9;
                best = rate > best ? rate : best;
            }
        }
    }
    for (int32_t i = 0; peak.plans && i < threads; i++) {
        net_plan_destroy(peak.plans[i]);
    }
    cairn_destroy(pool);
    net_graph_destroy(peak.graph);
    free(peak.plans);
    free(weights);
    return best;
}

// ---------------------------------------------------------------- output
static int64_t peak_memory_mb(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024; // Linux counts KiB
}

typedef struct Phase {
    const char* name;
    double samples, gflop; // of one repeat
    double* seconds;       // [repeats], sorted on the way out
} Phase;

static void print_phase(const LearnOptions* options, const AgentTrainer* trainer, double peak,
                        const Phase* phase) {
    BenchSpread spread = bench_spread(phase->seconds, (size_t)options->repeats);
    char cpu[MACHINE_NAME];
    machine_processor(cpu);
    json_t* line =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:I, "
                  "s:s, s:s, s:s}",
                  "bench", "learn", "preset", options->config.preset, "backend",
                  net_backend_name(agent_trainer_backend(trainer)), "dtype",
                  net_dtype_name(agent_trainer_dtype(trainer)), "phase", phase->name, "batch",
                  (int)phase->samples, "threads", (int)agent_trainer_config(trainer)->threads,
                  "seconds", spread.median, "seconds_min", spread.min, "seconds_max", spread.max,
                  "samples_per_s", phase->samples / spread.median, "gflop", phase->gflop,
                  "gflops_per_s", phase->gflop / spread.median, "peak_gflops_per_s", peak, "rss_mb",
                  (json_int_t)peak_memory_mb(), "cpu", cpu, "instructions", net_instruction_set(),
                  "compiler", machine_compiler());
    if (strcmp(phase->name, "cycle") == 0) {
        json_object_set_new(line, "env_steps_per_s", json_real(phase->samples / spread.median));
        json_object_set_new(line, "context_bytes_per_world",
                            json_integer((json_int_t)agent_trainer_context_bytes(trainer)));
    }
    json_dumpf(line, stdout, JSON_REAL_PRECISION(6));
    putchar('\n');
    fflush(stdout);
    json_decref(line);
}

// ---------------------------------------------------------------- measuring
// A rollout as short as the batch, one epoch: an iteration is then one update.
static int measure_phases(const LearnOptions* options, double peak, char why[AGENT_WHY]) {
    AgentConfig config = options->config.agent;
    config.rollout_steps = options->batch / config.worlds;
    config.minibatch = options->batch;
    config.epochs = 1;
    config.distil_matching = config.distil_prediction = false;
    AgentTrainer* trainer = NULL;
    if (agent_trainer_create(&config, &trainer, why) != AGENT_OK) {
        return RUNS_FAILED;
    }
    double rollout[BENCH_REPEATS], update[BENCH_REPEATS];
    AgentIteration iteration;
    AgentStatus status = AGENT_OK;
    for (int32_t i = -1; i < options->repeats && status == AGENT_OK; i++) { // the first: warm-up
        status = agent_trainer_iterate(trainer, NULL, &iteration, why);
        if (i >= 0) {
            rollout[i] = iteration.rollout_seconds;
            update[i] = iteration.update_seconds;
        }
    }
    if (status == AGENT_OK) {
        double gflop = agent_trainer_flop(trainer) * options->batch * 1e-9;
        Phase phases[] = {{"rollout", options->batch, gflop, rollout},
                          {"ppo_update", options->batch, 3 * gflop, update}};
        print_phase(options, trainer, peak, &phases[0]);
        print_phase(options, trainer, peak, &phases[1]);
    }
    agent_trainer_destroy(trainer);
    return status == AGENT_OK ? RUNS_OK : RUNS_FAILED;
}

// Seconds and arithmetic of a whole cycle: distil.every iterations and the distillation after them.
typedef struct Cycle {
    double steps; // environment steps
    double matching_gflop, prediction_gflop;
    double rollout[BENCH_REPEATS], update[BENCH_REPEATS]; // [repeats], each
    double matching[BENCH_REPEATS], prediction[BENCH_REPEATS], all[BENCH_REPEATS];
} Cycle;

static double pass_gflop(const AgentPass* pass, double gflop) {
    return gflop * (3 * (double)pass->rows + (double)pass->looks);
}

// Adds one cycle of the trainer to the i-th repeat.
static AgentStatus run_cycle(AgentTrainer* trainer, Cycle* cycle, int32_t i, char why[AGENT_WHY]) {
    const AgentConfig* config = agent_trainer_config(trainer);
    bool distils = config->distil_matching || config->distil_prediction;
    int32_t units = distils ? config->distil_every + config->distil_epochs : 1;
    double gflop = agent_trainer_flop(trainer) * 1e-9, begin = bench_seconds();
    AgentIteration it;
    AgentStatus status = AGENT_OK;
    cycle->rollout[i] = cycle->update[i] = cycle->matching[i] = cycle->prediction[i] = 0;
    cycle->matching_gflop = cycle->prediction_gflop = 0;
    for (int32_t unit = 0; unit < units && status == AGENT_OK; unit++) {
        status = agent_trainer_iterate(trainer, NULL, &it, why);
        cycle->rollout[i] += it.rollout_seconds;
        cycle->update[i] += it.update_seconds;
        cycle->matching[i] += it.matching.seconds;
        cycle->prediction[i] += it.prediction.seconds;
        cycle->matching_gflop += pass_gflop(&it.matching, gflop);
        cycle->prediction_gflop += pass_gflop(&it.prediction, gflop);
    }
    cycle->all[i] = bench_seconds() - begin;
    return status;
}

// With --cycle the preset's own cycle; else a short one, of one epoch each, from which the whole
// one is put together.
static AgentConfig cycle_config(const LearnOptions* options) {
    enum { WORLD_STEPS = 512 }; // of the short window: some whole episodes of every world
    AgentConfig config = options->config.agent;
    if (!options->cycle) {
        int32_t every = (WORLD_STEPS + config.rollout_steps - 1) / config.rollout_steps;
        config.distil_every = every < config.distil_every ? every : config.distil_every;
        config.epochs = config.distil_epochs = 1;
    }
    return config;
}

static void print_cycle(const LearnOptions* options, const AgentTrainer* trainer, double peak,
                        Cycle* cycle) {
    const AgentConfig *whole = &options->config.agent, *config = agent_trainer_config(trainer);
    bool distils = config->distil_matching || config->distil_prediction;
    double rollouts = distils ? whole->distil_every : 1;
    double part = distils ? config->distil_every : 1;
    double epochs = (double)whole->epochs / config->epochs;
    double passes = (double)whole->distil_epochs / config->distil_epochs;
    double gflop = agent_trainer_flop(trainer) * 1e-9;
    cycle->steps = part * config->worlds * config->rollout_steps;
    Phase phases[] = {
        {"matching", cycle->steps, cycle->matching_gflop, cycle->matching},
        {"prediction", cycle->steps, cycle->prediction_gflop, cycle->prediction},
    };
    for (int k = 0; k < 2 && distils; k++) {
        print_phase(options, trainer, peak, &phases[k]);
    }
    for (int32_t i = 0; i < options->repeats && !options->cycle; i++) {
        cycle->all[i] = rollouts / part *
                        (cycle->rollout[i] + epochs * cycle->update[i] +
                         passes * (cycle->matching[i] + cycle->prediction[i]));
    }
    Phase phase = {"cycle", cycle->steps * rollouts / part,
                   rollouts / part *
                       (gflop * cycle->steps * (1 + 3.0 * whole->epochs) +
                        passes * (cycle->matching_gflop + cycle->prediction_gflop)),
                   cycle->all};
    print_phase(options, trainer, peak, &phase);
}

static int measure_cycle(const LearnOptions* options, double peak, char why[AGENT_WHY]) {
    AgentConfig config = cycle_config(options);
    AgentTrainer* trainer = NULL;
    if (agent_trainer_create(&config, &trainer, why) != AGENT_OK) {
        return RUNS_FAILED;
    }
    Cycle cycle = {0};
    AgentStatus status = AGENT_OK;
    for (int32_t i = 0; i < options->repeats && status == AGENT_OK; i++) {
        status = run_cycle(trainer, &cycle, i, why);
    }
    if (status == AGENT_OK) {
        print_cycle(options, trainer, peak, &cycle);
    }
    agent_trainer_destroy(trainer);
    return status == AGENT_OK ? RUNS_OK : RUNS_FAILED;
}

// ---------------------------------------------------------------- options
static const struct argp_option option_table[] = {
    {"preset", 'p', "NAME", 0, "preset or INI file to measure (default ppo)", 0},
    {"set", 's', "KEY=VALUE", 0, "change a setting, e.g. compute.dtype=f32", 0},
    {"threads", 't', "N", 0, "threads (default: all processors)", 0},
    {"batch", 'b', "N", 0, "samples of an update (default 512)", 0},
    {"repeats", 'r', "N", 0, "measured repeats (default 5)", 0},
    {"cycle", 'c', NULL, 0, "run the whole cycle instead of putting it together from parts", 0},
    {0}};

static error_t parse_option(int key, char* text, struct argp_state* state) {
    LearnOptions* options = state->input;
    char why[CONFIG_WHY];
    switch (key) {
    case 'p':
        if (!config_read_preset(&options->config, text, why)) {
            exit(runs_usage("%s", why));
        }
        return 0;
    case 's':
        if (!config_assign(&options->config, text, why)) {
            exit(runs_usage("%s", why));
        }
        return 0;
    case 't':
        options->config.agent.threads = (int32_t)options_int(state, "--threads", text, 1, 256);
        options->config.threads_given = true;
        return 0;
    case 'b':
        options->batch = (int32_t)options_int(state, "--batch", text, 1, 1 << 20);
        return 0;
    case 'r':
        options->repeats = (int32_t)options_int(state, "--repeats", text, 1, BENCH_REPEATS);
        return 0;
    case 'c':
        options->cycle = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    option_table,
    parse_option,
    NULL,
    "Times the phases of learning and prints one JSON line for each: a rollout, one PPO update, a "
    "matching and a prediction pass, and a cycle: all of distil.every iterations and the "
    "distillation after them (without distillation: one iteration). Without --cycle it is put "
    "together from one epoch of each over a shorter window.\v"
    "peak_gflops_per_s is a bare 3x3 convolution of the same dtype on the same threads, measured "
    "in "
    "the same run. The last --preset counts from where it stands: give --set after it.\n\n"
    "Example: cairn bench learn --preset paper-ppo --threads 2 --set compute.dtype=f32",
    NULL,
    NULL,
    NULL};

int cmd_bench_learn(int argc, char** argv) {
    LearnOptions options = {.config = config_default(), .batch = 512, .repeats = 5};
    char why[CONFIG_WHY];
    if (!config_read_preset(&options.config, "ppo", why)) {
        return runs_fail("%s", why);
    }
    options_parse(&argp, argc, argv, &options);
    AgentConfig* agent = &options.config.agent;
    if (!options.config.threads_given) {
        int32_t processors = options_processors();
        agent->threads = processors < agent->worlds ? processors : agent->worlds;
    }
    if (!config_check(&options.config, why)) {
        return runs_usage("%s", why);
    }
    if (options.batch % agent->worlds != 0) {
        return runs_usage("--batch %" PRId32 " is no multiple of world.count, %" PRId32,
                          options.batch, agent->worlds);
    }
    double peak = peak_rate(agent->threads, agent->backend, agent->dtype, why);
    if (peak <= 0) {
        return runs_fail("%s", why);
    }
    int result = measure_phases(&options, peak, why);
    if (result == RUNS_OK) {
        result = measure_cycle(&options, peak, why);
    }
    return result == RUNS_OK ? RUNS_OK : runs_fail("%s", why);
}
