// A chart as SVG text.
#include <string.h>

#include "viz/chart_inks.h"
#include "viz/chart_picture.h"

// On white, the yellow of the eight would not be seen; on black, the dark blue.
const ChartColours chart_colours = {
    .light = {[CHART_TEXT] = 0x1f2328,
              [CHART_FAINT] = 0x59636e,
              [CHART_GRID] = 0xdfe3e8,
              [CHART_PAGE] = 0xffffff,
              [CHART_OTHER_1] = 0xb4bcc5,
              [CHART_OTHER_2] = 0x6e7781,
              [CHART_SERIES] = 0x0072b2,
              0xd55e00,
              0x009e73,
              0xcc79a7,
              0xe69f00,
              0x56b4e9},
    .dark = {[CHART_TEXT] = 0xe6eaee,
             [CHART_FAINT] = 0x9aa4ae,
             [CHART_GRID] = 0x2d343b,
             [CHART_PAGE] = 0x14181c,
             [CHART_OTHER_1] = 0x535d67,
             [CHART_OTHER_2] = 0x9aa4ae,
             [CHART_SERIES] = 0x56b4e9,
             0xe69f00,
             0x1fc79a,
             0xcc79a7,
             0xf0e442,
             0xd55e00},
};

void chart_print_text(const char* text, FILE* file) {
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", file);
            break;
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        case '\'':
            fputs("&#39;", file);
            break;
        default:
            fputc(*text, file);
        }
    }
}

// Tenths of a pixel, without a zero at the end.
static void print_number(double value, FILE* file) {
    char text[48];
    int length = snprintf(text, sizeof text, "%.1f", value);
    if (length > 2 && strcmp(text + length - 2, ".0") == 0) {
        text[length - 2] = '\0';
    }
    fputs(strcmp(text, "-0") == 0 ? "0" : text, file);
}

static void print_attribute(const char* name, double value, FILE* file) {
    fprintf(file, " %s=\"", name);
    print_number(value, file);
    fputc('"', file);
}

static void print_path(const ChartPicture* picture, const ChartShape* shape, FILE* file) {
    fprintf(file, "<path class=\"%c%d\"", shape->filled ? 'f' : 's', (int)shape->ink);
    if (!shape->filled) {
        print_attribute("stroke-width", shape->size, file);
    }
    if (shape->opacity < 1) {
        fprintf(file, " opacity=\"%.2g\"", shape->opacity);
    }
    if (shape->dash > 0) {
        fputs(" stroke-dasharray=\"", file);
        for (int i = 0; chart_dashes[shape->dash][i] > 0; i++) {
            fprintf(file, "%s%g", i ? " " : "", chart_dashes[shape->dash][i]);
        }
        fputc('"', file);
    }
    fputs(" d=\"", file);
    for (size_t p = 0; p < shape->count; p++) {
        const ChartPoint* point = &picture->points[shape->first + p];
        fputs(p == 0 ? "M" : p == 1 ? "L" : " ", file);
        print_number(point->x, file);
        fputc(' ', file);
        print_number(point->y, file);
    }
    fputs(shape->filled ? "Z\"/>\n" : "\"/>\n", file);
}

static void print_label(const ChartPicture* picture, const ChartShape* shape, FILE* file) {
    static const char* const anchors[] = {"start", "middle", "end"};
    const ChartPoint* point = &picture->points[shape->first];
    fprintf(file, "<text class=\"f%d\"", (int)shape->ink);
    print_attribute("x", point->x, file);
    print_attribute("y", point->y, file);
    print_attribute("font-size", shape->size, file);
    if (shape->anchor != CHART_START) {
        fprintf(file, " text-anchor=\"%s\"", anchors[shape->anchor]);
    }
    if (shape->bold) {
        fputs(" font-weight=\"600\"", file);
    }
    if (shape->angle < 0 || shape->angle > 0) {
        fprintf(file, " transform=\"rotate(%g %.1f %.1f)\"", shape->angle, point->x, point->y);
    }
    fputc('>', file);
    chart_print_text(picture->texts + shape->text, file);
    fputs("</text>\n", file);
}

