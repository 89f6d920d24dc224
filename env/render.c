// Frames: the local view under its light, the inventory below it.
//
// By day equal cells look equal, so the first cell of a material is lit where it stands in the
// frame and the others are copied from it. At night every pixel has its own noise.
#include "env/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "env/light.h"
#include "env/observe.h"
#include "env/textures.h"

enum {
    OUTSIDE_GREY = 127,
    DIGITS = 9,
    RUN = 64,                   // pixels lit at a time, on the stack
    ITEM_TILE_PIXELS_MAX = 4096 // larger ones are drawn anew in each frame
};

typedef struct Picture { // a texture at its size in the frame
    int32_t width, height;
    bool blends;   // else overwrites
    uint8_t* rgba; // [height, width, 4]
} Picture;

typedef struct Ground { // a cell without object
    uint8_t* rgb;       // [unit_height, unit_width, 3]
    uint16_t* dusk;     // [unit_height, unit_width, 3]
} Ground;

struct Renderer {
    int32_t width, height;               // of the frame
    int32_t unit_width, unit_height;     // of a cell
    int32_t columns, rows, item_columns; // cells
    int32_t border_x, border_y;          // black pixels left and above
    Ground ground[CAIRN_MATERIALS];      // [CairnMaterial], CAIRN_OUTSIDE is grey
    Picture object[CAIRN_OBJECTS];       // [CairnObject]
    Picture icon[CAIRN_ITEMS], digit[DIGITS];
    uint8_t* item_tile; // [CAIRN_ITEMS, DIGITS, unit_height, unit_width, 3] or NULL
    double* vignette;   // [columns * unit_width, rows * unit_height]
};

// ---------------------------------------------------------------- scaling
// Where each of `count` pixels is taken from: the steps are added up in doubles, as Pillow does.
static void nearest(int32_t side, int32_t count, int32_t* index) {
    double step = (double)side / count;
    double at = step * 0.5;
    for (int32_t i = 0; i < count; i++) {
        index[i] = at < side ? (int32_t)at : side - 1;
        at += step;
    }
}

static bool scale_picture(const EnvTexture* texture, int32_t width, int32_t height,
                          Picture* picture) {
    *picture = (Picture){.width = width, .height = height, .blends = texture->has_alpha};
    int32_t* across = malloc(sizeof *across * (size_t)(width + height + 1));
    picture->rgba = malloc((size_t)width * (size_t)height * 4 + 1);
    if (!across || !picture->rgba) {
        free(across);
        return false;
    }
    int32_t* down = across + width;
    nearest(texture->side, width, across);
    nearest(texture->side, height, down);
    uint8_t* out = picture->rgba;
    for (int32_t y = 0; y < height; y++) {
        for (int32_t x = 0; x < width; x++, out += 4) {
            memcpy(out, texture->rgba + 4 * ((size_t)down[y] * texture->side + across[x]), 4);
        }
    }
    free(across);
    return true;
}

static bool make_ground(const Renderer* renderer, const EnvTexture* texture, Ground* ground) {
    size_t pixels = (size_t)renderer->unit_width * (size_t)renderer->unit_height;
    ground->rgb = malloc(3 * pixels);
    ground->dusk = malloc(3 * pixels * sizeof *ground->dusk);
    Picture picture = {0};
    bool good =
        ground->rgb && ground->dusk &&
        (!texture || scale_picture(texture, renderer->unit_width, renderer->unit_height, &picture));
    for (size_t i = 0; good && i < pixels; i++) {
        if (texture) {
            memcpy(ground->rgb + 3 * i, picture.rgba + 4 * i, 3);
        } else {
            memset(ground->rgb + 3 * i, OUTSIDE_GREY, 3);
        }
    }
    free(picture.rgba);
    if (good) {
        light_dusk(ground->rgb, (int32_t)pixels, ground->dusk);
    }
    return good;
}

