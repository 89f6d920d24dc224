// What was within an agent's reach: episodes of an agent that takes what it faces and tries to make
// everything, and one of a trained agent, counted again from what was in view at every step.
#include <stdlib.h>
#include <string.h>

#include "agent/policy.h"
#include "tests/agent/small.h"
#include "tests/suite.h"

enum { COLUMNS = 9, ROWS = 7, SIDE = 64, LENGTH = 10000, EPISODES = 300, SEED = 78 };

typedef struct Moment { // a step's beginning
    bool material[CAIRN_FURNACE + 1], object[CAIRN_PLANT_RIPE + 1];
    uint8_t have[CAIRN_ITEMS];
} Moment;

typedef struct Game {
    Cairn* world;
    uint8_t tiles[ROWS][COLUMNS][2], inventory[CAIRN_ITEMS], ended[2];
    int32_t achievements[CAIRN_ACHIEVEMENTS];
    int32_t action[LENGTH], length;
    Moment moment[LENGTH];
} Game;

typedef struct Told {
    int64_t in_view, taken, before;
    double missed;
} Told;

static bool within(const char* name, const Moment* m, bool* seen) {
    const uint8_t* have = m->have;
    bool tool = true;
    *seen = false;
    if (!strcmp(name, "collect_drink")) {
        *seen = m->material[CAIRN_WATER];
    } else if (!strcmp(name, "collect_wood")) {
        *seen = m->material[CAIRN_TREE];
    } else if (!strcmp(name, "collect_stone")) {
        *seen = m->material[CAIRN_ROCK];
        tool = have[CAIRN_WOOD_PICKAXE];
    } else if (!strcmp(name, "collect_coal")) {
        *seen = m->material[CAIRN_COAL_ORE];
        tool = have[CAIRN_WOOD_PICKAXE];
    } else if (!strcmp(name, "collect_iron")) {
        *seen = m->material[CAIRN_IRON_ORE];
        tool = have[CAIRN_STONE_PICKAXE];
    } else if (!strcmp(name, "collect_diamond")) {
        *seen = m->material[CAIRN_DIAMOND_ORE];
        tool = have[CAIRN_IRON_PICKAXE];
    } else if (!strcmp(name, "eat_cow")) {
        *seen = m->object[CAIRN_COW];
    } else if (!strcmp(name, "eat_plant")) {
        *seen = m->object[CAIRN_PLANT_RIPE];
    } else if (!strcmp(name, "defeat_zombie")) {
        *seen = m->object[CAIRN_ZOMBIE];
    } else if (!strcmp(name, "defeat_skeleton")) {
        *seen = m->object[CAIRN_SKELETON];
    } else {
        ck_assert(!strcmp(name, "make_iron_pickaxe") || !strcmp(name, "make_iron_sword"));
        *seen = m->material[CAIRN_TABLE] && m->material[CAIRN_FURNACE];
        tool = have[CAIRN_WOOD] && have[CAIRN_COAL] && have[CAIRN_IRON];
    }
    return *seen && tool;
}

// Of the achievement of that name, from the moments of a whole episode.
static void count(const Game* game, const char* name, Told* told) {
    int32_t steps = 0, done = 0, k = 0;
    bool before = false;
    for (int32_t t = 0; t < game->length; t++) {
        bool seen;
        steps += within(name, &game->moment[t], &seen);
        for (int32_t later = t; seen && !before && later < game->length; later++) {
            Moment with = game->moment[later]; // what it has then, beside what was in view
            memcpy(with.material, game->moment[t].material, sizeof with.material);
            memcpy(with.object, game->moment[t].object, sizeof with.object);
            before = within(name, &with, &seen);
        }
    }
    while (strcmp(cairn_achievement_name(k), name) != 0) {
        k++;
    }
    done = game->achievements[k] > 0;
    told->in_view += steps > 0;
    told->taken += steps > 0 && done;
    told->before += steps == 0 && before;
    told->missed += done ? 0 : steps;
}

static CairnOutput output_of(Game* game) {
    return (CairnOutput){.observation = {.tiles = game->tiles[0][0]},
                         .terminated = &game->ended[0],
                         .truncated = &game->ended[1],
                         .inventory = game->inventory,
                         .achievements = game->achievements};
}

// action NULL: drawn; it moves and takes, and makes or places something now and then.
static void play(Game* game, int64_t number, const uint8_t* action, int32_t length) {
    CairnOutput output = output_of(game);
    NetRandom random = net_random(7, (uint64_t)number);
    ck_assert_int_eq(cairn_reset_world(game->world, 0, (uint64_t)number, &output), CAIRN_OK);
    memset(game->ended, 0, sizeof game->ended);
    for (game->length = 0; !game->ended[0] && game->length < length; game->length++) {
        int32_t t = game->length, drawn = (int32_t)net_random_below(&random, 12);
        Moment* moment = &game->moment[t];
        *moment = (Moment){0};
        memcpy(moment->have, game->inventory, sizeof moment->have);
        for (int i = 0; i < ROWS * COLUMNS; i++) {
            moment->material[game->tiles[i / COLUMNS][i % COLUMNS][0]] = true;
            moment->object[game->tiles[i / COLUMNS][i % COLUMNS][1]] = true;
        }
        game->action[t] = action      ? action[t]
                          : drawn < 6 ? CAIRN_DO
                          : drawn < 9 ? CAIRN_MOVE_LEFT + (int32_t)net_random_below(&random, 4)
                                      : CAIRN_PLACE_TABLE + (int32_t)net_random_below(&random, 9);
        cairn_step(game->world, &game->action[t], &output);
    }
}

