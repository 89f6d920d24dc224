// How episodes end, counted by playing them again.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

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

void agent_ends_add(AgentEnds* ends, const AgentEpisode* episode, const AgentTrace* trace) {
    Sights* sights = &ends->sights;
    AgentEndSummary* sum = &ends->sum;
    sights_begin(sights, episode->number);
    for (int32_t t = 0; t < episode->length; t++) {
        count_step(ends);
        sights_step(sights, trace->action[t]);
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
    all.water_in_view = share(all.water_in_view, thirsty);
    all.water_seen_earlier = share(all.water_seen_earlier, thirsty);
    all.water_unseen = share(all.water_unseen, thirsty);
    return all;
}
