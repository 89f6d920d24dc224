// Reading settings from INI text, through inih.
//
// inih knows neither long lines nor line numbers in its callback, takes an indented line for the
// rest of the value above and cuts over-long lines; so lines are handed to it one by one, counted,
// without their indentation, and refused when it would cut them.
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runs/config.h"
#include "runs/runs.h"

enum { FILE_LIMIT = 1 << 20 };

static bool say(char why[CONFIG_WHY], const char* format, ...)
    __attribute__((format(printf, 2, 3)));
static bool say(char why[CONFIG_WHY], const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, CONFIG_WHY, format, arguments);
    va_end(arguments);
    return false;
}

typedef struct Reading {
    Config* config;
    const char* name;
    const char* text; // what is left to read
    size_t size;
    int line;
    bool seen[CONFIG_KEYS_LIMIT];
    bool failed; // `why` holds the first error
    char* why;
} Reading;

static void fail_line(Reading* reading, const char* what) {
    if (!reading->failed) {
        say(reading->why, "%.200s:%d: %s", reading->name, reading->line, what);
        reading->failed = true;
    }
}

// inih's fgets: the next line, without its indentation, into room bytes.
static char* next_line(char* line, int room, void* context) {
    Reading* reading = context;
    if (reading->size == 0 || reading->failed) {
        return NULL;
    }
    reading->line++;
    const char* end = memchr(reading->text, '\n', reading->size);
    size_t whole = end ? (size_t)(end - reading->text) + 1 : reading->size;
    const char* from = reading->text;
    size_t length = whole;
    while (length > 0 && (*from == ' ' || *from == '\t')) {
        from++, length--;
    }
    reading->text += whole, reading->size -= whole;
    if (memchr(from, '\0', length)) {
        fail_line(reading, "a zero byte; this is no text file");
        return NULL;
    }
    if (length + 1 > (size_t)room) {
        fail_line(reading, "the line is too long");
        return NULL;
    }
    memcpy(line, from, length);
    line[length] = '\0';
    return line;
}

static int take_pair(void* context, const char* section, const char* name, const char* value) {
    Reading* reading = context;
    if (reading->failed) {
        return 1;
    }
    char key[1024];
    int length = snprintf(key, sizeof key, "%s%s%s", section, *section ? "." : "", name);
    assert(length < (int)sizeof key); // inih's lines are shorter
    char why[CONFIG_WHY];
    int number = config_find_key(key);
    if (number >= 0 && reading->seen[number]) {
        snprintf(why, sizeof why, "'%.600s' is set a second time", key);
        fail_line(reading, why);
    } else if (!config_set(reading->config, key, value, why)) {
        fail_line(reading, why);
    } else {
        reading->seen[number] = true;
    }
    return 1;
}

bool config_read_text(Config* config, const char* name, const char* text, size_t size,
                      char why[CONFIG_WHY]) {
    Config read = *config;
    Reading reading = {.config = &read, .name = name, .text = text, .size = size, .why = why};
    int line = ini_parse_stream(next_line, &reading, take_pair, &reading);
    // inih goes on after a line that it cannot read; the first mistake is what is reported.
    if (line > 0 && (!reading.failed || line < reading.line)) {
        reading.line = line, reading.failed = false;
        fail_line(&reading, "expected [section], key = value or a # comment");
    }
    if (reading.failed) {
        return false;
    }
    *config = read;
    return true;
}

bool config_read_file(Config* config, const char* path, char why[CONFIG_WHY]) {
    FILE* file = fopen(path, "rb");
    if (!file) {
        return say(why, "%.200s: %s", path, strerror(errno));
    }
    char* text = malloc(FILE_LIMIT + 1);
    if (!text) {
        fclose(file);
        return say(why, "%.200s: out of memory", path);
    }
    errno = 0;
    size_t size = fread(text, 1, FILE_LIMIT + 1, file);
    bool good = !ferror(file);
    if (!good) {
        say(why, "%.200s: %s", path, strerror(errno));
    } else if (size > FILE_LIMIT) {
        good = say(why, "%.200s: larger than 1 MiB; this is no file of settings", path);
    }
    fclose(file);
    good = good && config_read_text(config, path, text, size, why);
    free(text);
    return good;
}

// "dir/my preset.ini" -> "my_preset": part of the default folder's name, and a value in INI.
static void name_after_path(Config* config, const char* path) {
    const char* slash = strrchr(path, '/');
    snprintf(config->preset, sizeof config->preset, "%s", slash ? slash + 1 : path);
    char* dot = strrchr(config->preset, '.');
    if (dot && dot != config->preset) {
        *dot = '\0';
    }
    for (char* letter = config->preset; *letter; letter++) {
        bool plain = isalnum((unsigned char)*letter) || strchr("._-", *letter);
        *letter = plain ? *letter : '_';
    }
}

bool config_read_preset(Config* config, const char* preset, char why[CONFIG_WHY]) {
    const char* names[CONFIG_KEYS_LIMIT];
    for (size_t i = 0; i < config_preset_count && i < CONFIG_KEYS_LIMIT; i++) {
        const ConfigPreset* entry = &config_presets[i];
        names[i] = entry->name;
        if (strcmp(entry->name, preset) == 0) {
            snprintf(config->preset, sizeof config->preset, "%s", preset);
            return config_read_text(config, preset, entry->text, strlen(entry->text), why);
        }
    }
    size_t length = strlen(preset);
    if (strchr(preset, '/') || (length > 4 && strcmp(preset + length - 4, ".ini") == 0)) {
        name_after_path(config, preset);
        return config_read_file(config, preset, why);
    }
    const char* nearest = options_nearest(preset, names, config_preset_count);
    char list[256] = "";
    for (size_t i = 0; i < config_preset_count && strlen(list) < sizeof list - CONFIG_NAME; i++) {
        strcat(strcat(list, i ? ", " : ""), names[i]);
    }
    return say(why, "no preset '%.100s'%s%s%s; there are %s, or the path of an INI file", preset,
               nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "",
               list);
}

// ---------------------------------------------------------------- writing
void config_print(const Config* config, FILE* file) {
    Config standard = config_default();
    char section[CONFIG_NAME] = "";
    fprintf(file, "# Every setting of this run; Cairn %s.\n", cairn_version());
    for (int i = 0; i < config_key_count(); i++) {
        ConfigKey key;
        config_key(i, &key);
        char value[AGENT_VALUE], usual[AGENT_VALUE];
        config_get(config, i, value);
        config_get(&standard, i, usual);
        int length = (int)strcspn(key.name, ".");
        if (strncmp(section, key.name, (size_t)length) != 0 || section[length] != '\0') {
            snprintf(section, sizeof section, "%.*s", length, key.name);
            fprintf(file, "\n[%s]\n", section);
        }
        fprintf(file, "# %.100s%s%s; default %.40s (%s)\n%s = %s\n", key.help,
                *key.range ? ", " : "", key.range, usual, key.source, key.name + length + 1, value);
    }
}
