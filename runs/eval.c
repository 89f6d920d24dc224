// cairn eval: plays fresh episodes with a trained agent; success rates, score, reward, length.
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"
#include "runs/eval_print.h"
#include "runs/eval_record.h"
#include "runs/run_folder.h"
#include "runs/runs.h"
#include "runs/stop.h"
#include "runs/value_fit.h"

enum { OPTION_JSON = 256, OPTION_RECORD, OPTION_GREEDY, OPTION_RECALL };
static const struct argp_option option_list[] = {
    {"episodes", 'n', "N", 0, "how many; default 100", 0},
    {"seed", 's', "S", 0, "of the worlds and the agent's draws; default 1000", 0},
    {"threads", 't', "T", 0, "default: one per processor; the figures do not depend on it", 0},
    {"json", OPTION_JSON, NULL, 0, "print one JSON object", 0},
    {"record", OPTION_RECORD, "DIR", 0, "write every episode to DIR, to be watched or verified", 0},
    {"greedy", OPTION_GREEDY, NULL, 0, "take the most probable action instead of drawing one", 0},
    {"recall", OPTION_RECALL, "WHAT", 0,
     "what an agent with a memory looks back on at the end of every chunk: own (default), nothing, "
     "or other: the memory of another episode",
     0},
    {0}};

static const char description[] =
    "Plays N fresh episodes with the agent of CHECKPOINT (a run's folder stands for its newest) "
    "and prints the 22 success rates with Wilson's 95 % interval, score, mean reward and mean "
    "length with bootstrap intervals, what episodes end with, what was within reach and "
    "whether it was taken, and what linear maps find in the agent's vectors: what it will unlock "
    "next, and where things lie that it has seen.\v"
    "Examples:\n"
    "  cairn eval runs/first\n"
    "  cairn eval runs/first/checkpoints/best.ckpt --episodes 500 --json\n"
    "  cairn eval runs/first --episodes 20 --record runs/first/episodes";

static AgentRecall recall_of(const char* name) {
    for (size_t i = 0; i < EVAL_RECALLS; i++) {
        if (strcmp(name, eval_recall_names[i]) == 0) {
            return (AgentRecall)i;
        }
    }
    exit(runs_usage("--recall is '%s', expected own, nothing or other", name));
}

