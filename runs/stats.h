// Lines of stats.jsonl: one finished episode each, byte for byte as Crafter's own recorder (Python)
// writes them, so that its analysis scripts read them.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "runs/score.h"

enum { STATS_LINE = 2048, STATS_WHY = 512 };

// Python's repr of round(reward, 1): "0.0", "-0.0", "12.1". reward in (-1e15, 1e15).
void stats_format_reward(double reward, char text[32]);
// The line with its newline. Returns its length.
size_t stats_format(const ScoreEpisode* episode, char line[STATS_LINE]);
// Reads a line, with or without its newline. Unknown members are ignored (the recorder's users add
// some); a missing or ill-typed one is refused and named in `why`.
bool stats_parse(const char* line, ScoreEpisode* episode, char why[STATS_WHY]);
// Reads a whole stats.jsonl, plain or gzip-compressed (stats_read.c). The caller frees *episodes. A
// last line without its newline (a run that is being written) is left out. false: `why` names the
// file and the line.
bool stats_read(const char* path, ScoreEpisode** episodes, size_t* count, char why[STATS_WHY]);
