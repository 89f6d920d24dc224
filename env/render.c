// Frames: the local view under its light, the inventory below it.
//
// By day equal cells look equal, so the first of a kind is lit and the others are copied from where
// it stands in the frame. At night every pixel has its own noise.
#include "env/render.h"

#include <string.h>

#include "env/kernels.h"
#include "env/observe.h"
#include "env/pictures.h"

enum { CELL_KINDS = CAIRN_MATERIALS * CAIRN_OBJECTS, ROW_BYTES_MAX = 3 * 4096, VIEW_MAX = 63 };

typedef struct Frame {
    const Renderer* renderer;
    const World* world;
    const EnvKernels* kernels;
    size_t stride; // bytes from row to row
    Light light;
} Frame;

// Where a cell of each kind stands in the frame, or NULL.
typedef struct Shown {
    const uint8_t* lit[CELL_KINDS];
} Shown;

// Short rows are most of a frame's bytes; two overlapping blocks need no call and no loop.
static inline void copy_row(uint8_t* to, const uint8_t* from, size_t bytes) {
    if (bytes >= 16 && bytes <= 32) {
        memcpy(to, from, 16);
        memcpy(to + bytes - 16, from + bytes - 16, 16);
    } else {
        memcpy(to, from, bytes);
    }
}

static void copy_rows(const Frame* frame, int32_t rows, const uint8_t* from, size_t from_stride,
                      uint8_t* to) {
    const size_t bytes = (size_t)frame->renderer->unit_width * 3;
    for (int32_t y = 0; y < rows; y++) {
        copy_row(to, from, bytes);
        to += frame->stride;
        from += from_stride;
    }
}

// ---------------------------------------------------------------- cells
// Lights a whole cell, as many rows at a time as fit on the stack.
static void light_cell(const Frame* frame, const uint8_t* rgb, const uint16_t* dusk, uint8_t* to) {
    const Renderer* renderer = frame->renderer;
    const int32_t row_values = renderer->unit_width * 3, height = renderer->unit_height;
    const int32_t rows_max = ROW_BYTES_MAX / row_values;
    uint8_t lit[ROW_BYTES_MAX];
    for (int32_t y = 0; y < height; y += rows_max) {
        int32_t rows = height - y < rows_max ? height - y : rows_max;
        size_t from = (size_t)y * (size_t)row_values;
        frame->kernels->light_mix(rgb + from, dusk + from, rows * row_values, frame->light.daylight,
                                  lit);
        if (frame->light.asleep) {
            frame->kernels->light_sleep(lit, rows * renderer->unit_width);
        }
        copy_rows(frame, rows, lit, (size_t)row_values, to + (size_t)y * frame->stride);
    }
}

// For cells too large to keep one of every kind: draws the object and then lights what is there.
static void draw_large_object(const Frame* frame, CairnObject object, uint8_t* to) {
    const Renderer* renderer = frame->renderer;
    picture_draw(&renderer->object[object], to, frame->stride);
    for (int32_t y = 0; !frame->light.noisy && y < renderer->unit_height; y++) {
        uint16_t dusk[ROW_BYTES_MAX];
        uint8_t* row = to + (size_t)y * frame->stride;
        uint8_t before[ROW_BYTES_MAX];
        memcpy(before, row, 3 * (size_t)renderer->unit_width);
        frame->kernels->light_dusk(before, renderer->unit_width, dusk);
        frame->kernels->light_mix(before, dusk, 3 * renderer->unit_width, frame->light.daylight,
                                  row);
        if (frame->light.asleep) {
            frame->kernels->light_sleep(row, renderer->unit_width);
        }
    }
}

// tile: CairnMaterial, CairnObject
static void draw_cell(const Frame* frame, Shown* shown, const uint8_t tile[2], uint8_t* to) {
    const Renderer* renderer = frame->renderer;
    const size_t packed = (size_t)renderer->unit_width * 3;
    const int32_t material = tile[0];
    const CairnObject object = (CairnObject)tile[1];
    const bool composed = (int32_t)object < renderer->tile_objects;
    const int32_t kind = material * renderer->tile_objects + (composed ? (int32_t)object : 0);
    const uint8_t* rgb = renderer->tile_rgb + (size_t)kind * renderer->tile_values;
    if (frame->light.noisy || !composed) {
        copy_rows(frame, renderer->unit_height, rgb, packed, to);
        if (!composed) {
            draw_large_object(frame, object, to);
        }
    } else if (shown->lit[kind]) {
        copy_rows(frame, renderer->unit_height, shown->lit[kind], frame->stride, to);
    } else {
        light_cell(frame, rgb, renderer->tile_dusk + (size_t)kind * renderer->tile_values, to);
        shown->lit[kind] = to;
    }
}

