// Does the agent know where something lies that it has seen earlier and sees no more? Episodes are
// played again in a world of their own, which tells what there was to see and from where; linear
// probes then ask the agent's vectors for the direction.
#include "agent/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char* name;
    CairnMaterial material;
} sought[AGENT_PLACES] = {{"water", CAIRN_WATER},
                          {"tree", CAIRN_TREE},
                          {"coal", CAIRN_COAL_ORE},
                          {"iron", CAIRN_IRON_ORE},
                          {"table", CAIRN_TABLE}};

static AgentStatus create_world(const AgentPolicy* policy, int64_t seed, AgentPlaces* places,
                                char why[AGENT_WHY]) {
    const AgentConfig* trained = agent_policy_config(policy);
    CairnConfig config = cairn_default_config();
    config.seeds = &seed;
    config.area_width = places->width = trained->area_width;
    config.area_height = places->height = trained->area_height;
    config.length = trained->length;
    config.auto_reset = false;
    places->columns = cairn_local_columns(&config);
    places->rows = cairn_local_rows(&config);
    places->tiles = malloc((size_t)places->columns * (size_t)places->rows * 2);
    places->seen = malloc((size_t)places->width * (size_t)places->height);
    if (!places->tiles || !places->seen) {
        snprintf(why, AGENT_WHY, "out of memory for a world to play episodes again in");
        return AGENT_OUT_OF_MEMORY;
    }
    CairnStatus status = cairn_create(&config, &places->world, why);
    return status == CAIRN_OK              ? AGENT_OK
           : status == CAIRN_OUT_OF_MEMORY ? AGENT_OUT_OF_MEMORY
                                           : AGENT_BAD_CONFIG;
}

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
    AgentStatus status = create_world(policy, seed, made, why);
    if (status != AGENT_OK) {
        agent_places_destroy(made);
        return status;
    }
    *places = made;
    return AGENT_OK;
}

void agent_places_destroy(AgentPlaces* places) {
    if (places) {
        cairn_destroy(places->world);
        probe_samples_free(&places->samples);
        free(places->tiles);
        free(places->seen);
        free(places);
    }
}

// ---------------------------------------------------------------- what has been seen
// Takes up the view; visible: bit m: material m is in it.
static void look(AgentPlaces* places, uint32_t* visible) {
    const int32_t left = places->position[0] - places->columns / 2;
    const int32_t top = places->position[1] - places->rows / 2;
    *visible = 0;
    for (int32_t row = 0; row < places->rows; row++) {
        for (int32_t column = 0; column < places->columns; column++) {
            const uint8_t material = places->tiles[(row * places->columns + column) * 2];
            if (material != CAIRN_OUTSIDE) {
                places->seen[(top + row) * places->width + left + column] = material;
                *visible |= 1U << material;
            }
        }
    }
}

// The direction along the longer way; of equals the vertical.
static int32_t direction_of(int32_t dx, int32_t dy) {
    return abs(dx) > abs(dy) ? (dx > 0 ? EAST : WEST) : (dy > 0 ? SOUTH : NORTH);
}

// Directions of the nearest cells (by Euclid, of equals the first in reading order) of what is
// out of view; negative where it is in view or was never seen.
static void find(const AgentPlaces* places, uint32_t visible, int32_t label[AGENT_PLACES]) {
    int32_t nearest[CAIRN_MATERIALS], way[CAIRN_MATERIALS];
    for (int32_t m = 0; m < CAIRN_MATERIALS; m++) {
        nearest[m] = INT32_MAX;
        way[m] = -1;
    }
    for (int32_t y = 0; y < places->height; y++) {
        for (int32_t x = 0; x < places->width; x++) {
            const int32_t dx = x - places->position[0], dy = y - places->position[1];
            const int32_t distance = dx * dx + dy * dy;
            const uint8_t material = places->seen[y * places->width + x];
            if (distance < nearest[material]) {
                nearest[material] = distance;
                way[material] = direction_of(dx, dy);
            }
        }
    }
    for (int i = 0; i < AGENT_PLACES; i++) {
        const CairnMaterial material = sought[i].material;
        label[i] = visible >> material & 1 ? -1 : way[material];
    }
}

static bool add_step(AgentPlaces* places, int64_t episode, int32_t t, uint32_t visible,
                     const AgentTrace* trace) {
    int32_t label[AGENT_PLACES];
    bool any = false;
    find(places, visible, label);
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
    CairnOutput output = {.observation = {.tiles = places->tiles},
                          .terminated = &places->ended[0],
                          .truncated = &places->ended[1],
                          .position = places->position};
    memset(places->seen, CAIRN_OUTSIDE, (size_t)places->width * (size_t)places->height);
    cairn_reset_world(places->world, 0, (uint64_t)episode->number, &output);
    for (int32_t t = 0; t < episode->length; t++) {
        uint32_t visible = 0;
        look(places, &visible);
        if (t % PROBE_EVERY == 0 && !add_step(places, episode->number, t, visible, trace)) {
            return false;
        }
        cairn_step(places->world, &trace->action[t], &output);
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
