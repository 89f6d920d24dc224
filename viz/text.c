#include "viz/text.h"

#include <SDL_ttf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Lines kept, by a hash of their text: another line of the same place takes it.
enum { LINES = 1024, LINE_BYTES = 512 };

typedef struct Kept {
    TextStyle style;
    char* text;
    TextLine line;
    uint8_t* coverage;
} Kept;

struct TextSet {
    TTF_Font* font[TEXT_STYLES];
    Kept kept[LINES];
};

static const struct {
    const char* file;
    double points;
} styles[TEXT_STYLES] = {
    [TEXT_SMALL] = {"Inter-Regular.otf", 11.5},
    [TEXT_BODY] = {"Inter-Regular.otf", 13},
    [TEXT_BOLD] = {"Inter-SemiBold.otf", 13},
    [TEXT_LARGE] = {"Inter-SemiBold.otf", 17},
};

static TTF_Font* open_font(TextStyle style, double scale) {
    const FontFile* file = font_files;
    while (file->name && strcmp(file->name, styles[style].file) != 0) {
        file++;
    }
    if (!file->name) {
        return NULL;
    }
    SDL_RWops* bytes = SDL_RWFromConstMem(file->bytes, (int)file->size);
    int size = (int)lround(styles[style].points * scale);
    TTF_Font* font = bytes ? TTF_OpenFontRW(bytes, 1, size) : NULL;
    if (font) {
        TTF_SetFontHinting(font, TTF_HINTING_LIGHT);
    }
    return font;
}

bool text_create(double scale, TextSet** set, char why[TEXT_WHY]) {
    *set = NULL;
    if (TTF_Init() != 0) {
        snprintf(why, TEXT_WHY, "SDL_ttf cannot start: %s", TTF_GetError());
        return false;
    }
    TextSet* made = calloc(1, sizeof *made);
    bool fine = made != NULL;
    for (int style = 0; fine && style < TEXT_STYLES; style++) {
        made->font[style] = open_font((TextStyle)style, scale);
        fine = made->font[style] != NULL;
    }
    if (!fine) {
        snprintf(why, TEXT_WHY, "cannot open the program's own font: %s", TTF_GetError());
        text_destroy(made);
        TTF_Quit();
        return false;
    }
    *set = made;
    return true;
}

static void forget(Kept* kept) {
    free(kept->text);
    free(kept->coverage);
    *kept = (Kept){0};
}

void text_destroy(TextSet* set) {
    if (!set) {
        return;
    }
    for (int i = 0; i < LINES; i++) {
        forget(&set->kept[i]);
    }
    for (int style = 0; style < TEXT_STYLES; style++) {
        if (set->font[style]) {
            TTF_CloseFont(set->font[style]);
        }
    }
    free(set);
    TTF_Quit();
}

// Length of the UTF-8 character at `at`, or 0 when there is none.
static int character_bytes(const unsigned char* at) {
    int length = at[0] < 0x80 ? 1 : at[0] >> 5 == 6 ? 2 : at[0] >> 4 == 14 ? 3 : 0;
    for (int i = 1; i < length; i++) {
        if (at[i] >> 6 != 2) {
            return 0;
        }
    }
    return at[0] < ' ' || at[0] == 0x7f ? 0 : length;
}

static void clean(const char* text, char out[LINE_BYTES]) {
    size_t used = 0;
    for (const unsigned char* at = (const unsigned char*)text; *at && used + 4 < LINE_BYTES;) {
        int length = character_bytes(at);
        if (length == 0) {
            out[used++] = '?';
            at++;
            continue;
        }
        memcpy(out + used, at, (size_t)length);
        used += (size_t)length;
        at += length;
    }
    out[used] = '\0';
}

static void take_coverage(Kept* kept, SDL_Surface* surface) {
    kept->line.width = surface->w;
    kept->coverage = malloc((size_t)surface->w * (size_t)surface->h);
    if (kept->coverage) {
        for (int y = 0; y < surface->h; y++) {
            const uint32_t* row = (const uint32_t*)((const uint8_t*)surface->pixels +
                                                    (size_t)y * (size_t)surface->pitch);
            for (int x = 0; x < surface->w; x++) {
                kept->coverage[y * surface->w + x] = (uint8_t)(row[x] >> 24);
            }
        }
    }
    kept->line.height = surface->h;
    kept->line.coverage = kept->coverage;
}

TextLine text_line(TextSet* set, TextStyle style, const char* text) {
    uint32_t hash = 2166136261u + (uint32_t)style;
    for (const char* at = text; *at; at++) {
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    }
    Kept* kept = &set->kept[(hash ^ hash >> 16) % LINES];
    if (kept->text && kept->style == style && strcmp(kept->text, text) == 0) {
        return kept->line;
    }
    forget(kept);
    char shown[LINE_BYTES];
    clean(text, shown);
    kept->line.height = text_height(set, style);
    SDL_Surface* surface =
        shown[0] ? TTF_RenderUTF8_Blended(set->font[style], shown, (SDL_Color){255, 255, 255, 255})
                 : NULL;
    if (surface) {
        take_coverage(kept, surface);
        SDL_FreeSurface(surface);
    }
    kept->style = style;
    kept->text = strdup(text);
    return kept->line;
}

int32_t text_height(const TextSet* set, TextStyle style) {
    return TTF_FontHeight(set->font[style]);
}
