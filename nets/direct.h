// Loops of a direct 3x3 convolution on bfloat16 with float sums, for processors that multiply pairs
// of bfloat16 (AVX-512 BF16) but have no tiles. One picture at a time; channels come in 32s.
//
// The instruction multiplies two neighbouring pairs and adds both products to a float. Going
// forward, a pair is two input channels of one cell; for the weights' gradient it is one channel of
// two cells side by side, so pictures are rewritten as pairs first.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIRECT_CHANNELS = 32 };

typedef struct DirectShape {
    size_t height, width, inputs, outputs; // inputs and outputs: multiples of DIRECT_CHANNELS
} DirectShape;

static inline size_t direct_pairs(size_t width) { // of cells in a row of d_y
    return (width + 1) / 2;
}
static inline size_t direct_spots(size_t width) { // where a pair of x can begin, by padded column
    return 2 * direct_pairs(width) + 1;
}

typedef struct NetDirect {
    // padded [H + 2, W + 2, in], weights [out / 32, 9, in / 2, 32, 2], bias [out] or NULL
    // -> y [H, W, out]
    void (*convolve)(const DirectShape* shape, const uint16_t* padded, const uint16_t* weights,
                     const float* bias, bool relu, uint16_t* y);
    // x [H, W, in] -> pairs [H + 2, spots, in, 2] of padded columns s and s + 1. The rows above and
    // below the picture and what lies right of it are not written: they must be zero.
    void (*pair_x)(const DirectShape* shape, const uint16_t* x, uint32_t* pairs);
    // d_y [H, W, out] -> pairs [H, (W + 1) / 2, out, 2]; an odd last column is paired with zeros
    void (*pair_d_y)(const DirectShape* shape, const uint16_t* d_y, uint32_t* pairs);
    // d_weight [9, in, out] += what the pairs of one picture give
    void (*d_weights)(const DirectShape* shape, const uint32_t* x, const uint32_t* d_y,
                      float* d_weight);
} NetDirect;

const NetDirect* net_direct(void); // NULL: this processor has no use for it
