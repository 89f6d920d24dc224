// Files that appear whole or not at all: written under a temporary name beside the final one.
#pragma once
#include <SDL.h>
#include <stdbool.h>
#include <stdint.h>

enum { OUTPUT_WHY = 512, OUTPUT_PATH = 4096 };

typedef struct Output {
    char path[OUTPUT_PATH], temporary[OUTPUT_PATH];
    int descriptor; // of the temporary file, open for writing; -1 once given away
} Output;

// Failures leave one line in why that names the file, and no temporary file.
bool output_begin(const char* path, Output* output, char why[OUTPUT_WHY]);
bool output_commit(Output* output, char why[OUTPUT_WHY]);
void output_abandon(Output* output);

// A canvas's surface as a PNG file. Same pixels, same bytes.
bool output_png(const char* path, const SDL_Surface* surface, char why[OUTPUT_WHY]);
