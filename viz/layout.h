// Where everything stands in a window of a given size. Knows no SDL, so that every size can be
// tested: nothing overlaps, nothing leaves the window.
#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef struct Box { // pixels
    int32_t x, y, width, height;
} Box;

typedef enum PanelId {
    PANEL_HEADER,
    PANEL_WORLD, // with room around the picture
    PANEL_VITALS,
    PANEL_INVENTORY,
    PANEL_EPISODE, // step, reward, return, light
    PANEL_ACHIEVEMENTS,
    PANEL_MAP,
    PANEL_EXPECTS,
    PANEL_ACTIONS,
    PANEL_VALUE,
    PANEL_ENTROPY,
    PANEL_TIMELINE,
    PANEL_CONTROLS,
    PANEL_COUNT
} PanelId;

typedef enum ControlId { // buttons of PANEL_CONTROLS
    CONTROL_PREVIOUS,
    CONTROL_BACK,
    CONTROL_PLAY,
    CONTROL_FORWARD,
    CONTROL_NEXT,
    CONTROL_SLOWER,
    CONTROL_SPEED, // shows it
    CONTROL_FASTER,
    CONTROL_HELP,
    CONTROL_COUNT
} ControlId;

typedef struct LayoutNeeds {
    int32_t width, height;           // of the window in pixels
    double scale;                    // of text and spacing; 1 = 13-pixel text
    int32_t view_columns, view_rows; // cells of the world's picture, without inventory rows
    int32_t area_width, area_height; // cells of the world
    bool has[PANEL_COUNT];           // there is something to show
    bool bare;                       // only the world
} LayoutNeeds;

typedef struct Layout {
    Box panel[PANEL_COUNT]; // width 0: there is no room for it, or nothing to show
    Box control[CONTROL_COUNT];
    Box world;    // the picture itself
    int32_t cell; // pixels of one of its cells as painted, <= 16
    int32_t zoom; // screen pixels per painted pixel, whole
    Box track;    // the timeline's bar
} Layout;

enum { LAYOUT_CELL = 16 }; // the art's own resolution

void layout_make(const LayoutNeeds* needs, Layout* layout);
bool box_holds(const Box* box, int32_t x, int32_t y);
// Size of text and spacing that suits a window: 1 up to 1280 x 800, then in steps of a quarter.
// pixel_ratio: physical pixels per point of the display.
double layout_scale(int32_t width, int32_t height, double pixel_ratio);
// Which step of [0, length] the bar shows at x, and back.
int64_t layout_step_at(const Box* bar, int64_t length, int32_t x);
int32_t layout_x_of(const Box* bar, int64_t length, int64_t step);
