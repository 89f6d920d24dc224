// cairn train: iterate, log, save. Everything that can be resumed is in the checkpoint; everything
// that is logged can be cut back to it.
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/agent.h"
#include "runs/machine.h"
#include "runs/progress.h"
#include "runs/run_folder.h"
#include "runs/run_log.h"
#include "runs/runs.h"
#include "runs/stop.h"
#include "runs/train_options.h"

typedef struct Training { // owns trainer and log
    TrainOptions options;
    Config config;
    char folder[RUN_PATH];
    AgentTrainer* trainer;
    RunLog* log;
    Progress progress;
    int lock;
    int64_t saved_steps; // environment steps of the newest good checkpoint, -1 = none
    const volatile sig_atomic_t* stop;
} Training;

static double clock_seconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int64_t steps_done(const Training* training) {
    return agent_trainer_progress(training->trainer).env_steps;
}

// ---------------------------------------------------------------- begin
static int print_keys(void) {
    Config standard = config_default();
    for (int i = 0; i < config_key_count(); i++) {
        ConfigKey key;
        char usual[AGENT_VALUE];
        config_key(i, &key);
        config_get(&standard, i, usual);
        printf("%-26s %-10s %s%s%s (%s)\n", key.name, usual, key.help, *key.range ? ", " : "",
               key.range, key.source);
    }
    return RUNS_OK;
}

// Resume when asked to and there is a run; false with *status set when the folder is in the way.
static bool look_at_folder(Training* training, bool* resume, int* status) {
    char why[RUN_WHY];
    const char* folder = training->folder;
    RunFolderState state = run_folder_state(folder, why);
    *resume = training->options.resume && state == RUN_FOLDER_RUN;
    if (state == RUN_FOLDER_UNUSABLE) {
        *status = runs_fail("%s", why);
        return false;
    }
    if (state == RUN_FOLDER_RUN && !*resume) {
        *status = runs_usage("%s holds a run; continue it with --resume, or choose another --out",
                             folder);
        return false;
    }
    if (state == RUN_FOLDER_OTHER) {
        *status = runs_usage("%s is not empty and holds no run that --resume could continue (no "
                             "config.ini); choose another --out",
                             folder);
        return false;
    }
    if (training->options.resume && !*resume && !training->options.quiet) {
        printf("nothing to resume in %s yet: beginning\n", folder);
    }
    return true;
}

static int agent_failure(AgentStatus status, const char* why) {
    return status == AGENT_BAD_CONFIG || status == AGENT_UNAVAILABLE ? runs_usage("%s", why)
                                                                     : runs_fail("%s", why);
}

static int create_trainer(Training* training) {
    char why[AGENT_WHY];
    Config* config = &training->config;
    AgentStatus status = agent_trainer_create(&config->agent, &training->trainer, why);
    if (status != AGENT_OK) {
        return agent_failure(status, why);
    }
    // What `auto` became is a setting of this run: a resume elsewhere must not choose otherwise.
    config->agent.backend = agent_trainer_backend(training->trainer);
    config->agent.dtype = agent_trainer_dtype(training->trainer);
    return RUNS_OK;
}

static bool write_config(const Training* training, char why[RUN_WHY]) {
    char* text = NULL;
    size_t size = 0;
    FILE* file = open_memstream(&text, &size);
    if (file) {
        config_print(&training->config, file);
    }
    if (!file || fclose(file) != 0) {
        free(text);
        snprintf(why, RUN_WHY, "out of memory");
        return false;
    }
    char path[RUN_PATH];
    run_path(path, training->folder, "config.ini");
    bool good = run_file_write(path, text, size, why);
    free(text);
    return good;
}

// Puts the newest checkpoint that is whole into the trainer; an older one, with a warning, when the
// newest is broken. *state: what run_log_open needs, NULL when there is no checkpoint at all.
static bool load_checkpoint(Training* training, void** state, size_t* state_size,
                            char why[RUN_WHY]) {
    *state = NULL, *state_size = 0;
    int64_t* steps = NULL;
    size_t count = 0;
    if (!run_checkpoints(training->folder, &steps, &count, why)) {
        return false;
    }
    bool loaded = count == 0;
    for (size_t i = 0; i < count && !loaded; i++) {
        char path[RUN_PATH], message[AGENT_WHY];
        run_checkpoint_path(path, training->folder, steps[i]);
        loaded =
            agent_checkpoint_load(training->trainer, path, state, state_size, message) == AGENT_OK;
        if (loaded) {
            training->saved_steps = steps[i];
        } else if (i + 1 < count) {
            fprintf(stderr, "cairn: %s; trying the one before\n", message);
        } else {
            snprintf(why, RUN_WHY, "%s", message);
        }
    }
    free(steps);
    return loaded;
}

