// The keys, over everything else.
#include "viz/keys.h"
#include "viz/scene.h"
#include "viz/theme.h"

enum { ROWS_MAX = 64 };

static int32_t shown_keys(const Session* session, const KeyBinding* shown[ROWS_MAX]) {
    int32_t count = 0, kept = 0;
    const KeyBinding* table = keys_table(&count);
    for (int32_t i = 0; i < count && kept < ROWS_MAX; i++) {
        if (keys_shown(session, &table[i])) {
            shown[kept++] = &table[i];
        }
    }
    return kept;
}

static void help_row(Canvas* canvas, const Box* row, int32_t keys_width, const KeyBinding* key) {
    const int32_t y = row->y + (row->height - canvas_text_height(canvas, TEXT_BODY)) / 2;
    canvas_text(canvas, TEXT_BOLD, row->x, y, COLOR_ACCENT, key->shown);
    canvas_text_in(canvas, TEXT_BODY, row->x + keys_width, y, row->width - keys_width, COLOR_TEXT,
                   key->help);
}

static const char* footing(const Session* session) {
    return session->human ? "Gamepad: stick or cross moves, A acts, B sleeps, X stone, Y table, LB "
                            "plant, RB furnace; with LT pickaxes, with RT swords. Esc closes this."
                          : "The mouse: click or drag on the timeline, click the buttons. Esc "
                            "closes this.";
}

// As many lines as the text needs; returns the y below them.
static int32_t wrapped(Canvas* canvas, const Box* box, const char* text) {
    char line[512];
    size_t used = 0;
    int32_t y = box->y;
    for (const char* at = text;; at++) {
        line[used] = '\0';
        const bool end = *at == '\0';
        if (end || canvas_text_width(canvas, TEXT_SMALL, line) > box->width) {
            size_t cut = used;
            while (!end && cut > 1 && line[cut - 1] != ' ') {
                cut--;
            }
            at -= used - cut;
            line[cut] = '\0';
            canvas_text(canvas, TEXT_SMALL, box->x, y, COLOR_SOFT, line);
            y += canvas_text_height(canvas, TEXT_SMALL);
            used = 0;
            if (end) {
                return y;
            }
        }
        line[used++] = *at;
    }
}

void panel_help(Canvas* canvas, const Box* box, const Scene* scene) {
    const KeyBinding* shown[ROWS_MAX];
    const int32_t count = shown_keys(scene->session, shown);
    const int32_t inset = canvas_px(canvas, 24), margin = canvas_px(canvas, 12);
    const int32_t head = canvas_px(canvas, 40), foot = canvas_px(canvas, 44);
    int32_t width = canvas_px(canvas, 660), row_height = canvas_px(canvas, 24);
    width = width < box->width - 2 * margin ? width : box->width - 2 * margin;
    const int32_t rows = count > 1 ? (count + 1) / 2 : 1;
    int32_t height = 2 * inset + head + rows * row_height + foot;
    if (height > box->height - 2 * margin) {
        height = box->height - 2 * margin;
        row_height = (height - 2 * inset - head - foot) / rows;
    }
    canvas_blend(canvas, *box, COLOR_GROUND, 190);
    const Box card = {box->x + (box->width - width) / 2, box->y + (box->height - height) / 2, width,
                      height};
    canvas_fill(canvas, card, COLOR_CARD);
    canvas_text(canvas, TEXT_LARGE, card.x + inset, card.y + inset, COLOR_TEXT, "Keys");
    const int32_t column = (width - 2 * inset - margin) / 2, keys = canvas_px(canvas, 92);
    for (int32_t i = 0; i < count; i++) {
        const Box row = {card.x + inset + i / rows * (column + margin),
                         card.y + inset + head + i % rows * row_height, column, row_height};
        help_row(canvas, &row, keys, shown[i]);
    }
    const Box below = {card.x + inset, card.y + inset + head + rows * row_height + margin,
                       width - 2 * inset, foot};
    wrapped(canvas, &below, footing(scene->session));
}
