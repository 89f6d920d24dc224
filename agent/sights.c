#include "agent/sights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

AgentStatus sights_create(const AgentPolicy* policy, int64_t seed, Sights* sights,
                          char why[AGENT_WHY]) {
    const AgentConfig* trained = agent_policy_config(policy);
    CairnConfig config = cairn_default_config();
    *sights = (Sights){.width = trained->area_width, .height = trained->area_height};
    config.seeds = &seed;
    config.area_width = trained->area_width;
    config.area_height = trained->area_height;
    config.length = trained->length;
    config.auto_reset = false;
    sights->columns = cairn_local_columns(&config);
    sights->rows = cairn_local_rows(&config);
    sights->tiles = malloc((size_t)sights->columns * (size_t)sights->rows * 2);
    sights->seen = malloc((size_t)sights->width * (size_t)sights->height);
    if (!sights->tiles || !sights->seen) {
        snprintf(why, AGENT_WHY, "out of memory for a world to play episodes again in");
        return AGENT_OUT_OF_MEMORY;
    }
    CairnStatus status = cairn_create(&config, &sights->world, why);
    return status == CAIRN_OK              ? AGENT_OK
           : status == CAIRN_OUT_OF_MEMORY ? AGENT_OUT_OF_MEMORY
                                           : AGENT_BAD_CONFIG;
}

void sights_free(Sights* sights) {
    cairn_destroy(sights->world);
    free(sights->tiles);
    free(sights->seen);
}

static CairnOutput output_of(Sights* sights) {
    return (CairnOutput){.observation = {.tiles = sights->tiles},
                         .terminated = &sights->ended[0],
                         .truncated = &sights->ended[1],
                         .inventory = sights->inventory,
                         .position = sights->position};
}

static void look(Sights* sights) {
    const int32_t left = sights->position[0] - sights->columns / 2;
    const int32_t top = sights->position[1] - sights->rows / 2;
    sights->visible = 0;
    for (int32_t row = 0; row < sights->rows; row++) {
        for (int32_t column = 0; column < sights->columns; column++) {
            const uint8_t material = sights->tiles[(row * sights->columns + column) * 2];
            if (material != CAIRN_OUTSIDE) {
                sights->seen[(top + row) * sights->width + left + column] = material;
                sights->visible |= 1U << material;
            }
        }
    }
}

void sights_begin(Sights* sights, int64_t episode) {
    const CairnOutput output = output_of(sights);
    memset(sights->seen, CAIRN_OUTSIDE, (size_t)sights->width * (size_t)sights->height);
    cairn_reset_world(sights->world, 0, (uint64_t)episode, &output);
    look(sights);
}

void sights_step(Sights* sights, int32_t action) {
    const CairnOutput output = output_of(sights);
    cairn_step(sights->world, &action, &output);
    look(sights);
}

void sights_find(const Sights* sights, SightsNearest nearest[CAIRN_MATERIALS]) {
    for (int32_t m = 0; m < CAIRN_MATERIALS; m++) {
        nearest[m] = (SightsNearest){.distance = INT32_MAX};
    }
    for (int32_t y = 0; y < sights->height; y++) {
        for (int32_t x = 0; x < sights->width; x++) {
            const int32_t dx = x - sights->position[0], dy = y - sights->position[1];
            const int32_t distance = dx * dx + dy * dy;
            SightsNearest* known = &nearest[sights->seen[y * sights->width + x]];
            if (distance < known->distance) {
                *known = (SightsNearest){dx, dy, distance};
            }
        }
    }
}
