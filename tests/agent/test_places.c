// Where things lie that were seen earlier: episodes of a simple agent, of which the test keeps
// every sighting and looks through all of them; agents' vectors are made by hand.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agent/places.h"
#include "agent/policy.h"
#include "tests/agent/small.h"
#include "tests/suite.h"

enum { COLUMNS = 9, ROWS = 7, SIDE = 48, LENGTH = 160, WIDTH = 16, EPISODES = 96, SEED = 77 };
static const int material_of[AGENT_PLACES] = {CAIRN_WATER, CAIRN_TREE, CAIRN_COAL_ORE,
                                              CAIRN_IRON_ORE, CAIRN_TABLE};

typedef struct Play {
    int32_t length, action[LENGTH], position[LENGTH][2];
    uint8_t tiles[LENGTH][ROWS][COLUMNS][2];
} Play;

// An agent that goes its episode's way, takes what is there and places tables.
static void play(Cairn* world, int64_t number, Play* game) {
    uint8_t ended[2] = {0}, tiles[ROWS * COLUMNS * 2];
    int32_t position[2];
    CairnOutput output = {.observation = {.tiles = tiles},
                          .terminated = &ended[0],
                          .truncated = &ended[1],
                          .position = position};
    NetRandom random = net_random(5, (uint64_t)number);
    ck_assert_int_eq(cairn_reset_world(world, 0, (uint64_t)number, &output), CAIRN_OK);
    for (game->length = 0; !ended[0] && !ended[1]; game->length++) {
        int32_t t = game->length, straight = 1 + (int32_t)number / 2 % 4;
        memcpy(game->position[t], position, sizeof position);
        memcpy(game->tiles[t], tiles, sizeof tiles);
        uint64_t kind = net_random_below(&random, 3);
        game->action[t] = kind == 0   ? straight
                          : kind == 1 ? CAIRN_DO
                                      : (int32_t)net_random_below(&random, CAIRN_PLACE_TABLE + 1);
        cairn_step(world, &game->action[t], &output);
    }
}

// Direction of the nearest cell whose last sighting was of this
// material; -1: never seen, or in view.
static int direction(const Play* game, int32_t now, int material) {
    int best = -1, nearest = 1 << 30, best_x = 0, best_y = 0;
    for (int32_t t = now; t >= 0; t--) {
        for (int i = 0; i < ROWS * COLUMNS; i++) {
            int x = game->position[t][0] - COLUMNS / 2 + i % COLUMNS;
            int y = game->position[t][1] - ROWS / 2 + i / COLUMNS;
            bool later = game->tiles[t][i / COLUMNS][i % COLUMNS][0] != material;
            for (int32_t u = t + 1; u <= now && !later; u++) { // seen again since?
                later = abs(x - game->position[u][0]) <= COLUMNS / 2 &&
                        abs(y - game->position[u][1]) <= ROWS / 2;
            }
            if (later) {
                continue;
            }
            if (t == now) {
                return -1;
            }
            int dx = x - game->position[now][0], dy = y - game->position[now][1];
            int distance = dx * dx + dy * dy;
            bool first = y < best_y || (y == best_y && x < best_x);
            if (distance < nearest || (distance == nearest && first)) {
                nearest = distance, best_x = x, best_y = y;
                int vertical = dy > 0 ? SOUTH : NORTH, horizontal = dx > 0 ? EAST : WEST;
                best = abs(dy) >= abs(dx) ? vertical : horizontal;
            }
        }
    }
    return best;
}

typedef struct Vectors {
    float truth[LENGTH][WIDTH], noise[LENGTH][WIDTH];
} Vectors;

// A direction is an angle in two of the vector's elements.
static void vectors_of(const Play* game, int64_t number, Vectors* v, int64_t count[AGENT_PLACES]) {
    NetRandom random = net_random(6, (uint64_t)number);
    memset(v, 0, sizeof *v);
    for (int32_t t = 0; t < game->length; t++) {
        for (int k = 0; k < WIDTH; k++) {
            v->noise[t][k] = 0.25F * (float)net_random_normal(&random);
        }
        for (int place = 0; place < AGENT_PLACES && t % 4 == 0; place++) {
            int way = direction(game, t, material_of[place]);
            if (way >= 0) {
                v->truth[t][2 * place] = (float)(4 * cos(1.57079632679 * way));
                v->truth[t][2 * place + 1] = (float)(4 * sin(1.57079632679 * way));
                count[place]++;
            }
        }
    }
}

