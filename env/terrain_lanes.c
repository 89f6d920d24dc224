// The terrain of sixteen worlds at once, one to a lane, for one instruction set: KERNELS and the
// compiler's flags say which. Plain C with the compilers' vectors. Rounding differs between
// instruction sets; a cell for which it might matter is reported, not decided.
#include <string.h>

#include "env/kernels.h"
#include "env/terrain.h"

#ifdef __AVX512F__
#include <immintrin.h>
#endif

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

#if defined(__AVX512F__)
enum { WIDTH = 16 };
#elif defined(__AVX2__)
enum { WIDTH = 8 };
#else
enum { WIDTH = 4 };
#endif
enum { VECTORS = TERRAIN_LANES / WIDTH };
#ifdef __AVX512F__
enum { SHARE = 1 }; // floats of a point and lane in the gradients
#else
enum { SHARE = 3 };
#endif
typedef float Lanes __attribute__((vector_size(4 * WIDTH)));
typedef int32_t Mask __attribute__((vector_size(4 * WIDTH)));
typedef uint32_t Bits __attribute__((vector_size(4 * WIDTH)));

// ---------------------------------------------------------------- gradients
// Two lookups more for each point, one for each new (i, j), one for each new i.
static void look_up(const int32_t* table, const int32_t at[TERRAIN_LANES], int32_t offset,
                    int32_t out[TERRAIN_LANES]) {
    for (int lane = 0; lane < TERRAIN_LANES; lane++) {
        out[lane] = table[256 * lane + ((at[lane] + offset) & 255)];
    }
}

// What add_noise looks up of a point, for every lane. out: [3, lanes], of which AVX-512 uses a
// third.
static inline void write_gradients(const int32_t packed[TERRAIN_LANES], float* out) {
    for (int lane = 0; lane < TERRAIN_LANES; lane++) {
        const uint32_t word = (uint32_t)packed[lane];
#ifdef __AVX512F__
        const uint32_t index = (word >> 24 & 15) | (word & 0x80000000u);
        memcpy(&out[lane], &index, sizeof index);
#else
        out[lane] = (float)((int32_t)(word << 24) >> 24);
        out[TERRAIN_LANES + lane] = (float)((int32_t)(word << 16) >> 24);
        out[2 * TERRAIN_LANES + lane] = (float)((int32_t)(word << 8) >> 24);
#endif
    }
}

static void gradients(const TerrainPlan* plan, TerrainBatch* batch) {
    static const int32_t zero[TERRAIN_LANES];
    int32_t by_i[TERRAIN_LANES] = {0}, by_j[TERRAIN_LANES] = {0}, packed[TERRAIN_LANES];
    int32_t i = INT32_MIN, j = INT32_MIN;
    for (int32_t n = 0; n < plan->point_count; n++) {
        const TerrainPoint* point = &plan->point[n];
        if (point->i != i) {
            look_up(batch->permutation[0], zero, point->i, by_i);
        }
        if (point->i != i || point->j != j) {
            look_up(batch->permutation[0], by_i, point->j, by_j);
        }
        i = point->i, j = point->j;
        look_up(batch->gradient[0], by_j, point->k, packed);
        write_gradients(packed, batch->gradients + (size_t)point->entry * SHARE * TERRAIN_LANES);
    }
}

// ---------------------------------------------------------------- noise
static inline Lanes load(const float* from) {
    Lanes lanes;
    memcpy(&lanes, from, sizeof lanes);
    return lanes;
}

// The column's noise: [LAYER_COUNT, TERRAIN_SIDE_MAX, lanes]
typedef struct Column {
    float value[LAYER_COUNT][TERRAIN_SIDE_MAX][TERRAIN_LANES];
} Column;

#ifdef __AVX512F__
// There are 24 gradients, and 12 are the others' opposites. So a part has 12 products, which fit
// into one register, and each lane picks one and a sign.
static inline __m512 products(const TerrainPart* part) {
    // The first twelve of noise_gradient.
    const __m512 x = _mm512_setr_ps(-11, -4, -4, 11, 4, 4, -11, -4, -4, 11, 4, 4, 0, 0, 0, 0);
    const __m512 y = _mm512_setr_ps(4, 11, 4, 4, 11, 4, -4, -11, -4, -4, -11, -4, 0, 0, 0, 0);
    const __m512 z = _mm512_setr_ps(4, 4, 11, 4, 4, 11, 4, 4, 11, 4, 4, 11, 0, 0, 0, 0);
    __m512 sum = _mm512_mul_ps(_mm512_set1_ps(part->x), x);
    sum = _mm512_fmadd_ps(_mm512_set1_ps(part->y), y, sum);
    return _mm512_fmadd_ps(_mm512_set1_ps(part->z), z, sum);
}

