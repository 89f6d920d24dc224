// Golden traces: what the original did, step by step (gzip-compressed TSV, one row per state).
//
// First line: "# key=value ..."; then rows of 15 columns in the order of TraceRow's fields, facing
// as "dx,dy", inventory and achievements as comma-separated counts. Step 0 is a reset.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "env/cairn.h"

enum { TRACE_WHY = 512, TRACE_COLUMNS = 15 };

// After every row whose step is a positive multiple of `every` and not done, inventory entries in
// `items` are set to count[item]. every = 0: never.
typedef struct TraceGrant {
    int32_t every;
    uint32_t items; // bit i: item i
    uint8_t count[CAIRN_ITEMS];
} TraceGrant;

typedef struct TraceRow {
    int64_t episode, step; // episodes count from 1, steps from 0
    int32_t action;        // -1 in step 0
    double reward;
    bool done;
    uint32_t semantic_crc, pixels_crc, generator_crc;
    int32_t x, y, facing_x, facing_y;
    bool sleeping;
    double daylight;
    uint8_t inventory[CAIRN_ITEMS];
    int32_t achievements[CAIRN_ACHIEVEMENTS];
} TraceRow;

typedef enum TraceResult { TRACE_ROW, TRACE_END, TRACE_FAILED } TraceResult;
typedef struct Trace Trace;

// Opens a trace and reads its first line. config gets seed, area, view, size and length, the rest
// from cairn_default_config with auto_reset off. false: why names file, line and what is wrong.
bool trace_open(const char* path, Trace** trace, CairnConfig* config, TraceGrant* grant,
                char why[TRACE_WHY]);
// Checks the order of the rows, too: episodes 1, 2, ..., each with steps 0, 1, 2, ...
TraceResult trace_next(Trace* trace, TraceRow* row, char why[TRACE_WHY]);
void trace_close(Trace* trace); // NULL is allowed
