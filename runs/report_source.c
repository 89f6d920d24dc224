// Which log a RUN on the command line means, and whose it is: name and seed from config.ini beside
// it, or from the names of files and folders.
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runs/report.h"

// Bytes of the UTF-8 sequence at text, or 0 when it is broken. Overlong forms and surrogates are
// broken, too: JSON writers refuse them.
static size_t sequence_length(const unsigned char* text) {
    if (text[0] < 0x80) {
        return 1;
    }
    size_t length = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
    if (text[0] < 0xc2 || text[0] > 0xf4) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool broken = (text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
                  (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f);
    return broken ? 0 : length;
}

void report_clean_text(const char* text, char* clean, size_t size) {
    size_t used = 0;
    for (const char* at = text; *at != '\0';) {
        size_t length = sequence_length((const unsigned char*)at);
        bool control = length == 1 && iscntrl((unsigned char)*at);
        // U+0080 to U+009F: control characters of terminals, too.
        control =
            control || (length == 2 && (unsigned char)at[0] == 0xc2 && (unsigned char)at[1] < 0xa0);
        size_t needed = length == 0 || control ? 1 : length;
        if (used + needed >= size) {
            break;
        }
        if (length == 0 || control) {
            clean[used] = '?';
        } else {
            memcpy(clean + used, at, length);
        }
        used += needed;
        at += length == 0 ? 1 : length;
    }
    clean[used] = '\0';
}

static bool is_separator(char letter) {
    return letter == '-' || letter == '_' || letter == '.';
}

void report_split_seed(const char* text, char name[REPORT_NAME], char seed[REPORT_NAME]) {
    snprintf(name, REPORT_NAME, "%s", text);
    seed[0] = '\0';
    size_t length = strlen(name), digits = length;
    while (digits > 0 && isdigit((unsigned char)name[digits - 1])) {
        digits--;
    }
    size_t end = digits; // of the agent's name
    while (end > 0 && is_separator(name[end - 1])) {
        end--;
    }
    // "seed" or "s" as a word of its own: "ppos0" is a name.
    static const char* const words[] = {"seed", "s"};
    bool worded = false;
    for (size_t i = 0; i < sizeof words / sizeof words[0] && !worded; i++) {
        size_t size = strlen(words[i]);
        worded = end >= size && strncasecmp(name + end - size, words[i], size) == 0 &&
                 (end == size || is_separator(name[end - size - 1]));
        end -= worded ? size : 0;
    }
    if (digits == length || (digits > 0 && end == digits)) {
        return; // no number, or one that belongs to the name ("ppo2")
    }
    while (end > 0 && is_separator(name[end - 1])) {
        end--;
    }
    memcpy(seed, name + digits, length - digits + 1);
    name[end] = '\0';
}

// ---------------------------------------------------------------- config.ini
// FNV-1a. What does not change what is learned, or only by the seed's luck, is left out.
static void hash_setting(ReportRun* run, const char* section, const char* key, const char* value) {
    if (strcmp(section, "run") == 0 || strcmp(section, "compute") == 0 ||
        (strcmp(section, "train") == 0 && strcmp(key, "seed") == 0)) {
        return;
    }
    const char* const parts[] = {section, ".", key, "=", value, "\n"};
    uint64_t hash = run->settings ? run->settings : UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        for (const char* at = parts[i]; *at != '\0'; at++) {
            hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
        }
    }
    run->settings = hash;
}

static int keep_identity(void* context, const char* section, const char* key, const char* value) {
    ReportRun* run = context;
    hash_setting(run, section, key, value);
    if (strcmp(section, "run") == 0 && strcmp(key, "preset") == 0) {
        report_clean_text(value, run->name, sizeof run->name);
    } else if (strcmp(section, "train") == 0 && strcmp(key, "seed") == 0) {
        report_clean_text(value, run->seed, sizeof run->seed);
    } else if (strcmp(section, "world") == 0 && strcmp(key, "count") == 0) {
        long worlds = strtol(value, NULL, 10);
        run->worlds = worlds > 0 && worlds <= 65536 ? (int32_t)worlds : 0;
    }
    return 1;
}

