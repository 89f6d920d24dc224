// Which achievements were within an agent's reach, and which of these it took: counted by playing
// episodes again.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/sights.h"

enum { NEEDS = 3 };

// What must be in view: all of the materials, or the object. What must be in the inventory: one of
// each, CAIRN_HEALTH, which whoever lives has, in place of none.
typedef struct Rule {
    const char* achievement;
    uint32_t materials; // bit m: material m
    uint8_t object;     // CAIRN_NOTHING: none
    uint8_t needs[NEEDS];
} Rule;

static const uint32_t WORKSHOP = 1U << CAIRN_TABLE | 1U << CAIRN_FURNACE;
static const Rule RULES[AGENT_CHANCES] = {
    {.achievement = "collect_drink", .materials = 1U << CAIRN_WATER},
    {.achievement = "collect_wood", .materials = 1U << CAIRN_TREE},
    {.achievement = "collect_stone", 1U << CAIRN_ROCK, .needs = {CAIRN_WOOD_PICKAXE}},
    {.achievement = "collect_coal", 1U << CAIRN_COAL_ORE, .needs = {CAIRN_WOOD_PICKAXE}},
    {.achievement = "collect_iron", 1U << CAIRN_IRON_ORE, .needs = {CAIRN_STONE_PICKAXE}},
    {.achievement = "collect_diamond", 1U << CAIRN_DIAMOND_ORE, .needs = {CAIRN_IRON_PICKAXE}},
    {.achievement = "eat_cow", .object = CAIRN_COW},
    {.achievement = "eat_plant", .object = CAIRN_PLANT_RIPE},
    {.achievement = "defeat_zombie", .object = CAIRN_ZOMBIE},
    {.achievement = "defeat_skeleton", .object = CAIRN_SKELETON},
    {"make_iron_pickaxe", WORKSHOP, .needs = {CAIRN_WOOD, CAIRN_COAL, CAIRN_IRON}},
    {"make_iron_sword", WORKSHOP, .needs = {CAIRN_WOOD, CAIRN_COAL, CAIRN_IRON}},
};

// Of one achievement in the episode that is being played.
typedef struct Course {
    bool seen, ready_after; // was in view; then there was a step with all that is needed
    int64_t steps;          // in view, with all that is needed
} Course;

struct AgentChances {
    Sights sights;
    int32_t index[AGENT_CHANCES];          // of the achievement
    AgentChanceSummary sum[AGENT_CHANCES]; // missed_steps: their sum
};

static int32_t index_of(const char* achievement) {
    int32_t k = 0;
    while (k < CAIRN_ACHIEVEMENTS - 1 && strcmp(cairn_achievement_name(k), achievement) != 0) {
        k++;
    }
    return k;
}

AgentStatus agent_chances_create(const AgentPolicy* policy, int64_t seed, AgentChances** chances,
                                 char why[AGENT_WHY]) {
    *chances = NULL;
    AgentChances* made = calloc(1, sizeof *made);
    if (!made) {
        snprintf(why, AGENT_WHY, "out of memory");
        return AGENT_OUT_OF_MEMORY;
    }
    for (int32_t i = 0; i < AGENT_CHANCES; i++) {
        made->index[i] = index_of(RULES[i].achievement);
        made->sum[i].name = RULES[i].achievement;
    }
    AgentStatus status = sights_create(policy, seed, &made->sights, why);
    if (status != AGENT_OK) {
        agent_chances_destroy(made);
        return status;
    }
    *chances = made;
    return AGENT_OK;
}

void agent_chances_destroy(AgentChances* chances) {
    if (chances) {
        sights_free(&chances->sights);
        free(chances);
    }
}

static uint32_t objects_in_view(const Sights* sights) { // bit o: object o
    uint32_t objects = 0;
    for (int32_t i = 0; i < sights->rows * sights->columns; i++) {
        objects |= 1U << sights->tiles[i * 2 + 1];
    }
    return objects;
}

static void look(const Sights* sights, Course course[AGENT_CHANCES]) {
    const uint32_t objects = objects_in_view(sights);
    for (int32_t i = 0; i < AGENT_CHANCES; i++) {
        const Rule* rule = &RULES[i];
        bool ready = true;
        for (int32_t n = 0; n < NEEDS; n++) {
            ready &= sights->inventory[rule->needs[n]] > 0;
        }
        const bool in_view = (sights->visible & rule->materials) == rule->materials &&
                             (!rule->object || objects >> rule->object & 1);
        course[i].seen |= in_view;
        course[i].ready_after |= course[i].seen && ready;
        course[i].steps += in_view && ready;
    }
}

void agent_chances_add(AgentChances* chances, const AgentEpisode* episode,
                       const AgentTrace* trace) {
    Course course[AGENT_CHANCES] = {0};
    sights_begin(&chances->sights, episode->number);
    for (int32_t t = 0; t < episode->length; t++) {
        look(&chances->sights, course);
        sights_step(&chances->sights, trace->action[t]);
    }
    for (int32_t i = 0; i < AGENT_CHANCES; i++) {
        AgentChanceSummary* sum = &chances->sum[i];
        const bool there = course[i].steps > 0;
        const bool taken = there && episode->achievements[chances->index[i]] > 0;
        sum->episodes++;
        sum->in_view += there;
        sum->taken += taken;
        sum->seen_before += !there && course[i].ready_after;
        sum->missed_steps += there && !taken ? (double)course[i].steps : 0;
    }
}

void agent_chances_summary(const AgentChances* chances, AgentChanceSummary summary[AGENT_CHANCES]) {
    for (int32_t i = 0; i < AGENT_CHANCES; i++) {
        summary[i] = chances->sum[i];
        const int64_t missed = summary[i].in_view - summary[i].taken;
        summary[i].missed_steps = missed > 0 ? summary[i].missed_steps / (double)missed : 0;
    }
}