static void draw_items(const Frame* frame, uint8_t* corner) {
    const Renderer* renderer = frame->renderer;
    for (int32_t item = 0; item < CAIRN_ITEMS; item++) {
        int32_t amount = frame->world->player.inventory[item];
        if (amount < 1) {
            continue;
        }
        int32_t row = renderer->rows + item / renderer->item_columns;
        int32_t column = item % renderer->item_columns;
        uint8_t* to = corner + (size_t)(row * renderer->unit_height) * frame->stride +
                      (size_t)(column * renderer->unit_width) * 3;
        if (renderer->item_rgb) {
            size_t tile = (size_t)(item * PICTURE_DIGITS + amount - 1) * renderer->tile_values;
            copy_rows(frame, renderer->unit_height, renderer->item_rgb + tile,
                      (size_t)renderer->unit_width * 3, to);
        } else {
            picture_draw_item(renderer, item, amount, to, frame->stride);
        }
    }
}

// ---------------------------------------------------------------- night
// `count` pixels of a column downwards, because the noise is drawn column by column.
static void light_night_run(const Frame* frame, Generator* generator, const double* vignette,
                            int32_t count, uint8_t* pixel) {
    int32_t rgb[3 * KERNEL_RUN];
    double noise[KERNEL_RUN];
    uint8_t* from = pixel;
    for (int32_t i = 0; i < count; i++, from += frame->stride) {
        rgb[i] = from[0];
        rgb[KERNEL_RUN + i] = from[1];
        rgb[2 * KERNEL_RUN + i] = from[2];
    }
    random_uniforms(generator, count, 32, 127, noise);
    frame->kernels->light_night(&frame->light, vignette, noise, count, rgb);
    for (int32_t i = 0; i < count; i++, pixel += frame->stride) {
        pixel[0] = (uint8_t)rgb[i];
        pixel[1] = (uint8_t)rgb[KERNEL_RUN + i];
        pixel[2] = (uint8_t)rgb[2 * KERNEL_RUN + i];
    }
}

static void light_night(const Frame* frame, Generator* generator, uint8_t* corner) {
    const Renderer* renderer = frame->renderer;
    const int32_t width = renderer->columns * renderer->unit_width;
    const int32_t height = renderer->rows * renderer->unit_height;
    const double* vignette = renderer->vignette;
    for (int32_t x = 0; x < width; x++) {
        for (int32_t y = 0; y < height; y += KERNEL_RUN) {
            int32_t count = height - y < KERNEL_RUN ? height - y : KERNEL_RUN;
            light_night_run(frame, generator, vignette, count,
                            corner + (size_t)y * frame->stride + 3 * (size_t)x);
            vignette += count;
        }
    }
}

static void draw_cells(const Frame* frame, Generator* generator, const uint8_t* tile,
                       uint8_t* corner) {
    const Renderer* renderer = frame->renderer;
    Shown shown = {{NULL}};
    for (int32_t row = 0; row < renderer->rows; row++) {
        uint8_t* to = corner + (size_t)(row * renderer->unit_height) * frame->stride;
        for (int32_t column = 0; column < renderer->columns; column++, tile += 2) {
            draw_cell(frame, &shown, tile, to);
            to += (size_t)renderer->unit_width * 3;
        }
    }
    if (frame->light.noisy) {
        light_night(frame, generator, corner);
    }
}

// ---------------------------------------------------------------- narrow views
// Row by row, so that the frame is written from its first byte to its last.
enum { KINDS_SHOWN_MAX = 128, NARROW_BYTES = 3 * PLANE_WIDTH * PLANE_WIDTH + 64 };

typedef struct Lit {            // the tiles of a frame under its light, each kind once
    uint8_t number[CELL_KINDS]; // of a kind, + 1
    int32_t count;
    uint8_t rgb[KINDS_SHOWN_MAX][NARROW_BYTES];
} Lit;

static const uint8_t* lit_tile(const Frame* frame, int32_t kind, Lit* lit) {
    const Renderer* renderer = frame->renderer;
    const size_t values = renderer->tile_values;
    if (lit->number[kind] == 0) {
        uint8_t* to = lit->rgb[lit->count++];
        lit->number[kind] = (uint8_t)lit->count;
        frame->kernels->light_mix(renderer->tile_rgb + (size_t)kind * values,
                                  renderer->tile_dusk + (size_t)kind * values, (int32_t)values,
                                  frame->light.daylight, to);
        if (frame->light.asleep) {
            frame->kernels->light_sleep(to, (int32_t)values / 3);
        }
    }
    return lit->rgb[lit->number[kind] - 1];
}

