// The game's own panels: the world, what the player has, what was achieved.
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "viz/scene.h"
#include "viz/theme.h"

Box panel_title(Canvas* canvas, const Box* box, const char* title, const char* right) {
    const int32_t inset = canvas_px(canvas, 12), line = canvas_text_height(canvas, TEXT_BOLD);
    const int32_t y = box->y + canvas_px(canvas, 8);
    int32_t used = canvas_text(canvas, TEXT_BOLD, box->x + inset, y, COLOR_SOFT, title);
    const int32_t left = box->width - 2 * inset - used - canvas_px(canvas, 8);
    if (right && canvas_text_width(canvas, TEXT_BODY, right) <= left) {
        canvas_text_right(canvas, TEXT_BODY, box->x + box->width - inset, y, COLOR_TEXT, right);
    }
    const int32_t head = canvas_px(canvas, 8 + 6) + line;
    return (Box){box->x + inset, box->y + head, box->width - 2 * inset,
                 box->height - head - canvas_px(canvas, 10)};
}

void panel_name(const char* name, char out[64]) {
    snprintf(out, 64, "%s", name ? name : "");
    out[0] = (char)toupper((unsigned char)out[0]);
    for (char* at = out; *at; at++) {
        *at = *at == '_' ? ' ' : *at;
    }
}

// ---------------------------------------------------------------- header
// The last part, whose end a slash may follow ("runs/first/"), as many letters as a header shows.
static void file_name(const char* path, char name[300]) {
    size_t end = strlen(path), begin;
    while (end > 1 && path[end - 1] == '/') {
        end--;
    }
    for (begin = end; begin > 0 && path[begin - 1] != '/'; begin--) {
    }
    snprintf(name, 300, "%.*s", (int)(end - begin), path + begin);
}

static void grouped(int64_t count, char out[32]) { // "1,001,472"; count >= 0
    char digits[32];
    const int length = snprintf(digits, sizeof digits, "%" PRId64, count);
    size_t used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            out[used++] = ',';
        }
        out[used++] = digits[i];
    }
    out[used] = '\0';
}

static void header_left(const Session* session, char strong[64], char soft[SESSION_WHY]) {
    const SessionOptions* options = &session->options;
    char name[300], steps[32];
    if (session->episode) {
        snprintf(strong, 64, "Replay");
        file_name(options->path[session->path_index], name);
        snprintf(soft, SESSION_WHY, "%s", name);
    } else if (options->mode == SESSION_WATCH) {
        snprintf(strong, 64, "%s", session->human ? "You play" : "Agent plays");
        file_name(options->checkpoint, name);
        grouped(session_live_trained(session), steps);
        snprintf(soft, SESSION_WHY, "%s, trained for %s steps", name, steps);
    } else {
        snprintf(strong, 64, "You play");
        snprintf(soft, SESSION_WHY, "%s%s%.300s",
                 session->realtime ? "the world goes on" : "the world waits for you",
                 options->record ? ", recording to " : "", options->record ? options->record : "");
    }
}

static void header_right(const Session* session, char out[128]) {
    if (session->episode) {
        int used = snprintf(out, 128, "seed %" PRId64 ", episode %" PRIu64,
                            session->episode->config.seed, session->episode->episode);
        if (session->options.path_count > 1) {
            snprintf(out + used, 128 - (size_t)used, "   file %d of %d", session->path_index + 1,
                     session->options.path_count);
        }
    } else {
        snprintf(out, 128, "seed %" PRId64 ", episode %" PRIu64, session->options.seed,
                 session->number);
    }
}

void panel_header(Canvas* canvas, const Box* box, const Scene* scene) {
    char strong[64], soft[SESSION_WHY], right[128];
    header_left(scene->session, strong, soft);
    header_right(scene->session, right);
    const int32_t gap = canvas_px(canvas, 12);
    const int32_t large = canvas_text_height(canvas, TEXT_LARGE);
    const int32_t body = canvas_text_height(canvas, TEXT_BODY);
    const int32_t y = box->y + (box->height - large) / 2, low = y + (large - body) * 3 / 4;
    int32_t x = box->x + canvas_text(canvas, TEXT_LARGE, box->x, y, COLOR_TEXT, strong) + gap;
    const int32_t right_width = canvas_text_width(canvas, TEXT_BODY, right);
    const int32_t end = box->x + box->width;
    if (right_width < end - x) {
        canvas_text_right(canvas, TEXT_BODY, end, low, COLOR_SOFT, right);
        const bool note = scene->note && scene->session->note[0];
        canvas_text_in(canvas, TEXT_BODY, x, low, end - x - right_width - 2 * gap,
                       note ? COLOR_GOLD : COLOR_SOFT, note ? scene->session->note : soft);
    }
}

