// Replays a golden trace through the world's public face and compares every column.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "env/cairn.h"
#include "runs/trace.h"

enum { REPLAY_TEXT = 192 };

typedef struct ReplayMismatch {
    int64_t episode, step;
    const char* column; // as the trace's documentation names it
    char expected[REPLAY_TEXT], got[REPLAY_TEXT];
} ReplayMismatch;

typedef struct ReplayResult {
    int64_t steps;        // rows compared, resets (step 0) included
    int64_t mismatches;   // rows of which at least one column differs
    ReplayMismatch first; // of the first such row, its first such column; if mismatches > 0
} ReplayResult;

// textures NULL: the picture's checksum is not compared. false: the trace cannot be read to its end
// or played, why says where; *result counts the rows before.
bool replay_trace(const char* path, const CairnTextures* textures, ReplayResult* result,
                  char why[TRACE_WHY]);
