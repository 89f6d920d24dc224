// Worlds kept in memory: for search, curricula, going back. Nothing is checked or packed; what must
// outlive the process is saved as bytes (state.c).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "env/state.h"

struct CairnSnapshot {
    WorldShape shape;
    int32_t values[SHAPE_FIELDS]; // of the handle it was made for
    World world;                  // episode 0: nothing taken yet
    void* arena;                  // owned
    void* reserve;                // owned; NULL until a world of very many objects is taken
};

static bool same_shape(const CairnSnapshot* snapshot, const Cairn* worlds) {
    int32_t values[SHAPE_FIELDS];
    state_shape_values(&worlds->config, values);
    return snapshot->shape.mode == worlds->shape.mode &&
           memcmp(values, snapshot->values, sizeof values) == 0;
}

CairnStatus cairn_snapshot_create(const Cairn* worlds, CairnSnapshot** result,
                                  char why[CAIRN_WHY]) {
    *result = NULL;
    CairnSnapshot* snapshot = calloc(1, sizeof *snapshot);
    void* arena = calloc(1, world_arena_size(&worlds->shape));
    if (!snapshot || !arena) {
        free(snapshot);
        free(arena);
        snprintf(why, CAIRN_WHY, "out of memory for a snapshot");
        return CAIRN_OUT_OF_MEMORY;
    }
    snapshot->shape = worlds->shape;
    snapshot->arena = arena;
    state_shape_values(&worlds->config, snapshot->values);
    world_attach(&snapshot->world, &snapshot->shape, arena, NULL);
    *result = snapshot;
    return CAIRN_OK;
}

void cairn_snapshot_destroy(CairnSnapshot* snapshot) {
    if (!snapshot) {
        return;
    }
    free(snapshot->arena);
    free(snapshot->reserve);
    free(snapshot);
}

static CairnStatus check(const Cairn* worlds, int32_t world, const CairnSnapshot* snapshot,
                         char why[CAIRN_WHY]) {
    const CairnStatus status = state_find_world(worlds, world, why);
    if (status == CAIRN_OK && !same_shape(snapshot, worlds)) {
        snprintf(why, CAIRN_WHY,
                 "the snapshot was made for worlds of another mode, area, view, size or length");
        return CAIRN_BAD_ARGUMENT;
    }
    return status;
}

CairnStatus cairn_snapshot_take(const Cairn* worlds, int32_t world, CairnSnapshot* snapshot,
                                char why[CAIRN_WHY]) {
    const CairnStatus status = check(worlds, world, snapshot, why);
    if (status != CAIRN_OK) {
        return status;
    }
    const World* from = &worlds->worlds[world];
    if (from->episode == 0) {
        snprintf(why, CAIRN_WHY, "world %d has no state before its first reset", world);
        return CAIRN_BAD_ARGUMENT;
    }
    if (from->object_count > snapshot->shape.object_capacity && !snapshot->reserve) {
        snapshot->reserve = calloc(1, world_reserve_size(&snapshot->shape));
        snapshot->world.reserve = snapshot->reserve;
        if (!snapshot->reserve) {
            snprintf(why, CAIRN_WHY, "out of memory for a snapshot of %d objects",
                     from->object_count);
            return CAIRN_OUT_OF_MEMORY;
        }
    }
    world_copy(&snapshot->world, from);
    return CAIRN_OK;
}

CairnStatus cairn_snapshot_restore(Cairn* worlds, int32_t world, const CairnSnapshot* snapshot,
                                   char why[CAIRN_WHY]) {
    const CairnStatus status = check(worlds, world, snapshot, why);
    if (status == CAIRN_OK && snapshot->world.episode == 0) {
        snprintf(why, CAIRN_WHY, "the snapshot holds no world yet: take one first");
        return CAIRN_BAD_ARGUMENT;
    }
    if (status == CAIRN_OK) {
        world_copy(&worlds->worlds[world], &snapshot->world);
    }
    return status;
}
