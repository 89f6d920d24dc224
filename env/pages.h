// Memory for large arrays that are read in no order. Internal to env/.
#pragma once
#include <stddef.h>

// Zeroed memory for count * size bytes that begins with a line (64 bytes), to be given to free;
// NULL when there is none. Arrays of 2 MB and more lie in huge pages where the system has them:
// of 4 KB pages there would be more than a processor remembers the places of, and most accesses
// would look for their page first.
void* pages_zeroed(size_t count, size_t size);
