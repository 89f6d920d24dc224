// Little-endian numbers, written byte by byte; compilers make single stores and loads of it.
#include "env/bytes.h"

#include <assert.h>
#include <string.h>

static uint8_t* claim(ByteWriter* writer, size_t size) {
    assert((size_t)(writer->end - writer->next) >= size);
    uint8_t* place = writer->next;
    writer->next += size;
    return place;
}

void bytes_put(ByteWriter* writer, const void* source, size_t size) {
    if (size > 0) { // memcpy takes no NULL, even for nothing
        memcpy(claim(writer, size), source, size);
    }
}

void bytes_put_u8(ByteWriter* writer, uint8_t value) {
    claim(writer, 1)[0] = value;
}

void bytes_put_u16(ByteWriter* writer, uint16_t value) {
    uint8_t* place = claim(writer, 2);
    place[0] = (uint8_t)value;
    place[1] = (uint8_t)(value >> 8);
}

static void store_u32(uint8_t* place, uint32_t value) {
    place[0] = (uint8_t)value;
    place[1] = (uint8_t)(value >> 8);
    place[2] = (uint8_t)(value >> 16);
    place[3] = (uint8_t)(value >> 24);
}

void bytes_put_u32(ByteWriter* writer, uint32_t value) {
    store_u32(claim(writer, 4), value);
}

void bytes_put_u64(ByteWriter* writer, uint64_t value) {
    bytes_put_u32(writer, (uint32_t)value);
    bytes_put_u32(writer, (uint32_t)(value >> 32));
}

void bytes_put_f64(ByteWriter* writer, double value) {
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    bytes_put_u64(writer, bits);
}

void bytes_put_words(ByteWriter* writer, const uint32_t* words, size_t count) {
    uint8_t* place = claim(writer, 4 * count);
    for (size_t i = 0; i < count; i++) {
        store_u32(place + 4 * i, words[i]);
    }
}

const uint8_t* bytes_get(ByteReader* reader, size_t size) {
    if (bytes_left(reader) < size) {
        reader->failed = true;
        reader->next = reader->end;
        return NULL;
    }
    const uint8_t* place = reader->next;
    reader->next += size;
    return place;
}

uint8_t bytes_get_u8(ByteReader* reader) {
    const uint8_t* place = bytes_get(reader, 1);
    return place != NULL ? place[0] : 0;
}

uint16_t bytes_get_u16(ByteReader* reader) {
    const uint8_t* place = bytes_get(reader, 2);
    return place != NULL ? (uint16_t)(place[0] | place[1] << 8) : 0;
}

static uint32_t load_u32(const uint8_t* place) {
    return (uint32_t)place[0] | (uint32_t)place[1] << 8 | (uint32_t)place[2] << 16 |
           (uint32_t)place[3] << 24;
}

uint32_t bytes_get_u32(ByteReader* reader) {
    const uint8_t* place = bytes_get(reader, 4);
    return place != NULL ? load_u32(place) : 0;
}

uint64_t bytes_get_u64(ByteReader* reader) {
    const uint32_t low = bytes_get_u32(reader);
    return (uint64_t)bytes_get_u32(reader) << 32 | low;
}

double bytes_get_f64(ByteReader* reader) {
    const uint64_t bits = bytes_get_u64(reader);
    double value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

void bytes_get_words(ByteReader* reader, uint32_t* words, size_t count) {
    const uint8_t* place = bytes_get(reader, 4 * count);
    for (size_t i = 0; i < count; i++) {
        words[i] = place != NULL ? load_u32(place + 4 * i) : 0;
    }
}
