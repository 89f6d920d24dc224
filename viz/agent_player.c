#include "viz/agent_player.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "viz/run_checkpoint.h"

struct AgentPlayer {
    AgentPolicy* policy;
    AgentMemory* memory;
    CairnObservation eyes; // pixels, or for symbolic agents tiles and status
    NetRandom random;
    bool greedy;
};

// As agent_evaluate draws: a stream of its own for each episode.
static const uint64_t stream_evaluation = (uint64_t)1 << 63;

static bool open_eyes(AgentPlayer* player) {
    const CairnConfig config = agent_player_config(player);
    const size_t cells = (size_t)cairn_local_columns(&config) * (size_t)cairn_local_rows(&config);
    player->eyes.pixels = malloc((size_t)config.size_width * (size_t)config.size_height * 3);
    player->eyes.tiles = malloc(2 * cells);
    player->eyes.status = malloc(CAIRN_STATUS_SIZE * sizeof(float));
    return player->eyes.pixels && player->eyes.tiles && player->eyes.status;
}

bool agent_player_create(const char* name, bool greedy, AgentPlayer** player,
                         char why[AGENT_PLAYER_WHY]) {
    static_assert((int)AGENT_PLAYER_WHY >= (int)RUN_CHECKPOINT_WHY, "room for either's reasons");
    *player = NULL;
    char path[RUN_CHECKPOINT_PATH];
    if (!run_checkpoint_path(name, path, why)) {
        return false;
    }
    AgentPlayer* made = calloc(1, sizeof *made);
    if (!made) {
        snprintf(why, AGENT_PLAYER_WHY, "out of memory");
        return false;
    }
    char message[AGENT_WHY];
    made->greedy = greedy;
    if (agent_policy_open(path, 1, &made->policy, message) != AGENT_OK ||
        agent_memory_create(made->policy, 1, &made->memory, message) != AGENT_OK) {
        snprintf(why, AGENT_PLAYER_WHY, "%s", message);
        agent_player_destroy(made);
        return false;
    }
    if (!open_eyes(made)) {
        snprintf(why, AGENT_PLAYER_WHY, "out of memory");
        agent_player_destroy(made);
        return false;
    }
    *player = made;
    return true;
}

void agent_player_destroy(AgentPlayer* player) {
    if (player) {
        agent_memory_destroy(player->memory);
        agent_policy_destroy(player->policy);
        free(player->eyes.pixels);
        free(player->eyes.tiles);
        free(player->eyes.status);
        free(player);
    }
}

CairnConfig agent_player_config(const AgentPlayer* player) {
    const AgentConfig* trained = agent_policy_config(player->policy);
    CairnConfig config = cairn_default_config();
    config.area_width = trained->area_width, config.area_height = trained->area_height;
    config.length = trained->length;
    config.auto_reset = false;
    return config;
}

int64_t agent_player_trained(const AgentPlayer* player) {
    return agent_policy_progress(player->policy).env_steps;
}

Thought agent_player_parts(const AgentPlayer* player) {
    const bool predicts = agent_policy_predicts(player->policy);
    return (Thought){.has_value = true,
                     .has_entropy = true,
                     .has_probability = true,
                     .has_expects = predicts,
                     .has_similarity = predicts};
}

void agent_player_begin(AgentPlayer* player, int64_t seed, uint64_t episode) {
    player->random = net_random((uint64_t)seed, stream_evaluation + episode);
    agent_memory_begin(player->memory, 0);
}

const CairnObservation* agent_player_eyes(const AgentPlayer* player) {
    return &player->eyes;
}

int32_t agent_player_think(AgentPlayer* player, int32_t led_here, uint32_t unlocked,
                           Thought* thought) {
    static_assert((int)AGENT_EXPECTED == (int)THOUGHT_EXPECTS, "as many expectations");
    static_assert((int)AGENT_NO_ACHIEVEMENT == (int)THOUGHT_NOTHING, "the same nothing");
    int32_t action = 0;
    *thought = agent_player_parts(player);
    const AgentActions actions = {.action = &action,
                                  .value = &thought->value,
                                  .entropy = &thought->entropy,
                                  .probability = thought->probability,
                                  .expects = thought->expects,
                                  .similarity = thought->similarity};
    if (led_here >= 0) {
        agent_memory_acted(player->memory, 0, led_here);
    }
    agent_policy_act(player->policy, player->memory, 1, &player->eyes, &unlocked,
                     player->greedy ? NULL : &player->random, &actions);
    thought->has_value = isfinite(thought->value);
    thought->has_entropy = isfinite(thought->entropy);
    return action;
}
