// How episodes end and where water was: episodes of simple agents, counted again from all that was
// ever in view.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/policy.h"
#include "tests/agent/small.h"
#include "tests/suite.h"

enum { COLUMNS = 9, ROWS = 7, SIDE = 48, LENGTH = 320, EPISODES = 200, SEED = 78 };

typedef struct Counts {
    double cut, thirst, hunger, fatigue, damage, steps, thirsty, in_view, earlier, unseen, distance;
    double lava, needs, zombies, arrows, regained,
        missing; // missing: health at the end, not of lava
} Counts;

typedef struct Game {
    Cairn* world;
    uint8_t tiles[ROWS][COLUMNS][2], inventory[CAIRN_ITEMS], ended[2];
    int32_t position[2], action[LENGTH], length;
    bool water[SIDE][SIDE]; // seen; none of the agents here covers any
} Game;

static CairnOutput output_of(Game* game) {
    return (CairnOutput){.observation = {.tiles = game->tiles[0][0]},
                         .terminated = &game->ended[0],
                         .truncated = &game->ended[1],
                         .inventory = game->inventory,
                         .position = game->position};
}

static void count_step(Game* game, Counts* c) {
    bool in_view = false;
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        if (game->tiles[i / COLUMNS][i % COLUMNS][0] == CAIRN_WATER) {
            in_view = true;
            game->water[game->position[1] - ROWS / 2 + i / COLUMNS]
                       [game->position[0] - COLUMNS / 2 + i % COLUMNS] = true;
        }
    }
    c->steps++;
    if (game->inventory[CAIRN_DRINK] > 3) {
        return;
    }
    c->thirsty++;
    double nearest = INFINITY;
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            double away = hypot(x - game->position[0], y - game->position[1]);
            nearest = game->water[y][x] && away < nearest ? away : nearest;
        }
    }
    c->in_view += in_view;
    c->unseen += isinf(nearest);
    c->earlier += !in_view && !isinf(nearest);
    c->distance += !in_view && !isinf(nearest) ? nearest : 0;
}

// One stands still, one wanders and takes what is there, one sleeps, one goes straight and drinks.
static int32_t act(int64_t number, NetRandom* random) {
    switch (number % 4) {
    case 0:
        return CAIRN_NOOP;
    case 1:
        return (int32_t)net_random_below(random, CAIRN_DO + 1);
    case 2:
        return CAIRN_SLEEP;
    default:
        return net_random_below(random, 3) ? 1 + (int32_t)(number / 4 % 4) : CAIRN_DO;
    }
}

// What a step changed that began with so much health, and maybe with a need at 0.
static void count_health(const Game* game, int before, bool in_need, Counts* c) {
    enum { Y = ROWS / 2, X = COLUMNS / 2 };
    const uint8_t* have = game->inventory;
    int change = have[CAIRN_HEALTH] - before;
    bool zombie =
        game->tiles[Y - 1][X][1] == CAIRN_ZOMBIE || game->tiles[Y + 1][X][1] == CAIRN_ZOMBIE ||
        game->tiles[Y][X - 1][1] == CAIRN_ZOMBIE || game->tiles[Y][X + 1][1] == CAIRN_ZOMBIE;
    if (change > 0) {
        c->regained += change;
    } else if (change < 0 && game->tiles[Y][X][0] == CAIRN_LAVA) {
        c->lava += game->ended[0];
    } else if (change < 0) {
        bool by_need = change == -1 && in_need;
        *(by_need ? &c->needs : zombie ? &c->zombies : &c->arrows) -= change;
    }
}

