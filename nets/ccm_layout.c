// The parallel schedule's masks, positions and weights, which follow from the rules.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "nets/ccm_fault.h"
#include "nets/ccm_rules.h"

// ---------------------------------------------------------------- a row
struct NetCcmLayout {
    NetCcmConfig config;
    NetCcmBranch branch; // a copy: ids
    NetCcmFault fault;
    int32_t comp;                       // COMP tokens of a row
    NetCcmPlace* places;                // [past, comp, means, steps]: the keys
    NetCcmPlace *comps, *means, *steps; // in places
};

NetStatus net_ccm_layout_create(const NetCcmConfig* config, const NetCcmBranch* branch,
                                NetCcmLayout** layout, char why[NET_WHY]) {
    NetCcmLayout* made = calloc(1, sizeof *made);
    int32_t comp = branch->shape.groups * config->comp;
    size_t keys = (size_t)branch->shape.past + 2 * (size_t)comp + (size_t)branch->shape.steps;
    *layout = NULL;
    if (config->positions == NET_CCM_CACHE) {
        free(made);
        snprintf(why, NET_WHY, "positions in the cache are for streams");
        return NET_BAD_CONFIG;
    }
    if (made) {
        made->places = calloc(keys + 1, sizeof *made->places);
    }
    if (!made || !made->places) {
        free(made);
        snprintf(why, NET_WHY, "out of memory for a layout of %zu keys", keys);
        return NET_OUT_OF_MEMORY;
    }
    made->config = *config;
    made->branch = *branch;
    made->comp = comp;
    made->comps = made->places + branch->shape.past;
    made->means = made->comps + comp;
    made->steps = made->means + (config->merge ? comp : 0);
    *layout = made;
    return NET_OK;
}

void net_ccm_layout_destroy(NetCcmLayout* layout) {
    if (layout) {
        free(layout->places);
        free(layout);
    }
}

void ccm_layout_break(NetCcmLayout* layout, NetCcmFault fault) {
    layout->fault = fault;
}

const NetCcmPlace* net_ccm_layout_groups(const NetCcmLayout* layout) {
    return layout->config.merge ? layout->means : layout->comps;
}

// Steps' places and positions.
static void place_steps(NetCcmLayout* layout, const NetCcmSteps* steps, int32_t* position) {
    const NetCcmConfig* config = &layout->config;
    int32_t order = steps->position, chunk_first = order;
    for (int32_t i = 0; i < layout->branch.shape.steps; i++, order++) {
        layout->steps[i] = (NetCcmPlace){.kind = NET_CCM_NOTHING};
        position[i] = 0;
        if (i >= steps->count) {
            continue;
        }
        bool new_episode = i && steps->episode[i] != steps->episode[i - 1];
        order = new_episode ? 0 : order;
        if (new_episode || (i && steps->block[i] != steps->block[i - 1])) {
            chunk_first = order;
        }
        layout->steps[i] = (NetCcmPlace){NET_CCM_STEP, steps->episode[i], steps->block[i], order,
                                         steps->final && steps->final[i]};
        position[i] = ccm_step_position(config, order, chunk_first);
        if (layout->fault == CCM_COMP_COUNTED) {
            position[i] += (steps->block[i] - steps->block[0]) * config->comp;
        }
    }
}

// The last step of a chunk, here or in the past; NULL: there is none.
static const NetCcmPlace* last_of(const NetCcmLayout* layout, int32_t block) {
    for (int32_t i = layout->branch.shape.steps; i-- > 0;) {
        if (layout->steps[i].kind == NET_CCM_STEP && layout->steps[i].block == block) {
            return &layout->steps[i];
        }
    }
    const NetCcmPlace* last = NULL;
    for (int32_t i = 0; i < layout->branch.shape.past; i++) {
        const NetCcmPlace* place = &layout->places[i];
        last = ccm_is_last(place, block, last) ? place : last;
    }
    return last;
}

