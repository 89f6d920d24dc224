// Fuzz target: golden traces. The reader takes paths, so the input goes into a file in memory.
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runs/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    int file = memfd_create("trace", 0);
    if (file < 0 || write(file, data, size) != (ssize_t)size) {
        abort();
    }
    char path[64], why[TRACE_WHY] = "";
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    Trace* trace = NULL;
    CairnConfig config;
    TraceGrant grant;
    TraceResult result = TRACE_FAILED;
    if (trace_open(path, &trace, &config, &grant, why)) {
        TraceRow row;
        while ((result = trace_next(trace, &row, why)) == TRACE_ROW) {
            assert(row.step == 0 || (row.action >= 0 && row.action < CAIRN_ACTIONS));
            assert(row.inventory[CAIRN_HEALTH] <= 9);
        }
    }
    assert(result == TRACE_END || why[0] != '\0');
    trace_close(trace);
    close(file);
    return 0;
}
