// What benchmarks share; see runs/bench.h.
#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "runs/bench.h"

static double read_clock(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double bench_seconds(void) {
    return read_clock(CLOCK_MONOTONIC);
}

double bench_processor_seconds(void) {
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

static int by_value(const void* a, const void* b) {
    double first = *(const double*)a, second = *(const double*)b;
    return (first > second) - (first < second);
}

BenchSpread bench_spread(double* values, size_t count) {
    assert(count >= 1 && count <= BENCH_REPEATS);
    qsort(values, count, sizeof *values, by_value);
    double median = (values[(count - 1) / 2] + values[count / 2]) / 2;
    return (BenchSpread){median, values[0], values[count - 1]};
}
