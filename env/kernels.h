// The world's long loops, compiled for several instruction sets from one plain source; all give
// the same bits, because no variant fuses or reorders floating-point operations. Internal to env/.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "env/noise.h"

enum {
    KERNEL_STATE = 624, // words of MT19937
    KERNEL_BLOCK = 64,  // objects that are looked at at a time
    KERNEL_RUN = 64,    // pixels that light_night takes at a time
    KERNEL_VIEW_COLUMNS = 9,
    KERNEL_VIEW_ROWS = 7,
    KERNEL_VIEW_SLACK = 1
};

// The light of a frame.
typedef struct Light {
    double daylight;
    bool noisy, asleep;
} Light;

struct TerrainPlan;
struct TerrainBatch;

typedef struct EnvKernels {
    // MT19937: the next state, and the outputs that it stands for.
    void (*twist)(uint32_t state[KERNEL_STATE]);
    void (*temper)(const uint32_t state[KERNEL_STATE], uint32_t output[KERNEL_STATE]);
    // value[i] = low + span * (53-bit uniform number from outputs 2 i and 2 i + 1), i < count
    void (*uniforms)(const uint32_t* output, int32_t count, double low, double span, double* value);

    // near[i] = 1 if |x[i] - at_x| + |y[i] - at_y| < distance, else 0, for i < count; then zeros,
    // to a multiple of KERNEL_BLOCK. As many x and y must be there to be read, whatever they are.
    void (*near)(const int16_t* x, const int16_t* y, int32_t count, int32_t at_x, int32_t at_y,
                 int32_t distance, uint8_t* near);
    // The first i < count with x[i] = at_x and y[i] = at_y; count when there is none. Reads as far.
    int32_t (*find)(const int16_t* x, const int16_t* y, int32_t count, int32_t at_x, int32_t at_y);

    // tiles[9 row + column, 0] = material[column * stride + row], tiles[.., 1] = 0, for the view of
    // 9 x 7 cells. Reads KERNEL_VIEW_SLACK bytes more than are needed.
    void (*view)(const uint8_t* material, int32_t stride,
                 uint8_t tiles[2 * KERNEL_VIEW_COLUMNS * KERNEL_VIEW_ROWS]);

    // grass[row], path[row]: how many of the columns have it there; rows <= 12.
    void (*count_ground)(const uint8_t* material, int32_t columns, int32_t stride, int32_t rows,
                         uint8_t grass[12], uint8_t path[12]);

    // See noise_map in env/noise.h.
    void (*noise_map)(const Noise* noise, const NoiseLayer* layer, const NoiseArea* area,
                      float* values);

    // See terrain_batch_make in env/terrain.h: fills gradients and material.
    void (*terrain)(const struct TerrainPlan* plan, struct TerrainBatch* batch);

    // Light on pixels in the original's arithmetic: what is single precision there is so here, what
    // is double is double, and every conversion to a byte drops the fraction.
    //
    // Twice the colour in the dark: desaturated, plus a blue tint. rgb, dusk: [count, 3]
    void (*light_dusk)(const uint8_t* rgb, int32_t count, uint16_t* dusk);
    // out[i] = daylight * rgb[i] + (1 - daylight) * dusk[i] / 2 for i < values
    void (*light_mix)(const uint8_t* rgb, const uint16_t* dusk, int32_t values, double daylight,
                      uint8_t* out);
    // The look of the world to a sleeper. rgb: [count, 3]
    void (*light_sleep)(uint8_t* rgb, int32_t count);
    // All light of up to KERNEL_RUN pixels at night, in place. rgb: [3, KERNEL_RUN], each 0..255;
    // vignette, noise: [count]
    void (*light_night)(const Light* light, const double* vignette, const double* noise,
                        int32_t count, int32_t rgb[3 * KERNEL_RUN]);
    // All light of a row at night in mode fast, where noise is drawn by place: pixel i's from
    // `number` + i. The formulas are those of light_night, in single precision. planes: [3,
    // KERNEL_RUN]; vignette [KERNEL_RUN]
    void (*light_night_row)(const Light* light, const float* vignette, const uint32_t key[2],
                            uint32_t number, uint8_t planes[3 * KERNEL_RUN]);
    // out[3 i + c] = planes[c, i] for i < count; up to 3 * KERNEL_RUN bytes are written.
    void (*interleave)(const uint8_t planes[3 * KERNEL_RUN], uint8_t out[3 * KERNEL_RUN]);
} EnvKernels;

// The widest variant that the processor has.
const EnvKernels* env_kernels(void);
// "base", "avx2" or "avx512"; NULL when the build or the processor lacks it.
const EnvKernels* env_kernels_by_name(const char* name);
