// Where a person looks at in an episode and how fast that moves. Knows neither worlds nor windows.
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum {
    PLAYBACK_SPEEDS = 9, // 0.25x, 0.5x, 1x, ... 64x
    PLAYBACK_NORMAL = 2, // index of 1x
    PLAYBACK_FRAMES = 30 // pictures per second at most
};
#define PLAYBACK_RATE 10.0 // steps per second at 1x, unless a caller wants another

typedef struct Playback {
    double rate;      // steps per second at 1x, > 0
    int64_t position; // step in [0, end]
    int64_t end;      // last step that is there
    bool live;        // may go on past the end, which then grows
    bool playing;
    int32_t speed; // index
    double carry;  // part of a step that is due, in [0, 1)
} Playback;

double playback_factor(int32_t speed);                      // 0.25 .. 64
int32_t playback_speed_of(double factor);                   // the index, or -1
void playback_set_speed(Playback* playback, int32_t speed); // clamped to the table
void playback_seek(Playback* playback, int64_t step);       // clamped to [0, end]
// Pressing the play button: at the end of what cannot grow, playing begins anew.
void playback_toggle(Playback* playback);
// Lets time pass: how many steps are due now. The caller takes them; a playback that is at its end
// and cannot grow stops. A long gap (a suspended machine) counts as a quarter of a second.
int64_t playback_due(Playback* playback, double seconds);
// Seconds until the next picture is due; negative: never, because nothing moves.
double playback_wait(const Playback* playback);