static bool open_logs(Training* training, bool resume, char why[RUN_WHY]) {
    void* state = NULL;
    size_t state_size = 0;
    if (resume && !load_checkpoint(training, &state, &state_size, why)) {
        return false;
    }
    bool begun = training->saved_steps >= 0;
    bool good = run_log_open(training->folder, begun ? (state ? state : "") : NULL, state_size,
                             &training->log, why);
    free(state);
    return good;
}

static bool is_complete(const Training* training) {
    return training->saved_steps >= 0 && agent_trainer_done(training->trainer);
}

// A new run's first file is its config.ini, so that a run killed at any moment can be resumed; a
// resumed run's is replaced only when the checkpoint has been found to fit.
static bool open_folder(Training* training, bool resume, char why[RUN_WHY]) {
    return run_folder_create(training->folder, why) &&
           run_folder_lock(training->folder, &training->lock, why) &&
           (resume || write_config(training, why)) && run_folder_fill(training->folder, why) &&
           open_logs(training, resume, why) &&
           (!resume || is_complete(training) || write_config(training, why)) &&
           (is_complete(training) || machine_record(training->folder, why));
}

static void print_beginning(const Training* training, bool resume) {
    const AgentTrainer* trainer = training->trainer;
    const AgentConfig* config = &training->config.agent;
    char weights[32], steps[32];
    progress_format_count((int64_t)agent_trainer_weight_count(trainer), weights);
    progress_format_count(steps_done(training), steps);
    printf("preset %s, seed %" PRId64 ": %s weights, %s %s, %" PRId32 " threads, in %s\n",
           training->config.preset, config->seed, weights, net_backend_name(config->backend),
           net_dtype_name(config->dtype), config->threads, training->folder);
    if (resume) {
        printf("resuming at step %s\n", steps);
    }
    fflush(stdout);
}

// Says so when the training ends before its first distillation phase.
static void check_schedule(const AgentConfig* config) {
    int64_t rollout = (int64_t)config->worlds * config->rollout_steps;
    int64_t rollouts = (config->total_steps + rollout - 1) / rollout;
    if ((config->distil_prediction || config->distil_matching) && rollouts < config->distil_every) {
        char first[32], steps[32];
        progress_format_count(config->distil_every * rollout, first);
        progress_format_count(config->total_steps, steps);
        fprintf(stderr,
                "cairn: warning: no distillation: its first phase would come after %s steps "
                "(distil.every x world.count x ppo.rollout_steps), train.steps is %s\n",
                first, steps);
    }
}

static int begin(Training* training) {
    char why[RUN_WHY], config_why[CONFIG_WHY];
    bool resume = false;
    int status = RUNS_OK;
    if (!train_folder(&training->options, training->folder, config_why)) {
        return runs_usage("%s", config_why);
    }
    if (!look_at_folder(training, &resume, &status)) {
        return status;
    }
    char base[RUN_PATH];
    run_path(base, training->folder, "config.ini");
    if (!train_config(&training->options, resume ? base : NULL, &training->config, config_why)) {
        return runs_usage("%s", config_why);
    }
    status = create_trainer(training);
    if (status != RUNS_OK) {
        return status;
    }
    if (!open_folder(training, resume, why)) {
        return runs_fail("%s", why);
    }
    if (!is_complete(training)) {
        check_schedule(&training->config.agent);
        if (!training->options.quiet) {
            print_beginning(training, resume);
        }
    }
    return RUNS_OK;
}

// ---------------------------------------------------------------- save
static bool save_to(Training* training, const char* path, AgentCheckpointKind kind,
                    char why[RUN_WHY]) {
    const RunLogState* state = run_log_state(training->log);
    char message[AGENT_WHY];
    bool full = kind == AGENT_CHECKPOINT_FULL;
    if (agent_checkpoint_save(training->trainer, path, kind, full ? state : NULL,
                              full ? sizeof *state : 0, message) != AGENT_OK) {
        snprintf(why, RUN_WHY, "%s", message);
        return false;
    }
    return true;
}

// Keeps the agent as best.ckpt if its last 100 episodes were the best so far.
static bool save_best(Training* training, char why[RUN_WHY]) {
    const RunLogState* state = run_log_state(training->log);
    double reward = run_log_figures(training->log)->reward;
    bool best =
        state->episodes >= RUN_WINDOW && (state->best_steps == 0 || reward > state->best_reward);
    if (!best) {
        return true;
    }
    char path[RUN_PATH];
    run_path(path, training->folder, "checkpoints/best.ckpt");
    run_log_set_best(training->log, reward, steps_done(training));
    return save_to(training, path, AGENT_CHECKPOINT_WEIGHTS, why);
}