// ---------------------------------------------------------------- drawing
// Draws a picture over what is in the frame.
static void draw(const Renderer* renderer, const Picture* picture, uint8_t* at) {
    for (int32_t y = 0; y < picture->height; y++) {
        const uint8_t* source = picture->rgba + (size_t)y * picture->width * 4;
        uint8_t* pixel = at + (size_t)y * renderer->width * 3;
        for (int32_t x = 0; x < picture->width; x++, source += 4, pixel += 3) {
            if (!picture->blends || source[3] == 255) {
                memcpy(pixel, source, 3);
            } else if (source[3] != 0) {
                float alpha = (float)source[3] / 255.0f;
                for (int c = 0; c < 3; c++) {
                    float over = alpha * ((float)source[c] / 255.0f);
                    float under = (1.0f - alpha) * ((float)pixel[c] / 255.0f);
                    pixel[c] = (uint8_t)(int32_t)(255.0f * (over + under));
                }
            }
        }
    }
}

// `at` is the corner of the item's cell in a frame.
static void draw_item(const Renderer* renderer, int item, int32_t amount, uint8_t* at) {
    // The original adds the cell's corner before it drops the fraction.
    int32_t x = item % renderer->item_columns * renderer->unit_width;
    int32_t y = item / renderer->item_columns * renderer->unit_height;
    const Picture* parts[2] = {&renderer->icon[item], &renderer->digit[amount - 1]};
    const double offset[2] = {0.1, 0.4};
    for (int i = 0; i < 2; i++) {
        int32_t dx = (int32_t)(x + offset[i] * renderer->unit_width) - x;
        int32_t dy = (int32_t)(y + offset[i] * renderer->unit_height) - y;
        draw(renderer, parts[i], at + 3 * ((size_t)dy * renderer->width + dx));
    }
}

static void copy_tile(const Renderer* renderer, const uint8_t* from, size_t from_stride,
                      uint8_t* at) {
    size_t bytes = (size_t)renderer->unit_width * 3, stride = (size_t)renderer->width * 3;
    for (int32_t y = 0; y < renderer->unit_height; y++) {
        memcpy(at + y * stride, from + y * from_stride, bytes);
    }
}

static void draw_inventory(const Renderer* renderer, const World* world, uint8_t* pixels) {
    size_t tile = (size_t)renderer->unit_width * (size_t)renderer->unit_height * 3;
    for (int item = 0; item < CAIRN_ITEMS; item++) {
        int32_t amount = world->player.inventory[item];
        if (amount < 1) {
            continue;
        }
        int32_t row = renderer->rows + item / renderer->item_columns;
        size_t y = (size_t)(renderer->border_y + row * renderer->unit_height);
        size_t x =
            (size_t)(renderer->border_x + item % renderer->item_columns * renderer->unit_width);
        uint8_t* at = pixels + 3 * (y * renderer->width + x);
        if (renderer->item_tile) {
            copy_tile(renderer, renderer->item_tile + (size_t)(item * DIGITS + amount - 1) * tile,
                      (size_t)renderer->unit_width * 3, at);
        } else {
            draw_item(renderer, item, amount, at);
        }
    }
}

// ---------------------------------------------------------------- light
typedef struct Light {
    double daylight;
    bool noisy, asleep;
} Light;

static void light_ground(const Renderer* renderer, const Ground* ground, const Light* light,
                         uint8_t* at) {
    int32_t values = renderer->unit_width * 3;
    for (int32_t y = 0; y < renderer->unit_height; y++) {
        uint8_t* row = at + (size_t)y * renderer->width * 3;
        light_mix(ground->rgb + (size_t)y * values, ground->dusk + (size_t)y * values, values,
                  light->daylight, row);
        if (light->asleep) {
            light_sleep(row, renderer->unit_width);
        }
    }
}

// Lights pixels where they stand.
static void light_run(const Light* light, int32_t count, const uint8_t* seen, uint8_t* rgb) {
    uint16_t dusk[RUN * 3];
    light_dusk(seen, count, dusk);
    light_mix(rgb, dusk, 3 * count, light->daylight, rgb);
    if (light->asleep) {
        light_sleep(rgb, count);
    }
}

static void light_tile(const Renderer* renderer, const Light* light, uint8_t* at) {
    for (int32_t y = 0; y < renderer->unit_height; y++) {
        uint8_t* row = at + (size_t)y * renderer->width * 3;
        for (int32_t x = 0; x < renderer->unit_width; x += RUN) {
            int32_t count = renderer->unit_width - x < RUN ? renderer->unit_width - x : RUN;
            light_run(light, count, row + 3 * x, row + 3 * x);
        }
    }
}