static inline __attribute__((always_inline)) void
sum_parts(const TerrainPart* part, const char* gradient, int count, Lanes sum[VECTORS]) {
    enum { A_XOR_B_AND_C = 0x78 };
    const __m512i sign = _mm512_set1_epi32(INT32_MIN);
    __m512 total[2][VECTORS];
    for (int v = 0; v < VECTORS; v++) {
        total[0][v] = total[1][v] = _mm512_setzero_ps();
    }
#pragma GCC unroll 8
    for (int n = 0; n < count; n++) {
        const __m512 all = products(&part[n]);
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) {
            const __m512i pick = _mm512_loadu_si512(gradient + part[n].point + 64 * v);
            const __m512i picked = _mm512_castps_si512(_mm512_permutexvar_ps(pick, all));
            total[n % 2][v] = _mm512_add_ps(
                total[n % 2][v],
                _mm512_castsi512_ps(_mm512_ternarylogic_epi32(picked, pick, sign, A_XOR_B_AND_C)));
        }
    }
    for (int v = 0; v < VECTORS; v++) {
        sum[v] = (Lanes)_mm512_add_ps(total[0][v], total[1][v]);
    }
}
#else
static inline __attribute__((always_inline)) void
sum_parts(const TerrainPart* part, const char* gradient, int count, Lanes sum[VECTORS]) {
    Lanes x[VECTORS] = {{0}}, y[VECTORS] = {{0}}, z[VECTORS] = {{0}};
#pragma GCC unroll 8
    for (int n = 0; n < count; n++) {
        const float* g = (const float*)(gradient + (ptrdiff_t)SHARE * part[n].point);
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) {
            x[v] += part[n].x * load(g + v * WIDTH);
            y[v] += part[n].y * load(g + TERRAIN_LANES + v * WIDTH);
            z[v] += part[n].z * load(g + 2 * TERRAIN_LANES + v * WIDTH);
        }
    }
    for (int v = 0; v < VECTORS; v++) {
        sum[v] = x[v] + y[v] + z[v];
    }
}
#endif

// `count` is known where this is inlined: which cell has how many parts is known beforehand, and no
// loop ends where the processor does not expect it.
static inline __attribute__((always_inline)) void add_noise(const TerrainPlan* plan,
                                                            const TerrainBatch* batch,
                                                            const TerrainSum* sum, int count,
                                                            bool second, float* value) {
    const TerrainPart* part = plan->part + sum->part;
    const char* gradient = (const char*)batch->gradients + (ptrdiff_t)SHARE * sum->shift;
    Lanes parts[VECTORS];
    sum_parts(part, gradient, count, parts);
    for (int v = 0; v < VECTORS; v++) {
        Lanes total = parts[v];
        total += second ? load(value + v * WIDTH) : (Lanes){0};
        memcpy(value + v * WIDTH, &total, sizeof total);
    }
}

static void fill_layer(const TerrainPlan* plan, const TerrainBatch* batch, int32_t x, int sheet,
                       Column* column) {
    const TerrainOrder* order = &plan->order[x * TERRAIN_SHEETS + sheet];
    const TerrainSum* sums =
        plan->sum + ((size_t)sheet * (size_t)plan->width + (size_t)x) * (size_t)plan->height;
    const int layer = sheet < LAYER_COUNT ? sheet : sheet == LAYER_COUNT ? WATER : MOUNTAIN;
    const bool second = sheet >= LAYER_COUNT;
    int32_t at = 0;
#define OF_COUNT(count)                                                                            \
    for (; at < order->end[count]; at++) {                                                         \
        const int32_t y = order->y[at];                                                            \
        add_noise(plan, batch, &sums[y], count, second, column->value[layer][y]);                  \
    }
    OF_COUNT(1)
    OF_COUNT(2)
    OF_COUNT(3)
    OF_COUNT(4)
    OF_COUNT(5)
    OF_COUNT(6)
    OF_COUNT(7)
    OF_COUNT(8)
#undef OF_COUNT
}

