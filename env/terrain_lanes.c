// The terrain of many worlds at once, one to a lane, for one instruction set: KERNELS and the
// compiler's flags say which. Plain C with the compilers' vectors, and what these lack by name.
#include <string.h>

#include "env/kernels.h"
#include "env/terrain.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

typedef int16_t Numbers __attribute__((vector_size(2 * TERRAIN_LANES))); // of a lane each
typedef int8_t Bytes __attribute__((vector_size(TERRAIN_LANES)));

static inline Numbers load(const void* from) {
    Numbers numbers;
    memcpy(&numbers, from, sizeof numbers);
    return numbers;
}

static inline Numbers all(int16_t number) {
    return (Numbers){0} + number;
}

// ---------------------------------------------------------------- what instruction sets differ in
// A Set has some of the lanes; ~, & and | mean what they say.
#ifdef __AVX512F__
enum { WIDTH = 16 }; // lanes of 32 bits
typedef __mmask32 Set;

static inline Set above(Numbers numbers, int16_t level) {
    return _mm512_cmpgt_epi16_mask((__m512i)numbers, _mm512_set1_epi16(level));
}
static inline Bytes choose(Set where, int8_t value, Bytes otherwise) {
    return (Bytes)_mm256_mask_blend_epi8(where, (__m256i)otherwise, _mm256_set1_epi8(value));
}
static inline Numbers rounded(Numbers a, Numbers b) { // terrain_rounded
    return (Numbers)_mm512_mulhrs_epi16((__m512i)a, (__m512i)b);
}
static inline Numbers difference(Numbers a, Numbers b) { // as near as 16 bits come to it
    return (Numbers)_mm512_subs_epi16((__m512i)a, (__m512i)b);
}
#else
typedef Bytes Set; // -1 or 0

static inline Set above(Numbers numbers, int16_t level) {
    return __builtin_convertvector(numbers > level, Bytes);
}
static inline Bytes choose(Set where, int8_t value, Bytes otherwise) {
    return (where & value) | (~where & otherwise);
}
#ifdef __AVX2__
enum { WIDTH = 8 };
#define BY_HALVES(operation)                                                                       \
    for (int half = 0; half < 2; half++) {                                                         \
        __m256i x, y;                                                                              \
        memcpy(&x, (const char*)&a + 32 * half, sizeof x);                                         \
        memcpy(&y, (const char*)&b + 32 * half, sizeof y);                                         \
        x = operation(x, y);                                                                       \
        memcpy((char*)&a + 32 * half, &x, sizeof x);                                               \
    }                                                                                              \
    return a
