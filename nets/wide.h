// Vectors as wide as the registers of the instruction set that a file is compiled for, and their
// exponential. Written out, because gcc, left to itself, computes masked loops two numbers at a
// time. The compilers' extension (gcc and clang).
#pragma once
#include <math.h>
#include <string.h>

#include "nets/nets.h"

#if defined(__AVX512F__)
#define WIDE_BYTES 64
#elif defined(__AVX2__)
#define WIDE_BYTES 32
#else
#define WIDE_BYTES 16
#endif
enum { WIDE = WIDE_BYTES / sizeof(NetReal) };
typedef NetReal Wide __attribute__((vector_size(WIDE_BYTES)));
#ifdef NETS_DOUBLE
typedef int64_t WideMask __attribute__((vector_size(WIDE_BYTES))); // 0 or all bits
#else
typedef int32_t WideMask __attribute__((vector_size(WIDE_BYTES)));
typedef uint32_t WideBits __attribute__((vector_size(WIDE_BYTES)));
#endif
typedef uint8_t WideBytes __attribute__((vector_size(WIDE)));

static inline Wide wide_load(const NetReal* from) {
    Wide x;
    memcpy(&x, from, sizeof x);
    return x;
}

static inline void wide_store(Wide x, NetReal* to) {
    memcpy(to, &x, sizeof x);
}

static inline Wide wide_choose(WideMask which, Wide yes, Wide no) {
    return (Wide)((which & (WideMask)yes) | (~which & (WideMask)no));
}

static inline WideMask wide_seen(const uint8_t* mask) {
    WideBytes bytes;
    memcpy(&bytes, mask, sizeof bytes);
    return __builtin_convertvector(bytes, WideMask) != 0;
}

#ifdef NETS_DOUBLE
static inline Wide exponential(Wide x) {
    for (size_t i = 0; i < WIDE; i++) {
        x[i] = exp(x[i]);
    }
    return x;
}
#else
// exp(x) to 2 units in the last place (Cephes), but 0 below e^-70: beside 1, the largest number of
// a softmax, that is nothing, and products of it are numbers next to zero, which processors compute
// with a hundred times more slowly.
static inline Wide exponential(Wide x) {
    const Wide none = {0}, given = x;
    x = wide_choose(x < -70.0f, none - 70.0f, x);
    x = wide_choose(x > 88.0f, none + 88.0f, x);
    const float magic = 12582912.0f; // 1.5 * 2^23: adding it rounds to a whole number
    Wide shifted = x * 1.44269504088896341f + magic, n = shifted - magic;
    Wide r = x - n * 0.693359375f + n * 2.12194440e-4f;
    Wide p = none + 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1;
    uint32_t magic_bits; // n again, without a conversion, which a NaN would not survive
    memcpy(&magic_bits, &magic, sizeof magic_bits);
    WideBits bits = ((WideBits)shifted - magic_bits + 127) << 23;
    return wide_choose(given < -70.0f, none, p * (Wide)bits);
}
#endif
