// Little-endian numbers in byte strings: what saved worlds and episode files are made of. The same
// bytes on every machine, no struct is ever written as it lies in memory.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Writing past the end is a bug of the caller, who sized the buffer.
typedef struct ByteWriter {
    uint8_t *next, *end; // borrowed
} ByteWriter;

void bytes_put(ByteWriter* writer, const void* source, size_t size);
void bytes_put_u8(ByteWriter* writer, uint8_t value);
void bytes_put_u16(ByteWriter* writer, uint16_t value);
void bytes_put_u32(ByteWriter* writer, uint32_t value);
void bytes_put_u64(ByteWriter* writer, uint64_t value);
void bytes_put_f64(ByteWriter* writer, double value);
void bytes_put_words(ByteWriter* writer, const uint32_t* words, size_t count);

// Reading past the end sets `failed` and gives zeros, so that one check at the end is enough.
typedef struct ByteReader {
    const uint8_t *next, *end; // borrowed
    bool failed;
} ByteReader;

const uint8_t* bytes_get(ByteReader* reader, size_t size); // NULL when fewer are left
uint8_t bytes_get_u8(ByteReader* reader);
uint16_t bytes_get_u16(ByteReader* reader);
uint32_t bytes_get_u32(ByteReader* reader);
uint64_t bytes_get_u64(ByteReader* reader);
double bytes_get_f64(ByteReader* reader);
void bytes_get_words(ByteReader* reader, uint32_t* words, size_t count);

static inline size_t bytes_left(const ByteReader* reader) {
    return (size_t)(reader->end - reader->next);
}
