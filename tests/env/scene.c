#include "tests/env/scene.h"

#include <check.h>
#include <string.h>

static Scene meadow(CairnMode mode, int32_t width, int32_t height, int32_t x, int32_t y) {
    CairnConfig config = cairn_default_config();
    config.mode = mode;
    config.area_width = width;
    config.area_height = height;
    Scene scene = {0};
    char why[CAIRN_WHY] = "";
    ck_assert_msg(cairn_create(&config, &scene.cairn, why) == CAIRN_OK, "%s", why);
    scene.world = &scene.cairn->worlds[0];
    world_reset(scene.world, NULL);
    objects_clear(scene.world);
    memset(scene.world->material, CAIRN_GRASS, (size_t)width * (size_t)height);
    object_add(scene.world, KIND_PLAYER, x, y);
    world_rebuild(scene.world);
    return scene;
}

Scene scene_open(int32_t width, int32_t height, int32_t x, int32_t y) {
    Scene scene = meadow(CAIRN_MODE_EXACT, width, height, x, y);
    scene_script(&scene);
    return scene;
}

Scene scene_open_fast(int32_t width, int32_t height, int32_t x, int32_t y) {
    return meadow(CAIRN_MODE_FAST, width, height, x, y);
}

void scene_close(Scene* scene) {
    cairn_destroy(scene->cairn);
}

void scene_script(Scene* scene) {
    Mersenne* mersenne = scene->world->generator.mersenne;
    memset(mersenne->output, 0xff, sizeof mersenne->output);
    mersenne->position = 0;
    scene->written = 0;
}

void scene_uniform(Scene* scene, double u) {
    uint32_t* output = scene->world->generator.mersenne->output;
    output[scene->written++] = (uint32_t)(u * (1 << 27)) << 5;
    output[scene->written++] = 0;
}

void scene_choice(Scene* scene, uint32_t r) {
    scene->world->generator.mersenne->output[scene->written++] = r;
}

void scene_act(Scene* scene, CairnAction action) {
    world_step(scene->world, action);
}