static void create(int64_t seed, AgentPolicy** policy, AgentChances** chances, Game** game) {
    AgentConfig config = small_config();
    config.area_width = config.area_height = SIDE;
    config.length = LENGTH;
    AgentTrainer* trainer = small_trainer(&config);
    AgentPolicyConfig own = {.rows = 1, .dtype = NET_DTYPE_F32};
    char why[AGENT_WHY] = "";
    ck_assert_int_eq(agent_policy_of_trainer(trainer, &own, policy, why), AGENT_OK);
    ck_assert_int_eq(agent_chances_create(*policy, seed, chances, why), AGENT_OK);
    agent_trainer_destroy(trainer);
    CairnConfig world = cairn_default_config();
    world.seeds = &seed;
    world.auto_reset = false;
    *game = calloc(1, sizeof **game);
    ck_assert_int_eq(cairn_create(&world, &(*game)->world, why), CAIRN_OK);
}

static void add(AgentChances* chances, const Game* game, int64_t number) {
    AgentEpisode episode = {.number = number, .length = game->length};
    memcpy(episode.achievements, game->achievements, sizeof episode.achievements);
    agent_chances_add(chances, &episode, &(AgentTrace){.action = game->action});
}

static void destroy(AgentPolicy* policy, AgentChances* chances, Game* game) {
    cairn_destroy(game->world);
    free(game);
    agent_chances_destroy(chances);
    agent_policy_destroy(policy);
}

static void compare(const AgentChanceSummary* summary, int64_t episodes, const Told* told) {
    ck_assert_int_eq(summary->episodes, episodes);
    ck_assert_int_eq(summary->in_view, told->in_view);
    ck_assert_int_eq(summary->taken, told->taken);
    ck_assert_int_eq(summary->seen_before, told->before);
    int64_t missed = told->in_view - told->taken;
    double mean = missed ? told->missed / (double)missed : 0;
    ck_assert_double_eq_tol(summary->missed_steps, mean, 1e-9);
}

START_TEST(chances_are_counted) {
    AgentPolicy* policy;
    AgentChances* chances;
    Game* game;
    AgentChanceSummary summary[AGENT_CHANCES];
    create(SEED, &policy, &chances, &game);
    agent_chances_summary(chances, summary); // of nothing: no division by 0
    ck_assert(summary[0].episodes == 0 && summary[0].missed_steps == 0);
    Told told[AGENT_CHANCES] = {0}, all = {0};
    for (int64_t number = 1; number <= EPISODES; number++) {
        play(game, number, NULL, 600);
        add(chances, game, number);
        for (int i = 0; i < AGENT_CHANCES; i++) {
            count(game, summary[i].name, &told[i]);
        }
    }
    agent_chances_summary(chances, summary);
    for (int i = 0; i < AGENT_CHANCES; i++) {
        compare(&summary[i], EPISODES, &told[i]);
        all.taken += told[i].taken;
        all.before += told[i].before;
        all.missed += told[i].missed;
    }
    ck_assert_int_gt(all.taken, 100);
    ck_assert_int_gt(all.before, 2);
    ck_assert_double_gt(all.missed, 100);
    destroy(policy, chances, game);
}
END_TEST

// Episode 188 of `cairn eval runs/results/agents/fast.ckpt --episodes 200 --record DIR`: it had
// iron, coal and wood, and near the end table and furnace in view.
START_TEST(a_trained_agent_had_more_within_reach) {
    CairnEpisode* episode = NULL;
    char why[CAIRN_WHY] = "";
    CairnStatus status = cairn_episode_load("tests/agent/workshop.cairn", &episode, why);
    ck_assert_msg(status == CAIRN_OK, "%s", why);
    AgentPolicy* policy;
    AgentChances* chances;
    Game* game;
    AgentChanceSummary summary[AGENT_CHANCES];
    create(episode->config.seed, &policy, &chances, &game);
    play(game, (int64_t)episode->episode, episode->action, (int32_t)episode->length);
    add(chances, game, (int64_t)episode->episode);
    agent_chances_summary(chances, summary);
    int64_t iron = 0;
    for (int i = 0; i < AGENT_CHANCES; i++) {
        Told told = {0};
        count(game, summary[i].name, &told);
        compare(&summary[i], 1, &told);
        iron += strstr(summary[i].name, "iron") && told.in_view;
    }
    ck_assert_int_eq(iron, 3);
    destroy(policy, chances, game);
    cairn_episode_destroy(episode);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("chances");
    TCase* c = tcase_create("chances");
    tcase_add_test(c, chances_are_counted);
    tcase_add_test(c, a_trained_agent_had_more_within_reach);
    suite_add_tcase(s, c);
    return s;
}
