// Arrays whose elements are stored as NetReal or as bfloat16: what tests of the kernels need to
// write one check for every variant.
#pragma once
#include "nets/kernels.h"

enum { VARIANTS = 6 }; // base, avx2, avx512, each with both storage types

typedef struct Variant {
    const char* name;
    bool half; // elements are bfloat16
    const NetKernels* kernels;
} Variant;

// False, and a line that says so, when the processor (or the build) lacks this one.
bool variant_find(int number, Variant* variant);

// The bfloat16 nearest to x, ties to even, by arithmetic on values instead of bits.
uint16_t bf16_nearest(float x);
double bf16_value(uint16_t bits);

void* elements_create(const Variant* variant, size_t count); // exactly count, zero; free() it
void* elements_random(const Variant* variant, size_t count, NetRandom* random); // normal draws
double element_get(const Variant* variant, const void* elements, size_t i);
void element_set(const Variant* variant, void* elements, size_t i, double value); // rounds
NetReal* reals_create(size_t count);
NetReal* reals_random(size_t count, NetRandom* random);

// Bounds relative to the size of the terms: of a stored result, and of a sum in NetReal.
double variant_rounding(const Variant* variant);
extern const double real_rounding;

// Fails with `what`, the variant and the index unless |expected - got| <= bound (NaN fits NaN).
void check_close(const Variant* variant, const char* what, size_t i, double expected, double got,
                 double bound);
