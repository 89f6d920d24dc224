// Who sees whom, where, and with which weight (ccm.h). Conditions are combined as truth values
// before any number.
#include "nets/ccm_rules.h"

#include <stddef.h>

// ---------------------------------------------------------------- who sees whom
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

double ccm_next_mean(const NetCcmConfig* config, const NetCcmPlace* of, NetCcmPlace* mean) {
    bool goes_on = mean->kind == NET_CCM_MEAN && mean->episode == of->episode;
    int32_t t = goes_on ? mean->order + 1 : 1;
    *mean = (NetCcmPlace){NET_CCM_MEAN, of->episode, of->block, t, 0};
    return net_ccm_merge_weight(config, t);
}

// ---------------------------------------------------------------- where
int32_t ccm_step_position(const NetCcmConfig* config, int32_t order, int32_t chunk_first) {
    return config->positions == NET_CCM_CHUNK ? 1 + order - chunk_first : order;
}

void ccm_place_group(const NetCcmConfig* config, const NetCcmPlace* last, NetCcmPlace* group,
                     int32_t* position) {
    for (int32_t k = 0; k < config->comp; k++) {
        group[k] = (NetCcmPlace){.kind = NET_CCM_NOTHING};
        position[k] = 0;
        if (last) {
            group[k] = (NetCcmPlace){NET_CCM_COMP, last->episode, last->block, k, 0};
            position[k] = config->positions == NET_CCM_CHUNK ? 0 : last->order + 1 + k;
        }
    }
}

bool ccm_is_last(const NetCcmPlace* place, int32_t block, const NetCcmPlace* last) {
    bool later = !last || place->episode > last->episode ||
                 (place->episode == last->episode && place->order > last->order);
    return place->kind == NET_CCM_RAW && place->block == block && later;
}
