// A map as oneDNN computes it, and what its versions 2 and 3 call differently.
#pragma once
#include "nets/map.h"

#ifdef NETS_ONEDNN
#include <dnnl.h>

#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t DescRef;
static inline DescRef desc_ref(const dnnl_memory_desc_t* desc) {
    return *desc;
}
static inline bool desc_make(dnnl_memory_desc_t* desc, int rank, const dnnl_dims_t dims,
                             dnnl_data_type_t type, dnnl_format_tag_t tag) {
    return dnnl_memory_desc_create_with_tag(desc, rank, dims, type, tag) == dnnl_success;
}
static inline void desc_free(dnnl_memory_desc_t* desc) {
    if (*desc) {
        dnnl_memory_desc_destroy(*desc);
    }
}
#else
typedef const dnnl_memory_desc_t* DescRef;
static inline DescRef desc_ref(const dnnl_memory_desc_t* desc) {
    return desc;
}
static inline bool desc_make(dnnl_memory_desc_t* desc, int rank, const dnnl_dims_t dims,
                             dnnl_data_type_t type, dnnl_format_tag_t tag) {
    return dnnl_memory_desc_init_by_tag(desc, rank, dims, type, tag) == dnnl_success;
}
static inline void desc_free(dnnl_memory_desc_t* desc) {
    (void)desc;
}
#endif

static inline bool ok(dnnl_status_t status) {
    return status == dnnl_success;
}

enum { X, Y, WEIGHT, BIAS, DESCS }; // tensors of a map; gradients have the same descriptions

typedef struct Pass { // one primitive with the memories it reads and writes
    dnnl_primitive_desc_t desc;
    dnnl_primitive_t primitive;
    dnnl_memory_t weight; // in this primitive's own layout
    dnnl_memory_t scratchpad;
    size_t scratchpad_bytes, weight_bytes;
} Pass;

typedef struct OneMap {
    NetMapShape shape;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_attr_t plain, with_relu, summing;
    dnnl_memory_desc_t given[DESCS]; // as the caller has them
    dnnl_memory_desc_t free_weight;  // layout left to the primitive
    Pass forward, data, weights;
    dnnl_memory_t x, y, d_x, d_y, weight, bias, d_weight, d_bias;
    dnnl_primitive_t pack_forward, pack_data, unpack;
    void *weight_forward, *weight_data; // owned, blocked
} OneMap;

// What the tensors of map->shape look like, and the attributes; false where oneDNN refuses.
bool onednn_make_descs(OneMap* map);
bool onednn_make_attributes(OneMap* map);
// Fill in map->forward.desc, map->data.desc and map->weights.desc, in this order. free_gradient:
// that of the weights, in a layout that the primitive chooses.
bool onednn_describe_forward(OneMap* map);
bool onednn_describe_data(OneMap* map);
bool onednn_describe_weights(OneMap* map, const dnnl_memory_desc_t* free_gradient);
#endif
