// Scales textures as Pillow does and puts cells together (env/pictures.h).
#include "env/pictures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "env/kernels.h"
#include "env/textures.h"

enum { OUTSIDE_GREY = 127, PADDING = 64 };

// ---------------------------------------------------------------- drawing
static uint8_t blend(uint8_t over, uint8_t under, float alpha) {
    float sum = alpha * ((float)over / 255.0f) + (1.0f - alpha) * ((float)under / 255.0f);
    return (uint8_t)(int32_t)(255.0f * sum);
}

void picture_draw(const Picture* picture, uint8_t* pixels, size_t stride) {
    const uint8_t* source = picture->rgba;
    for (int32_t y = 0; y < picture->height; y++) {
        uint8_t* pixel = pixels + (size_t)y * stride;
        for (int32_t x = 0; x < picture->width; x++, source += 4, pixel += 3) {
            if (!picture->blends) {
                memcpy(pixel, source, 3);
                continue;
            }
            float alpha = (float)source[3] / 255.0f; // 0 and 1 reproduce their side exactly
            for (int c = 0; c < 3; c++) {
                pixel[c] = blend(source[c], pixel[c], alpha);
            }
        }
    }
}

void picture_draw_item(const Renderer* renderer, int32_t item, int32_t amount, uint8_t* pixels,
                       size_t stride) {
    // The original adds the cell's corner before it drops the fraction.
    const int32_t x = item % renderer->item_columns * renderer->unit_width;
    const int32_t y = item / renderer->item_columns * renderer->unit_height;
    const Picture* parts[2] = {&renderer->icon[item], &renderer->digit[amount - 1]};
    const double offset[2] = {0.1, 0.4};
    for (int i = 0; i < 2; i++) {
        int32_t dx = (int32_t)(x + offset[i] * renderer->unit_width) - x;
        int32_t dy = (int32_t)(y + offset[i] * renderer->unit_height) - y;
        picture_draw(parts[i], pixels + (size_t)dy * stride + 3 * (size_t)dx, stride);
    }
}

// ---------------------------------------------------------------- scaling
// Where each of `count` pixels is taken from: the steps are added up in doubles.
static void nearest(int32_t side, int32_t count, int32_t* index) {
    const double step = (double)side / count;
    double at = step * 0.5;
    for (int32_t i = 0; i < count; i++) {
        index[i] = at < side ? (int32_t)at : side - 1;
        at += step;
    }
}

static bool scale(const EnvTexture* texture, int32_t width, int32_t height, Picture* picture) {
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
        const uint8_t* row = texture->rgba + 4 * (size_t)down[y] * (size_t)texture->side;
        for (int32_t x = 0; x < width; x++, out += 4) {
            memcpy(out, row + 4 * (size_t)across[x], 4);
        }
    }
    free(across);
    return true;
}

static bool scale_all(Renderer* renderer, const CairnTextures* textures) {
    const int32_t width = renderer->unit_width, height = renderer->unit_height;
    bool good = true;
    for (int i = CAIRN_PLAYER_LEFT; good && i <= CAIRN_PLANT_RIPE; i++) {
        good =
            scale(&textures->picture[ENV_TEXTURE_FURNACE + i], width, height, &renderer->object[i]);
    }
    for (int i = 0; good && i < CAIRN_ITEMS; i++) {
        good = scale(&textures->picture[env_texture_of_item((CairnItem)i)], (int32_t)(0.8 * width),
                     (int32_t)(0.8 * height), &renderer->icon[i]);
    }
    for (int i = 0; good && i < PICTURE_DIGITS; i++) {
        good = scale(&textures->picture[ENV_TEXTURE_DIGIT_1 + i], (int32_t)(0.6 * width),
                     (int32_t)(0.6 * height), &renderer->digit[i]);
    }
    return good;
}

// ---------------------------------------------------------------- cells
// The first of a material's cells: the one without object.
static bool make_ground(const Renderer* renderer, const EnvTexture* texture, uint8_t* rgb) {
    Picture picture;
    if (!scale(texture, renderer->unit_width, renderer->unit_height, &picture)) {
        free(picture.rgba);
        return false;
    }
    picture.blends = false; // a material's transparency is ignored
    picture_draw(&picture, rgb, 3 * (size_t)renderer->unit_width);
    free(picture.rgba);
    return true;
}