static error_t take_option(int key, char* argument, struct argp_state* state) {
    EvalOptions* options = state->input;
    switch (key) {
    case 'n':
        options->episodes = (int32_t)options_int(state, "--episodes", argument, 1, 1000000);
        return 0;
    case 's':
        options->seed = options_int(state, "--seed", argument, INT64_MIN, INT64_MAX);
        return 0;
    case 't':
        options->threads = (int32_t)options_int(state, "--threads", argument, 1, 256);
        return 0;
    case OPTION_JSON:
        options->json = true;
        return 0;
    case OPTION_RECORD:
        options->record = argument;
        return 0;
    case OPTION_GREEDY:
        options->greedy = true;
        return 0;
    case OPTION_RECALL:
        options->recall = recall_of(argument);
        return 0;
    case ARGP_KEY_ARG:
        if (options->name) {
            exit(runs_usage("one CHECKPOINT, found a second: '%s'", argument));
        }
        options->name = argument;
        return 0;
    case ARGP_KEY_END:
        if (!options->name) {
            exit(runs_usage("which CHECKPOINT or run folder?"));
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

// ---------------------------------------------------------------- playing
typedef struct Evaluated { // the callback's context
    const EvalOptions* options;
    ScoreEpisode* episodes; // [options->episodes], by number
    int32_t done;
    EvalRecorder* recorder; // NULL = not recording
    AgentNext* next;
    AgentPlaces* places;
    AgentEnds* ends;
    AgentChances* chances;
    ValueFit fit;
    double gamma;
    bool show;         // a count on standard error
    char why[RUN_WHY]; // set when recording failed
} Evaluated;

static bool take_episode(void* context, const AgentEpisode* episode, const AgentTrace* trace) {
    Evaluated* evaluated = context;
    assert(episode->number >= 1 && episode->number <= evaluated->options->episodes);
    ScoreEpisode* slot = &evaluated->episodes[episode->number - 1];
    slot->length = episode->length;
    slot->reward = episode->reward;
    memcpy(slot->achievements, episode->achievements, sizeof slot->achievements);
    evaluated->done++;
    value_fit_add(&evaluated->fit, evaluated->gamma, episode->length, trace);
    if (evaluated->show) {
        fprintf(stderr, "\r%" PRId32 " of %" PRId32 " episodes", evaluated->done,
                evaluated->options->episodes);
    }
    agent_ends_add(evaluated->ends, episode, trace);
    agent_chances_add(evaluated->chances, episode, trace);
    if (!agent_next_add(evaluated->next, episode, trace) ||
        !agent_places_add(evaluated->places, episode, trace)) {
        snprintf(evaluated->why, sizeof evaluated->why, "out of memory");
        return false;
    }
    return !evaluated->recorder || eval_record(evaluated->recorder, episode, trace, evaluated->why);
}

static int play(const EvalOptions* options, const AgentPolicy* policy, Evaluated* evaluated) {
    AgentEvaluation evaluation = agent_default_evaluation();
    evaluation.seed = options->seed;
    evaluation.episodes = options->episodes;
    evaluation.threads = options->threads;
    evaluation.greedy = options->greedy;
    evaluation.recall = options->recall;
    evaluation.record = evaluation.record_latents = true;
    const volatile sig_atomic_t* stop = stop_watch();
    char why[AGENT_WHY];
    AgentStatus status = agent_evaluate(policy, &evaluation, take_episode, evaluated, stop, why);
    if (evaluated->show && evaluated->done > 0) {
        fprintf(stderr, "\r\033[K");
    }
    if (evaluated->why[0]) {
        return runs_fail("%s", evaluated->why);
    }
    if (status == AGENT_STOPPED) {
        runs_fail("stopped after %" PRId32 " of %" PRId32 " episodes", evaluated->done,
                  options->episodes);
        return RUNS_STOPPED + *stop;
    }
    return status == AGENT_OK ? RUNS_OK : runs_fail("%s", why);
}

// ---------------------------------------------------------------- figures
static int report(const EvalOptions* options, const char* path, int64_t trained,
                  const Evaluated* evaluated) {
    EvalFigures figures = {
        .path = path, .trained = trained, .value_fit = value_fit_r2(&evaluated->fit)};
    score_summarise(evaluated->episodes, (size_t)options->episodes, (uint64_t)options->seed,
                    &figures.summary);
    figures.ends = agent_ends_summary(evaluated->ends);
    agent_chances_summary(evaluated->chances, figures.chances);
    char why[AGENT_WHY];
    if (agent_next_summary(evaluated->next, &figures.next, why) != AGENT_OK ||
        agent_places_summary(evaluated->places, figures.places, why) != AGENT_OK) {
        return runs_fail("%s", why);
    }
    int status = RUNS_OK;
    if (options->json) {
        status = eval_print_json(options, &figures);
    } else {
        eval_print_text(options, &figures);
        if (options->record) {
            printf("\nepisode files in %s\n", options->record);
        }
    }
    if (fflush(stdout) != 0) {
        return runs_fail("cannot write the figures: %s", strerror(errno));
    }
    return status;
}

static int evaluate(const EvalOptions* options, const char* path, const AgentPolicy* policy) {
    Evaluated evaluated = {.options = options,
                           .gamma = agent_policy_config(policy)->gamma,
                           .show = isatty(STDERR_FILENO)};
    evaluated.episodes = calloc((size_t)options->episodes, sizeof *evaluated.episodes);
    if (!evaluated.episodes) {
        return runs_fail("out of memory");
    }
    char why[AGENT_WHY];
    int status = RUNS_OK;
    if (options->record && !eval_recorder_create(options->record, policy, options->seed,
                                                 &evaluated.recorder, evaluated.why)) {
        status = runs_fail("%s", evaluated.why);
    }
    if (status == RUNS_OK &&
        (agent_next_create(policy, &evaluated.next, why) != AGENT_OK ||
         agent_places_create(policy, options->seed, &evaluated.places, why) != AGENT_OK ||
         agent_ends_create(policy, options->seed, &evaluated.ends, why) != AGENT_OK ||
         agent_chances_create(policy, options->seed, &evaluated.chances, why) != AGENT_OK)) {
        status = runs_fail("%s", why);
    }
    if (status == RUNS_OK) {
        status = play(options, policy, &evaluated);
    }
    if (status == RUNS_OK) {
        status = report(options, path, agent_policy_progress(policy).env_steps, &evaluated);
    }
    eval_recorder_destroy(evaluated.recorder);
    agent_next_destroy(evaluated.next);
    agent_places_destroy(evaluated.places);
    agent_ends_destroy(evaluated.ends);
    agent_chances_destroy(evaluated.chances);
    free(evaluated.episodes);
    return status;
}

int cmd_eval(int argc, char** argv) {
    static const struct argp argp = {.options = option_list,
                                     .parser = take_option,
                                     .args_doc = "CHECKPOINT|RUN",
                                     .doc = description};
    AgentEvaluation standard = agent_default_evaluation();
    EvalOptions options = {
        .seed = standard.seed, .episodes = standard.episodes, .threads = options_processors()};
    options_parse(&argp, argc, argv, &options);
    char path[RUN_PATH], why[RUN_WHY], agent_why[AGENT_WHY];
    if (!run_checkpoint_find(options.name, path, why)) {
        return runs_fail("%s", why);
    }
    AgentPolicy* policy = NULL;
    if (agent_policy_open(path, 1, &policy, agent_why) != AGENT_OK) {
        return runs_fail("%s", agent_why);
    }
    int status = evaluate(&options, path, policy);
    agent_policy_destroy(policy);
    return status;
}
