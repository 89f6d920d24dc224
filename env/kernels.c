// Loops of kernels.h for one instruction set: KERNELS and the compiler's flags say which. Plain C:
// the vectoriser does the rest. Compiled without contraction and with -fno-trapping-math, which
// changes no result but lets it evaluate both sides of a choice.
#include "env/kernels.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "env/cairn.h"

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

// ---------------------------------------------------------------- MT19937
enum { TWIST_OFFSET = 397 };

static inline uint32_t twisted(uint32_t upper, uint32_t lower, uint32_t far) {
    uint32_t word = (upper & 0x80000000u) | (lower & 0x7fffffffu);
    return far ^ word >> 1 ^ ((0u - (word & 1u)) & 0x9908b0dfu);
}

static void twist(uint32_t state[KERNEL_STATE]) {
    const int first = KERNEL_STATE - TWIST_OFFSET;
    for (int i = 0; i < first; i++) {
        state[i] = twisted(state[i], state[i + 1], state[i + TWIST_OFFSET]);
    }
    for (int i = first; i < KERNEL_STATE - 1; i++) {
        state[i] = twisted(state[i], state[i + 1], state[i - first]);
    }
    state[KERNEL_STATE - 1] = twisted(state[KERNEL_STATE - 1], state[0], state[TWIST_OFFSET - 1]);
}

static void temper(const uint32_t state[KERNEL_STATE], uint32_t output[KERNEL_STATE]) {
    for (int i = 0; i < KERNEL_STATE; i++) {
        uint32_t word = state[i];
        word ^= word >> 11;
        word ^= word << 7 & 0x9d2c5680u;
        word ^= word << 15 & 0xefc60000u;
        output[i] = word ^ word >> 18;
    }
}

static void uniforms(const uint32_t* restrict output, int32_t count, double low, double span,
                     double* restrict value) {
    for (int32_t i = 0; i < count; i++) {
        int32_t a = (int32_t)(output[2 * i] >> 5), b = (int32_t)(output[2 * i + 1] >> 6);
        value[i] = low + span * ((a * 67108864.0 + b) / 9007199254740992.0);
    }
}

// ---------------------------------------------------------------- objects
// Always whole blocks: what lies behind the last object is there, and not looked at afterwards.
static inline void forget_rest(int32_t count, uint8_t flags[KERNEL_BLOCK]) {
    for (int32_t i = 0; i < KERNEL_BLOCK; i++) {
        flags[i] = i < count ? flags[i] : 0;
    }
}

static void near_kernel(const int16_t* restrict x, const int16_t* restrict y, int32_t count,
                        int32_t at_x, int32_t at_y, int32_t distance, uint8_t* restrict near) {
    const int16_t px = (int16_t)at_x, py = (int16_t)at_y, reach = (int16_t)distance;
    for (int32_t first = 0; first < count; first += KERNEL_BLOCK) {
        for (int32_t i = first; i < first + KERNEL_BLOCK; i++) {
            const int16_t dx = (int16_t)(x[i] - px), dy = (int16_t)(y[i] - py);
            const int16_t ax = (int16_t)(dx < 0 ? -dx : dx), ay = (int16_t)(dy < 0 ? -dy : dy);
            near[i] = (int16_t)(ax + ay) < reach;
        }
        forget_rest(count - first, near + first);
    }
}

static int32_t find(const int16_t* restrict x, const int16_t* restrict y, int32_t count,
                    int32_t at_x, int32_t at_y) {
    const int16_t px = (int16_t)at_x, py = (int16_t)at_y;
    for (int32_t first = 0; first < count; first += KERNEL_BLOCK) {
        uint8_t found[KERNEL_BLOCK];
        for (int32_t i = 0; i < KERNEL_BLOCK; i++) {
            found[i] = (x[first + i] == px) & (y[first + i] == py);
        }
        forget_rest(count - first, found);
        for (int32_t i = 0; i < KERNEL_BLOCK; i += 8) {
            uint64_t flags;
            memcpy(&flags, found + i, sizeof flags);
            if (flags) {
                return first + i + __builtin_ctzll(flags) / 8;
            }
        }
    }
    return count;
}

