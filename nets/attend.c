// Attention (attend.h) for one instruction set. The keys of a row are packed head by head, padded
// to whole tiles of 8 queries by 16 keys; tiles in which nobody sees anybody are skipped. Products
// are tiles of 8 x 16 sums held in registers.
//
// Vectors are the compilers' extension (gcc and clang); the plain form is in tests.
#include "nets/attend.h"

#include <math.h>
#include <string.h>

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

enum { TILE = ATTEND_TILE, LANES = ATTEND_LANES };
#ifdef __AVX512F__
enum { HELD = TILE }; // rows of sums that fit into the registers
#else
enum { HELD = TILE / 2 };
#endif
typedef NetReal Lane __attribute__((vector_size(sizeof(NetReal) * ATTEND_LANES)));

// c [8, 16] = or += sum over i of a[r, i] b[i, 0..15]; a's element (r, i) is a[r * ar + i * ai].
static inline void tile(size_t inner, const NetReal* a, size_t ar, size_t ai, const NetReal* b,
                        size_t bs, bool add, NetReal* c, size_t cs) {
    for (size_t first = 0; first < TILE; first += HELD) {
        Lane sum[HELD], line;
        for (size_t r = 0; r < HELD; r++) {
            sum[r] = (Lane){0};
            if (add) {
                memcpy(&sum[r], c + (first + r) * cs, sizeof sum[r]);
            }
        }
        const NetReal* from = a + first * ar;
        for (size_t i = 0; i < inner; i++) {
            memcpy(&line, b + i * bs, sizeof line);
            for (size_t r = 0; r < HELD; r++) {
                sum[r] += from[r * ar + i * ai] * line;
            }
        }
        for (size_t r = 0; r < HELD; r++) {
            memcpy(c + (first + r) * cs, &sum[r], sizeof sum[r]);
        }
    }
}

