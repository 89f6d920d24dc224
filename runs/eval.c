// cairn eval: plays fresh episodes with a trained agent; success rates, score, reward, length.
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"
#include "runs/eval_record.h"
#include "runs/progress.h"
#include "runs/run_folder.h"
#include "runs/runs.h"
#include "runs/score.h"
#include "runs/stop.h"
#include "runs/value_fit.h"

typedef struct EvalOptions {
    const char* name;   // checkpoint or run folder
    const char* record; // folder for episode files; NULL = none
    int64_t seed;
    int32_t episodes, threads;
    bool json, greedy;
    AgentRecall recall;
} EvalOptions;

enum { OPTION_JSON = 256, OPTION_RECORD, OPTION_GREEDY, OPTION_RECALL };
static const char* const recall_names[] = {
    [AGENT_RECALL_OWN] = "own", [AGENT_RECALL_NOTHING] = "nothing", [AGENT_RECALL_OTHER] = "other"};

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
    "and "
    "prints the 22 success rates with Wilson's 95 % interval, score, mean reward and mean length "
    "with bootstrap intervals, and what linear maps find in the agent's vectors: what it will "
    "unlock "
    "next, and where things lie that it has seen.\v"
    "Examples:\n"
    "  cairn eval runs/first\n"
    "  cairn eval runs/first/checkpoints/best.ckpt --episodes 500 --json\n"
    "  cairn eval runs/first --episodes 20 --record runs/first/episodes";

