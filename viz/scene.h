// Everything the panels draw from: the session, what holds at its step, the pictures, the layout
// and the pointer.
#pragma once
#include "viz/art.h"
#include "viz/canvas.h"
#include "viz/layout.h"
#include "viz/session.h"

typedef struct Moment { // what holds at the step where the session stands
    int64_t step;
    const TrackStep* now;
    uint8_t inventory[CAIRN_ITEMS];
    double daylight;
    uint32_t unlocked;       // bit a: achievement a, up to this step
    const uint8_t* semantic; // [area_width, area_height]
    Thought thought;
    int32_t next_action; // -1: not known
} Moment;

typedef enum Curve { CURVE_VALUE, CURVE_ENTROPY, CURVES } Curve;

typedef struct CurveColumns { // a curve over a chart's pixel columns
    int32_t columns;          // 0: not made
    int64_t length;           // steps on the axis
    float* low;               // [columns] NaN: nothing there
    float* high;              // [columns]
    float least, most;
} CurveColumns;

typedef struct Scene {
    const Session* session;
    const Layout* layout;
    const Art* art;
    Moment moment;
    CurveColumns curve[CURVES];
    int32_t pointer_x, pointer_y; // -1: not in the window
    bool help;
    bool note; // the session's note is new enough to be shown
} Scene;

// One function per panel; each draws all of its box, which the card's ground already fills.
typedef void PanelDraw(Canvas* canvas, const Box* box, const Scene* scene);
PanelDraw panel_header, panel_world, panel_vitals, panel_inventory, panel_episode,
    panel_achievements, panel_map, panel_expects, panel_actions, panel_value, panel_entropy,
    panel_timeline, panel_controls, panel_help;

// The step or mark that the pointer is at over the timeline; -1: it is elsewhere.
int64_t timeline_step(const Scene* scene, int32_t x, int32_t y);
int64_t scene_axis(const Session* session); // steps on the time axes, >= 1

// For panels. The title of a card; returns where its content begins.
Box panel_title(Canvas* canvas, const Box* box, const char* title, const char* right);
// "collect_wood" -> "Collect wood".
void panel_name(const char* name, char out[64]);
