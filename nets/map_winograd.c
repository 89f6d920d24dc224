// 3x3 convolutions in NetReal by Winograd's F(4x4, 3x3): both backends use it where it is faster
// than their own. With x a tile, g the filter and capital letters their transforms,
//
//     y = A^T [(G g G^T) * (B^T x B)] A, the product summed over input channels:
//     for each of the 36 points, Y [tiles, out] = X [tiles, in] U^T, U [out, in].
//
// Back: d_x is the convolution of d_y with the filter turned by half a turn; and from the same
// equation dU = (A d_y A^T)^T X, d_g = G^T dU G.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/kernels.h"
#include "nets/map.h"
#include "nets/winograd.h"

enum { POINTS = WINOGRAD_POINTS, BATCH_TILES = 64 };

typedef struct WinogradMap {
    NetMapShape shape;
    size_t picture_tiles, pictures; // pictures that are transformed together
    const NetReal* bias;            // borrowed
    NetReal *forward, *back; // U [36, out, in], and that of the turned filters for d_x; owned
    NetReal* room;           // [18, in]; owned
} WinogradMap;

// Against oneDNN's direct convolutions (at nine tenths of the processor's peak) the transforms pay
// only with many channels and no wasted cells; against unfolding, nearly always.
bool net_winograd_suits(const NetMapShape* shape) {
    size_t fewest = shape->inputs < shape->outputs ? shape->inputs : shape->outputs;
    bool fits = shape->height % WINOGRAD_TILE == 0 && shape->width % WINOGRAD_TILE == 0;
    bool plain = shape->product == net_product_blas;
    return shape->convolution && !shape->half && (plain ? fewest >= 16 : fits && fewest >= 64);
}

static void destroy(NetMap* map) {
    WinogradMap* own = (WinogradMap*)map;
    if (own) {
        free(own->forward);
        free(own->back);
        free(own->room);
        free(own);
    }
}

static size_t filter_bytes(const NetMapShape* shape) {
    return POINTS * shape->inputs * shape->outputs * sizeof(NetReal);
}

static NetStatus create(const NetMapShape* shape, NetMap** map, char why[NET_WHY]) {
    *map = NULL;
    WinogradMap* own = calloc(1, sizeof *own);
    if (own) {
        own->shape = *shape;
        size_t tall = (shape->height + WINOGRAD_TILE - 1) / WINOGRAD_TILE;
        own->picture_tiles = tall * ((shape->width + WINOGRAD_TILE - 1) / WINOGRAD_TILE);
        own->pictures = (BATCH_TILES + own->picture_tiles - 1) / own->picture_tiles;
        own->pictures = own->pictures < shape->rows ? own->pictures : shape->rows;
        own->forward = malloc(filter_bytes(shape));
        own->back = shape->input_gradient ? malloc(filter_bytes(shape)) : NULL;
        own->room = malloc(18 * shape->inputs * sizeof *own->room);
    }
    if (!own || !own->forward || !own->room || (shape->input_gradient && !own->back)) {
        destroy((NetMap*)own);
        snprintf(why, NET_WHY, "out of memory for a convolution");
        return NET_OUT_OF_MEMORY;
    }
    *map = (NetMap*)own;
    return NET_OK;
}

static void load(NetMap* map, const NetReal* weight, const NetReal* bias) {
    WinogradMap* own = (WinogradMap*)map;
    const NetWinograd* loops = net_winograd();
    size_t in = own->shape.inputs, out = own->shape.outputs;
    own->bias = bias;
    for (size_t o = 0; o < out; o++) { // weight [out, 3, 3, in]
        const NetReal* filters = weight + o * 9 * in;
        loops->filter(in, filters, false, own->forward + o * in, in * out, own->room);
        if (own->back) {
            loops->filter(in, filters, true, own->back + o * in, in * out, own->room);
        }
    }
}

// ---------------------------------------------------------------- running
// scratch: transformed pictures of either side, the filters' gradient, room for a tile.
typedef struct Rooms {
    NetReal *in, *out, *d_u, *tile;
} Rooms;

static size_t wider(const NetMapShape* shape) {
    return shape->inputs > shape->outputs ? shape->inputs : shape->outputs;
}

static size_t side_elements(const WinogradMap* own) {
    return POINTS * winograd_plane(own->pictures * own->picture_tiles, wider(&own->shape));
}

static Rooms rooms_of(const WinogradMap* own, void* scratch) {
    size_t side = side_elements(own);
    Rooms rooms = {.in = scratch};
    rooms.out = rooms.in + side;
    rooms.tile = rooms.out + side;
    rooms.d_u = rooms.tile + 2 * POINTS * wider(&own->shape);
    return rooms;
}

static size_t scratch_bytes(const NetMap* map) {
    const WinogradMap* own = (const WinogradMap*)map;
    size_t elements = 2 * side_elements(own) + 2 * POINTS * wider(&own->shape);
    return elements * sizeof(NetReal) + (own->shape.training ? filter_bytes(&own->shape) : 0);
}

