// OpenSimplex noise in three dimensions, bit for bit that of OpenSimplex for Python 0.4.5.
// Internal to env/.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct Noise {
    uint8_t permutation[256];
    uint8_t gradient[256]; // index into the gradient table, 0..23
} Noise;

void noise_seed(Noise* noise, int64_t seed);

// Smooth in x, y, z; within (-1, 1).
double noise_at(const Noise* noise, double x, double y, double z);

// values[column, row] += noise at ((first + column) * x_scale, row * y_scale, z) in single
// precision: within NOISE_MAP_ERROR of noise_at. values: [columns, rows + NOISE_MAP_PAD], the pad
// is garbage.
#define NOISE_MAP_ERROR 1e-5
enum { NOISE_MAP_PAD = 8 };
typedef struct NoiseLayer {
    double x_scale, y_scale, z; // y_scale at least 1 / 20
} NoiseLayer;
void noise_map(const Noise* noise, const NoiseLayer* layer, int32_t first, int32_t columns,
               int32_t rows, float* values);
