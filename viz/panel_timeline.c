// The timeline with its marks, and the buttons below it.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "viz/scene.h"
#include "viz/theme.h"

enum { LIVE_AXIS = 200 }; // an episode that goes on is given room

int64_t scene_axis(const Session* session) {
    const int64_t length = session_length(session), least = session->live ? LIVE_AXIS : 1;
    return length > least ? length : least;
}

// ---------------------------------------------------------------- marks
static void draw_mark(Canvas* canvas, const Scene* scene, const TrackMark* mark) {
    const Box* bar = &scene->layout->track;
    const int64_t axis = scene_axis(scene->session);
    const int32_t x = layout_x_of(bar, axis, mark->step);
    const int32_t thick = canvas_px(canvas, 2) > 1 ? canvas_px(canvas, 2) : 1;
    const int32_t below = bar->y + bar->height;
    switch (mark->kind) {
    case TRACK_SLEEP: {
        const int32_t end = layout_x_of(bar, axis, mark->last) + 1;
        canvas_fill(canvas, (Box){x, bar->y, end - x > thick ? end - x : thick, bar->height},
                    COLOR_VIOLET);
        break;
    }
    case TRACK_DAMAGE:
        canvas_fill(canvas, (Box){x, below + thick, thick, canvas_px(canvas, 6)}, COLOR_RED);
        break;
    case TRACK_UNLOCKED:
        canvas_diamond(canvas, x, bar->y - canvas_px(canvas, 5), canvas_px(canvas, 4), COLOR_GOLD);
        break;
    case TRACK_DEATH: {
        const int32_t reach = canvas_px(canvas, 4), middle = bar->y + bar->height / 2;
        for (int32_t i = -reach; i <= reach; i++) {
            canvas_fill(canvas, (Box){x + i - thick / 2, middle + i, thick + 1, 1}, COLOR_RED);
            canvas_fill(canvas, (Box){x + i - thick / 2, middle - i, thick + 1, 1}, COLOR_RED);
        }
        break;
    }
    }
}

// The achievement or death nearest to x, within a few pixels; NULL: none.
static const TrackMark* mark_near(const Canvas* canvas, const Scene* scene, int32_t x) {
    size_t count = 0;
    const TrackMark* mark = track_marks(scene->session->track, &count);
    const TrackMark* nearest = NULL;
    int32_t best = canvas_px(canvas, 6);
    for (size_t i = 0; i < count; i++) {
        if (mark[i].kind == TRACK_UNLOCKED || mark[i].kind == TRACK_DEATH) {
            const int32_t at =
                layout_x_of(&scene->layout->track, scene_axis(scene->session), mark[i].step);
            if (abs(at - x) < best) {
                best = abs(at - x);
                nearest = &mark[i];
            }
        }
    }
    return nearest;
}

int64_t timeline_step(const Scene* scene, int32_t x, int32_t y) {
    const Box* panel = &scene->layout->panel[PANEL_TIMELINE];
    if (!box_holds(panel, x, y)) {
        return -1;
    }
    const int64_t step = layout_step_at(&scene->layout->track, scene_axis(scene->session), x);
    const int64_t length = session_length(scene->session);
    return step < length ? step : length;
}

// What the pointer is at, above the bar.
static void draw_pointed(Canvas* canvas, const Box* box, const Scene* scene) {
    const int64_t step = timeline_step(scene, scene->pointer_x, scene->pointer_y);
    if (step < 0) {
        return;
    }
    char text[128], name[64];
    const TrackMark* mark = mark_near(canvas, scene, scene->pointer_x);
    if (mark && mark->kind == TRACK_DEATH) {
        snprintf(text, sizeof text, "%" PRId64 "  Death", mark->step);
    } else if (mark) {
        panel_name(cairn_achievement_name(mark->achievement), name);
        snprintf(text, sizeof text, "%" PRId64 "  %s", mark->step, name);
    } else {
        snprintf(text, sizeof text, "%" PRId64, step);
    }
    const Box* bar = &scene->layout->track;
    const int32_t width = canvas_text_width(canvas, TEXT_SMALL, text);
    int32_t x = scene->pointer_x - width / 2;
    x = x < bar->x ? bar->x : x;
    x = x + width > bar->x + bar->width ? bar->x + bar->width - width : x;
    canvas_fill(canvas, (Box){x - 4, box->y, width + 8, canvas_text_height(canvas, TEXT_SMALL)},
                COLOR_GROUND);
    canvas_text(canvas, TEXT_SMALL, x, box->y, mark ? COLOR_GOLD : COLOR_TEXT, text);
}

