// TensorBoard's event files by hand: two message types and a checksum are not worth a protobuf
// library. Field numbers are those of tensorflow/core/util/event.proto and framework/summary.proto.
#include "runs/events.h"

#include <assert.h>
#include <string.h>

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };
enum { EVENT_WALL_TIME = 1, EVENT_STEP = 2, EVENT_FILE_VERSION = 3, EVENT_SUMMARY = 5 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE_VALUE = 2 };

uint32_t event_crc32c(const void* bytes, size_t size) {
    const uint8_t* byte = bytes;
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= byte[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (0x82f63b78u & (0u - (crc & 1u)));
        }
    }
    return ~crc;
}

// A growing message in a buffer that is large enough by construction.
typedef struct Writer {
    uint8_t* bytes;
    size_t size, room;
} Writer;

static void put_byte(Writer* writer, uint8_t byte) {
    assert(writer->size < writer->room);
    writer->bytes[writer->size++] = byte;
}

static void put_little_endian(Writer* writer, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) {
        put_byte(writer, (uint8_t)(value >> (8 * i)));
    }
}

static void put_varint(Writer* writer, uint64_t value) {
    while (value >= 0x80) {
        put_byte(writer, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    put_byte(writer, (uint8_t)value);
}

static void put_key(Writer* writer, int field, int wire) {
    put_varint(writer, (uint64_t)field << 3 | (uint64_t)wire);
}

static void put_bytes(Writer* writer, int field, const void* bytes, size_t size) {
    put_key(writer, field, WIRE_BYTES);
    put_varint(writer, size);
    for (size_t i = 0; i < size; i++) {
        put_byte(writer, ((const uint8_t*)bytes)[i]);
    }
}

static void put_double(Writer* writer, int field, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_key(writer, field, WIRE_FIXED64);
    put_little_endian(writer, bits, 8);
}

static void put_float(Writer* writer, int field, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_key(writer, field, WIRE_FIXED32);
    put_little_endian(writer, bits, 4);
}

// A plain CRC of bytes that hold their own CRC is weak; TFRecord therefore rotates it and adds.
static uint32_t masked_crc(const void* bytes, size_t size) {
    uint32_t crc = event_crc32c(bytes, size);
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

static size_t frame_record(const Writer* message, uint8_t record[EVENT_RECORD]) {
    Writer writer = {.bytes = record, .room = EVENT_RECORD};
    put_little_endian(&writer, message->size, 8);
    put_little_endian(&writer, masked_crc(record, 8), 4);
    assert(writer.size + message->size + 4 <= writer.room);
    memcpy(record + writer.size, message->bytes, message->size);
    writer.size += message->size;
    put_little_endian(&writer, masked_crc(message->bytes, message->size), 4);
    return writer.size;
}

size_t event_version_record(double wall_time, uint8_t record[EVENT_RECORD]) {
    uint8_t bytes[64];
    Writer event = {.bytes = bytes, .room = sizeof bytes};
    put_double(&event, EVENT_WALL_TIME, wall_time);
    put_bytes(&event, EVENT_FILE_VERSION, "brain.Event:2", 13);
    return frame_record(&event, record);
}

size_t event_scalars_record(double wall_time, int64_t step, size_t count,
                            const EventScalar* scalars, uint8_t record[EVENT_RECORD]) {
    assert(count <= EVENT_SCALARS);
    uint8_t summary_bytes[EVENT_SCALARS * 80];
    Writer summary = {.bytes = summary_bytes, .room = sizeof summary_bytes};
    for (size_t i = 0; i < count; i++) {
        assert(strlen(scalars[i].tag) < 64);
        uint8_t value_bytes[80];
        Writer value = {.bytes = value_bytes, .room = sizeof value_bytes};
        put_bytes(&value, VALUE_TAG, scalars[i].tag, strlen(scalars[i].tag));
        put_float(&value, VALUE_SIMPLE_VALUE, scalars[i].value);
        put_bytes(&summary, SUMMARY_VALUE, value.bytes, value.size);
    }
    uint8_t bytes[EVENT_RECORD];
    Writer event = {.bytes = bytes, .room = sizeof bytes};
    put_double(&event, EVENT_WALL_TIME, wall_time);
    put_key(&event, EVENT_STEP, WIRE_VARINT);
    put_varint(&event, (uint64_t)step);
    put_bytes(&event, EVENT_SUMMARY, summary.bytes, summary.size);
    return frame_record(&event, record);
}
