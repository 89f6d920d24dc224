// Checkpoints, episode files and run folders described; see runs/info.h.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/agent.h"
#include "env/cairn.h"
#include "runs/info.h"
#include "runs/report.h"
#include "runs/run_folder.h"
#include "runs/stats.h"

static json_t* clean_string(const char* text) {
    char clean[RUN_PATH];
    report_clean_text(text, clean, sizeof clean);
    return json_string(clean);
}

static json_t* size_text(int32_t width, int32_t height) {
    return json_sprintf("%" PRId32 " x %" PRId32, width, height);
}

// ---------------------------------------------------------------- checkpoints
static json_t* agent_settings(const AgentConfig* config) {
    json_t* settings = json_object();
    int32_t count = 0;
    const AgentKey* keys = agent_config_keys(&count);
    for (int32_t key = 0; key < count; key++) {
        char value[AGENT_VALUE];
        agent_config_get(config, key, value);
        json_object_set_new(settings, keys[key].name, json_string(value));
    }
    return settings;
}

json_t* info_checkpoint(const char* path, char why[INFO_WHY]) {
    AgentCheckpointInfo info;
    char reason[AGENT_WHY];
    if (agent_checkpoint_info(path, &info, reason) != AGENT_OK) {
        snprintf(why, INFO_WHY, "%s", reason);
        return NULL;
    }
    bool full = info.kind == AGENT_CHECKPOINT_FULL;
    return json_pack("{s:s, s:o, s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "kind",
                     "checkpoint", "file", clean_string(path), "bytes", (json_int_t)info.file_bytes,
                     "version", (json_int_t)info.version, "contents",
                     full ? "full: training can continue from it" : "weights: enough for acting",
                     "environment_steps", (json_int_t)info.progress.env_steps, "iterations",
                     (json_int_t)info.progress.iterations, "updates",
                     (json_int_t)info.progress.updates, "episodes",
                     (json_int_t)info.progress.episodes, "weights", (json_int_t)info.weight_count,
                     "network_fingerprint", json_sprintf("%016" PRIx64, info.fingerprint),
                     "settings", agent_settings(&info.config));
}

// ---------------------------------------------------------------- episodes
static json_t* unlocked_counts(const int32_t achievements[CAIRN_ACHIEVEMENTS]) {
    json_t* object = json_object();
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        if (achievements[k] > 0) {
            json_object_set_new(object, cairn_achievement_name(k), json_integer(achievements[k]));
        }
    }
    return object;
}

static json_t* channel_list(const CairnEpisode* episode) {
    json_t* array = json_array();
    for (int32_t c = 0; c < episode->channel_count; c++) {
        const CairnChannel* channel = &episode->channel[c];
        const char* type = channel->type == CAIRN_CHANNEL_F32 ? "f32" : "u8";
        char name[CAIRN_CHANNEL_NAME + 1];
        report_clean_text(channel->name, name, sizeof name);
        json_array_append_new(array, json_sprintf("%s: %s x %" PRId32, name, type, channel->width));
    }
    return array;
}

json_t* info_episode(const char* path, char why[INFO_WHY]) {
    CairnEpisode* episode = NULL;
    char reason[CAIRN_WHY];
    if (cairn_episode_load(path, &episode, reason) != CAIRN_OK) {
        snprintf(why, INFO_WHY, "%s", reason);
        return NULL;
    }
    const CairnConfig* config = &episode->config;
    bool same = cairn_episode_verify(episode, reason) == CAIRN_OK;
    const char* end = episode->terminated  ? "died"
                      : episode->truncated ? "cut at the length limit"
                                           : "recording stopped before the end";
    json_t* object = json_pack(
        "{s:s, s:o, s:I, s:I, s:I, s:f, s:s, s:s, s:o, s:o, s:o, s:i, s:b, s:o, s:o}", "kind",
        "episode", "file", clean_string(path), "seed", (json_int_t)config->seed, "episode",
        (json_int_t)episode->episode, "steps", (json_int_t)episode->length, "reward",
        episode->total_reward, "end", end, "played_again", same ? "the same" : reason, "area",
        size_text(config->area_width, config->area_height), "view",
        size_text(config->view_width, config->view_height), "size",
        size_text(config->size_width, config->size_height), "length_limit", (int)config->length,
        "rewards_on", (int)config->reward, "achievements", unlocked_counts(episode->achievements),
        "channels", channel_list(episode));
    cairn_episode_destroy(episode);
    return object;
}

