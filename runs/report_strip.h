// A strip of pictures from an agent's best recorded episode: its first moment, every unlock, its
// last.
#pragma once
#include "runs/report.h"

enum { STRIP_FRAMES = 24, STRIP_CAPTION = 160 };

typedef struct StripFrame {
    int64_t step; // done when the picture was taken
    char caption[STRIP_CAPTION];
    unsigned char* png; // [png_size] owned
    size_t png_size;
} StripFrame;

typedef struct Strip {
    char file[256]; // cleaned for display
    double reward;
    int64_t length, seed;
    uint64_t episode;
    int unlocked;
    int width, height; // of the pictures
    size_t unreadable; // files beside it that could not be read
    size_t count;      // 0: no episode was recorded
    StripFrame frame[STRIP_FRAMES];
} Strip;

// Looks through episodes/ of the runs' folders; the best is that of the largest reward. false: out
// of memory.
bool strip_create(const ReportRun* runs, size_t count, Strip* strip);
void strip_destroy(Strip* strip);