static AgentRecall recall_of(const char* name) {
    for (size_t i = 0; i < sizeof recall_names / sizeof recall_names[0]; i++) {
        if (strcmp(name, recall_names[i]) == 0) {
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

// ---------------------------------------------------------------- printing
static void print_interval(const char* name, const char* unit, const ScoreInterval* interval) {
    printf("%-22s %8.2f%-2s  %8.2f .. %.2f\n", name, interval->value, unit, interval->low,
           interval->high);
}

static void print_next(const AgentNextSummary* next) {
    printf("\nnext achievement over %" PRId64 " steps that have one; chance: %.1f %%\n",
           next->steps, 100 * next->chance);
    if (next->predicts) {
        printf("%-22s %8.2f %%  nearest prototype\n", "prediction, top 1", 100 * next->top1);
        printf("%-22s %8.2f %%  among the nearest three\n", "prediction, top 3", 100 * next->top3);
    }
    if (next->probed) {
        printf("%-22s %8.2f %%  given to the right one, on %" PRId64 " steps of even episodes\n",
               "probe, probability", 100 * next->probe_probability, next->test_steps);
        printf("%-22s %8.2f %%  (a linear map of the latent, fitted to odd episodes)\n",
               "probe, top 1", 100 * next->probe_top1);
    }
}

static void print_places(const AgentPlaceSummary places[AGENT_PLACES]) {
    printf("\ndirection of what was seen earlier and is out of view (linear maps; one of four)\n");
    printf("%-22s %8s %10s %10s %10s\n", "", "steps", "chance", "latent",
           places[0].remembers ? "and memory" : "");
    for (int i = 0; i < AGENT_PLACES; i++) {
        const AgentPlaceSummary* place = &places[i];
        printf("%-22s %8" PRId64, place->name, place->test_steps);
        if (place->probed) {
            printf(" %8.1f %% %8.1f %%", 100 * place->chance, 100 * place->latent_top1);
        }
        if (place->probed && place->remembers) {
            printf(" %8.1f %%", 100 * place->memory_top1);
        }
        printf("\n");
    }
}

typedef struct Figures { // what is printed
    const char* path;
    int64_t trained; // steps
    ScoreSummary summary;
    AgentNextSummary next;
    AgentPlaceSummary places[AGENT_PLACES];
    double value_fit;
} Figures;

static void print_text(const EvalOptions* options, const Figures* figures) {
    const ScoreSummary* summary = &figures->summary;
    static const char* const recalls[] = {
        [AGENT_RECALL_OWN] = "",
        [AGENT_RECALL_NOTHING] = ", memory forgotten at the end of every chunk",
        [AGENT_RECALL_OTHER] = ", memory swapped for another episode's at the end of every chunk"};
    char steps[32];
    progress_format_count(figures->trained, steps);
    printf("agent     %s, trained for %s steps\n", figures->path, steps);
    printf("episodes  1 to %" PRId32 " of seed %" PRId64 ", actions %s%s\n\n", options->episodes,
           options->seed, options->greedy ? "most probable" : "drawn", recalls[options->recall]);
    printf("%-22s %9s   %s\n", "achievement", "success", "95 % interval");
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        print_interval(cairn_achievement_name(k), " %", &summary->rate[k]);
    }
    printf("\n");
    print_interval("score", " %", &summary->score);
    print_interval("reward", "", &summary->reward);
    print_interval("length", "", &summary->length);
    printf("%-22s %8.2f    r^2 of value and discounted return\n", "value fit", figures->value_fit);
    print_next(&figures->next);
    print_places(figures->places);
}

// Percent; what could not be asked is null.
static json_t* next_json(const AgentNextSummary* next) {
    json_t* object =
        json_pack("{s:I, s:f, s:I, s:I}", "steps", (json_int_t)next->steps, "chance_percent",
                  100 * next->chance, "probe_fit_steps", (json_int_t)next->fit_steps,
                  "probe_test_steps", (json_int_t)next->test_steps);
    const struct {
        const char* key;
        bool there;
        double value;
    } figures[] = {{"prediction_top1_percent", next->predicts, next->top1},
                   {"prediction_top3_percent", next->predicts, next->top3},
                   {"probe_probability_percent", next->probed, next->probe_probability},
                   {"probe_top1_percent", next->probed, next->probe_top1}};
    for (size_t i = 0; object && i < sizeof figures / sizeof figures[0]; i++) {
        json_object_set_new(object, figures[i].key,
                            figures[i].there ? json_real(100 * figures[i].value) : json_null());
    }
    return object;
}

static json_t* places_json(const AgentPlaceSummary places[AGENT_PLACES]) {
    json_t* object = json_object();
    for (int i = 0; i < AGENT_PLACES; i++) {
        const AgentPlaceSummary* place = &places[i];
        json_t* memory =
            place->probed && place->remembers ? json_real(100 * place->memory_top1) : json_null();
        json_t* latent = place->probed ? json_real(100 * place->latent_top1) : json_null();
        json_t* chance = place->probed ? json_real(100 * place->chance) : json_null();
        json_object_set_new(object, place->name,
                            json_pack("{s:I, s:I, s:o, s:o, s:o}", "probe_fit_steps",
                                      (json_int_t)place->fit_steps, "probe_test_steps",
                                      (json_int_t)place->test_steps, "chance_percent", chance,
                                      "latent_percent", latent, "memory_percent", memory));
    }
    return object;
}

static json_t* interval_json(const ScoreInterval* interval) {
    return json_pack("{s:f, s:f, s:f}", "value", interval->value, "low", interval->low, "high",
                     interval->high);
}

static int print_json(const EvalOptions* options, const Figures* figures) {
    const ScoreSummary* summary = &figures->summary;
    json_t* rates = json_object();
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        json_object_set_new(rates, cairn_achievement_name(k), interval_json(&summary->rate[k]));
    }
    json_t* object = json_pack(
        "{s:s, s:I, s:i, s:I, s:b, s:s, s:o, s:o, s:o, s:o, s:f, s:o, s:o}", "checkpoint",
        figures->path, "trained_steps", (json_int_t)figures->trained, "episodes",
        (int)options->episodes, "seed", (json_int_t)options->seed, "greedy", (int)options->greedy,
        "recall", recall_names[options->recall], "success_rates_percent", rates, "score_percent",
        interval_json(&summary->score), "reward", interval_json(&summary->reward), "length",
        interval_json(&summary->length), "value_fit", figures->value_fit, "next_achievement",
        next_json(&figures->next), "places_seen_earlier", places_json(figures->places));
    char* text = object ? json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) : NULL;
    json_decref(object);
    if (!text) {
        return runs_fail("out of memory, or the path %s is not UTF-8", figures->path);
    }
    puts(text);
    free(text);
    return RUNS_OK;
}

static int report(const EvalOptions* options, const char* path, int64_t trained,
                  const Evaluated* evaluated) {
    Figures figures = {
        .path = path, .trained = trained, .value_fit = value_fit_r2(&evaluated->fit)};
    score_summarise(evaluated->episodes, (size_t)options->episodes, (uint64_t)options->seed,
                    &figures.summary);
    char why[AGENT_WHY];
    if (agent_next_summary(evaluated->next, &figures.next, why) != AGENT_OK ||
        agent_places_summary(evaluated->places, figures.places, why) != AGENT_OK) {
        return runs_fail("%s", why);
    }
    int status = RUNS_OK;
    if (options->json) {
        status = print_json(options, &figures);
    } else {
        print_text(options, &figures);
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
    const AgentConfig* trained = agent_policy_config(policy);
    Evaluated evaluated = {.options = options,
                           .gamma = trained->final_gamma > 0 ? trained->final_gamma : trained->gamma,
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
         agent_places_create(policy, options->seed, &evaluated.places, why) != AGENT_OK)) {
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
