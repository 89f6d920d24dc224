// Attention of one row: softmax(q k^T / sqrt(size)) v in several heads, over keys in up to four
// pieces. Compiled per instruction set (attend.c); chosen at run time.
#pragma once
#include "nets/graph.h"

enum { ATTEND_TILE = 8, ATTEND_LANES = 16, ATTEND_FEW = 4 };

typedef struct AttendShape {
    size_t queries, heads, size; // tokens are [heads * size] wide
    size_t segments, keys[NET_ATTENTION_SEGMENTS], all_keys;
} AttendShape;

typedef struct AttendRow {
    const NetReal* q;    // [queries, heads * size]
    const uint8_t* mask; // [queries, all_keys], 0: not seen
    const NetReal *k[NET_ATTENTION_SEGMENTS], *v[NET_ATTENTION_SEGMENTS];
    NetReal* o;   // [queries, heads * size]
    NetReal* sum; // [queries, heads]: logarithm of the softmax's denominator, for the way back
    const NetReal* d_o;
    NetReal* d_q; // these are added to; NULL: not wanted
    NetReal *d_k[NET_ATTENTION_SEGMENTS], *d_v[NET_ATTENTION_SEGMENTS];
} AttendRow;

typedef struct NetAttend {
    void (*forward)(const AttendShape* shape, const AttendRow* row, NetReal* room);
    // The same for a few queries (acting): reads keys where they lie.
    void (*few)(const AttendShape* shape, const AttendRow* row, NetReal* room);
    void (*backward)(const AttendShape* shape, const AttendRow* row, NetReal* room);
} NetAttend;

const NetAttend* net_attend(void);
// The variants by name, for tests: "base", "avx2", "avx512"; NULL if not built in or not runnable.
const NetAttend* net_attend_by_name(const char* name);

static inline size_t attend_round(size_t count, size_t to) {
    return (count + to - 1) / to * to;
}
// Elements of room that any of the three wants.
static inline size_t attend_room(const AttendShape* shape) {
    size_t q = attend_round(shape->queries, ATTEND_TILE);
    size_t k = attend_round(shape->all_keys, ATTEND_LANES);
    size_t size = attend_round(shape->size, ATTEND_LANES);
    size_t bytes = q * k + k / ATTEND_LANES * sizeof(int32_t) + 64; // mask and tiles seen
    return bytes / sizeof(NetReal) + 64 + 4 * q * size + 6 * k * size + 2 * ATTEND_TILE * k +
           ATTEND_TILE * size + (shape->heads + 1) * k;
}
