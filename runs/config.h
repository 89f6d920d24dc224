// The settings of a run: every key of AgentConfig and a few of the program's own, read from INI
// files and --set, written back resolved and commented.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "agent/agent.h"

enum { CONFIG_WHY = 768, CONFIG_NAME = 64, CONFIG_KEYS_LIMIT = 128 };

typedef struct Config {
    AgentConfig agent;
    char preset[CONFIG_NAME]; // run.preset: where the settings started from; "none" = nowhere
    int64_t checkpoint_every; // run.checkpoint_every: environment steps, [1, 2^53]
    int32_t keep_checkpoints; // run.keep_checkpoints: of the last ones, [1, 1000]
    bool threads_given;       // compute.threads was set by a file or option, not a default
} Config;

Config config_default(void);

// ---------------------------------------------------------------- keys
typedef struct ConfigKey {
    const char* name;   // "ppo.gamma"
    const char* help;   // one short line
    char range[64];     // "[0, 1]"; "" for words
    const char* source; // of the default: "paper", "prototype", "Crafter" or "Cairn"
} ConfigKey;
int config_key_count(void);                  // at most CONFIG_KEYS_LIMIT
void config_key(int number, ConfigKey* key); // number in [0, config_key_count())
int config_find_key(const char* name);       // -1: no such key
void config_get(const Config* config, int number, char text[AGENT_VALUE]);
// One key from text. false: `why` names the key, what was found, what is allowed and, for an
// unknown key, the nearest known one.
bool config_set(Config* config, const char* name, const char* text, char why[CONFIG_WHY]);
// The argument of --set, "ppo.gamma=0.99".
bool config_assign(Config* config, const char* assignment, char why[CONFIG_WHY]);
// Keys and values that only together make sense.
bool config_check(const Config* config, char why[CONFIG_WHY]);

// ---------------------------------------------------------------- files
// The text of an INI file; keys it lacks keep their value. `name` is for messages, which give the
// line too. A key that is set twice is refused. false: *config is as before.
bool config_read_text(Config* config, const char* name, const char* text, size_t size,
                      char why[CONFIG_WHY]);
bool config_read_file(Config* config, const char* path, char why[CONFIG_WHY]);
// A preset by name, or an INI file by path (any name with a slash or ending in ".ini").
bool config_read_preset(Config* config, const char* preset, char why[CONFIG_WHY]);
// Every key as an INI file that reads back the same: help, range, default and its source as
// comments.
void config_print(const Config* config, FILE* file);

// The presets that are built in, sorted by name; generated from runs/presets/*.ini.
typedef struct ConfigPreset {
    const char* name;
    const char* text;
} ConfigPreset;
extern const ConfigPreset config_presets[];
extern const size_t config_preset_count;
