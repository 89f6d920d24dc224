// OpenSimplex noise. Terrain compares it with thresholds and the last bit can decide, so noise_at
// does the reference's operations in the reference's order.
//
// A lattice point (i, j, k) lies at (i, j, k) + (i + j + k) / 3. A point's noise is the sum over
// the near lattice points of max(0, 2 - r^2)^4 * (gradient . displacement), r being the distance.
#include "env/noise.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

static const double SQUISH = 1.0 / 3.0;
static const double STRETCH = -1.0 / 6.0;
static const double NORM = 103.0;

static const int8_t GRADIENT[24][3] = {
    {-11, 4, 4},   {-4, 11, 4},   {-4, 4, 11},   {11, 4, 4},   {4, 11, 4},   {4, 4, 11},
    {-11, -4, 4},  {-4, -11, 4},  {-4, -4, 11},  {11, -4, 4},  {4, -11, 4},  {4, -4, 11},
    {-11, 4, -4},  {-4, 11, -4},  {-4, 4, -11},  {11, 4, -4},  {4, 11, -4},  {4, 4, -11},
    {-11, -4, -4}, {-4, -11, -4}, {-4, -4, -11}, {11, -4, -4}, {4, -11, -4}, {4, -4, -11}};

static int64_t next_random(int64_t state) {
    return (int64_t)((uint64_t)state * UINT64_C(6364136223846793005) +
                     UINT64_C(1442695040888963407));
}

// (value + 31) mod count as Python has it: never overflows, never negative. count in [1, 256]
static int32_t floor_mod(int64_t value, int32_t count) {
    int32_t remainder = (int32_t)(value % count);
    return (remainder + 31 + count) % count;
}

void noise_seed(Noise* noise, int64_t seed) {
    uint8_t source[256];
    for (int i = 0; i < 256; i++) {
        source[i] = (uint8_t)i;
    }
    seed = next_random(next_random(next_random(seed)));
    for (int i = 255; i >= 0; i--) {
        seed = next_random(seed);
        int32_t r = floor_mod(seed, i + 1);
        noise->permutation[i] = source[r];
        noise->gradient[i] = source[r] % 24;
        source[r] = source[i];
    }
}

static const int8_t* gradient_at(const Noise* noise, int32_t i, int32_t j, int32_t k) {
    int32_t hash = noise->permutation[i & 255];
    hash = noise->permutation[(hash + j) & 255];
    return GRADIENT[noise->gradient[(hash + k) & 255]];
}

// ---------------------------------------------------------------- the exact sum
typedef struct Vertex { // lattice point relative to the base
    int8_t i, j, k;
} Vertex;

typedef struct Point {
    const Noise* noise;
    int32_t base[3];     // lattice base
    double from_base[3]; // displacement from the base
    double in_cell[3];   // the same in stretched coordinates, [0, 1)
    double sum;
} Point;

static void contribute(Point* point, Vertex vertex) {
    double shift = (vertex.i + vertex.j + vertex.k) * SQUISH;
    double dx = point->from_base[0] - vertex.i - shift;
    double dy = point->from_base[1] - vertex.j - shift;
    double dz = point->from_base[2] - vertex.k - shift;
    double weight = 2 - dx * dx - dy * dy - dz * dz;
    if (weight > 0) {
        const int8_t* g = gradient_at(point->noise, point->base[0] + vertex.i,
                                      point->base[1] + vertex.j, point->base[2] + vertex.k);
        weight *= weight;
        point->sum += weight * weight * (g[0] * dx + g[1] * dy + g[2] * dz);
    }
}

// Lattice points are coded as bit masks of their axes: 1 = x, 2 = y, 4 = z.
static Vertex on_axes(int code, int set, int clear) {
    return (Vertex){(int8_t)(code & 1 ? set : clear), (int8_t)(code & 2 ? set : clear),
                    (int8_t)(code & 4 ? set : clear)};
}

static int lowest(int code) {
    return code & -code;
}

// The tetrahedron at the base.
static void sum_low(Point* point, double inside) {
    const double x = point->in_cell[0], y = point->in_cell[1], z = point->in_cell[2];
    int a = 1, b = 2;
    double a_score = x, b_score = y;
    if (a_score >= b_score && z > b_score) {
        b = 4, b_score = z;
    } else if (a_score < b_score && z > a_score) {
        a = 4, a_score = z;
    }
    double w = 1 - inside;
    Vertex extra[2];
    if (w > a_score || w > b_score) {
        int c = b_score > a_score ? b : a;
        static const Vertex EXTRA[3][2] = {
            {{1, -1, 0}, {1, 0, -1}}, {{-1, 1, 0}, {0, 1, -1}}, {{-1, 0, 1}, {0, -1, 1}}};
        extra[0] = EXTRA[c / 2][0];
        extra[1] = EXTRA[c / 2][1];
    } else {
        extra[0] = on_axes(a | b, 1, 0);
        extra[1] = on_axes(a | b, 1, -1);
    }
    contribute(point, (Vertex){0, 0, 0});
    contribute(point, (Vertex){1, 0, 0});
    contribute(point, (Vertex){0, 1, 0});
    contribute(point, (Vertex){0, 0, 1});
    contribute(point, extra[0]);
    contribute(point, extra[1]);
}

