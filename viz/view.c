#include "viz/view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/theme.h"

struct View {
    ViewOptions options;
    Canvas* canvas;
    Layout layout;
    Art* art;
    CairnConfig shown; // configuration of the world that layout and art are made for
    Thought parts;     // likewise
    Scene scene;
    float* columns;            // [CURVES, 2, width]
    uint64_t key[PANEL_COUNT]; // of what each panel shows
    bool stale;                // everything is to be drawn
    bool helping;              // the help was drawn
    const Track* track;        // of the last drawing
    int64_t step, head;        // likewise
    uint64_t generation;       // grows with every other track or layout
};

static const struct {
    PanelDraw* draw;
    bool card; // on a ground of its own
} panels[PANEL_COUNT] = {
    [PANEL_HEADER] = {panel_header, false},
    [PANEL_WORLD] = {panel_world, false},
    [PANEL_VITALS] = {panel_vitals, true},
    [PANEL_INVENTORY] = {panel_inventory, true},
    [PANEL_EPISODE] = {panel_episode, true},
    [PANEL_ACHIEVEMENTS] = {panel_achievements, true},
    [PANEL_MAP] = {panel_map, true},
    [PANEL_EXPECTS] = {panel_expects, true},
    [PANEL_ACTIONS] = {panel_actions, true},
    [PANEL_VALUE] = {panel_value, true},
    [PANEL_ENTROPY] = {panel_entropy, true},
    [PANEL_TIMELINE] = {panel_timeline, false},
    [PANEL_CONTROLS] = {panel_controls, false},
};

// ---------------------------------------------------------------- create and destroy
bool view_resize(View* view, int32_t width, int32_t height, double scale, char why[SESSION_WHY]) {
    canvas_destroy(view->canvas);
    view->canvas = NULL;
    free(view->columns);
    view->options.width = width, view->options.height = height;
    view->options.scale = scale > 0 ? scale : layout_scale(width, height, 1);
    view->columns = malloc((size_t)width * CURVES * 2 * sizeof(float));
    view->stale = true;
    view->track = NULL; // the layout is made anew
    if (!view->columns) {
        snprintf(why, SESSION_WHY, "out of memory");
        return false;
    }
    return canvas_create(width, height, view->options.scale, &view->canvas, why);
}

bool view_create(const ViewOptions* options, View** view, char why[SESSION_WHY]) {
    *view = NULL;
    View* made = calloc(1, sizeof *made);
    if (!made) {
        snprintf(why, SESSION_WHY, "out of memory");
        return false;
    }
    made->options = *options;
    made->scene.pointer_x = made->scene.pointer_y = -1;
    if (!view_resize(made, options->width, options->height, options->scale, why)) {
        view_destroy(made);
        return false;
    }
    *view = made;
    return true;
}

void view_destroy(View* view) {
    if (view) {
        canvas_destroy(view->canvas);
        art_destroy(view->art);
        free(view->columns);
        free(view);
    }
}

void view_point(View* view, int32_t x, int32_t y) {
    view->scene.pointer_x = x, view->scene.pointer_y = y;
}

void view_show(View* view, bool help, bool note) {
    view->scene.help = help, view->scene.note = note;
}

const Scene* view_scene(const View* view) {
    return &view->scene;
}

SDL_Surface* view_surface(const View* view) {
    return view->canvas->surface;
}

// ---------------------------------------------------------------- layout
static void make_layout(View* view, const CairnConfig* config) {
    const Thought* parts = &view->parts;
    LayoutNeeds needs = {.width = view->options.width,
                         .height = view->options.height,
                         .scale = view->options.scale,
                         .view_columns = cairn_local_columns(config),
                         .view_rows = cairn_local_rows(config),
                         .area_width = config->area_width,
                         .area_height = config->area_height,
                         .bare = view->options.bare};
    for (int panel = 0; panel < PANEL_COUNT; panel++) {
        needs.has[panel] = true;
    }
    needs.has[PANEL_EXPECTS] = parts->has_expects;
    needs.has[PANEL_ACTIONS] = parts->has_probability;
    needs.has[PANEL_VALUE] = parts->has_value;
    needs.has[PANEL_ENTROPY] = parts->has_entropy;
    layout_make(&needs, &view->layout);
}

