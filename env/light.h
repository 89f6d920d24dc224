// The light of day, dusk and sleep on pixels, in the original's arithmetic: what is single
// precision there is so here, what is double is double, and every conversion to a byte drops the
// fraction. Internal to env/.
#pragma once
#include <stdint.h>

// Twice the colour that a pixel has in the dark: desaturated, plus a blue tint. rgb, dusk: [count,
// 3]
void light_dusk(const uint8_t* rgb, int32_t count, uint16_t* dusk);

// out[i] = daylight * rgb[i] + (1 - daylight) * dusk[i] / 2 for i in [0, values)
void light_mix(const uint8_t* rgb, const uint16_t* dusk, int32_t values, double daylight,
               uint8_t* out);

// The look of the world to a sleeper. rgb: [count, 3]
void light_sleep(uint8_t* rgb, int32_t count);

// rgb becomes (1 - mask) * rgb + mask * noise. rgb: [count, 3]; mask, noise: [count]
void light_noise(const double* mask, const double* noise, int32_t count, uint8_t* rgb);

// How much noise the night has, from 0 in the middle to 1 - e^-4 in the corners. [columns, rows]
void light_vignette(int32_t columns, int32_t rows, double* vignette);