// ---------------------------------------------------------------- the world
static void banner(Canvas* canvas, const Scene* scene, const char* text) {
    const Box* world = &scene->layout->world;
    const int32_t height = canvas_text_height(canvas, TEXT_BODY) + canvas_px(canvas, 12);
    const Box strip = {world->x, world->y + world->height - height, world->width, height};
    canvas_blend(canvas, strip, COLOR_GROUND, 215);
    const int32_t inset = canvas_px(canvas, 12);
    canvas_text_in(canvas, TEXT_BODY, strip.x + inset, strip.y + canvas_px(canvas, 6),
                   strip.width - 2 * inset, COLOR_TEXT, text);
}

void panel_world(Canvas* canvas, const Box* box, const Scene* scene) {
    (void)box;
    const Session* session = scene->session;
    int32_t width = 0, height = 0;
    const uint8_t* rgb = art_picture(scene->art, &width, &height);
    canvas_rgb(canvas, scene->layout->world.x, scene->layout->world.y, rgb, width, height,
               scene->layout->zoom);
    if (!session_ended(session)) {
        return;
    }
    char text[160];
    const bool died = track_terminated(session->track);
    const char* how = died                              ? "Died"
                      : track_truncated(session->track) ? "Time is up"
                                                        : "The recording ends";
    const int used =
        snprintf(text, sizeof text, "%s after %" PRId64 " steps.", how, scene->moment.step);
    if (session->live) {
        snprintf(text + used, sizeof text - (size_t)used, " N: the next world.");
    }
    banner(canvas, scene, text);
}

// ---------------------------------------------------------------- vitals and inventory
static uint32_t level_color(int32_t level) {
    return level <= 2 ? COLOR_RED : level <= 4 ? COLOR_GOLD : COLOR_GREEN;
}

static int32_t icon_zoom(const Canvas* canvas, const Icon* icon, double points) {
    int32_t zoom = canvas_px(canvas, points) / (icon->side ? icon->side : 1);
    return zoom > 1 ? zoom : 1;
}

static void vital(Canvas* canvas, const Box* box, const Scene* scene, CairnItem item) {
    const int32_t level = scene->moment.inventory[item];
    const Icon icon = art_icon(scene->art, item);
    const int32_t zoom = icon_zoom(canvas, &icon, 20), side = zoom * icon.side;
    canvas_rgba(canvas, box->x, box->y + (box->height - side) / 2, icon.rgba, icon.side, icon.side,
                zoom, 255);
    const int32_t text = canvas_text_height(canvas, TEXT_BOLD);
    char number[16];
    snprintf(number, sizeof number, "%d", level);
    const int32_t end = box->x + box->width, wide = canvas_text_width(canvas, TEXT_BOLD, "9");
    canvas_text_right(canvas, TEXT_BOLD, end, box->y + (box->height - text) / 2,
                      level <= 2 ? COLOR_RED : COLOR_TEXT, number);
    const int32_t gap = canvas_px(canvas, 8), x = box->x + side + gap;
    const int32_t room = end - wide - gap - x, between = canvas_px(canvas, 2);
    const int32_t part = (room - 8 * between) / 9, height = canvas_px(canvas, 8);
    for (int32_t i = 0; i < 9 && part > 0; i++) {
        const Box segment = {x + i * (part + between), box->y + (box->height - height) / 2, part,
                             height};
        canvas_fill(canvas, segment, i < level ? level_color(level) : COLOR_RAISED);
    }
}

void panel_vitals(Canvas* canvas, const Box* box, const Scene* scene) {
    static const CairnItem items[] = {CAIRN_HEALTH, CAIRN_FOOD, CAIRN_DRINK, CAIRN_ENERGY};
    const int32_t inset = canvas_px(canvas, 12), edge = canvas_px(canvas, 7);
    const int32_t height = (box->height - 2 * edge) / 4;
    for (int32_t i = 0; i < 4; i++) {
        const Box row = {box->x + inset, box->y + edge + i * height, box->width - 2 * inset,
                         height};
        vital(canvas, &row, scene, items[i]);
    }
}

void panel_inventory(Canvas* canvas, const Box* box, const Scene* scene) {
    const int32_t inset = canvas_px(canvas, 10), edge = canvas_px(canvas, 8);
    const int32_t width = (box->width - 2 * inset) / 6, height = (box->height - 2 * edge) / 2;
    const int32_t text = canvas_text_height(canvas, TEXT_BOLD);
    const int32_t digit = canvas_text_width(canvas, TEXT_BOLD, "9"), gap = canvas_px(canvas, 3);
    for (int32_t i = CAIRN_SAPLING; i < CAIRN_ITEMS; i++) {
        const int32_t at = i - CAIRN_SAPLING, count = scene->moment.inventory[i];
        const Icon icon = art_icon(scene->art, (CairnItem)i);
        int32_t zoom = icon_zoom(canvas, &icon, 32);
        if (zoom > 1 && zoom * icon.side + gap + digit > width) {
            zoom--;
        }
        const int32_t side = zoom * icon.side;
        const int32_t x = box->x + inset + at % 6 * width + (width - side - gap - digit) / 2;
        const int32_t y = box->y + edge + at / 6 * height;
        canvas_rgba(canvas, x, y + (height - side) / 2, icon.rgba, icon.side, icon.side, zoom,
                    count ? 255 : 45);
        if (count) {
            char number[16];
            snprintf(number, sizeof number, "%d", count);
            canvas_text(canvas, TEXT_BOLD, x + side + gap, y + (height - text) / 2, COLOR_TEXT,
                        number);
        }
    }
}

