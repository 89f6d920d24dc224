// The recursion of ccm.h: a plan for one step and one for a chunk's COMP tokens, both reading the
// same caches in place. What a slot holds is written beside it (NetCcmPlace); a reset only changes
// the episode's number, so that nothing of before is seen any more.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/ccm_cache.h"
#include "nets/ccm_rules.h"

typedef struct Row {
    int32_t episode, position, chunk_first; // number; steps so far; those before this chunk
    int32_t groups;                         // stored of this episode
    int32_t reads;
    int32_t block; // chunks closed
} Row;

struct NetCcm {
    NetCcmConfig config;
    CcmCache cache; // owned
    int32_t raw;
    int32_t memory_at, raw_at; // first memory slot, first raw slot
    NetCcmPlace* places;       // owned: [rows, past]
    NetCcmPlace* group;        // owned: [rows, comp], of the chunk just closed
    Row* row;                  // owned: [rows]
};

static NetCcmPlace* place_of(const NetCcm* ccm, int32_t row, int32_t slot) {
    return ccm->places + (size_t)row * (size_t)ccm->cache.past + (size_t)slot;
}

size_t net_ccm_row_bytes(const NetCcm* ccm) {
    return ccm_cache_count(&ccm->cache) / (size_t)ccm->cache.rows * sizeof(NetReal);
}

// ---------------------------------------------------------------- creating
static NetStatus refuse(char why[NET_WHY], NetStatus status, const char* what) {
    snprintf(why, NET_WHY, "%s", what);
    return status;
}

static NetStatus check(const NetCcmOnlineConfig* config, char why[NET_WHY]) {
    if (config->raw < 1 || config->rows < 1 ||
        (config->ccm.comp > 0) != (config->compress != NULL)) {
        snprintf(why, NET_WHY,
                 "a memory of %d rows, %d cached steps; at least 1. A branch that "
                 "compresses goes with COMP tokens",
                 (int)config->rows, (int)config->raw);
        return NET_BAD_CONFIG;
    }
    return config->ccm.positions == NET_CCM_CACHE
               ? refuse(why, NET_BAD_CONFIG, "positions in the cache are for streams")
               : NET_OK;
}

static NetStatus take_memory(NetCcm* ccm, char why[NET_WHY]) {
    size_t rows = (size_t)ccm->cache.rows, slots = rows * (size_t)ccm->cache.past;
    ccm->places = calloc(slots, sizeof *ccm->places);
    ccm->group = calloc(rows * (size_t)ccm->config.comp + 1, sizeof *ccm->group);
    ccm->row = calloc(rows, sizeof *ccm->row);
    return ccm->places && ccm->group && ccm->row
               ? NET_OK
               : refuse(why, NET_OUT_OF_MEMORY, "out of memory for a memory's places");
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
    made->raw = config->raw;
    CcmCacheSetup setup = {&made->config, config->rows,     net_ccm_past(&config->ccm, config->raw),
                           config->step,  config->compress, config->backend,
                           config->dtype, config->outputs,  config->output_count};
    made->memory_at = config->ccm.sink;
    made->raw_at = setup.past - config->raw;
    status = ccm_cache_create(graph, &setup, &made->cache, why);
    if (status == NET_OK) {
        status = take_memory(made, why);
    }
    if (status != NET_OK) {
        net_ccm_destroy(made);
        return status;
    }
    *ccm = made;
    return NET_OK;
}

void net_ccm_destroy(NetCcm* ccm) {
    if (ccm) {
        ccm_cache_destroy(&ccm->cache);
        free(ccm->places);
        free(ccm->group);
        free(ccm->row);
        free(ccm);
    }
}

void net_ccm_load(NetCcm* ccm, const NetReal* weights) {
    ccm_cache_load(&ccm->cache, weights);
}

void net_ccm_reset(NetCcm* ccm, int32_t row) {
    assert(row >= 0 && row < ccm->cache.rows);
    Row* of = &ccm->row[row];
    *of = (Row){.episode = of->episode + 1, .block = of->block};
}

void net_ccm_read(NetCcm* ccm, int32_t row) {
    ccm->row[row].reads = 1;
}

// ---------------------------------------------------------------- stepping
typedef bool Sees(const NetCcmConfig* config, const NetCcmPlace* query, const NetCcmPlace* key);

