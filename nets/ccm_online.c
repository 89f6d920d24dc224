// The recursion of ccm.h: a plan for one step and one for a chunk's COMP tokens, both reading the
// same caches in place. What a slot holds is written beside it (NetCcmPlace); a reset only changes
// the episode's number, so that nothing of before is seen any more.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/nets.h"

typedef struct Row {
    int32_t episode, position, chunk_first; // number; steps so far; those before this chunk
    int32_t reads;
} Row;

struct NetCcm {
    NetCcmConfig config;
    NetCcmBranch step_branch, group_branch; // copies: ids
    NetPlan *step, *compress;               // owned; compress NULL without COMP
    int32_t rows, raw, past;
    int32_t memory_at, raw_at; // first memory slot, first raw slot
    int32_t block, steps;      // chunks closed, steps taken
    NetReal* cache;            // owned: [layers, 2, rows, past, width]
    NetCcmPlace* places;       // owned: [rows, past]
    NetCcmPlace* group;        // owned: [rows, comp], of the chunk just closed
    Row* row;                  // owned: [rows]
};

// ---------------------------------------------------------------- caches
static size_t slot_size(const NetCcm* ccm) {
    return (size_t)ccm->config.width;
}

static NetReal* cache_of(const NetCcm* ccm, int32_t layer, bool value, int32_t row, int32_t slot) {
    size_t at = (size_t)(2 * layer + value) * (size_t)ccm->rows + (size_t)row;
    return ccm->cache + (at * (size_t)ccm->past + (size_t)slot) * slot_size(ccm);
}

static NetCcmPlace* place_of(const NetCcm* ccm, int32_t row, int32_t slot) {
    return ccm->places + (size_t)row * (size_t)ccm->past + (size_t)slot;
}

static size_t cache_count(const NetCcm* ccm) {
    return 2 * (size_t)ccm->config.layers * (size_t)ccm->rows * (size_t)ccm->past * slot_size(ccm);
}

size_t net_ccm_row_bytes(const NetCcm* ccm) {
    return cache_count(ccm) / (size_t)ccm->rows * sizeof(NetReal);
}

// ---------------------------------------------------------------- creating
static NetStatus refuse(char why[NET_WHY], NetStatus status, const char* what) {
    snprintf(why, NET_WHY, "%s", what);
    return status;
}

enum { STEP_OUTPUTS = 32 }; // beside keys and values

static NetStatus make_plan(const NetGraph* graph, const NetCcmOnlineConfig* config, bool step,
                           NetPlan** plan, char why[NET_WHY]) {
    const NetCcmBranch* branch = step ? config->step : config->compress;
    NetTensor outputs[STEP_OUTPUTS + 2 * NET_CCM_LAYERS];
    int32_t count = 0;
    for (int32_t i = 0; step && i < config->output_count; i++) {
        outputs[count++] = config->outputs[i];
    }
    for (int32_t layer = 0; layer < config->ccm.layers; layer++) {
        outputs[count++] = step ? branch->step_k[layer] : branch->group_k[layer];
        outputs[count++] = step ? branch->step_v[layer] : branch->group_v[layer];
    }
    NetTensor bound[2 * NET_CCM_LAYERS];
    for (int32_t layer = 0; layer < config->ccm.layers; layer++) {
        bound[2 * layer] = branch->past_k[layer];
        bound[2 * layer + 1] = branch->past_v[layer];
    }
    NetPlanConfig of = {.rows = config->rows,
                        .backend = config->backend,
                        .dtype = config->dtype,
                        .outputs = outputs,
                        .output_count = count,
                        .bound = bound,
                        .bound_count = 2 * config->ccm.layers};
    return net_plan_create(graph, &of, plan, why);
}

static NetStatus check(const NetCcmOnlineConfig* config, char why[NET_WHY]) {
    const NetCcmConfig* ccm = &config->ccm;
    int32_t past = net_ccm_past(ccm, config->raw);
    const NetCcmShape *step = &config->step->shape, *compress = NULL;
    if (config->rows < 1 || config->raw < 1 || config->output_count > STEP_OUTPUTS) {
        snprintf(why, NET_WHY, "a memory of %d rows, %d cached steps, %d outputs (at most %d)",
                 (int)config->rows, (int)config->raw, (int)config->output_count, STEP_OUTPUTS);
        return NET_BAD_CONFIG;
    }
    if (ccm->positions == NET_CCM_CACHE) {
        return refuse(why, NET_BAD_CONFIG, "positions in the cache are for streams");
    }
    compress = config->compress ? &config->compress->shape : NULL;
    if (step->steps != 1 || step->groups != 0 || step->past != past ||
        (ccm->comp > 0) != (compress != NULL) ||
        (compress && (compress->steps || compress->groups != 1 || compress->past != past))) {
        snprintf(why, NET_WHY, "branches for stepping are {1, 0, %d} and {0, 1, %d}", (int)past,
                 (int)past);
        return NET_BAD_CONFIG;
    }
    return NET_OK;
}

