// Fuzz target: settings as INI text. What is accepted must print as text that reads back the same;
// what is refused must leave the settings alone and say one line.
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runs/config.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

static char* print(const Config* config) {
    char* text = NULL;
    size_t size = 0;
    FILE* file = open_memstream(&text, &size);
    if (!file) {
        abort();
    }
    config_print(config, file);
    if (fclose(file) != 0) {
        abort();
    }
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    Config config = config_default();
    char why[CONFIG_WHY] = "";
    char* before = print(&config);
    bool good = config_read_text(&config, "fuzz.ini", (const char*)data, size, why);
    char* after = print(&config);
    if (good) {
        Config again = config_default();
        if (!config_read_text(&again, "again.ini", after, strlen(after), why)) {
            fprintf(stderr, "%s\n%s", why, after);
            abort();
        }
        char* twice = print(&again);
        assert(strcmp(after, twice) == 0);
        free(twice);
        config_check(&config, why);
    } else {
        assert(strcmp(before, after) == 0);
        assert(why[0] != '\0' && strncmp(why, "fuzz.ini:", 9) == 0);
    }
    free(before);
    free(after);
    return 0;
}
