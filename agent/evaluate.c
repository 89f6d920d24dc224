// Whole episodes, all of which count.
//
// Episode k is always computed in row (k - 1) mod 8 of a forward pass of exactly 8 rows, so
// that how many worlds run at once and on which threads cannot change a bit of it: kernels may
// round a row differently in another place of a batch, never because of its neighbours.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/block.h"
#include "agent/policy.h"
#include "agent/trainer.h"

enum { ROWS = 8, ROUND = 16 }; // worlds of a forward pass; steps between looks at what has ended
static const uint64_t stream_evaluation = (uint64_t)1 << 63; // + number of the episode

typedef struct Recording { // of one world's episode; grows between rounds
    int32_t room;          // steps
    int32_t* action;
    float *value, *entropy, *probability, *similarity, *latent, *context;
    uint8_t* expects;
    uint32_t* unlocked;
    float* reward;
} Recording;

typedef struct Game { // one world
    AgentEpisode episode;
    bool active, ended;
    Recording recording;
} Game;

typedef struct Evaluator {
    const AgentPolicy* policy;
    const AgentEvaluation* config;
    const volatile sig_atomic_t* stop;
    int32_t worlds, threads; // worlds is a multiple of ROWS
    Cairn* cairn;
    Actor* actor;                         // [threads]
    AgentMemory* memory;                  // [worlds]
    Game* game;                           // [worlds]
    NetRandom* random;                    // [worlds]
    Observations observations;            // [worlds]
    int32_t* action;                      // [worlds]
    double* reward;                       // [worlds]
    uint8_t* ended[2];                    // [worlds] terminated, truncated
    int32_t* achievements;                // [worlds, CAIRN_ACHIEVEMENTS]
    uint8_t* unlocked;                    // [worlds, CAIRN_ACHIEVEMENTS]
    uint32_t* just_unlocked;              // [worlds] bits
    float *value, *entropy, *probability; // [worlds], [worlds], [worlds, CAIRN_ACTIONS]
    uint8_t* expects;                     // [worlds, AGENT_EXPECTED]
    float* similarity;                    // [worlds, AGENT_EXPECTED]
    float *latent, *context;              // [worlds, ...] NULL unless recording them
    void* block;                          // owns the arrays
} Evaluator;

AgentEvaluation agent_default_evaluation(void) {
    return (AgentEvaluation){
        .seed = 1000, .first_episode = 1, .episodes = 100, .worlds = 32, .threads = 1};
}

static bool stopped(const Evaluator* e) {
    return e->stop && __atomic_load_n(e->stop, __ATOMIC_RELAXED) != 0;
}

static CairnOutput output_of(const Evaluator* e) {
    return (CairnOutput){.observation = observations_output(&e->observations),
                         .reward = e->reward,
                         .terminated = e->ended[0],
                         .truncated = e->ended[1],
                         .unlocked = e->unlocked,
                         .achievements = e->achievements};
}

// ---------------------------------------------------------------- playing
static void record(const Evaluator* e, int32_t world) {
    Recording* r = &e->game[world].recording;
    size_t t = (size_t)e->game[world].episode.length;
    r->action[t] = e->action[world];
    r->value[t] = e->value[world];
    r->entropy[t] = e->entropy[world];
    memcpy(r->probability + t * CAIRN_ACTIONS, e->probability + (size_t)world * CAIRN_ACTIONS,
           CAIRN_ACTIONS * sizeof *r->probability);
    memcpy(r->expects + t * AGENT_EXPECTED, e->expects + (size_t)world * AGENT_EXPECTED,
           AGENT_EXPECTED * sizeof *r->expects);
    memcpy(r->similarity + t * AGENT_EXPECTED, e->similarity + (size_t)world * AGENT_EXPECTED,
           AGENT_EXPECTED * sizeof *r->similarity);
    if (e->latent) {
        size_t width = (size_t)e->policy->network.width;
        memcpy(r->latent + t * width, e->latent + (size_t)world * width, width * sizeof *r->latent);
    }
    if (e->context) {
        size_t width = (size_t)e->policy->network.context_width;
        memcpy(r->context + t * width, e->context + (size_t)world * width,
               width * sizeof *r->context);
    }
}

static uint32_t unlocked_bits(const Evaluator* e, int32_t world) {
    uint32_t bits = 0;
    for (size_t k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        bits |= (uint32_t)(e->unlocked[(size_t)world * CAIRN_ACHIEVEMENTS + k] != 0) << k;
    }
    return bits;
}

