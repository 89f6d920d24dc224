// Proves env/render.c and env/pictures.c: every frame against a plain renderer that takes the
// original's steps pixel by pixel.
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "env/observe.h"
#include "env/textures.h"
#include "tests/env/scene.h"
#include "tests/suite.h"

typedef struct Plain {
    const CairnConfig* config;
    const CairnTextures* textures;
    const World* world;
    int32_t unit_x, unit_y, columns, rows;
    uint8_t* canvas; // [x, y, 3] as the original has it
    int32_t width, height;
} Plain;

static void nearest(int32_t side, int32_t size, int32_t* index) {
    double step = (double)side / size, at = step * 0.5;
    for (int32_t i = 0; i < size; i++) {
        index[i] = (int32_t)at;
        at = at + step;
    }
}

static void draw(Plain* plain, const EnvTexture* texture, bool blend, int32_t left, int32_t top,
                 int32_t width, int32_t height) {
    int32_t across[4096], down[4096];
    nearest(texture->side, width, across);
    nearest(texture->side, height, down);
    for (int32_t x = 0; x < width; x++) {
        for (int32_t y = 0; y < height; y++) {
            const uint8_t* texel = texture->rgba + 4 * (down[y] * texture->side + across[x]);
            uint8_t* pixel = plain->canvas + 3 * ((left + x) * plain->height + top + y);
            for (int c = 0; c < 3; c++) {
                float a = texel[3] / 255.0f, t = texel[c] / 255.0f, u = pixel[c] / 255.0f;
                float b = a * t + (1 - a) * u;
                pixel[c] = blend && texture->has_alpha ? (uint8_t)(255 * b) : texel[c];
            }
        }
    }
}

static int32_t grey(const int32_t* rgb) {
    return (19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2] + 32768) >> 16;
}

static double spaced(int32_t i, int32_t count) {
    return i == count - 1 && count > 1 ? 1.0 : i * (2.0 / (count - 1)) + -1;
}

static void light(Plain* plain, Generator* generator) {
    const double tint[3] = {0, 16, 64};
    const double daylight = plain->world->daylight;
    for (int32_t x = 0; x < plain->width; x++) {
        for (int32_t y = 0; y < plain->height; y++) {
            uint8_t* pixel = plain->canvas + 3 * (x * plain->height + y);
            int32_t seen[3] = {pixel[0], pixel[1], pixel[2]};
            double out[3];
            if (daylight < 0.5) {
                double noise = 32 + (127 - 32) * random_uniform(generator);
                double across = spaced(x, plain->width), down = spaced(y, plain->height);
                double vignette = 1 - exp(-0.5 * (across * across + down * down) / 0.25);
                double mask = 2 * (0.5 - daylight) * vignette;
                for (int c = 0; c < 3; c++) {
                    seen[c] = (uint8_t)((1 - mask) * pixel[c] + mask * noise);
                }
            }
            for (int c = 0; c < 3; c++) {
                float faded = (float)grey(seen) + 0.4f * (float)(seen[c] - grey(seen));
                double night = 0.5 * (uint8_t)faded + 0.5 * tint[c];
                out[c] = daylight * pixel[c] + (1 - daylight) * night;
            }
            if (plain->world->player.sleeping) {
                int32_t dim[3] = {(uint8_t)out[0], (uint8_t)out[1], (uint8_t)out[2]};
                for (int c = 0; c < 3; c++) {
                    out[c] = 0.5 * grey(dim) + 0.5 * (c == 2 ? 16 : 0);
                }
            }
            for (int c = 0; c < 3; c++) {
                pixel[c] = (uint8_t)out[c];
            }
        }
    }
}

static void draw_view(Plain* plain) {
    const World* world = plain->world;
    const Object* player = &world->objects[PLAYER];
    for (int32_t column = 0; column < plain->columns; column++) {
        for (int32_t row = 0; row < plain->rows; row++) {
            int32_t x = player->x + column - plain->columns / 2;
            int32_t y = player->y + row - plain->rows / 2;
            if (!world_inside(world, x, y)) {
                continue;
            }
            int32_t left = column * plain->unit_x, top = row * plain->unit_y;
            draw(plain, &plain->textures->picture[world_material(world, x, y)], false, left, top,
                 plain->unit_x, plain->unit_y);
            const int32_t index = world_object_index(world, x, y);
            CairnObject object =
                index ? observe_object(world, &world->objects[index]) : CAIRN_NOTHING;
            if (object != CAIRN_NOTHING) {
                draw(plain, &plain->textures->picture[ENV_TEXTURE_FURNACE + (int)object], true,
                     left, top, plain->unit_x, plain->unit_y);
            }
        }
    }
}

