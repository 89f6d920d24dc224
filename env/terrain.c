// Many worlds at once (env/terrain.h): what is not a loop over lanes.
#include "env/terrain.h"

#include <stdlib.h>
#include <string.h>

#include "env/kernels.h"
#include "env/pages.h"

TerrainKey terrain_key(uint64_t key) {
    const uint64_t bits = random_mix(key, ~UINT64_C(0) - 1); // no draw of the stream itself
    return (TerrainKey){(uint32_t)bits, (uint32_t)(bits >> 32)};
}

TerrainBatch* terrain_batch_create(const TerrainPlan* plan) {
    TerrainBatch* batch = calloc(1, sizeof *batch);
    if (!batch) {
        return NULL;
    }
    const size_t cells = (size_t)plan->cells;
    batch->gradients =
        pages_zeroed((size_t)plan->entry_count * TERRAIN_ENTRY, sizeof *batch->gradients);
    batch->material = malloc(cells * TERRAIN_LANES);
    if (!batch->gradients || !batch->material) {
        terrain_batch_destroy(batch);
        return NULL;
    }
    return batch;
}

void terrain_batch_destroy(TerrainBatch* batch) {
    if (!batch) {
        return;
    }
    free(batch->gradients);
    free(batch->material);
    free(batch);
}

// Eight bytes of eight rows, `stride` apart, turned about; row i of the result goes to out[i] + at.
static void turn_block(const uint8_t* from, size_t stride, uint8_t* const out[], size_t at) {
    static const uint64_t MASK[3] = {UINT64_C(0x00ff00ff00ff00ff), UINT64_C(0x0000ffff0000ffff),
                                     UINT64_C(0x00000000ffffffff)};
    uint64_t row[8];
    for (size_t i = 0; i < 8; i++) {
        memcpy(&row[i], from + i * stride, sizeof row[i]);
    }
    for (int round = 0; round < 3; round++) { // exchanges bytes, then pairs, then fours
        const int far = 1 << round, bits = 8 << round;
        for (int i = 0; i < 8; i++) {
            if ((i & far) == 0) {
                const uint64_t swap = (row[i] >> bits ^ row[i + far]) & MASK[round];
                row[i] ^= swap << bits;
                row[i + far] ^= swap;
            }
        }
    }
    for (size_t i = 0; i < 8; i++) {
        memcpy(out[i] + at, &row[i], sizeof row[i]);
    }
}

// [cells, lanes] to [lanes][cells]
static void hand_out(const TerrainBatch* batch, int32_t cells, int32_t count,
                     uint8_t* const out[]) {
    const int32_t whole_lanes = count / 8 * 8, whole_cells = cells / 8 * 8;
    for (int32_t cell = 0; cell < whole_cells; cell += 8) {
        for (int32_t lane = 0; lane < whole_lanes; lane += 8) {
            turn_block(batch->material + (size_t)cell * TERRAIN_LANES + lane, TERRAIN_LANES,
                       out + lane, (size_t)cell);
        }
    }
    for (int32_t lane = 0; lane < count; lane++) {
        for (int32_t cell = lane < whole_lanes ? whole_cells : 0; cell < cells; cell++) {
            out[lane][cell] = batch->material[(size_t)cell * TERRAIN_LANES + lane];
        }
    }
}

void terrain_batch_make(const WorldShape* shape, const TerrainPlan* plan, TerrainBatch* batch,
                        int32_t count, const uint64_t key[], uint8_t* const cells[]) {
    for (int32_t lane = 0; lane < TERRAIN_LANES; lane++) {
        if (lane >= count) { // what comes of it is thrown away
            batch->noise[lane] = batch->noise[0];
            batch->first_key[lane] = batch->second_key[lane] = 0;
            continue;
        }
        Generator generator = {.key = key[lane]};
        const TerrainKey draws = terrain_key(generator.key);
        noise_seed(&batch->noise[lane], random_below(&generator, 2147483647));
        batch->first_key[lane] = draws.first;
        batch->second_key[lane] = draws.second;
    }
    shape->kernels->terrain(plan, batch);
    hand_out(batch, plan->cells, count, cells);
}
