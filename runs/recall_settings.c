// The recall task's settings by name, so that a command can say what was tried: "rate=0.003".
#include "runs/recall.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum Type { WHOLE, REAL, WORD } Type;
typedef struct Setting {
    const char* name;
    size_t offset;
    Type type;
    double least, most; // of words: the last one's number
    const char* words[4];
} Setting;

#define OF(field) offsetof(RecallSettings, field)
static const Setting table[] = {
    {"updates", OF(updates), WHOLE, 1, 1e6, {0}},
    {"rate", OF(rate), REAL, 1e-9, 1, {0}},
    {"raw_updates", OF(raw_updates), WHOLE, 0, 1e6, {0}},
    {"raw_rate", OF(raw_rate), REAL, 1e-9, 1, {0}},
    {"batch", OF(batch), WHOLE, 1, 4096, {0}},
    {"slots", OF(ccm.comp), WHOLE, 1, 64, {0}},
    {"rank", OF(ccm.lora_rank), WHOLE, 1, 1024, {0}},
    {"floor", OF(ccm.merge_floor), REAL, 0, 1, {0}},
    {"adapter", OF(ccm.adapter), WORD, 0, 3, {"lora", "lora_all", "own", "shared"}},
    {"positions", OF(ccm.positions), WORD, 0, 1, {"episode", "chunk"}},
    {"norm", OF(norm), REAL, 1e-6, 1000, {0}},
    {"comp_norm", OF(ccm.comp_norm), REAL, 1e-6, 1000, {0}},
    {"local", OF(ccm.local), WORD, 0, 1, {"false", "true"}},
};
static_assert(sizeof(NetCcmAdapter) == sizeof(int32_t) && sizeof(NetCcmPositions) == 4,
              "words are stored as int32_t");

static bool read_value(const Setting* setting, const char* text, double* value) {
    if (setting->type == WORD) {
        for (int32_t i = 0; i <= (int32_t)setting->most; i++) {
            if (strcmp(text, setting->words[i]) == 0) {
                *value = i;
                return true;
            }
        }
        return false;
    }
    char* end = NULL;
    *value = strtod(text, &end);
    return end != text && !*end && *value >= setting->least && *value <= setting->most &&
           (setting->type == REAL || *value == (double)(int32_t)*value);
}

bool recall_set(RecallSettings* settings, const char* assignment, char why[NET_WHY]) {
    const char* text = strchr(assignment, '=');
    size_t length = text ? (size_t)(text - assignment) : strlen(assignment);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const Setting* setting = &table[i];
        if (strlen(setting->name) != length || strncmp(setting->name, assignment, length) != 0) {
            continue;
        }
        double value = 0;
        bool without = setting->offset == OF(ccm.comp) && settings->ccm.comp == 0;
        if (!text || without || !read_value(setting, text + 1, &value)) {
            break;
        }
        char* to = (char*)settings + setting->offset;
        int32_t number = (int32_t)value;
        bool truth = value > 0;
        if (setting->type == REAL) {
            memcpy(to, &value, sizeof value);
        } else if (setting->offset == OF(ccm.local)) {
            memcpy(to, &truth, sizeof truth);
        } else {
            memcpy(to, &number, sizeof number);
        }
        return true;
    }
    snprintf(
        why, NET_WHY,
        "'%.60s' is no setting here: updates, rate, raw_updates, raw_rate, batch, slots, rank, "
        "floor, norm, comp_norm (numbers), adapter=lora|lora_all|own|shared, "
        "positions=episode|chunk or local=true|false",
        assignment);
    return false;
}
