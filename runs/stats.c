// stats.jsonl: writing by hand, because key order, separators and digits must be Python's; reading
// by jansson.
#include "runs/stats.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

// round(x, 1) in Python is the decimal with one digit nearest to the double's exact value, ties to
// even; printf("%.1f") is the same. repr of the result then has one digit, for these magnitudes.
void stats_format_reward(double reward, char text[32]) {
    assert(reward > -1e15 && reward < 1e15);
    snprintf(text, 32, "%.1f", reward);
}

size_t stats_format(const ScoreEpisode* episode, char line[STATS_LINE]) {
    char reward[32];
    stats_format_reward(episode->reward, reward);
    int used = snprintf(line, STATS_LINE, "{\"length\": %" PRId64 ", \"reward\": %s",
                        episode->length, reward);
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        used += snprintf(line + used, (size_t)(STATS_LINE - used), ", \"achievement_%s\": %" PRId32,
                         cairn_achievement_name(k), episode->achievements[k]);
    }
    used += snprintf(line + used, (size_t)(STATS_LINE - used), "}\n");
    assert(used < STATS_LINE);
    return (size_t)used;
}

static bool parse_members(const json_t* object, ScoreEpisode* episode, char why[STATS_WHY]) {
    const json_t* length = json_object_get(object, "length");
    const json_t* reward = json_object_get(object, "reward");
    if (!json_is_integer(length) || json_integer_value(length) < 0) {
        snprintf(why, STATS_WHY, "\"length\" is missing or no whole number >= 0");
        return false;
    }
    if (!json_is_number(reward)) {
        snprintf(why, STATS_WHY, "\"reward\" is missing or no number");
        return false;
    }
    episode->length = json_integer_value(length);
    episode->reward = json_number_value(reward);
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        char name[64];
        snprintf(name, sizeof name, "achievement_%s", cairn_achievement_name(k));
        const json_t* count = json_object_get(object, name);
        json_int_t value = json_is_integer(count) ? json_integer_value(count) : -1;
        if (value < 0 || value > INT32_MAX) {
            snprintf(why, STATS_WHY, "\"%s\" is missing or no count >= 0", name);
            return false;
        }
        episode->achievements[k] = (int32_t)value;
    }
    return true;
}

bool stats_parse(const char* line, ScoreEpisode* episode, char why[STATS_WHY]) {
    json_error_t error;
    json_t* object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    if (!object) {
        snprintf(why, STATS_WHY, "no JSON object: %.120s", error.text);
        return false;
    }
    bool good = json_is_object(object);
    if (!good) {
        snprintf(why, STATS_WHY, "no JSON object");
    }
    good = good && parse_members(object, episode, why);
    json_decref(object);
    return good;
}