static void count_ground(const uint8_t* material, int32_t columns, int32_t stride, int32_t rows,
                         uint8_t grass[12], uint8_t path[12]) {
    enum { ROWS = 12 };
    uint8_t grass_sum[ROWS] = {0}, path_sum[ROWS] = {0};
    for (int32_t x = 0; x < columns; x++, material += stride) {
        uint8_t cell[ROWS] = {0};
        if (rows == ROWS) {
            memcpy(cell, material, ROWS);
        } else {
            memcpy(cell, material, (size_t)rows);
        }
        for (int32_t i = 0; i < ROWS; i++) {
            grass_sum[i] = (uint8_t)(grass_sum[i] + (cell[i] == CAIRN_GRASS));
            path_sum[i] = (uint8_t)(path_sum[i] + (cell[i] == CAIRN_PATH));
        }
    }
    memcpy(grass, grass_sum, ROWS);
    memcpy(path, path_sum, ROWS);
}

// ---------------------------------------------------------------- view
typedef uint8_t Bytes __attribute__((vector_size(16)));

// Bytes of a and b in turn: 0 = their first eight, 8 = the others. So for pairs and fours of bytes.
#define ZIP1(a, b, o)                                                                              \
    __builtin_shufflevector(a, b, (o), (o) + 16, (o) + 1, (o) + 17, (o) + 2, (o) + 18, (o) + 3,    \
                            (o) + 19, (o) + 4, (o) + 20, (o) + 5, (o) + 21, (o) + 6, (o) + 22,     \
                            (o) + 7, (o) + 23)
#define ZIP2(a, b, o)                                                                              \
    __builtin_shufflevector(a, b, (o), (o) + 1, (o) + 16, (o) + 17, (o) + 2, (o) + 3, (o) + 18,    \
                            (o) + 19, (o) + 4, (o) + 5, (o) + 20, (o) + 21, (o) + 6, (o) + 7,      \
                            (o) + 22, (o) + 23)
#define ZIP4(a, b, o)                                                                              \
    __builtin_shufflevector(a, b, (o), (o) + 1, (o) + 2, (o) + 3, (o) + 16, (o) + 17, (o) + 18,    \
                            (o) + 19, (o) + 4, (o) + 5, (o) + 6, (o) + 7, (o) + 20, (o) + 21,      \
                            (o) + 22, (o) + 23)

// Eight columns of eight cells are transposed in registers; the ninth column is added.
static void view(const uint8_t* restrict material, int32_t stride, uint8_t* restrict tiles) {
    enum { COLUMNS = KERNEL_VIEW_COLUMNS, ROWS = KERNEL_VIEW_ROWS };
    Bytes column[8] = {{0}}, pair[4], four[4], eight[4];
    for (int i = 0; i < 8; i++) {
        memcpy(&column[i], material + (ptrdiff_t)i * stride, 8);
    }
    for (int i = 0; i < 4; i++) {
        pair[i] = ZIP1(column[2 * i], column[2 * i + 1], 0);
    }
    for (int i = 0; i < 2; i++) {
        four[i] = ZIP2(pair[2 * i], pair[2 * i + 1], 0);
        four[2 + i] = ZIP2(pair[2 * i], pair[2 * i + 1], 8);
    }
    for (int i = 0; i < 2; i++) { // of two rows each
        eight[2 * i] = ZIP4(four[2 * i], four[2 * i + 1], 0);
        eight[2 * i + 1] = ZIP4(four[2 * i], four[2 * i + 1], 8);
    }
    const uint8_t* last = material + (ptrdiff_t)8 * stride;
    for (int row = 0; row < ROWS; row++) {
        const Bytes zero = {0};
        const Bytes cells = row % 2 ? ZIP1(eight[row / 2], zero, 8) : ZIP1(eight[row / 2], zero, 0);
        memcpy(tiles + (size_t)(2 * COLUMNS * row), &cells, sizeof cells);
        tiles[2 * COLUMNS * row + 16] = last[row];
        tiles[2 * COLUMNS * row + 17] = 0;
    }
}

