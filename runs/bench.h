// What benchmarks share: a clock, the machine's name, and figures over repeats.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { BENCH_REPEATS = 100, BENCH_NAME = 128 };

double bench_seconds(void); // monotonic
// Of this process, all threads together: less than seconds times threads tells that the machine was
// busy with something else.
double bench_processor_seconds(void);
// "AMD EPYC 7763 64-Core Processor"; the machine's architecture where the system doesn't tell.
void bench_cpu(char name[BENCH_NAME]);
const char* bench_compiler(void); // that built this program, "gcc 12.2.0"

typedef struct BenchSpread {
    double median, min, max;
} BenchSpread;
// values [count] is sorted. count in [1, BENCH_REPEATS].
BenchSpread bench_spread(double* values, size_t count);