static void step_world(const Evaluator* e, int32_t world) {
    Game* game = &e->game[world];
    if (e->config->record) {
        record(e, world);
    }
    CairnOutput output = output_of(e);
    cairn_step_range(e->cairn, world, 1, e->action, &output);
    uint32_t unlocked = unlocked_bits(e, world);
    if (e->config->record) {
        game->recording.unlocked[game->episode.length] = unlocked;
        game->recording.reward[game->episode.length] = (float)e->reward[world];
    }
    e->just_unlocked[world] = unlocked;
    game->episode.reward += e->reward[world];
    game->episode.length++;
    game->ended = e->ended[0][world] || e->ended[1][world];
    game->episode.terminated = e->ended[0][world];
    if (game->ended) {
        policy_memory_rest(e->memory, world);
    }
}

static bool any_active(const Game* game) {
    for (int32_t i = 0; i < ROWS; i++) {
        if (game[i].active && !game[i].ended) {
            return true;
        }
    }
    return false;
}

static void play_group(const Evaluator* e, const Actor* actor, int32_t first) {
    size_t at = (size_t)first;
    AgentActions actions = {.action = e->action + at,
                            .value = e->value + at,
                            .entropy = e->entropy + at,
                            .probability = e->probability + at * CAIRN_ACTIONS};
    if (e->config->record) {
        actions.expects = e->expects + at * AGENT_EXPECTED;
        actions.similarity = e->similarity + at * AGENT_EXPECTED;
        actions.latent = e->latent ? e->latent + at * (size_t)e->policy->network.width : NULL;
        actions.context =
            e->context ? e->context + at * (size_t)e->policy->network.context_width : NULL;
    }
    Observations observations = observations_from(&e->observations, at);
    for (int32_t t = 0; t < ROUND && any_active(e->game + at) && !stopped(e); t++) {
        policy_act(e->policy, actor, e->memory, first, ROWS, &observations, e->just_unlocked + at,
                   e->config->greedy ? NULL : e->random + at, &actions);
        for (int32_t world = first; world < first + ROWS; world++) {
            if (e->game[world].active && !e->game[world].ended) {
                step_world(e, world);
            }
        }
    }
}

static void play_job(void* context, int32_t thread) {
    const Evaluator* e = context;
    for (int32_t first = thread * ROWS; first < e->worlds; first += e->threads * ROWS) {
        play_group(e, &e->actor[thread], first);
    }
}

// ---------------------------------------------------------------- between rounds
static void start_episode(Evaluator* e, int32_t world, int64_t number) {
    Game* game = &e->game[world];
    game->active = number < e->config->first_episode + e->config->episodes;
    game->ended = false;
    if (!game->active) {
        policy_memory_rest(e->memory, world);
        return;
    }
    game->episode = (AgentEpisode){.number = number};
    e->just_unlocked[world] = 0;
    agent_memory_begin(e->memory, world);
    e->random[world] = net_random((uint64_t)e->config->seed, stream_evaluation + (uint64_t)number);
    CairnOutput output = output_of(e);
    cairn_reset_world(e->cairn, world, (uint64_t)number, &output);
}

static bool grow(void* array, size_t count, size_t size) {
    void** place = array;
    void* larger = realloc(*place, count * size);
    if (larger) {
        *place = larger;
    }
    return larger != NULL;
}

// Room for another round, so that playing allocates nothing.
static bool make_room(const Evaluator* e, Game* game) {
    Recording* r = &game->recording;
    if (game->episode.length + ROUND <= r->room) {
        return true;
    }
    size_t room = 2 * (size_t)(game->episode.length + ROUND) + 256;
    if (!grow(&r->action, room, sizeof *r->action) || !grow(&r->value, room, sizeof *r->value) ||
        !grow(&r->entropy, room, sizeof *r->entropy) ||
        !grow(&r->probability, room * CAIRN_ACTIONS, sizeof *r->probability) ||
        !grow(&r->expects, room * AGENT_EXPECTED, sizeof *r->expects) ||
        !grow(&r->similarity, room * AGENT_EXPECTED, sizeof *r->similarity) ||
        !grow(&r->unlocked, room, sizeof *r->unlocked) ||
        !grow(&r->reward, room, sizeof *r->reward)) {
        return false;
    }
    const Network* network = &e->policy->network;
    if ((e->latent && !grow(&r->latent, room * (size_t)network->width, sizeof *r->latent)) ||
        (e->context &&
         !grow(&r->context, room * (size_t)network->context_width, sizeof *r->context))) {
        return false;
    }
    r->room = (int32_t)room;
    return true;
}

