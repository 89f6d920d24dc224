// The settings of a run as one list of keys: the agent's, then the program's own.
#include "runs/config.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "runs/runs.h"

// Keys of the program itself; those of the agent come from agent_config_keys.
enum { KEY_PRESET, KEY_CHECKPOINT_EVERY, KEY_KEEP_CHECKPOINTS, OWN_KEYS };
static const ConfigKey own_keys[OWN_KEYS] = {
    {"run.preset", "where the settings started from", "", "Cairn"},
    {"run.checkpoint_every", "environment steps between checkpoints", "[1, 9007199254740992]",
     "Cairn"},
    {"run.keep_checkpoints", "how many of the last checkpoints stay", "[1, 1000]", "Cairn"},
};

// Where the agent's defaults come from: the paper (Moon et al., NeurIPS 2023, and its official
// code), Crafter itself, or the prototype of the tile encoder. No entry: Cairn's own choice.
static const struct {
    const char *name, *source;
} sources[] = {
    {"network.encoder", "prototype"},
    {"network.channels", "prototype"},
    {"network.blocks", "prototype"},
    {"network.tile_hidden", "prototype"},
    {"network.dense", "paper"},
    {"world.count", "prototype"},
    {"world.area_width", "Crafter"},
    {"world.area_height", "Crafter"},
    {"world.length", "Crafter"},
    {"ppo.rollout_steps", "prototype"},
    {"ppo.gamma", "paper"},
    {"ppo.lambda", "paper"},
    {"ppo.bootstrap_truncated", "paper"},
    {"ppo.epochs", "paper"},
    {"ppo.minibatch", "paper"},
    {"ppo.clip", "paper"},
    {"ppo.value_coefficient", "paper"},
    {"ppo.entropy_coefficient", "paper"},
    {"ppo.learning_rate", "paper"},
    {"ppo.anneal", "paper"},
    {"ppo.adam_beta1", "paper"},
    {"ppo.adam_beta2", "paper"},
    {"ppo.adam_epsilon", "paper"},
    {"ppo.gradient_limit", "paper"},
    {"distil.memory", "paper"},
    {"distil.prediction", "paper"},
    {"distil.matching", "paper"},
    {"distil.every", "paper"},
    {"distil.epochs", "paper"},
    {"distil.batch", "paper"},
    {"distil.sources", "paper"},
    {"distil.targets", "paper"},
    {"distil.whole_episodes", "paper"},
    {"distil.temperature", "paper"},
    {"distil.kl_coefficient", "paper"},
    {"distil.value_coefficient", "paper"},
    {"distil.learning_rate", "paper"},
    {"train.steps", "Crafter"},
};

Config config_default(void) {
    return (Config){.agent = agent_default_config(),
                    .preset = "none",
                    .checkpoint_every = 50000,
                    .keep_checkpoints = 2};
}

static bool say(char why[CONFIG_WHY], const char* format, ...)
    __attribute__((format(printf, 2, 3)));
static bool say(char why[CONFIG_WHY], const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, CONFIG_WHY, format, arguments);
    va_end(arguments);
    return false;
}

// ---------------------------------------------------------------- the list
static int agent_key_count(void) {
    int32_t count = 0;
    agent_config_keys(&count);
    return count;
}

int config_key_count(void) {
    assert(agent_key_count() + OWN_KEYS <= CONFIG_KEYS_LIMIT);
    return agent_key_count() + OWN_KEYS;
}

static const char* find_source(const char* name) {
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        if (strcmp(sources[i].name, name) == 0) {
            return sources[i].source;
        }
    }
    return "Cairn";
}

void config_key(int number, ConfigKey* key) {
    int32_t agent_count = 0;
    const AgentKey* agent_keys = agent_config_keys(&agent_count);
    assert(number >= 0 && number < config_key_count());
    if (number >= agent_count) {
        *key = own_keys[number - agent_count];
        return;
    }
    const AgentKey* agent_key = &agent_keys[number];
    *key = (ConfigKey){
        .name = agent_key->name, .help = agent_key->help, .source = find_source(agent_key->name)};
    bool number_like = agent_key->kind == AGENT_KEY_INT || agent_key->kind == AGENT_KEY_LONG ||
                       agent_key->kind == AGENT_KEY_REAL;
    if (number_like && agent_key->maximum < 9e18) { // the seed takes any
        snprintf(key->range, sizeof key->range, "[%.16g, %.16g]", agent_key->minimum,
                 agent_key->maximum);
    }
}

