#include "viz/layout.h"

#include <math.h>
#include <string.h>

typedef struct Measure { // of a panel, at scale 1
    PanelId id;
    int32_t least, most; // heights
} Measure;

enum { MARGIN = 16, GAP = 12, HEADER = 44, TIMELINE = 40, CONTROLS = 44, HUD = 88 };
enum { COLUMN_LEAST = 300, COLUMN_MOST = 460, MEASURES_MAX = 8 };

// In the order of importance; where there is room for all, they stand in the order of their ids.
static const Measure about_world[] = {
    {PANEL_ACHIEVEMENTS, 236, 250}, {PANEL_EPISODE, 84, 84}, {PANEL_MAP, 160, 4000}};
static const Measure about_agent[] = {{PANEL_ACTIONS, 270, 362},
                                      {PANEL_VALUE, 96, 4000},
                                      {PANEL_EXPECTS, 98, 112},
                                      {PANEL_ENTROPY, 76, 130}};
static const Measure about_both[] = {{PANEL_ACHIEVEMENTS, 236, 250}, {PANEL_VALUE, 96, 4000},
                                     {PANEL_EXPECTS, 98, 112},       {PANEL_EPISODE, 84, 84},
                                     {PANEL_ACTIONS, 270, 362},      {PANEL_MAP, 160, 4000},
                                     {PANEL_ENTROPY, 76, 130}};

typedef struct Making {
    const LayoutNeeds* needs;
    Layout* layout;
} Making;

static int32_t px(const Making* making, int32_t points) {
    return (int32_t)lround(points * making->needs->scale);
}

bool box_holds(const Box* box, int32_t x, int32_t y) {
    return x >= box->x && y >= box->y && x < box->x + box->width && y < box->y + box->height;
}

double layout_scale(int32_t width, int32_t height, double pixel_ratio) {
    double points_wide = width / pixel_ratio, points_high = height / pixel_ratio;
    double fits = fmin(points_wide / 1280, points_high / 800);
    double steps = floor(fits * 4) / 4;
    return pixel_ratio * fmin(fmax(steps, 1), 3);
}

int64_t layout_step_at(const Box* bar, int64_t length, int32_t x) {
    if (bar->width < 2 || x <= bar->x) {
        return 0;
    }
    if (x >= bar->x + bar->width - 1) {
        return length;
    }
    return (int64_t)llround((double)(x - bar->x) / (bar->width - 1) * (double)length);
}

int32_t layout_x_of(const Box* bar, int64_t length, int64_t step) {
    double share = length > 0 ? (double)step / (double)length : 0;
    return bar->x + (int32_t)lround(share * (bar->width - 1));
}

// ---------------------------------------------------------------- columns of panels
// Which of the panels fit into a height; returns how many.
static int32_t choose(const Making* making, const Measure* measures, int32_t count, int32_t height,
                      Measure* chosen) {
    int32_t used = 0, kept = 0;
    for (int32_t i = 0; i < count; i++) {
        const int32_t gap = kept ? px(making, GAP) : 0, least = px(making, measures[i].least);
        if (making->needs->has[measures[i].id] && used + gap + least <= height) {
            chosen[kept++] = measures[i];
            used += gap + least;
        }
    }
    for (int32_t i = 1; i < kept; i++) { // into the order of ids
        for (int32_t j = i; j > 0 && chosen[j - 1].id > chosen[j].id; j--) {
            Measure swapped = chosen[j];
            chosen[j] = chosen[j - 1];
            chosen[j - 1] = swapped;
        }
    }
    return kept;
}