static void bind(NetCcm* ccm, NetPlan* plan, const NetCcmBranch* branch) {
    for (int32_t layer = 0; layer < ccm->config.layers; layer++) {
        net_plan_bind(plan, branch->past_k[layer], cache_of(ccm, layer, false, 0, 0));
        net_plan_bind(plan, branch->past_v[layer], cache_of(ccm, layer, true, 0, 0));
    }
}

static NetStatus take_memory(NetCcm* ccm, char why[NET_WHY]) {
    size_t rows = (size_t)ccm->rows, slots = rows * (size_t)ccm->past;
    ccm->cache = calloc(cache_count(ccm), sizeof *ccm->cache);
    ccm->places = calloc(slots, sizeof *ccm->places);
    ccm->group = calloc(rows * (size_t)ccm->config.comp + 1, sizeof *ccm->group);
    ccm->row = calloc(rows, sizeof *ccm->row);
    if (!ccm->cache || !ccm->places || !ccm->group || !ccm->row) {
        snprintf(why, NET_WHY, "out of memory for %zu slots of %d layers", slots,
                 (int)ccm->config.layers);
        return NET_OUT_OF_MEMORY;
    }
    return NET_OK;
}

NetStatus net_ccm_create(const NetGraph* graph, const NetCcmOnlineConfig* config, NetCcm** ccm,
                         char why[NET_WHY]) {
    *ccm = NULL;
    NetStatus status = check(config, why);
    NetCcm* made = status == NET_OK ? calloc(1, sizeof *made) : NULL;
    if (!made) {
        return status == NET_OK ? refuse(why, NET_OUT_OF_MEMORY, "out of memory") : status;
    }
    made->config = config->ccm;
    made->rows = config->rows;
    made->raw = config->raw;
    made->past = net_ccm_past(&config->ccm, config->raw);
    made->memory_at = config->ccm.sink;
    made->raw_at = made->past - config->raw;
    made->step_branch = *config->step;
    status = take_memory(made, why);
    if (status == NET_OK) {
        status = make_plan(graph, config, true, &made->step, why);
    }
    if (status == NET_OK && config->compress) {
        made->group_branch = *config->compress;
        status = make_plan(graph, config, false, &made->compress, why);
    }
    if (status != NET_OK) {
        net_ccm_destroy(made);
        return status;
    }
    bind(made, made->step, &made->step_branch);
    if (made->compress) {
        bind(made, made->compress, &made->group_branch);
    }
    *ccm = made;
    return NET_OK;
}

void net_ccm_destroy(NetCcm* ccm) {
    if (ccm) {
        net_plan_destroy(ccm->step);
        net_plan_destroy(ccm->compress);
        free(ccm->cache);
        free(ccm->places);
        free(ccm->group);
        free(ccm->row);
        free(ccm);
    }
}

void net_ccm_load(NetCcm* ccm, const NetReal* weights) {
    net_plan_load(ccm->step, weights);
    if (ccm->compress) {
        net_plan_load(ccm->compress, weights);
    }
}

void net_ccm_reset(NetCcm* ccm, int32_t row) {
    assert(row >= 0 && row < ccm->rows);
    ccm->row[row] = (Row){.episode = ccm->row[row].episode + 1};
}

void net_ccm_read(NetCcm* ccm, int32_t row) {
    ccm->row[row].reads = 1;
}

// ---------------------------------------------------------------- stepping
static void fill_mask(const NetCcm* ccm, const NetCcmPlace* query, int32_t row, uint8_t* mask) {
    for (int32_t slot = 0; slot < ccm->past; slot++) {
        mask[slot] = net_ccm_sees(&ccm->config, query, place_of(ccm, row, slot));
    }
}

