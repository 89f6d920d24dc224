// Draws a report again whenever the logs of its runs have grown, until the trainings end.
#pragma once
#include "runs/report.h"

enum { FOLLOW_SECONDS = 5 }; // between looks

// Draws the report anew. going_on: a training still writes to one of the runs. false: `why` says
// what went wrong; while a training goes on that only means to look again later.
typedef bool FollowDraw(void* context, bool going_on, char why[REPORT_WHY]);

// Returns the program's exit status: RUNS_OK after the trainings' end, RUNS_STOPPED + the signal
// after Ctrl-C and the like, drawn a last time in both cases.
int report_follow(char* const* runs, size_t count, FollowDraw* draw, void* context);
