// Does the agent know what it will unlock next? Over the steps of whole episodes that have a next
// unlock: how often its expectation names it, and how well a linear probe on the latent does.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/probe.h"

enum { CLASSES = CAIRN_ACHIEVEMENTS, PROBE_EVERY = 4, PROBE_ROWS = 40000 };

typedef struct Samples { // every PROBE_EVERY-th step, for the probe
    int64_t count, room;
    float* features; // [count, width]
    int32_t* label;  // [count]
} Samples;

struct AgentNext {
    int32_t width;
    bool predicts;
    int64_t steps, hits[2]; // top-1, top-3
    int64_t next_counts[CLASSES];
    Samples fit, test; // of odd and of even episodes
};

AgentStatus agent_next_create(const AgentPolicy* policy, AgentNext** next, char why[AGENT_WHY]) {
    *next = calloc(1, sizeof **next);
    if (!*next) {
        snprintf(why, AGENT_WHY, "out of memory");
        return AGENT_OUT_OF_MEMORY;
    }
    (*next)->width = agent_policy_latent(policy);
    (*next)->predicts = agent_policy_predicts(policy);
    return AGENT_OK;
}

void agent_next_destroy(AgentNext* next) {
    if (next) {
        free(next->fit.features);
        free(next->fit.label);
        free(next->test.features);
        free(next->test.label);
        free(next);
    }
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

static bool add_sample(Samples* s, int32_t width, const float* latent, int32_t label) {
    if (s->count == PROBE_ROWS) {
        return true;
    }
    if (s->count == s->room) {
        int64_t room = s->room ? 2 * s->room : 1024;
        if (!grow(&s->features, (size_t)room * (size_t)width * sizeof *s->features) ||
            !grow(&s->label, (size_t)room * sizeof *s->label)) {
            return false;
        }
        s->room = room;
    }
    memcpy(s->features + (size_t)s->count * (size_t)width, latent, (size_t)width * sizeof *latent);
    s->label[s->count++] = label;
    return true;
}

static int32_t first_bit(uint32_t bits) {
    int32_t k = 0;
    while (!(bits >> k & 1)) {
        k++;
    }
    return k;
}

bool agent_next_add(AgentNext* next, const AgentEpisode* episode, const AgentTrace* trace) {
    uint32_t coming = 0; // what the next unlock will be
    Samples* samples = episode->number % 2 ? &next->fit : &next->test;
    for (int32_t t = episode->length; t-- > 0;) {
        coming = trace->unlocked[t] ? trace->unlocked[t] : coming;
        if (!coming) {
            continue;
        }
        next->steps++;
        next->next_counts[first_bit(coming)]++;
        const uint8_t* expects = trace->expects + (size_t)t * AGENT_EXPECTED;
        bool hit = false;
        for (int i = 0; i < AGENT_EXPECTED; i++) {
            hit = hit || (expects[i] < CLASSES && (coming >> expects[i] & 1));
            next->hits[0] += i == 0 && hit;
        }
        next->hits[1] += hit;
        if (t % PROBE_EVERY == 0 &&
            !add_sample(samples, next->width, trace->latent + (size_t)t * (size_t)next->width,
                        first_bit(coming))) {
            return false;
        }
    }
    return true;
}

static AgentStatus probe(const AgentNext* next, AgentNextSummary* summary, char why[AGENT_WHY]) {
    const Samples *fit = &next->fit, *test = &next->test;
    Probe* made = NULL;
    float* probability = malloc((size_t)test->count * CLASSES * sizeof *probability);
    AgentStatus status = AGENT_OUT_OF_MEMORY;
    if (probability) {
        status =
            probe_fit(fit->count, next->width, fit->features, CLASSES, fit->label, 1, &made, why);
    }
    if (status == AGENT_OK) {
        probe_apply(made, test->count, test->features, probability);
        for (int64_t i = 0; i < test->count; i++) {
            const float* row = probability + i * CLASSES;
            int32_t best = 0;
            for (int32_t k = 1; k < CLASSES; k++) {
                best = row[k] > row[best] ? k : best;
            }
            summary->probe_probability += (double)row[test->label[i]] / (double)test->count;
            summary->probe_top1 += (best == test->label[i]) / (double)test->count;
        }
        summary->probed = true;
    }
    probe_destroy(made);
    free(probability);
    return status;
}

AgentStatus agent_next_summary(const AgentNext* next, AgentNextSummary* summary,
                               char why[AGENT_WHY]) {
    *summary = (AgentNextSummary){.steps = next->steps,
                                  .predicts = next->predicts,
                                  .fit_steps = next->fit.count,
                                  .test_steps = next->test.count};
    for (int k = 0; k < CLASSES && next->steps > 0; k++) {
        double share = (double)next->next_counts[k] / (double)next->steps;
        summary->chance = share > summary->chance ? share : summary->chance;
    }
    if (next->steps > 0 && next->predicts) {
        summary->top1 = (double)next->hits[0] / (double)next->steps;
        summary->top3 = (double)next->hits[1] / (double)next->steps;
    }
    bool enough = next->fit.count > 0 && next->test.count > 0;
    return enough ? probe(next, summary, why) : AGENT_OK;
}