static void store(NetCcm* ccm, int32_t row, int32_t slot, NetPlan* plan, const NetTensor* k,
                  const NetTensor* v, int32_t count) {
    size_t size = (size_t)count * slot_size(ccm);
    for (int32_t layer = 0; layer < ccm->config.layers; layer++) {
        memcpy(cache_of(ccm, layer, false, row, slot),
               net_plan_output(plan, k[layer]) + (size_t)row * size, size * sizeof(NetReal));
        memcpy(cache_of(ccm, layer, true, row, slot),
               net_plan_output(plan, v[layer]) + (size_t)row * size, size * sizeof(NetReal));
    }
}

void net_ccm_step(NetCcm* ccm) {
    const NetCcmBranch* branch = &ccm->step_branch;
    uint8_t* mask = net_plan_input(ccm->step, branch->step_mask);
    int32_t* position = net_plan_input(ccm->step, branch->step_position);
    int32_t slot = ccm->raw_at + ccm->steps % ccm->raw;
    for (int32_t i = 0; i < ccm->rows; i++, mask += ccm->past + 1) {
        Row* row = &ccm->row[i];
        NetCcmPlace at = {NET_CCM_STEP, row->episode, ccm->block, row->position, row->reads};
        bool in_chunk = ccm->config.positions == NET_CCM_CHUNK;
        position[i] = in_chunk ? 1 + row->position - row->chunk_first : row->position;
        place_of(ccm, i, slot)->kind = NET_CCM_NOTHING; // it is about to be overwritten
        fill_mask(ccm, &at, i, mask);
        mask[ccm->past] = 1;
    }
    net_plan_forward(ccm->step, ccm->rows);
    for (int32_t i = 0; i < ccm->rows; i++) {
        Row* row = &ccm->row[i];
        NetCcmPlace at = {NET_CCM_RAW, row->episode, ccm->block, row->position, row->reads};
        *place_of(ccm, i, slot) = at;
        store(ccm, i, slot, ccm->step, branch->step_k, branch->step_v, 1);
        if (ccm->config.sink && row->position == 0) {
            at.kind = NET_CCM_SINK;
            *place_of(ccm, i, 0) = at;
            store(ccm, i, 0, ccm->step, branch->step_k, branch->step_v, 1);
        }
        row->position++;
    }
    ccm->steps++;
}

// ---------------------------------------------------------------- compressing
// The last step of the chunk to be compressed; NULL: there is none (yet).
static const NetCcmPlace* last_of(const NetCcm* ccm, int32_t row, int32_t block) {
    for (int32_t age = 1; age <= ccm->raw && age <= ccm->steps; age++) { // newest first
        const NetCcmPlace* place = place_of(ccm, row, ccm->raw_at + (ccm->steps - age) % ccm->raw);
        if (place->kind == NET_CCM_RAW && place->block == block) {
            return place;
        }
    }
    return NULL;
}

static void fill_group(NetCcm* ccm, int32_t row, const NetCcmPlace* last) {
    const NetCcmBranch* branch = &ccm->group_branch;
    int32_t n = ccm->config.comp, keys = ccm->past + (1 + ccm->config.merge) * n;
    uint8_t* mask = net_plan_input(ccm->compress, branch->group_mask);
    int32_t* position = net_plan_input(ccm->compress, branch->group_position);
    NetCcmPlace* group = ccm->group + (size_t)row * (size_t)n;
    for (int32_t k = 0; k < n; k++) {
        group[k] = (NetCcmPlace){.kind = NET_CCM_NOTHING};
        position[row * n + k] = 0;
        if (last) {
            group[k] = (NetCcmPlace){NET_CCM_COMP, last->episode, last->block, k, 0};
            bool in_chunk = ccm->config.positions == NET_CCM_CHUNK;
            position[row * n + k] = in_chunk ? 0 : last->order + 1 + k;
        }
    }
    for (int32_t k = 0; mask && k < n; k++) {
        uint8_t* to = mask + ((size_t)row * (size_t)n + (size_t)k) * (size_t)keys;
        fill_mask(ccm, &group[k], row, to);
        memset(to + ccm->past, 0, (size_t)(keys - ccm->past));
        for (int32_t j = 0; j < n; j++) {
            to[ccm->past + j] = net_ccm_sees(&ccm->config, &group[k], &group[j]);
        }
    }
}

static void append_group(NetCcm* ccm, int32_t row) {
    int32_t n = ccm->config.comp;
    int32_t slot = ccm->memory_at + ccm->block % ccm->config.cap * n;
    store(ccm, row, slot, ccm->compress, ccm->group_branch.group_k, ccm->group_branch.group_v, n);
    memcpy(place_of(ccm, row, slot), ccm->group + (size_t)row * (size_t)n,
           (size_t)n * sizeof *ccm->places);
}

