// Any bytes as a texture file: as they are, and with every chunk's checksum made right, so that
// damage gets past libpng's first line of defence.
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "env/textures.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

static void decode(const uint8_t* bytes, size_t size) {
    EnvTexture picture = {0};
    char why[CAIRN_WHY] = "";
    const CairnStatus status = env_texture_decode("fuzz.png", bytes, size, &picture, why);
    assert((status == CAIRN_OK) == (picture.rgba != NULL));
    assert((status == CAIRN_OK) == (why[0] == '\0'));
    if (status == CAIRN_OK) {
        assert(picture.side >= 1 && picture.side <= ENV_TEXTURE_SIDE_MAX);
        const size_t pixels = (size_t)picture.side * (size_t)picture.side;
        for (size_t i = 0; i < pixels && !picture.has_alpha; i++) {
            assert(picture.rgba[4 * i + 3] == 255);
        }
    }
    free(picture.rgba);
}

static uint32_t big_endian(const uint8_t* bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

// A PNG file is 8 bytes, then chunks: length, 4 letters, content, CRC-32 of letters and content.
static void repair(uint8_t* bytes, size_t size) {
    for (size_t place = 8; place + 12 <= size;) {
        const size_t length = big_endian(bytes + place);
        if (length > size - place - 12) {
            return;
        }
        const uint32_t crc = (uint32_t)crc32(0, bytes + place + 4, (uInt)length + 4);
        for (int i = 0; i < 4; i++) {
            bytes[place + 8 + length + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
        }
        place += 12 + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    decode(data, size);
    uint8_t* copy = malloc(size + 1);
    if (copy != NULL) {
        memcpy(copy, data, size);
        repair(copy, size);
        decode(copy, size);
        free(copy);
    }
    return 0;
}
