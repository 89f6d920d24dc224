// Loops of a direct 3x3 convolution for pictures a few cells wide and few channels, whose sums stay
// in registers: on floats (direct_f32.c) and, where the processor multiplies pairs of bfloat16
// (AVX-512 BF16) but has no tiles, on bfloat16 with float sums (direct_bf16.c).
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nets/map.h"

typedef struct DirectShape {
    size_t rows, height, width; // pictures
    size_t inputs, outputs;     // multiples of the loops' `channels`
} DirectShape;

// How filters lie in memory: [out / group, in / block, 9, block / depth, group, depth].
typedef struct DirectOrder {
    size_t group; // output channels that are summed together
    size_t block; // input channels that are summed before those of the next block
    size_t depth; // input channels that one instruction multiplies
} DirectOrder;

typedef struct NetDirect {
    size_t element;  // bytes of one, in x, y, d_y and filters
    size_t channels; // come in multiples of this
    DirectOrder (*order)(const DirectShape* shape);
    size_t (*room_bytes)(const DirectShape* shape, bool training); // training: d_weights, too
    // x [rows, H, W, in], bias [out] or NULL -> y [rows, H, W, out]
    void (*convolve)(const DirectShape* shape, const void* x, const void* filters,
                     const float* bias, bool relu, void* y, void* room);
    // x [rows, H, W, in], d_y [rows, H, W, out] -> d_weight [9, in, out] +=
    void (*d_weights)(const DirectShape* shape, const void* x, const void* d_y, float* d_weight,
                      void* room);
} NetDirect;

// half: elements are bfloat16. NULL: this processor has no use for them.
const NetDirect* net_direct(bool half);
// By name, for tests: "avx2" or "avx512" for floats, "avx512" for bfloat16; NULL if not built in or
// not runnable.
const NetDirect* net_direct_by_name(const char* name, bool half);
// What net_map_direct's create does with net_direct's loops.
NetStatus net_direct_create(const NetDirect* loops, const NetMapShape* shape, NetMap** map,
                            char why[NET_WHY]);