static void draw_items(Plain* plain) {
    for (int32_t item = 0; item < CAIRN_ITEMS; item++) {
        int32_t amount = plain->world->player.inventory[item];
        if (amount < 1) {
            continue;
        }
        int32_t x = item % plain->config->view_width * plain->unit_x;
        int32_t y = item / plain->config->view_width * plain->unit_y;
        draw(plain, &plain->textures->picture[env_texture_of_item((CairnItem)item)], true,
             (int32_t)(x + 0.1 * plain->unit_x), (int32_t)(y + 0.1 * plain->unit_y),
             (int32_t)(0.8 * plain->unit_x), (int32_t)(0.8 * plain->unit_y));
        draw(plain, &plain->textures->picture[ENV_TEXTURE_DIGIT_1 + amount - 1], true,
             (int32_t)(x + 0.4 * plain->unit_x), (int32_t)(y + 0.4 * plain->unit_y),
             (int32_t)(0.6 * plain->unit_x), (int32_t)(0.6 * plain->unit_y));
    }
}

static void paste(const Plain* plain, int32_t top, uint8_t* frame) {
    const CairnConfig* config = plain->config;
    int32_t border_x = (config->size_width - plain->unit_x * config->view_width) / 2;
    int32_t border_y = (config->size_height - plain->unit_y * config->view_height) / 2;
    for (int32_t x = 0; x < plain->width; x++) {
        for (int32_t y = 0; y < plain->height; y++) {
            memcpy(frame + 3 * ((border_y + top + y) * config->size_width + border_x + x),
                   plain->canvas + 3 * (x * plain->height + y), 3);
        }
    }
}

// The frame of the world as it stands.
static void render_plainly(const Cairn* cairn, Mersenne mersenne, uint8_t* frame) {
    const CairnConfig* config = &cairn->config;
    Plain plain = {.config = config,
                   .textures = config->textures ? config->textures : cairn->own_textures,
                   .world = &cairn->worlds[0],
                   .unit_x = config->size_width / config->view_width,
                   .unit_y = config->size_height / config->view_height,
                   .columns = cairn_local_columns(config),
                   .rows = cairn_local_rows(config)};
    size_t size = (size_t)config->size_width * (size_t)config->size_height * 3;
    plain.canvas = malloc(size);
    memset(frame, 0, size);
    plain.width = plain.columns * plain.unit_x;
    plain.height = plain.rows * plain.unit_y;
    memset(plain.canvas, 127, size);
    draw_view(&plain);
    light(&plain, &(Generator){.mersenne = &mersenne});
    paste(&plain, 0, frame);
    int32_t top = plain.height;
    plain.height = (config->view_height - plain.rows) * plain.unit_y;
    memset(plain.canvas, 0, size);
    draw_items(&plain);
    paste(&plain, top, frame);
    free(plain.canvas);
}

// area, view, size
static const int32_t SHAPES[][6] = {
    {64, 64, 9, 9, 64, 64},    {30, 20, 7, 9, 100, 90},   {9, 9, 9, 9, 64, 64},
    {64, 64, 9, 9, 84, 90},    {16, 16, 16, 4, 16, 4},    {20, 20, 5, 7, 601, 463},
    {40, 40, 21, 11, 512, 80}, {20, 20, 1, 18, 70, 1260}, {12, 12, 3, 7, 13, 15}};
enum { SHAPE_COUNT = sizeof SHAPES / sizeof *SHAPES };

static Cairn* open_shape(const int32_t shape[6], int64_t seed) {
    CairnConfig config = cairn_default_config();
    config.area_width = shape[0], config.area_height = shape[1];
    config.view_width = shape[2], config.view_height = shape[3];
    config.size_width = shape[4], config.size_height = shape[5];
    config.seed = seed;
    config.auto_reset = false;
    Cairn* cairn = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert_msg(cairn_create(&config, &cairn, why) == CAIRN_OK, "%s", why);
    return cairn;
}

