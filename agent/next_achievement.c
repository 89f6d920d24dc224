// Does the agent know what it will unlock next? Over the steps of whole episodes that have a next
// unlock: how often its expectation names it, and how well a linear probe on the latent does.
#include <stdio.h>
#include <stdlib.h>

#include "agent/agent.h"
#include "agent/probe_samples.h"

enum { CLASSES = CAIRN_ACHIEVEMENTS };

struct AgentNext {
    bool predicts;
    int64_t steps, hits[2]; // top-1, top-3
    int64_t next_counts[CLASSES];
    ProbeSamples samples; // of latents; one question: which one it will be
};

AgentStatus agent_next_create(const AgentPolicy* policy, AgentNext** next, char why[AGENT_WHY]) {
    *next = calloc(1, sizeof **next);
    if (!*next) {
        snprintf(why, AGENT_WHY, "out of memory");
        return AGENT_OUT_OF_MEMORY;
    }
    (*next)->samples = (ProbeSamples){.width = {agent_policy_latent(policy)}, .questions = 1};
    (*next)->predicts = agent_policy_predicts(policy);
    return AGENT_OK;
}

void agent_next_destroy(AgentNext* next) {
    if (next) {
        probe_samples_free(&next->samples);
        free(next);
    }
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
    const size_t width = (size_t)next->samples.width[0];
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
        const float* part[PROBE_PARTS] = {trace->latent + (size_t)t * width};
        const int32_t label = first_bit(coming);
        if (t % PROBE_EVERY == 0 &&
            !probe_samples_add(&next->samples, episode->number, part, &label)) {
            return false;
        }
    }
    return true;
}

AgentStatus agent_next_summary(const AgentNext* next, AgentNextSummary* summary,
                               char why[AGENT_WHY]) {
    ProbeScore score;
    AgentStatus status = probe_samples_score(&next->samples, 0, 1, CLASSES, &score, why);
    *summary = (AgentNextSummary){.steps = next->steps,
                                  .predicts = next->predicts,
                                  .probed = score.probed,
                                  .fit_steps = score.fit_steps,
                                  .test_steps = score.test_steps,
                                  .probe_probability = score.probability,
                                  .probe_top1 = score.top1};
    for (int k = 0; k < CLASSES && next->steps > 0; k++) {
        double share = (double)next->next_counts[k] / (double)next->steps;
        summary->chance = share > summary->chance ? share : summary->chance;
    }
    if (next->steps > 0 && next->predicts) {
        summary->top1 = (double)next->hits[0] / (double)next->steps;
        summary->top3 = (double)next->hits[1] / (double)next->steps;
    }
    return status;
}
