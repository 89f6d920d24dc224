// 3x3 convolutions by the loops of direct.h: oneDNN's direct ones leave up to half of a processor's
// speed unused on pictures a few cells wide. d_x is the convolution of d_y with the filters turned
// by half a turn.
#include "nets/direct.h"
#include "nets/kernels.h"
#include "nets/map.h"

#ifndef NETS_DOUBLE // a build for reference figures keeps to the plain way
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct DirectMap {
    NetMapShape shape;
    DirectShape forward_shape, back_shape;
    const NetDirect* loops; // asked for once: a processor takes long to say what it offers
    const float* bias;      // borrowed
    void* rounded;          // [out, 9, in] if half, in passing; owned, as is what follows
    void *forward, *back;   // filters as convolve wants them; back only for d_x
} DirectMap;

// In floats both backends are beaten, oneDNN by a tenth to a half; but not with a few cells in a
// row, where too few sums run at a time, nor with more weights or larger pictures than the second
// cache keeps beside each other; and from 64 channels on Winograd's transforms do as well or
// better.
static bool pays(const NetMapShape* shape) {
    enum { FEWEST_CELLS = 3, MOST_CHANNELS = 64, MOST_ELEMENTS = 1 << 16 };
    size_t most = shape->inputs > shape->outputs ? shape->inputs : shape->outputs;
    size_t fewest = shape->inputs < shape->outputs ? shape->inputs : shape->outputs;
    bool transforms = shape->height % 4 == 0 && shape->width % 4 == 0 && fewest >= MOST_CHANNELS;
    return shape->width >= FEWEST_CELLS && most <= MOST_CHANNELS && !transforms &&
           shape->height * shape->width * most <= MOST_ELEMENTS;
}

