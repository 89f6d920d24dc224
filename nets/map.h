// A linear map or convolution, planned for fixed sizes by one of the two backends: where nearly all
// arithmetic happens. Both backends do the same thing; map_blas.c is the plain one.
#pragma once
#include "nets/nets.h"

#ifdef NETS_DOUBLE // oneDNN has no double precision
#undef NETS_ONEDNN
#endif

// C [rows, columns] = or += op(A) op(B); inner: the summed axis; lda, ldb: row lengths as stored.
typedef void NetProduct(bool trans_a, bool trans_b, size_t rows, size_t columns, size_t inner,
                        const NetReal* a, size_t lda, const NetReal* b, size_t ldb, bool accumulate,
                        NetReal* c);
NetProduct net_product_blas;
#ifdef NETS_ONEDNN
NetProduct net_product_onednn;
#endif

typedef struct NetMapShape {
    bool convolution;       // 3x3, padding 1; else a linear map (height = width = 1)
    size_t rows;            // pictures, or rows of the matrix product
    size_t height, width;   // of a picture
    size_t inputs, outputs; // channels
    bool bias, relu;
    bool half;     // x, y, d_x and d_y are bfloat16; weights, bias and their gradients never are
    bool training; // backward will be called
    bool input_gradient; // and is to give d_x
    NetProduct* product; // that of the plan's backend
} NetMapShape;

typedef struct NetMap NetMap; // a backend's own; starts with nothing in common

typedef struct NetMapBackend {
    NetStatus (*create)(const NetMapShape* shape, NetMap** map, char why[NET_WHY]);
    void (*destroy)(NetMap* map);               // NULL is allowed
    size_t (*scratch_bytes)(const NetMap* map); // room that forward and backward want
    size_t (*own_bytes)(const NetMap* map);
    // weight [out, in] or [out, 3, 3, in], bias [out] or NULL: borrowed until the next load.
    void (*load)(NetMap* map, const NetReal* weight, const NetReal* bias);
    // x [rows, H, W, in] -> y [rows, H, W, out]
    void (*forward)(NetMap* map, const void* x, void* y, void* scratch);
    // d_y is that before the ReLU (already masked). d_x is overwritten (NULL: not wanted); d_weight
    // and d_bias are added to.
    void (*backward)(NetMap* map, const void* x, const void* d_y, void* d_x, NetReal* d_weight,
                     NetReal* d_bias, void* scratch);
} NetMapBackend;

extern const NetMapBackend net_map_blas;
// For 3x3 convolutions only, in NetReal; suits: it can make this one, and as a rule faster.
extern const NetMapBackend net_map_winograd;
bool net_winograd_suits(const NetMapShape* shape);
#ifndef NETS_DOUBLE
// For 3x3 convolutions with channels in 16s (AVX2 or AVX-512), or in bfloat16 with channels in 32s
// (AVX-512 BF16 without tiles); suits: it can make this one, and faster than either backend.
extern const NetMapBackend net_map_direct;
#endif
bool net_direct_suits(const NetMapShape* shape);
#ifdef NETS_ONEDNN
extern const NetMapBackend net_map_onednn;
// What bfloat16 is worth here: nothing (oneDNN would emulate it), no more than f32 (Intel's AVX-512
// dot products: half the instructions at half the rate), or more than f32 (AMD's, or AMX tiles).
typedef enum NetBf16 { NET_BF16_NONE, NET_BF16_SLOW, NET_BF16_FAST } NetBf16;
NetBf16 net_onednn_bf16(void);
// oneDNN's threads are OpenMP's: one per calling thread here. Returns the former number.
int net_onednn_single_thread(void);
void net_onednn_restore_threads(int threads);
#endif
