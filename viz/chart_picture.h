// The list of shapes that a chart is; internal to the charts.
#pragma once
#include "viz/charts.h"

typedef enum ChartShapeKind { CHART_PATH, CHART_DOT, CHART_LABEL, CHART_HOVER } ChartShapeKind;
typedef enum ChartAnchor { CHART_START, CHART_MIDDLE, CHART_END } ChartAnchor;

typedef struct ChartPoint {
    double x, y;
} ChartPoint;

typedef struct ChartShape {
    ChartShapeKind kind;
    ChartInk ink;
    bool filled;         // else stroked
    bool bold;           // labels
    double opacity;      // in [0, 1]
    double size;         // of the stroke, the dot's radius, the font
    int dash;            // of chart_dashes; 0 = solid
    double angle;        // of labels, degrees, clockwise
    ChartAnchor anchor;  // of labels
    size_t first, count; // of its points; a label and a dot have one, a hover area two corners
    size_t text;         // of labels and hover areas: offset into texts
} ChartShape;

struct ChartPicture {
    double width, height;
    ChartShape* shapes; // [shape_count]
    ChartPoint* points; // [point_count]
    char* texts;        // [text_size] each ended by a zero byte
    size_t shape_count, shape_room, point_count, point_room, text_size, text_room;
    bool failed; // out of memory
};

enum { CHART_DASHES = 5 };
// Lengths of strokes and gaps by turns, in pixels; ended by 0.
extern const double chart_dashes[CHART_DASHES][7];
int chart_series_dash(size_t series);

// Begins a stroked or filled path; then add its points.
void chart_path(ChartPicture* picture, ChartInk ink, double stroke, int dash);
void chart_area(ChartPicture* picture, ChartInk ink, double opacity);
void chart_point(ChartPicture* picture, double x, double y);
void chart_rectangle(ChartPicture* picture, ChartInk ink, double opacity, ChartBox box);
void chart_segment(ChartPicture* picture, ChartInk ink, double stroke, ChartPoint from,
                   ChartPoint to);
void chart_dot(ChartPicture* picture, ChartInk ink, double radius, double x, double y);
// A label; y is its baseline.
typedef struct ChartLabel {
    ChartInk ink;
    double size, angle;
    ChartAnchor anchor;
    bool bold;
} ChartLabel;
void chart_label(ChartPicture* picture, ChartLabel look, double x, double y, const char* text);
void chart_hover(ChartPicture* picture, ChartBox box, const char* text);

// ---------------------------------------------------------------- text and axes
enum { CHART_FONT = 12, CHART_FONT_SMALL = 11, CHART_CUT = 256, CHART_TICKS = 16 };
// Width that is enough for the text in the usual sans-serif fonts.
double chart_text_width(const char* text, double size);
// Cuts the text to the width, with an ellipsis.
void chart_cut_text(const char* text, double size, double width, char cut[CHART_CUT]);

typedef struct ChartTicks {
    double low, high; // of the axis
    double value[CHART_TICKS];
    int count;
} ChartTicks;
// Round numbers that cover [low, high]; about `wanted` of them, at least 2.
ChartTicks chart_ticks(double low, double high, int wanted);
// "0.25", "1.5M", "400k"; short, exact for ticks.
void chart_format(double value, char text[32]);

// The legend: entries side by side, in as many rows as the width makes necessary.
typedef struct ChartEntry {
    const char* name;
    ChartInk ink;
    int dash;
    bool line; // else a filled square
} ChartEntry;
// Draws it (picture may be NULL) and returns its height.
double chart_legend(ChartPicture* picture, ChartBox box, const ChartEntry* entries, size_t count);
