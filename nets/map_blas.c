// Maps by OpenBLAS: a matrix product, for convolutions on unfolded neighbourhoods, picture by
// picture so that the unfolded copy stays in cache.
#include <assert.h>
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/kernels.h"
#include "nets/map.h"

typedef struct BlasMap {
    NetMapShape shape;
    const NetReal *weight, *bias; // borrowed
} BlasMap;

void net_product_blas(bool trans_a, bool trans_b, size_t rows, size_t columns, size_t inner,
                      const NetReal* a, size_t lda, const NetReal* b, size_t ldb, bool accumulate,
                      NetReal* c) {
#ifdef NETS_DOUBLE
    cblas_dgemm(
#else
    cblas_sgemm(
#endif
        CblasRowMajor, trans_a ? CblasTrans : CblasNoTrans, trans_b ? CblasTrans : CblasNoTrans,
        (blasint)rows, (blasint)columns, (blasint)inner, 1, a, (blasint)lda, b, (blasint)ldb,
        accumulate, c, (blasint)columns);
}

static NetStatus create(const NetMapShape* shape, NetMap** map, char why[NET_WHY]) {
    *map = NULL;
    if (shape->half) {
        snprintf(why, NET_WHY, "backend blas computes in f32 only; use --set compute.dtype=f32");
        return NET_UNAVAILABLE;
    }
    BlasMap* made = calloc(1, sizeof *made);
    if (!made) {
        snprintf(why, NET_WHY, "out of memory for a layer");
        return NET_OUT_OF_MEMORY;
    }
    openblas_set_num_threads(1); // threads are the caller's: one plan each
    made->shape = *shape;
    *map = (NetMap*)made;
    return NET_OK;
}

static void destroy(NetMap* map) {
    free(map);
}

static size_t column_count(const NetMapShape* shape) {
    return shape->height * shape->width * 9 * shape->inputs;
}

static size_t scratch_bytes(const NetMap* map) {
    const NetMapShape* shape = &((const BlasMap*)map)->shape;
    return shape->convolution ? column_count(shape) * sizeof(NetReal) : 0;
}

static size_t own_bytes(const NetMap* map) {
    (void)map;
    return sizeof(BlasMap);
}

static void load(NetMap* map, const NetReal* weight, const NetReal* bias) {
    BlasMap* own = (BlasMap*)map;
    own->weight = weight;
    own->bias = bias;
}

static void forward(NetMap* map, const void* from, void* to, void* scratch) {
    const BlasMap* own = (const BlasMap*)map;
    const NetMapShape* shape = &own->shape;
    const NetKernels* kernels = net_kernels(false);
    const NetReal* x = from;
    NetReal *y = to, *columns = scratch;
    size_t in = shape->inputs, out = shape->outputs, cells = shape->height * shape->width;
    if (!shape->convolution) {
        net_product_blas(false, true, shape->rows, out, in, x, in, own->weight, in, false, y);
    }
    for (size_t row = 0; shape->convolution && row < shape->rows; row++) {
        kernels->unfold(shape->height, shape->width, in, x + row * cells * in, columns);
        net_product_blas(false, true, cells, out, 9 * in, columns, 9 * in, own->weight, 9 * in,
                         false, y + row * cells * out);
    }
    kernels->bias_relu(shape->rows * cells, out, own->bias, shape->relu, y);
}

static void backward(NetMap* map, const void* from, const void* gradient, void* to,
                     NetReal* d_weight, NetReal* d_bias, void* scratch) {
    const BlasMap* own = (const BlasMap*)map;
    const NetMapShape* shape = &own->shape;
    const NetKernels* kernels = net_kernels(false);
    const NetReal *x = from, *d_y = gradient;
    NetReal *d_x = to, *columns = scratch;
    size_t in = shape->inputs, out = shape->outputs, cells = shape->height * shape->width;
    if (d_bias) {
        kernels->add_columns(shape->rows * cells, out, d_y, d_bias);
    }
    if (!shape->convolution) {
        net_product_blas(true, false, out, in, shape->rows, d_y, out, x, in, true, d_weight);
        if (d_x) {
            net_product_blas(false, false, shape->rows, in, out, d_y, out, own->weight, in, false,
                             d_x);
        }
        return;
    }
    for (size_t row = 0; row < shape->rows; row++) {
        const NetReal* d_row = d_y + row * cells * out;
        kernels->unfold(shape->height, shape->width, in, x + row * cells * in, columns);
        net_product_blas(true, false, out, 9 * in, cells, d_row, out, columns, 9 * in, true,
                         d_weight);
        if (d_x) {
            NetReal* d_x_row = d_x + row * cells * in;
            net_product_blas(false, false, cells, 9 * in, out, d_row, out, own->weight, 9 * in,
                             false, columns);
            memset(d_x_row, 0, cells * in * sizeof *d_x_row);
            kernels->d_unfold(shape->height, shape->width, in, columns, d_x_row);
        }
    }
}

const NetMapBackend net_map_blas = {create, destroy, scratch_bytes, own_bytes,
                                    load,   forward, backward};