// ---------------------------------------------------------------- noise
static const double SQUISH = 1.0 / 3.0;

typedef struct Splat { // one lattice point's share of the cells [columns, rows]
    int32_t columns, rows;
    float dx, dy;           // displacement of the first cell
    float x_scale, y_scale; // and from cell to cell
    float plane;            // 2 - (distance from the layer's plane)^2
    float gx, gy, rest;     // gradient; rest: its part across the plane
} Splat;

typedef float Lanes __attribute__((vector_size(NOISE_MAP_PAD * sizeof(float))));
typedef int32_t Bits __attribute__((vector_size(NOISE_MAP_PAD * sizeof(int32_t))));

static void splat_add(const Splat* splat, float* values, size_t stride) {
    const Lanes lane = {0, 1, 2, 3, 4, 5, 6, 7};
    const Lanes zero = {0};
    for (int32_t done = 0; done < splat->rows; done += NOISE_MAP_PAD) {
        const Lanes dy = splat->dy + (lane + (float)done) * splat->y_scale;
        const Lanes plane = splat->plane - dy * dy, along = dy * splat->gy + splat->rest;
        Lanes dx = zero + splat->dx;
        float* value = values + done;
        for (int32_t x = 0; x < splat->columns; x++, value += stride) {
            Lanes weight = plane - dx * dx;
            weight = (Lanes)((Bits)weight & (weight > zero)); // not below 0
            weight *= weight;
            Lanes sum;
            memcpy(&sum, value, sizeof sum);
            sum += weight * weight * (splat->gx * dx + along);
            memcpy(value, &sum, sizeof sum);
            dx += splat->x_scale;
        }
    }
}

// Cells [*low, *high] of [first, first + count) within reach of a coordinate, or a cell more.
static void cells_within(double at, double reach, double per_unit, int32_t first, int32_t count,
                         int32_t* low, int32_t* high) {
    const int32_t last = first + count - 1;
    const double from = (at - reach) * per_unit, to = (at + reach) * per_unit;
    *low = from > first ? (int32_t)from : first;
    *high = to < last ? (int32_t)floor(to) : last;
}

static void splat_point(const Noise* noise, const NoiseLayer* layer, const NoiseArea* area,
                        const int32_t at[3], float* values) {
    const double shift = (at[0] + at[1] + at[2]) * SQUISH;
    const double vx = at[0] + shift, vy = at[1] + shift, dz = layer->z - (at[2] + shift);
    const double plane = 2 - dz * dz, reach = sqrt(plane), norm = layer->weight / 103;
    const int8_t* g = noise_gradient_at(noise, at[0], at[1], at[2]);
    int32_t x_low, x_high, y_low, y_high;
    cells_within(vx, reach, 1 / layer->x_scale, area->x, area->columns, &x_low, &x_high);
    cells_within(vy, reach, 1 / layer->y_scale, area->y, area->rows, &y_low, &y_high);
    if (x_low > x_high || y_low > y_high) {
        return;
    }
    const Splat splat = {.columns = x_high - x_low + 1,
                         .rows = y_high - y_low + 1,
                         .dx = (float)(x_low * layer->x_scale - vx),
                         .dy = (float)(y_low * layer->y_scale - vy),
                         .x_scale = (float)layer->x_scale,
                         .y_scale = (float)layer->y_scale,
                         .plane = (float)plane,
                         .gx = (float)(g[0] * norm),
                         .gy = (float)(g[1] * norm),
                         .rest = (float)(g[2] * dz * norm)};
    size_t stride = (size_t)area->stride;
    splat_add(&splat, values + (size_t)(x_low - area->x) * stride + (y_low - area->y), stride);
}

