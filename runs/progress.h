// What a training shows while it runs: on a terminal a small block that is redrawn, elsewhere a
// plain line every 5 % or 30 seconds, whichever comes first.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "runs/run_log.h"

typedef enum ProgressStyle { PROGRESS_QUIET, PROGRESS_LINES, PROGRESS_BLOCK } ProgressStyle;

typedef struct Progress { // plain; starts as {.file, .style, .total_steps, .first_step, .start}
    FILE* file;
    ProgressStyle style;
    int64_t total_steps; // of the whole training
    int64_t first_step;  // where this process began, > 0 after a resume
    double start;        // seconds, of the clock that `now` below is read from
    // Its own.
    double shown;                          // when the last line or block was written
    int64_t shown_step;                    // and at which step
    bool drawn;                            // a block stands above the cursor
    int64_t announced[CAIRN_ACHIEVEMENTS]; // first_steps that have been shown
} Progress;

// Block when the file is a terminal that can redraw, else lines.
ProgressStyle progress_style(FILE* file);
// Shows where the training is at `step`; `now` in seconds. Does nothing when it is not time yet.
void progress_show(Progress* progress, int64_t step, double now, const RunLogState* state,
                   const RunFigures* figures);
// The same at once, and leaves the block standing: for the end.
void progress_finish(Progress* progress, int64_t step, double now, const RunLogState* state,
                     const RunFigures* figures);
// "1:02:03", "4:05"; seconds >= 0.
void progress_format_time(double seconds, char text[32]);
// "1,003,520".
void progress_format_count(int64_t count, char text[32]);
