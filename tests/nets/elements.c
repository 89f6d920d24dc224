#include "tests/nets/elements.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef NETS_DOUBLE
const double real_rounding = 1e-14;
#else
const double real_rounding = 1e-6;
#endif

bool variant_find(int number, Variant* variant) {
    static const char* const names[] = {"base", "avx2", "avx512"};
    *variant = (Variant){names[number / 2], number % 2 == 1, NULL};
    variant->kernels = net_kernels_by_name(variant->name, variant->half);
    if (!variant->kernels) {
        printf("skipped: kernels %s do not run on this processor\n", variant->name);
    }
    return variant->kernels != NULL;
}

double bf16_value(uint16_t bits) {
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return (double)value;
}

uint16_t bf16_nearest(float x) {
    float rounded = x;
    if (isfinite(x) && x != 0) {
        int exponent;
        frexp((double)x, &exponent); // |x| in [2^(exponent - 1), 2^exponent): 8 bits of it are kept
        double unit = ldexp(1, (exponent < -125 ? -125 : exponent) - 8);
        rounded = (float)(nearbyint((double)x / unit) * unit);
    }
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    return (uint16_t)(bits >> 16);
}

static size_t size_of(const Variant* variant) {
    return variant->half ? sizeof(uint16_t) : sizeof(NetReal);
}

static void* zeros(size_t bytes) {
    void* room = calloc(bytes ? bytes : 1, 1);
    ck_assert_ptr_nonnull(room);
    return room;
}

void* elements_create(const Variant* variant, size_t count) {
    return zeros(count * size_of(variant));
}

NetReal* reals_create(size_t count) {
    return zeros(count * sizeof(NetReal));
}

double element_get(const Variant* variant, const void* elements, size_t i) {
    return variant->half ? bf16_value(((const uint16_t*)elements)[i])
                         : (double)((const NetReal*)elements)[i];
}

void element_set(const Variant* variant, void* elements, size_t i, double value) {
    if (variant->half) {
        ((uint16_t*)elements)[i] = bf16_nearest((float)value);
    } else {
        ((NetReal*)elements)[i] = (NetReal)value;
    }
}

void* elements_random(const Variant* variant, size_t count, NetRandom* random) {
    void* elements = elements_create(variant, count);
    for (size_t i = 0; i < count; i++) {
        element_set(variant, elements, i, net_random_normal(random));
    }
    return elements;
}

NetReal* reals_random(size_t count, NetRandom* random) {
    NetReal* reals = reals_create(count);
    for (size_t i = 0; i < count; i++) {
        reals[i] = (NetReal)net_random_normal(random);
    }
    return reals;
}

double variant_rounding(const Variant* variant) {
    return variant->half ? 0x1p-8 : real_rounding; // bfloat16 keeps 8 bits: half a unit is 2^-9
}

void check_close(const Variant* variant, const char* what, size_t i, double expected, double got,
                 double bound) {
    bool infinite = isinf(expected) && expected == got;
    if (isnan(expected) ? isnan(got) : infinite || fabs(expected - got) <= bound) {
        return;
    }
    ck_abort_msg("%s, %s%s, element %zu: expected %.9g, got %.9g (within %.2g)", what,
                 variant->name, variant->half ? " bf16" : "", i, expected, got, bound);
}
