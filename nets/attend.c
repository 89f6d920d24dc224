// Attention (attend.h) for one instruction set, by tiles (attend_tiles.h). The plain form is in
// tests.
#include "nets/attend.h"

#include <math.h>
#include <string.h>

#include "nets/attend_tiles.h"
#include "nets/wide.h"

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

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

// ---------------------------------------------------------------- forward
// top [8] of what each query of the block sees; 0 if it sees nothing.
static void find_largest(const Packed* at, const uint8_t* mask, size_t seen, NetReal* top) {
    const Wide least = (Wide){0} - INFINITY;
    NetReal lanes[TILE][WIDE];
    for (size_t q = 0; q < TILE; q++) {
        Wide most = least;
        for (size_t i = 0; i < seen; i++) {
            const NetReal* p = at->p + i * AREA + q * LANES;
            const uint8_t* of = mask + q * at->keys + at->seen[i];
            for (size_t j = 0; j < LANES; j += WIDE) {
                Wide value = wide_choose(wide_seen(of + j), wide_load(p + j), least);
                most = wide_choose(value > most, value, most);
            }
        }
        wide_store(most, lanes[q]);
        top[q] = -INFINITY;
    }
    for (size_t j = 0; j < WIDE; j++) {
        for (size_t q = 0; q < TILE; q++) { // eight at once: none waits for another
            top[q] = lanes[q][j] > top[q] ? lanes[q][j] : top[q];
        }
    }
    for (size_t q = 0; q < TILE; q++) {
        top[q] = top[q] > -INFINITY ? top[q] : 0;
    }
}

// p = exp(p - top [8]), 0 where not seen; sum [8] over the keys.
static void exponentials(const Packed* at, const uint8_t* mask, size_t seen, const NetReal* top,
                         NetReal* sum) {
    for (size_t i = 0; i < seen; i++) {
        NetReal* p = at->p + i * AREA;
        for (size_t q = 0; q < TILE; q++) {
            const uint8_t* of = mask + q * at->keys + at->seen[i];
            for (size_t j = 0; j < LANES; j += WIDE) {
                Wide value = exponential(wide_load(p + q * LANES + j) - top[q]);
                value = wide_choose(wide_seen(of + j), value, (Wide){0});
                wide_store(value, p + q * LANES + j);
            }
        }
        for (size_t j = 0; j < LANES / 2; j++) {
            for (size_t q = 0; q < TILE; q++) { // likewise
                sum[q] += p[q * LANES + j] + p[q * LANES + LANES / 2 + j];
            }
        }
    }
}

