// The whole world: what the player has seen in full light, the rest dim, and the way it went.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "viz/scene.h"
#include "viz/theme.h"

enum { PATH_STEPS = 20000 }; // of the way behind, at most

typedef struct MapPlace {
    Box box;        // of the map itself
    int32_t zoom;   // pixels per cell, >= 1
    int32_t shrink; // cells per pixel where the world is larger than its box, >= 1
} MapPlace;

static MapPlace place_map(const Box* room, const CairnConfig* config) {
    MapPlace place = {.zoom = 1, .shrink = 1};
    const int32_t across = room->width / config->area_width;
    const int32_t down = room->height / config->area_height;
    place.zoom = across < down ? across : down;
    if (place.zoom < 1) {
        place.zoom = 1;
        while (config->area_width / place.shrink > room->width ||
               config->area_height / place.shrink > room->height) {
            place.shrink++;
        }
    }
    const int32_t width = config->area_width / place.shrink * place.zoom;
    const int32_t height = config->area_height / place.shrink * place.zoom;
    place.box = (Box){room->x + (room->width - width) / 2, room->y + (room->height - height) / 2,
                      width, height};
    return place;
}

static Box cell_box(const MapPlace* place, int32_t x, int32_t y) {
    return (Box){place->box.x + x / place->shrink * place->zoom,
                 place->box.y + y / place->shrink * place->zoom, place->zoom, place->zoom};
}

static uint32_t dimmed(uint32_t color) { // a third of it over the card
    uint32_t out = 0;
    for (int shift = 0; shift < 24; shift += 8) {
        const uint32_t own = color >> shift & 255, ground = (uint32_t)COLOR_CARD >> shift & 255;
        out |= (own + 2 * ground) / 3 << shift;
    }
    return out;
}

static int64_t draw_cells(Canvas* canvas, const MapPlace* place, const Scene* scene) {
    const CairnConfig* config = cairn_config(track_world(scene->session->track));
    const int32_t* seen = track_seen(scene->session->track);
    int64_t count = 0;
    for (int32_t x = 0; x < config->area_width; x++) {
        for (int32_t y = 0; y < config->area_height; y++) {
            const size_t cell = (size_t)x * (size_t)config->area_height + (size_t)y;
            const bool lit = seen[cell] <= scene->moment.step;
            count += lit;
            if (x % place->shrink == 0 && y % place->shrink == 0) {
                const uint32_t color = art_map_color(scene->art, scene->moment.semantic[cell]);
                canvas_fill(canvas, cell_box(place, x, y), lit ? color : dimmed(color));
            }
        }
    }
    return count;
}

static void draw_path(Canvas* canvas, const MapPlace* place, const Scene* scene) {
    const int64_t step = scene->moment.step;
    const int64_t first = step > PATH_STEPS ? step - PATH_STEPS : 0;
    const TrackStep* last = NULL;
    for (int64_t t = first; t <= step; t++) {
        const TrackStep* at = track_step(scene->session->track, t);
        if (last && at->x == last->x && at->y == last->y) {
            continue;
        }
        last = at;
        Box dot = cell_box(place, at->x, at->y);
        const int32_t inset = place->zoom / 4;
        dot.x += inset, dot.y += inset, dot.width -= 2 * inset, dot.height -= 2 * inset;
        canvas_blend(canvas, dot, COLOR_TEXT, 120); // light where it went, lighter where often
    }
}

static void frame(Canvas* canvas, Box box, uint32_t color) {
    canvas_fill(canvas, (Box){box.x, box.y, box.width, 1}, color);
    canvas_fill(canvas, (Box){box.x, box.y + box.height - 1, box.width, 1}, color);
    canvas_fill(canvas, (Box){box.x, box.y, 1, box.height}, color);
    canvas_fill(canvas, (Box){box.x + box.width - 1, box.y, 1, box.height}, color);
}

// The player, and what it sees right now.
static void draw_player(Canvas* canvas, const MapPlace* place, const Scene* scene) {
    const CairnConfig* config = cairn_config(track_world(scene->session->track));
    const int32_t columns = cairn_local_columns(config), rows = cairn_local_rows(config);
    const TrackStep* now = scene->moment.now;
    Box view = {place->box.x + (now->x - columns / 2) * place->zoom / place->shrink,
                place->box.y + (now->y - rows / 2) * place->zoom / place->shrink,
                columns * place->zoom / place->shrink, rows * place->zoom / place->shrink};
    frame(canvas, view, COLOR_TEXT);
    Box player = cell_box(place, now->x, now->y);
    const int32_t around = place->zoom > 2 ? 1 : 2;
    player.x -= around, player.y -= around, player.width += 2 * around, player.height += 2 * around;
    canvas_fill(canvas, player, COLOR_GROUND);
    player.x++, player.y++, player.width -= 2, player.height -= 2;
    canvas_fill(canvas, player, COLOR_RED);
}

void panel_map(Canvas* canvas, const Box* box, const Scene* scene) {
    const CairnConfig* config = cairn_config(track_world(scene->session->track));
    const Box inner = panel_title(canvas, box, "Map", NULL);
    const MapPlace place = place_map(&inner, config);
    const Box whole = canvas->clip;
    canvas_clip(canvas, &place.box);
    const int64_t seen = draw_cells(canvas, &place, scene);
    draw_path(canvas, &place, scene);
    draw_player(canvas, &place, scene);
    canvas_clip(canvas, &whole);
    char text[64];
    const double cells = (double)config->area_width * (double)config->area_height;
    snprintf(text, sizeof text, "%.0f %% seen", 100 * (double)seen / cells);
    panel_title(canvas, box, "", text);
}