static bool make_cells(Renderer* renderer, const CairnTextures* textures) {
    const size_t values = renderer->tile_values, stride = 3 * (size_t)renderer->unit_width;
    const size_t count = (size_t)(CAIRN_MATERIALS * renderer->tile_objects);
    renderer->tile_rgb = malloc(count * values + PADDING);
    renderer->tile_dusk = malloc((count * values + PADDING) * sizeof *renderer->tile_dusk);
    if (!renderer->tile_rgb || !renderer->tile_dusk) {
        return false;
    }
    for (int material = 0; material < CAIRN_MATERIALS; material++) {
        uint8_t* ground = renderer->tile_rgb + (size_t)(material * renderer->tile_objects) * values;
        memset(ground, OUTSIDE_GREY, values);
        if (material != CAIRN_OUTSIDE &&
            !make_ground(renderer, &textures->picture[material], ground)) {
            return false;
        }
        for (int object = 1; object < renderer->tile_objects; object++) {
            uint8_t* tile = ground + (size_t)object * values;
            memcpy(tile, ground, values);
            if (renderer->object[object].rgba) {
                picture_draw(&renderer->object[object], tile, stride);
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        env_kernels()->light_dusk(renderer->tile_rgb + i * values, (int32_t)(values / 3),
                                  renderer->tile_dusk + i * values);
    }
    return true;
}

// The pictures of narrow tiles in planes, and the vignette by rows: for nights that are drawn so.
static bool make_planes(Renderer* renderer) {
    const size_t kinds = (size_t)(CAIRN_MATERIALS * renderer->tile_objects);
    const int32_t width = renderer->unit_width, height = renderer->unit_height;
    const int32_t columns = renderer->columns * width, rows = renderer->rows * height;
    renderer->tile_planes = calloc(kinds * (size_t)height * 3, PLANE_WIDTH);
    renderer->vignette_rows = calloc((size_t)rows * VIGNETTE_PAD, sizeof(float));
    if (!renderer->tile_planes || !renderer->vignette_rows) {
        return false;
    }
    const uint8_t* rgb = renderer->tile_rgb;
    for (size_t row = 0; row < kinds * (size_t)height; row++) {
        uint8_t* planes = renderer->tile_planes + row * 3 * PLANE_WIDTH;
        for (int32_t x = 0; x < width; x++) {
            for (int32_t c = 0; c < 3; c++) {
                planes[c * PLANE_WIDTH + x] = *rgb++;
            }
        }
    }
    for (int32_t x = 0; x < columns; x++) {
        for (int32_t y = 0; y < rows; y++) {
            renderer->vignette_rows[y * VIGNETTE_PAD + x] =
                (float)renderer->vignette[(size_t)x * (size_t)rows + (size_t)y];
        }
    }
    return true;
}

static bool make_item_cells(Renderer* renderer) {
    const size_t values = renderer->tile_values;
    uint8_t* tile = calloc(CAIRN_ITEMS * PICTURE_DIGITS, values);
    renderer->item_rgb = tile;
    for (int item = 0; tile && item < CAIRN_ITEMS; item++) {
        for (int32_t amount = 1; amount <= PICTURE_DIGITS; amount++, tile += values) {
            picture_draw_item(renderer, item, amount, tile, 3 * (size_t)renderer->unit_width);
        }
    }
    return renderer->item_rgb != NULL;
}

// ---------------------------------------------------------------- the night's corners
// NumPy's linspace(-1, 1, count).
static double spaced(int32_t i, int32_t count) {
    return count == 1 ? -1 : i == count - 1 ? 1 : i * (2.0 / (count - 1)) + -1;
}

// How much noise the night has, from 0 in the middle to 1 - e^-4 in the corners.
static bool make_vignette(Renderer* renderer) {
    const int32_t columns = renderer->columns * renderer->unit_width;
    const int32_t rows = renderer->rows * renderer->unit_height;
    renderer->vignette = calloc((size_t)columns * (size_t)rows, sizeof(double));
    double* out = renderer->vignette;
    for (int32_t x = 0; out && x < columns; x++) {
        for (int32_t y = 0; y < rows; y++) {
            double across = spaced(x, columns), down = spaced(y, rows);
            *out++ = 1 - exp(-0.5 * (across * across + down * down) / 0.25);
        }
    }
    return renderer->vignette != NULL;
}

// ---------------------------------------------------------------- create and destroy
static void lay_out(Renderer* renderer, const CairnConfig* config) {
    renderer->width = config->size_width;
    renderer->height = config->size_height;
    renderer->unit_width = config->size_width / config->view_width;
    renderer->unit_height = config->size_height / config->view_height;
    renderer->columns = cairn_local_columns(config);
    renderer->rows = cairn_local_rows(config);
    renderer->item_columns = config->view_width;
    renderer->border_x = (config->size_width - renderer->unit_width * config->view_width) / 2;
    renderer->border_y = (config->size_height - renderer->unit_height * config->view_height) / 2;
    renderer->tile_values = 3 * (size_t)renderer->unit_width * (size_t)renderer->unit_height;
    bool small = renderer->tile_values <= 3 * TILE_PIXELS_MAX;
    renderer->tile_objects = small ? CAIRN_OBJECTS : 1;
    renderer->narrow = renderer->unit_width <= PLANE_WIDTH &&
                       renderer->unit_height <= PLANE_WIDTH &&
                       renderer->columns * renderer->unit_width <= VIGNETTE_PAD;
}

CairnStatus renderer_create(const CairnConfig* config, const CairnTextures* textures,
                            Renderer** result, char why[CAIRN_WHY]) {
    *result = NULL;
    Renderer* renderer = calloc(1, sizeof *renderer);
    if (renderer) {
        lay_out(renderer, config);
        if (scale_all(renderer, textures) && make_cells(renderer, textures) &&
            (renderer->tile_objects == 1 || make_item_cells(renderer)) && make_vignette(renderer) &&
            (!renderer->narrow || make_planes(renderer))) {
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
    for (int i = 0; i < CAIRN_OBJECTS; i++) {
        free(renderer->object[i].rgba);
    }
    for (int i = 0; i < CAIRN_ITEMS; i++) {
        free(renderer->icon[i].rgba);
    }
    for (int i = 0; i < PICTURE_DIGITS; i++) {
        free(renderer->digit[i].rgba);
    }
    free(renderer->tile_rgb);
    free(renderer->tile_dusk);
    free(renderer->tile_planes);
    free(renderer->vignette_rows);
    free(renderer->item_rgb);
    free(renderer->vignette);
    free(renderer);
}