// 1 / (1 + e^-x), to a few units of the last place; |x| < 80.
static inline Lanes sigmoid(Lanes x) {
    const float shifter = 12582912; // 1.5 * 2^23: adding it rounds to a whole number
    const Lanes two = x * -1.44269504f;
    const Lanes whole = (two + shifter) - shifter, part = two - whole;
    const Mask exponent = (__builtin_convertvector(whole, Mask) + 127) << 23;
    Lanes sum = part * 1.5403530e-4f + 1.3333558e-3f;
    sum = sum * part + 9.6181291e-3f;
    sum = sum * part + 5.5504109e-2f;
    sum = sum * part + 2.4022651e-1f;
    sum = sum * part + 6.9314718e-1f;
    sum = sum * part + 1;
    return 1 / (1 + sum * (Lanes)exponent);
}

// ---------------------------------------------------------------- decisions
// START beyond its reach leaves out less than 3.3e-6 of `mountain`; rounding is a tenth of that.
#define DOUBT 5e-6f

static inline Mask close_to(Lanes value, float threshold) {
    const Lanes off = value - threshold;
    return off * off < DOUBT * DOUBT;
}

static inline Bits mix(Bits bits, Bits key) { // as terrain_draw
    bits = ((bits ^ bits >> 16) * 0x7feb352du) ^ key;
    bits = (bits ^ bits >> 15) * 0x846ca68bu;
    return bits ^ bits >> 16;
}

typedef struct Cell {
    Lanes start, water, mountain;
    Bits draw[3];
    Mask doubtful;
} Cell;

static inline Mask choose(Mask where, int32_t value, Mask otherwise) {
    return (where & value) | (~where & otherwise);
}

// noise: the cell's in [LAYER_COUNT], TERRAIN_SIDE_MAX * TERRAIN_LANES apart
#define NOISE(layer) load(noise + (layer)*TERRAIN_SIDE_MAX * TERRAIN_LANES)

// The rows of the tree below "mountain". in_tunnel: path with skeletons.
static inline Mask mountain_of(const float* noise, Cell* cell, Mask where, Mask* in_tunnel) {
    const Lanes mountain = cell->mountain, cave = NOISE(CAVE), across = NOISE(TUNNEL_ACROSS);
    const Lanes down = NOISE(TUNNEL_DOWN), coal = NOISE(COAL), iron = NOISE(IRON);
    const Lanes lava = NOISE(LAVA);
    cell->doubtful |=
        where & (close_to(mountain, 0.18f) | close_to(mountain, 0.3f) | close_to(cave, 0.15f) |
                 close_to(across, 0.4f) | close_to(down, 0.4f) | close_to(coal, 0) |
                 close_to(iron, 0.4f) | close_to(lava, 0.35f));
    const Mask high = mountain > 0.3f, in_cave = high & (cave > 0.15f);
    const Mask tunnel = ~in_cave & ((across > 0.4f) | (down > 0.4f));
    Mask material = choose(high & (lava > 0.35f), CAIRN_LAVA, (Mask){0} + CAIRN_ROCK);
    material = choose((mountain > 0.18f) & (Mask)(cell->draw[DRAW_C] > TERRAIN_BITS(0.994)),
                      CAIRN_DIAMOND_ORE, material);
    material = choose((iron > 0.4f) & (Mask)(cell->draw[DRAW_B] > TERRAIN_BITS(0.75)),
                      CAIRN_IRON_ORE, material);
    material = choose((coal > 0) & (Mask)(cell->draw[DRAW_A] > TERRAIN_BITS(0.85)), CAIRN_COAL_ORE,
                      material);
    *in_tunnel = where & tunnel;
    return choose(in_cave | tunnel, CAIRN_PATH, material);
}

static inline Mask plain_of(const float* noise, Cell* cell, Mask where) {
    const Lanes water = cell->water, sand = NOISE(SAND), tree = NOISE(TREE);
    cell->doubtful |= where & (close_to(water, 0.25f) | close_to(water, 0.3f) |
                               close_to(water, 0.35f) | close_to(sand, -0.2f) | close_to(tree, 0));
    Mask material = choose((tree > 0) & (Mask)(cell->draw[DRAW_A] > TERRAIN_BITS(0.8)), CAIRN_TREE,
                           (Mask){0} + CAIRN_GRASS);
    material = choose(water > 0.3f, CAIRN_WATER, material);
    return choose((water > 0.25f) & (water <= 0.35f) & (sand > -0.2f), CAIRN_SAND, material);
}

