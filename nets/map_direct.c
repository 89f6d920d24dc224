// 3x3 convolutions on bfloat16 by the loops of direct.h, where the processor has the instructions:
// oneDNN's direct ones leave half of its speed unused on pictures a few cells wide. d_x is the
// convolution of d_y with the filters turned by half a turn.
#include "nets/direct.h"
#include "nets/kernels.h"
#include "nets/map.h"

#ifndef NETS_DOUBLE // bfloat16 has no place in a build for reference figures
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct DirectMap {
    NetMapShape shape;
    DirectShape forward_shape, back_shape;
    const NetDirect* loops;   // asked for once: a processor takes long to say what it offers
    const float* bias;        // borrowed
    uint16_t* rounded;        // [out, 9, in], in passing; owned, as is what follows
    uint16_t *forward, *back; // filters as convolve wants them; back only for d_x
} DirectMap;

bool net_direct_suits(const NetMapShape* shape) {
    return shape->convolution && shape->half && shape->inputs % DIRECT_CHANNELS == 0 &&
           shape->outputs % DIRECT_CHANNELS == 0 && net_direct() != NULL;
}

static size_t filter_count(const NetMapShape* shape) {
    return 9 * shape->inputs * shape->outputs;
}

static void destroy(NetMap* map) {
    DirectMap* own = (DirectMap*)map;
    if (own) {
        free(own->rounded);
        free(own->forward);
        free(own->back);
        free(own);
    }
}

static NetStatus create(const NetMapShape* shape, NetMap** map, char why[NET_WHY]) {
    *map = NULL;
    DirectMap* own = calloc(1, sizeof *own);
    if (own) {
        size_t bytes = filter_count(shape) * sizeof *own->forward;
        own->shape = *shape;
        own->loops = net_direct();
        own->forward_shape =
            (DirectShape){shape->height, shape->width, shape->inputs, shape->outputs};
        own->back_shape = (DirectShape){shape->height, shape->width, shape->outputs, shape->inputs};
        own->rounded = aligned_alloc(64, bytes);
        own->forward = aligned_alloc(64, bytes);
        own->back = shape->input_gradient ? aligned_alloc(64, bytes) : NULL;
    }
    if (!own || !own->rounded || !own->forward || (shape->input_gradient && !own->back)) {
        destroy((NetMap*)own);
        snprintf(why, NET_WHY, "out of memory for a convolution");
        return NET_OUT_OF_MEMORY;
    }
    *map = (NetMap*)own;
    return NET_OK;
}

// Where the weight from channel `in` to channel `out` lies in [out / 32, 9, in / 2, 32, 2].
static size_t place(size_t inputs, size_t out, size_t tap, size_t in) {
    size_t group = out / DIRECT_CHANNELS, lane = out % DIRECT_CHANNELS;
    return (((group * 9 + tap) * (inputs / 2) + in / 2) * DIRECT_CHANNELS + lane) * 2 + in % 2;
}

static void load(NetMap* map, const NetReal* weight, const NetReal* bias) {
    DirectMap* own = (DirectMap*)map;
    size_t in = own->shape.inputs, out = own->shape.outputs;
    own->bias = bias;
    net_kernels(true)->from_real(filter_count(&own->shape), weight, own->rounded);
    for (size_t o = 0; o < out; o++) {
        for (size_t tap = 0; tap < 9; tap++) {
            const uint16_t* from = own->rounded + (o * 9 + tap) * in;
            for (size_t i = 0; i < in; i++) {
                own->forward[place(in, o, tap, i)] = from[i];
            }
            for (size_t i = 0; own->back && i < in; i++) {
                own->back[place(out, i, 8 - tap, o)] = from[i];
            }
        }
    }
}

// ---------------------------------------------------------------- running
// scratch, one after the other: pairs of x, pairs of d_y, d_weight [9, in, out]; or a padded
// picture.
typedef struct Rooms {
    uint32_t *x, *d_y;
    float* d_weight;
} Rooms;

static size_t x_pairs(const DirectMap* own) {
    return (own->shape.height + 2) * direct_spots(own->shape.width) * own->shape.inputs;
}

