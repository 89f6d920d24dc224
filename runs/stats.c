// stats.jsonl: writing by hand, because key order, separators and digits must be Python's; reading
// by jansson.
#include "runs/stats.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

typedef struct Episodes {
    ScoreEpisode* list;
    size_t count, room;
} Episodes;

static bool append(Episodes* episodes, const ScoreEpisode* episode) {
    if (episodes->count == episodes->room) {
        size_t room = episodes->room ? 2 * episodes->room : 1024;
        ScoreEpisode* list = realloc(episodes->list, room * sizeof *list);
        if (!list) {
            return false;
        }
        episodes->list = list, episodes->room = room;
    }
    episodes->list[episodes->count++] = *episode;
    return true;
}

// Reads every line of the stream; `why` is left empty when only the system can say what is wrong.
static bool read_lines(FILE* file, const char* path, Episodes* episodes, char why[STATS_WHY]) {
    char* line = NULL;
    size_t room = 0;
    bool good = true;
    for (size_t number = 1; good; number++) {
        ssize_t length = getline(&line, &room, file);
        if (length < 0 || line[length - 1] != '\n') {
            break;
        }
        ScoreEpisode episode;
        char what[STATS_WHY];
        if (!stats_parse(line, &episode, what)) {
            snprintf(why, STATS_WHY, "%.80s, line %zu: %.120s", path, number, what);
            good = false;
        } else if (!append(episodes, &episode)) {
            snprintf(why, STATS_WHY, "%.80s: out of memory", path);
            good = false;
        }
    }
    free(line);
    if (good && ferror(file)) {
        snprintf(why, STATS_WHY, "%.120s: %s", path, strerror(errno));
        good = false;
    }
    return good;
}

bool stats_read(const char* path, ScoreEpisode** list, size_t* count, char why[STATS_WHY]) {
    *list = NULL, *count = 0;
    FILE* file = fopen(path, "rb");
    if (!file) {
        snprintf(why, STATS_WHY, "%.120s: %s", path, strerror(errno));
        return false;
    }
    Episodes episodes = {0};
    bool good = read_lines(file, path, &episodes, why);
    fclose(file);
    if (!good) {
        free(episodes.list);
        return false;
    }
    *list = episodes.list, *count = episodes.count;
    return true;
}