static Cairn* world_of(const AgentConfig* config) {
    int64_t seed = SEED;
    CairnConfig world = cairn_default_config();
    world.seeds = &seed;
    world.area_width = config->area_width;
    world.area_height = config->area_height;
    world.length = config->length;
    world.auto_reset = false;
    Cairn* made = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert_msg(cairn_create(&world, &made, why) == CAIRN_OK, "%s", why);
    return made;
}

typedef struct Asked { // an agent and what asks it
    AgentTrainer* trainer;
    AgentPolicy* policy;
    AgentPlaces* places;
} Asked;

static Asked asked_of(const AgentConfig* config, int iterations) {
    Asked a = {.trainer = small_trainer_after(config, iterations)};
    AgentPolicyConfig own = {.rows = 1, .dtype = NET_DTYPE_F32};
    char why[AGENT_WHY] = "";
    ck_assert_int_eq(agent_policy_of_trainer(a.trainer, &own, &a.policy, why), AGENT_OK);
    ck_assert_int_eq(agent_policy_latent(a.policy), WIDTH);
    ck_assert_int_eq(agent_places_create(a.policy, SEED, &a.places, why), AGENT_OK);
    return a;
}

static void asked_drop(const Asked* a) {
    agent_places_destroy(a->places);
    agent_policy_destroy(a->policy);
    agent_trainer_destroy(a->trainer);
}

static void ask(const AgentConfig* config, bool knows, AgentPlaceSummary summary[AGENT_PLACES],
                int64_t asked[2][AGENT_PLACES]) {
    Asked a = asked_of(config, 0);
    char why[AGENT_WHY] = "";
    Cairn* world = world_of(config);
    Play* game = malloc(sizeof *game);
    Vectors* v = malloc(sizeof *v);
    for (int64_t number = 1; number <= EPISODES; number++) {
        play(world, number, game);
        vectors_of(game, number, v, asked[number % 2]);
        bool remembers = agent_policy_context(a.policy) > 0;
        AgentEpisode episode = {.number = number, .length = game->length};
        AgentTrace trace = {.action = game->action,
                            .latent = knows && !remembers ? v->truth[0] : v->noise[0],
                            .context = remembers ? v->truth[0] : NULL};
        ck_assert(agent_places_add(a.places, &episode, &trace));
    }
    ck_assert_int_eq(agent_places_summary(a.places, summary, why), AGENT_OK);
    free(game);
    free(v);
    cairn_destroy(world);
    asked_drop(&a);
}

static AgentConfig config_of(bool remembers) {
    AgentConfig config = remembers ? small_context_config(AGENT_CONTEXT_CONCAT) : small_config();
    config.area_width = config.area_height = SIDE;
    config.length = LENGTH;
    config.context_width = WIDTH;
    return config;
}

START_TEST(who_knows_is_found_out) {
    bool remembers = _i == 1, knows = _i < 2;
    AgentConfig config = config_of(remembers);
    AgentPlaceSummary summary[AGENT_PLACES];
    int64_t asked[2][AGENT_PLACES] = {{0}};
    ask(&config, knows, summary, asked);
    int probed = 0;
    for (int i = 0; i < AGENT_PLACES; i++) {
        ck_assert_int_eq(summary[i].test_steps, asked[0][i]);
        ck_assert_int_eq(summary[i].fit_steps, asked[1][i]);
        ck_assert_int_eq(summary[i].probed, asked[0][i] > 0 && asked[1][i] > 0);
        ck_assert_int_eq(summary[i].remembers, remembers);
        if (asked[0][i] < 100 || asked[1][i] < 100) {
            continue;
        }
        probed++;
        double found = remembers ? summary[i].memory_top1 : summary[i].latent_top1;
        ck_assert_msg(knows ? found > 0.95 : found < summary[i].chance + 0.1, "%s: %g, chance %g",
                      summary[i].name, found, summary[i].chance);
        ck_assert_double_lt(remembers ? summary[i].latent_top1 : summary[i].memory_top1,
                            summary[i].chance + 0.1);
    }
    ck_assert_int_ge(probed, 2);
}
END_TEST

