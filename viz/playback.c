#include "viz/playback.h"

#include <math.h>

static const double factors[PLAYBACK_SPEEDS] = {0.25, 0.5, 1, 2, 4, 8, 16, 32, 64};
static const double gap_max = 0.25; // seconds

double playback_factor(int32_t speed) {
    return factors[speed];
}

int32_t playback_speed_of(double factor) {
    for (int32_t i = 0; i < PLAYBACK_SPEEDS; i++) {
        if (fabs(factors[i] - factor) < 1e-9) {
            return i;
        }
    }
    return -1;
}

void playback_set_speed(Playback* playback, int32_t speed) {
    speed = speed < 0 ? 0 : speed;
    playback->speed = speed < PLAYBACK_SPEEDS ? speed : PLAYBACK_SPEEDS - 1;
}

void playback_seek(Playback* playback, int64_t step) {
    step = step < 0 ? 0 : step;
    playback->position = step < playback->end ? step : playback->end;
    playback->carry = 0;
}

void playback_toggle(Playback* playback) {
    playback->playing = !playback->playing;
    playback->carry = 0;
    if (playback->playing && !playback->live && playback->position == playback->end) {
        playback->position = 0;
    }
}

int64_t playback_due(Playback* playback, double seconds) {
    if (!playback->playing) {
        return 0;
    }
    if (!playback->live && playback->position >= playback->end) {
        playback->playing = false;
        return 0;
    }
    double due = playback->carry +
                 fmin(fmax(seconds, 0), gap_max) * playback->rate * factors[playback->speed];
    int64_t steps = (int64_t)(due + 1e-6); // sums of thirds and the like
    playback->carry = fmax(due - (double)steps, 0);
    int64_t left = playback->end - playback->position;
    return playback->live || steps < left ? steps : left;
}

double playback_wait(const Playback* playback) {
    if (!playback->playing) {
        return -1;
    }
    return fmax((1 - playback->carry) / (playback->rate * factors[playback->speed]),
                1.0 / PLAYBACK_FRAMES);
}
