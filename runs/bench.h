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

// Bytes that one core stores per second: memset of `rows` rows of `row_bytes` each, in turn, as an
// observation of that many worlds is written. The repeats' median, least and most; 0 when memory is
// short. repeats in [1, BENCH_REPEATS].
BenchSpread bench_store_rate(size_t rows, size_t row_bytes, size_t repeats);
