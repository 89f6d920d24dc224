// Lines of text as coverage, made by SDL_ttf from the fonts inside the program and kept for as long
// as they are wanted again.
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { TEXT_WHY = 512 };

typedef enum TextStyle { TEXT_SMALL, TEXT_BODY, TEXT_BOLD, TEXT_LARGE, TEXT_STYLES } TextStyle;

typedef struct TextSet TextSet;

typedef struct TextLine { // there until the next text_line
    int32_t width, height;
    const uint8_t* coverage; // [height, width] 0 .. 255; NULL when the line is empty
} TextLine;

// scale 1: body text of 13 pixels.
bool text_create(double scale, TextSet** set, char why[TEXT_WHY]);
void text_destroy(TextSet* set); // NULL is allowed
// Bytes that are not UTF-8, and control characters, show as question marks.
TextLine text_line(TextSet* set, TextStyle style, const char* text);
int32_t text_height(const TextSet* set, TextStyle style);

// What viz/fonts/embed.sh writes.
typedef struct FontFile {
    const char* name;
    const uint8_t* bytes;
    uint32_t size;
} FontFile;
extern const FontFile font_files[]; // ended by a NULL name
