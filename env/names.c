// Names of actions, achievements and items, as the original spells them.
#include "env/cairn.h"

#ifndef CAIRN_VERSION
#define CAIRN_VERSION "0"
#endif

static const char* const ACTIONS[CAIRN_ACTIONS] = {"noop",
                                                   "move_left",
                                                   "move_right",
                                                   "move_up",
                                                   "move_down",
                                                   "do",
                                                   "sleep",
                                                   "place_stone",
                                                   "place_table",
                                                   "place_furnace",
                                                   "place_plant",
                                                   "make_wood_pickaxe",
                                                   "make_stone_pickaxe",
                                                   "make_iron_pickaxe",
                                                   "make_wood_sword",
                                                   "make_stone_sword",
                                                   "make_iron_sword"};

static const char* const ACHIEVEMENTS[CAIRN_ACHIEVEMENTS] = {
    "collect_coal",     "collect_diamond",
    "collect_drink",    "collect_iron",
    "collect_sapling",  "collect_stone",
    "collect_wood",     "defeat_skeleton",
    "defeat_zombie",    "eat_cow",
    "eat_plant",        "make_iron_pickaxe",
    "make_iron_sword",  "make_stone_pickaxe",
    "make_stone_sword", "make_wood_pickaxe",
    "make_wood_sword",  "place_furnace",
    "place_plant",      "place_stone",
    "place_table",      "wake_up"};

static const char* const ITEMS[CAIRN_ITEMS] = {
    "health",       "food",       "drink",       "energy",    "sapling",      "wood",
    "stone",        "coal",       "iron",        "diamond",   "wood_pickaxe", "stone_pickaxe",
    "iron_pickaxe", "wood_sword", "stone_sword", "iron_sword"};

const char* cairn_action_name(int action) {
    return action >= 0 && action < CAIRN_ACTIONS ? ACTIONS[action] : NULL;
}

const char* cairn_achievement_name(int achievement) {
    return achievement >= 0 && achievement < CAIRN_ACHIEVEMENTS ? ACHIEVEMENTS[achievement] : NULL;
}

const char* cairn_item_name(int item) {
    return item >= 0 && item < CAIRN_ITEMS ? ITEMS[item] : NULL;
}

const char* cairn_version(void) {
    return CAIRN_VERSION;
}
