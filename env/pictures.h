// The renderer's pictures, scaled to a configuration and put together once. Internal to env/.
#pragma once
#include <stddef.h>

#include "env/render.h"

enum {
    PICTURE_DIGITS = 9,
    // Cells up to this size are put together once for every material, object and item; of larger
    // ones, only the materials are.
    TILE_PIXELS_MAX = 64 * 64,
    PLANE_WIDTH = 8, // of a narrow tile's row in tile_planes, at most
    VIGNETTE_PAD = 64
};

typedef struct Picture { // a texture at its size in the frame
    int32_t width, height;
    bool blends;   // else overwrites
    uint8_t* rgba; // [height, width, 4]
} Picture;

struct Renderer {
    int32_t width, height;               // of the frame
    int32_t unit_width, unit_height;     // of a cell
    int32_t columns, rows, item_columns; // cells
    int32_t border_x, border_y;          // black pixels left and above
    size_t tile_values;                  // 3 * unit_width * unit_height
    int32_t tile_objects;                // CAIRN_OBJECTS, or 1: only cells without object
    uint8_t* tile_rgb;                   // [CAIRN_MATERIALS, tile_objects, tile_values]
    uint16_t* tile_dusk;                 // likewise; see light_dusk in env/kernels.h
    bool narrow;          // rows of the view are short enough to be drawn row by row; then also
    uint8_t* tile_planes; // [CAIRN_MATERIALS, tile_objects, unit_height, 3, PLANE_WIDTH]
    float* vignette_rows; // [rows * unit_height, columns * unit_width + PADDING], as vignette
    uint8_t* item_rgb;    // [CAIRN_ITEMS, PICTURE_DIGITS, tile_values]; NULL for large cells
    Picture object[CAIRN_OBJECTS];
    Picture icon[CAIRN_ITEMS], digit[PICTURE_DIGITS];
    double* vignette; // [columns * unit_width, rows * unit_height]
};

// Draws a picture over pixels whose rows are `stride` bytes apart.
void picture_draw(const Picture* picture, uint8_t* pixels, size_t stride);
// Draws icon and digit of an item, amount in [1, 9], into its cell.
void picture_draw_item(const Renderer* renderer, int32_t item, int32_t amount, uint8_t* pixels,
                       size_t stride);