static void forward_block(const AttendShape* shape, const AttendRow* row, const Packed* at,
                          size_t head, size_t first, NetReal* factor) {
    size_t seen = find_seen(at, first);
    size_t count = shape->queries - first < TILE ? shape->queries - first : TILE;
    const uint8_t* mask = at->mask + first * at->keys;
    NetReal top[TILE], sum[TILE] = {0};
    scores(at, seen, at->qt + first * at->size, at->kt, at->p);
    find_largest(at, mask, seen, top);
    exponentials(at, mask, seen, top, sum);
    for (size_t q = 0; q < TILE; q++) {
        factor[q] = sum[q] > 0 ? 1 / sum[q] : 0;
        if (q < count) {
            row->sum[(first + q) * shape->heads + head] =
                sum[q] > 0 ? top[q] + logarithm(sum[q]) : 0;
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
        pack_queries(shape, &at, row->q, head, smaller_root(shape->size), at.q, at.qt);
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
// d_o. p: q k^T -> P; d_p: d_o v^T -> d_S.
static void gradient_scores(const AttendShape* shape, const AttendRow* row, const Packed* at,
                            size_t head, size_t first, size_t seen) {
    const size_t width = shape->heads * shape->size, rest = shape->queries - first;
    const size_t place = first * width + head * shape->size, count = rest < TILE ? rest : TILE;
    NetReal along[TILE] = {0}, sum[TILE] = {0};
    for (size_t c = 0; c < shape->size; c++) {
        for (size_t q = 0; q < count; q++) {
            along[q] += row->d_o[place + q * width + c] * row->o[place + q * width + c];
        }
    }
    for (size_t q = 0; q < count; q++) {
        sum[q] = row->sum[(first + q) * shape->heads + head];
    }
    for (size_t i = 0; i < seen; i++) {
        for (size_t q = 0; q < TILE; q++) {
            const uint8_t* of = at->mask + (first + q) * at->keys + at->seen[i];
            NetReal *p = at->p + i * AREA + q * LANES, *d_p = at->d_p + i * AREA + q * LANES;
            for (size_t j = 0; j < LANES; j += WIDE) {
                Wide value = exponential(wide_load(p + j) - sum[q]);
                value = wide_choose(wide_seen(of + j), value, (Wide){0});
                Wide d_value = value * (wide_load(d_p + j) - along[q]);
                wide_store(value, p + j);
                wide_store(d_value, d_p + j);
            }
        }
    }
}

// y [lines, width], one head's columns, += scale x [lines, size]. y may be NULL.
static void add_lines(const AttendShape* shape, const Packed* at, size_t lines, const NetReal* x,
                      size_t head, NetReal scale, NetReal* y) {
    const size_t width = shape->heads * shape->size, whole = shape->size / WIDE * WIDE;
    for (size_t line = 0; y && line < lines; line++) {
        const NetReal* from = x + line * at->size;
        NetReal* to = y + line * width + head * shape->size;
        for (size_t c = 0; c < whole; c += WIDE) {
            wide_store(wide_load(to + c) + scale * wide_load(from + c), to + c);
        }
        for (size_t c = whole; c < shape->size; c++) {
            to[c] += scale * from[c];
        }
    }
}

static void backward_head(const AttendShape* shape, const AttendRow* row, const Packed* at,
                          size_t head) {
    const NetReal scale = smaller_root(shape->size);
    size_t width = shape->heads * shape->size;
    for (size_t first = 0; first < at->queries; first += TILE) {
        size_t seen = find_seen(at, first), rest = shape->queries - first;
        scores(at, seen, at->qt + first * at->size, at->kt, at->p);
        scores(at, seen, at->d_ot + first * at->size, at->vt, at->d_p);
        gradient_scores(shape, row, at, head, first, seen);
        if (row->d_q) {
            gather(at, seen, at->d_p, at->k, at->part);
            add_lines(shape, at, rest < TILE ? rest : TILE, at->part, head, scale,
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
        pack_queries(shape, &at, row->q, head, smaller_root(shape->size), at.q, at.qt);
        pack_queries(shape, &at, row->d_o, head, 1, at.d_o, at.d_ot);
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

static void exponentials_of(size_t count, NetReal* x) {
    size_t whole = count / WIDE * WIDE;
    for (size_t i = 0; i < whole; i += WIDE) {
        wide_store(exponential(wide_load(x + i)), x + i);
    }
    Wide rest = {0};
    memcpy(&rest, x + whole, (count - whole) * sizeof *x);
    rest = exponential(rest);
    memcpy(x + whole, &rest, (count - whole) * sizeof *x);
}

// score [visible keys, heads] -> softmax over keys; sum [heads] as in AttendRow.
static void few_softmax(size_t heads, size_t count, NetReal* score, NetReal* sum) {
    for (size_t head = 0; head < heads; head++) {
        NetReal top = -INFINITY;
        for (size_t i = head; i < count * heads; i += heads) {
            top = score[i] > top ? score[i] : top;
        }
        for (size_t i = head; i < count * heads; i += heads) {
            score[i] -= top;
        }
        sum[head] = count ? top : 0;
    }
    exponentials_of(count * heads, score);
    for (size_t head = 0; head < heads; head++) {
        NetReal total = 0;
        for (size_t i = head; i < count * heads; i += heads) {
            total += score[i];
        }
        for (size_t i = head; i < count * heads; i += heads) {
            score[i] /= total;
        }
        sum[head] += count ? logarithm(total) : 0;
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
