// What benchmarks share; see runs/bench.h.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
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

void bench_cpu(char name[BENCH_NAME]) {
    struct utsname system;
    snprintf(name, BENCH_NAME, "%.100s", uname(&system) == 0 ? system.machine : "unknown");
    FILE* file = fopen("/proc/cpuinfo", "r");
    char line[256];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char* colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
            snprintf(name, BENCH_NAME, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

const char* bench_compiler(void) {
#ifdef __clang__
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
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