// Another world, another agent or another size.
static bool fit(View* view, const Session* session, char why[SESSION_WHY]) {
    char message[CAIRN_WHY];
    const CairnConfig* config = cairn_config(track_world(session->track));
    view->parts = session->parts;
    make_layout(view, config);
    art_destroy(view->art);
    if (art_create(config, view->layout.cell, view->options.textures, &view->art, message) !=
        CAIRN_OK) {
        snprintf(why, SESSION_WHY, "%s", message);
        return false;
    }
    view->scene.layout = &view->layout, view->scene.art = view->art;
    view->stale = true;
    view->generation++;
    return true;
}

// ---------------------------------------------------------------- curves
static bool curve_at(const Session* session, Curve which, int64_t step, float* value) {
    Thought thought;
    session_thought(session, step, &thought);
    *value = which == CURVE_VALUE ? thought.value : thought.entropy;
    return which == CURVE_VALUE ? thought.has_value : thought.has_entropy;
}

static int32_t chart_width(const View* view, Curve which) {
    const Box* box = &view->layout.panel[which == CURVE_VALUE ? PANEL_VALUE : PANEL_ENTROPY];
    const int32_t inset = canvas_px(view->canvas, 12), labels = canvas_px(view->canvas, 34);
    const int32_t width = box->width - 2 * inset - labels;
    return width > 0 ? width : 0;
}

// Lowest and highest value of each pixel column.
static void make_curve(View* view, const Session* session, Curve which) {
    CurveColumns* curve = &view->scene.curve[which];
    const size_t room = (size_t)view->options.width;
    *curve = (CurveColumns){.columns = chart_width(view, which),
                            .length = scene_axis(session),
                            .low = view->columns + 2 * room * which,
                            .high = view->columns + 2 * room * which + room,
                            .least = INFINITY,
                            .most = -INFINITY};
    for (int32_t i = 0; i < curve->columns; i++) {
        curve->low[i] = curve->high[i] = NAN;
    }
    const Box bar = {0, 0, curve->columns, 1};
    for (int64_t t = 0; curve->columns && t <= session_length(session); t++) {
        float value = 0;
        if (curve_at(session, which, t, &value)) {
            const int32_t i = layout_x_of(&bar, curve->length, t);
            curve->low[i] = fminf(curve->low[i], value); // of NaN and a number, the number
            curve->high[i] = fmaxf(curve->high[i], value);
            curve->least = fminf(curve->least, value), curve->most = fmaxf(curve->most, value);
        }
    }
}

// ---------------------------------------------------------------- the moment
static void take_moment(Scene* scene) {
    const Session* session = scene->session;
    Moment* moment = &scene->moment;
    moment->step = session->playback.position;
    moment->now = track_step(session->track, moment->step);
    moment->semantic = art_semantic(scene->art);
    moment->daylight = cairn_daylight(track_world(session->track), 0);
    cairn_observe_world(track_world(session->track), 0,
                        &(CairnOutput){.inventory = moment->inventory});
    moment->unlocked = 0;
    for (int32_t a = 0; a < CAIRN_ACHIEVEMENTS; a++) {
        const int64_t at = track_unlock_step(session->track, a);
        moment->unlocked |= (uint32_t)(at >= 0 && at <= moment->step) << a;
    }
    session_thought(session, moment->step, &moment->thought);
    moment->next_action = session_next_action(session, moment->step);
}

static bool look(View* view, const Session* session, char why[SESSION_WHY]) {
    char message[CAIRN_WHY];
    view->scene.session = session;
    const bool other = view->track != session->track;
    if (other && !fit(view, session, why)) {
        return false;
    }
    const int64_t step = session->playback.position, head = track_head(session->track);
    if (other || view->step != step || view->head != head) {
        if (art_look(view->art, session->track, message) != CAIRN_OK) {
            snprintf(why, SESSION_WHY, "%s", message);
            return false;
        }
        take_moment(&view->scene);
    }
    if (other || (session->live && view->head != head)) {
        make_curve(view, session, CURVE_VALUE);
        make_curve(view, session, CURVE_ENTROPY);
    }
    view->track = session->track, view->step = step, view->head = head;
    return true;
}

