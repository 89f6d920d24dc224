// Reading and writing plain values in sequence, little-endian, as the machines Cairn runs on are.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "checkpoints are little-endian");

typedef struct PackWriter {
    unsigned char* bytes; // NULL: only count
    size_t size, used;    // used may exceed size: then nothing was written past it
} PackWriter;

void pack_put(PackWriter* writer, const void* value, size_t size);
void pack_put_u64(PackWriter* writer, uint64_t value);
void pack_put_double(PackWriter* writer, double value);
bool pack_fit(const PackWriter* writer); // all that was put is there

typedef struct PackReader {
    const unsigned char* bytes;
    size_t size, used;
    bool failed; // something was asked for that is not there; from then on zeros are read
} PackReader;

void pack_get(PackReader* reader, void* value, size_t size);
// Pointer to the next bytes, without copying; NULL (and failed) if there are not that many.
const void* pack_skip(PackReader* reader, size_t size);
uint64_t pack_get_u64(PackReader* reader);
double pack_get_double(PackReader* reader);
