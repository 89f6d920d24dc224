// Saves a world as bytes; state.h has the layout. Objects are stored without holes, because only
// their order matters to the rules: so equal worlds give equal bytes.
#include "env/state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "env/bytes.h"

const uint8_t state_magic[MAGIC_BYTES] = {'C', 'R', 'N', 'W', 'O', 'R', 'L', 'D'};

void state_shape_values(const CairnConfig* config, int32_t values[SHAPE_FIELDS]) {
    const int32_t all[SHAPE_FIELDS] = {
        config->area_width, config->area_height, config->view_width, config->view_height,
        config->size_width, config->size_height, config->length,
    };
    memcpy(values, all, sizeof all);
}

size_t cairn_state_limit(const Cairn* worlds) {
    const WorldShape* shape = &worlds->shape;
    const size_t objects = state_cell_count(shape); // one per cell at most
    return FIXED_BYTES + state_generator_bytes(shape) + state_cell_count(shape) + 4 +
           objects * (OBJECT_BYTES + MEMBER_BYTES) + 4 + state_chunk_limit(shape) * CHUNK_BYTES +
           CRC_BYTES;
}

static void put_scalars(ByteWriter* writer, const World* world) {
    bytes_put_u64(writer, (uint64_t)world->seed);
    bytes_put_u64(writer, world->episode);
    bytes_put_u64(writer, (uint64_t)world->step);
    bytes_put_f64(writer, world->reward);
    bytes_put_u32(writer, world->newly_unlocked);
    bytes_put_u8(writer, world->terminated);
    bytes_put_u8(writer, world->truncated);
}

static void put_player(ByteWriter* writer, const Player* player) {
    for (int item = 0; item < CAIRN_ITEMS; item++) {
        bytes_put_u8(writer, (uint8_t)player->inventory[item]);
    }
    for (int achievement = 0; achievement < CAIRN_ACHIEVEMENTS; achievement++) {
        bytes_put_u32(writer, (uint32_t)player->achievements[achievement]);
    }
    bytes_put_u32(writer, player->unlocked);
    bytes_put_u32(writer, (uint32_t)(int32_t)(2 * player->hunger)); // multiples of 0.5
    bytes_put_u32(writer, (uint32_t)(int32_t)(2 * player->thirst));
    bytes_put_u32(writer, (uint32_t)(int32_t)(2 * player->recover));
    bytes_put_u32(writer, (uint32_t)player->fatigue);
    bytes_put_u32(writer, (uint32_t)player->health_before_update);
    bytes_put_u32(writer, (uint32_t)player->health_before_step);
    bytes_put_u8(writer, player->sleeping);
}

static void put_generator(ByteWriter* writer, const Generator* generator) {
    const Mersenne* mersenne = generator->mersenne;
    if (mersenne) {
        bytes_put_words(writer, mersenne->state, GENERATOR_STATE);
        bytes_put_u32(writer, (uint32_t)mersenne->position);
    } else { // the key follows from seed and episode
        bytes_put_u64(writer, generator->counter);
    }
}

static void put_object(ByteWriter* writer, const Object* object) {
    const int32_t counter = object->counter < COUNT_MAX ? object->counter : COUNT_MAX;
    bytes_put_u16(writer, (uint16_t)object->x);
    bytes_put_u16(writer, (uint16_t)object->y);
    bytes_put_u8(writer, object->kind);
    bytes_put_u8(writer, (uint8_t)object->facing_x);
    bytes_put_u8(writer, (uint8_t)object->facing_y);
    bytes_put_u8(writer, (uint8_t)object->health);
    bytes_put_u32(writer, (uint32_t)counter);
}

// Objects in list order without holes. Entry i of `rank` becomes the number, from 0, of object i.
static void put_objects(ByteWriter* writer, const World* world, int32_t* rank) {
    bytes_put_u32(writer, (uint32_t)(world->object_count - 1 - world->hole_count));
    int32_t next_rank = 0;
    for (int32_t i = PLAYER; i < world->object_count; i++) {
        if (world->objects[i].kind != KIND_NONE) {
            rank[i] = next_rank++;
            put_object(writer, &world->objects[i]);
        }
    }
    assert(next_rank == world->object_count - 1 - world->hole_count);
}

