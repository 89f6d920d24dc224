// The command line of cairn-view.
#pragma once
#include "viz/session.h"

enum { OPTIONS_WHY = 512 };

typedef struct ViewerOptions {
    SessionOptions session;
    const char* textures; // folder, or NULL
    int32_t width, height;
    double scale; // 0: what suits the size
    bool bare;
    bool paused;
    int64_t at;             // step to begin with; -1: not given
    const char* screenshot; // file, or NULL
    const char* video;      // likewise
    int64_t from, to;       // of the video; to -1: the last step
    int64_t measure;        // steps to jump to, 0: no
} ViewerOptions;

typedef enum OptionsResult { OPTIONS_GO, OPTIONS_DONE, OPTIONS_WRONG } OptionsResult;

// DONE: help or version were printed. WRONG: why is one line. options points into argv.
OptionsResult options_read(int argc, char** argv, ViewerOptions* options, char why[OPTIONS_WHY]);

// For options.c: what --help prints, paragraphs ended by NULL.
extern const char* const options_help_general[];
extern const char* const options_help_replay[];
extern const char* const options_help_watch[];
extern const char* const options_help_play[];