static void mix(size_t count, NetReal weight, const NetReal* x, NetReal* mean) {
    for (size_t i = 0; i < count; i++) {
        mean[i] = (1 - weight) * mean[i] + weight * x[i];
    }
}

static void merge_group(NetCcm* ccm, int32_t row) {
    int32_t n = ccm->config.comp;
    const NetCcmPlace* group = ccm->group + (size_t)row * (size_t)n;
    NetCcmPlace* mean = place_of(ccm, row, ccm->memory_at);
    if (group->kind != NET_CCM_COMP) {
        return;
    }
    bool goes_on = mean->kind == NET_CCM_MEAN && mean->episode == group->episode;
    int32_t t = goes_on ? mean->order + 1 : 1;
    NetReal weight = (NetReal)net_ccm_merge_weight(&ccm->config, t);
    size_t size = (size_t)n * slot_size(ccm);
    for (int32_t layer = 0; layer < ccm->config.layers; layer++) {
        mix(size, weight, net_ccm_group_k(ccm, layer, row),
            cache_of(ccm, layer, false, row, ccm->memory_at));
        mix(size, weight, net_ccm_group_v(ccm, layer, row),
            cache_of(ccm, layer, true, row, ccm->memory_at));
    }
    for (int32_t k = 0; k < n; k++) {
        mean[k] = (NetCcmPlace){NET_CCM_MEAN, group->episode, group->block, t, 0};
    }
}

void net_ccm_close(NetCcm* ccm) {
    for (int32_t row = 0; ccm->compress && row < ccm->rows; row++) {
        fill_group(ccm, row, last_of(ccm, row, ccm->block - ccm->config.keep));
    }
    if (ccm->compress) {
        net_plan_forward(ccm->compress, ccm->rows);
    }
    for (int32_t row = 0; row < ccm->rows; row++) {
        if (ccm->compress) {
            ccm->config.merge ? merge_group(ccm, row) : append_group(ccm, row);
        }
        ccm->row[row].chunk_first = ccm->row[row].position;
    }
    ccm->block++;
}

// ---------------------------------------------------------------- looking
NetPlan* net_ccm_plan(NetCcm* ccm) {
    return ccm->step;
}

const NetCcmPlace* net_ccm_places(const NetCcm* ccm, int32_t row) {
    return place_of(ccm, row, 0);
}

const NetReal* net_ccm_k(const NetCcm* ccm, int32_t layer, int32_t row) {
    return cache_of(ccm, layer, false, row, 0);
}

const NetReal* net_ccm_v(const NetCcm* ccm, int32_t layer, int32_t row) {
    return cache_of(ccm, layer, true, row, 0);
}

const NetReal* net_ccm_group_k(const NetCcm* ccm, int32_t layer, int32_t row) {
    size_t size = (size_t)ccm->config.comp * slot_size(ccm);
    return net_plan_output(ccm->compress, ccm->group_branch.group_k[layer]) + (size_t)row * size;
}

const NetReal* net_ccm_group_v(const NetCcm* ccm, int32_t layer, int32_t row) {
    size_t size = (size_t)ccm->config.comp * slot_size(ccm);
    return net_plan_output(ccm->compress, ccm->group_branch.group_v[layer]) + (size_t)row * size;
}

int32_t net_ccm_position(const NetCcm* ccm, int32_t row) {
    return ccm->row[row].position;
}

int32_t net_ccm_episode(const NetCcm* ccm, int32_t row) {
    return ccm->row[row].episode;
}

int32_t net_ccm_block(const NetCcm* ccm) {
    return ccm->block;
}

void net_ccm_copy_past(const NetCcm* ccm, int32_t row, const NetCcmBranch* branch, NetPlan* plan,
                       int32_t to_row) {
    size_t size = (size_t)ccm->past * slot_size(ccm);
    assert(branch->shape.past == ccm->past);
    for (int32_t layer = 0; layer < ccm->config.layers; layer++) {
        NetReal* k = net_plan_input(plan, branch->past_k[layer]);
        NetReal* v = net_plan_input(plan, branch->past_v[layer]);
        memcpy(k + (size_t)to_row * size, net_ccm_k(ccm, layer, row), size * sizeof *k);
        memcpy(v + (size_t)to_row * size, net_ccm_v(ccm, layer, row), size * sizeof *v);
    }
}
