#include "agent/block.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 64 };

void* block_take(Block* block, size_t count, size_t size) {
    size_t limit = SIZE_MAX / 4 - block->used - LINE;
    if (size && count > limit / size) { // never fits: make the allocation fail
        block->used = SIZE_MAX / 4;
        return NULL;
    }
    size_t offset = block->used;
    block->used += (count * size + LINE - 1) / LINE * LINE;
    return block->base ? block->base + offset : NULL;
}

void* block_allocate(Block* block) {
    block->base = aligned_alloc(LINE, block->used ? block->used : LINE);
    if (block->base) {
        memset(block->base, 0, block->used);
    }
    block->used = 0;
    return block->base;
}
