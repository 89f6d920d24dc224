// Options of `cairn train`, and the order in which presets, --set and options make up the settings.
#include "runs/train_options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runs/runs.h"

enum { OPTION_KEYS = 256, OPTION_RESUME, OPTION_SET };
static const char default_preset[] = "fast";

static const struct argp_option option_list[] = {
    {"preset", 'p', "NAME|FILE", 0,
     "settings to start from: fast (default), ppo, memory, symbolic, paper, paper-ppo or an INI "
     "file",
     0},
    {"steps", 'n', "N", 0, "environment steps in all, e.g. 250k or 1M", 0},
    {"seed", 's', "S", 0, "of worlds, weights and draws; default 0", 0},
    {"out", 'o', "DIR", 0, "the run's folder; default runs/<preset>-seed<S>", 0},
    {"resume", OPTION_RESUME, NULL, 0,
     "continue the run in DIR from its newest checkpoint, as if it had never stopped", 0},
    {"threads", 't', "T", 0, "default: one per processor, at most one per world", 0},
    {"set", OPTION_SET, "SECTION.KEY=VALUE", 0, "any other setting; may be repeated", 0},
    {"quiet", 'q', NULL, 0, "show no progress", 0},
    {"keys", OPTION_KEYS, NULL, 0, "list all settings with ranges and defaults, and end", 0},
    {0}};

static const char description[] =
    "Trains an agent and writes its run folder: config.ini, stats.jsonl, metrics.jsonl, "
    "TensorBoard "
    "events, checkpoints.\v"
    "Examples:\n"
    "  cairn train --steps 200k --out runs/first\n"
    "  cairn train --preset paper-ppo --seed 3 --set compute.dtype=f32\n"
    "  cairn train --resume --out runs/first --steps 1M\n\n"
    "Ctrl-C or SIGTERM saves and stops (exit status 130 or 143); --resume continues, and the logs "
    "are "
    "then the same as those of a run that was never stopped. A second Ctrl-C ends at once; the "
    "last "
    "checkpoint stays good.";

static error_t take_option(int key, char* argument, struct argp_state* state) {
    TrainOptions* options = state->input;
    switch (key) {
    case 'p':
        options->preset = argument;
        return 0;
    case 'n':
        options->steps = argument;
        return 0;
    case 's':
        options->seed = argument;
        return 0;
    case 'o':
        options->out = argument;
        return 0;
    case 't':
        options->threads = argument;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case OPTION_RESUME:
        options->resume = true;
        return 0;
    case OPTION_KEYS:
        options->keys = true;
        return 0;
    case OPTION_SET:
        if (options->set_count == TRAIN_SETS) {
            exit(runs_usage("--set was given more than %d times; use an INI file", TRAIN_SETS));
        }
        options->set[options->set_count++] = argument;
        return 0;
    case ARGP_KEY_ARG:
        exit(runs_usage("unexpected argument '%s'; the run's folder is given as --out DIR",
                        argument));
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

void train_options_read(int argc, char** argv, TrainOptions* options) {
    static const struct argp argp = {
        .options = option_list, .parser = take_option, .doc = description};
    *options = (TrainOptions){0};
    options_parse(&argp, argc, argv, options);
}

static bool prefix(char why[CONFIG_WHY], const char* what) {
    char text[CONFIG_WHY];
    snprintf(text, sizeof text, "%s: %.700s", what, why);
    memcpy(why, text, sizeof text);
    return false;
}

// A setting that has an option of its own; messages name the option.
static bool set_option(Config* config, const char* option, const char* key, const char* text,
                       char why[CONFIG_WHY]) {
    return !text || config_set(config, key, text, why) || prefix(why, option);
}

static bool set_options(const TrainOptions* options, Config* config, char why[CONFIG_WHY]) {
    for (int i = 0; i < options->set_count; i++) {
        if (!config_assign(config, options->set[i], why)) {
            return prefix(why, "--set");
        }
    }
    return set_option(config, "--steps", "train.steps", options->steps, why) &&
           set_option(config, "--seed", "train.seed", options->seed, why) &&
           set_option(config, "--threads", "compute.threads", options->threads, why);
}

static bool read_preset(const TrainOptions* options, Config* config, char why[CONFIG_WHY]) {
    const char* preset = options->preset ? options->preset : default_preset;
    return config_read_preset(config, preset, why) || prefix(why, "--preset");
}

static bool read_base(const TrainOptions* options, const char* base, Config* config,
                      char why[CONFIG_WHY]) {
    if (!config_read_file(config, base, why)) {
        return false;
    }
    Config asked = config_default();
    if (options->preset && !read_preset(options, &asked, why)) {
        return false;
    }
    if (options->preset && strcmp(asked.preset, config->preset) != 0) {
        snprintf(why, CONFIG_WHY, "--preset %.60s: the run to resume was begun with %.60s (%.400s)",
                 asked.preset, config->preset, base);
        return false;
    }
    if (!set_option(&asked, "--seed", "train.seed", options->seed, why)) {
        return false;
    }
    if (options->seed && asked.agent.seed != config->agent.seed) {
        snprintf(why, CONFIG_WHY,
                 "--seed %" PRId64 ": the run to resume was begun with %" PRId64 " (%.400s)",
                 asked.agent.seed, config->agent.seed, base);
        return false;
    }
    return true;
}

bool train_config(const TrainOptions* options, const char* base, Config* config,
                  char why[CONFIG_WHY]) {
    *config = config_default();
    bool good = base ? read_base(options, base, config, why) : read_preset(options, config, why);
    if (!good || !set_options(options, config, why)) {
        return false;
    }
    if (!config->threads_given) {
        int32_t processors = options_processors(), worlds = config->agent.worlds;
        config->agent.threads = processors < worlds ? processors : worlds;
    }
    return config_check(config, why);
}

bool train_folder(const TrainOptions* options, char folder[RUN_PATH], char why[CONFIG_WHY]) {
    if (options->out) {
        snprintf(folder, RUN_PATH, "%s", options->out);
        if (strlen(options->out) >= RUN_PATH) {
            snprintf(why, CONFIG_WHY, "--out: the path is longer than %d letters", RUN_PATH - 1);
            return false;
        }
        return true;
    }
    Config config = config_default();
    if (!read_preset(options, &config, why) || !set_options(options, &config, why)) {
        return false;
    }
    snprintf(folder, RUN_PATH, "runs/%s-seed%" PRId64, config.preset, config.agent.seed);
    return true;
}