bool net_direct_suits(const NetMapShape* shape) {
    if (!shape->convolution || (!shape->half && !pays(shape))) {
        return false;
    }
    const NetDirect* loops = net_direct(shape->half);
    return loops && shape->inputs % loops->channels == 0 && shape->outputs % loops->channels == 0;
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

NetStatus net_direct_create(const NetDirect* loops, const NetMapShape* shape, NetMap** map,
                            char why[NET_WHY]) {
    *map = NULL;
    DirectMap* own = calloc(1, sizeof *own);
    if (own) {
        size_t bytes = filter_count(shape) * loops->element; // a multiple of 64
        own->shape = *shape;
        own->loops = loops;
        own->forward_shape =
            (DirectShape){shape->rows, shape->height, shape->width, shape->inputs, shape->outputs};
        own->back_shape =
            (DirectShape){shape->rows, shape->height, shape->width, shape->outputs, shape->inputs};
        own->rounded = shape->half ? aligned_alloc(64, bytes) : NULL;
        own->forward = aligned_alloc(64, bytes);
        own->back = shape->input_gradient ? aligned_alloc(64, bytes) : NULL;
    }
    if (!own || (shape->half && !own->rounded) || !own->forward ||
        (shape->input_gradient && !own->back)) {
        destroy((NetMap*)own);
        snprintf(why, NET_WHY, "out of memory for a convolution");
        return NET_OUT_OF_MEMORY;
    }
    *map = (NetMap*)own;
    return NET_OK;
}

static NetStatus create(const NetMapShape* shape, NetMap** map, char why[NET_WHY]) {
    return net_direct_create(net_direct(shape->half), shape, map, why);
}

// ---------------------------------------------------------------- filters
typedef struct Source { // of filters: where the weight of an output, a tap and an input lies
    const void* weight;
    size_t first;                 // tap 0 of output 0 and input 0
    ptrdiff_t output, tap, input; // steps
} Source;

static inline void copy_element(size_t bytes, const void* from, size_t at, void* to, size_t n) {
    if (bytes == sizeof(uint16_t)) {
        ((uint16_t*)to)[n] = ((const uint16_t*)from)[at];
    } else {
        ((float*)to)[n] = ((const float*)from)[at];
    }
}

// `order.group` outputs with `order.block` inputs of one tap -> filters from n on; returns their
// end.
static size_t arrange_tap(DirectOrder order, size_t bytes, const Source* source, size_t first,
                          void* filters, size_t n) {
    for (size_t i = 0; i < order.block; i += order.depth) {
        for (size_t o = 0; o < order.group; o++) {
            for (size_t d = 0; d < order.depth; d++, n++) {
                ptrdiff_t steps =
                    (ptrdiff_t)o * source->output + (ptrdiff_t)(i + d) * source->input;
                copy_element(bytes, source->weight, (size_t)((ptrdiff_t)first + steps), filters, n);
            }
        }
    }
    return n;
}

static void arrange(const NetDirect* loops, const DirectShape* shape, const Source* source,
                    void* filters) {
    DirectOrder order = loops->order(shape);
    size_t n = 0;
    for (size_t o = 0; o < shape->outputs; o += order.group) {
        for (size_t i = 0; i < shape->inputs; i += order.block) {
            for (size_t tap = 0; tap < 9; tap++) {
                ptrdiff_t steps = (ptrdiff_t)o * source->output + (ptrdiff_t)i * source->input +
                                  (ptrdiff_t)tap * source->tap;
                size_t first = (size_t)((ptrdiff_t)source->first + steps);
                n = arrange_tap(order, loops->element, source, first, filters, n);
            }
        }
    }
}

static void load(NetMap* map, const NetReal* weight, const NetReal* bias) {
    DirectMap* own = (DirectMap*)map;
    ptrdiff_t in = (ptrdiff_t)own->shape.inputs;
    own->bias = bias;
    Source forward = {weight, 0, 9 * in, in, 1};
    if (own->shape.half) {
        net_kernels(true)->from_real(filter_count(&own->shape), weight, own->rounded);
        forward.weight = own->rounded;
    }
    arrange(own->loops, &own->forward_shape, &forward, own->forward);
    if (own->back) {
        Source back = {forward.weight, (size_t)(8 * in), 1, -in, 9 * in};
        arrange(own->loops, &own->back_shape, &back, own->back);
    }
}

// ---------------------------------------------------------------- running
// scratch: d_weight [9, in, out], then the loops' room; or that alone.
static size_t scratch_bytes(const NetMap* map) {
    const DirectMap* own = (const DirectMap*)map;
    bool training = own->shape.training;
    size_t forward = own->loops->room_bytes(&own->forward_shape, training);
    size_t back = own->loops->room_bytes(&own->back_shape, false);
    size_t room = forward > back ? forward : back;
    return room + (training ? filter_count(&own->shape) * sizeof(float) : 0);
}

static size_t own_bytes(const NetMap* map) {
    const DirectMap* own = (const DirectMap*)map;
    size_t copies = 1 + (own->rounded != NULL) + (own->back != NULL);
    return sizeof *own + filter_count(&own->shape) * own->loops->element * copies;
}

static void forward(NetMap* map, const void* x, void* y, void* scratch) {
    const DirectMap* own = (const DirectMap*)map;
    own->loops->convolve(&own->forward_shape, x, own->forward, own->bias, own->shape.relu, y,
                         scratch);
}

static void add_d_weights(const DirectMap* own, const void* x, const void* d_y, NetReal* d_weight,
                          float* scratch) {
    size_t in = own->shape.inputs, out = own->shape.outputs, count = filter_count(&own->shape);
    memset(scratch, 0, count * sizeof *scratch);
    own->loops->d_weights(&own->forward_shape, x, d_y, scratch, scratch + count);
    for (size_t o = 0; o < out; o++) {
        for (size_t i = 0; i < 9 * in; i++) {
            d_weight[o * 9 * in + i] += scratch[i * out + o];
        }
    }
}

static void backward(NetMap* map, const void* x, const void* d_y, void* d_x, NetReal* d_weight,
                     NetReal* d_bias, void* scratch) {
    const DirectMap* own = (const DirectMap*)map;
    const NetMapShape* shape = &own->shape;
    if (d_bias) {
        net_kernels(shape->half)
            ->add_columns(shape->rows * shape->height * shape->width, shape->outputs, d_y, d_bias);
    }
    add_d_weights(own, x, d_y, d_weight, scratch);
    if (d_x) {
        own->loops->convolve(&own->back_shape, d_y, own->back, NULL, false, d_x, scratch);
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