static void fill_mask(const NetCcm* ccm, const NetCcmPlace* query, int32_t row, Sees* sees,
                      uint8_t* mask) {
    for (int32_t slot = 0; slot < ccm->cache.past; slot++) {
        mask[slot] = sees(&ccm->config, query, place_of(ccm, row, slot));
    }
}

// Where a row's next step is cached.
static int32_t next_slot(const NetCcm* ccm, int32_t row) {
    return ccm->raw_at + ccm->row[row].position % ccm->raw;
}

static void fill_step_mask(NetCcm* ccm, const NetCcmPlace* at, int32_t row, NetTensor input,
                           Sees* sees) {
    uint8_t* mask = net_plan_input(ccm->cache.step, input);
    mask += (size_t)row * (size_t)(ccm->cache.past + 1);
    fill_mask(ccm, at, row, sees, mask);
    mask[next_slot(ccm, row)] = 0; // the step takes its place
    mask[ccm->cache.past] = 1;
}

void net_ccm_look(NetCcm* ccm) {
    const NetCcmBranch* branch = &ccm->cache.step_branch;
    int32_t* position = net_plan_input(ccm->cache.step, branch->step_position);
    for (int32_t i = 0; i < ccm->cache.rows; i++) {
        const Row* row = &ccm->row[i];
        NetCcmPlace at = {NET_CCM_STEP, row->episode, row->block, row->position, row->reads};
        position[i] = ccm_step_position(&ccm->config, row->position, row->chunk_first);
        fill_step_mask(ccm, &at, i, branch->step_mask, net_ccm_sees);
        if (ccm->config.local) {
            fill_step_mask(ccm, &at, i, branch->local_mask, net_ccm_sees_locally);
        }
    }
    net_plan_forward(ccm->cache.step, ccm->cache.rows);
}

void net_ccm_step(NetCcm* ccm) {
    net_ccm_look(ccm);
    for (int32_t i = 0; i < ccm->cache.rows; i++) {
        Row* row = &ccm->row[i];
        int32_t slot = next_slot(ccm, i);
        NetCcmPlace at = {NET_CCM_RAW, row->episode, row->block, row->position, row->reads};
        *place_of(ccm, i, slot) = at;
        ccm_cache_keep_step(&ccm->cache, i, slot);
        if (ccm->config.sink && row->position == 0) {
            at.kind = NET_CCM_SINK;
            *place_of(ccm, i, 0) = at;
            ccm_cache_keep_step(&ccm->cache, i, 0);
        }
        row->position++;
    }
}

// ---------------------------------------------------------------- compressing
// The last step of the chunk to be compressed; NULL: there is none (yet).
static const NetCcmPlace* last_of(const NetCcm* ccm, int32_t row, int32_t block) {
    const NetCcmPlace* last = NULL;
    for (int32_t slot = ccm->raw_at; slot < ccm->cache.past; slot++) {
        const NetCcmPlace* place = place_of(ccm, row, slot);
        last = ccm_is_last(place, block, last) ? place : last;
    }
    return last;
}

static void fill_group(NetCcm* ccm, int32_t row, const NetCcmPlace* last) {
    const NetCcmBranch* branch = &ccm->cache.group_branch;
    int32_t n = ccm->config.comp, keys = ccm->cache.past + (1 + ccm->config.merge) * n;
    uint8_t* mask = net_plan_input(ccm->cache.compress, branch->group_mask);
    int32_t* position = net_plan_input(ccm->cache.compress, branch->group_position);
    NetCcmPlace* group = ccm->group + (size_t)row * (size_t)n;
    ccm_place_group(&ccm->config, last, group, position + row * n);
    for (int32_t k = 0; mask && k < n; k++) {
        uint8_t* to = mask + ((size_t)row * (size_t)n + (size_t)k) * (size_t)keys;
        fill_mask(ccm, &group[k], row, net_ccm_sees, to);
        memset(to + ccm->cache.past, 0, (size_t)(keys - ccm->cache.past));
        for (int32_t j = 0; j < n; j++) {
            to[ccm->cache.past + j] = net_ccm_sees(&ccm->config, &group[k], &group[j]);
        }
    }
}