static void play(Game* game, int64_t number, Counts* c) {
    CairnOutput output = output_of(game);
    NetRandom random = net_random(7, (uint64_t)number);
    int lava = 0; // what it cost
    memset(game->water, 0, sizeof game->water);
    ck_assert_int_eq(cairn_reset_world(game->world, 0, (uint64_t)number, &output), CAIRN_OK);
    game->ended[0] = game->ended[1] = 0;
    for (game->length = 0; !game->ended[0] && !game->ended[1]; game->length++) {
        count_step(game, c);
        const uint8_t* have = game->inventory;
        int health = have[CAIRN_HEALTH];
        bool in_need = !(have[CAIRN_FOOD] && have[CAIRN_DRINK] && have[CAIRN_ENERGY]);
        game->action[game->length] = act(number, &random);
        cairn_step(game->world, &game->action[game->length], &output);
        count_health(game, health, in_need, c);
        lava += game->ended[0] && game->tiles[ROWS / 2][COLUMNS / 2][0] == CAIRN_LAVA ? health : 0;
    }
    c->missing += 9 - game->inventory[CAIRN_HEALTH] - lava;
    bool thirst = game->inventory[CAIRN_DRINK] == 0, hunger = game->inventory[CAIRN_FOOD] == 0,
         fatigue = game->inventory[CAIRN_ENERGY] == 0;
    if (!game->ended[0]) {
        c->cut++;
        return;
    }
    c->thirst += thirst;
    c->hunger += hunger;
    c->fatigue += fatigue;
    c->damage += !(thirst || hunger || fatigue);
}

static void create_world(const AgentConfig* config, Game* game) {
    int64_t seed = SEED;
    CairnConfig world = cairn_default_config();
    char why[CAIRN_WHY] = "";
    world.seeds = &seed;
    world.area_width = config->area_width;
    world.area_height = config->area_height;
    world.length = config->length;
    world.auto_reset = false;
    ck_assert_msg(cairn_create(&world, &game->world, why) == CAIRN_OK, "%s", why);
}

static void same(double share, double part, double all) {
    ck_assert_double_gt(part, 0);
    ck_assert_double_eq_tol(share, part / all, 1e-12);
}

START_TEST(ends_are_counted) {
    AgentConfig config = small_config();
    config.area_width = config.area_height = SIDE;
    config.length = LENGTH;
    AgentTrainer* trainer = small_trainer(&config);
    AgentPolicyConfig own = {.rows = 1, .dtype = NET_DTYPE_F32};
    AgentPolicy* policy = NULL;
    AgentEnds* ends = NULL;
    char why[AGENT_WHY] = "";
    ck_assert_int_eq(agent_policy_of_trainer(trainer, &own, &policy, why), AGENT_OK);
    ck_assert_int_eq(agent_ends_create(policy, SEED, &ends, why), AGENT_OK);
    AgentEndSummary none = agent_ends_summary(ends); // of nothing: no division by 0
    ck_assert(none.episodes == 0 && none.thirst == 0 && none.water_distance == 0);
    Game* game = calloc(1, sizeof *game);
    Counts c = {0};
    create_world(&config, game);
    for (int64_t number = 1; number <= EPISODES; number++) {
        play(game, number, &c);
        AgentEpisode episode = {.number = number, .length = game->length};
        agent_ends_add(ends, &episode, &(AgentTrace){.action = game->action});
    }
    AgentEndSummary told = agent_ends_summary(ends);
    ck_assert_int_eq(told.episodes, EPISODES);
    ck_assert_double_eq((double)told.steps, c.steps);
    ck_assert_double_eq((double)told.thirsty_steps, c.thirsty);
    same(told.cut, c.cut, EPISODES);
    same(told.thirst, c.thirst, EPISODES);
    same(told.hunger, c.hunger, EPISODES);
    same(told.fatigue, c.fatigue, EPISODES);
    same(told.damage, c.damage, EPISODES);
    same(told.lava, c.lava, EPISODES);
    same(told.lost_to_needs, c.needs, EPISODES);
    same(told.lost_to_zombies, c.zombies, EPISODES);
    same(told.lost_to_arrows, c.arrows, EPISODES);
    same(told.regained, c.regained, EPISODES);
    double lost = told.lost_to_needs + told.lost_to_zombies + told.lost_to_arrows;
    same(lost - told.regained, c.missing, EPISODES);
    same(told.water_in_view, c.in_view, c.thirsty);
    same(told.water_seen_earlier, c.earlier, c.thirsty);
    same(told.water_unseen, c.unseen, c.thirsty);
    same(told.water_distance, c.distance, c.earlier);
    cairn_destroy(game->world);
    free(game);
    agent_ends_destroy(ends);
    agent_policy_destroy(policy);
    agent_trainer_destroy(trainer);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("ends");
    TCase* c = tcase_create("ends");
    tcase_add_test(c, ends_are_counted);
    suite_add_tcase(s, c);
    return s;
}
