// Streaming (ccm.h): one token at a time for ever. The cache is [first token | memory | recent
// tokens]; when it is full, the oldest of the recent tokens are compressed. Keys are cached as they
// are and turned at every use, so that positions are places in the cache and never grow. All rows
// go in step.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "nets/ccm_cache.h"

struct NetCcmStream {
    NetCcmConfig config;
    int32_t limit, chunk;
    bool forget;
    CcmCache cache; // owned
    bool begun;     // the first token has been read
    int64_t groups; // compressed so far
    int32_t oldest; // raw ring: the oldest token's place
    int32_t recent; // raw tokens cached
};

static NetStatus check(const NetCcmStreamConfig* config, char why[NET_WHY]) {
    const NetCcmConfig* ccm = &config->ccm;
    if (ccm->positions != NET_CCM_CACHE || !ccm->sink || ccm->merge || ccm->local ||
        !ccm->recurrent || ccm->keep || ccm->window) {
        snprintf(why, NET_WHY,
                 "a stream concatenates, is recurrent, keeps the first token and has positions in "
                 "the cache; it has no local layer, no window and keeps no chunks raw");
        return NET_BAD_CONFIG;
    }
    if (ccm->comp < 1 || !config->compress || config->chunk < ccm->comp ||
        config->chunk + 1 + ccm->cap * ccm->comp > config->limit) {
        snprintf(why, NET_WHY,
                 "a stream's limit, %d, holds the first token, the memory (%d x %d) and a chunk "
                 "(%d), which is longer than what remains of it",
                 (int)config->limit, (int)ccm->cap, (int)ccm->comp, (int)config->chunk);
        return NET_BAD_CONFIG;
    }
    return NET_OK;
}

NetStatus net_ccm_stream_create(const NetGraph* graph, const NetCcmStreamConfig* config,
                                NetCcmStream** stream, char why[NET_WHY]) {
    *stream = NULL;
    NetStatus status = check(config, why);
    if (status != NET_OK) {
        return status;
    }
    NetCcmStream* made = calloc(1, sizeof *made);
    if (!made) {
        snprintf(why, NET_WHY, "out of memory for a stream");
        return NET_OUT_OF_MEMORY;
    }
    made->config = config->ccm;
    made->limit = config->limit;
    made->chunk = config->chunk;
    made->forget = config->forget;
    CcmCacheSetup setup = {.config = &made->config,
                           .rows = config->rows,
                           .past = net_ccm_past(&config->ccm, config->limit),
                           .step = config->step,
                           .compress = config->compress,
                           .backend = config->backend,
                           .dtype = config->dtype,
                           .outputs = config->outputs,
                           .output_count = config->output_count};
    status = ccm_cache_create(graph, &setup, &made->cache, why);
    if (status != NET_OK) {
        net_ccm_stream_destroy(made);
        return status;
    }
    *stream = made;
    return NET_OK;
}

void net_ccm_stream_destroy(NetCcmStream* stream) {
    if (stream) {
        ccm_cache_destroy(&stream->cache);
        free(stream);
    }
}

void net_ccm_stream_load(NetCcmStream* stream, const NetReal* weights) {
    ccm_cache_load(&stream->cache, weights);
}

NetPlan* net_ccm_stream_plan(NetCcmStream* stream) {
    return stream->cache.step;
}

// ---------------------------------------------------------------- the cache's order
static int32_t held_groups(const NetCcmStream* stream) {
    int32_t cap = stream->config.cap;
    return stream->groups < cap ? (int32_t)stream->groups : cap;
}

int32_t net_ccm_stream_memory(const NetCcmStream* stream) {
    return stream->forget ? 0 : held_groups(stream) * stream->config.comp;
}

int32_t net_ccm_stream_length(const NetCcmStream* stream) {
    return stream->begun + net_ccm_stream_memory(stream) + stream->recent;
}

// The i-th entry of the cache lies in this slot: [first token] [memory ring] [raw ring].
static int32_t slot_of(const NetCcmStream* stream, int32_t i) {
    int32_t n = stream->config.comp, memory = net_ccm_stream_memory(stream);
    if (i < 1 + memory) {
        int64_t group = stream->groups - held_groups(stream) + (i - 1) / n;
        return i == 0 ? 0 : 1 + (int32_t)(group % stream->config.cap) * n + (i - 1) % n;
    }
    int32_t raw = (stream->oldest + i - 1 - memory) % stream->limit;
    return 1 + stream->config.cap * n + raw;
}

// The first `count` entries are seen by all of `queries` tokens, which come right after them.
static void fill(const NetCcmStream* stream, NetPlan* plan, const NetCcmBranch* branch,
                 int32_t count, int32_t queries) {
    const CcmCache* cache = &stream->cache;
    bool step = branch == &cache->step_branch;
    uint8_t* mask = net_plan_input(plan, step ? branch->step_mask : branch->group_mask);
    int32_t* position = net_plan_input(plan, step ? branch->step_position : branch->group_position);
    int32_t* past = net_plan_input(plan, branch->past_position);
    int32_t keys = cache->past + queries;
    for (int32_t row = 0; row < cache->rows; row++) {
        for (int32_t i = 0; past && i < cache->past; i++) {
            past[row * cache->past + i] = 0;
        }
        for (int32_t i = 0; past && i < count; i++) {
            past[row * cache->past + slot_of(stream, i)] = i;
        }
        for (int32_t q = 0; q < queries; q++, mask += mask ? keys : 0) {
            position[row * queries + q] = count + q;
            for (int32_t j = 0; mask && j < keys; j++) {
                mask[j] = j >= cache->past && j - cache->past <= q;
            }
            for (int32_t i = 0; mask && i < count; i++) {
                mask[slot_of(stream, i)] = 1;
            }
        }
    }
}

// ---------------------------------------------------------------- reading
static void compress(NetCcmStream* stream) {
    CcmCache* cache = &stream->cache;
    int32_t n = stream->config.comp, filling = stream->groups < stream->config.cap;
    int32_t leaving = stream->chunk;
    assert(stream->limit > 0);
    if (stream->forget) { // the same length as with the memory
        leaving -= filling ? n : 0;
    } else {
        int32_t count = 1 + net_ccm_stream_memory(stream) + stream->chunk;
        fill(stream, cache->compress, &cache->group_branch, count, n);
        net_plan_forward(cache->compress, cache->rows);
        int32_t slot = 1 + (int32_t)(stream->groups % stream->config.cap) * n; // the oldest goes
        for (int32_t row = 0; row < cache->rows; row++) {
            ccm_cache_keep_group(cache, row, slot, n);
        }
    }
    stream->groups++;
    stream->oldest = (stream->oldest + leaving) % stream->limit;
    stream->recent -= leaving;
}

bool net_ccm_stream_step(NetCcmStream* stream) {
    CcmCache* cache = &stream->cache;
    int32_t length = net_ccm_stream_length(stream), slot = 0;
    fill(stream, cache->step, &cache->step_branch, length, 1);
    net_plan_forward(cache->step, cache->rows);
    if (stream->begun) {
        stream->recent++;
        assert(stream->recent <= stream->limit);
        slot = slot_of(stream, length);
    }
    stream->begun = true;
    for (int32_t row = 0; row < cache->rows; row++) {
        ccm_cache_keep_step(cache, row, slot);
    }
    bool full = length >= stream->limit;
    if (full) {
        compress(stream);
    }
    return full;
}