int config_find_key(const char* name) {
    for (int i = 0; i < config_key_count(); i++) {
        ConfigKey key;
        config_key(i, &key);
        if (strcmp(key.name, name) == 0) {
            return i;
        }
    }
    return -1;
}

void config_get(const Config* config, int number, char text[AGENT_VALUE]) {
    int own = number - agent_key_count();
    if (own < 0) {
        agent_config_get(&config->agent, number, text);
    } else if (own == KEY_PRESET) {
        snprintf(text, AGENT_VALUE, "%s", config->preset);
    } else {
        int64_t value =
            own == KEY_CHECKPOINT_EVERY ? config->checkpoint_every : config->keep_checkpoints;
        snprintf(text, AGENT_VALUE, "%" PRId64, value);
    }
}

// ---------------------------------------------------------------- setting
// The known key nearest to an unknown one; when the section is missing, by the part behind the dot.
static bool nearest_key(const char* name, char nearest[CONFIG_NAME]) {
    const char* names[CONFIG_KEYS_LIMIT];
    int count = config_key_count();
    bool whole = strchr(name, '.') != NULL;
    for (int i = 0; i < count; i++) {
        ConfigKey key;
        config_key(i, &key);
        names[i] = whole ? key.name : strchr(key.name, '.') + 1;
    }
    const char* found = options_nearest(name, names, (size_t)count);
    for (int i = 0; i < count; i++) {
        if (found == names[i]) {
            ConfigKey key;
            config_key(i, &key);
            snprintf(nearest, CONFIG_NAME, "%s", key.name);
        }
    }
    return found != NULL;
}

static bool refuse_key(const char* name, char why[CONFIG_WHY]) {
    char nearest[CONFIG_NAME];
    if (nearest_key(name, nearest)) {
        return say(why, "unknown key '%.100s'; did you mean '%s'?", name, nearest);
    }
    return say(why, "unknown key '%.100s'; `cairn train --keys` lists all", name);
}

static bool set_preset(Config* config, const char* text, char why[CONFIG_WHY]) {
    const char* allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strlen(text);
    if (length == 0 || length >= CONFIG_NAME || strspn(text, allowed) != length) {
        return say(why, "run.preset: found '%.100s', expected up to %d letters, digits and . _ -",
                   text, CONFIG_NAME - 1);
    }
    memcpy(config->preset, text, length + 1);
    return true;
}

static bool set_own(Config* config, int own, const char* text, char why[CONFIG_WHY]) {
    if (own == KEY_PRESET) {
        return set_preset(config, text, why);
    }
    int64_t limit = own == KEY_CHECKPOINT_EVERY ? INT64_C(1) << 53 : 1000;
    int64_t value = 0;
    if (!options_read_int(text, &value) || value < 1 || value > limit) {
        return say(why, "%s: found '%.100s', expected a whole number in %s", own_keys[own].name,
                   text, own_keys[own].range);
    }
    if (own == KEY_CHECKPOINT_EVERY) {
        config->checkpoint_every = value;
    } else {
        config->keep_checkpoints = (int32_t)value;
    }
    return true;
}

bool config_set(Config* config, const char* name, const char* text, char why[CONFIG_WHY]) {
    int number = config_find_key(name);
    if (number < 0) {
        return refuse_key(name, why);
    }
    if (number >= agent_key_count()) {
        return set_own(config, number - agent_key_count(), text, why);
    }
    char digits[32]; // 250k and 1M for steps, as --steps takes them
    int64_t whole = 0;
    if (strcmp(name, "train.steps") == 0 && options_read_int(text, &whole)) {
        snprintf(digits, sizeof digits, "%" PRId64, whole);
        text = digits;
    }
    char message[AGENT_WHY];
    if (agent_config_set(&config->agent, name, text, message) != AGENT_OK) {
        return say(why, "%s", message);
    }
    config->threads_given = config->threads_given || strcmp(name, "compute.threads") == 0;
    return true;
}

bool config_assign(Config* config, const char* assignment, char why[CONFIG_WHY]) {
    const char* equals = strchr(assignment, '=');
    if (!equals || equals == assignment) {
        return say(why, "found '%.100s', expected section.key=value", assignment);
    }
    char* name = strndup(assignment, (size_t)(equals - assignment));
    if (!name) {
        return say(why, "out of memory");
    }
    bool good = config_set(config, name, equals + 1, why);
    free(name);
    return good;
}

bool config_check(const Config* config, char why[CONFIG_WHY]) {
    char message[AGENT_WHY];
    return agent_config_check(&config->agent, message) == AGENT_OK || say(why, "%s", message);
}