static inline Numbers rounded(Numbers a, Numbers b) {
    BY_HALVES(_mm256_mulhrs_epi16);
}
static inline Numbers difference(Numbers a, Numbers b) {
    BY_HALVES(_mm256_subs_epi16);
}
#else
enum { WIDTH = 4 };
static inline Numbers rounded(Numbers a, Numbers b) {
    for (int lane = 0; lane < TERRAIN_LANES; lane++) {
        a[lane] = terrain_rounded(a[lane], b[lane]);
    }
    return a;
}
static inline Numbers difference(Numbers a, Numbers b) {
    for (int lane = 0; lane < TERRAIN_LANES; lane++) {
        const int32_t value = a[lane] - b[lane];
        a[lane] = (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
    }
    return a;
}
#endif
#endif

// ---------------------------------------------------------------- draws
typedef uint32_t Bits __attribute__((vector_size(4 * WIDTH)));
enum { VECTORS = TERRAIN_LANES / WIDTH };
typedef struct Draw { // one of a cell's, of all lanes
    Bits bits[VECTORS];
} Draw;

static inline Draw draw_of(const TerrainBatch* batch, int32_t cell, TerrainDraw draw) {
    Draw out;
    for (int v = 0; v < VECTORS; v++) { // as terrain_draw
        Bits first, second;
        memcpy(&first, batch->first_key + v * WIDTH, sizeof first);
        memcpy(&second, batch->second_key + v * WIDTH, sizeof second);
        Bits bits = TERRAIN_SPREAD * (3 * (uint32_t)cell + draw) + first;
        bits = ((bits ^ bits >> 16) * 0x7feb352du) ^ second;
        bits = (bits ^ bits >> 15) * 0x846ca68bu;
        out.bits[v] = bits ^ bits >> 16;
    }
    return out;
}

static inline Set drawn_above(const Draw* draw, uint32_t level) {
#ifdef __AVX512F__
    const __m512i levels = _mm512_set1_epi32((int32_t)level);
    const __mmask16 low = _mm512_cmpgt_epu32_mask((__m512i)draw->bits[0], levels);
    return _mm512_kunpackw(_mm512_cmpgt_epu32_mask((__m512i)draw->bits[1], levels), low);
#else
    typedef int8_t Few __attribute__((vector_size(WIDTH)));
    Set set = {0};
    for (int v = 0; v < VECTORS; v++) {
        const Few few = __builtin_convertvector(draw->bits[v] > level, Few);
        memcpy((char*)&set + v * WIDTH, &few, sizeof few);
    }
    return set;
#endif
}

// ---------------------------------------------------------------- gradients
static inline void write_gradients(const uint8_t index[TERRAIN_LANES], int16_t* out) {
#ifdef __AVX512F__
    static const int16_t TABLE[3][32] = {{-11, -4, -4, 11, 4, 4, -11, -4, -4, 11, 4, 4,
                                          -11, -4, -4, 11, 4, 4, -11, -4, -4, 11, 4, 4},
                                         {4, 11, 4, 4, 11, 4, -4, -11, -4, -4, -11, -4,
                                          4, 11, 4, 4, 11, 4, -4, -11, -4, -4, -11, -4},
                                         {4,  4,  11,  4,  4,  11,  4,  4,  11,  4,  4,  11,
                                          -4, -4, -11, -4, -4, -11, -4, -4, -11, -4, -4, -11}};
    const __m512i at = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i*)index));
    for (int axis = 0; axis < 3; axis++) {
        const __m512i table = _mm512_mullo_epi16(_mm512_loadu_si512(TABLE[axis]),
                                                 _mm512_set1_epi16(TERRAIN_GRADIENT));
        _mm512_storeu_si512(out + axis * TERRAIN_LANES, _mm512_permutexvar_epi16(at, table));
    }
#else
    for (int lane = 0; lane < TERRAIN_LANES; lane++) {
        for (int axis = 0; axis < 3; axis++) {
            out[axis * TERRAIN_LANES + lane] =
                (int16_t)(noise_gradient[index[lane]][axis] * TERRAIN_GRADIENT);
        }
    }
#endif
}

// table: of the first lane's noise
static inline void look_up(const uint8_t* table, const uint8_t at[TERRAIN_LANES], int32_t offset,
                           uint8_t out[TERRAIN_LANES]) {
#pragma GCC unroll 8
    for (int lane = 0; lane < TERRAIN_LANES; lane++) {
        out[lane] = table[(size_t)lane * sizeof(Noise) + (uint8_t)(at[lane] + offset)];
    }
}

// Two lookups more for each point, one for each new (i, j), one for each new i.
static void gradients(const TerrainPlan* plan, TerrainBatch* batch) {
    static const uint8_t zero[TERRAIN_LANES];
    uint8_t by_i[TERRAIN_LANES] = {0}, by_j[TERRAIN_LANES] = {0}, index[TERRAIN_LANES];
    int32_t i = INT32_MIN, j = INT32_MIN;
    for (int32_t n = 0; n < plan->point_count; n++) {
        const TerrainPoint* point = &plan->point[n];
        if (point->i != i) {
            look_up(batch->noise[0].permutation, zero, point->i, by_i);
        }
        if (point->i != i || point->j != j) {
            look_up(batch->noise[0].permutation, by_i, point->j, by_j);
        }
        i = point->i, j = point->j;
        look_up(batch->noise[0].gradient, by_j, point->k, index);
        write_gradients(index, batch->gradients + (size_t)point->entry * TERRAIN_ENTRY);
    }
}

// ---------------------------------------------------------------- noise
// A block's: of every layer and cell, all lanes.
typedef struct Block {
    Numbers value[LAYER_COUNT][TERRAIN_BLOCK_CELLS];
} Block;

