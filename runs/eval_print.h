// What `cairn eval` was asked and what it found, and its two forms: text and JSON.
#pragma once
#include "agent/agent.h"
#include "runs/score.h"

typedef struct EvalOptions {
    const char* name;   // checkpoint or run folder
    const char* record; // folder for episode files; NULL = none
    int64_t seed;
    int32_t episodes, threads;
    bool json, greedy;
    AgentRecall recall;
} EvalOptions;

typedef struct EvalFigures { // what an evaluation found
    const char* path;
    int64_t trained; // steps
    ScoreSummary summary;
    AgentNextSummary next;
    AgentPlaceSummary places[AGENT_PLACES];
    AgentEndSummary ends;
    AgentChanceSummary chances[AGENT_CHANCES];
    double value_fit;
} EvalFigures;

enum { EVAL_RECALLS = AGENT_RECALL_OTHER + 1 };
extern const char* const eval_recall_names[EVAL_RECALLS];
void eval_print_text(const EvalOptions* options, const EvalFigures* figures);
// An exit status: not RUNS_OK where it cannot be told in JSON.
int eval_print_json(const EvalOptions* options, const EvalFigures* figures);