// ---------------------------------------------------------------- what has changed
typedef struct Hash {
    uint64_t value;
} Hash;

static void mix(Hash* hash, const void* bytes, size_t size) {
    const unsigned char* at = bytes;
    for (size_t i = 0; i < size; i++) {
        hash->value = (hash->value ^ at[i]) * UINT64_C(1099511628211);
    }
}

static void mix_number(Hash* hash, int64_t number) {
    mix(hash, &number, sizeof number);
}

// Two moments that look the same in a panel have the same key.
static uint64_t panel_key(const View* view, PanelId panel) {
    const Scene* scene = &view->scene;
    const Session* session = scene->session;
    const Moment* moment = &scene->moment;
    Hash hash = {UINT64_C(14695981039346656037)};
    mix_number(&hash, (int64_t)view->generation);
    const bool over = box_holds(&view->layout.panel[panel], scene->pointer_x, scene->pointer_y);
    switch (panel) {
    case PANEL_HEADER:
        mix_number(&hash, session->notes * 4 + scene->note * 2 + session->human);
        break;
    case PANEL_VITALS:
        mix(&hash, moment->inventory, CAIRN_SAPLING);
        break;
    case PANEL_INVENTORY:
        mix(&hash, moment->inventory + CAIRN_SAPLING, CAIRN_ITEMS - CAIRN_SAPLING);
        break;
    case PANEL_CONTROLS:
        mix_number(&hash, session->playback.playing + 2 * session->playback.speed);
        mix_number(&hash, moment->step == 0 ? 1 : session_ended(session) ? 2 : 3);
        for (int i = 0; i < CONTROL_COUNT; i++) {
            mix_number(&hash,
                       box_holds(&view->layout.control[i], scene->pointer_x, scene->pointer_y));
        }
        break;
    case PANEL_ACHIEVEMENTS:
        mix_number(&hash, moment->unlocked);
        mix_number(&hash, moment->now->unlocked ? moment->step : -1);
        break;
    case PANEL_TIMELINE:
        mix_number(&hash, over ? scene->pointer_x : -1);
        mix_number(&hash, moment->step);
        mix_number(&hash, view->head);
        break;
    default:
        mix_number(&hash, moment->step);
        mix_number(&hash, view->head);
        mix_number(&hash, moment->next_action);
        break;
    }
    return hash.value;
}

static void draw_panel(View* view, PanelId panel) {
    const Box* box = &view->layout.panel[panel];
    canvas_clip(view->canvas, box);
    canvas_fill(view->canvas, *box, panels[panel].card ? COLOR_CARD : COLOR_GROUND);
    panels[panel].draw(view->canvas, box, &view->scene);
    canvas_clip(view->canvas, NULL);
}

bool view_draw(View* view, const Session* session, Box* changed, int32_t* count,
               char why[SESSION_WHY]) {
    *count = 0;
    if (!look(view, session, why)) {
        return false;
    }
    const Box whole = {0, 0, view->options.width, view->options.height};
    if (view->helping || view->scene.help) { // it lies over everything
        view->stale = true;
    }
    const bool all = view->stale;
    if (all) {
        canvas_fill(view->canvas, whole, COLOR_GROUND);
        changed[(*count)++] = whole;
    }
    for (int panel = 0; panel < PANEL_COUNT; panel++) {
        const uint64_t key = panel_key(view, (PanelId)panel);
        if (view->layout.panel[panel].width == 0 || (!all && key == view->key[panel])) {
            continue;
        }
        draw_panel(view, (PanelId)panel);
        view->key[panel] = key;
        if (!all) {
            changed[(*count)++] = view->layout.panel[panel];
        }
    }
    if (view->scene.help) {
        panel_help(view->canvas, &whole, &view->scene);
    }
    view->helping = view->scene.help;
    view->stale = false;
    return true;
}