static size_t d_y_pairs(const DirectMap* own) {
    return own->shape.height * direct_pairs(own->shape.width) * own->shape.outputs;
}

static size_t padded_count(const DirectShape* shape) {
    return (shape->height + 2) * (shape->width + 2) * shape->inputs;
}

static size_t scratch_bytes(const NetMap* map) {
    const DirectMap* own = (const DirectMap*)map;
    size_t forward = padded_count(&own->forward_shape), back = padded_count(&own->back_shape);
    size_t padded = (forward > back ? forward : back) * sizeof(uint16_t);
    size_t gradient = (x_pairs(own) + d_y_pairs(own) + filter_count(&own->shape)) * sizeof(float);
    return own->shape.training && gradient > padded ? gradient : padded;
}

static size_t own_bytes(const NetMap* map) {
    const DirectMap* own = (const DirectMap*)map;
    return sizeof *own + filter_count(&own->shape) * sizeof(uint16_t) * (own->back ? 3 : 2);
}

// All pictures of x [rows, H, W, in] to y [rows, H, W, out].
static void convolve_all(const NetDirect* loops, const DirectShape* shape, size_t rows,
                         const uint16_t* x, const uint16_t* filters, const float* bias, bool relu,
                         uint16_t* y, uint16_t* padded) {
    size_t in = shape->inputs, row = shape->width * in, wide = row + 2 * in;
    memset(padded, 0, padded_count(shape) * sizeof *padded);
    for (size_t picture = 0; picture < rows; picture++) {
        for (size_t top = 0; top < shape->height; top++, x += row) {
            memcpy(padded + (top + 1) * wide + in, x, row * sizeof *x);
        }
        loops->convolve(shape, padded, filters, bias, relu, y);
        y += shape->height * shape->width * shape->outputs;
    }
}

static void forward(NetMap* map, const void* x, void* y, void* scratch) {
    const DirectMap* own = (const DirectMap*)map;
    convolve_all(own->loops, &own->forward_shape, own->shape.rows, x, own->forward, own->bias,
                 own->shape.relu, y, scratch);
}

static void add_d_weights(const DirectMap* own, const uint16_t* x, const uint16_t* d_y,
                          NetReal* d_weight, const Rooms* rooms) {
    const DirectShape* shape = &own->forward_shape;
    const NetDirect* loops = own->loops;
    size_t in = shape->inputs, out = shape->outputs, cells = shape->height * shape->width;
    memset(rooms->x, 0, x_pairs(own) * sizeof *rooms->x);
    memset(rooms->d_weight, 0, filter_count(&own->shape) * sizeof *rooms->d_weight);
    for (size_t picture = 0; picture < own->shape.rows; picture++) {
        loops->pair_x(shape, x + picture * cells * in, rooms->x);
        loops->pair_d_y(shape, d_y + picture * cells * out, rooms->d_y);
        loops->d_weights(shape, rooms->x, rooms->d_y, rooms->d_weight);
    }
    for (size_t o = 0; o < out; o++) {
        for (size_t i = 0; i < 9 * in; i++) {
            d_weight[o * 9 * in + i] += rooms->d_weight[i * out + o];
        }
    }
}

static void backward(NetMap* map, const void* x, const void* d_y, void* d_x, NetReal* d_weight,
                     NetReal* d_bias, void* scratch) {
    const DirectMap* own = (const DirectMap*)map;
    const NetMapShape* shape = &own->shape;
    Rooms rooms = {.x = scratch};
    rooms.d_y = rooms.x + x_pairs(own);
    rooms.d_weight = (float*)(rooms.d_y + d_y_pairs(own));
    if (d_bias) {
        net_kernels(true)->add_columns(shape->rows * shape->height * shape->width, shape->outputs,
                                       d_y, d_bias);
    }
    add_d_weights(own, x, d_y, d_weight, &rooms);
    if (d_x) {
        convolve_all(own->loops, &own->back_shape, shape->rows, d_y, own->back, NULL, false, d_x,
                     scratch);
    }
}

const NetMapBackend net_map_direct = {create, destroy, scratch_bytes, own_bytes,
                                      load,   forward, backward};
#else
bool net_direct_suits(const NetMapShape* shape) {
    (void)shape;
    return false;
}
#endif