// `count` pixels of a column downwards: the noise is drawn column by column.
static void light_night_run(const Renderer* renderer, const Light* light, Generator* generator,
                            const double* vignette, int32_t count, uint8_t* at) {
    uint8_t rgb[RUN * 3], seen[RUN * 3];
    double mask[RUN], noise[RUN];
    const double amount = 2 * (0.5 - light->daylight);
    size_t stride = (size_t)renderer->width * 3;
    for (int32_t i = 0; i < count; i++) {
        memcpy(rgb + 3 * i, at + i * stride, 3);
        mask[i] = amount * vignette[i];
        noise[i] = 32 + (127 - 32) * random_uniform(generator);
    }
    memcpy(seen, rgb, 3 * (size_t)count);
    light_noise(mask, noise, count, seen);
    light_run(light, count, seen, rgb);
    for (int32_t i = 0; i < count; i++) {
        memcpy(at + i * stride, rgb + 3 * i, 3);
    }
}

static void light_night(const Renderer* renderer, const Light* light, Generator* generator,
                        uint8_t* corner) {
    int32_t width = renderer->columns * renderer->unit_width;
    int32_t height = renderer->rows * renderer->unit_height;
    for (int32_t x = 0; x < width; x++) {
        for (int32_t y = 0; y < height; y += RUN) {
            light_night_run(renderer, light, generator, renderer->vignette + (size_t)x * height + y,
                            height - y < RUN ? height - y : RUN,
                            corner + 3 * ((size_t)y * renderer->width + x));
        }
    }
}

// ---------------------------------------------------------------- the local view
typedef struct View {
    const Renderer* renderer;
    const World* world;
    Light light;
    const uint8_t* lit[CAIRN_MATERIALS]; // a cell of the frame that shows the lit material, or NULL
} View;

static void draw_cell(View* view, int32_t x, int32_t y, uint8_t* at) {
    const Renderer* renderer = view->renderer;
    const World* world = view->world;
    size_t packed = (size_t)renderer->unit_width * 3, stride = (size_t)renderer->width * 3;
    bool inside = world_inside(world, x, y);
    int material = inside ? world->material[world_cell(world, x, y)] : CAIRN_OUTSIDE;
    const Ground* ground = &renderer->ground[material];
    CairnObject object = observe_cell(world, x, y);
    if (object == CAIRN_NOTHING && !view->light.noisy) {
        if (view->lit[material]) {
            copy_tile(renderer, view->lit[material], stride, at);
        } else {
            light_ground(renderer, ground, &view->light, at);
            view->lit[material] = at;
        }
        return;
    }
    copy_tile(renderer, ground->rgb, packed, at);
    if (object != CAIRN_NOTHING) {
        draw(renderer, &renderer->object[object], at);
        if (!view->light.noisy) {
            light_tile(renderer, &view->light, at);
        }
    }
}

void render_frame(const Renderer* renderer, const World* world, Generator* generator,
                  uint8_t* pixels) {
    memset(pixels, 0, (size_t)renderer->width * (size_t)renderer->height * 3);
    View view = {.renderer = renderer,
                 .world = world,
                 .light = {.daylight = world->daylight,
                           .noisy = world_is_night(world),
                           .asleep = world->player.sleeping}};
    const Object* player = &world->objects[PLAYER];
    int32_t left = player->x - renderer->columns / 2, top = player->y - renderer->rows / 2;
    uint8_t* corner =
        pixels + 3 * ((size_t)renderer->border_y * renderer->width + (size_t)renderer->border_x);
    for (int32_t row = 0; row < renderer->rows; row++) {
        uint8_t* line = corner + 3 * (size_t)(row * renderer->unit_height) * renderer->width;
        for (int32_t column = 0; column < renderer->columns; column++) {
            draw_cell(&view, left + column, top + row,
                      line + 3 * (size_t)(column * renderer->unit_width));
        }
    }
    if (view.light.noisy) {
        light_night(renderer, &view.light, generator, corner);
    }
    draw_inventory(renderer, world, pixels);
}

