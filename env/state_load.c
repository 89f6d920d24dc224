// Loads a saved world; state.h has the layout. Every field is checked before any is changed: after
// that, nothing can fail.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "env/bytes.h"
#include "env/state.h"

static const char* const shape_names[SHAPE_FIELDS] = {
    "area_width", "area_height", "view_width", "view_height", "size_width", "size_height", "length",
};

// A state that was read but not yet taken over.
typedef struct State {
    int64_t seed, step;
    uint64_t episode;
    double reward;
    uint32_t newly_unlocked;
    bool terminated, truncated;
    Player player;
    const uint8_t* generator; // borrowed: state_generator_bytes of them
    const uint8_t* material;  // borrowed [width, height]
    const uint8_t* objects;   // borrowed, object_count records
    const uint8_t* chunks;    // borrowed, chunk_count records with their members
    const uint8_t* end;       // of the chunks
    uint32_t object_count, chunk_count;
} State;

static CairnStatus bad(char why[CAIRN_WHY], const char* what) {
    snprintf(why, CAIRN_WHY, "the saved state is broken: %s", what);
    return CAIRN_BAD_DATA;
}

static CairnStatus check_version(uint32_t version, CairnMode mode, char why[CAIRN_WHY]) {
    static const char* const names[] = {[CAIRN_MODE_EXACT] = "exact", [CAIRN_MODE_FAST] = "fast"};
    if (version != STATE_VERSION_EXACT && version != STATE_VERSION_FAST) {
        snprintf(why, CAIRN_WHY, "the saved state is of version %u; expected %d or %d", version,
                 STATE_VERSION_EXACT, STATE_VERSION_FAST);
        return CAIRN_BAD_DATA;
    }
    const CairnMode found = version == STATE_VERSION_EXACT ? CAIRN_MODE_EXACT : CAIRN_MODE_FAST;
    if (found != mode) {
        snprintf(why, CAIRN_WHY, "the saved state is of a world of mode %s; this one is of mode %s",
                 names[found], names[mode]);
        return CAIRN_BAD_DATA;
    }
    return CAIRN_OK;
}

static CairnStatus check_envelope(const uint8_t* bytes, size_t size, CairnMode mode,
                                  char why[CAIRN_WHY]) {
    ByteReader reader = {bytes, bytes + size, false};
    const uint8_t* start = bytes_get(&reader, MAGIC_BYTES);
    if (start == NULL || memcmp(start, state_magic, MAGIC_BYTES) != 0) {
        return bad(why, "it does not begin like a saved world");
    }
    const uint32_t version = bytes_get_u32(&reader);
    const uint32_t stored_size = bytes_get_u32(&reader);
    if (reader.failed || size < FIXED_BYTES + CRC_BYTES) {
        return bad(why, "it ends too early");
    }
    const CairnStatus status = check_version(version, mode, why);
    if (status != CAIRN_OK) {
        return status;
    }
    if (stored_size != size) {
        snprintf(why, CAIRN_WHY, "the saved state is broken: %zu bytes, but it was saved as %u",
                 size, stored_size);
        return CAIRN_BAD_DATA;
    }
    ByteReader tail = {bytes + size - CRC_BYTES, bytes + size, false};
    if (bytes_get_u32(&tail) != crc32(0, bytes, (uInt)(size - CRC_BYTES))) {
        return bad(why, "its checksum does not match");
    }
    return CAIRN_OK;
}

static CairnStatus check_shape(ByteReader* reader, const CairnConfig* config, char why[CAIRN_WHY]) {
    int32_t expected[SHAPE_FIELDS];
    state_shape_values(config, expected);
    for (int field = 0; field < SHAPE_FIELDS; field++) {
        const int32_t found = (int32_t)bytes_get_u32(reader);
        if (found != expected[field]) {
            snprintf(why, CAIRN_WHY, "the saved state is of a world with %s %d; this one has %d",
                     shape_names[field], found, expected[field]);
            return CAIRN_BAD_DATA;
        }
    }
    return CAIRN_OK;
}

