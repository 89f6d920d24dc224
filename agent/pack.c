#include "agent/pack.h"

#include <string.h>

void pack_put(PackWriter* writer, const void* value, size_t size) {
    if (writer->bytes && size && writer->used <= writer->size &&
        size <= writer->size - writer->used) {
        memcpy(writer->bytes + writer->used, value, size);
    }
    writer->used += size;
}

void pack_put_u64(PackWriter* writer, uint64_t value) {
    pack_put(writer, &value, sizeof value);
}

void pack_put_double(PackWriter* writer, double value) {
    pack_put(writer, &value, sizeof value);
}

bool pack_fit(const PackWriter* writer) {
    return writer->bytes && writer->used <= writer->size;
}

const void* pack_skip(PackReader* reader, size_t size) {
    if (reader->failed || size > reader->size - reader->used) {
        reader->failed = true;
        return NULL;
    }
    const void* place = reader->bytes + reader->used;
    reader->used += size;
    return place;
}

void pack_get(PackReader* reader, void* value, size_t size) {
    const void* place = pack_skip(reader, size);
    if (!size) {
        return;
    }
    if (place) {
        memcpy(value, place, size);
    } else {
        memset(value, 0, size);
    }
}

uint64_t pack_get_u64(PackReader* reader) {
    uint64_t value;
    pack_get(reader, &value, sizeof value);
    return value;
}

double pack_get_double(PackReader* reader) {
    double value;
    pack_get(reader, &value, sizeof value);
    return value;
}