// The tetrahedron at (1, 1, 1).
static void sum_high(Point* point, double inside) {
    const double x = point->in_cell[0], y = point->in_cell[1], z = point->in_cell[2];
    int a = 6, b = 5;
    double a_score = x, b_score = y;
    if (a_score <= b_score && z < b_score) {
        b = 3, b_score = z;
    } else if (a_score > b_score && z < a_score) {
        a = 3, a_score = z;
    }
    double w = 3 - inside;
    Vertex extra[2];
    if (w < a_score || w < b_score) {
        int c = b_score < a_score ? b : a;
        static const Vertex EXTRA[3][2] = {
            {{2, 1, 0}, {1, 2, 0}}, {{2, 0, 1}, {1, 0, 2}}, {{0, 2, 1}, {0, 1, 2}}};
        extra[0] = EXTRA[c / 2 - 1][0];
        extra[1] = EXTRA[c / 2 - 1][1];
    } else {
        extra[0] = on_axes(a & b, 1, 0);
        extra[1] = on_axes(a & b, 2, 0);
    }
    contribute(point, (Vertex){1, 1, 0});
    contribute(point, (Vertex){1, 0, 1});
    contribute(point, (Vertex){0, 1, 1});
    contribute(point, (Vertex){1, 1, 1});
    contribute(point, extra[0]);
    contribute(point, extra[1]);
}

typedef struct Candidate {
    int code;
    double score;
    bool far; // on the side of (1, 1, 1)
} Candidate;

static Candidate candidate(double sum, int far_code, int near_code) {
    return sum > 1 ? (Candidate){far_code, sum - 1, true} : (Candidate){near_code, 1 - sum, false};
}

// The octahedron in between.
static void sum_middle(Point* point) {
    const double x = point->in_cell[0], y = point->in_cell[1], z = point->in_cell[2];
    Candidate a = candidate(x + y, 3, 4);
    Candidate b = candidate(x + z, 5, 2);
    Candidate c = candidate(y + z, 6, 1);
    if (a.score <= b.score && a.score < c.score) {
        a = c;
    } else if (a.score > b.score && b.score < c.score) {
        b = c;
    }
    Vertex extra[2];
    if (a.far && b.far) {
        extra[0] = (Vertex){1, 1, 1};
        extra[1] = on_axes(lowest(a.code & b.code), 2, 0);
    } else if (!a.far && !b.far) {
        extra[0] = (Vertex){0, 0, 0};
        extra[1] = on_axes(lowest(7 & ~(a.code | b.code)), -1, 1);
    } else {
        int far = a.far ? a.code : b.code, near = a.far ? b.code : a.code;
        extra[0] = on_axes(lowest(7 & ~far), -1, 1);
        extra[1] = on_axes(lowest(near), 2, 0);
    }
    contribute(point, (Vertex){1, 0, 0});
    contribute(point, (Vertex){0, 1, 0});
    contribute(point, (Vertex){0, 0, 1});
    contribute(point, (Vertex){1, 1, 0});
    contribute(point, (Vertex){1, 0, 1});
    contribute(point, (Vertex){0, 1, 1});
    contribute(point, extra[0]);
    contribute(point, extra[1]);
}

double noise_at(const Noise* noise, double x, double y, double z) {
    const double at[3] = {x, y, z};
    double stretch = (x + y + z) * STRETCH;
    Point point = {.noise = noise};
    double base[3];
    for (int axis = 0; axis < 3; axis++) {
        double stretched = at[axis] + stretch;
        base[axis] = floor(stretched);
        point.base[axis] = (int32_t)base[axis];
        point.in_cell[axis] = stretched - base[axis];
    }
    double squish = (base[0] + base[1] + base[2]) * SQUISH;
    for (int axis = 0; axis < 3; axis++) {
        point.from_base[axis] = at[axis] - (base[axis] + squish);
    }
    double inside = point.in_cell[0] + point.in_cell[1] + point.in_cell[2];
    if (inside <= 1) {
        sum_low(&point, inside);
    } else if (inside >= 2) {
        sum_high(&point, inside);
    } else {
        sum_middle(&point);
    }
    return point.sum / NORM;
}

// ---------------------------------------------------------------- whole layers, single precision
enum { MAP_REACH = 64 }; // cells that a lattice point reaches across at most, whatever the scale