// ---------------------------------------------------------------- runs
static json_t* checkpoint_list(const char* folder) {
    json_t* array = json_array();
    int64_t* steps = NULL;
    size_t count = 0;
    char reason[RUN_WHY];
    if (run_checkpoints(folder, &steps, &count, reason)) {
        for (size_t i = 0; i < count; i++) {
            json_array_append_new(array, json_integer(steps[i]));
        }
    }
    free(steps);
    return array;
}

static json_t* run_figures(const ReportRun* run) {
    json_t* object = json_object();
    for (int m = 0; m < REPORT_RATES; m++) {
        json_object_set_new(object, report_measure_name(m), json_real(run->measure[m]));
    }
    return object;
}

static json_t* run_rates(const ReportRun* run) {
    json_t* object = json_object();
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        json_object_set_new(object, cairn_achievement_name(k),
                            json_real(run->measure[REPORT_RATES + k]));
    }
    return object;
}

json_t* info_run(const char* folder, char why[INFO_WHY]) {
    ReportRun run = {0};
    char* log = NULL;
    char reason[REPORT_WHY];
    ScoreEpisode* episodes = NULL;
    size_t count = 0;
    bool fine =
        report_find_run(folder, &run, &log, reason) && stats_read(log, &episodes, &count, reason);
    free(log);
    free(run.folder);
    run.folder = NULL;
    if (!fine) {
        snprintf(why, INFO_WHY, "%s", reason);
        return NULL;
    }
    bool any = report_summarise_run(episodes, count, 0, &run);
    free(episodes);
    json_t* object = json_pack("{s:s, s:o, s:s, s:s, s:I, s:I, s:o}", "kind", "run", "folder",
                               clean_string(folder), "agent", run.name, "seed", run.seed,
                               "episodes", (json_int_t)run.episodes, "steps_of_episodes",
                               (json_int_t)run.steps, "checkpoints", checkpoint_list(folder));
    if (any) {
        json_object_set_new(object, "figures", run_figures(&run));
        json_object_set_new(object, "success_rate", run_rates(&run));
    }
    return object;
}

// ---------------------------------------------------------------- which of them
static bool ends_in(const char* path, const char* ending) {
    size_t length = strlen(path), size = strlen(ending);
    return length > size && strcmp(path + length - size, ending) == 0;
}

// By the first bytes; by the name when they tell nothing, so that a damaged file is called so.
json_t* info_describe(const char* path, char why[INFO_WHY]) {
    static const char checkpoint_magic[] = "CAIRNAGT", episode_magic[] = "\x89"
                                                                         "CRN\r\n\x1a\n";
    struct stat facts;
    if (stat(path, &facts) != 0) {
        snprintf(why, INFO_WHY, "%s: %s", path, strerror(errno));
        return NULL;
    }
    if (S_ISDIR(facts.st_mode)) {
        return info_run(path, why);
    }
    char begin[8] = {0};
    FILE* file = S_ISREG(facts.st_mode) ? fopen(path, "rb") : NULL;
    if (file == NULL) {
        snprintf(why, INFO_WHY, "%s: %s", path,
                 S_ISREG(facts.st_mode) ? strerror(errno) : "neither a regular file nor a folder");
        return NULL;
    }
    size_t size = fread(begin, 1, sizeof begin, file);
    fclose(file);
    if ((size == 8 && memcmp(begin, checkpoint_magic, 8) == 0) || ends_in(path, ".ckpt")) {
        return info_checkpoint(path, why);
    }
    if ((size == 8 && memcmp(begin, episode_magic, 8) == 0) || ends_in(path, ".cairn")) {
        return info_episode(path, why);
    }
    snprintf(why, INFO_WHY,
             "%s: of no known kind; expected a checkpoint (.ckpt), an episode (.cairn) or the "
             "folder of a run",
             path);
    return NULL;
}
