// Charts for reports and papers. A chart is drawn once, as a list of shapes; the list is then
// written as SVG (own code, no library) or painted by Cairo (PNG, PDF), so that every form shows
// the same. This is what runs/ sees of viz; nothing here knows SDL, episodes or agents.
//
// Sizes are in pixels of 1/96 inch, y downwards. Colours are named by what they mean ("inks"): a
// page gives them in light and dark, a file has the light ones. Those of series are Okabe and
// Ito's, which colour-blind readers tell apart; series also differ by dashes.
//
// Running out of memory marks the picture, and writing it then fails.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CHART_SERIES_INKS = 6, CHART_WHY = 256 };

typedef enum ChartInk {
    CHART_TEXT,
    CHART_FAINT, // secondary text
    CHART_GRID,  // lines that only guide the eye
    CHART_PAGE,  // what lies below everything
    CHART_OTHER_1,
    CHART_OTHER_2, // greys: what is shown for comparison
    CHART_SERIES,  // and the five after it
    CHART_INKS = CHART_SERIES + CHART_SERIES_INKS
} ChartInk;
ChartInk chart_series_ink(size_t series); // after six they repeat, with other dashes

typedef struct ChartBox {
    double x, y, width, height;
} ChartBox;

typedef struct ChartPicture ChartPicture;                        // owns its shapes
ChartPicture* chart_picture_create(double width, double height); // NULL: out of memory
void chart_picture_destroy(ChartPicture* picture);               // NULL is allowed

// ---------------------------------------------------------------- lines over a common axis
typedef struct ChartLine {
    const char* name; // in the legend; NULL = not listed
    size_t series;
    bool thin;                // one seed of several
    bool sparse;              // gaps are bridged
    size_t count;             // points; those that are not finite leave a gap
    const double *x, *y;      // [count]
    const double *low, *high; // [count] a band around y; NULL = none
} ChartLine;

typedef struct ChartNote { // shown where the pointer rests (SVG only)
    double x;
    const char* text;
} ChartNote;

typedef struct ChartLines {
    const char *title, *x_name;
    double x_end;   // the axis is [0, x_end]; > 0
    bool from_zero; // the y axis holds 0
    const ChartLine* lines;
    size_t line_count;
    const ChartNote* notes;
    size_t note_count;
} ChartLines;
void chart_draw_lines(ChartPicture* picture, ChartBox box, const ChartLines* chart);

// ---------------------------------------------------------------- bars
typedef struct ChartBarSet {
    const char* name; // in the legend; NULL = not listed
    ChartInk ink;
    const double* value;      // [group_count]; not finite = no bar
    const double *low, *high; // [group_count] an interval; NULL = none
} ChartBarSet;

typedef struct ChartBars {
    const char* title;
    bool logarithmic; // 0.01 to 100, the axis of Crafter's success rates; else from 0
    bool rows;        // groups below one another, for narrow pages; else side by side
    bool one_lane;    // sets never share a group: bars as thick as the group
    bool figures;     // values as text at the ends of the bars (rows only)
    const char* const* groups;
    size_t group_count;
    const ChartBarSet* sets;
    size_t set_count;
} ChartBars;
double chart_bars_height(const ChartBars* chart, double width); // that it needs or looks good at
void chart_draw_bars(ChartPicture* picture, ChartBox box, const ChartBars* chart);

// ---------------------------------------------------------------- writing
// SVG. alt: the text alternative. A file of its own brings its colours and its background; inside a
// page they come from chart_print_style. false: not all could be written.
bool chart_print_svg(const ChartPicture* picture, const char* alt, bool own_file, FILE* file);
// Text with the signs escaped that mark up SVG and HTML, in elements and in attributes.
void chart_print_text(const char* text, FILE* file);
// The rules that a page needs once, in a style element: inks for light, dark and print.
void chart_print_style(FILE* file);

typedef enum ChartFormat { CHART_PNG, CHART_PDF } ChartFormat;
// Paints with Cairo. PNG: two pixels per unit. *bytes [*size] is the whole file, freed by the
// caller. false: `why` says what went wrong, or that Cairo is not in this build.
bool chart_paint(const ChartPicture* picture, ChartFormat format, unsigned char** bytes,
                 size_t* size, char why[CHART_WHY]);
