// Inside of attention (attend.c): a row's queries and keys, packed head by head and padded to whole
// tiles of 8 queries by 16 keys, and the products of these tiles, whose sums are held in registers.
// Tiles in which nobody sees anybody are left out.
#pragma once
#include <math.h>
#include <string.h>

#include "nets/attend.h"
#include "nets/wide.h"

enum { TILE = ATTEND_TILE, LANES = ATTEND_LANES, AREA = TILE * LANES };

typedef struct Packed {
    size_t queries, keys, size; // padded
    NetReal *q, *d_o;           // [queries, size]
    NetReal *qt, *d_ot;         // [queries / 8, size, 8]
    NetReal *k, *v, *d_k, *d_v; // [keys, size]
    NetReal *kt, *vt;           // [size, keys]
    NetReal *p, *d_p;           // [tiles seen, 8, 16]: of the block of queries at work
    NetReal* part;              // [8, size]
    uint8_t* mask;              // [queries, keys]
    int32_t* seen;              // the first key of each tile seen by the block at work
} Packed;

static inline NetReal* take(NetReal** room, size_t count) {
    NetReal* taken = *room;
    *room += count;
    return taken;
}

static inline Packed lay_out(const AttendShape* shape, NetReal* room) {
    Packed at = {.queries = attend_round(shape->queries, TILE),
                 .keys = attend_round(shape->all_keys, LANES),
                 .size = attend_round(shape->size, LANES)};
    NetReal** of_queries[] = {&at.q, &at.d_o, &at.qt, &at.d_ot};
    NetReal** of_keys[] = {&at.k, &at.v, &at.kt, &at.vt, &at.d_k, &at.d_v};
    for (size_t i = 0; i < sizeof of_queries / sizeof *of_queries; i++) {
        *of_queries[i] = take(&room, at.queries * at.size);
    }
    for (size_t i = 0; i < sizeof of_keys / sizeof *of_keys; i++) {
        *of_keys[i] = take(&room, at.keys * at.size);
    }
    at.p = take(&room, TILE * at.keys);
    at.d_p = take(&room, TILE * at.keys);
    at.part = take(&room, TILE * at.size);
    at.seen = (int32_t*)(void*)take(&room, attend_round(at.keys / LANES, 16));
    at.mask = (uint8_t*)room;
    return at;
}

// ---------------------------------------------------------------- packing
static inline void pack_mask(const AttendShape* shape, const AttendRow* row, const Packed* at) {
    memset(at->mask, 0, at->queries * at->keys);
    for (size_t q = 0; q < shape->queries; q++) {
        memcpy(at->mask + q * at->keys, row->mask + q * shape->all_keys, shape->all_keys);
    }
}

// One head's columns of x [lines, width] -> [lines, size], zeros beyond.
static inline void pack_lines(const AttendShape* shape, size_t lines, const NetReal* x, size_t head,
                              NetReal scale, size_t size, NetReal* y) {
    const size_t width = shape->heads * shape->size, whole = shape->size / WIDE * WIDE;
    for (size_t line = 0; line < lines; line++) {
        const NetReal* from = x + line * width + head * shape->size;
        NetReal* to = y + line * size;
        for (size_t c = 0; c < whole; c += WIDE) {
            wide_store(scale * wide_load(from + c), to + c);
        }
        for (size_t c = whole; c < shape->size; c++) {
            to[c] = scale * from[c];
        }
    }
}

// y [queries, size]; yt: the same by blocks of 8, turned.
static inline void pack_queries(const AttendShape* shape, const Packed* at, const NetReal* x,
                                size_t head, NetReal scale, NetReal* restrict y,
                                NetReal* restrict yt) {
    memset(y, 0, at->queries * at->size * sizeof *y);
    pack_lines(shape, shape->queries, x, head, scale, at->size, y);
    for (size_t first = 0; first < at->queries * at->size; first += TILE * at->size) {
        for (size_t c = 0; c < at->size; c++) {
            for (size_t q = 0; q < TILE; q++) {
                yt[first + c * TILE + q] = y[first + q * at->size + c];
            }
        }
    }
}

static inline void pack_keys(const AttendShape* shape, const Packed* at, const NetReal* const* x,
                             size_t head, NetReal* y) {
    memset(y, 0, at->keys * at->size * sizeof *y);
    for (size_t i = 0; i < shape->segments; i++) {
        pack_lines(shape, shape->keys[i], x[i], head, 1, at->size, y);
        y += shape->keys[i] * at->size;
    }
}

