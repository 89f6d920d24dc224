// A run's folder:
//
//     config.ini                        every setting, resolved
//     machine.ini                       where it ran (runs/machine.h)
//     stats.jsonl                       one line per finished episode (runs/stats.h)
//     metrics.jsonl                     one line per iteration (runs/run_log.h)
//     events.out.tfevents.cairn         the same for TensorBoard
//     checkpoints/step-000000409600.ckpt  the last few, by environment steps
//     checkpoints/best.ckpt             best mean reward of 100 episodes, weights only
//     episodes/                         recorded episodes, if any
//
// Functions that can fail return false with one line in `why` that names the file.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RUN_PATH = 1024, RUN_WHY = 1536 };

// "<folder>/<name>". Paths too long for the buffer are cut; run_folder_state refuses such folders.
void run_path(char path[RUN_PATH], const char* folder, const char* name);
void run_checkpoint_path(char path[RUN_PATH], const char* folder, int64_t env_steps);

typedef enum RunFolderState {
    RUN_FOLDER_MISSING, // nothing there
    RUN_FOLDER_EMPTY,   // a folder without files
    RUN_FOLDER_RUN,     // has a config.ini
    RUN_FOLDER_OTHER,   // has other files
    RUN_FOLDER_UNUSABLE // no folder, not readable, name too long: `why` says
} RunFolderState;
RunFolderState run_folder_state(const char* folder, char why[RUN_WHY]);
bool run_folder_create(const char* folder, char why[RUN_WHY]); // with those above it, if missing
bool run_folder_fill(const char* folder, char why[RUN_WHY]);   // checkpoints/ and episodes/
// Keeps a second training out of the folder until the process ends or *lock is closed. Where the
// file system has no locks nothing is kept out.
bool run_folder_lock(const char* folder, int* lock, char why[RUN_WHY]);

// Writes "<path>.tmp", syncs it and renames it: path holds the old text or the new one, whole.
bool run_file_write(const char* path, const char* text, size_t size, char why[RUN_WHY]);

// Environment steps of the folder's numbered checkpoints, newest first. The caller frees *steps.
bool run_checkpoints(const char* folder, int64_t** steps, size_t* count, char why[RUN_WHY]);
// Deletes all but the `keep` newest numbered checkpoints and what a crash left half written.
bool run_checkpoints_prune(const char* folder, size_t keep, char why[RUN_WHY]);
// What a user may name: a checkpoint file, or a run's folder for its newest checkpoint.
bool run_checkpoint_find(const char* name, char path[RUN_PATH], char why[RUN_WHY]);
