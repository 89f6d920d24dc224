// A chart painted by Cairo, in the light colours. Without Cairo, a line that says so.
#include <stdlib.h>
#include <string.h>

#include "viz/chart_inks.h"
#include "viz/chart_picture.h"

#ifndef VIZ_CAIRO

bool chart_paint(const ChartPicture* picture, ChartFormat format, unsigned char** bytes,
                 size_t* size, char why[CHART_WHY]) {
    (void)picture, (void)format;
    *bytes = NULL, *size = 0;
    snprintf(why, CHART_WHY,
             "this build has no Cairo, which PNG and PDF need: install libcairo2-dev and run make "
             "again, or write SVG");
    return false;
}

#else
#include <cairo-pdf.h>
#include <cairo.h>
#include <math.h>

typedef struct Bytes {
    unsigned char* list;
    size_t size, room;
} Bytes;

static cairo_status_t append(void* context, const unsigned char* data, unsigned length) {
    Bytes* bytes = context;
    if (bytes->size + length > bytes->room) {
        size_t room = 2 * (bytes->size + length);
        unsigned char* list = realloc(bytes->list, room);
        if (list == NULL) {
            return CAIRO_STATUS_NO_MEMORY;
        }
        bytes->list = list, bytes->room = room;
    }
    memcpy(bytes->list + bytes->size, data, length);
    bytes->size += length;
    return CAIRO_STATUS_SUCCESS;
}

static void use_ink(cairo_t* cairo, ChartInk ink, double opacity) {
    uint32_t colour = chart_colours.light[ink];
    cairo_set_source_rgba(cairo, (colour >> 16) / 255.0, (colour >> 8 & 255) / 255.0,
                          (colour & 255) / 255.0, opacity);
}

static void paint_path(cairo_t* cairo, const ChartPicture* picture, const ChartShape* shape) {
    for (size_t p = 0; p < shape->count; p++) {
        const ChartPoint* point = &picture->points[shape->first + p];
        cairo_line_to(cairo, point->x, point->y);
    }
    if (shape->filled) {
        cairo_fill(cairo);
        return;
    }
    int dashes = 0;
    while (chart_dashes[shape->dash][dashes] > 0) {
        dashes++;
    }
    cairo_set_dash(cairo, chart_dashes[shape->dash], dashes, 0);
    cairo_set_line_width(cairo, shape->size);
    cairo_stroke(cairo);
}

static void paint_label(cairo_t* cairo, const ChartPicture* picture, const ChartShape* shape) {
    const char* text = picture->texts + shape->text;
    const ChartPoint* point = &picture->points[shape->first];
    cairo_text_extents_t extents;
    cairo_select_font_face(cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           shape->bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo, shape->size);
    cairo_text_extents(cairo, text, &extents);
    double shift = shape->anchor == CHART_START    ? 0
                   : shape->anchor == CHART_MIDDLE ? extents.x_advance / 2
                                                   : extents.x_advance;
    cairo_save(cairo);
    cairo_translate(cairo, point->x, point->y);
    cairo_rotate(cairo, shape->angle * M_PI / 180);
    cairo_move_to(cairo, -shift, 0);
    cairo_show_text(cairo, text);
    cairo_restore(cairo);
}

static void paint(cairo_t* cairo, const ChartPicture* picture) {
    use_ink(cairo, CHART_PAGE, 1);
    cairo_paint(cairo);
    cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
    for (size_t i = 0; i < picture->shape_count; i++) {
        const ChartShape* shape = &picture->shapes[i];
        const ChartPoint* point = &picture->points[shape->first];
        use_ink(cairo, shape->ink, shape->opacity);
        cairo_new_path(cairo);
        if (shape->kind == CHART_PATH) {
            paint_path(cairo, picture, shape);
        } else if (shape->kind == CHART_DOT) {
            cairo_arc(cairo, point->x, point->y, shape->size, 0, 2 * M_PI);
            cairo_fill(cairo);
        } else if (shape->kind == CHART_LABEL) {
            paint_label(cairo, picture, shape);
        }
    }
}

bool chart_paint(const ChartPicture* picture, ChartFormat format, unsigned char** bytes,
                 size_t* size, char why[CHART_WHY]) {
    const double scale = format == CHART_PNG ? 2 : 0.75; // PDF: points of 1/72 inch
    const double width = picture->width * scale, height = picture->height * scale;
    Bytes file = {0};
    *bytes = NULL, *size = 0;
    cairo_surface_t* surface =
        format == CHART_PNG
            ? cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(width), (int)ceil(height))
            : cairo_pdf_surface_create_for_stream(append, &file, width, height);
    cairo_t* cairo = cairo_create(surface);
    cairo_scale(cairo, scale, scale);
    if (!picture->failed) {
        paint(cairo, picture);
    }
    cairo_status_t status = cairo_status(cairo);
    cairo_destroy(cairo);
    if (status == CAIRO_STATUS_SUCCESS && format == CHART_PNG) {
        status = cairo_surface_write_to_png_stream(surface, append, &file);
    }
    cairo_surface_finish(surface);
    status = status == CAIRO_STATUS_SUCCESS ? cairo_surface_status(surface) : status;
    cairo_surface_destroy(surface);
    if (status != CAIRO_STATUS_SUCCESS || picture->failed) {
        snprintf(why, CHART_WHY, "the chart could not be painted: %s",
                 picture->failed ? "out of memory" : cairo_status_to_string(status));
        free(file.list);
        return false;
    }
    *bytes = file.list, *size = file.size;
    return true;
}
#endif
