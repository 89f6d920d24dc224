// Steps to fit linear probes to, and others to ask them about.
#pragma once
#include "agent/probe.h"

enum { PROBE_EVERY = 4, PROBE_ROWS = 40000, PROBE_PARTS = 2 };

typedef struct ProbeSet { // grows
    int64_t count, room;
    float* features; // [count, width of all parts]
    int32_t* label;  // [count, questions]
} ProbeSet;

typedef struct ProbeSamples {   // set width and questions, the rest to zero
    int32_t width[PROBE_PARTS]; // of the parts of a row's features; 0: it has no such part
    int32_t questions;          // >= 1
    ProbeSet fit, test;         // of odd and of even episodes
} ProbeSamples;

void probe_samples_free(ProbeSamples* samples);
// Adds a step of the given episode, unless there are PROBE_ROWS of its kind. part[i] [width[i]];
// label [questions], negative: not asked there. false: out of memory.
bool probe_samples_add(ProbeSamples* samples, int64_t episode, const float* const part[PROBE_PARTS],
                       const int32_t* label);

typedef struct ProbeScore {
    int64_t fit_steps, test_steps; // that are asked
    bool probed;                   // there were some of both; else the rest is 0
    double chance;                 // share of the test steps with the most frequent answer
    double probability;            // mean over the test steps, that it gives to the right answer
    double top1;                   // share of test steps where its most probable answer is right
} ProbeScore;

// Fits a probe of the first `parts` parts to a question's answers, which are in [0, classes).
AgentStatus probe_samples_score(const ProbeSamples* samples, int32_t question, int32_t parts,
                                int32_t classes, ProbeScore* score, char why[AGENT_WHY]);