// A lattice point reaches sqrt(2) far, so few matter to a layer: going from points to cells needs
// no search per cell, and cells in a row share everything but one coordinate.
static void noise_map_kernel(const Noise* noise, const NoiseLayer* layer, const NoiseArea* area,
                             float* values) {
    const double reach = 1.4142135623730951;
    const double low_x = area->x * layer->x_scale - reach;
    const double high_x = (area->x + area->columns - 1) * layer->x_scale + reach;
    const double low_y = area->y * layer->y_scale - reach;
    const double high_y = (area->y + area->rows - 1) * layer->y_scale + reach;
    const double low_z = layer->z - reach, high_z = layer->z + reach;
    // With m = i + j + k, a point's coordinates are i + m / 3 and so on, and add up to 2 m.
    int32_t low_m = (int32_t)ceil((low_x + low_y + low_z) / 2);
    int32_t high_m = (int32_t)floor((high_x + high_y + high_z) / 2);
    for (int32_t m = low_m; m <= high_m; m++) {
        double shift = m * SQUISH;
        int32_t high_k = (int32_t)floor(high_z - shift), high_i = (int32_t)floor(high_x - shift);
        for (int32_t k = (int32_t)ceil(low_z - shift); k <= high_k; k++) {
            // j = m - i - k lies between low_y and high_y.
            double from = fmax(low_x - shift, m - k + shift - high_y);
            double to = fmin(high_i, m - k + shift - low_y);
            for (int32_t i = (int32_t)ceil(from); i <= to; i++) {
                splat_point(noise, layer, area, (const int32_t[3]){i, m - i - k, k}, values);
            }
        }
    }
}

// ---------------------------------------------------------------- light
static inline int32_t luminance(int32_t red, int32_t green, int32_t blue) {
    return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
}

static inline int32_t dusk_of(int32_t grey, int32_t value, int32_t tint) {
    return (int32_t)((float)grey + 0.4f * (float)(value - grey)) + tint;
}

static void light_dusk(const uint8_t* restrict rgb, int32_t count, uint16_t* restrict dusk) {
    static const int32_t TINT[3] = {0, 16, 64};
    for (int32_t i = 0; i < count; i++) {
        const uint8_t* pixel = rgb + 3 * i;
        int32_t grey = luminance(pixel[0], pixel[1], pixel[2]);
        for (int32_t c = 0; c < 3; c++) {
            dusk[3 * i + c] = (uint16_t)dusk_of(grey, pixel[c], TINT[c]);
        }
    }
}

static inline int32_t mixed(double daylight, int32_t value, int32_t dusk) {
    // 0.5 * dusk is exact, as are the two halves that the original adds.
    return (int32_t)(daylight * value + (1 - daylight) * (0.5 * dusk));
}

static void light_mix(const uint8_t* restrict rgb, const uint16_t* restrict dusk, int32_t values,
                      double daylight, uint8_t* restrict out) {
    for (int32_t i = 0; i < values; i++) {
        out[i] = (uint8_t)mixed(daylight, rgb[i], dusk[i]);
    }
}

static void light_sleep(uint8_t* rgb, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        uint8_t* pixel = rgb + 3 * i;
        int32_t grey = luminance(pixel[0], pixel[1], pixel[2]) / 2;
        pixel[0] = pixel[1] = (uint8_t)grey;
        pixel[2] = (uint8_t)(grey + 8);
    }
}

static void light_night(const Light* light, const double* restrict vignette,
                        const double* restrict noise, int32_t count, int32_t rgb[3 * KERNEL_RUN]) {
    int32_t *red = rgb, *green = rgb + KERNEL_RUN, *blue = rgb + 2 * KERNEL_RUN;
    const double daylight = light->daylight, amount = 2 * (0.5 - daylight);
    for (int32_t i = 0; i < count; i++) {
        const double mask = amount * vignette[i], clear = 1 - mask, grain = mask * noise[i];
        int32_t r = (int32_t)(clear * red[i] + grain);
        int32_t g = (int32_t)(clear * green[i] + grain);
        int32_t b = (int32_t)(clear * blue[i] + grain);
        int32_t grey = luminance(r, g, b);
        red[i] = mixed(daylight, red[i], dusk_of(grey, r, 0));
        green[i] = mixed(daylight, green[i], dusk_of(grey, g, 16));
        blue[i] = mixed(daylight, blue[i], dusk_of(grey, b, 64));
    }
    for (int32_t i = 0; light->asleep && i < count; i++) {
        red[i] = green[i] = luminance(red[i], green[i], blue[i]) / 2;
        blue[i] = red[i] + 8;
    }
}