static void draw_day_rows(const Frame* frame, const uint8_t* tiles, uint8_t* to) {
    const Renderer* renderer = frame->renderer;
    const size_t bytes = 3 * (size_t)renderer->unit_width;
    Lit lit; // its pictures are large: only what says that there are none is cleared
    lit.count = 0;
    memset(lit.number, 0, sizeof lit.number);
    for (int32_t row = 0; row < renderer->rows; row++) {
        const uint8_t* from[VIEW_MAX + 1];
        for (int32_t column = 0; column < renderer->columns; column++, tiles += 2) {
            from[column] = lit_tile(frame, tiles[0] * renderer->tile_objects + tiles[1], &lit);
        }
        for (int32_t y = 0; y < renderer->unit_height; y++, to += frame->stride) {
            uint8_t* at = to;
            for (int32_t column = 0; column < renderer->columns; column++, at += bytes) {
                copy_row(at, from[column] + (size_t)y * bytes, bytes);
            }
        }
    }
}

// In mode fast the noise is drawn by place, and so whole rows at a time.
static void draw_night_rows(const Frame* frame, const Generator* generator, const uint8_t* tiles,
                            uint8_t* to) {
    const Renderer* renderer = frame->renderer;
    const int32_t width = renderer->unit_width, height = renderer->unit_height;
    const uint32_t key[2] = {(uint32_t)generator->key, (uint32_t)(generator->key >> 32)};
    for (int32_t row = 0; row < renderer->rows; row++, tiles += 2 * renderer->columns) {
        for (int32_t y = 0; y < height; y++, to += frame->stride) {
            uint8_t planes[3 * KERNEL_RUN + PLANE_WIDTH] = {0}, out[3 * KERNEL_RUN];
            for (int32_t column = 0; column < renderer->columns; column++) {
                const uint8_t* tile = tiles + 2 * column;
                const size_t kind = (size_t)(tile[0] * renderer->tile_objects + tile[1]);
                const uint8_t* from =
                    renderer->tile_planes + (kind * (size_t)height + (size_t)y) * 3 * PLANE_WIDTH;
                uint8_t* at = planes + column * width;
                memcpy(at, from, PLANE_WIDTH); // what is too wide is overwritten by the next
                memcpy(at + KERNEL_RUN, from + PLANE_WIDTH, PLANE_WIDTH);
                memcpy(at + 2 * KERNEL_RUN, from + 2 * PLANE_WIDTH, PLANE_WIDTH);
            }
            const int32_t line = row * height + y;
            frame->kernels->light_night_row(&frame->light,
                                            renderer->vignette_rows + line * VIGNETTE_PAD, key,
                                            (uint32_t)(line * KERNEL_RUN), planes);
            frame->kernels->interleave(planes, out);
            memcpy(to, out, 3 * (size_t)(renderer->columns * width));
        }
    }
}

// ---------------------------------------------------------------- the whole
// Black where no cell is drawn: above, below (the inventory), left and right of the local view.
static void clear_around(const Frame* frame, uint8_t* pixels) {
    const Renderer* renderer = frame->renderer;
    const size_t above = (size_t)renderer->border_y * frame->stride;
    const int32_t view_rows = renderer->rows * renderer->unit_height;
    const size_t left = 3 * (size_t)renderer->border_x;
    const size_t view = 3 * (size_t)(renderer->columns * renderer->unit_width);
    memset(pixels, 0, above);
    pixels += above;
    for (int32_t y = 0; y < view_rows; y++, pixels += frame->stride) {
        for (size_t i = 0; i < left; i++) {
            pixels[i] = 0;
        }
        for (size_t i = left + view; i < frame->stride; i++) {
            pixels[i] = 0;
        }
    }
    memset(pixels, 0, (size_t)(renderer->height - renderer->border_y - view_rows) * frame->stride);
}

void render_frame(const Renderer* renderer, const World* world, Generator* generator,
                  uint8_t* pixels) {
    Frame frame = {.renderer = renderer,
                   .world = world,
                   .kernels = env_kernels(),
                   .stride = (size_t)renderer->width * 3,
                   .light = {.daylight = world->daylight,
                             .noisy = world_is_night(world),
                             .asleep = world->player.sleeping}};
    uint8_t* corner =
        pixels + (size_t)renderer->border_y * frame.stride + 3 * (size_t)renderer->border_x;
    clear_around(&frame, pixels);
    uint8_t tiles[2 * VIEW_MAX * VIEW_MAX];
    observe_tiles(world, tiles);
    const bool narrow = renderer->narrow && renderer->rows * renderer->columns <= KINDS_SHOWN_MAX;
    if (narrow && !frame.light.noisy) {
        draw_day_rows(&frame, tiles, corner);
    } else if (narrow && !generator->mersenne) {
        draw_night_rows(&frame, generator, tiles, corner);
    } else {
        draw_cells(&frame, generator, tiles, corner);
    }
    draw_items(&frame, corner);
}
