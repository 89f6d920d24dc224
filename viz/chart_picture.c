// The list of shapes: grows as it is drawn.
#include "viz/chart_picture.h"

#include <stdlib.h>
#include <string.h>

const double chart_dashes[CHART_DASHES][7] = {
    {0}, {7, 3, 0}, {2, 2.5, 0}, {8, 3, 2, 3, 0}, {12, 3, 0}};

ChartInk chart_series_ink(size_t series) {
    return (ChartInk)(CHART_SERIES + series % CHART_SERIES_INKS);
}

int chart_series_dash(size_t series) {
    return (int)(series % CHART_DASHES);
}

ChartPicture* chart_picture_create(double width, double height) {
    ChartPicture* picture = calloc(1, sizeof *picture);
    if (picture != NULL) {
        picture->width = width, picture->height = height;
    }
    return picture;
}

void chart_picture_destroy(ChartPicture* picture) {
    if (picture != NULL) {
        free(picture->shapes);
        free(picture->points);
        free(picture->texts);
        free(picture);
    }
}

// Makes room for `more` elements; what cannot be kept marks the picture.
static void* room_for(ChartPicture* picture, void* list, size_t count, size_t more, size_t* room,
                      size_t size) {
    if (picture->failed || count + more <= *room) {
        return list;
    }
    size_t wanted = 2 * (count + more) + 64;
    void* larger = realloc(list, wanted * size);
    if (larger == NULL) {
        picture->failed = true;
        return list;
    }
    *room = wanted;
    return larger;
}

static ChartShape* add_shape(ChartPicture* picture, ChartShapeKind kind, ChartInk ink) {
    picture->shapes = room_for(picture, picture->shapes, picture->shape_count, 1,
                               &picture->shape_room, sizeof *picture->shapes);
    if (picture->failed) {
        return NULL;
    }
    ChartShape* shape = &picture->shapes[picture->shape_count++];
    *shape = (ChartShape){.kind = kind, .ink = ink, .opacity = 1, .first = picture->point_count};
    return shape;
}

static size_t add_text(ChartPicture* picture, const char* text) {
    size_t length = strlen(text) + 1, offset = picture->text_size;
    picture->texts =
        room_for(picture, picture->texts, picture->text_size, length, &picture->text_room, 1);
    if (picture->failed) {
        return 0;
    }
    memcpy(picture->texts + offset, text, length);
    picture->text_size += length;
    return offset;
}

void chart_point(ChartPicture* picture, double x, double y) {
    picture->points = room_for(picture, picture->points, picture->point_count, 1,
                               &picture->point_room, sizeof *picture->points);
    if (!picture->failed) {
        picture->points[picture->point_count++] = (ChartPoint){x, y};
        picture->shapes[picture->shape_count - 1].count++;
    }
}

void chart_path(ChartPicture* picture, ChartInk ink, double stroke, int dash) {
    ChartShape* shape = add_shape(picture, CHART_PATH, ink);
    if (shape != NULL) {
        shape->size = stroke, shape->dash = dash;
    }
}

void chart_area(ChartPicture* picture, ChartInk ink, double opacity) {
    ChartShape* shape = add_shape(picture, CHART_PATH, ink);
    if (shape != NULL) {
        shape->filled = true, shape->opacity = opacity;
    }
}

void chart_rectangle(ChartPicture* picture, ChartInk ink, double opacity, ChartBox box) {
    chart_area(picture, ink, opacity);
    chart_point(picture, box.x, box.y);
    chart_point(picture, box.x + box.width, box.y);
    chart_point(picture, box.x + box.width, box.y + box.height);
    chart_point(picture, box.x, box.y + box.height);
}

void chart_segment(ChartPicture* picture, ChartInk ink, double stroke, ChartPoint from,
                   ChartPoint to) {
    chart_path(picture, ink, stroke, 0);
    chart_point(picture, from.x, from.y);
    chart_point(picture, to.x, to.y);
}

void chart_dot(ChartPicture* picture, ChartInk ink, double radius, double x, double y) {
    ChartShape* shape = add_shape(picture, CHART_DOT, ink);
    if (shape != NULL) {
        shape->filled = true, shape->size = radius;
        chart_point(picture, x, y);
    }
}

void chart_label(ChartPicture* picture, ChartLabel look, double x, double y, const char* text) {
    size_t offset = add_text(picture, text);
    ChartShape* shape = add_shape(picture, CHART_LABEL, look.ink);
    if (shape != NULL) {
        shape->size = look.size, shape->angle = look.angle;
        shape->anchor = look.anchor, shape->bold = look.bold, shape->text = offset;
        chart_point(picture, x, y);
    }
}

void chart_hover(ChartPicture* picture, ChartBox box, const char* text) {
    size_t offset = add_text(picture, text);
    ChartShape* shape = add_shape(picture, CHART_HOVER, CHART_TEXT);
    if (shape != NULL) {
        shape->text = offset;
        chart_point(picture, box.x, box.y);
        chart_point(picture, box.x + box.width, box.y + box.height);
    }
}
