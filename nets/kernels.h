// The elementwise and normalising loops, compiled once per instruction set and storage type from
// one source (kernels.c) and chosen at run time. An element is stored as NetReal or as bfloat16;
// sums and products are always NetReal.
#pragma once
#include "nets/nets.h"

typedef struct NetNormShape {
    size_t spans;     // independent groups of elements that are normalised
    size_t positions; // of a span
    size_t channels;  // of a position; scale and shift are [channels]
} NetNormShape;

typedef struct NetPoolShape {
    size_t rows, height, width, channels; // of the input; the output is [(H+1)/2, (W+1)/2]
} NetPoolShape;

typedef struct NetKernels {
    void (*from_real)(size_t count, const NetReal* x, void* y);
    void (*to_real)(size_t count, const void* x, NetReal* y);
    void (*from_bytes)(size_t count, const uint8_t* x, void* y); // / 255
    // uint8 [rows, H, W, C] / 255 -> [rows, H / k, W / k, k * k * C]
    void (*patches)(size_t rows, size_t height, size_t width, size_t channels, size_t k,
                    const uint8_t* x, void* y);
    void (*add)(size_t count, const void* a, const void* b, void* y);
    void (*relu)(size_t count, const void* x, void* y);
    void (*mask)(size_t count, const void* y, void* d_y); // d_y = 0 where y <= 0
    // stats [spans, 2]: mean and 1 / sqrt(variance + 1e-5), for the way back
    void (*norm)(const NetNormShape* shape, const void* x, const NetReal* scale,
                 const NetReal* shift, void* y, NetReal* stats);
    // sums [2, channels]: room to work in; accumulate: d_x += instead of =
    void (*d_norm)(const NetNormShape* shape, const void* x, const NetReal* scale,
                   const NetReal* stats, const void* d_y, bool accumulate, void* d_x,
                   NetReal* d_scale, NetReal* d_shift, NetReal* sums);
    // argmax [rows, OH, OW, C]: which of the 3 x 3 cells won, 0..8 (the first of equals)
    void (*pool)(const NetPoolShape* shape, const void* x, void* y, uint8_t* argmax);
    void (*d_pool)(const NetPoolShape* shape, const uint8_t* argmax, const void* d_y,
                   bool accumulate, void* d_x);
    void (*add_columns)(size_t rows, size_t width, const void* x,
                        NetReal* sum); // sum[c] += x[:, c]
    void (*bias_relu)(size_t rows, size_t width, const NetReal* bias, bool relu, void* y);
    // 3x3 neighbourhoods, padding 1: [H, W, C] -> [H * W, 9 * C], and its transpose (adds)
    void (*unfold)(size_t height, size_t width, size_t channels, const void* x, NetReal* columns);
    void (*d_unfold)(size_t height, size_t width, size_t channels, const NetReal* d_columns,
                     void* d_x);
    // The optimiser's loops; elements are NetReal in both storage variants.
    double (*square_sum)(size_t count, const NetReal* x);
    void (*adam)(size_t count, const NetAdam* adam, double rate, double correction, double scale,
                 const NetReal* gradient, NetReal* mean, NetReal* square, NetReal* weights);
} NetKernels;

// half: elements are bfloat16. The choice follows the processor; see net_instruction_set.
const NetKernels* net_kernels(bool half);
// The variants by name, for tests: "base", "avx2", "avx512"; NULL if not built in or not runnable.
const NetKernels* net_kernels_by_name(const char* name, bool half);
