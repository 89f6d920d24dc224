// Any bytes as a saved world: as they are, and with the size and checksum made right. A refused
// state must leave the world as it was; an accepted one is played on, saved and loaded again.
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "env/bytes.h"
#include "env/state.h"

enum { STEPS = 11, AREA_WIDTH = 15, AREA_HEIGHT = 13, SIZE = 9 };

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

static Cairn* make_world(void) {
    CairnConfig config = cairn_default_config();
    config.area_width = AREA_WIDTH, config.area_height = AREA_HEIGHT;
    config.size_width = config.size_height = SIZE;
    Cairn* worlds = NULL;
    char why[CAIRN_WHY] = "";
    const CairnStatus status = cairn_create(&config, &worlds, why);
    assert(status == CAIRN_OK);
    (void)status;
    return worlds;
}

static uint8_t* save(const Cairn* worlds, size_t* size) {
    const size_t limit = cairn_state_limit(worlds);
    uint8_t* bytes = malloc(limit);
    char why[CAIRN_WHY] = "";
    const CairnStatus status = cairn_save_world(worlds, 0, bytes, limit, size, why);
    assert(status == CAIRN_OK && *size <= limit);
    (void)status;
    return bytes;
}

static void play_on(Cairn* worlds, const uint8_t* data, size_t size) {
    uint8_t pixels[SIZE * SIZE * 3], semantic[AREA_WIDTH * AREA_HEIGHT];
    const CairnOutput output = {.observation = {.pixels = pixels, .semantic = semantic}};
    for (size_t t = 0; t < STEPS; t++) {
        const int32_t action = data[(t * 97) % size] % CAIRN_ACTIONS;
        cairn_step(worlds, &action, &output);
    }
    size_t saved_size = 0;
    uint8_t* saved = save(worlds, &saved_size);
    char why[CAIRN_WHY] = "";
    const CairnStatus status = cairn_load_world(worlds, 0, saved, saved_size, why);
    assert(status == CAIRN_OK);
    (void)status;
    free(saved);
}

static void load(Cairn* worlds, const uint8_t* bytes, size_t size) {
    size_t before_size = 0, after_size = 0;
    uint8_t* before = save(worlds, &before_size);
    char why[CAIRN_WHY] = "";
    const CairnStatus status = cairn_load_world(worlds, 0, bytes, size, why);
    assert((status == CAIRN_OK) == (why[0] == '\0'));
    uint8_t* after = save(worlds, &after_size);
    if (status == CAIRN_OK) {
        assert(after_size == size); // equal worlds, equal bytes
        play_on(worlds, bytes, size);
    } else {
        assert(after_size == before_size && memcmp(after, before, after_size) == 0);
    }
    free(before);
    free(after);
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    // One handle for all inputs, because making it takes longer than everything else. Each input
    // begins in the same state.
    static Cairn* worlds = NULL;
    if (worlds == NULL) {
        worlds = make_world();
    }
    const CairnOutput nothing = {0};
    cairn_reset_world(worlds, 0, 1, &nothing);
    load(worlds, data, size);
    uint8_t* copy = malloc(size + 1);
    if (copy != NULL && size > PROLOGUE_BYTES + CRC_BYTES) {
        memcpy(copy, data, size);
        ByteWriter sizes = {copy + PROLOGUE_BYTES - 4, copy + PROLOGUE_BYTES};
        bytes_put_u32(&sizes, (uint32_t)size);
        ByteWriter checksum = {copy + size - CRC_BYTES, copy + size};
        bytes_put_u32(&checksum, (uint32_t)crc32_z(0, copy, size - CRC_BYTES));
        load(worlds, copy, size);
    }
    free(copy);
    return 0;
}
