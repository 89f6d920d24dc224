// The agent that a run's folder holds: its newest checkpoint, as `cairn eval` takes it.
#pragma once
#include <stdbool.h>

enum { RUN_CHECKPOINT_PATH = 4096, RUN_CHECKPOINT_WHY = 512 };

// name: a checkpoint, which is taken as it is, or a run's folder (runs/run_folder.h): then path is
// its checkpoints/step-*.ckpt of the most steps, or where only the best is kept
// checkpoints/best.ckpt. false: none is there; why is one line that names the folder.
bool run_checkpoint_path(const char* name, char path[RUN_CHECKPOINT_PATH],
                         char why[RUN_CHECKPOINT_WHY]);
