// Keys and values of past slots, and the two plans that read them in place: what acting
// (ccm_online.c) and streaming (ccm_stream.c) share.
#pragma once
#include "nets/nets.h"

typedef struct CcmCacheSetup {
    const NetCcmConfig* config;
    int32_t rows, past; // slots of a row
    const NetCcmBranch* step;
    const NetCcmBranch* compress; // NULL: no COMP
    NetBackend backend;
    NetDtype dtype;
    const NetTensor* outputs;
    int32_t output_count;
} CcmCacheSetup;

typedef struct CcmCache {
    NetCcmBranch step_branch, group_branch; // copies: ids
    NetPlan *step, *compress;               // owned; compress NULL without COMP
    int32_t layers, rows, past, width;
    NetReal* slots; // owned: [layers, 2, rows, past, width]
} CcmCache;

NetStatus ccm_cache_create(const NetGraph* graph, const CcmCacheSetup* setup, CcmCache* cache,
                           char why[NET_WHY]); // failed: destroy it, too
void ccm_cache_destroy(CcmCache* cache);
void ccm_cache_load(CcmCache* cache, const NetReal* weights);
size_t ccm_cache_count(const CcmCache* cache); // elements
// A slot's key or value [width].
NetReal* ccm_cache_at(const CcmCache* cache, int32_t layer, bool value, int32_t row, int32_t slot);
// What the last step left, or the last COMP tokens, or their means, into slots of a row.
void ccm_cache_keep_step(CcmCache* cache, int32_t row, int32_t slot);
void ccm_cache_keep_group(CcmCache* cache, int32_t row, int32_t slot, int32_t comp);
void ccm_cache_keep_mean(CcmCache* cache, int32_t row, int32_t slot, int32_t comp);
