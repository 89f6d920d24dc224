// Many arrays in one allocation: a layout function takes each array in turn and runs twice, first
// to count bytes, then to hand out places.
#pragma once
#include <stddef.h>

typedef struct Block {
    unsigned char* base; // NULL while counting
    size_t used;         // bytes so far
} Block;

// count elements of the given size, zeroed, aligned to a cache line. NULL while counting.
void* block_take(Block* block, size_t count, size_t size);
// Ends the counting pass: allocates what was counted. NULL when memory is out.
void* block_allocate(Block* block);
