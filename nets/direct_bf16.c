// The loops of direct.h in AVX-512 BF16 intrinsics; tests/nets/test_map.c holds them against plain
// loops in double precision. Sums run over taps and channels (or over cells) in one fixed order.
//
// The instruction multiplies two neighbouring pairs and adds both products to a float. Going
// forward, a pair is two input channels of one cell; for the weights' gradient it is one channel of
// two cells side by side, so pictures are rewritten as pairs first.
#include "nets/direct.h"

#ifdef __AVX512BF16__
#include <immintrin.h>
#include <string.h>

enum { CHANNELS = 32, LANES = 16 };
enum { WIDEST = 9, TILE_INPUTS = 8 }; // accumulators: 9 x 2 and 8 x 2 of 32 registers

static inline __m512bh as_pairs(__m512i bits) {
    return (__m512bh)bits;
}

static inline __m512bh broadcast(const void* pair) {
    int bits;
    memcpy(&bits, pair, sizeof bits);
    return as_pairs(_mm512_set1_epi32(bits));
}

static inline __m512bh load(const void* pairs) {
    return as_pairs(_mm512_loadu_si512(pairs));
}

static inline void store(__m512 sum, bool relu, uint16_t* y) {
    if (relu) { // as in kernels.c, a NaN stays one: max returns its second operand then
        sum = _mm512_max_ps(_mm512_setzero_ps(), sum);
    }
    __m256bh half = _mm512_cvtneps_pbh(sum);
    memcpy(y, &half, sizeof half);
}

// `cells` neighbouring outputs of one row, 32 channels. padded: the window's upper left cell.
static inline __attribute__((always_inline)) void
convolve_cells(const size_t cells, const DirectShape* shape, const uint16_t* padded,
               const uint16_t* weights, const float* bias, bool relu, uint16_t* y) {
    const size_t in = shape->inputs, row = (shape->width + 2) * in;
    __m512 low[WIDEST], high[WIDEST];
    for (size_t cell = 0; cell < cells; cell++) {
        low[cell] = bias ? _mm512_loadu_ps(bias) : _mm512_setzero_ps();
        high[cell] = bias ? _mm512_loadu_ps(bias + LANES) : _mm512_setzero_ps();
    }
    for (size_t tap = 0; tap < 9; tap++) {
        const uint16_t* x = padded + tap / 3 * row + tap % 3 * in;
        for (size_t pair = 0; pair < in; pair += 2, weights += 2 * CHANNELS) {
            __m512bh left = load(weights), right = load(weights + CHANNELS);
            for (size_t cell = 0; cell < cells; cell++) {
                __m512bh seen = broadcast(x + cell * in + pair);
                low[cell] = _mm512_dpbf16_ps(low[cell], left, seen);
                high[cell] = _mm512_dpbf16_ps(high[cell], right, seen);
            }
        }
    }
    for (size_t cell = 0; cell < cells; cell++) {
        store(low[cell], relu, y + cell * shape->outputs);
        store(high[cell], relu, y + cell * shape->outputs + LANES);
    }
}

// Registers need a number of cells that the compiler knows.
static void convolve_some(size_t cells, const DirectShape* shape, const uint16_t* padded,
                          const uint16_t* weights, const float* bias, bool relu, uint16_t* y) {
    switch (cells) {
#define CASE(n)                                                                                    \
    case n:                                                                                        \
        convolve_cells(n, shape, padded, weights, bias, relu, y);                                  \
        break
        CASE(1);
        CASE(2);
        CASE(3);
        CASE(4);
        CASE(5);
        CASE(6);
        CASE(7);
        CASE(8);
        CASE(9);
    }
}

// One picture. padded [H + 2, W + 2, in] -> y [H, W, out]
static void convolve_picture(const DirectShape* shape, const uint16_t* padded,
                             const uint16_t* weights, const float* bias, bool relu, uint16_t* y) {
    const size_t in = shape->inputs, out = shape->outputs, width = shape->width;
    const size_t blocks = (width + WIDEST - 1) / WIDEST;
    for (size_t o = 0; o < out; o += CHANNELS, weights += 9 * in * CHANNELS) {
        for (size_t top = 0; top < shape->height; top++) {
            for (size_t block = 0; block < blocks; block++) { // of nearly equal widths
                size_t left = block * width / blocks, right = (block + 1) * width / blocks;
                convolve_some(right - left, shape, padded + (top * (width + 2) + left) * in,
                              weights, bias ? bias + o : NULL, relu,
                              y + (top * width + left) * out + o);
            }
        }
    }
}

static size_t padded_count(const DirectShape* shape) {
    return (shape->height + 2) * (shape->width + 2) * shape->inputs;
}

static void convolve(const DirectShape* shape, const void* x, const void* filters,
                     const float* bias, bool relu, void* y, void* room) {
    const size_t in = shape->inputs, row = shape->width * in, wide = row + 2 * in;
    const uint16_t* seen = x;
    uint16_t *padded = room, *made = y;
    memset(padded, 0, padded_count(shape) * sizeof *padded);
    for (size_t picture = 0; picture < shape->rows; picture++) {
        for (size_t top = 0; top < shape->height; top++, seen += row) {
            memcpy(padded + (top + 1) * wide + in, seen, row * sizeof *seen);
        }
        convolve_picture(shape, padded, filters, bias, relu, made);
        made += shape->height * shape->width * shape->outputs;
    }
}

