#include "env/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void* pages_zeroed(size_t count, size_t size) {
    enum { LINE = 64, HUGE_PAGE = 1 << 21 };
    if (size > 0 && count > (SIZE_MAX - HUGE_PAGE) / size) {
        return NULL;
    }
    const size_t bytes = count * size, page = bytes < HUGE_PAGE ? LINE : HUGE_PAGE;
    const size_t whole = (bytes + page - 1) / page * page;
    void* memory = aligned_alloc(page, whole);
    if (memory) {
        if (page == HUGE_PAGE) {
            (void)madvise(memory, whole, MADV_HUGEPAGE); // without them it is merely slower
        }
        memset(memory, 0, whole);
    }
    return memory;
}
