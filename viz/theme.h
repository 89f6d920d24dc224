// Colours of the window, as 0xRRGGBB: calm and dark, text at 4.5:1 or more on its ground.
#pragma once

enum {
    COLOR_GROUND = 0x0f1115,
    COLOR_CARD = 0x181b21,
    COLOR_RAISED = 0x232831, // buttons, empty parts of bars
    COLOR_HOVER = 0x2f3642,
    COLOR_LINE = 0x2a303a,
    COLOR_TEXT = 0xe7eaf0,
    COLOR_SOFT = 0xa5aebd,  // titles, labels
    COLOR_FAINT = 0x7c8696, // what is not there yet
    COLOR_ACCENT = 0x6db3f2,
    COLOR_GOLD = 0xf0c250,
    COLOR_RED = 0xef6f6c,
    COLOR_GREEN = 0x7fce8f,
    COLOR_VIOLET = 0x9a8cf0
};
