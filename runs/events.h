// TensorBoard event files: the records that TensorBoard's scalar charts read.
//
// A file is a sequence of TFRecords (length, masked CRC32C of it, bytes, masked CRC32C of them),
// each a protobuf message tensorflow.Event; the first says "brain.Event:2". Only what scalars need
// is written.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct EventScalar {
    const char* tag; // "reward/last_100", at most 63 letters
    float value;
} EventScalar;

enum { EVENT_SCALARS = 64, EVENT_RECORD = 16 + 64 + EVENT_SCALARS * 96 };

// CRC32C (Castagnoli), as in RFC 3720.
uint32_t event_crc32c(const void* bytes, size_t size);
// The file's first record. wall_time in seconds since 1970. Returns the record's size.
size_t event_version_record(double wall_time, uint8_t record[EVENT_RECORD]);
// One record with the scalars [count] of a step, count in [0, EVENT_SCALARS].
size_t event_scalars_record(double wall_time, int64_t step, size_t count,
                            const EventScalar* scalars, uint8_t record[EVENT_RECORD]);
