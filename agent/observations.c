#include "agent/observations.h"

#include <assert.h>
#include <string.h>

Observations observations_take(const AgentConfig* config, Block* block, size_t rows) {
    Observations o = {0};
    if (config->encoder == AGENT_ENCODER_SYMBOLIC) {
        o.tiles = block_take(block, rows, OBSERVATION_TILES);
        o.status = block_take(block, rows, CAIRN_STATUS_SIZE * sizeof *o.status);
    } else {
        o.pixels = block_take(block, rows, AGENT_PIXELS);
    }
    if (config->unlocked) {
        o.unlocked = block_take(block, rows, sizeof *o.unlocked);
    }
    return o;
}

Observations observations_from(const Observations* o, size_t row) {
    return (Observations){.pixels = o->pixels ? o->pixels + row * AGENT_PIXELS : NULL,
                          .tiles = o->tiles ? o->tiles + row * OBSERVATION_TILES : NULL,
                          .status = o->status ? o->status + row * CAIRN_STATUS_SIZE : NULL,
                          .unlocked = o->unlocked ? o->unlocked + row : NULL};
}

CairnObservation observations_output(const Observations* o) {
    return (CairnObservation){.pixels = o->pixels, .tiles = o->tiles, .status = o->status};
}

Observations observations_of(const CairnObservation* o, uint32_t* unlocked) {
    return (Observations){
        .pixels = o->pixels, .tiles = o->tiles, .status = o->status, .unlocked = unlocked};
}

void observations_copy(const Observations* to, size_t to_row, const Observations* from,
                       size_t from_row, size_t rows) {
    Observations y = observations_from(to, to_row), x = observations_from(from, from_row);
    if (x.pixels && y.pixels) {
        memcpy(y.pixels, x.pixels, rows * AGENT_PIXELS);
    }
    if (x.tiles && y.tiles) {
        memcpy(y.tiles, x.tiles, rows * OBSERVATION_TILES);
    }
    if (x.status && y.status) {
        memcpy(y.status, x.status, rows * CAIRN_STATUS_SIZE * sizeof *x.status);
    }
    if (x.unlocked && y.unlocked) {
        memcpy(y.unlocked, x.unlocked, rows * sizeof *x.unlocked);
    }
}

// One-hot material and one-hot object of every cell: with a linear map, a table of embeddings each.
static void put_cells(const uint8_t* tiles, uint8_t* cells) {
    memset(cells, 0, (size_t)OBSERVATION_ROWS * OBSERVATION_COLUMNS * NETWORK_CELL);
    for (int i = 0; i < OBSERVATION_ROWS * OBSERVATION_COLUMNS; i++, cells += NETWORK_CELL) {
        assert(tiles[2 * i] < CAIRN_MATERIALS && tiles[2 * i + 1] < CAIRN_OBJECTS);
        cells[tiles[2 * i]] = UINT8_MAX;
        cells[CAIRN_MATERIALS + tiles[2 * i + 1]] = UINT8_MAX;
    }
}

void observations_put(const Network* network, NetPlan* plan, size_t place, const Observations* o,
                      size_t row) {
    if (network->has_unlocked) {
        NetReal* unlocked = net_plan_input(plan, network->unlocked);
        for (size_t k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
            unlocked[place * CAIRN_ACHIEVEMENTS + k] = (NetReal)(o->unlocked[row] >> k & 1);
        }
    }
    if (o->pixels) {
        uint8_t* pixels = net_plan_input(plan, network->pixels);
        memcpy(pixels + place * AGENT_PIXELS, o->pixels + row * AGENT_PIXELS, AGENT_PIXELS);
        return;
    }
    uint8_t* cells = net_plan_input(plan, network->cells);
    NetReal* status = (NetReal*)net_plan_input(plan, network->status) + place * CAIRN_STATUS_SIZE;
    put_cells(o->tiles + row * OBSERVATION_TILES,
              cells + place * OBSERVATION_ROWS * OBSERVATION_COLUMNS * NETWORK_CELL);
    for (size_t i = 0; i < CAIRN_STATUS_SIZE; i++) {
        NetReal scale = i < CAIRN_ITEMS ? (NetReal)9 : (NetReal)1; // counts are 0 to 9
        status[i] = (NetReal)o->status[row * CAIRN_STATUS_SIZE + i] / scale;
    }
}

size_t observations_bytes(const AgentConfig* config) {
    size_t seen = config->encoder == AGENT_ENCODER_SYMBOLIC
                      ? OBSERVATION_TILES + CAIRN_STATUS_SIZE * sizeof(float)
                      : AGENT_PIXELS;
    return seen + (config->unlocked ? sizeof(uint32_t) : 0);
}

void observations_pack(PackWriter* writer, const Observations* o, size_t rows) {
    if (o->pixels) {
        pack_put(writer, o->pixels, rows * AGENT_PIXELS);
    } else {
        pack_put(writer, o->tiles, rows * OBSERVATION_TILES);
        pack_put(writer, o->status, rows * CAIRN_STATUS_SIZE * sizeof *o->status);
    }
    if (o->unlocked) {
        pack_put(writer, o->unlocked, rows * sizeof *o->unlocked);
    }
}

void observations_unpack(PackReader* reader, const Observations* o, size_t rows) {
    if (o->pixels) {
        pack_get(reader, o->pixels, rows * AGENT_PIXELS);
    } else {
        pack_get(reader, o->tiles, rows * OBSERVATION_TILES);
        pack_get(reader, o->status, rows * CAIRN_STATUS_SIZE * sizeof *o->status);
        for (size_t i = 0; i < rows * OBSERVATION_TILES; i += 2) {
            reader->failed |= o->tiles[i] >= CAIRN_MATERIALS || o->tiles[i + 1] >= CAIRN_OBJECTS;
        }
    }
    if (o->unlocked) {
        pack_get(reader, o->unlocked, rows * sizeof *o->unlocked);
        for (size_t i = 0; i < rows; i++) {
            reader->failed |= o->unlocked[i] >> CAIRN_ACHIEVEMENTS != 0;
        }
    }
}
