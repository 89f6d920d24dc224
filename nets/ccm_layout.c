// Who sees whom, where, and with which weight (ccm.h); and the parallel schedule's masks and
// positions, which follow from it. Conditions are combined as truth values before any number.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "nets/ccm_fault.h"

// ---------------------------------------------------------------- the rules
// May a step see another (cached or not) for being recent?
static bool recent(const NetCcmConfig* config, const NetCcmPlace* query, const NetCcmPlace* key) {
    int32_t chunks = query->block - key->block, steps = query->order - key->order;
    return chunks >= 0 && chunks <= config->keep && steps >= 0 &&
           (config->window == 0 || steps < config->window);
}

static bool step_sees(const NetCcmConfig* config, const NetCcmPlace* query,
                      const NetCcmPlace* key) {
    int32_t chunks = query->block - key->block;
    bool reads = config->recurrent || query->final;
    switch (key->kind) {
    case NET_CCM_STEP:
        return recent(config, query, key) || (config->sink && key->order == 0 && query->order >= 0);
    case NET_CCM_RAW:
        return recent(config, query, key);
    case NET_CCM_SINK: // else it is seen where it is cached as any other
        return !recent(config, query, key);
    case NET_CCM_COMP:
        return !config->merge && reads && chunks > config->keep &&
               chunks - config->keep <= config->cap;
    case NET_CCM_MEAN:
        return reads && chunks == config->keep + 1;
    default:
        return false;
    }
}

static bool comp_sees(const NetCcmConfig* config, const NetCcmPlace* query,
                      const NetCcmPlace* key) {
    int32_t chunks = query->block - key->block;
    switch (key->kind) {
    case NET_CCM_STEP:
        return chunks == 0 || (config->sink && key->order == 0 && chunks > 0);
    case NET_CCM_RAW:
        return chunks == 0;
    case NET_CCM_SINK:
        return chunks != 0;
    case NET_CCM_COMP:
        return chunks == 0
                   ? key->order <= query->order
                   : !config->merge && config->recurrent && chunks > 0 && chunks <= config->cap;
    case NET_CCM_MEAN:
        return config->recurrent && chunks == 1;
    default:
        return false;
    }
}

bool net_ccm_sees(const NetCcmConfig* config, const NetCcmPlace* query, const NetCcmPlace* key) {
    if (query->kind == NET_CCM_NOTHING || query->episode != key->episode) {
        return false;
    }
    return query->kind == NET_CCM_COMP ? comp_sees(config, query, key)
                                       : step_sees(config, query, key);
}

bool net_ccm_sees_locally(const NetCcmConfig* config, const NetCcmPlace* query,
                          const NetCcmPlace* key) {
    bool slot = key->kind == NET_CCM_COMP || key->kind == NET_CCM_MEAN;
    NetCcmConfig own = *config;
    own.keep = 0;
    return !slot && net_ccm_sees(&own, query, key);
}

double net_ccm_merge_weight(const NetCcmConfig* config, int32_t t) {
    double weight = 1.0 / t;
    return weight > config->merge_floor ? weight : config->merge_floor;
}

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
        position[i] = config->positions == NET_CCM_CHUNK ? 1 + order - chunk_first : order;
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
        if (place->kind == NET_CCM_RAW && place->block == block &&
            (!last || place->episode > last->episode ||
             (place->episode == last->episode && place->order > last->order))) {
            last = place;
        }
    }
    return last;
}

static void place_group(NetCcmLayout* layout, int32_t group, const NetCcmPlace* last,
                        int32_t* position) {
    for (int32_t k = 0; k < layout->config.comp; k++) {
        int32_t i = group * layout->config.comp + k;
        layout->comps[i] = (NetCcmPlace){.kind = NET_CCM_NOTHING};
        position[i] = 0;
        if (last) {
            layout->comps[i] = (NetCcmPlace){NET_CCM_COMP, last->episode, last->block, k, 0};
            position[i] = layout->config.positions == NET_CCM_CHUNK ? 0 : last->order + 1 + k;
        }
    }
}

// The mean after a group, given that before it; returns the group's weight.
static double merge_group(NetCcmLayout* layout, int32_t group, const NetCcmPlace* last,
                          NetCcmPlace* mean) {
    double weight = 0;
    if (last) {
        bool goes_on = mean->kind == NET_CCM_MEAN && mean->episode == last->episode;
        int32_t t = goes_on ? mean->order + 1 : 1;
        *mean = (NetCcmPlace){NET_CCM_MEAN, last->episode, last->block, t, 0};
        bool late = layout->fault == CCM_WEIGHT_OFF_BY_ONE && t > 1;
        weight = net_ccm_merge_weight(&layout->config, t + late);
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
        place_group(layout, group, last, position);
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