void panel_timeline(Canvas* canvas, const Box* box, const Scene* scene) {
    const Box* bar = &scene->layout->track;
    const int64_t axis = scene_axis(scene->session);
    const int32_t x = layout_x_of(bar, axis, scene->moment.step);
    const int32_t end = layout_x_of(bar, axis, session_length(scene->session));
    canvas_fill(canvas, *bar, COLOR_CARD);
    canvas_fill(canvas, (Box){bar->x, bar->y, end - bar->x + 1, bar->height}, COLOR_LINE);
    canvas_fill(canvas, (Box){bar->x, bar->y, x - bar->x, bar->height}, 0x4a6b8f);
    size_t count = 0;
    const TrackMark* mark = track_marks(scene->session->track, &count);
    for (TrackMarkKind kind = TRACK_DEATH + 1; kind-- > TRACK_UNLOCKED;) { // achievements on top
        for (size_t i = 0; i < count; i++) {
            if (mark[i].kind == kind) {
                draw_mark(canvas, scene, &mark[i]);
            }
        }
    }
    const int32_t thick = canvas_px(canvas, 2), over = canvas_px(canvas, 5);
    canvas_fill(canvas,
                (Box){x - thick / 2, bar->y - over, thick > 1 ? thick : 1, bar->height + 2 * over},
                COLOR_TEXT);
    draw_pointed(canvas, box, scene);
}

// ---------------------------------------------------------------- buttons
static void triangle(Canvas* canvas, int32_t x, int32_t y, int32_t size, int32_t direction,
                     uint32_t color) {
    for (int32_t i = 0; i < size; i++) { // from the tip on
        const int32_t column = direction > 0 ? x + size - 1 - i : x + i;
        const int32_t half = i * size / (size + size / 3 + 1);
        canvas_fill(canvas, (Box){column, y - half, 1, 2 * half + 1}, color);
    }
}

static void symbol(Canvas* canvas, const Box* box, ControlId control, bool playing,
                   uint32_t color) {
    const int32_t size = canvas_px(canvas, 10), x = box->x + (box->width - size) / 2;
    const int32_t y = box->y + box->height / 2, bar = canvas_px(canvas, 3);
    const Box left = {x - bar, y - size / 2, bar, size},
              right = {x + size, y - size / 2, bar, size};
    switch (control) {
    case CONTROL_PREVIOUS:
        canvas_fill(canvas, left, color);
        triangle(canvas, x, y, size, -1, color);
        break;
    case CONTROL_NEXT:
        triangle(canvas, x, y, size, 1, color);
        canvas_fill(canvas, right, color);
        break;
    case CONTROL_BACK:
    case CONTROL_FORWARD:
        triangle(canvas, x, y, size, control == CONTROL_BACK ? -1 : 1, color);
        break;
    case CONTROL_PLAY:
        if (playing) {
            canvas_fill(canvas, (Box){x, y - size / 2, bar, size}, color);
            canvas_fill(canvas, (Box){x + size - bar, y - size / 2, bar, size}, color);
        } else {
            triangle(canvas, x - size / 4, y, size * 3 / 2, 1, color);
        }
        break;
    default:
        break;
    }
}

static void label(Canvas* canvas, const Box* box, uint32_t color, const char* text) {
    const int32_t width = canvas_text_width(canvas, TEXT_BODY, text);
    canvas_text(canvas, TEXT_BODY, box->x + (box->width - width) / 2,
                box->y + (box->height - canvas_text_height(canvas, TEXT_BODY)) / 2, color, text);
}