#ifdef NETS_DOUBLE
static inline NetReal exponential(NetReal x) {
    return exp(x);
}
#else
// exp(x) to 2 units in the last place (Cephes), written so that a loop over it is vectorised.
static inline NetReal exponential(NetReal x) {
    x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
    float magic = 12582912.0f; // 1.5 * 2^23: adding it rounds to a whole number
    float shifted = x * 1.44269504088896341f + magic, n = shifted - magic;
    float r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1;
    uint32_t bits, magic_bits; // n again, without a conversion, which a NaN would not survive
    memcpy(&bits, &shifted, sizeof bits);
    memcpy(&magic_bits, &magic, sizeof magic_bits);
    bits = (bits - magic_bits + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}
#endif

static inline NetReal smaller_root(size_t size) { // 1 / sqrt(size)
    return (NetReal)(1 / sqrt((double)size));
}

static inline NetReal logarithm(NetReal x) {
#ifdef NETS_DOUBLE
    return log(x);
#else
    return logf(x);
#endif
}

// ---------------------------------------------------------------- packed rows
typedef struct Packed {
    size_t queries, keys, size;   // padded
    NetReal *q, *k, *v, *kt, *vt; // [queries, size], [keys, size] and [size, keys]
    NetReal *d_o, *d_k, *d_v;     // [queries, size], [keys, size]
    NetReal *p, *d_p;             // [8, keys]: of the block at work
    NetReal *part, *d_part;       // [8, size]
    uint8_t* mask;                // [queries, keys]
    int32_t* seen;                // tiles of the block at work
} Packed;

static NetReal* take(NetReal** room, size_t count) {
    NetReal* taken = *room;
    *room += count;
    return taken;
}

static Packed lay_out(const AttendShape* shape, NetReal* room) {
    Packed at = {.queries = attend_round(shape->queries, TILE),
                 .keys = attend_round(shape->all_keys, LANES),
                 .size = attend_round(shape->size, LANES)};
    size_t block = at.keys * at.size;
    at.q = take(&room, at.queries * at.size);
    at.d_o = take(&room, at.queries * at.size);
    at.k = take(&room, block);
    at.v = take(&room, block);
    at.kt = take(&room, block);
    at.vt = take(&room, block);
    at.d_k = take(&room, block);
    at.d_v = take(&room, block);
    at.p = take(&room, TILE * at.keys);
    at.d_p = take(&room, TILE * at.keys);
    at.part = take(&room, TILE * at.size);
    at.d_part = take(&room, TILE * at.size);
    at.seen = (int32_t*)(void*)take(&room, attend_round(at.keys / LANES, 16));
    at.mask = (uint8_t*)room;
    return at;
}

static void pack_mask(const AttendShape* shape, const AttendRow* row, const Packed* at) {
    memset(at->mask, 0, at->queries * at->keys);
    for (size_t q = 0; q < shape->queries; q++) {
        memcpy(at->mask + q * at->keys, row->mask + q * shape->all_keys, shape->all_keys);
    }
}

// One head's columns of x [lines, width] -> [lines, size], zeros beyond.
static void pack_lines(const AttendShape* shape, size_t lines, const NetReal* x, size_t head,
                       NetReal scale, size_t size, NetReal* y) {
    size_t width = shape->heads * shape->size;
    for (size_t line = 0; line < lines; line++) {
        const NetReal* from = x + line * width + head * shape->size;
        for (size_t c = 0; c < shape->size; c++) {
            y[line * size + c] = scale * from[c];
        }
    }
}

static void pack_queries(const AttendShape* shape, const Packed* at, const NetReal* x, size_t head,
                         NetReal scale, NetReal* y) {
    memset(y, 0, at->queries * at->size * sizeof *y);
    pack_lines(shape, shape->queries, x, head, scale, at->size, y);
}

static void pack_keys(const AttendShape* shape, const Packed* at, const NetReal* const* x,
                      size_t head, NetReal* y) {
    memset(y, 0, at->keys * at->size * sizeof *y);
    for (size_t i = 0; i < shape->segments; i++) {
        pack_lines(shape, shape->keys[i], x[i], head, 1, at->size, y);
        y += shape->keys[i] * at->size;
    }
}

static void transpose(const Packed* at, const NetReal* restrict x, NetReal* restrict y) {
    for (size_t first = 0; first < at->keys; first += LANES) {
        for (size_t c = 0; c < at->size; c++) {
            for (size_t i = 0; i < LANES; i++) {
                y[c * at->keys + first + i] = x[(first + i) * at->size + c];
            }
        }
    }
}

// Which tiles of keys any of 8 queries sees; returns how many.
static size_t find_seen(const Packed* at, size_t first_query) {
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

// q k^T for a block of queries, in the tiles seen.
static void scores(const Packed* at, size_t first_query, size_t seen) {
    for (size_t i = 0; i < seen; i++) {
        size_t key = (size_t)at->seen[i];
        tile(at->size, at->q + first_query * at->size, at->size, 1, at->kt + key, at->keys, false,
             at->p + key, at->keys);
    }
}

// ---------------------------------------------------------------- forward
// p = exp(p - its largest), 0 where not seen; returns the sum, and the largest.
static NetReal exponentials(const Packed* at, const uint8_t* mask, size_t seen, NetReal* restrict p,
                            NetReal* largest) {
    NetReal top = -INFINITY;
    for (size_t i = 0; i < seen; i++) {
        size_t key = (size_t)at->seen[i];
#pragma omp simd reduction(max : top)
        for (size_t j = key; j < key + LANES; j++) {
            NetReal value = mask[j] ? p[j] : -INFINITY;
            top = value > top ? value : top;
        }
    }
    NetReal sum = 0;
    *largest = top > -INFINITY ? top : 0;
    for (size_t i = 0; i < seen; i++) {
        size_t key = (size_t)at->seen[i];
#pragma omp simd reduction(+ : sum)
        for (size_t j = key; j < key + LANES; j++) {
            NetReal value = exponential(p[j] - *largest);
            p[j] = mask[j] ? value : 0;
            sum += p[j];
        }
    }
    return sum;
}

// part [8, size] = p x over the tiles seen.
static void gather(const Packed* at, size_t seen, const NetReal* p, const NetReal* x,
                   NetReal* part) {
    memset(part, 0, TILE * at->size * sizeof *part);
    for (size_t c = 0; c < at->size; c += LANES) {
        for (size_t i = 0; i < seen; i++) {
            size_t key = (size_t)at->seen[i];
            tile(LANES, p + key, at->keys, 1, x + key * at->size + c, at->size, true, part + c,
                 at->size);
        }
    }
}

static void forward_block(const AttendShape* shape, const AttendRow* row, const Packed* at,
                          size_t head, size_t first, NetReal* factor) {
    size_t seen = find_seen(at, first);
    size_t count = shape->queries - first < TILE ? shape->queries - first : TILE;
    scores(at, first, seen);
    for (size_t q = 0; q < TILE; q++) {
        NetReal top = 0;
        NetReal sum =
            exponentials(at, at->mask + (first + q) * at->keys, seen, at->p + q * at->keys, &top);
        factor[q] = sum > 0 ? 1 / sum : 0;
        if (q < count) {
            row->sum[(first + q) * shape->heads + head] = sum > 0 ? top + logarithm(sum) : 0;
        }
    }
    gather(at, seen, at->p, at->v, at->part);
    for (size_t q = 0; q < count; q++) {
        NetReal* to = row->o + ((first + q) * shape->heads + head) * shape->size;
        for (size_t c = 0; c < shape->size; c++) {
            to[c] = factor[q] * at->part[q * at->size + c];
        }
    }
}

static void forward(const AttendShape* shape, const AttendRow* row, NetReal* room) {
    Packed at = lay_out(shape, room);
    pack_mask(shape, row, &at);
    for (size_t head = 0; head < shape->heads; head++) {
        NetReal factor[TILE];
        pack_queries(shape, &at, row->q, head, smaller_root(shape->size), at.q);
        pack_keys(shape, &at, row->k, head, at.k);
        pack_keys(shape, &at, row->v, head, at.v);
        transpose(&at, at.k, at.kt);
        for (size_t first = 0; first < at.queries; first += TILE) {
            forward_block(shape, row, &at, head, first, factor);
        }
    }
}

// ---------------------------------------------------------------- backward
// With P = exp(q k^T - sum): d_S = P (d_o v^T - <d_o, o>); d_q = d_S k, d_k = d_S^T q, d_v = P^T
// d_o.
static void gradient_scores(const AttendShape* shape, const AttendRow* row, const Packed* at,
                            size_t head, size_t first, size_t seen) {
    for (size_t i = 0; i < seen; i++) {
        size_t key = (size_t)at->seen[i];
        tile(at->size, at->d_o + first * at->size, at->size, 1, at->vt + key, at->keys, false,
             at->d_p + key, at->keys);
    }
    for (size_t q = 0; q < TILE; q++) {
        bool real = first + q < shape->queries;
        size_t place = real ? (first + q) * shape->heads + head : 0;
        NetReal along = 0, sum = row->sum[place];
        for (size_t c = 0; real && c < shape->size; c++) {
            along += row->d_o[place * shape->size + c] * row->o[place * shape->size + c];
        }
        const uint8_t* mask = at->mask + (first + q) * at->keys;
        NetReal *p = at->p + q * at->keys, *d_p = at->d_p + q * at->keys;
        for (size_t i = 0; i < seen; i++) {
            size_t key = (size_t)at->seen[i];
#pragma omp simd
            for (size_t j = key; j < key + LANES; j++) {
                NetReal value = exponential(p[j] - sum);
                p[j] = mask[j] ? value : 0;
                d_p[j] = p[j] * (d_p[j] - along);
            }
        }
    }
}

// x [keys, size] += p^T y over a block of 8 queries
static void scatter(const Packed* at, size_t seen, const NetReal* p, const NetReal* y, NetReal* x) {
    for (size_t i = 0; i < seen; i++) {
        for (size_t key = (size_t)at->seen[i]; key < (size_t)at->seen[i] + LANES; key += TILE) {
            for (size_t c = 0; c < at->size; c += LANES) {
                tile(TILE, p + key, 1, at->keys, y + c, at->size, true, x + key * at->size + c,
                     at->size);
            }
        }
    }
}

static void add_lines(const AttendShape* shape, const Packed* at, size_t lines, const NetReal* x,
                      size_t head, NetReal scale, NetReal* y) {
    size_t width = shape->heads * shape->size;
    for (size_t line = 0; y && line < lines; line++) {
        NetReal* to = y + line * width + head * shape->size;
        for (size_t c = 0; c < shape->size; c++) {
            to[c] += scale * x[line * at->size + c];
        }
    }
}

static void backward_head(const AttendShape* shape, const AttendRow* row, const Packed* at,
                          size_t head) {
    const NetReal scale = smaller_root(shape->size);
    size_t width = shape->heads * shape->size;
    for (size_t first = 0; first < at->queries; first += TILE) {
        size_t seen = find_seen(at, first), rest = shape->queries - first;
        scores(at, first, seen);
        gradient_scores(shape, row, at, head, first, seen);
        if (row->d_q) {
            gather(at, seen, at->d_p, at->k, at->d_part);
            add_lines(shape, at, rest < TILE ? rest : TILE, at->d_part, head, scale,
                      row->d_q + first * width);
        }
        scatter(at, seen, at->d_p, at->q + first * at->size, at->d_k);
        scatter(at, seen, at->p, at->d_o + first * at->size, at->d_v);
    }
}

static void backward(const AttendShape* shape, const AttendRow* row, NetReal* room) {
    Packed at = lay_out(shape, room);
    pack_mask(shape, row, &at);
    for (size_t head = 0; head < shape->heads; head++) {
        pack_queries(shape, &at, row->q, head, smaller_root(shape->size), at.q);
        pack_queries(shape, &at, row->d_o, head, 1, at.d_o);
        pack_keys(shape, &at, row->k, head, at.k);
        pack_keys(shape, &at, row->v, head, at.v);
        transpose(&at, at.k, at.kt);
        transpose(&at, at.v, at.vt);
        memset(at.d_k, 0, at.keys * at.size * sizeof *at.d_k);
        memset(at.d_v, 0, at.keys * at.size * sizeof *at.d_v);
        backward_head(shape, row, &at, head);
        size_t offset = 0;
        for (size_t i = 0; i < shape->segments; i++) {
            add_lines(shape, &at, shape->keys[i], at.d_k + offset, head, 1, row->d_k[i]);
            add_lines(shape, &at, shape->keys[i], at.d_v + offset, head, 1, row->d_v[i]);
            offset += shape->keys[i] * at.size;
        }
    }
}

// ---------------------------------------------------------------- a few queries
static void few_scores(const AttendShape* shape, const NetReal* q, const NetReal* k,
                       NetReal* score) {
    const NetReal scale = smaller_root(shape->size);
    for (size_t head = 0; head < shape->heads; head++) {
        const NetReal *a = q + head * shape->size, *b = k + head * shape->size;
        NetReal sum = 0;
#pragma omp simd reduction(+ : sum)
        for (size_t c = 0; c < shape->size; c++) {
            sum += a[c] * b[c];
        }
        score[head] = sum * scale;
    }
}

static void few_values(const AttendShape* shape, const NetReal* restrict p,
                       const NetReal* restrict v, NetReal* restrict o) {
    for (size_t head = 0; head < shape->heads; head++) {
        for (size_t c = head * shape->size; c < (head + 1) * shape->size; c++) {
            o[c] += p[head] * v[c];
        }
    }
}

// score [visible keys, heads] -> softmax over keys; sum [heads] as in AttendRow.
static void few_softmax(size_t heads, size_t count, NetReal* score, NetReal* sum) {
    for (size_t head = 0; head < heads; head++) {
        NetReal top = -INFINITY, total = 0;
        for (size_t i = head; i < count * heads; i += heads) {
            top = score[i] > top ? score[i] : top;
        }
        for (size_t i = head; i < count * heads; i += heads) {
            score[i] = exponential(score[i] - top);
            total += score[i];
        }
        for (size_t i = head; i < count * heads; i += heads) {
            score[i] /= total;
        }
        sum[head] = count ? top + logarithm(total) : 0;
    }
}

static void few(const AttendShape* shape, const AttendRow* row, NetReal* score) {
    size_t width = shape->heads * shape->size;
    memset(row->o, 0, shape->queries * width * sizeof *row->o);
    for (size_t q = 0; q < shape->queries; q++) {
        const uint8_t* mask = row->mask + q * shape->all_keys;
        size_t count = 0, at = 0;
        for (size_t i = 0; i < shape->segments; i++) {
            for (size_t j = 0; j < shape->keys[i]; j++) {
                if (mask[at++]) {
                    few_scores(shape, row->q + q * width, row->k[i] + j * width,
                               score + count++ * shape->heads);
                }
            }
        }
        few_softmax(shape->heads, count, score, row->sum + q * shape->heads);
        count = at = 0;
        for (size_t i = 0; i < shape->segments; i++) {
            for (size_t j = 0; j < shape->keys[i]; j++) {
                if (mask[at++]) {
                    few_values(shape, score + count++ * shape->heads, row->v[i] + j * width,
                               row->o + q * width);
                }
            }
        }
    }
}

extern const NetAttend JOIN(net_attend_, KERNELS);
const NetAttend JOIN(net_attend_, KERNELS) = {.forward = forward, .few = few, .backward = backward};
