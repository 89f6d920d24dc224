// How fast a core stores; see runs/bench.h.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "runs/bench.h"

static double store_rate(uint8_t* memory, size_t rows, size_t row_bytes) {
    enum { LEAST = 1 << 28 };                             // bytes
    void* (*volatile store)(void*, int, size_t) = memset; // or all rounds but the last are left out
    const size_t rounds = LEAST / (rows * row_bytes) + 1;
    const double begin = bench_processor_seconds();
    for (size_t round = 0; round < rounds; round++) {
        for (size_t row = 0; row < rows; row++) {
            store(memory + row * row_bytes, (int)(round & 255), row_bytes);
        }
    }
    return (double)(rounds * rows * row_bytes) / (bench_processor_seconds() - begin);
}

BenchSpread bench_store_rate(size_t rows, size_t row_bytes, size_t repeats) {
    assert(repeats >= 1 && repeats <= BENCH_REPEATS && rows > 0 && row_bytes > 0);
    uint8_t* memory = malloc(rows * row_bytes);
    if (memory == NULL) {
        return (BenchSpread){0};
    }
    double rates[BENCH_REPEATS];
    store_rate(memory, rows, row_bytes); // touches every page
    for (size_t r = 0; r < repeats; r++) {
        rates[r] = store_rate(memory, rows, row_bytes);
    }
    free(memory);
    return bench_spread(rates, repeats);
}