static CairnStatus read_scalars(ByteReader* reader, State* state, char why[CAIRN_WHY]) {
    state->seed = (int64_t)bytes_get_u64(reader);
    state->episode = bytes_get_u64(reader);
    state->step = (int64_t)bytes_get_u64(reader);
    state->reward = bytes_get_f64(reader);
    state->newly_unlocked = bytes_get_u32(reader);
    const uint8_t terminated = bytes_get_u8(reader);
    const uint8_t truncated = bytes_get_u8(reader);
    state->terminated = terminated == 1;
    state->truncated = truncated == 1;
    if (state->episode == 0 || state->episode > EPISODE_MAX) {
        return bad(why, "its episode is out of range");
    }
    if (state->step < 0 || state->step > (INT64_C(1) << 53)) {
        return bad(why, "its step is out of range");
    }
    if (!(state->reward >= -1.0 && state->reward <= 2.0)) { // NaN included
        return bad(why, "its reward is out of range");
    }
    if (terminated > 1 || truncated > 1) {
        return bad(why, "a flag is neither 0 nor 1");
    }
    return CAIRN_OK;
}

static int32_t get_i32(ByteReader* reader, int32_t low, int32_t high, bool* valid) {
    const int32_t value = (int32_t)bytes_get_u32(reader);
    *valid = *valid && value >= low && value <= high;
    return value;
}

static CairnStatus read_player(ByteReader* reader, State* state, char why[CAIRN_WHY]) {
    Player* player = &state->player;
    bool valid = true;
    uint32_t counted = 0;
    for (int item = 0; item < CAIRN_ITEMS; item++) {
        player->inventory[item] = bytes_get_u8(reader);
        valid = valid && player->inventory[item] <= MAX_ITEM;
    }
    for (int a = 0; a < CAIRN_ACHIEVEMENTS; a++) {
        player->achievements[a] = get_i32(reader, 0, COUNT_MAX, &valid);
        counted |= (uint32_t)(player->achievements[a] > 0) << a;
    }
    player->unlocked = bytes_get_u32(reader);
    player->hunger = 0.5 * get_i32(reader, 0, 2 * 25, &valid);
    player->thirst = 0.5 * get_i32(reader, 0, 2 * 20, &valid);
    player->recover = 0.5 * get_i32(reader, 2 * -15, 2 * 25, &valid);
    player->fatigue = get_i32(reader, -10, 30, &valid);
    player->health_before_update = get_i32(reader, 0, MAX_ITEM, &valid);
    player->health_before_step = get_i32(reader, 0, MAX_ITEM, &valid);
    const uint8_t sleeping = bytes_get_u8(reader);
    player->sleeping = sleeping == 1;
    if (!valid || sleeping > 1) {
        return bad(why, "a field of the player is out of range");
    }
    if (player->unlocked != counted || (state->newly_unlocked & ~counted) != 0) {
        return bad(why, "its unlocked achievements do not fit their counts");
    }
    return CAIRN_OK;
}

static Object get_object(ByteReader* reader) {
    Object object = {0};
    object.x = (int16_t)bytes_get_u16(reader);
    object.y = (int16_t)bytes_get_u16(reader);
    object.kind = bytes_get_u8(reader);
    object.facing_x = (int8_t)bytes_get_u8(reader);
    object.facing_y = (int8_t)bytes_get_u8(reader);
    object.health = bytes_get_u8(reader);
    object.counter = (int32_t)bytes_get_u32(reader);
    return object;
}

static bool object_valid(const World* world, const Object* object, bool first) {
    static const int32_t counter_max[KIND_COUNT] = {
        [KIND_ZOMBIE] = 5, [KIND_SKELETON] = 4, [KIND_PLANT] = COUNT_MAX};
    const int facing = abs(object->facing_x) + abs(object->facing_y);
    return world_inside(world, object->x, object->y) && object->kind > KIND_NONE &&
           object->kind < KIND_COUNT && (object->kind == KIND_PLAYER) == first &&
           object->health <= MAX_ITEM && object->counter >= 0 &&
           object->counter <= counter_max[object->kind] &&
           (facing == 1 ||
            (facing == 0 && object->kind != KIND_PLAYER && object->kind != KIND_ARROW));
}

static bool test_and_set(uint8_t* bits, size_t index) {
    const uint8_t mask = (uint8_t)(1u << (index & 7));
    const bool was_set = (bits[index >> 3] & mask) != 0;
    bits[index >> 3] |= mask;
    return was_set;
}

