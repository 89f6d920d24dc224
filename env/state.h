// Layout of a saved world, little-endian: magic, version, size; area, view, size in pixels, length;
// scalars, player, generator; map; objects; chunks with their members in order; CRC-32 of all
// before it. The version says the mode, and so what the generator is: 625 words or a counter. What
// follows from the rest (daylight, the cell to object map, cell counts, the generator's outputs) is
// not stored but made anew. Internal to env/.
#pragma once
#include "env/handle.h"
#include "env/world.h"

enum {
    STATE_VERSION_EXACT = 1,
    STATE_VERSION_FAST = 2,
    MAGIC_BYTES = 8,
    PROLOGUE_BYTES = MAGIC_BYTES + 4 + 4, // magic, version, size
    SHAPE_FIELDS = 7,
    SCALAR_BYTES = 8 + 8 + 8 + 8 + 4 + 1 + 1,
    PLAYER_BYTES = CAIRN_ITEMS + 4 * CAIRN_ACHIEVEMENTS + 4 + 6 * 4 + 1,
    MERSENNE_BYTES = 4 * CAIRN_GENERATOR_WORDS,
    COUNTER_BYTES = 8,
    // All before the generator.
    FIXED_BYTES = PROLOGUE_BYTES + 4 * SHAPE_FIELDS + SCALAR_BYTES + PLAYER_BYTES,
    OBJECT_BYTES = 12,
    CHUNK_BYTES = 8,
    MEMBER_BYTES = 4,
    CRC_BYTES = 4,
    COUNT_MAX = 1 << 30 // of achievements, and of a plant's age, which the rules ask only if > 300
};

extern const uint8_t state_magic[MAGIC_BYTES];

// The configuration's fields that a state is bound to, in the order of the layout.
void state_shape_values(const CairnConfig* config, int32_t values[SHAPE_FIELDS]);
// CAIRN_BAD_ARGUMENT when the handle has no such world.
CairnStatus state_find_world(const Cairn* worlds, int32_t world, char why[CAIRN_WHY]);

static inline size_t state_cell_count(const WorldShape* shape) {
    return (size_t)shape->width * (size_t)shape->height;
}
static inline size_t state_generator_bytes(const WorldShape* shape) {
    return shape->mode == CAIRN_MODE_EXACT ? MERSENNE_BYTES : COUNTER_BYTES;
}
static inline size_t state_chunk_limit(const WorldShape* shape) {
    return (size_t)shape->chunk_columns * (size_t)shape->chunk_rows;
}
