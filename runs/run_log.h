// What a training writes while it runs: stats.jsonl, metrics.jsonl and TensorBoard's events, and
// the figures over the last 100 episodes that go with them.
//
// A checkpoint keeps the RunLogState. Opening the logs with it cuts the files back to where they
// were then, so that a resumed run writes what an uninterrupted one would have written, byte for
// byte; only what measures time differs (keys that begin with "time_", wall times of events).
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/agent.h"
#include "runs/run_folder.h"

enum { RUN_WINDOW = 100 }; // episodes over which rewards and the like are averaged

typedef struct RunWindowEpisode {
    double reward;
    int32_t length;
    uint32_t unlocked; // bit k: achievement k
} RunWindowEpisode;

// Stored as it is in checkpoints, on little-endian machines with IEEE doubles.
typedef struct RunLogState {
    char magic[8]; // "CAIRNLOG"
    uint32_t version, reserved;
    uint64_t stats_size, metrics_size, events_size; // bytes
    int64_t episodes;                               // finished since the beginning
    int64_t unlocked_in[CAIRN_ACHIEVEMENTS];        // episodes that unlocked it
    int64_t first_steps[CAIRN_ACHIEVEMENTS];        // environment steps when the first such
                                                    // episode ended; 0 = none yet
    double best_reward;                             // of best.ckpt; of use if best_steps > 0
    int64_t best_steps;                             // environment steps of best.ckpt; 0 = none
    double seconds;                                 // trained so far, in all processes
    RunWindowEpisode window[RUN_WINDOW]; // the last episodes; the next goes to episodes % 100
} RunLogState;

typedef struct RunFigures {
    double reward, length;            // means of the last up to 100 episodes; 0 when none ended
    double score;                     // percent, all episodes so far
    double last_score;                // percent, the last 100
    double rates[CAIRN_ACHIEVEMENTS]; // percent of the last 100
    int32_t unlocked;                 // achievements unlocked in any episode so far
} RunFigures;

typedef struct RunLog RunLog; // owns its open files

// state (borrowed) NULL: the logs begin anew, files that are there are emptied. Else [state_size]
// bytes as a checkpoint kept them; refused when they are none.
bool run_log_open(const char* folder, const void* state, size_t state_size, RunLog** log,
                  char why[RUN_WHY]);
void run_log_close(RunLog* log); // NULL is allowed
// Appends an iteration to all logs. seconds: wall clock that it took; wall_time: since 1970.
bool run_log_write(RunLog* log, const AgentIteration* iteration, double seconds, double wall_time,
                   char why[RUN_WHY]);
bool run_log_sync(RunLog* log, char why[RUN_WHY]); // to the disk; before every checkpoint
const RunLogState* run_log_state(RunLog* log);     // up to date; what a checkpoint is to keep
const RunFigures* run_log_figures(const RunLog* log);
// Notes that best.ckpt now holds the agent of these steps.
void run_log_set_best(RunLog* log, double reward, int64_t env_steps);