static inline Mask creature_of(const Cell* cell, Mask material, Mask in_tunnel, int32_t squared) {
    const Mask grass = material == CAIRN_GRASS, path = material == CAIRN_PATH;
    Mask kind = choose(path & in_tunnel & (Mask)(cell->draw[DRAW_A] > TERRAIN_BITS(0.95)),
                       KIND_SKELETON, (Mask){0});
    if (squared > 10 * 10) {
        const Mask land = grass | path | (material == CAIRN_SAND);
        kind = choose(land & (Mask)(cell->draw[DRAW_C] > TERRAIN_BITS(0.993)), KIND_ZOMBIE, kind);
    }
    if (squared > 3 * 3) {
        kind = choose(grass & (Mask)(cell->draw[DRAW_B] > TERRAIN_BITS(0.985)), KIND_COW, kind);
    }
    return kind;
}

#ifdef __AVX512F__
static inline void store_bytes(Mask values, uint8_t* to) {
    _mm_storeu_si128((__m128i*)to, _mm512_cvtepi32_epi8((__m512i)values));
}
static inline uint32_t lanes_set(Mask mask) {
    return _mm512_movepi32_mask((__m512i)mask);
}
#else
static inline void store_bytes(Mask values, uint8_t* to) {
    for (int lane = 0; lane < WIDTH; lane++) {
        to[lane] = (uint8_t)values[lane];
    }
}
static inline uint32_t lanes_set(Mask mask) {
    uint32_t set = 0;
    for (int lane = 0; lane < WIDTH; lane++) {
        set |= (uint32_t)mask[lane] & 1u << lane;
    }
    return set;
}
#endif

// Lanes `first` to `first` + WIDTH of a cell; a bit for each that is doubtful.
static inline uint32_t decide(const TerrainPlan* plan, TerrainBatch* batch, int32_t number,
                              int first, const float* noise) {
    Cell cell = {.start = {0}};
    Bits first_key, second_key;
    memcpy(&first_key, batch->first_key + first, sizeof first_key);
    memcpy(&second_key, batch->second_key + first, sizeof second_key);
    for (uint32_t d = 0; d < 3; d++) {
        cell.draw[d] = mix(TERRAIN_SPREAD * (3 * (uint32_t)number + d) + first_key, second_key);
    }
    if (plan->squared[number] < TERRAIN_START_REACH * TERRAIN_START_REACH) {
        cell.start = sigmoid(plan->four_less[number] + 2 * NOISE(START));
    }
    cell.water = NOISE(WATER) + 0.1f - 2 * cell.start;
    cell.mountain = NOISE(MOUNTAIN) * (1 / 1.3f) - (4 * cell.start + 0.3f * cell.water);
    const Mask meadow = cell.start > 0.5f, mountain = ~meadow & (cell.mountain > 0.15f);
    cell.doubtful = close_to(cell.start, 0.5f) | close_to(cell.mountain, 0.15f);
    Mask in_tunnel;
    const Mask high = mountain_of(noise, &cell, mountain, &in_tunnel);
    const Mask low = plain_of(noise, &cell, ~meadow & ~mountain);
    Mask material = (mountain & high) | (~mountain & low);
    material = choose(meadow, CAIRN_GRASS, material);
    const Mask kind = creature_of(&cell, material, in_tunnel, plan->squared[number]);
    store_bytes(material | kind << TERRAIN_KIND,
                batch->material + (size_t)number * TERRAIN_LANES + first);
    return lanes_set(cell.doubtful) << first;
}

void JOIN(terrain_lanes_, KERNELS)(const TerrainPlan* plan, TerrainBatch* batch);
void JOIN(terrain_lanes_, KERNELS)(const TerrainPlan* plan, TerrainBatch* batch) {
    Column column;
    gradients(plan, batch);
    for (int32_t x = 0; x < plan->width; x++) {
        for (int sheet = 0; sheet < TERRAIN_SHEETS; sheet++) {
            fill_layer(plan, batch, x, sheet, &column);
        }
        for (int32_t y = 0; y < plan->height; y++) {
            const int32_t number = x * plan->height + y;
            uint32_t doubtful = 0;
            for (int first = 0; first < TERRAIN_LANES; first += WIDTH) {
                doubtful |= decide(plan, batch, number, first, column.value[0][y] + first);
            }
            batch->doubtful[number] = doubtful;
        }
    }
}
