#include "agent/probe_samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t stride_of(const ProbeSamples* samples) {
    return (size_t)samples->width[0] + (size_t)samples->width[1];
}

static void free_set(ProbeSet* set) {
    free(set->features);
    free(set->label);
    *set = (ProbeSet){0};
}

void probe_samples_free(ProbeSamples* samples) {
    free_set(&samples->fit);
    free_set(&samples->test);
}

// array: address of a pointer; kept as it is when memory is out.
static bool grow(void* array, size_t bytes) {
    void** place = array;
    void* larger = realloc(*place, bytes);
    if (larger) {
        *place = larger;
    }
    return larger != NULL;
}

static bool make_room(const ProbeSamples* samples, ProbeSet* set) {
    if (set->count < set->room) {
        return true;
    }
    size_t room = set->room ? 2 * (size_t)set->room : 1024;
    bool good = grow(&set->features, room * stride_of(samples) * sizeof *set->features) &&
                grow(&set->label, room * (size_t)samples->questions * sizeof *set->label);
    set->room = good ? (int64_t)room : set->room;
    return good;
}

bool probe_samples_add(ProbeSamples* samples, int64_t episode, const float* const part[PROBE_PARTS],
                       const int32_t* label) {
    ProbeSet* set = episode % 2 ? &samples->fit : &samples->test;
    if (set->count == PROBE_ROWS) {
        return true;
    }
    if (!make_room(samples, set)) {
        return false;
    }
    const size_t row = (size_t)set->count++, questions = (size_t)samples->questions;
    float* to = set->features + row * stride_of(samples);
    for (int i = 0; i < PROBE_PARTS; i++) {
        const size_t width = (size_t)samples->width[i];
        if (width) {
            memcpy(to, part[i], width * sizeof *to);
        }
        to += width;
    }
    memcpy(set->label + row * questions, label, questions * sizeof *label);
    return true;
}

// ---------------------------------------------------------------- asking
static ProbeRows rows_of(const ProbeSamples* samples, const ProbeSet* set, int32_t question) {
    return (ProbeRows){.count = set->count,
                       .stride = (int32_t)stride_of(samples),
                       .features = set->features,
                       .questions = samples->questions,
                       .label = set->label ? set->label + question : NULL};
}

static int64_t count_asked(const ProbeRows* rows) {
    int64_t asked = 0;
    for (int64_t i = 0; i < rows->count; i++) {
        asked += rows->label[i * rows->questions] >= 0;
    }
    return asked;
}

static int32_t best_of(int32_t classes, const float* probability) {
    int32_t best = 0;
    for (int32_t k = 1; k < classes; k++) {
        best = probability[k] > probability[best] ? k : best;
    }
    return best;
}

static void mark(const ProbeRows* test, int32_t classes, const float* probability,
                 ProbeScore* score) {
    for (int32_t k = 0; k < classes; k++) {
        double share = 0;
        for (int64_t i = 0; i < test->count; i++) {
            share += (test->label[i * test->questions] == k) / (double)score->test_steps;
        }
        score->chance = share > score->chance ? share : score->chance;
    }
    for (int64_t i = 0; i < test->count; i++) {
        const float* row = probability + i * classes;
        const int32_t label = test->label[i * test->questions];
        if (label >= 0) {
            score->probability += (double)row[label] / (double)score->test_steps;
            score->top1 += (best_of(classes, row) == label) / (double)score->test_steps;
        }
    }
}

AgentStatus probe_samples_score(const ProbeSamples* samples, int32_t question, int32_t parts,
                                int32_t classes, ProbeScore* score, char why[AGENT_WHY]) {
    const ProbeRows fit = rows_of(samples, &samples->fit, question);
    const ProbeRows test = rows_of(samples, &samples->test, question);
    *score = (ProbeScore){.fit_steps = count_asked(&fit), .test_steps = count_asked(&test)};
    if (score->fit_steps == 0 || score->test_steps == 0) {
        return AGENT_OK;
    }
    const int32_t width = samples->width[0] + (parts > 1 ? samples->width[1] : 0);
    Probe* probe = NULL;
    float* probability = malloc((size_t)test.count * (size_t)classes * sizeof *probability);
    AgentStatus status = AGENT_OUT_OF_MEMORY;
    snprintf(why, AGENT_WHY, "out of memory for the answers of a probe");
    if (probability) {
        status = probe_fit(&fit, width, classes, 1, &probe, why);
    }
    if (status == AGENT_OK) {
        probe_apply(probe, &test, probability);
        mark(&test, classes, probability, score);
        score->probed = true;
    }
    probe_destroy(probe);
    free(probability);
    return status;
}