static inline void transpose(const Packed* at, const NetReal* restrict x, NetReal* restrict y) {
    for (size_t first = 0; first < at->keys; first += LANES) {
        for (size_t c = 0; c < at->size; c++) {
            for (size_t i = 0; i < LANES; i++) {
                y[c * at->keys + first + i] = x[(first + i) * at->size + c];
            }
        }
    }
}

// Which tiles of keys any of 8 queries sees; returns how many.
static inline size_t find_seen(const Packed* at, size_t first_query) {
    size_t count = 0;
    for (size_t first = 0; first < at->keys; first += LANES) {
        uint64_t any = 0;
        for (size_t q = first_query; q < first_query + TILE; q++) {
            uint64_t part[LANES / 8]; // eight bytes of the mask at once
            memcpy(part, at->mask + q * at->keys + first, sizeof part);
            for (size_t i = 0; i < LANES / 8; i++) {
                any |= part[i];
            }
        }
        if (any) {
            at->seen[count++] = (int32_t)first;
        }
    }
    return count;
}

// ---------------------------------------------------------------- products
enum { PARTS = LANES / WIDE };
#if defined(__AVX512F__)
enum { REGISTERS = 16 }; // for sums
#else
enum { REGISTERS = 8 };
#endif
enum { HELD = REGISTERS / PARTS < TILE ? REGISTERS / PARTS : TILE }; // rows of a tile at a time

typedef struct Sums {
    Wide row[HELD][PARTS];
} Sums;

// sums [HELD, 16] += sum over i of a[r, i] b[i, 0..15]; a's element (r, i) is a[r * ar + i * ai].
// Where ar and ai are constants, one register points to all of them.
static inline __attribute__((always_inline)) void add_product(Sums* sums, size_t inner,
                                                              const NetReal* a, size_t ar,
                                                              size_t ai, const NetReal* b,
                                                              size_t bs) {
    for (size_t i = 0; i < inner; i++) {
        for (size_t part = 0; part < PARTS; part++) {
            Wide line = wide_load(b + i * bs + part * WIDE);
            for (size_t r = 0; r < HELD; r++) {
                sums->row[r][part] += a[r * ar + i * ai] * line;
            }
        }
    }
}

static inline Sums load_sums(const NetReal* from, size_t stride) {
    Sums sums = {0};
    for (size_t r = 0; r < HELD; r++) {
        memcpy(sums.row[r], from + r * stride, sizeof sums.row[r]);
    }
    return sums;
}

static inline void store_sums(const Sums* sums, NetReal* to, size_t stride) {
    for (size_t r = 0; r < HELD; r++) {
        memcpy(to + r * stride, sums->row[r], sizeof sums->row[r]);
    }
}

// p [seen, 8, 16] = x y^T of a block of queries, turned as above, and the tiles of keys seen.
static inline void scores(const Packed* at, size_t seen, const NetReal* xt, const NetReal* yt,
                          NetReal* p) {
    for (size_t i = 0; i < seen; i++) {
        for (size_t r = 0; r < TILE; r += HELD) {
            Sums sums = {0};
            add_product(&sums, at->size, xt + r, 1, TILE, yt + at->seen[i], at->keys);
            store_sums(&sums, p + i * AREA + r * LANES, LANES);
        }
    }
}

// part [8, size] = p x over the tiles seen.
static inline void gather(const Packed* at, size_t seen, const NetReal* p, const NetReal* x,
                          NetReal* part) {
    for (size_t c = 0; c < at->size; c += LANES) {
        for (size_t r = 0; r < TILE; r += HELD) {
            Sums sums = {0};
            for (size_t i = 0; i < seen; i++) {
                add_product(&sums, LANES, p + i * AREA + r * LANES, LANES, 1,
                            x + (size_t)at->seen[i] * at->size + c, at->size);
            }
            store_sums(&sums, part + r * at->size + c, at->size);
        }
    }
}

// x [keys, size] += p^T y for a block's y [8, size].
static inline void scatter(const Packed* at, size_t seen, const NetReal* p, const NetReal* y,
                           NetReal* x) {
    for (size_t i = 0; i < seen; i++) {
        for (size_t r = 0; r < LANES; r += HELD) {
            for (size_t c = 0; c < at->size; c += LANES) {
                NetReal* to = x + ((size_t)at->seen[i] + r) * at->size + c;
                Sums sums = load_sums(to, at->size);
                add_product(&sums, TILE, p + i * AREA + r, 1, LANES, y + c, at->size);
                store_sums(&sums, to, at->size);
            }
        }
    }
}