// The mean after a group, given that before it; returns the group's weight.
static double merge_group(NetCcmLayout* layout, int32_t group, const NetCcmPlace* last,
                          NetCcmPlace* mean) {
    double weight = 0;
    if (last) {
        weight = ccm_next_mean(&layout->config, last, mean);
        if (layout->fault == CCM_WEIGHT_OFF_BY_ONE && mean->order > 1) {
            weight = net_ccm_merge_weight(&layout->config, mean->order + 1);
        }
    }
    for (int32_t k = 0; k < layout->config.comp; k++) {
        layout->means[group * layout->config.comp + k] = *mean;
    }
    return weight;
}

static void place_groups(NetCcmLayout* layout, const NetCcmSteps* steps, int32_t* position,
                         NetReal* weight) {
    const NetCcmConfig* config = &layout->config;
    int32_t blocks = steps->count ? steps->block[steps->count - 1] - steps->block[0] + 1 : 0;
    int32_t sink = config->sink;
    NetCcmPlace mean = {.kind = NET_CCM_NOTHING};
    if (layout->branch.shape.past > sink) {
        mean = layout->places[sink];
    }
    for (int32_t group = 0; group < layout->branch.shape.groups; group++) {
        const NetCcmPlace* last = NULL;
        if (group < blocks) {
            last = last_of(layout, steps->block[0] + group - config->keep);
        }
        ccm_place_group(config, last, layout->comps + group * config->comp,
                        position + group * config->comp);
        if (config->merge) {
            weight[group] = (NetReal)merge_group(layout, group, last, &mean);
        }
    }
}

static bool sees(const NetCcmLayout* layout, const NetCcmPlace* query, const NetCcmPlace* key,
                 bool locally) {
    if (layout->fault == CCM_OWN_COMP_SEEN && query->kind == NET_CCM_STEP &&
        (key->kind == NET_CCM_COMP || key->kind == NET_CCM_MEAN) && query->block == key->block) {
        return query->episode == key->episode;
    }
    return locally ? net_ccm_sees_locally(&layout->config, query, key)
                   : net_ccm_sees(&layout->config, query, key);
}

static void fill_mask(const NetCcmLayout* layout, const NetCcmPlace* queries, int32_t count,
                      bool locally, uint8_t* mask) {
    ptrdiff_t keys = layout->steps - layout->places + layout->branch.shape.steps;
    for (int32_t i = 0; i < count; i++) {
        for (ptrdiff_t j = 0; j < keys; j++) {
            *mask++ = sees(layout, &queries[i], &layout->places[j], locally);
        }
    }
}

static void* row_of(NetPlan* plan, NetTensor input, int32_t row, size_t bytes) {
    char* start = input.id < 0 ? NULL : net_plan_input(plan, input);
    return start ? start + (size_t)row * bytes : NULL;
}

void net_ccm_layout_fill(NetCcmLayout* layout, NetPlan* plan, int32_t row,
                         const NetCcmSteps* steps) {
    const NetCcmBranch* branch = &layout->branch;
    const NetCcmShape* shape = &branch->shape;
    size_t keys = (size_t)(layout->steps - layout->places) + (size_t)shape->steps;
    size_t queries = (size_t)shape->steps, comp = (size_t)layout->comp;
    assert(steps->count >= 0 && steps->count <= shape->steps);
    for (int32_t i = 0; i < shape->past; i++) {
        layout->places[i] = steps->past ? steps->past[i] : (NetCcmPlace){.kind = NET_CCM_NOTHING};
    }
    if (shape->steps) {
        place_steps(layout, steps,
                    row_of(plan, branch->step_position, row, queries * sizeof(int32_t)));
    }
    if (shape->groups) {
        place_groups(
            layout, steps, row_of(plan, branch->group_position, row, comp * sizeof(int32_t)),
            row_of(plan, branch->merge_weight, row, (size_t)shape->groups * sizeof(NetReal)));
    }
    uint8_t* step_mask = row_of(plan, branch->step_mask, row, queries * keys);
    uint8_t* group_mask = row_of(plan, branch->group_mask, row, comp * keys);
    uint8_t* local_mask = row_of(plan, branch->local_mask, row, queries * keys);
    if (step_mask) {
        fill_mask(layout, layout->steps, shape->steps, false, step_mask);
    }
    if (local_mask) {
        fill_mask(layout, layout->steps, shape->steps, true, local_mask);
    }
    if (group_mask) {
        fill_mask(layout, layout->comps, layout->comp, false, group_mask);
    }
}
