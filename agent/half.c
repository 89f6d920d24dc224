#include "agent/half.h"

#include <math.h>
#include <string.h>

enum { FRACTION = 10, BIAS = 15, INFINITE = 0x7c00 };

uint16_t half_of(float value) {
    uint16_t sign = signbit(value) ? 0x8000 : 0;
    double size = fabs((double)value);
    if (isnan(value)) {
        return sign | INFINITE | 1;
    }
    if (size <= 0) {
        return sign;
    }
    int exponent;
    frexp(size, &exponent); // size in [2^(exponent - 1), 2^exponent)
    // The distance between halves here; below the smallest normal one it no longer shrinks.
    int unit = (exponent - 1 < 1 - BIAS ? 1 - BIAS : exponent - 1) - FRACTION;
    double rounded = nearbyint(ldexp(size, -unit)); // at most 2^11
    if (ldexp(rounded, unit) >= 65536) {
        return sign | INFINITE;
    }
    // Counted in units, the bits of a half go up by one from each to the next.
    int steps = (unit + FRACTION + BIAS - 1) << FRACTION;
    return sign | (uint16_t)(steps + (int)rounded);
}

float half_value(uint16_t half) {
    int exponent = half >> FRACTION & 31, fraction = half & ((1 << FRACTION) - 1);
    double size;
    if (exponent == 31) {
        size = fraction ? (double)NAN : (double)INFINITY;
    } else {
        int normal = exponent > 0;
        size = ldexp(fraction + (normal << FRACTION), (normal ? exponent : 1) - BIAS - FRACTION);
    }
    return (float)(half & 0x8000 ? -size : size);
}
