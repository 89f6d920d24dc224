// What `cairn train` was asked for, and the settings that follow from it.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "runs/config.h"
#include "runs/run_folder.h"

enum { TRAIN_SETS = 64 };

typedef struct TrainOptions { // strings are borrowed from argv; NULL = not given
    const char* preset;
    const char* out;
    const char* steps;
    const char* seed;
    const char* threads;
    const char* set[TRAIN_SETS];
    int set_count;
    bool resume, quiet, keys;
} TrainOptions;

// Ends the program when the options cannot be meant.
void train_options_read(int argc, char** argv, TrainOptions* options);
// The run's folder: --out, or runs/<preset>-seed<seed>.
bool train_folder(const TrainOptions* options, char folder[RUN_PATH], char why[CONFIG_WHY]);
// Preset, then --set in order, then --steps, --seed and --threads. base: NULL for a new run, or the
// config.ini of the run to resume, which takes the preset's place; a --preset or --seed that
// contradicts it is refused.
bool train_config(const TrainOptions* options, const char* base, Config* config,
                  char why[CONFIG_WHY]);