// `count` is known where this is inlined: which cell has how many parts is known beforehand, and no
// loop ends where the processor does not expect it.
static inline __attribute__((always_inline)) Numbers
sum_parts(const TerrainPlan* plan, const TerrainBatch* batch, const TerrainSum* sum, int count) {
    const TerrainPart* part = plan->part + sum->part;
    const int16_t* gradient = batch->gradients + sum->shift * TERRAIN_ENTRY;
    Numbers x = {0}, y = {0}, z = {0};
#pragma GCC unroll 8
    for (int n = 0; n < count; n++) {
        const int16_t* g = gradient + part[n].entry * TERRAIN_ENTRY;
        x += rounded(all(part[n].x), load(g));
        y += rounded(all(part[n].y), load(g + TERRAIN_LANES));
        z += rounded(all(part[n].z), load(g + 2 * TERRAIN_LANES));
    }
    return x + y + z;
}

static void fill_layer(const TerrainPlan* plan, const TerrainBatch* batch, const TerrainWork* work,
                       bool second, Numbers* value) {
    int32_t at = 0;
#define OF_COUNT(count)                                                                            \
    for (; at < work->end[count]; at++) {                                                          \
        const Numbers sum = sum_parts(plan, batch, &work->sum[at], count);                         \
        value[work->cell[at]] = second ? value[work->cell[at]] + sum : sum;                        \
    }
    OF_COUNT(0)
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

// ---------------------------------------------------------------- decisions
// As in terrain_cell.c, all branches for all lanes.
typedef struct Cell {
    Numbers water, mountain;
    Draw draw[3];
} Cell;

// Four times the layer START; *meadow: where it is above its threshold.
static inline Numbers start_of(const TerrainPlan* plan, int32_t cell, Numbers noise, Set* meadow) {
    int16_t depth[TERRAIN_LANES], start[TERRAIN_LANES];
    const Numbers exact = plan->depth[cell] - (noise >> 3);
    *meadow = ~above(exact, -1);
    memcpy(depth, &exact, sizeof depth);
    for (int lane = 0; lane < TERRAIN_LANES; lane++) {
        const int32_t at = depth[lane] > 0 ? depth[lane] : 0;
        start[lane] = plan->start[at < TERRAIN_DEPTHS ? at : TERRAIN_DEPTHS];
    }
    return load(start);
}

// The rows of the tree below "mountain". in_tunnel: path with skeletons.
static inline Bytes mountain_of(const Numbers* noise, const Cell* cell, Set* in_tunnel) {
#define NOISE(layer) noise[(layer)*TERRAIN_BLOCK_CELLS]
    const Set high = above(cell->mountain, TERRAIN_LEVEL(0.3));
    const Set in_cave = high & above(NOISE(CAVE), TERRAIN_LEVEL(0.15));
    *in_tunnel = ~in_cave & (above(NOISE(TUNNEL_ACROSS), TERRAIN_LEVEL(0.4)) |
                             above(NOISE(TUNNEL_DOWN), TERRAIN_LEVEL(0.4)));
    const Set coal = above(NOISE(COAL), 0) & drawn_above(&cell->draw[DRAW_A], TERRAIN_BITS(0.85));
    const Set iron = above(NOISE(IRON), TERRAIN_LEVEL(0.4)) &
                     drawn_above(&cell->draw[DRAW_B], TERRAIN_BITS(0.75));
    const Set diamond = above(cell->mountain, TERRAIN_LEVEL(0.18)) &
                        drawn_above(&cell->draw[DRAW_C], TERRAIN_BITS(0.994));
    const Set lava = high & above(NOISE(LAVA), TERRAIN_LEVEL(0.35));
    Bytes material = choose(lava, CAIRN_LAVA, (Bytes){0} + CAIRN_ROCK);
    material = choose(diamond, CAIRN_DIAMOND_ORE, material);
    material = choose(iron, CAIRN_IRON_ORE, material);
    material = choose(coal, CAIRN_COAL_ORE, material);
    return choose(in_cave | *in_tunnel, CAIRN_PATH, material);
}

// With the mountains' cells as they are.
static inline Bytes with_plain(const Numbers* noise, const Cell* cell, Set plain, Bytes material) {
    const Set tree = above(NOISE(TREE), 0) & drawn_above(&cell->draw[DRAW_A], TERRAIN_BITS(0.8));
    const Set water = above(cell->water, TERRAIN_LEVEL(0.3));
    const Set sand = above(cell->water, TERRAIN_LEVEL(0.25)) &
                     ~above(cell->water, TERRAIN_LEVEL(0.35)) &
                     above(NOISE(SAND), TERRAIN_LEVEL(-0.2));
    material = choose(plain, CAIRN_GRASS, material);
    material = choose(plain & tree, CAIRN_TREE, material);
    material = choose(plain & water, CAIRN_WATER, material);
    return choose(plain & sand, CAIRN_SAND, material);
}

static inline Set where_is(Bytes material, CairnMaterial one) {
#ifdef __AVX512F__
    return _mm256_cmpeq_epi8_mask((__m256i)material, _mm256_set1_epi8((int8_t)one));
#else
    return material == (int8_t)one;
#endif
}

static inline Bytes with_creatures(const Cell* cell, Bytes material, Set in_tunnel,
                                   int32_t squared) {
    const Set grass = where_is(material, CAIRN_GRASS), path = where_is(material, CAIRN_PATH);
    Bytes kind = choose(path & in_tunnel & drawn_above(&cell->draw[DRAW_A], TERRAIN_BITS(0.95)),
                        KIND_SKELETON << TERRAIN_KIND, (Bytes){0});
    if (squared > 10 * 10) {
        const Set land = grass | path | where_is(material, CAIRN_SAND);
        kind = choose(land & drawn_above(&cell->draw[DRAW_C], TERRAIN_BITS(0.993)),
                      KIND_ZOMBIE << TERRAIN_KIND, kind);
    }
    if (squared > 3 * 3) {
        kind = choose(grass & drawn_above(&cell->draw[DRAW_B], TERRAIN_BITS(0.985)),
                      KIND_COW << TERRAIN_KIND, kind);
    }
    return material | kind;
}

static inline Bytes decide(const TerrainPlan* plan, const TerrainBatch* batch, int32_t number,
                           const Numbers* noise) {
    Cell cell;
    for (int d = 0; d < 3; d++) {
        cell.draw[d] = draw_of(batch, number, (TerrainDraw)d);
    }
    Numbers start = {0};
    Set meadow = above(start, 0); // nowhere
    if (plan->squared[number] < TERRAIN_START_REACH * TERRAIN_START_REACH) {
        start = start_of(plan, number, NOISE(START), &meadow);
    }
    cell.water = difference(NOISE(WATER) + TERRAIN_LEVEL(0.1), start >> 1);
    cell.mountain = difference(difference(NOISE(MOUNTAIN), start),
                               rounded(cell.water, all(TERRAIN_THREE_TENTHS)));
    const Set mountain = ~meadow & above(cell.mountain, TERRAIN_LEVEL(0.15));
    Set in_tunnel;
    Bytes material = mountain_of(noise, &cell, &in_tunnel);
    material = with_plain(noise, &cell, ~mountain, material);
    material = choose(meadow, CAIRN_GRASS, material);
    return with_creatures(&cell, material, mountain & in_tunnel, plan->squared[number]);
#undef NOISE
}

void JOIN(terrain_lanes_, KERNELS)(const TerrainPlan* plan, TerrainBatch* batch);
void JOIN(terrain_lanes_, KERNELS)(const TerrainPlan* plan, TerrainBatch* batch) {
    Block block;
    gradients(plan, batch);
    const TerrainWork* work = plan->work;
    for (int32_t left = 0; left < plan->width; left += TERRAIN_BLOCK) {
        for (int32_t top = 0; top < plan->height; top += TERRAIN_BLOCK, work += TERRAIN_SHEETS) {
            for (int sheet = 0; sheet < TERRAIN_SHEETS; sheet++) {
                fill_layer(plan, batch, &work[sheet], sheet >= LAYER_COUNT,
                           block.value[terrain_sheet_layer(sheet)]);
            }
            for (int32_t n = 0; n < TERRAIN_BLOCK_CELLS; n++) {
                const int32_t x = left + n / TERRAIN_BLOCK, y = top + n % TERRAIN_BLOCK;
                if (x < plan->width && y < plan->height) {
                    const int32_t cell = x * plan->height + y;
                    const Bytes made = decide(plan, batch, cell, &block.value[0][n]);
                    memcpy(batch->material + (size_t)cell * TERRAIN_LANES, &made, sizeof made);
                }
            }
        }
    }
}