static bool save(Training* training, char why[RUN_WHY]) {
    char path[RUN_PATH];
    int64_t steps = steps_done(training);
    run_checkpoint_path(path, training->folder, steps);
    if (!run_log_sync(training->log, why) || !save_to(training, path, AGENT_CHECKPOINT_FULL, why)) {
        return false;
    }
    training->saved_steps = steps;
    return run_checkpoints_prune(training->folder, (size_t)training->config.keep_checkpoints, why);
}

// ---------------------------------------------------------------- run
static void show_progress(Training* training, bool last) {
    double now = clock_seconds(CLOCK_MONOTONIC);
    (last ? progress_finish : progress_show)(&training->progress, steps_done(training), now,
                                             run_log_state(training->log),
                                             run_log_figures(training->log));
}

// A failure after which the newest checkpoint is still good: says which, and how to go on.
static int fail_midway(const Training* training, const char* why) {
    if (training->saved_steps < 0) {
        return runs_fail("%s; there was no checkpoint yet", why);
    }
    char path[RUN_PATH];
    run_checkpoint_path(path, training->folder, training->saved_steps);
    return runs_fail("%s; the last good checkpoint is %s; to go on from there: cairn train "
                     "--resume --out %s",
                     why, path, training->folder);
}

static int stop_early(Training* training) {
    char why[RUN_WHY];
    int number = *training->stop;
    if (!save(training, why)) {
        return fail_midway(training, why);
    }
    show_progress(training, true);
    char steps[32];
    progress_format_count(steps_done(training), steps);
    printf("stopped at step %s, saved; to go on: cairn train --resume --out %s\n", steps,
           training->folder);
    return RUNS_STOPPED + number;
}

// One iteration with its log, and a checkpoint when one is due. RUNS_OK: go on.
static int iterate(Training* training) {
    char agent_why[AGENT_WHY], why[RUN_WHY];
    AgentIteration iteration;
    double start = clock_seconds(CLOCK_MONOTONIC);
    int64_t before = steps_done(training), every = training->config.checkpoint_every;
    AgentStatus status =
        agent_trainer_iterate(training->trainer, training->stop, &iteration, agent_why);
    if (status == AGENT_STOPPED) {
        return stop_early(training);
    }
    if (status != AGENT_OK) {
        return fail_midway(training, agent_why);
    }
    double seconds = clock_seconds(CLOCK_MONOTONIC) - start;
    if (!run_log_write(training->log, &iteration, seconds, clock_seconds(CLOCK_REALTIME), why)) {
        return fail_midway(training, why);
    }
    int64_t after = steps_done(training);
    bool due = after / every != before / every || agent_trainer_done(training->trainer);
    if (due && (!save_best(training, why) || !save(training, why))) {
        return fail_midway(training, why);
    }
    show_progress(training, false);
    return RUNS_OK;
}

static int run(Training* training) {
    int64_t total = training->config.agent.total_steps;
    training->progress =
        (Progress){.file = stdout,
                   .style = training->options.quiet ? PROGRESS_QUIET : progress_style(stdout),
                   .total_steps = total,
                   .first_step = steps_done(training),
                   .start = clock_seconds(CLOCK_MONOTONIC)};
    while (!agent_trainer_done(training->trainer)) {
        int status = iterate(training);
        if (status != RUNS_OK) {
            return status;
        }
    }
    show_progress(training, true);
    if (!training->options.quiet) {
        char steps[32], time[32];
        progress_format_count(steps_done(training), steps);
        progress_format_time(run_log_state(training->log)->seconds, time);
        printf("done: %s steps in %s\n  cairn eval %s\n  cairn report %s\n", steps, time,
               training->folder, training->folder);
    }
    return RUNS_OK;
}

int cmd_train(int argc, char** argv) {
    Training training = {.saved_steps = -1, .lock = -1};
    train_options_read(argc, argv, &training.options);
    if (training.options.keys) {
        return print_keys();
    }
    signal(SIGPIPE, SIG_IGN); // a training outlives whoever reads its progress
    int status = begin(&training);
    if (status == RUNS_OK && is_complete(&training)) {
        char steps[32];
        progress_format_count(training.saved_steps, steps);
        printf("%s is complete with %s steps; --resume --steps N continues beyond\n",
               training.folder, steps);
    } else if (status == RUNS_OK) {
        training.stop = stop_watch();
        status = run(&training);
    }
    run_log_close(training.log);
    agent_trainer_destroy(training.trainer);
    if (training.lock >= 0) {
        close(training.lock);
    }
    return status;
}
