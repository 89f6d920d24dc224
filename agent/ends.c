// How episodes end and what costs health, counted by playing them again.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sights.h"

struct AgentEnds {
    Sights sights;
    AgentEndSummary sum; // counts, and the sum of distances, in place of shares and the mean
};

AgentStatus agent_ends_create(const AgentPolicy* policy, int64_t seed, AgentEnds** ends,
                              char why[AGENT_WHY]) {
    *ends = NULL;
    AgentEnds* made = calloc(1, sizeof *made);
    if (!made) {
        snprintf(why, AGENT_WHY, "out of memory");
        return AGENT_OUT_OF_MEMORY;
    }
    AgentStatus status = sights_create(policy, seed, &made->sights, why);
    if (status != AGENT_OK) {
        agent_ends_destroy(made);
        return status;
    }
    *ends = made;
    return AGENT_OK;
}

void agent_ends_destroy(AgentEnds* ends) {
    if (ends) {
        sights_free(&ends->sights);
        free(ends);
    }
}

static void count_step(AgentEnds* ends) {
    const Sights* sights = &ends->sights;
    AgentEndSummary* sum = &ends->sum;
    sum->steps++;
    if (sights->inventory[CAIRN_DRINK] > AGENT_THIRSTY) {
        return;
    }
    sum->thirsty_steps++;
    SightsNearest nearest[CAIRN_MATERIALS];
    if (sights->visible >> CAIRN_WATER & 1) {
        sum->water_in_view++;
        return;
    }
    sights_find(sights, nearest);
    if (nearest[CAIRN_WATER].distance == INT32_MAX) {
        sum->water_unseen++;
    } else {
        sum->water_seen_earlier++;
        sum->water_distance += sqrt(nearest[CAIRN_WATER].distance);
    }
}

static bool zombie_beside(const Sights* sights) {
    const int32_t row = sights->rows / 2, column = sights->columns / 2;
    const int32_t dx[] = {-1, 1, 0, 0}, dy[] = {0, 0, -1, 1};
    bool beside = false;
    for (int i = 0; i < 4; i++) {
        const int32_t cell = (row + dy[i]) * sights->columns + column + dx[i];
        beside |= sights->tiles[cell * 2 + 1] == CAIRN_ZOMBIE;
    }
    return beside;
}

static bool in_lava(const Sights* sights) {
    const int32_t cell = sights->rows / 2 * sights->columns + sights->columns / 2;
    return sights->tiles[cell * 2] == CAIRN_LAVA;
}

static bool in_need(const uint8_t* inventory) {
    return inventory[CAIRN_DRINK] == 0 || inventory[CAIRN_FOOD] == 0 ||
           inventory[CAIRN_ENERGY] == 0;
}

// After a step that began with so much.
static void count_health(AgentEnds* ends, const uint8_t before[CAIRN_ITEMS]) {
    const Sights* sights = &ends->sights;
    AgentEndSummary* sum = &ends->sum;
    const int32_t lost = before[CAIRN_HEALTH] - sights->inventory[CAIRN_HEALTH];
    if (lost < 0) {
        sum->regained -= lost;
    } else if (in_lava(sights)) {
        sum->lava += sights->ended[0]; // who regains a point in that very step lives on
    } else if (lost == 1 && in_need(before)) {
        sum->lost_to_needs++;
    } else if (zombie_beside(sights)) {
        sum->lost_to_zombies += lost;
    } else {
        sum->lost_to_arrows += lost;
    }
}

void agent_ends_add(AgentEnds* ends, const AgentEpisode* episode, const AgentTrace* trace) {
    Sights* sights = &ends->sights;
    AgentEndSummary* sum = &ends->sum;
    sights_begin(sights, episode->number);
    for (int32_t t = 0; t < episode->length; t++) {
        uint8_t before[CAIRN_ITEMS];
        memcpy(before, sights->inventory, sizeof before);
        count_step(ends);
        sights_step(sights, trace->action[t]);
        count_health(ends, before);
    }
    const bool thirst = sights->inventory[CAIRN_DRINK] == 0,
               hunger = sights->inventory[CAIRN_FOOD] == 0,
               fatigue = sights->inventory[CAIRN_ENERGY] == 0, died = sights->ended[0];
    sum->episodes++;
    sum->cut += !died;
    sum->thirst += died && thirst;
    sum->hunger += died && hunger;
    sum->fatigue += died && fatigue;
    sum->damage += died && !thirst && !hunger && !fatigue;
}

static double share(double part, double all) {
    return all > 0 ? part / all : 0;
}

AgentEndSummary agent_ends_summary(const AgentEnds* ends) {
    AgentEndSummary all = ends->sum;
    const double episodes = (double)all.episodes, thirsty = (double)all.thirsty_steps;
    all.water_distance = share(all.water_distance, all.water_seen_earlier);
    all.cut = share(all.cut, episodes);
    all.thirst = share(all.thirst, episodes);
    all.hunger = share(all.hunger, episodes);
    all.fatigue = share(all.fatigue, episodes);
    all.damage = share(all.damage, episodes);
    all.lava = share(all.lava, episodes);
    all.lost_to_needs = share(all.lost_to_needs, episodes);
    all.lost_to_zombies = share(all.lost_to_zombies, episodes);
    all.lost_to_arrows = share(all.lost_to_arrows, episodes);
    all.regained = share(all.regained, episodes);
    all.water_in_view = share(all.water_in_view, thirsty);
    all.water_seen_earlier = share(all.water_seen_earlier, thirsty);
    all.water_unseen = share(all.water_unseen, thirsty);
    return all;
}