// A chunk of an episode that is over is remembered by nobody.
static void append_group(NetCcm* ccm, int32_t row) {
    int32_t n = ccm->config.comp;
    const NetCcmPlace* group = ccm->group + (size_t)row * (size_t)n;
    if (group->kind != NET_CCM_COMP || group->episode != ccm->row[row].episode) {
        return;
    }
    int32_t slot = ccm->memory_at + ccm->row[row].groups++ % ccm->config.cap * n;
    ccm_cache_keep_group(&ccm->cache, row, slot, n);
    memcpy(place_of(ccm, row, slot), group, (size_t)n * sizeof *group);
}

// What the row's mean will be with the group, and how much that counts in it.
static NetCcmPlace next_mean(const NetCcm* ccm, int32_t row, double* weight) {
    const NetCcmPlace* group = ccm->group + (size_t)row * (size_t)ccm->config.comp;
    NetCcmPlace mean = *place_of(ccm, row, ccm->memory_at);
    *weight = group->kind == NET_CCM_COMP ? ccm_next_mean(&ccm->config, group, &mean) : 0;
    return mean;
}

static void merge_group(NetCcm* ccm, int32_t row) {
    double weight;
    const NetCcmPlace mean = next_mean(ccm, row, &weight);
    if (weight > 0) {
        ccm_cache_keep_mean(&ccm->cache, row, ccm->memory_at, ccm->config.comp);
        for (int32_t k = 0; k < ccm->config.comp; k++) {
            *place_of(ccm, row, ccm->memory_at + k) = mean;
        }
    }
}

static void fill_weight(NetCcm* ccm, int32_t row) {
    NetReal* input = net_plan_input(ccm->cache.compress, ccm->cache.group_branch.merge_weight);
    double weight;
    next_mean(ccm, row, &weight);
    input[row] = (NetReal)weight;
}

void net_ccm_close(NetCcm* ccm, const uint8_t* rows) {
    for (int32_t row = 0; ccm->cache.compress && row < ccm->cache.rows; row++) {
        fill_group(ccm, row, last_of(ccm, row, ccm->row[row].block - ccm->config.keep));
        if (ccm->config.merge) {
            fill_weight(ccm, row);
        }
    }
    if (ccm->cache.compress) {
        net_plan_forward(ccm->cache.compress, ccm->cache.rows);
    }
    for (int32_t row = 0; row < ccm->cache.rows; row++) {
        if (rows && !rows[row]) {
            continue;
        }
        if (ccm->cache.compress) {
            ccm->config.merge ? merge_group(ccm, row) : append_group(ccm, row);
        }
        ccm->row[row].chunk_first = ccm->row[row].position;
        ccm->row[row].block++;
    }
}

// ---------------------------------------------------------------- looking
NetPlan* net_ccm_plan(NetCcm* ccm) {
    return ccm->cache.step;
}

const NetCcmPlace* net_ccm_places(const NetCcm* ccm, int32_t row) {
    return place_of(ccm, row, 0);
}

const NetReal* net_ccm_k(const NetCcm* ccm, int32_t layer, int32_t row) {
    return ccm_cache_at(&ccm->cache, layer, false, row, 0);
}

const NetReal* net_ccm_v(const NetCcm* ccm, int32_t layer, int32_t row) {
    return ccm_cache_at(&ccm->cache, layer, true, row, 0);
}

const NetReal* net_ccm_group_k(const NetCcm* ccm, int32_t layer, int32_t row) {
    size_t size = (size_t)ccm->config.comp * (size_t)ccm->cache.width;
    return net_plan_output(ccm->cache.compress, ccm->cache.group_branch.group_k[layer]) +
           (size_t)row * size;
}

const NetReal* net_ccm_group_v(const NetCcm* ccm, int32_t layer, int32_t row) {
    size_t size = (size_t)ccm->config.comp * (size_t)ccm->cache.width;
    return net_plan_output(ccm->cache.compress, ccm->cache.group_branch.group_v[layer]) +
           (size_t)row * size;
}

int32_t net_ccm_position(const NetCcm* ccm, int32_t row) {
    return ccm->row[row].position;
}

int32_t net_ccm_episode(const NetCcm* ccm, int32_t row) {
    return ccm->row[row].episode;
}

int32_t net_ccm_block(const NetCcm* ccm, int32_t row) {
    return ccm->row[row].block;
}