// Every question and its answer.
START_TEST(answers_are_right) {
    AgentConfig config = config_of(false);
    Asked a = asked_of(&config, 0);
    Cairn* world = world_of(&config);
    Play* game = malloc(sizeof *game);
    Vectors* v = calloc(1, sizeof *v);
    int64_t row = 0, found[AGENT_PLACES] = {0};
    for (int64_t number = 1; number <= EPISODES; number += 2) {
        play(world, number, game);
        AgentEpisode episode = {.number = number, .length = game->length};
        AgentTrace trace = {.action = game->action, .latent = v->noise[0]};
        ck_assert(agent_places_add(a.places, &episode, &trace));
        for (int32_t t = 0; t < game->length; t += 4) {
            int way[AGENT_PLACES];
            bool any = false;
            for (int i = 0; i < AGENT_PLACES; i++) {
                way[i] = direction(game, t, material_of[i]);
                any = any || way[i] >= 0;
                found[i] += way[i] >= 0;
            }
            for (int i = 0; i < AGENT_PLACES && any; i++) {
                ck_assert_int_lt(row, a.places->samples.fit.count);
                ck_assert_int_eq(a.places->samples.fit.label[row * AGENT_PLACES + i], way[i]);
            }
            row += any;
        }
    }
    ck_assert_int_eq(a.places->samples.fit.count, row);
    for (int i = 0; i < AGENT_PLACES; i++) {
        ck_assert_int_gt(found[i], 0);
    }
    free(game);
    free(v);
    cairn_destroy(world);
    asked_drop(&a);
}
END_TEST

// The trace of a real agent: the vectors that it acted on.
typedef struct Seen {
    const AgentPolicy* policy;
    AgentPlaces* places;
    int64_t steps;
} Seen;

static bool take(void* context, const AgentEpisode* episode, const AgentTrace* trace) {
    Seen* seen = context;
    const AgentPolicy* policy = seen->policy;
    const size_t latent = WIDTH, past = (size_t)agent_policy_context(policy);
    const NetReal *log_prob, *value;
    NetReal *own = malloc(latent * sizeof *own), *before = malloc(past * sizeof *before);
    for (size_t t = 0; t < (size_t)episode->length; t++) { // together they give the value again
        for (size_t k = 0; k < latent; k++) {
            own[k] = (NetReal)trace->latent[t * latent + k];
        }
        for (size_t k = 0; k < past; k++) {
            before[k] = (NetReal)trace->context[t * past + k];
        }
        actor_decide(&policy->actor, 1, own, NULL, before, &log_prob, &value);
        ck_assert_double_eq_tol(value_norm_denormalise(&policy->norm, (double)value[0]),
                                (double)trace->value[t], 1e-4);
    }
    free(own);
    free(before);
    seen->steps += episode->length;
    return agent_places_add(seen->places, episode, trace);
}

START_TEST(a_real_agent_is_asked) {
    AgentConfig config = config_of(true);
    config.distil_memory = AGENT_MEMORY_NONE;
    Asked a = asked_of(&config, 1);
    Seen seen = {.policy = a.policy, .places = a.places};
    char why[AGENT_WHY] = "";
    AgentEvaluation evaluation = agent_default_evaluation();
    evaluation.seed = SEED;
    evaluation.episodes = 8;
    evaluation.record = evaluation.record_latents = true;
    ck_assert_int_eq(agent_evaluate(a.policy, &evaluation, take, &seen, NULL, why), AGENT_OK);
    AgentPlaceSummary summary[AGENT_PLACES];
    ck_assert_int_eq(agent_places_summary(a.places, summary, why), AGENT_OK);
    ck_assert(summary[0].probed && summary[0].remembers);
    ck_assert_int_gt(seen.steps, 8);
    asked_drop(&a);
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("places");
    TCase* c = tcase_create("places");
    tcase_add_test(c, answers_are_right);
    tcase_add_loop_test(c, who_knows_is_found_out, 0, 3);
    tcase_add_test(c, a_real_agent_is_asked);
    suite_add_tcase(s, c);
    return s;
}