static size_t bit_bytes(size_t bits) {
    return (bits + 7) / 8;
}

// taken: one zero bit per cell.
static CairnStatus check_objects(const World* world, const State* state, uint8_t* taken,
                                 char why[CAIRN_WHY]) {
    ByteReader reader = {state->objects, state->chunks, false};
    for (uint32_t i = 0; i < state->object_count; i++) {
        const Object object = get_object(&reader);
        if (!object_valid(world, &object, i == 0)) {
            return bad(why, "a field of an object is out of range");
        }
        if (test_and_set(taken, (size_t)world_cell(world, object.x, object.y))) {
            return bad(why, "two objects stand on one cell");
        }
    }
    return CAIRN_OK;
}

static int32_t object_chunk(const World* world, const State* state, uint32_t rank) {
    const uint8_t* record = state->objects + (size_t)rank * OBJECT_BYTES;
    ByteReader reader = {record, record + OBJECT_BYTES, false};
    const Object object = get_object(&reader);
    return world_chunk(world, object.x, object.y);
}

// listed, existing: one zero bit per object and per chunk.
static CairnStatus check_chunks(const World* world, const State* state, uint8_t* listed,
                                uint8_t* existing, char why[CAIRN_WHY]) {
    ByteReader reader = {state->chunks, state->end, false};
    uint32_t total = 0;
    for (uint32_t c = 0; c < state->chunk_count; c++) {
        const uint32_t chunk = bytes_get_u32(&reader);
        const uint32_t count = bytes_get_u32(&reader);
        if (chunk >= state_chunk_limit(world->shape) || test_and_set(existing, chunk)) {
            return bad(why, "a chunk is out of range or listed twice");
        }
        if (count > bytes_left(&reader) / MEMBER_BYTES) {
            return bad(why, "a chunk has more members than there are bytes");
        }
        for (uint32_t m = 0; m < count; m++) {
            const uint32_t rank = bytes_get_u32(&reader);
            if (rank >= state->object_count || test_and_set(listed, rank) ||
                object_chunk(world, state, rank) != (int32_t)chunk) {
                return bad(why, "an object is listed twice or in a chunk that it is not in");
            }
        }
        total += count;
    }
    if (reader.failed || bytes_left(&reader) != 0 || total != state->object_count) {
        return bad(why, "its chunks do not list every object once");
    }
    return CAIRN_OK;
}

static CairnStatus check_map(const World* world, const State* state, char why[CAIRN_WHY]) {
    for (size_t cell = 0; cell < state_cell_count(world->shape); cell++) {
        if (state->material[cell] == 0 || state->material[cell] >= CAIRN_MATERIALS) {
            return bad(why, "a cell of the map has no known material");
        }
    }
    return CAIRN_OK;
}

static CairnStatus read_places(ByteReader* reader, const World* world, State* state,
                               char why[CAIRN_WHY]) {
    state->generator = bytes_get(reader, state_generator_bytes(world->shape));
    if (world->generator.mersenne && state->generator != NULL) {
        ByteReader position = {state->generator + MERSENNE_BYTES - 4, reader->end, false};
        if (bytes_get_u32(&position) > GENERATOR_STATE) {
            return bad(why, "its generator's position is above 624");
        }
    }
    state->material = bytes_get(reader, state_cell_count(world->shape));
    state->object_count = bytes_get_u32(reader);
    if (reader->failed || state->object_count == 0 ||
        state->object_count > bytes_left(reader) / OBJECT_BYTES ||
        state->object_count >= (uint32_t)world->shape->object_limit) {
        return bad(why, "its number of objects is out of range");
    }
    state->objects = bytes_get(reader, (size_t)state->object_count * OBJECT_BYTES);
    state->chunk_count = bytes_get_u32(reader);
    state->chunks = reader->next;
    state->end = reader->end;
    if (reader->failed || state->chunk_count > state_chunk_limit(world->shape)) {
        return bad(why, "its number of chunks is out of range");
    }
    return check_map(world, state, why);
}

