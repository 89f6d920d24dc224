#include "viz/canvas.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool canvas_create(int32_t width, int32_t height, double scale, Canvas** canvas,
                   char why[TEXT_WHY]) {
    *canvas = NULL;
    Canvas* made = calloc(1, sizeof *made);
    if (!made) {
        snprintf(why, TEXT_WHY, "out of memory");
        return false;
    }
    made->scale = scale;
    made->surface = SDL_CreateRGBSurfaceWithFormat(0, width, height, 32, SDL_PIXELFORMAT_RGB888);
    if (!made->surface) {
        snprintf(why, TEXT_WHY, "no picture of %d x %d pixels: %s", width, height, SDL_GetError());
        canvas_destroy(made);
        return false;
    }
    if (!text_create(scale, &made->text, why)) {
        canvas_destroy(made);
        return false;
    }
    canvas_clip(made, NULL);
    *canvas = made;
    return true;
}

void canvas_destroy(Canvas* canvas) {
    if (canvas) {
        SDL_FreeSurface(canvas->surface);
        text_destroy(canvas->text);
        free(canvas);
    }
}

int32_t canvas_px(const Canvas* canvas, double points) {
    return (int32_t)lround(points * canvas->scale);
}

static Box intersection(Box a, Box b) {
    int32_t x = a.x > b.x ? a.x : b.x, y = a.y > b.y ? a.y : b.y;
    int32_t right = a.x + a.width < b.x + b.width ? a.x + a.width : b.x + b.width;
    int32_t bottom = a.y + a.height < b.y + b.height ? a.y + a.height : b.y + b.height;
    return right > x && bottom > y ? (Box){x, y, right - x, bottom - y} : (Box){x, y, 0, 0};
}

void canvas_clip(Canvas* canvas, const Box* box) {
    const Box whole = {0, 0, canvas->surface->w, canvas->surface->h};
    canvas->clip = box ? intersection(whole, *box) : whole;
}

static uint32_t* pixel_at(const Canvas* canvas, int32_t x, int32_t y) {
    uint8_t* row = (uint8_t*)canvas->surface->pixels + (size_t)y * (size_t)canvas->surface->pitch;
    return (uint32_t*)row + x;
}

// ---------------------------------------------------------------- colours
static inline uint32_t mixed(uint32_t below, uint32_t above, uint32_t alpha) { // alpha 0 .. 255
    const uint32_t weight = alpha + (alpha >> 7);                              // 0 .. 256
    const uint32_t red_blue = (below & 0xff00ff) * (256 - weight) + (above & 0xff00ff) * weight;
    const uint32_t green = (below & 0x00ff00) * (256 - weight) + (above & 0x00ff00) * weight;
    return 0xff000000 | (red_blue >> 8 & 0xff00ff) | (green >> 8 & 0x00ff00);
}

void canvas_fill(Canvas* canvas, Box box, uint32_t color) {
    box = intersection(box, canvas->clip);
    if (box.width == 0) {
        return;
    }
    uint32_t* first = pixel_at(canvas, box.x, box.y);
    SDL_memset4(first, 0xff000000 | color, (size_t)box.width);
    for (int32_t y = 1; y < box.height; y++) {
        memcpy(pixel_at(canvas, box.x, box.y + y), first, (size_t)box.width * 4);
    }
}

void canvas_blend(Canvas* canvas, Box box, uint32_t color, uint32_t alpha) {
    box = intersection(box, canvas->clip);
    for (int32_t y = 0; y < box.height; y++) {
        uint32_t* row = pixel_at(canvas, box.x, box.y + y);
        for (int32_t x = 0; x < box.width; x++) {
            row[x] = mixed(row[x], color, alpha);
        }
    }
}

// ---------------------------------------------------------------- lines and marks
// Part of pixel row y that lies between top and bottom, 0 .. 1.
static double covered(int32_t y, double top, double bottom) {
    double from = fmax(top, y), to = fmin(bottom, y + 1.0);
    return fmax(to - from, 0);
}

void canvas_line(Canvas* canvas, double x0, double y0, double x1, double y1, double width,
                 uint32_t color) {
    const Box clip = canvas->clip;
    const double slope = x1 > x0 ? (y1 - y0) / (x1 - x0) : 0;
    int32_t first = (int32_t)floor(x0), last = (int32_t)ceil(x1);
    first = first > clip.x ? first : clip.x;
    last = last < clip.x + clip.width ? last : clip.x + clip.width;
    for (int32_t x = first; x < last || x == first; x++) {
        if (x < clip.x || x >= clip.x + clip.width) {
            break;
        }
        double a = x1 > x0 ? y0 + slope * (fmax(x, x0) - x0) : y0;
        double b = x1 > x0 ? y0 + slope * (fmin(x + 1.0, x1) - x0) : y1;
        double top = fmin(a, b) - width / 2, bottom = fmax(a, b) + width / 2;
        double share = x1 > x0 ? fmin(x + 1.0, x1) - fmax(x, x0) : 1;
        for (int32_t y = (int32_t)floor(top); y < (int32_t)ceil(bottom); y++) {
            if (y >= clip.y && y < clip.y + clip.height) {
                uint32_t alpha = (uint32_t)lround(255 * share * covered(y, top, bottom));
                uint32_t* pixel = pixel_at(canvas, x, y);
                *pixel = mixed(*pixel, color, alpha);
            }
        }
    }
}

