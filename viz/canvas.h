// Drawing into an SDL surface by the processor: the same pixels in a window and in a file, whatever
// the graphics driver. Needs no display. Coordinates are pixels.
#pragma once
#include <SDL.h>
#include <stdbool.h>
#include <stdint.h>

#include "viz/layout.h"
#include "viz/text.h"

typedef struct Canvas {
    SDL_Surface* surface; // owned; SDL_PIXELFORMAT_RGB888, written as 0xffRRGGBB
    TextSet* text;        // owned; at this scale
    double scale;
    Box clip; // nothing is drawn outside
} Canvas;

// On failure *canvas is NULL and why is one line.
bool canvas_create(int32_t width, int32_t height, double scale, Canvas** canvas,
                   char why[TEXT_WHY]);
void canvas_destroy(Canvas* canvas);                    // NULL is allowed
int32_t canvas_px(const Canvas* canvas, double points); // at the canvas's scale
void canvas_clip(Canvas* canvas, const Box* box);       // NULL: the whole

// Colours are 0xRRGGBB, alpha 0 .. 255.
void canvas_fill(Canvas* canvas, Box box, uint32_t color);
void canvas_blend(Canvas* canvas, Box box, uint32_t color, uint32_t alpha);
// A line from (x0, y0) to (x1, y1), x0 <= x1, smooth, `width` pixels thick. For curves over x.
void canvas_line(Canvas* canvas, double x0, double y0, double x1, double y1, double width,
                 uint32_t color);
// A square on its tip around (x, y).
void canvas_diamond(Canvas* canvas, int32_t x, int32_t y, int32_t radius, uint32_t color);

// Pictures enlarged by a whole number. rgb [height, width, 3]; rgba [height, width, 4].
void canvas_rgb(Canvas* canvas, int32_t x, int32_t y, const uint8_t* rgb, int32_t width,
                int32_t height, int32_t zoom);
void canvas_rgba(Canvas* canvas, int32_t x, int32_t y, const uint8_t* rgba, int32_t width,
                 int32_t height, int32_t zoom, uint32_t alpha);

// One line of UTF-8 with its top at y; returns its width in pixels.
int32_t canvas_text(Canvas* canvas, TextStyle style, int32_t x, int32_t y, uint32_t color,
                    const char* text);
// Ends at x instead.
int32_t canvas_text_right(Canvas* canvas, TextStyle style, int32_t x, int32_t y, uint32_t color,
                          const char* text);
// Cut with an ellipsis where it is wider than `width`.
int32_t canvas_text_in(Canvas* canvas, TextStyle style, int32_t x, int32_t y, int32_t width,
                       uint32_t color, const char* text);
int32_t canvas_text_width(const Canvas* canvas, TextStyle style, const char* text);
int32_t canvas_text_height(const Canvas* canvas, TextStyle style);
