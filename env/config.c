// Configuration of a handle: defaults, ranges, and what follows directly from the fields.
#include "env/config.h"

#include <stdio.h>

enum { MAX_WORLDS = 65536, MAX_THREADS = 256, MAX_AREA = 1024, MAX_VIEW = 63, MAX_SIZE = 4096 };

CairnConfig cairn_default_config(void) {
    return (CairnConfig){.world_count = 1,
                         .threads = 1,
                         .area_width = 64,
                         .area_height = 64,
                         .view_width = 9,
                         .view_height = 9,
                         .size_width = 64,
                         .size_height = 64,
                         .length = 10000,
                         .reward = true,
                         .auto_reset = true};
}

static uint64_t mix(uint64_t bits) { // splitmix64's last step
    bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
    return bits ^ bits >> 31;
}

int64_t cairn_world_seed(int64_t seed, int32_t world) {
    if (world == 0) {
        return seed;
    }
    const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t bits = mix((uint64_t)seed + golden);
    return (int64_t)(mix(bits + (uint64_t)world * golden) >> 2);
}

static int32_t item_rows(int32_t view_width) {
    return (CAIRN_ITEMS + view_width - 1) / view_width;
}

int32_t cairn_local_columns(const CairnConfig* config) {
    return config->view_width;
}

int32_t cairn_local_rows(const CairnConfig* config) {
    return config->view_height - item_rows(config->view_width);
}

typedef struct Range {
    const char* field;
    int32_t value, low, high;
} Range;

CairnStatus env_config_check(const CairnConfig* config, char why[CAIRN_WHY]) {
    const Range ranges[] = {
        {"world_count", config->world_count, 1, MAX_WORLDS},
        {"threads", config->threads, 1, MAX_THREADS},
        {"area_width", config->area_width, 1, MAX_AREA},
        {"area_height", config->area_height, 1, MAX_AREA},
        {"view_width", config->view_width, 1, MAX_VIEW},
        {"view_height", config->view_height, 1, MAX_VIEW},
        {"size_width", config->size_width, config->view_width, MAX_SIZE},
        {"size_height", config->size_height, config->view_height, MAX_SIZE},
        {"length", config->length, 0, INT32_MAX},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        const Range* range = &ranges[i];
        if (range->value < range->low || range->value > range->high) {
            snprintf(why, CAIRN_WHY, "%s is %d, expected %d to %d", range->field, range->value,
                     range->low, range->high);
            return CAIRN_BAD_CONFIG;
        }
    }
    if (config->mode != CAIRN_MODE_EXACT && config->mode != CAIRN_MODE_FAST) {
        snprintf(why, CAIRN_WHY, "mode is %d, expected %d (exact) or %d (fast)", (int)config->mode,
                 CAIRN_MODE_EXACT, CAIRN_MODE_FAST);
        return CAIRN_BAD_CONFIG;
    }
    int32_t rows = item_rows(config->view_width);
    if (config->view_height <= rows) {
        snprintf(why, CAIRN_WHY,
                 "view_height is %d, expected %d to %d: with view_width %d the inventory takes %d "
                 "of its rows",
                 config->view_height, rows + 1, MAX_VIEW, config->view_width, rows);
        return CAIRN_BAD_CONFIG;
    }
    return CAIRN_OK;
}