static CairnStatus check_lists(const World* world, const State* state, char why[CAIRN_WHY]) {
    const size_t cells = bit_bytes(state_cell_count(world->shape));
    const size_t objects = bit_bytes(state->object_count);
    const size_t chunks = bit_bytes(state_chunk_limit(world->shape));
    uint8_t* bits = calloc(cells + objects + chunks, 1);
    if (bits == NULL) {
        snprintf(why, CAIRN_WHY, "out of memory while loading a saved state");
        return CAIRN_OUT_OF_MEMORY;
    }
    CairnStatus status = check_objects(world, state, bits, why);
    if (status == CAIRN_OK) {
        status = check_chunks(world, state, bits + cells, bits + cells + objects, why);
    }
    free(bits);
    return status;
}

static void apply_objects(World* world, const State* state) {
    ByteReader reader = {state->objects, state->chunks, false};
    world->object_count = PLAYER;
    world_use_arena(world);
    if (PLAYER + (int32_t)state->object_count > world->list.capacity) {
        world_use_reserve(world);
    }
    for (uint32_t i = 0; i < state->object_count; i++) {
        world->objects[PLAYER + i] = get_object(&reader);
    }
    world->object_count = PLAYER + (int32_t)state->object_count;
    world->hole_count = 0;
}

static void apply_chunks(World* world, const State* state) {
    ByteReader reader = {state->chunks, state->end, false};
    memset(world->chunks, 0, state_chunk_limit(world->shape) * sizeof *world->chunks);
    for (uint32_t c = 0; c < state->chunk_count; c++) {
        world->chunk_order[c] = (int32_t)bytes_get_u32(&reader);
        Chunk* chunk = &world->chunks[world->chunk_order[c]];
        chunk->exists = true;
        const uint32_t count = bytes_get_u32(&reader);
        for (uint32_t m = 0; m < count; m++) {
            const int32_t i = PLAYER + (int32_t)bytes_get_u32(&reader);
            world->list.link[i] = (Link){.previous = chunk->last};
            *(chunk->last ? &world->list.link[chunk->last].next : &chunk->first) = i;
            chunk->last = i;
        }
    }
    world->chunk_count = (int32_t)state->chunk_count;
}

static void apply_generator(World* world, const uint8_t* bytes) {
    ByteReader reader = {bytes, bytes + state_generator_bytes(world->shape), false};
    Mersenne* mersenne = world->generator.mersenne;
    if (mersenne) {
        bytes_get_words(&reader, mersenne->state, GENERATOR_STATE);
        mersenne->position = (int32_t)bytes_get_u32(&reader);
    } else {
        random_begin(&world->generator, world->seed, world->episode);
        world->generator.counter = bytes_get_u64(&reader);
    }
}

static void apply(World* world, const State* state) {
    world->seed = state->seed;
    world->episode = state->episode;
    apply_generator(world, state->generator);
    world->step = state->step;
    world->daylight = world_daylight(state->step);
    world->player = state->player;
    world->reward = state->reward;
    world->newly_unlocked = state->newly_unlocked;
    world->terminated = state->terminated;
    world->truncated = state->truncated;
    memcpy(world->material, state->material, state_cell_count(world->shape));
    apply_objects(world, state);
    apply_chunks(world, state);
    world_rebuild(world);
}

CairnStatus cairn_load_world(Cairn* worlds, int32_t world, const void* bytes, size_t size,
                             char why[CAIRN_WHY]) {
    CairnStatus status = state_find_world(worlds, world, why);
    if (status == CAIRN_OK) {
        status = check_envelope(bytes, size, worlds->config.mode, why);
    }
    if (status != CAIRN_OK) {
        return status;
    }
    const uint8_t* start = bytes;
    ByteReader reader = {start + PROLOGUE_BYTES, start + size - CRC_BYTES, false};
    World* target = &worlds->worlds[world];
    State state = {0};
    status = check_shape(&reader, &worlds->config, why);
    if (status == CAIRN_OK) {
        status = read_scalars(&reader, &state, why);
    }
    if (status == CAIRN_OK) {
        status = read_player(&reader, &state, why);
    }
    if (status == CAIRN_OK) {
        status = read_places(&reader, target, &state, why);
    }
    if (status == CAIRN_OK) {
        status = check_lists(target, &state, why);
    }
    if (status == CAIRN_OK) {
        apply(target, &state);
    }
    return status;
}