// ---------------------------------------------------------------- create and destroy
static bool make_item_tiles(Renderer* renderer) {
    size_t pixels = (size_t)renderer->unit_width * (size_t)renderer->unit_height;
    if (pixels > ITEM_TILE_PIXELS_MAX) {
        return true;
    }
    uint8_t* tile = calloc(CAIRN_ITEMS * DIGITS, 3 * pixels);
    renderer->item_tile = tile;
    if (!tile) {
        return false;
    }
    int32_t width = renderer->width;
    renderer->width = renderer->unit_width; // each tile is a frame of its own
    for (int item = 0; item < CAIRN_ITEMS; item++) {
        for (int32_t amount = 1; amount <= DIGITS; amount++, tile += 3 * pixels) {
            draw_item(renderer, item, amount, tile);
        }
    }
    renderer->width = width;
    return true;
}

static bool make_pictures(Renderer* renderer, const CairnTextures* textures) {
    const int32_t width = renderer->unit_width, height = renderer->unit_height;
    bool good = make_ground(renderer, NULL, &renderer->ground[CAIRN_OUTSIDE]);
    for (int i = CAIRN_WATER; good && i < CAIRN_MATERIALS; i++) {
        good = make_ground(renderer, &textures->picture[i], &renderer->ground[i]);
    }
    for (int i = CAIRN_PLAYER_LEFT; good && i <= CAIRN_PLANT_RIPE; i++) {
        good = scale_picture(&textures->picture[ENV_TEXTURE_FURNACE + i], width, height,
                             &renderer->object[i]);
    }
    for (int i = 0; good && i < CAIRN_ITEMS; i++) {
        good = scale_picture(&textures->picture[env_texture_of_item((CairnItem)i)],
                             (int32_t)(0.8 * width), (int32_t)(0.8 * height), &renderer->icon[i]);
    }
    for (int i = 0; good && i < DIGITS; i++) {
        good = scale_picture(&textures->picture[ENV_TEXTURE_DIGIT_1 + i], (int32_t)(0.6 * width),
                             (int32_t)(0.6 * height), &renderer->digit[i]);
    }
    return good && make_item_tiles(renderer);
}

CairnStatus renderer_create(const CairnConfig* config, const CairnTextures* textures,
                            Renderer** result, char why[CAIRN_WHY]) {
    *result = NULL;
    Renderer* renderer = calloc(1, sizeof *renderer);
    if (renderer) {
        renderer->width = config->size_width;
        renderer->height = config->size_height;
        renderer->unit_width = config->size_width / config->view_width;
        renderer->unit_height = config->size_height / config->view_height;
        renderer->columns = cairn_local_columns(config);
        renderer->rows = cairn_local_rows(config);
        renderer->item_columns = config->view_width;
        renderer->border_x = (config->size_width - renderer->unit_width * config->view_width) / 2;
        renderer->border_y =
            (config->size_height - renderer->unit_height * config->view_height) / 2;
        int32_t width = renderer->columns * renderer->unit_width;
        int32_t height = renderer->rows * renderer->unit_height;
        renderer->vignette = malloc((size_t)width * (size_t)height * sizeof *renderer->vignette);
        if (renderer->vignette && make_pictures(renderer, textures)) {
            light_vignette(width, height, renderer->vignette);
            *result = renderer;
            return CAIRN_OK;
        }
    }
    renderer_destroy(renderer);
    snprintf(why, CAIRN_WHY, "out of memory for pictures of %d x %d pixels; choose a smaller size",
             config->size_width, config->size_height);
    return CAIRN_OUT_OF_MEMORY;
}

void renderer_destroy(Renderer* renderer) {
    if (!renderer) {
        return;
    }
    for (int i = 0; i < CAIRN_MATERIALS; i++) {
        free(renderer->ground[i].rgb);
        free(renderer->ground[i].dusk);
    }
    for (int i = 0; i < CAIRN_OBJECTS; i++) {
        free(renderer->object[i].rgba);
    }
    for (int i = 0; i < CAIRN_ITEMS; i++) {
        free(renderer->icon[i].rgba);
    }
    for (int i = 0; i < DIGITS; i++) {
        free(renderer->digit[i].rgba);
    }
    free(renderer->item_tile);
    free(renderer->vignette);
    free(renderer);
}