static bool hand_over(Evaluator* e, int32_t world, AgentEpisodeCallback* callback, void* context) {
    Game* game = &e->game[world];
    const Recording* r = &game->recording;
    AgentTrace trace = {.action = r->action,
                        .value = r->value,
                        .entropy = r->entropy,
                        .probability = r->probability,
                        .expects = r->expects,
                        .similarity = r->similarity,
                        .unlocked = r->unlocked,
                        .reward = r->reward,
                        .latent = r->latent,
                        .context = r->context};
    memcpy(game->episode.achievements, e->achievements + (size_t)world * CAIRN_ACHIEVEMENTS,
           sizeof game->episode.achievements);
    return callback(context, &game->episode, e->config->record ? &trace : NULL);
}

// World w plays the episodes k with (k - 1) mod worlds = w.
static int64_t first_of(const Evaluator* e, int32_t world) {
    int64_t first = e->config->first_episode, shift = (first - 1) % e->worlds;
    return first + (world - shift + e->worlds) % e->worlds;
}

static AgentStatus play(Evaluator* e, AgentEpisodeCallback* callback, void* context,
                        char why[AGENT_WHY]) {
    for (int32_t world = 0; world < e->worlds; world++) {
        start_episode(e, world, first_of(e, world));
    }
    for (int32_t left = e->config->episodes; left > 0;) {
        for (int32_t world = 0; world < e->worlds && e->config->record; world++) {
            if (e->game[world].active && !make_room(e, &e->game[world])) {
                snprintf(why, AGENT_WHY, "out of memory for an episode of %d steps",
                         e->game[world].episode.length);
                return AGENT_OUT_OF_MEMORY;
            }
        }
        cairn_parallel(e->cairn, play_job, e);
        if (stopped(e)) {
            snprintf(why, AGENT_WHY, "stopped");
            return AGENT_STOPPED;
        }
        for (int32_t world = 0; world < e->worlds; world++) {
            if (e->game[world].active && e->game[world].ended) {
                if (!hand_over(e, world, callback, context)) {
                    snprintf(why, AGENT_WHY, "stopped by the caller");
                    return AGENT_STOPPED;
                }
                start_episode(e, world, e->game[world].episode.number + e->worlds);
                left--;
            }
        }
    }
    return AGENT_OK;
}

// ---------------------------------------------------------------- memory
static void lay_out(Evaluator* e, Block* block) {
    size_t n = (size_t)e->worlds;
    e->actor = block_take(block, (size_t)e->threads, sizeof *e->actor);
    e->game = block_take(block, n, sizeof *e->game);
    e->random = block_take(block, n, sizeof *e->random);
    e->observations = observations_take(&e->policy->config, block, n);
    e->action = block_take(block, n, sizeof *e->action);
    e->reward = block_take(block, n, sizeof *e->reward);
    e->ended[0] = block_take(block, n, 1);
    e->ended[1] = block_take(block, n, 1);
    e->achievements = block_take(block, n * CAIRN_ACHIEVEMENTS, sizeof *e->achievements);
    e->unlocked = block_take(block, n * CAIRN_ACHIEVEMENTS, 1);
    e->just_unlocked = block_take(block, n, sizeof *e->just_unlocked);
    e->expects = block_take(block, n * AGENT_EXPECTED, sizeof *e->expects);
    e->similarity = block_take(block, n * AGENT_EXPECTED, sizeof *e->similarity);
    if (e->config->record && e->config->record_latents) {
        const Network* network = &e->policy->network;
        e->latent = block_take(block, n * (size_t)network->width, sizeof *e->latent);
        if (network->has_context) {
            size_t width = (size_t)network->context_width;
            e->context = block_take(block, n * width, sizeof *e->context);
        }
    }
    e->value = block_take(block, n, sizeof *e->value);
    e->entropy = block_take(block, n, sizeof *e->entropy);
    e->probability = block_take(block, n * CAIRN_ACTIONS, sizeof *e->probability);
}

