// What benchmarks share: a clock, and figures over repeats.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { BENCH_REPEATS = 100 };

double bench_seconds(void); // monotonic
// Of this process, all threads together: less than seconds times threads tells that the machine was
// busy with something else.
double bench_processor_seconds(void);

typedef struct BenchSpread {
    double median, min, max;
} BenchSpread;
// values [count] is sorted. count in [1, BENCH_REPEATS].
BenchSpread bench_spread(double* values, size_t count);
