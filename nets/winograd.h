// The transforms of Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray 2016): a 3x3
// convolution becomes 36 matrix products on tiles of 4x4 results, with a quarter of the
// multiplications. Compiled per instruction set; chosen at run time.
#pragma once
#include "nets/nets.h"

enum { WINOGRAD_TILE = 4, WINOGRAD_POINTS = 36 };

// Elements from one point to the next in a transformed array [36, tiles, C]. A little more than
// tiles * C: at a power of two all 36 would compete for the same lines of the first cache.
static inline size_t winograd_plane(size_t tiles, size_t channels) {
    return tiles * channels + 48;
}

typedef struct WinogradShape { // of one picture
    size_t height, width, channels;
    size_t tiles;  // of the batch that the transformed arrays hold
    size_t offset; // the picture's first tile in it
} WinogradShape;

typedef struct NetWinograd {
    // x [H, W, C], padding 1 -> points [36, tiles, C]. room [2, 36, C]
    void (*input)(const WinogradShape* shape, const NetReal* x, NetReal* points, NetReal* room);
    // points [36, tiles, C] -> y [H, W, C]; bias [C] or NULL
    void (*output)(const WinogradShape* shape, const NetReal* points, const NetReal* bias,
                   bool relu, NetReal* y, NetReal* room);
    // The transpose of output, without bias and ReLU: d_y [H, W, C] -> points [36, tiles, C]
    void (*d_output)(const WinogradShape* shape, const NetReal* d_y, NetReal* points,
                     NetReal* room);
    // One output channel's filters [3, 3, C], turned by half a turn or not, -> 36 vectors [C] that
    // lie `plane` elements apart; and the transpose, which adds to d_filters. room [18, C]
    void (*filter)(size_t channels, const NetReal* filters, bool turned, NetReal* points,
                   size_t plane, NetReal* room);
    void (*d_filter)(size_t channels, const NetReal* d_points, size_t plane, NetReal* d_filters,
                     NetReal* room);
} NetWinograd;

const NetWinograd* net_winograd(void);