// Something of everything around the player, in a random amount.
static void decorate(World* world) {
    Player* player = &world->player;
    for (int item = 0; item < CAIRN_ITEMS; item++) {
        player->inventory[item] = rand() % 10;
    }
    player->sleeping = rand() % 3 == 0;
    world->step = rand() % 600;
    world->daylight = world_daylight(world->step);
    const Object* self = &world->objects[PLAYER];
    for (int i = 0; i < 25; i++) {
        int32_t x = self->x + rand() % 9 - 4, y = self->y + rand() % 7 - 3;
        if (!world_inside(world, x, y)) {
            continue;
        }
        world_set_material(world, x, y, (CairnMaterial)(1 + rand() % (CAIRN_MATERIALS - 1)));
        if (!world_object(world, x, y) && world->object_count < 300) {
            Object* object = object_add(world, (ObjectKind)(KIND_COW + rand() % 5), x, y);
            object->facing_x = (int8_t)(rand() % 3 - 1);
            object->facing_y = object->facing_x ? 0 : rand() % 2 ? 1 : -1;
            object->counter = object->kind == KIND_PLANT ? rand() % 600 : 0;
        }
    }
}

START_TEST(frames_are_those_of_the_plain_renderer) {
    srand((unsigned)_i + 1);
    Cairn* cairn = open_shape(SHAPES[_i], _i);
    World* world = &cairn->worlds[0];
    const int32_t width = cairn->config.size_width, height = cairn->config.size_height;
    size_t size = (size_t)width * (size_t)height * 3;
    uint8_t *got = malloc(size), *expected = malloc(size);
    const int frames = size > 100000 ? 6 : 40;
    for (int i = 0; i < frames; i++) {
        world_reset(world, NULL);
        for (int step = rand() % 30; step > 0; step--) {
            world_step(world, 1 + rand() % 4);
        }
        decorate(world);
        Mersenne before = *world->generator.mersenne;
        render_plainly(cairn, before, expected);
        memset(got, 0xaa, size);
        render_frame(cairn->renderer, world, &world->generator, got);
        for (size_t at = 0; memcmp(got, expected, size) != 0 && at < size; at++) {
            ck_assert_msg(
                got[at] == expected[at], "frame %d, x %zu, y %zu, channel %zu: expected %d, got %d",
                i, at / 3 % (size_t)width, at / 3 / (size_t)width, at % 3, expected[at], got[at]);
        }
        if (world_is_night(world)) { // and draws as many numbers as its shape says
            mersenne_skip(&before, 2 * world->shape->night_draws);
        }
        const Mersenne* after = world->generator.mersenne;
        ck_assert_mem_eq(before.state, after->state, sizeof before.state);
        ck_assert_int_eq(before.position, after->position);
    }
    free(got);
    free(expected);
    cairn_destroy(cairn);
}
END_TEST

// Pictures of other sizes than 16, with and without transparency.
START_TEST(other_textures_work) {
    srand(3);
    CairnTextures textures;
    const int32_t sides[] = {1, 7, 16, 33, 64};
    for (int i = 0; i < ENV_TEXTURE_COUNT; i++) {
        int32_t side = sides[i % 5];
        textures.picture[i] = (EnvTexture){
            .side = side, .has_alpha = i % 3 != 0, .rgba = malloc((size_t)(4 * side * side))};
        for (int32_t p = 0; p < 4 * side * side; p++) {
            textures.picture[i].rgba[p] = (uint8_t)rand();
        }
    }
    CairnConfig config = cairn_default_config();
    config.textures = &textures;
    Cairn* cairn = NULL;
    char why[CAIRN_WHY];
    ck_assert(cairn_create(&config, &cairn, why) == CAIRN_OK);
    static uint8_t got[64 * 64 * 3], expected[64 * 64 * 3];
    for (int i = 0; i < 20; i++) {
        world_reset(&cairn->worlds[0], NULL);
        decorate(&cairn->worlds[0]);
        Mersenne before = *cairn->worlds[0].generator.mersenne;
        render_plainly(cairn, before, expected);
        render_frame(cairn->renderer, &cairn->worlds[0], &(Generator){.mersenne = &before}, got);
        ck_assert_mem_eq(got, expected, sizeof got);
    }
    cairn_destroy(cairn);
    for (int i = 0; i < ENV_TEXTURE_COUNT; i++) {
        free(textures.picture[i].rgba);
    }
}
END_TEST

Suite* suite(void) {
    Suite* suite = suite_create("render");
    TCase* tests = tcase_create("render");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, frames_are_those_of_the_plain_renderer, 0, SHAPE_COUNT);
    tcase_add_test(tests, other_textures_work);
    suite_add_tcase(suite, tests);
    return suite;
}