// Stacks panels in a column; what is left over goes to those that can use it.
static void stack(const Making* making, const Measure* measures, int32_t count, const Box* column) {
    Measure chosen[MEASURES_MAX];
    const int32_t kept = choose(making, measures, count, column->height, chosen);
    int32_t height[MEASURES_MAX], left = column->height - (kept - 1) * px(making, GAP);
    for (int32_t i = 0; i < kept; i++) {
        height[i] = px(making, chosen[i].least);
        left -= height[i];
    }
    for (int32_t i = 0; i < kept; i++) { // first to those with a measure, then to the greedy
        int32_t most = px(making, chosen[i].most), more = most - height[i];
        more = chosen[i].most >= 4000 ? 0 : more < left ? more : left;
        height[i] += more;
        left -= more;
    }
    for (int32_t i = 0; i < kept; i++) {
        if (chosen[i].most >= 4000) {
            height[i] += left;
            left = 0;
        }
    }
    int32_t y = column->y;
    for (int32_t i = 0; i < kept; i++) {
        making->layout->panel[chosen[i].id] = (Box){column->x, y, column->width, height[i]};
        y += height[i] + px(making, GAP);
    }
}

#define STACK(making, table, column)                                                               \
    stack(making, table, (int32_t)(sizeof(table) / sizeof(table)[0]), column)

// ---------------------------------------------------------------- the world
// Sets cell and zoom to the largest whole size that fits; false: not even one pixel per cell does.
static bool fit_world(const LayoutNeeds* needs, int32_t width, int32_t height, Layout* layout) {
    int32_t across = width / needs->view_columns, down = height / needs->view_rows;
    int32_t cell = across < down ? across : down;
    layout->cell = cell < LAYOUT_CELL ? cell : LAYOUT_CELL;
    layout->zoom = cell / LAYOUT_CELL > 1 ? cell / LAYOUT_CELL : 1;
    return cell >= 1;
}

static void place_world(const LayoutNeeds* needs, const Box* room, Layout* layout) {
    layout->panel[PANEL_WORLD] = *room;
    layout->world = (Box){0};
    if (!fit_world(needs, room->width, room->height, layout)) {
        layout->panel[PANEL_WORLD] = (Box){0};
        return;
    }
    int32_t width = layout->cell * layout->zoom * needs->view_columns;
    int32_t height = layout->cell * layout->zoom * needs->view_rows;
    layout->world = (Box){room->x + (room->width - width) / 2,
                          room->y + (room->height - height) / 2, width, height};
}

// The world with health and inventory below it, as in the game.
static void place_game(const Making* making, Box room) {
    Layout* layout = making->layout;
    const int32_t gap = px(making, GAP), hud = px(making, HUD);
    const int32_t both_least = px(making, 420), least_world = 2 * LAYOUT_CELL;
    Box world = room;
    layout->panel[PANEL_VITALS] = layout->panel[PANEL_INVENTORY] = (Box){0};
    if (room.width < px(making, 200) ||
        room.height - hud - gap < least_world * making->needs->view_rows) {
        place_world(making->needs, &world, layout);
        return;
    }
    world.height -= hud + gap;
    place_world(making->needs, &world, layout);
    int32_t wide = room.width < both_least ? room.width : both_least;
    wide = layout->world.width > wide ? layout->world.width : wide;
    int32_t used = layout->world.height + gap + hud; // the whole stands in the middle
    world.y = room.y + (room.height - used) / 2;
    world.height = layout->world.height;
    place_world(making->needs, &world, layout);
    const int32_t x = room.x + (room.width - wide) / 2, y = world.y + world.height + gap;
    const int32_t vitals = wide < both_least ? wide : (wide - gap) * 4 / 9;
    layout->panel[PANEL_VITALS] = (Box){x, y, vitals, hud};
    if (vitals < wide) {
        layout->panel[PANEL_INVENTORY] = (Box){x + vitals + gap, y, wide - vitals - gap, hud};
    }
}

// ---------------------------------------------------------------- timeline and buttons
static void place_controls(const Making* making) {
    static const int32_t widths[CONTROL_COUNT] = {36, 36, 52, 36, 36, 30, 58, 30, 72};
    Layout* layout = making->layout;
    const Box bar = layout->panel[PANEL_CONTROLS];
    const int32_t height = px(making, 30), y = bar.y + (bar.height - height) / 2;
    int32_t x = bar.x;
    for (int32_t i = 0; i < CONTROL_COUNT; i++) {
        x += i == CONTROL_SLOWER ? px(making, 14) : 0;
        layout->control[i] = (Box){x, y, px(making, widths[i]), height};
        x += px(making, widths[i] + 4);
    }
    Box* help = &layout->control[CONTROL_HELP];
    help->x = bar.x + bar.width - help->width;
}