static inline int32_t dusk_row(int32_t grey, int32_t value, int32_t tint) {
    return (int32_t)((float)grey + 0.4f * (float)(value - grey)) + tint;
}

static void light_night_row(const Light* light, const float* restrict vignette,
                            const uint32_t key[2], uint32_t number,
                            uint8_t planes[3 * KERNEL_RUN]) {
    const float day = (float)light->daylight, dark = (1 - day) * 0.5f, amount = 2 * (0.5f - day);
    const uint32_t first = key[0], second = key[1];
    uint8_t out[3 * KERNEL_RUN];
    for (uint32_t i = 0; i < KERNEL_RUN; i++) {
        uint32_t bits = 0x9e3779b9u * (number + i) + first; // as terrain_draw
        bits = ((bits ^ bits >> 16) * 0x7feb352du) ^ second;
        bits = (bits ^ bits >> 15) * 0x846ca68bu;
        bits ^= bits >> 16;
        const float noise = 32 + 95 * ((float)(int32_t)(bits >> 8) * 0x1p-24f);
        const float mask = amount * vignette[i], clear = 1 - mask, grain = mask * noise;
        const int32_t red = planes[i], green = planes[KERNEL_RUN + i];
        const int32_t blue = planes[2 * KERNEL_RUN + i];
        const int32_t r = (int32_t)(clear * (float)red + grain);
        const int32_t g = (int32_t)(clear * (float)green + grain);
        const int32_t b = (int32_t)(clear * (float)blue + grain);
        const int32_t grey = luminance(r, g, b);
        out[i] = (uint8_t)(int32_t)(day * (float)red + dark * (float)dusk_row(grey, r, 0));
        out[KERNEL_RUN + i] =
            (uint8_t)(int32_t)(day * (float)green + dark * (float)dusk_row(grey, g, 16));
        out[2 * KERNEL_RUN + i] =
            (uint8_t)(int32_t)(day * (float)blue + dark * (float)dusk_row(grey, b, 64));
    }
    for (uint32_t i = 0; light->asleep && i < KERNEL_RUN; i++) {
        const int32_t grey = luminance(out[i], out[KERNEL_RUN + i], out[2 * KERNEL_RUN + i]) / 2;
        out[i] = out[KERNEL_RUN + i] = (uint8_t)grey;
        out[2 * KERNEL_RUN + i] = (uint8_t)(grey + 8);
    }
    memcpy(planes, out, sizeof out);
}

static void interleave(const uint8_t planes[3 * KERNEL_RUN], uint8_t out[3 * KERNEL_RUN]) {
    for (int32_t i = 0; i < KERNEL_RUN; i++) {
        out[3 * i] = planes[i];
        out[3 * i + 1] = planes[KERNEL_RUN + i];
        out[3 * i + 2] = planes[2 * KERNEL_RUN + i];
    }
}

void JOIN(terrain_lanes_, KERNELS)(const struct TerrainPlan* plan, struct TerrainBatch* batch);

extern const EnvKernels JOIN(env_kernels_, KERNELS);
const EnvKernels JOIN(env_kernels_, KERNELS) = {
    .twist = twist,
    .temper = temper,
    .uniforms = uniforms,
    .near = near_kernel,
    .find = find,
    .view = view,
    .count_ground = count_ground,
    .noise_map = noise_map_kernel,
    .terrain = JOIN(terrain_lanes_, KERNELS),
    .light_dusk = light_dusk,
    .light_mix = light_mix,
    .light_sleep = light_sleep,
    .light_night = light_night,
    .light_night_row = light_night_row,
    .interleave = interleave,
};
