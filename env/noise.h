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

// What noise_at adds up: weight * (gradient of lattice point (i, j, k) . (x, y, z)), all of it
// divided by NOISE_NORM. Only the gradients depend on the seed. Returns how many there are.
#define NOISE_NORM 103.0
enum { NOISE_PARTS_MAX = 8 };
typedef struct NoisePart {
    int32_t i, j, k;
    double weight, x, y, z;
} NoisePart;
int32_t noise_parts(double x, double y, double z, NoisePart part[NOISE_PARTS_MAX]);

// values[column, row] += weight * noise at (x * x_scale, y * y_scale, z) for x in [x, x + columns)
// and y in [y, y + rows), in single precision: within weight * NOISE_MAP_ERROR of noise_at.
#define NOISE_MAP_ERROR 1e-3
enum { NOISE_MAP_PAD = 8 };
typedef struct NoiseLayer {
    double x_scale, y_scale, z, weight;
} NoiseLayer;
typedef struct NoiseArea {
    int32_t x, columns, y, rows;
    int32_t
        stride; // entries from column to column, at least rows + NOISE_MAP_PAD: those are garbage
} NoiseArea;
void noise_map(const Noise* noise, const NoiseLayer* layer, const NoiseArea* area, float* values);

extern const int8_t noise_gradient[24][3];
static inline const int8_t* noise_gradient_at(const Noise* noise, int32_t i, int32_t j, int32_t k) {
    int32_t hash = noise->permutation[i & 255];
    hash = noise->permutation[(hash + j) & 255];
    return noise_gradient[noise->gradient[(hash + k) & 255]];
}