int32_t net_ccm_chunk_steps(const NetCcm* ccm, int32_t row) {
    return ccm->row[row].position - ccm->row[row].chunk_first;
}

size_t net_ccm_bytes(const NetCcm* ccm) {
    size_t plans = net_plan_bytes(ccm->cache.step) +
                   (ccm->cache.compress ? net_plan_bytes(ccm->cache.compress) : 0);
    return plans + ccm_cache_count(&ccm->cache) * sizeof(NetReal);
}

double net_ccm_flop(const NetCcm* ccm, int32_t chunk) {
    return net_plan_flop(ccm->cache.step) +
           (ccm->cache.compress ? net_plan_flop(ccm->cache.compress) / chunk : 0);
}

// ---------------------------------------------------------------- as bytes
// The row's counters, how many slots hold something of its episode; then each: its number, place,
// keys and values of all layers.
static size_t slot_bytes(const NetCcmConfig* config) {
    return sizeof(int32_t) + sizeof(NetCcmPlace) +
           2 * (size_t)config->layers * (size_t)config->width * sizeof(NetReal);
}

size_t net_ccm_state_limit(const NetCcmConfig* config, int32_t raw) {
    return sizeof(Row) + sizeof(int32_t) + (size_t)net_ccm_past(config, raw) * slot_bytes(config);
}

static unsigned char* put(unsigned char* to, const void* from, size_t size) {
    memcpy(to, from, size);
    return to + size;
}

size_t net_ccm_save(const NetCcm* ccm, int32_t row, void* bytes) {
    unsigned char* to = put(bytes, &ccm->row[row], sizeof(Row));
    unsigned char* count_at = to;
    int32_t count = 0;
    to += sizeof count;
    for (int32_t slot = 0; slot < ccm->cache.past; slot++) {
        const NetCcmPlace* place = place_of(ccm, row, slot);
        if (place->kind == NET_CCM_NOTHING || place->episode != ccm->row[row].episode) {
            continue;
        }
        to = put(to, &slot, sizeof slot);
        to = put(to, place, sizeof *place);
        for (int32_t i = 0; i < 2 * ccm->config.layers; i++) {
            to = put(to, ccm_cache_at(&ccm->cache, i / 2, i % 2, row, slot),
                     (size_t)ccm->cache.width * sizeof(NetReal));
        }
        count++;
    }
    put(count_at, &count, sizeof count);
    return (size_t)(to - (unsigned char*)bytes);
}

static bool row_is_good(const Row* row) {
    return row->episode >= 0 && row->position >= 0 && row->chunk_first >= 0 &&
           row->chunk_first <= row->position && (row->reads == 0 || row->reads == 1) &&
           row->block >= 0 && row->groups >= 0 && row->groups <= row->block;
}

bool net_ccm_restore(NetCcm* ccm, int32_t row, const void* bytes, size_t size) {
    const unsigned char *from = bytes, *end = from + size;
    Row of;
    int32_t count = 0, slot = -1;
    if (size < sizeof of + sizeof count) {
        return false;
    }
    memcpy(&of, from, sizeof of);
    memcpy(&count, from + sizeof of, sizeof count);
    from += sizeof of + sizeof count;
    if (!row_is_good(&of) || count < 0 || count > ccm->cache.past ||
        (size_t)(end - from) != (size_t)count * slot_bytes(&ccm->config)) {
        return false;
    }
    memset(place_of(ccm, row, 0), 0, (size_t)ccm->cache.past * sizeof(NetCcmPlace));
    ccm->row[row] = of;
    for (int32_t n = 0; n < count; n++) {
        int32_t before = slot;
        memcpy(&slot, from, sizeof slot);
        if (slot <= before || slot >= ccm->cache.past) {
            return false;
        }
        memcpy(place_of(ccm, row, slot), from + sizeof slot, sizeof(NetCcmPlace));
        from += sizeof slot + sizeof(NetCcmPlace);
        for (int32_t i = 0; i < 2 * ccm->config.layers; i++) {
            size_t part = (size_t)ccm->cache.width * sizeof(NetReal);
            memcpy(ccm_cache_at(&ccm->cache, i / 2, i % 2, row, slot), from, part);
            from += part;
        }
    }
    return true;
}
