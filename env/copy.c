// A world's state copied in memory, as search takes snapshots and goes back to them.
#include <stdio.h>
#include <string.h>

#include "env/state.h"

static CairnStatus check_copy(const Cairn* from, int32_t from_world, const Cairn* to,
                              int32_t to_world, char why[CAIRN_WHY]) {
    CairnStatus status = state_find_world(from, from_world, why);
    if (status == CAIRN_OK) {
        status = state_find_world(to, to_world, why);
    }
    if (status != CAIRN_OK) {
        return status;
    }
    if (from->worlds[from_world].episode == 0) {
        snprintf(why, CAIRN_WHY, "world %d has no state before its first reset", from_world);
        return CAIRN_BAD_ARGUMENT;
    }
    int32_t from_shape[SHAPE_FIELDS], to_shape[SHAPE_FIELDS];
    state_shape_values(&from->config, from_shape);
    state_shape_values(&to->config, to_shape);
    if (from->config.mode != to->config.mode ||
        memcmp(from_shape, to_shape, sizeof to_shape) != 0) {
        snprintf(why, CAIRN_WHY,
                 "worlds of another mode, area, view, size or length cannot be copied");
        return CAIRN_BAD_ARGUMENT;
    }
    return CAIRN_OK;
}

static void* arena_of(const Cairn* cairn, int32_t world) {
    return (char*)cairn->arena + (size_t)world * world_arena_size(&cairn->shape);
}

static bool is_in_arena(const World* world) {
    return (const void*)world->list.link == world->arena;
}

// A list that outgrew the arena: only the entries in use, for there is room for every cell.
static void copy_long_list(World* target, const World* source) {
    const size_t count = (size_t)source->object_count;
    target->object_count = 0; // moves nothing over from the arena
    world_use_reserve(target);
    target->object_count = source->object_count;
    memcpy(target->list.link, source->list.link, count * sizeof *source->list.link);
    memcpy(target->list.object, source->list.object, count * sizeof *source->list.object);
    memcpy(target->list.x, source->list.x, count * sizeof *source->list.x);
    memcpy(target->list.y, source->list.y, count * sizeof *source->list.y);
}

CairnStatus cairn_copy_world(const Cairn* from, int32_t from_world, Cairn* to, int32_t to_world,
                             char why[CAIRN_WHY]) {
    CairnStatus status = check_copy(from, from_world, to, to_world, why);
    const World* source = status == CAIRN_OK ? &from->worlds[from_world] : NULL;
    World* target = status == CAIRN_OK ? &to->worlds[to_world] : NULL;
    if (source == target) { // nothing to do, or refused
        return status;
    }
    void* reserve = target->reserve;
    memcpy(arena_of(to, to_world), arena_of(from, from_world), world_arena_size(&to->shape));
    *target = *source;
    world_attach(target, &to->shape, arena_of(to, to_world), reserve);
    if (!is_in_arena(source)) {
        copy_long_list(target, source);
    }
    return CAIRN_OK;
}
