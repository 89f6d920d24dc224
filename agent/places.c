// Does the agent know where something lies that it has seen earlier and sees no more? Episodes are
// played again; linear probes then ask the agent's vectors for the direction.
#include "agent/places.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char* name;
    CairnMaterial material;
} sought[AGENT_PLACES] = {{"water", CAIRN_WATER},
                          {"tree", CAIRN_TREE},
                          {"coal", CAIRN_COAL_ORE},
                          {"iron", CAIRN_IRON_ORE},
                          {"table", CAIRN_TABLE}};

AgentStatus agent_places_create(const AgentPolicy* policy, int64_t seed, AgentPlaces** places,
                                char why[AGENT_WHY]) {
    *places = NULL;
    AgentPlaces* made = calloc(1, sizeof *made);
    if (!made) {
        snprintf(why, AGENT_WHY, "out of memory");
        return AGENT_OUT_OF_MEMORY;
    }
    made->samples =
        (ProbeSamples){.width = {agent_policy_latent(policy), agent_policy_context(policy)},
                       .questions = AGENT_PLACES};
    AgentStatus status = sights_create(policy, seed, &made->sights, why);
    if (status != AGENT_OK) {
        agent_places_destroy(made);
        return status;
    }
    *places = made;
    return AGENT_OK;
}

void agent_places_destroy(AgentPlaces* places) {
    if (places) {
        sights_free(&places->sights);
        probe_samples_free(&places->samples);
        free(places);
    }
}

// The direction along the longer way; of equals the vertical.
static int32_t direction_of(int32_t dx, int32_t dy) {
    return abs(dx) > abs(dy) ? (dx > 0 ? EAST : WEST) : (dy > 0 ? SOUTH : NORTH);
}

// Negative where it is in view or was never seen.
static void find(const Sights* sights, int32_t label[AGENT_PLACES]) {
    SightsNearest nearest[CAIRN_MATERIALS];
    sights_find(sights, nearest);
    for (int i = 0; i < AGENT_PLACES; i++) {
        const SightsNearest* place = &nearest[sought[i].material];
        const bool asked =
            place->distance < INT32_MAX && !(sights->visible >> sought[i].material & 1);
        label[i] = asked ? direction_of(place->dx, place->dy) : -1;
    }
}

static bool add_step(AgentPlaces* places, int64_t episode, int32_t t, const AgentTrace* trace) {
    int32_t label[AGENT_PLACES];
    bool any = false;
    find(&places->sights, label);
    for (int i = 0; i < AGENT_PLACES; i++) {
        any = any || label[i] >= 0;
    }
    const size_t latent = (size_t)places->samples.width[0],
                 context = (size_t)places->samples.width[1];
    const float* part[PROBE_PARTS] = {trace->latent + (size_t)t * latent,
                                      context ? trace->context + (size_t)t * context : NULL};
    return !any || probe_samples_add(&places->samples, episode, part, label);
}

bool agent_places_add(AgentPlaces* places, const AgentEpisode* episode, const AgentTrace* trace) {
    sights_begin(&places->sights, episode->number);
    for (int32_t t = 0; t < episode->length; t++) {
        if (t % PROBE_EVERY == 0 && !add_step(places, episode->number, t, trace)) {
            return false;
        }
        sights_step(&places->sights, trace->action[t]);
    }
    return true;
}

// ---------------------------------------------------------------- figures
AgentStatus agent_places_summary(const AgentPlaces* places, AgentPlaceSummary summary[AGENT_PLACES],
                                 char why[AGENT_WHY]) {
    const bool remembers = places->samples.width[1] > 0;
    for (int i = 0; i < AGENT_PLACES; i++) {
        ProbeScore latent, both = {0};
        AgentStatus status = probe_samples_score(&places->samples, i, 1, DIRECTIONS, &latent, why);
        if (status == AGENT_OK && remembers) {
            status = probe_samples_score(&places->samples, i, 2, DIRECTIONS, &both, why);
        }
        if (status != AGENT_OK) {
            return status;
        }
        summary[i] = (AgentPlaceSummary){.name = sought[i].name,
                                         .fit_steps = latent.fit_steps,
                                         .test_steps = latent.test_steps,
                                         .probed = latent.probed,
                                         .remembers = remembers,
                                         .chance = latent.chance,
                                         .latent_top1 = latent.top1,
                                         .memory_top1 = both.top1};
    }
    return AGENT_OK;
}