static Box place_bars(const Making* making) {
    const LayoutNeeds* needs = making->needs;
    Layout* layout = making->layout;
    const int32_t margin = px(making, MARGIN), width = needs->width - 2 * margin;
    const int32_t header = px(making, HEADER), controls = px(making, CONTROLS);
    const int32_t timeline = px(making, TIMELINE);
    layout->panel[PANEL_HEADER] = (Box){margin, 0, width, header};
    layout->panel[PANEL_CONTROLS] =
        (Box){margin, needs->height - controls - px(making, 4), width, controls};
    layout->panel[PANEL_TIMELINE] =
        (Box){margin, layout->panel[PANEL_CONTROLS].y - timeline, width, timeline};
    const int32_t inset = px(making, 8); // so that marks at the ends stay inside
    layout->track = (Box){margin + inset, layout->panel[PANEL_TIMELINE].y + px(making, 22),
                          width - 2 * inset, px(making, 8)};
    place_controls(making);
    // At the smallest size that a window can have, the world just finds room enlarged by two.
    return (Box){margin, header, width, layout->panel[PANEL_TIMELINE].y - header - px(making, 4)};
}

// ---------------------------------------------------------------- the whole
static bool any_agent(const LayoutNeeds* needs) {
    return needs->has[PANEL_EXPECTS] || needs->has[PANEL_ACTIONS] || needs->has[PANEL_VALUE] ||
           needs->has[PANEL_ENTROPY];
}

// Columns beside the world: as many as leave it half of the width, each as wide as what the world's
// whole-numbered size does not use.
static void place_columns(const Making* making, Box room) {
    const LayoutNeeds* needs = making->needs;
    const int32_t gap = px(making, GAP), least = px(making, COLUMN_LEAST);
    const int32_t most = px(making, COLUMN_MOST), wanted = any_agent(needs) ? 2 : 1;
    const int32_t least_world = 2 * LAYOUT_CELL * needs->view_columns;
    int32_t columns = (room.width - least_world) / (least + gap);
    columns = columns < 0 ? 0 : columns < wanted ? columns : wanted;
    Box game = room;
    game.width -= columns * (least + gap);
    place_game(making, game);
    if (columns == 0) {
        return;
    }
    int32_t used = making->layout->world.width;
    const Box *vitals = &making->layout->panel[PANEL_VITALS],
              *inventory = &making->layout->panel[PANEL_INVENTORY];
    const int32_t hud = inventory->width ? inventory->x + inventory->width - vitals->x : 0;
    used = used > hud ? used : hud;
    int32_t width = (room.width - used) / columns - gap;
    width = width > most ? most : width;
    game.width = room.width - columns * (width + gap);
    place_game(making, game);
    Box column = {game.x + game.width + gap, room.y, width, room.height};
    if (columns == 2) {
        STACK(making, about_world, &column);
        column.x += width + gap;
        STACK(making, about_agent, &column);
    } else {
        STACK(making, about_both, &column);
    }
}

void layout_make(const LayoutNeeds* needs, Layout* layout) {
    *layout = (Layout){.cell = LAYOUT_CELL, .zoom = 1};
    const Making making = {needs, layout};
    if (needs->bare) {
        place_world(needs, &(Box){0, 0, needs->width, needs->height}, layout);
        return;
    }
    Box room = place_bars(&making);
    const bool narrow =
        room.width < px(&making, COLUMN_LEAST + GAP) + 2 * LAYOUT_CELL * needs->view_columns;
    if (narrow && room.height > room.width) { // the panels below the world
        Box game = room;
        game.height = room.height / 2;
        place_game(&making, game);
        Box below = {room.x, game.y + game.height + px(&making, GAP), room.width,
                     room.height - game.height - px(&making, GAP)};
        STACK(&making, about_both, &below);
    } else if (room.height > 0) {
        place_columns(&making, room);
    }
}