static size_t own_bytes(const NetMap* map) {
    const WinogradMap* own = (const WinogradMap*)map;
    return sizeof *own + filter_bytes(&own->shape) * (own->back ? 2 : 1);
}

// C [rows, columns] = or += op(A) op(B)
static void product(const WinogradMap* own, bool trans_a, bool trans_b, size_t rows, size_t columns,
                    size_t inner, const NetReal* a, const NetReal* b, bool accumulate, NetReal* c) {
    own->shape.product(trans_a, trans_b, rows, columns, inner, a, trans_a ? rows : inner, b,
                       trans_b ? inner : columns, accumulate, c);
}

typedef void Transform(const WinogradShape* shape, const NetReal* x, NetReal* points,
                       NetReal* room);

static WinogradShape tile_shape(const WinogradMap* own, size_t channels, size_t pictures,
                                size_t picture) {
    return (WinogradShape){own->shape.height, own->shape.width, channels,
                           pictures * own->picture_tiles, picture * own->picture_tiles};
}

static void transform(const WinogradMap* own, Transform* one, size_t channels, size_t pictures,
                      const NetReal* x, NetReal* points, NetReal* room) {
    size_t size = own->shape.height * own->shape.width * channels;
    for (size_t p = 0; p < pictures; p++) {
        WinogradShape shape = tile_shape(own, channels, pictures, p);
        one(&shape, x + p * size, points, room);
    }
}

// A convolution of `pictures` pictures: x to y, or back d_y to d_x.
static void convolve(const WinogradMap* own, bool back, size_t pictures, const NetReal* x,
                     NetReal* y, const Rooms* rooms) {
    size_t in = back ? own->shape.outputs : own->shape.inputs;
    size_t out = back ? own->shape.inputs : own->shape.outputs;
    const NetReal* filters = back ? own->back : own->forward;
    const NetWinograd* loops = net_winograd();
    size_t tiles = pictures * own->picture_tiles, size = own->shape.height * own->shape.width * out;
    transform(own, loops->input, in, pictures, x, rooms->in, rooms->tile);
    for (size_t k = 0; k < POINTS; k++) {
        product(own, false, !back, tiles, out, in, rooms->in + k * winograd_plane(tiles, in),
                filters + k * in * out, false, rooms->out + k * winograd_plane(tiles, out));
    }
    for (size_t p = 0; p < pictures; p++) {
        WinogradShape shape = tile_shape(own, out, pictures, p);
        loops->output(&shape, rooms->out, back ? NULL : own->bias, !back && own->shape.relu,
                      y + p * size, rooms->tile);
    }
}

static size_t group(const WinogradMap* own, size_t first) {
    size_t rest = own->shape.rows - first;
    return own->pictures < rest ? own->pictures : rest;
}

static void forward(NetMap* map, const void* from, void* to, void* scratch) {
    const WinogradMap* own = (const WinogradMap*)map;
    const NetMapShape* shape = &own->shape;
    const NetReal* x = from;
    NetReal* y = to;
    Rooms rooms = rooms_of(own, scratch);
    size_t cells = shape->height * shape->width;
    for (size_t first = 0; first < shape->rows; first += own->pictures) {
        convolve(own, false, group(own, first), x + first * cells * shape->inputs,
                 y + first * cells * shape->outputs, &rooms);
    }
}

static void backward(NetMap* map, const void* from, const void* gradient, void* to,
                     NetReal* d_weight, NetReal* d_bias, void* scratch) {
    const WinogradMap* own = (const WinogradMap*)map;
    const NetMapShape* shape = &own->shape;
    const NetWinograd* loops = net_winograd();
    const NetReal *x = from, *d_y = gradient;
    NetReal* d_x = to;
    Rooms rooms = rooms_of(own, scratch);
    size_t in = shape->inputs, out = shape->outputs, cells = shape->height * shape->width;
    if (d_bias) {
        net_kernels(false)->add_columns(shape->rows * cells, out, d_y, d_bias);
    }
    for (size_t first = 0; first < shape->rows; first += own->pictures) {
        size_t pictures = group(own, first), tiles = pictures * own->picture_tiles;
        const NetReal* d_rows = d_y + first * cells * out;
        transform(own, loops->input, in, pictures, x + first * cells * in, rooms.in, rooms.tile);
        transform(own, loops->d_output, out, pictures, d_rows, rooms.out, rooms.tile);
        for (size_t k = 0; k < POINTS; k++) {
            product(own, true, false, out, in, tiles, rooms.out + k * winograd_plane(tiles, out),
                    rooms.in + k * winograd_plane(tiles, in), first > 0, rooms.d_u + k * in * out);
        }
        if (d_x) {
            convolve(own, true, pictures, d_rows, d_x + first * cells * in, &rooms);
        }
    }
    for (size_t o = 0; o < out; o++) {
        loops->d_filter(in, rooms.d_u + o * in, in * out, d_weight + o * 9 * in, rooms.tile);
    }
}

const NetMapBackend net_map_winograd = {create, destroy, scratch_bytes, own_bytes,
                                        load,   forward, backward};
