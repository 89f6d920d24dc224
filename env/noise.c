// OpenSimplex noise. Terrain compares it with thresholds and the last bit can decide, so noise_at
// does the reference's operations in the reference's order.
//
// A lattice point (i, j, k) lies at (i, j, k) + (i + j + k) / 3. A point's noise is the sum over
// the near lattice points of max(0, 2 - r^2)^4 * (gradient . displacement), r being the distance.
#include "env/noise.h"

#include <math.h>
#include <stdbool.h>

#include "env/kernels.h"

static const double SQUISH = 1.0 / 3.0;
static const double STRETCH = -1.0 / 6.0;
static const double NORM = NOISE_NORM;

const int8_t noise_gradient[24][3] = {
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

// ---------------------------------------------------------------- the exact sum
typedef struct Vertex { // lattice point relative to the base
    int8_t i, j, k;
} Vertex;

typedef struct Point {
    int32_t base[3];     // lattice base
    double from_base[3]; // displacement from the base
    double in_cell[3];   // the same in stretched coordinates, [0, 1)
    NoisePart* part;     // [NOISE_PARTS_MAX] those that weigh something
    int32_t count;
} Point;

static void contribute(Point* point, Vertex vertex) {
    double shift = (vertex.i + vertex.j + vertex.k) * SQUISH;
    double dx = point->from_base[0] - vertex.i - shift;
    double dy = point->from_base[1] - vertex.j - shift;
    double dz = point->from_base[2] - vertex.k - shift;
    double weight = 2 - dx * dx - dy * dy - dz * dz;
    if (weight > 0) {
        weight *= weight;
        point->part[point->count++] = (NoisePart){.i = point->base[0] + vertex.i,
                                                  .j = point->base[1] + vertex.j,
                                                  .k = point->base[2] + vertex.k,
                                                  .weight = weight * weight,
                                                  .x = dx,
                                                  .y = dy,
                                                  .z = dz};
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

int32_t noise_parts(double x, double y, double z, NoisePart part[NOISE_PARTS_MAX]) {
    const double at[3] = {x, y, z};
    double stretch = (x + y + z) * STRETCH;
    Point point = {.part = part};
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
    return point.count;
}

double noise_at(const Noise* noise, double x, double y, double z) {
    NoisePart part[NOISE_PARTS_MAX];
    const int32_t count = noise_parts(x, y, z, part);
    double sum = 0;
    for (int32_t n = 0; n < count; n++) {
        const NoisePart* at = &part[n];
        const int8_t* g = noise_gradient_at(noise, at->i, at->j, at->k);
        sum += at->weight * (g[0] * at->x + g[1] * at->y + g[2] * at->z);
    }
    return sum / NORM;
}

void noise_map(const Noise* noise, const NoiseLayer* layer, const NoiseArea* area, float* values) {
    env_kernels()->noise_map(noise, layer, area, values);
}
