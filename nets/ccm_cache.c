#include "nets/ccm_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUTS = 32 }; // beside keys and values

static NetStatus make_plan(const NetGraph* graph, const CcmCacheSetup* setup, bool step,
                           NetPlan** plan, char why[NET_WHY]) {
    const NetCcmBranch* branch = step ? setup->step : setup->compress;
    NetTensor outputs[OUTPUTS + 4 * NET_CCM_LAYERS], bound[2 * NET_CCM_LAYERS];
    int32_t count = 0;
    for (int32_t i = 0; step && i < setup->output_count; i++) {
        outputs[count++] = setup->outputs[i];
    }
    for (int32_t layer = 0; layer < setup->config->layers; layer++) {
        outputs[count++] = step ? branch->step_k[layer] : branch->group_k[layer];
        outputs[count++] = step ? branch->step_v[layer] : branch->group_v[layer];
        if (!step && setup->config->merge) {
            outputs[count++] = branch->mean_k[layer];
            outputs[count++] = branch->mean_v[layer];
        }
        bound[2 * layer] = branch->past_k[layer];
        bound[2 * layer + 1] = branch->past_v[layer];
    }
    NetPlanConfig of = {.rows = setup->rows,
                        .backend = setup->backend,
                        .dtype = setup->dtype,
                        .outputs = outputs,
                        .output_count = count,
                        .bound = bound,
                        .bound_count = 2 * setup->config->layers};
    return net_plan_create(graph, &of, plan, why);
}

static void bind(CcmCache* cache, NetPlan* plan, const NetCcmBranch* branch) {
    for (int32_t layer = 0; layer < cache->layers; layer++) {
        net_plan_bind(plan, branch->past_k[layer], ccm_cache_at(cache, layer, false, 0, 0));
        net_plan_bind(plan, branch->past_v[layer], ccm_cache_at(cache, layer, true, 0, 0));
    }
}

static NetStatus check(const CcmCacheSetup* setup, char why[NET_WHY]) {
    const NetCcmShape* step = &setup->step->shape;
    const NetCcmShape* compress = setup->compress ? &setup->compress->shape : NULL;
    if (setup->rows < 1 || setup->output_count > OUTPUTS) {
        snprintf(why, NET_WHY, "a memory of %d rows (at least 1), %d outputs (at most %d)",
                 (int)setup->rows, (int)setup->output_count, OUTPUTS);
        return NET_BAD_CONFIG;
    }
    if (step->steps != 1 || step->groups != 0 || step->past != setup->past ||
        (compress && (compress->steps || compress->groups != 1 || compress->past != setup->past))) {
        snprintf(why, NET_WHY, "branches for stepping are {1, 0, %d} and {0, 1, %d}",
                 (int)setup->past, (int)setup->past);
        return NET_BAD_CONFIG;
    }
    return NET_OK;
}

NetStatus ccm_cache_create(const NetGraph* graph, const CcmCacheSetup* setup, CcmCache* cache,
                           char why[NET_WHY]) {
    *cache = (CcmCache){.step_branch = *setup->step,
                        .layers = setup->config->layers,
                        .rows = setup->rows,
                        .past = setup->past,
                        .width = setup->config->width};
    NetStatus status = check(setup, why);
    if (status != NET_OK) {
        return status;
    }
    cache->slots = calloc(ccm_cache_count(cache), sizeof *cache->slots);
    if (!cache->slots) {
        snprintf(why, NET_WHY, "out of memory for %d rows of %d slots in %d layers",
                 (int)cache->rows, (int)cache->past, (int)cache->layers);
        return NET_OUT_OF_MEMORY;
    }
    status = make_plan(graph, setup, true, &cache->step, why);
    if (status == NET_OK && setup->compress) {
        cache->group_branch = *setup->compress;
        status = make_plan(graph, setup, false, &cache->compress, why);
    }
    if (status == NET_OK) {
        bind(cache, cache->step, &cache->step_branch);
    }
    if (cache->compress) {
        bind(cache, cache->compress, &cache->group_branch);
    }
    return status;
}

void ccm_cache_destroy(CcmCache* cache) {
    net_plan_destroy(cache->step);
    net_plan_destroy(cache->compress);
    free(cache->slots);
}

void ccm_cache_load(CcmCache* cache, const NetReal* weights) {
    net_plan_load(cache->step, weights);
    if (cache->compress) {
        net_plan_load(cache->compress, weights);
    }
}

size_t ccm_cache_count(const CcmCache* cache) {
    return 2 * (size_t)cache->layers * (size_t)cache->rows * (size_t)cache->past *
           (size_t)cache->width;
}

NetReal* ccm_cache_at(const CcmCache* cache, int32_t layer, bool value, int32_t row, int32_t slot) {
    size_t at = (size_t)(2 * layer + value) * (size_t)cache->rows + (size_t)row;
    return cache->slots + (at * (size_t)cache->past + (size_t)slot) * (size_t)cache->width;
}

static void keep(CcmCache* cache, int32_t row, int32_t slot, NetPlan* plan, const NetTensor* k,
                 const NetTensor* v, int32_t count) {
    size_t size = (size_t)count * (size_t)cache->width;
    for (int32_t layer = 0; layer < cache->layers; layer++) {
        memcpy(ccm_cache_at(cache, layer, false, row, slot),
               net_plan_output(plan, k[layer]) + (size_t)row * size, size * sizeof(NetReal));
        memcpy(ccm_cache_at(cache, layer, true, row, slot),
               net_plan_output(plan, v[layer]) + (size_t)row * size, size * sizeof(NetReal));
    }
}

void ccm_cache_keep_step(CcmCache* cache, int32_t row, int32_t slot) {
    keep(cache, row, slot, cache->step, cache->step_branch.step_k, cache->step_branch.step_v, 1);
}

void ccm_cache_keep_group(CcmCache* cache, int32_t row, int32_t slot, int32_t comp) {
    keep(cache, row, slot, cache->compress, cache->group_branch.group_k,
         cache->group_branch.group_v, comp);
}

void ccm_cache_keep_mean(CcmCache* cache, int32_t row, int32_t slot, int32_t comp) {
    keep(cache, row, slot, cache->compress, cache->group_branch.mean_k, cache->group_branch.mean_v,
         comp);
}
