// Worlds at play; see runs/bench_scene.h.
#include "runs/bench_scene.h"

#include <inttypes.h>
#include <stdlib.h>

#include "runs/runs.h"

enum { SEED = 1 };

const char* const bench_observation[OBSERVATIONS] = {"pixels", "tiles", "status", "semantic",
                                                     "none"};

// splitmix64; multiplying the upper half scales without a division.
static int32_t random_action(uint64_t* state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (int32_t)((z >> 32) * CAIRN_ACTIONS >> 32);
}

void bench_play(BenchScene* scene) {
    for (int32_t n = 0; n < scene->config.world_count; n++) {
        scene->action[n] = random_action(&scene->random);
    }
    cairn_step(scene->worlds, scene->action, &scene->output);
    for (int32_t n = 0; n < scene->config.world_count; n++) {
        scene->episodes += scene->terminated[n] || scene->truncated[n];
    }
}

void bench_scene_destroy(BenchScene* scene) {
    cairn_destroy(scene->worlds);
    free(scene->action);
    free(scene->pixels);
    free(scene->semantic);
    free(scene->tiles);
    free(scene->status);
    free(scene->reward);
    free(scene->terminated);
    free(scene->truncated);
    *scene = (BenchScene){0};
}

static void want_observation(BenchScene* scene, int observation) {
    const CairnConfig* config = &scene->config;
    size_t n = (size_t)config->world_count;
    CairnObservation* wanted = &scene->output.observation;
    switch (observation) {
    case PIXELS:
        scene->pixels = malloc(n * 3 * (size_t)config->size_width * (size_t)config->size_height);
        wanted->pixels = scene->pixels;
        break;
    case TILES:
        scene->tiles =
            malloc(n * 2 * (size_t)cairn_local_columns(config) * (size_t)cairn_local_rows(config));
        wanted->tiles = scene->tiles;
        // Tiles alone lack the inventory: an agent takes both.
        scene->status = malloc(n * CAIRN_STATUS_SIZE * sizeof *scene->status);
        wanted->status = scene->status;
        break;
    case STATUS:
        scene->status = malloc(n * CAIRN_STATUS_SIZE * sizeof *scene->status);
        wanted->status = scene->status;
        break;
    case SEMANTIC:
        scene->semantic = malloc(n * (size_t)config->area_width * (size_t)config->area_height);
        wanted->semantic = scene->semantic;
        break;
    default:
        break;
    }
}

BenchScene bench_scene_create(CairnMode mode, int observation, int32_t worlds, int32_t threads) {
    BenchScene scene = {.config = cairn_default_config(), .random = SEED};
    scene.config.mode = mode;
    scene.config.seed = SEED;
    scene.config.world_count = worlds;
    scene.config.threads = threads;
    char why[CAIRN_WHY];
    if (cairn_create(&scene.config, &scene.worlds, why) != CAIRN_OK) {
        exit(runs_fail("%s", why));
    }
    size_t n = (size_t)worlds;
    scene.action = calloc(n, sizeof *scene.action);
    scene.reward = calloc(n, sizeof *scene.reward);
    scene.terminated = calloc(n, 1);
    scene.truncated = calloc(n, 1);
    want_observation(&scene, observation);
    const CairnObservation* wanted = &scene.output.observation;
    bool observes = wanted->pixels || wanted->tiles || wanted->status || wanted->semantic;
    if (!scene.action || !scene.reward || !scene.terminated || !scene.truncated ||
        (!observes && observation != NONE)) {
        exit(runs_fail("out of memory for the observations of %" PRId32 " worlds", worlds));
    }
    scene.output.reward = scene.reward;
    scene.output.terminated = scene.terminated;
    scene.output.truncated = scene.truncated;
    cairn_reset(scene.worlds, &scene.output);
    return scene;
}
