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
    {"chunk", OF(chunk), WHOLE, RECALL_CHUNK, RECALL_MOST_CHUNK, {0}},
    {"slots", OF(ccm.comp), WHOLE, 1, 64, {0}},
    {"rank", OF(ccm.lora_rank), WHOLE, 1, 1024, {0}},
    {"floor", OF(ccm.merge_floor), REAL, 0, 1, {0}},
    {"adapter", OF(ccm.adapter), WORD, 0, 3, {"lora", "lora_all", "own", "shared"}},
    {"positions", OF(ccm.positions), WORD, 0, 1, {"episode", "chunk"}},
    {"norm", OF(norm), REAL, 1e-6, 1000, {0}},
    {"comp_norm", OF(ccm.comp_norm), REAL, 1e-6, 1000, {0}},
    {"local", OF(ccm.local), WORD, 0, 1, {"false", "true"}},
};
enum { SETTINGS = sizeof table / sizeof *table };
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

static double value_of(const RecallSettings* settings, const Setting* setting) {
    const char* from = (const char*)settings + setting->offset;
    double real = 0;
    int32_t number = 0;
    bool truth = false;
    if (setting->type == REAL) {
        memcpy(&real, from, sizeof real);
        return real;
    }
    if (setting->offset == OF(ccm.local)) {
        memcpy(&truth, from, sizeof truth);
        return truth;
    }
    memcpy(&number, from, sizeof number);
    return number;
}

static void store(RecallSettings* settings, const Setting* setting, double value) {
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
}

// Does it say anything of this training?
static bool applies(const RecallSettings* settings, const Setting* setting) {
    switch (setting->offset) {
    case OF(raw_rate):
        return settings->raw_updates > 0;
    case OF(ccm.comp):
    case OF(ccm.adapter):
    case OF(ccm.comp_norm):
        return settings->ccm.comp > 0;
    case OF(ccm.lora_rank):
        return settings->ccm.comp > 0 && settings->ccm.adapter <= NET_CCM_LORA_ALL;
    case OF(ccm.merge_floor):
        return settings->ccm.comp > 0 && settings->ccm.merge;
    default:
        return true;
    }
}

void recall_describe(const RecallSettings* settings, const RecallSettings* usual, char* text,
                     size_t size) {
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < SETTINGS; i++) {
        const Setting* setting = &table[i];
        double value = value_of(settings, setting);
        if (!applies(settings, setting) || (usual && value_of(usual, setting) == value)) {
            continue;
        }
        char number[32];
        snprintf(number, sizeof number, "%.10g", value);
        used +=
            (size_t)snprintf(text + used, size - used, "%s%s=%s", used ? " " : "", setting->name,
                             setting->type == WORD ? setting->words[(int)value] : number);
        assert(used < size);
    }
}

static bool refuse(const char* assignment, char why[NET_WHY]) {
    int used = snprintf(why, NET_WHY, "'%.40s' is no setting here:", assignment);
    for (size_t i = 0; i < SETTINGS; i++) {
        const Setting* setting = &table[i];
        used += snprintf(why + used, NET_WHY - (size_t)used, "%s %s", i ? "," : "", setting->name);
        for (int word = 0; setting->type == WORD && word <= (int)setting->most; word++) {
            used += snprintf(why + used, NET_WHY - (size_t)used, "%c%s", word ? '|' : '=',
                             setting->words[word]);
        }
        assert(used < NET_WHY);
    }
    return false;
}

bool recall_set(RecallSettings* settings, const char* assignment, char why[NET_WHY]) {
    const char* text = strchr(assignment, '=');
    size_t length = text ? (size_t)(text - assignment) : strlen(assignment);
    for (size_t i = 0; text && i < SETTINGS; i++) {
        const Setting* setting = &table[i];
        if (strlen(setting->name) == length && strncmp(setting->name, assignment, length) == 0) {
            double value = 0;
            bool without = setting->offset == OF(ccm.comp) && settings->ccm.comp == 0;
            if (without || !read_value(setting, text + 1, &value)) {
                break;
            }
            store(settings, setting, value);
            return true;
        }
    }
    return refuse(assignment, why);
}