// Seen only under the pointer; the browser shows the title.
static void print_hover(const ChartPicture* picture, const ChartShape* shape, FILE* file) {
    const ChartPoint* corner = &picture->points[shape->first];
    fputs("<rect class=\"hover\"", file);
    print_attribute("x", corner[0].x, file);
    print_attribute("y", corner[0].y, file);
    print_attribute("width", corner[1].x - corner[0].x, file);
    print_attribute("height", corner[1].y - corner[0].y, file);
    fputs("><title>", file);
    chart_print_text(picture->texts + shape->text, file);
    fputs("</title></rect>\n", file);
}

static void print_shape(const ChartPicture* picture, const ChartShape* shape, FILE* file) {
    const ChartPoint* point = &picture->points[shape->first];
    switch (shape->kind) {
    case CHART_PATH:
        print_path(picture, shape, file);
        break;
    case CHART_DOT:
        fprintf(file, "<circle class=\"f%d\"", (int)shape->ink);
        print_attribute("cx", point->x, file);
        print_attribute("cy", point->y, file);
        print_attribute("r", shape->size, file);
        fputs("/>\n", file);
        break;
    case CHART_LABEL:
        print_label(picture, shape, file);
        break;
    case CHART_HOVER:
        print_hover(picture, shape, file);
        break;
    }
}

static void print_rules(FILE* file) {
    fputs("svg text { font-family: system-ui, \"Liberation Sans\", Arial, sans-serif; }\n"
          ".hover { fill: transparent; } .hover:hover { fill: #8888; fill-opacity: .25; }\n"
          "path { fill: none; stroke-linejoin: round; }\n",
          file);
}

void chart_print_style(FILE* file) {
    static const char* const begins[] = {":root {", "@media (prefers-color-scheme: dark) { :root {",
                                         "@media print { :root {"};
    for (int theme = 0; theme < 3; theme++) {
        const uint32_t* colours = theme == 1 ? chart_colours.dark : chart_colours.light;
        fputs(begins[theme], file);
        for (int ink = 0; ink < CHART_INKS; ink++) {
            fprintf(file, " --ink%d: #%06x;", ink, (unsigned)colours[ink]);
        }
        fputs(theme > 0 ? " } }\n" : " }\n", file);
    }
    print_rules(file);
    for (int ink = 0; ink < CHART_INKS; ink++) {
        fprintf(file, ".f%d { fill: var(--ink%d); } .s%d { stroke: var(--ink%d); }\n", ink, ink,
                ink, ink);
    }
}

static void print_own_style(FILE* file) {
    fputs("<style>\n", file);
    print_rules(file);
    for (int ink = 0; ink < CHART_INKS; ink++) {
        unsigned colour = (unsigned)chart_colours.light[ink];
        fprintf(file, ".f%d { fill: #%06x; } .s%d { stroke: #%06x; }\n", ink, colour, ink, colour);
    }
    fprintf(file, "</style>\n<rect class=\"f%d\" width=\"100%%\" height=\"100%%\"/>\n", CHART_PAGE);
}

bool chart_print_svg(const ChartPicture* picture, const char* alt, bool own_file, FILE* file) {
    fputs("<svg", file);
    if (own_file) {
        fputs(" xmlns=\"http://www.w3.org/2000/svg\"", file);
        print_attribute("width", picture->width, file);
        print_attribute("height", picture->height, file);
    }
    fputs(" viewBox=\"0 0 ", file);
    print_number(picture->width, file);
    fputc(' ', file);
    print_number(picture->height, file);
    fputs("\" role=\"img\" aria-label=\"", file);
    chart_print_text(alt, file);
    fputs("\">\n", file);
    if (own_file) {
        print_own_style(file);
    }
    for (size_t i = 0; i < picture->shape_count && !picture->failed; i++) {
        print_shape(picture, &picture->shapes[i], file);
    }
    fputs("</svg>\n", file);
    return !picture->failed && ferror(file) == 0;
}
