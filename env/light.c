// Light on pixels (env/light.h).
#include "env/light.h"

#include <math.h>

static int32_t luminance(int32_t red, int32_t green, int32_t blue) {
    return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
}

void light_dusk(const uint8_t* rgb, int32_t count, uint16_t* dusk) {
    static const int32_t TINT[3] = {0, 16, 64};
    for (int32_t i = 0; i < count; i++) {
        const uint8_t* pixel = rgb + 3 * i;
        int32_t grey = luminance(pixel[0], pixel[1], pixel[2]);
        for (int32_t c = 0; c < 3; c++) {
            float faded = (float)grey + 0.4f * (float)(pixel[c] - grey);
            dusk[3 * i + c] = (uint16_t)((int32_t)faded + TINT[c]);
        }
    }
}

void light_mix(const uint8_t* rgb, const uint16_t* dusk, int32_t values, double daylight,
               uint8_t* out) {
    const double darkness = 1 - daylight;
    for (int32_t i = 0; i < values; i++) {
        // 0.5 * dusk is exact, as are the original's two halves that it adds.
        out[i] = (uint8_t)(int32_t)(daylight * rgb[i] + darkness * (0.5 * dusk[i]));
    }
}

void light_sleep(uint8_t* rgb, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        uint8_t* pixel = rgb + 3 * i;
        int32_t grey = luminance(pixel[0], pixel[1], pixel[2]) / 2;
        pixel[0] = pixel[1] = (uint8_t)grey;
        pixel[2] = (uint8_t)(grey + 8);
    }
}

void light_noise(const double* mask, const double* noise, int32_t count, uint8_t* rgb) {
    for (int32_t i = 0; i < count; i++) {
        for (int32_t c = 0; c < 3; c++) {
            uint8_t* value = &rgb[3 * i + c];
            *value = (uint8_t)(int32_t)((1 - mask[i]) * *value + mask[i] * noise[i]);
        }
    }
}

// NumPy's linspace(-1, 1, count).
static double spaced(int32_t i, int32_t count) {
    return count == 1 ? -1 : i == count - 1 ? 1 : i * (2.0 / (count - 1)) + -1;
}

void light_vignette(int32_t columns, int32_t rows, double* vignette) {
    for (int32_t x = 0; x < columns; x++) {
        for (int32_t y = 0; y < rows; y++) {
            double across = spaced(x, columns), down = spaced(y, rows);
            double squared = across * across + down * down;
            vignette[(int64_t)x * rows + y] = 1 - exp(-0.5 * squared / 0.25);
        }
    }
}