// ---------------------------------------------------------------- numbers
static void number(Canvas* canvas, const Box* box, int32_t place, const char* label,
                   const char* value, uint32_t color) {
    const int32_t width = box->width / 2 - canvas_px(canvas, 10), height = box->height / 2;
    const int32_t x = box->x + place % 2 * (box->width - width), y = box->y + place / 2 * height;
    canvas_text(canvas, TEXT_BODY, x, y, COLOR_SOFT, label);
    canvas_text_right(canvas, TEXT_BODY, x + width, y, color, value);
}

void panel_episode(Canvas* canvas, const Box* box, const Scene* scene) {
    const Moment* moment = &scene->moment;
    char text[64], action[64];
    snprintf(text, sizeof text, "%" PRId64 " of %" PRId64, moment->step,
             session_length(scene->session));
    const Box inner = panel_title(canvas, box, "Step", text);
    const double reward = moment->step > 0 ? moment->now->reward : 0;
    snprintf(text, sizeof text, "%+.1f", reward);
    number(canvas, &inner, 0, "Reward", reward == 0 ? "0" : text,
           reward > 0   ? COLOR_GREEN
           : reward < 0 ? COLOR_RED
                        : COLOR_TEXT);
    snprintf(text, sizeof text, "%.1f", moment->now->total);
    number(canvas, &inner, 1, "Return", text, COLOR_TEXT);
    panel_name(moment->step > 0 ? cairn_action_name(moment->now->action) : "none", action);
    number(canvas, &inner, 2, "Did", action, COLOR_TEXT);
    snprintf(text, sizeof text, "%.0f %%", 100 * moment->daylight);
    number(canvas, &inner, 3, moment->now->sleeping ? "Asleep, light" : "Light", text, COLOR_TEXT);
}

// All names in one size: the smaller one where a long name and its step would not fit.
static TextStyle achievement_style(const Canvas* canvas, int32_t width) {
    return canvas_text_width(canvas, TEXT_BODY, "Make stone pickaxe 10000") <= width ? TEXT_BODY
                                                                                     : TEXT_SMALL;
}

static void achievement(Canvas* canvas, const Box* row, const Scene* scene, int32_t a,
                        TextStyle style) {
    char name[64], step[32];
    panel_name(cairn_achievement_name(a), name);
    const bool done = scene->moment.unlocked >> a & 1;
    const int64_t at = track_unlock_step(scene->session->track, a);
    const bool now = done && at == scene->moment.step && at > 0;
    const int32_t y = row->y + (row->height - canvas_text_height(canvas, style)) / 2;
    int32_t end = row->x + row->width;
    if (done) {
        snprintf(step, sizeof step, "%" PRId64, at);
        end -= canvas_text_width(canvas, style, step);
        canvas_text(canvas, style, end, y, COLOR_GOLD, step);
    }
    canvas_text_in(canvas, style, row->x, y, end - row->x - canvas_px(canvas, 4),
                   now    ? COLOR_GOLD
                   : done ? COLOR_TEXT
                          : COLOR_FAINT,
                   name);
}

void panel_achievements(Canvas* canvas, const Box* box, const Scene* scene) {
    char count[32];
    snprintf(count, sizeof count, "%d of %d", __builtin_popcount(scene->moment.unlocked),
             CAIRN_ACHIEVEMENTS);
    const Box inner = panel_title(canvas, box, "Achievements", count);
    const int32_t rows = CAIRN_ACHIEVEMENTS / 2, gap = canvas_px(canvas, 16);
    const int32_t left = (inner.width - gap) * 46 / 100, right = inner.width - gap - left;
    const TextStyle style = achievement_style(canvas, right);
    for (int32_t a = 0; a < CAIRN_ACHIEVEMENTS; a++) {
        const int32_t top = inner.height * (a % rows) / rows;
        const Box row = {a < rows ? inner.x : inner.x + left + gap, inner.y + top,
                         a < rows ? left : right, inner.height * (a % rows + 1) / rows - top};
        achievement(canvas, &row, scene, a, style);
    }
}