static AgentStatus take_memory(Evaluator* e, char why[AGENT_WHY]) {
    Block block = {0};
    lay_out(e, &block);
    e->block = block_allocate(&block);
    if (!e->block) {
        snprintf(why, AGENT_WHY, "out of memory for %d worlds to evaluate on", e->worlds);
        return AGENT_OUT_OF_MEMORY;
    }
    lay_out(e, &block);
    AgentStatus status = agent_memory_create(e->policy, e->worlds, &e->memory, why);
    if (status == AGENT_OK) {
        status = policy_memory_recall(e->policy, e->memory, e->config->recall, why);
    }
    for (int32_t i = 0; i < e->threads && status == AGENT_OK; i++) {
        status = policy_actor(e->policy, ROWS, &e->actor[i], why);
    }
    return status;
}

static AgentStatus create_worlds(Evaluator* e, char why[AGENT_WHY]) {
    int64_t* seeds = malloc((size_t)e->worlds * sizeof *seeds);
    if (!seeds) {
        snprintf(why, AGENT_WHY, "out of memory for %d worlds to evaluate on", e->worlds);
        return AGENT_OUT_OF_MEMORY;
    }
    for (int32_t world = 0; world < e->worlds; world++) {
        seeds[world] = e->config->seed; // worlds differ in the episode they play
    }
    CairnConfig config = cairn_default_config();
    config.seeds = seeds;
    config.world_count = e->worlds;
    config.threads = e->threads;
    config.area_width = e->policy->config.area_width;
    config.area_height = e->policy->config.area_height;
    config.length = e->policy->config.length;
    config.textures = e->config->textures;
    config.auto_reset = false;
    CairnStatus status = cairn_create(&config, &e->cairn, why);
    free(seeds);
    if (status == CAIRN_OUT_OF_MEMORY) {
        return AGENT_OUT_OF_MEMORY;
    }
    return status == CAIRN_OK ? AGENT_OK : AGENT_BAD_CONFIG;
}

static void release(Evaluator* e) {
    for (int32_t i = 0; e->block && i < e->threads; i++) {
        actor_destroy(&e->actor[i]);
    }
    for (int32_t world = 0; e->block && world < e->worlds; world++) {
        Recording* r = &e->game[world].recording;
        free(r->action);
        free(r->value);
        free(r->entropy);
        free(r->probability);
        free(r->expects);
        free(r->similarity);
        free(r->unlocked);
        free(r->reward);
        free(r->latent);
        free(r->context);
    }
    agent_memory_destroy(e->memory);
    cairn_destroy(e->cairn);
    free(e->block);
}

static AgentStatus check(const AgentPolicy* policy, const AgentEvaluation* config,
                         char why[AGENT_WHY]) {
    if (config->recall != AGENT_RECALL_OWN && !policy->network.has_context) {
        snprintf(why, AGENT_WHY,
                 "the agent has no memory of its steps that could be taken from it (memory.kind)");
        return AGENT_BAD_CONFIG;
    }
    const struct {
        const char* name;
        int64_t found, low, high;
    } ranges[] = {{"first episode", config->first_episode, 1, INT64_C(1) << 53},
                  {"number of episodes", config->episodes, 1, INT32_MAX},
                  {"number of worlds", config->worlds, 1, 65536},
                  {"number of threads", config->threads, 1, 256}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (ranges[i].found < ranges[i].low || ranges[i].found > ranges[i].high) {
            snprintf(why, AGENT_WHY, "the %s to evaluate is %lld, should be in [%lld, %lld]",
                     ranges[i].name, (long long)ranges[i].found, (long long)ranges[i].low,
                     (long long)ranges[i].high);
            return AGENT_BAD_CONFIG;
        }
    }
    return AGENT_OK;
}

AgentStatus agent_evaluate(const AgentPolicy* policy, const AgentEvaluation* evaluation,
                           AgentEpisodeCallback* callback, void* context,
                           const volatile sig_atomic_t* stop, char why[AGENT_WHY]) {
    AgentStatus status = check(policy, evaluation, why);
    if (status != AGENT_OK) {
        return status;
    }
    int32_t wanted =
        evaluation->worlds < evaluation->episodes ? evaluation->worlds : evaluation->episodes;
    int32_t worlds = (wanted + ROWS - 1) / ROWS * ROWS;
    int32_t groups = worlds / ROWS;
    Evaluator e = {.policy = policy,
                   .config = evaluation,
                   .stop = stop,
                   .worlds = worlds < 65536 ? worlds : 65536,
                   .threads = evaluation->threads < groups ? evaluation->threads : groups};
    status = take_memory(&e, why);
    if (status == AGENT_OK) {
        status = create_worlds(&e, why);
    }
    if (status == AGENT_OK) {
        status = play(&e, callback, context, why);
    }
    release(&e);
    return status;
}