typedef struct Splat { // one lattice point's share of the cells [columns, rows]
    int32_t columns, rows;
    float peak[MAP_REACH]; // [columns] 2 - distance^2 across the row
    float base[MAP_REACH]; // [columns] gradient . displacement, likewise
    float start, step;     // displacement along the row: of the first cell, from cell to cell
    float slope;           // gradient along the row
} Splat;

static void splat_add(const Splat* splat, float* restrict values, size_t stride) {
    for (int32_t done = 0; done < splat->rows; done += NOISE_MAP_PAD) {
        float dy[NOISE_MAP_PAD], dy_2[NOISE_MAP_PAD], along[NOISE_MAP_PAD];
        for (int32_t i = 0; i < NOISE_MAP_PAD; i++) {
            dy[i] = splat->start + (float)(done + i) * splat->step;
            dy_2[i] = dy[i] * dy[i];
            along[i] = dy[i] * splat->slope;
        }
        for (int32_t x = 0; x < splat->columns; x++) {
            float* value = values + (size_t)x * stride + done;
            for (int32_t i = 0; i < NOISE_MAP_PAD; i++) {
                float weight = splat->peak[x] - dy_2[i];
                weight += fabsf(weight); // 2 max(0, weight), in a form that compilers vectorise
                weight *= weight;
                value[i] += weight * weight * (splat->base[x] + along[i]);
            }
        }
    }
}

// Cells [*low, *high] of [first, first + count) within reach of a coordinate.
static void cells_within(double at, double reach, double scale, int32_t first, int32_t count,
                         int32_t* low, int32_t* high) {
    *low = (int32_t)fmax(first, ceil((at - reach) / scale));
    *high = (int32_t)fmin(first + count - 1, floor((at + reach) / scale));
}

static void splat_point(const Noise* noise, const NoiseLayer* layer, const int32_t at[3],
                        int32_t first, int32_t columns, int32_t rows, float* values) {
    const double shift = (at[0] + at[1] + at[2]) * SQUISH;
    const double vx = at[0] + shift, vy = at[1] + shift, dz = layer->z - (at[2] + shift);
    const double plane = 2 - dz * dz, reach = sqrt(plane);
    const double scale = 16 * NORM; // splat_add doubles the weight
    const int8_t* g = gradient_at(noise, at[0], at[1], at[2]);
    int32_t x_low, x_high, y_low, y_high;
    cells_within(vx, reach, layer->x_scale, first, columns, &x_low, &x_high);
    cells_within(vy, reach, layer->y_scale, 0, rows, &y_low, &y_high);
    if (x_low > x_high || y_low > y_high) {
        return;
    }
    Splat splat = {.columns = x_high - x_low + 1,
                   .rows = y_high - y_low + 1,
                   .start = (float)(y_low * layer->y_scale - vy),
                   .step = (float)layer->y_scale,
                   .slope = (float)(g[1] / scale)};
    for (int32_t x = 0; x < splat.columns; x++) {
        double dx = (x_low + x) * layer->x_scale - vx;
        splat.peak[x] = (float)(plane - dx * dx);
        splat.base[x] = (float)((g[0] * dx + g[2] * dz) / scale);
    }
    size_t stride = (size_t)(rows + NOISE_MAP_PAD);
    splat_add(&splat, values + (size_t)(x_low - first) * stride + y_low, stride);
}

// A lattice point reaches sqrt(2) far, so few matter to a layer: going from points to cells needs
// no search per cell, and cells in a row share everything but one coordinate.
void noise_map(const Noise* noise, const NoiseLayer* layer, int32_t first, int32_t columns,
               int32_t rows, float* values) {
    const double reach = 1.4142135623730951;
    assert(2 * reach / fmin(layer->x_scale, layer->y_scale) + 1 < MAP_REACH);
    const double low_x = first * layer->x_scale - reach;
    const double high_x = (first + columns - 1) * layer->x_scale + reach;
    const double low_y = -reach, high_y = (rows - 1) * layer->y_scale + reach;
    const double low_z = layer->z - reach, high_z = layer->z + reach;
    // With m = i + j + k, a point's coordinates are i + m / 3 and so on, and add up to 2 m.
    int32_t low_m = (int32_t)ceil((low_x + low_y + low_z) / 2);
    int32_t high_m = (int32_t)floor((high_x + high_y + high_z) / 2);
    for (int32_t m = low_m; m <= high_m; m++) {
        double shift = m * SQUISH;
        int32_t high_k = (int32_t)floor(high_z - shift), high_i = (int32_t)floor(high_x - shift);
        for (int32_t k = (int32_t)ceil(low_z - shift); k <= high_k; k++) {
            for (int32_t i = (int32_t)ceil(low_x - shift); i <= high_i; i++) {
                int32_t j = m - i - k;
                if (j + shift > low_y && j + shift < high_y) {
                    splat_point(noise, layer, (const int32_t[3]){i, j, k}, first, columns, rows,
                                values);
                }
            }
        }
    }
}