// Lines that another version wrote and this one cannot read are passed over: the log is what
// counts.
static void identify_by_config(const char* folder, ReportRun* run) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/config.ini", folder) < (int)sizeof path) {
        (void)ini_parse(path, keep_identity, run);
    }
}

// ---------------------------------------------------------------- names
static void strip_ending(char* text, const char* ending) {
    size_t length = strlen(text), size = strlen(ending);
    if (length > size && strcmp(text + length - size, ending) == 0) {
        text[length - size] = '\0';
    }
}

// Last part of an absolute path; cuts it off.
static const char* pop_part(char* path) {
    char* slash = strrchr(path, '/');
    if (slash == NULL) {
        return path;
    }
    *slash = '\0';
    return slash + 1;
}

static bool is_standard_log(const char* file) {
    return strcmp(file, "stats.jsonl") == 0 || strcmp(file, "stats.jsonl.gz") == 0;
}

// real: absolute path of the log, without links. The run's folder gives its name when the log is
// called as usual, else the log's own name does.
static void identify_by_names(char* real, ReportRun* run) {
    char part[NAME_MAX + 1], name[REPORT_NAME], seed[REPORT_NAME], clean[REPORT_NAME];
    const char* file = pop_part(real);
    snprintf(part, sizeof part, "%s", is_standard_log(file) ? pop_part(real) : file);
    if (!is_standard_log(file)) {
        strip_ending(part, ".gz");
        strip_ending(part, ".jsonl");
        strip_ending(part, ".stats");
    }
    report_clean_text(part, clean, sizeof clean);
    report_split_seed(clean, name, seed);
    if (name[0] == '\0') { // a folder "seed-0": the one above is named after the agent
        report_clean_text(pop_part(real), name, sizeof name);
    }
    if (run->name[0] == '\0') {
        memcpy(run->name, name[0] == '\0' ? clean : name, sizeof run->name);
    }
    if (run->seed[0] == '\0') {
        memcpy(run->seed, seed, sizeof run->seed);
    }
}

// ---------------------------------------------------------------- the log
static char* log_of_folder(const char* folder) {
    static const char* const names[] = {"stats.jsonl", "stats.jsonl.gz"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char* log = NULL;
        struct stat facts;
        if (asprintf(&log, "%s/%s", folder, names[i]) < 0) {
            return NULL;
        }
        if (stat(log, &facts) == 0) {
            return log;
        }
        free(log);
    }
    return NULL;
}

bool report_find_run(const char* path, ReportRun* run, char** log, char why[REPORT_WHY]) {
    struct stat facts;
    *log = NULL;
    if (stat(path, &facts) != 0) {
        snprintf(why, REPORT_WHY, "%.500s: %s; expected a run folder or its stats.jsonl", path,
                 strerror(errno));
        return false;
    }
    bool folder = S_ISDIR(facts.st_mode);
    *log = folder ? log_of_folder(path) : strdup(path);
    if (*log == NULL) {
        snprintf(why, REPORT_WHY,
                 "%.500s: has no stats.jsonl or stats.jsonl.gz; expected the folder of a run",
                 path);
        return false;
    }
    char* real = realpath(*log, NULL);
    if (real == NULL || stat(real, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        snprintf(why, REPORT_WHY, "%.500s: %s", *log,
                 real ? "is no regular file" : strerror(errno));
        free(real);
        free(*log);
        *log = NULL;
        return false;
    }
    run->device = (uint64_t)facts.st_dev;
    run->inode = (uint64_t)facts.st_ino;
    char* slash = strrchr(real, '/');
    if (slash != NULL && is_standard_log(slash + 1)) {
        *slash = '\0';
        identify_by_config(real, run);
        run->folder = strdup(slash == real ? "/" : real);
        *slash = '/';
    }
    identify_by_names(real, run);
    free(real);
    return true;
}
