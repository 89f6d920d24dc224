// Settings of runs, and which of them differ.
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "runs/report_detail.h"

typedef struct Reading {
    ReportRunDetail* run;
    size_t room;
    bool failed;
} Reading;

static int keep_setting(void* context, const char* section, const char* key, const char* value) {
    Reading* reading = context;
    ReportRunDetail* run = reading->run;
    if (run->setting_count == reading->room) {
        size_t room = 2 * reading->room + 64;
        ReportSetting* list = realloc(run->settings, room * sizeof *list);
        if (list == NULL) {
            reading->failed = true;
            return 0;
        }
        run->settings = list, reading->room = room;
    }
    char name[2 * REPORT_KEY];
    ReportSetting* setting = &run->settings[run->setting_count++];
    snprintf(name, sizeof name, "%.40s.%.60s", section, key);
    report_clean_text(name, setting->key, sizeof setting->key);
    report_clean_text(value, setting->value, sizeof setting->value);
    return 1;
}

bool report_read_settings(const ReportRun* run, ReportRunDetail* detail) {
    Reading reading = {.run = detail};
    char* path = NULL;
    if (run->folder == NULL) {
        return true;
    }
    if (asprintf(&path, "%s/config.ini", run->folder) < 0) {
        return false;
    }
    (void)ini_parse(path, keep_setting, &reading); // what cannot be read is not shown
    free(path);
    return !reading.failed;
}

const char* report_setting(const ReportRunDetail* run, const char* key) {
    for (size_t i = 0; i < run->setting_count; i++) {
        if (strcmp(run->settings[i].key, key) == 0) {
            return run->settings[i].value;
        }
    }
    return NULL;
}

static bool same(const char* a, const char* b) {
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

// The settings that report_source.c leaves out when it compares runs.
static bool is_aside(const char* key) {
    return strncmp(key, "run.", 4) == 0 || strncmp(key, "compute.", 8) == 0 ||
           strcmp(key, "train.seed") == 0;
}

// A run without config.ini says nothing about its settings.
static bool differs(const ReportDetail* detail, const char* key, const char* value) {
    for (size_t r = 0; r < detail->report->run_count; r++) {
        const ReportRunDetail* run = &detail->runs[r];
        if (run->setting_count > 0 && !same(report_setting(run, key), value)) {
            return true;
        }
    }
    return false;
}

static bool is_listed(const char* const* keys, size_t count, const char* key) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(keys[i], key) == 0) {
            return true;
        }
    }
    return false;
}

bool report_different_settings(const ReportDetail* detail, const char*** keys, size_t* count) {
    size_t total = 0;
    for (size_t r = 0; r < detail->report->run_count; r++) {
        total += detail->runs[r].setting_count;
    }
    *count = 0;
    *keys = calloc(total + 1, sizeof **keys);
    if (*keys == NULL) {
        return false;
    }
    for (size_t r = 0; r < detail->report->run_count; r++) {
        for (size_t i = 0; i < detail->runs[r].setting_count; i++) {
            const ReportSetting* setting = &detail->runs[r].settings[i];
            if (!is_aside(setting->key) && differs(detail, setting->key, setting->value) &&
                !is_listed(*keys, *count, setting->key)) {
                (*keys)[(*count)++] = setting->key;
            }
        }
    }
    return true;
}

void report_agent_setting(const ReportDetail* detail, size_t agent, const char* key,
                          char text[4 * REPORT_VALUE]) {
    const ReportAgent* of = &detail->report->agents[agent];
    size_t used = 0;
    text[0] = '\0';
    for (size_t r = 0; r < of->count; r++) {
        const char* value = report_setting(&detail->runs[of->first + r], key);
        bool told = false; // by an earlier run
        for (size_t before = 0; before < r && !told; before++) {
            told = same(report_setting(&detail->runs[of->first + before], key), value);
        }
        if (!told && used + REPORT_VALUE + 8 < 4 * REPORT_VALUE) {
            used += (size_t)snprintf(text + used, 4 * REPORT_VALUE - used, "%s%s",
                                     used > 0 ? ", " : "", value == NULL ? "–" : value);
        }
    }
}