void canvas_diamond(Canvas* canvas, int32_t x, int32_t y, int32_t radius, uint32_t color) {
    for (int32_t row = -radius; row <= radius; row++) {
        int32_t half = radius - abs(row);
        canvas_fill(canvas, (Box){x - half, y + row, 2 * half + 1, 1}, color);
    }
}

// ---------------------------------------------------------------- pictures
void canvas_rgb(Canvas* canvas, int32_t x, int32_t y, const uint8_t* rgb, int32_t width,
                int32_t height, int32_t zoom) {
    const Box box = intersection((Box){x, y, width * zoom, height * zoom}, canvas->clip);
    if (box.width == 0) {
        return;
    }
    for (int32_t row = 0; row < box.height; row++) {
        const int32_t source = (box.y + row - y) / zoom;
        uint32_t* to = pixel_at(canvas, box.x, box.y + row);
        if (row > 0 && source == (box.y + row - 1 - y) / zoom) {
            memcpy(to, pixel_at(canvas, box.x, box.y + row - 1), (size_t)box.width * 4);
            continue;
        }
        const uint8_t* from = rgb + 3 * (size_t)source * (size_t)width;
        for (int32_t column = 0; column < box.width;) {
            const int32_t at = (box.x + column - x) / zoom;
            const uint32_t color = 0xff000000 | (uint32_t)from[3 * at] << 16 |
                                   (uint32_t)from[3 * at + 1] << 8 | from[3 * at + 2];
            int32_t end = (at + 1) * zoom + x - box.x;
            for (end = end < box.width ? end : box.width; column < end; column++) {
                to[column] = color;
            }
        }
    }
}

void canvas_rgba(Canvas* canvas, int32_t x, int32_t y, const uint8_t* rgba, int32_t width,
                 int32_t height, int32_t zoom, uint32_t alpha) {
    for (int32_t row = 0; row < height; row++) {
        for (int32_t column = 0; column < width; column++) {
            const uint8_t* p = rgba + 4 * (row * width + column);
            const uint32_t color = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
            if (p[3]) {
                canvas_blend(canvas, (Box){x + column * zoom, y + row * zoom, zoom, zoom}, color,
                             p[3] * alpha / 255);
            }
        }
    }
}

// ---------------------------------------------------------------- text
int32_t canvas_text(Canvas* canvas, TextStyle style, int32_t x, int32_t y, uint32_t color,
                    const char* text) {
    const TextLine line = text_line(canvas->text, style, text);
    const Box box = intersection((Box){x, y, line.width, line.height}, canvas->clip);
    for (int32_t row = 0; line.coverage && row < box.height; row++) {
        const uint8_t* coverage =
            line.coverage + (size_t)(box.y - y + row) * (size_t)line.width + (box.x - x);
        uint32_t* to = pixel_at(canvas, box.x, box.y + row);
        for (int32_t column = 0; column < box.width; column++) {
            if (coverage[column]) {
                to[column] = mixed(to[column], color, coverage[column]);
            }
        }
    }
    return line.width;
}

int32_t canvas_text_width(const Canvas* canvas, TextStyle style, const char* text) {
    return text_line(canvas->text, style, text).width;
}

int32_t canvas_text_height(const Canvas* canvas, TextStyle style) {
    return text_height(canvas->text, style);
}

int32_t canvas_text_right(Canvas* canvas, TextStyle style, int32_t x, int32_t y, uint32_t color,
                          const char* text) {
    return canvas_text(canvas, style, x - canvas_text_width(canvas, style, text), y, color, text);
}

int32_t canvas_text_in(Canvas* canvas, TextStyle style, int32_t x, int32_t y, int32_t width,
                       uint32_t color, const char* text) {
    if (canvas_text_width(canvas, style, text) <= width) {
        return canvas_text(canvas, style, x, y, color, text);
    }
    char shorter[512];
    for (size_t length = strnlen(text, sizeof shorter - 8); length > 0; length--) {
        if (((unsigned char)text[length] & 0xc0) == 0x80) {
            continue; // not within a character
        }
        snprintf(shorter, sizeof shorter, "%.*s\u2026", (int)length, text);
        if (canvas_text_width(canvas, style, shorter) <= width) {
            return canvas_text(canvas, style, x, y, color, shorter);
        }
    }
    return 0;
}