static void put_chunks(ByteWriter* writer, const World* world, const int32_t* rank) {
    bytes_put_u32(writer, (uint32_t)world->chunk_count);
    for (int32_t c = 0; c < world->chunk_count; c++) {
        const Chunk* chunk = &world->chunks[world->chunk_order[c]];
        bytes_put_u32(writer, (uint32_t)world->chunk_order[c]);
        ByteWriter count_place = *writer;
        bytes_put_u32(writer, 0);
        uint32_t count = 0;
        for (int32_t i = chunk->first; i != 0; i = world->list.link[i].next) {
            bytes_put_u32(writer, (uint32_t)rank[i]);
            count++;
        }
        bytes_put_u32(&count_place, count);
    }
}

static size_t put_world(const Cairn* worlds, const World* world, uint8_t* bytes, size_t size,
                        int32_t* rank) {
    ByteWriter writer = {bytes, bytes + size};
    int32_t shape[SHAPE_FIELDS];
    state_shape_values(&worlds->config, shape);
    bytes_put(&writer, state_magic, sizeof state_magic);
    bytes_put_u32(&writer, world->generator.mersenne ? STATE_VERSION_EXACT : STATE_VERSION_FAST);
    ByteWriter size_place = writer;
    bytes_put_u32(&writer, 0);
    for (int field = 0; field < SHAPE_FIELDS; field++) {
        bytes_put_u32(&writer, (uint32_t)shape[field]);
    }
    put_scalars(&writer, world);
    put_player(&writer, &world->player);
    assert(writer.next - bytes == FIXED_BYTES);
    put_generator(&writer, &world->generator);
    bytes_put(&writer, world->material, state_cell_count(world->shape));
    put_objects(&writer, world, rank);
    put_chunks(&writer, world, rank);
    const size_t used = (size_t)(writer.next - bytes) + CRC_BYTES;
    bytes_put_u32(&size_place, (uint32_t)used);
    bytes_put_u32(&writer, (uint32_t)crc32(0, bytes, (uInt)(used - CRC_BYTES)));
    return used;
}

// The bytes that this very state takes.
static size_t state_size(const World* world) {
    const size_t objects = (size_t)(world->object_count - 1 - world->hole_count);
    return FIXED_BYTES + state_generator_bytes(world->shape) + state_cell_count(world->shape) + 4 +
           objects * (OBJECT_BYTES + MEMBER_BYTES) + 4 + (size_t)world->chunk_count * CHUNK_BYTES +
           CRC_BYTES;
}

CairnStatus state_find_world(const Cairn* worlds, int32_t world, char why[CAIRN_WHY]) {
    if (world < 0 || world >= worlds->config.world_count) {
        snprintf(why, CAIRN_WHY, "world %d does not exist; expected 0 to %d", world,
                 worlds->config.world_count - 1);
        return CAIRN_BAD_ARGUMENT;
    }
    return CAIRN_OK;
}

CairnStatus cairn_save_world(const Cairn* worlds, int32_t world, void* bytes, size_t size,
                             size_t* used, char why[CAIRN_WHY]) {
    *used = 0;
    const CairnStatus status = state_find_world(worlds, world, why);
    if (status != CAIRN_OK) {
        return status;
    }
    const World* source = &worlds->worlds[world];
    if (source->episode == 0) {
        snprintf(why, CAIRN_WHY, "world %d has no state before its first reset", world);
        return CAIRN_BAD_ARGUMENT;
    }
    if (size < state_size(source)) {
        snprintf(why, CAIRN_WHY, "%zu bytes are too few for the state, which takes %zu", size,
                 state_size(source));
        return CAIRN_BAD_ARGUMENT;
    }
    int32_t* rank = malloc((size_t)source->object_count * sizeof *rank);
    if (rank == NULL) {
        snprintf(why, CAIRN_WHY, "out of memory while saving world %d", world);
        return CAIRN_OUT_OF_MEMORY;
    }
    *used = put_world(worlds, source, bytes, size, rank);
    free(rank);
    assert(*used == state_size(source));
    return CAIRN_OK;
}