// ---------------------------------------------------------------- the filters' gradient
static size_t pairs_of(size_t width) { // of cells in a row of d_y
    return (width + 1) / 2;
}
static size_t spots_of(size_t width) { // where a pair of x can begin, by padded column
    return 2 * pairs_of(width) + 1;
}
static size_t x_pairs(const DirectShape* shape) {
    return (shape->height + 2) * spots_of(shape->width) * shape->inputs;
}
static size_t d_y_pairs(const DirectShape* shape) {
    return shape->height * pairs_of(shape->width) * shape->outputs;
}

static void join(size_t count, const uint16_t* first, const uint16_t* second, uint32_t* pairs) {
    for (size_t c = 0; c < count; c++) {
        pairs[c] = first[c] | (uint32_t)second[c] << 16;
    }
}

// x [H, W, in] -> pairs [H + 2, spots, in, 2] of padded columns s and s + 1. The rows above and
// below the picture and what lies right of it are not written: they must be zero.
static void pair_x(const DirectShape* shape, const uint16_t* x, uint32_t* pairs) {
    const size_t in = shape->inputs, width = shape->width, spots = spots_of(width);
    for (size_t top = 0; top < shape->height; top++, x += width * in) {
        uint32_t* row = pairs + (top + 1) * spots * in;
        for (size_t c = 0; c < in; c++) {
            row[c] = (uint32_t)x[c] << 16;
            row[width * in + c] = x[(width - 1) * in + c];
        }
        join((width - 1) * in, x, x + in, row + in);
    }
}

// d_y [H, W, out] -> pairs [H, (W + 1) / 2, out, 2]; an odd last column is paired with zeros
static void pair_d_y(const DirectShape* shape, const uint16_t* d_y, uint32_t* pairs) {
    const size_t out = shape->outputs, width = shape->width;
    for (size_t top = 0; top < shape->height; top++, d_y += width * out) {
        for (size_t left = 0; left + 1 < width; left += 2, pairs += out) {
            join(out, d_y + left * out, d_y + (left + 1) * out, pairs);
        }
        for (size_t c = 0; width % 2 && c < out; c++) {
            pairs[c] = d_y[(width - 1) * out + c];
        }
        pairs += width % 2 * out;
    }
}

// Eight input channels with 32 output channels of one tap. x: the pair of the tap's first cell.
static void d_weights_tile(const DirectShape* shape, const uint32_t* x, const uint32_t* d_y,
                           float* d_weight) {
    const size_t in = shape->inputs, out = shape->outputs;
    const size_t pairs = pairs_of(shape->width), spots = spots_of(shape->width);
    __m512 low[TILE_INPUTS], high[TILE_INPUTS];
    for (size_t i = 0; i < TILE_INPUTS; i++) {
        low[i] = _mm512_loadu_ps(d_weight + i * out);
        high[i] = _mm512_loadu_ps(d_weight + i * out + LANES);
    }
    for (size_t top = 0; top < shape->height; top++) {
        const uint32_t* seen = x + top * spots * in;
        for (size_t pair = 0; pair < pairs; pair++, seen += 2 * in, d_y += out) {
            __m512bh left = load(d_y), right = load(d_y + LANES);
            for (size_t i = 0; i < TILE_INPUTS; i++) {
                __m512bh both = broadcast(seen + i);
                low[i] = _mm512_dpbf16_ps(low[i], left, both);
                high[i] = _mm512_dpbf16_ps(high[i], right, both);
            }
        }
    }
    for (size_t i = 0; i < TILE_INPUTS; i++) {
        _mm512_storeu_ps(d_weight + i * out, low[i]);
        _mm512_storeu_ps(d_weight + i * out + LANES, high[i]);
    }
}

// d_weight [9, in, out] += what the pairs of one picture give
static void d_weights_picture(const DirectShape* shape, const uint32_t* x, const uint32_t* d_y,
                              float* d_weight) {
    const size_t in = shape->inputs, out = shape->outputs, spots = spots_of(shape->width);
    for (size_t tap = 0; tap < 9; tap++, d_weight += in * out) {
        const uint32_t* seen = x + (tap / 3 * spots + tap % 3) * in;
        for (size_t i = 0; i < in; i += TILE_INPUTS) {
            for (size_t o = 0; o < out; o += CHANNELS) {
                d_weights_tile(shape, seen + i, d_y + o, d_weight + i * out + o);
            }
        }
    }
}

static void d_weights(const DirectShape* shape, const void* x, const void* d_y, float* d_weight,
                      void* room) {
    const size_t cells = shape->height * shape->width;
    uint32_t *seen = room, *given = seen + x_pairs(shape);
    memset(seen, 0, x_pairs(shape) * sizeof *seen);
    for (size_t picture = 0; picture < shape->rows; picture++) {
        pair_x(shape, (const uint16_t*)x + picture * cells * shape->inputs, seen);
        pair_d_y(shape, (const uint16_t*)d_y + picture * cells * shape->outputs, given);
        d_weights_picture(shape, seen, given, d_weight);
    }
}

static DirectOrder order(const DirectShape* shape) {
    return (DirectOrder){CHANNELS, shape->inputs, 2};
}

static size_t room_bytes(const DirectShape* shape, bool training) {
    size_t padded = padded_count(shape) * sizeof(uint16_t);
    size_t pairs = (x_pairs(shape) + d_y_pairs(shape)) * sizeof(uint32_t);
    return training && pairs > padded ? pairs : padded;
}

extern const NetDirect net_direct_bf16;
const NetDirect net_direct_bf16 = {.element = sizeof(uint16_t),
                                   .channels = CHANNELS,
                                   .order = order,
                                   .room_bytes = room_bytes,
                                   .convolve = convolve,
                                   .d_weights = d_weights};
#else
typedef int NothingHere; // an empty file is no C
#endif