static bool useless(const Session* session, ControlId control) {
    switch (control) {
    case CONTROL_PREVIOUS:
        return session->episode ? session->path_index == 0 : session->number == 1;
    case CONTROL_NEXT:
        return session->episode && session->path_index + 1 >= session->options.path_count;
    case CONTROL_BACK:
        return session->playback.position == 0;
    case CONTROL_FORWARD:
        return session_ended(session);
    case CONTROL_SLOWER:
        return session->playback.speed == 0;
    case CONTROL_FASTER:
        return session->playback.speed == PLAYBACK_SPEEDS - 1;
    default:
        return false;
    }
}

static void draw_control(Canvas* canvas, const Scene* scene, ControlId control) {
    const Session* session = scene->session;
    const Box* box = &scene->layout->control[control];
    const bool off = useless(session, control);
    if (control != CONTROL_SPEED) {
        const bool over = !off && box_holds(box, scene->pointer_x, scene->pointer_y);
        canvas_fill(canvas, *box, over ? COLOR_HOVER : COLOR_RAISED);
    }
    const uint32_t color = off ? COLOR_FAINT : COLOR_TEXT;
    char speed[32];
    switch (control) {
    case CONTROL_SLOWER:
        label(canvas, box, color, "\u2212");
        break;
    case CONTROL_FASTER:
        label(canvas, box, color, "+");
        break;
    case CONTROL_SPEED:
        snprintf(speed, sizeof speed, "%g\u00d7", playback_factor(session->playback.speed));
        label(canvas, box, COLOR_TEXT, speed);
        break;
    case CONTROL_HELP:
        label(canvas, box, color, "Help  H");
        break;
    default:
        symbol(canvas, box, control, session->playback.playing, color);
        break;
    }
}

// What the marks mean, where there is room.
static void legend(Canvas* canvas, const Scene* scene) {
    static const struct {
        const char* name;
        uint32_t color;
    } entry[] = {{"Achievement", COLOR_GOLD},
                 {"Damage", COLOR_RED},
                 {"Sleep", COLOR_VIOLET},
                 {"Death", COLOR_RED}};
    const Box* faster = &scene->layout->control[CONTROL_FASTER];
    const Box* help = &scene->layout->control[CONTROL_HELP];
    const int32_t gap = canvas_px(canvas, 18), sign = canvas_px(canvas, 16);
    int32_t width = 0;
    for (int i = 0; i < 4; i++) {
        width += sign + canvas_text_width(canvas, TEXT_SMALL, entry[i].name) + gap;
    }
    int32_t x = help->x - width;
    if (x < faster->x + faster->width + gap) {
        return;
    }
    const int32_t height = canvas_text_height(canvas, TEXT_SMALL);
    const int32_t y = help->y + (help->height - height) / 2, middle = help->y + help->height / 2;
    const int32_t small = canvas_px(canvas, 4), thick = canvas_px(canvas, 2);
    for (int i = 0; i < 4; i++) {
        const int32_t center = x + small;
        if (i == 0) {
            canvas_diamond(canvas, center, middle, small, entry[i].color);
        } else if (i == 1) {
            canvas_fill(canvas, (Box){center, middle - small, thick, 2 * small}, entry[i].color);
        } else if (i == 2) {
            canvas_fill(canvas, (Box){x, middle - small, 2 * small, 2 * small}, entry[i].color);
        } else {
            for (int32_t d = -small; d <= small; d++) {
                canvas_fill(canvas, (Box){center + d, middle + d, thick, 1}, entry[i].color);
                canvas_fill(canvas, (Box){center + d, middle - d, thick, 1}, entry[i].color);
            }
        }
        x += sign + canvas_text(canvas, TEXT_SMALL, x + sign, y, COLOR_SOFT, entry[i].name) + gap;
    }
}

void panel_controls(Canvas* canvas, const Box* box, const Scene* scene) {
    (void)box;
    for (int control = 0; control < CONTROL_COUNT; control++) {
        draw_control(canvas, scene, (ControlId)control);
    }
    legend(canvas, scene);
}
