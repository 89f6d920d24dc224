#include "runs/machine.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "nets/nets.h"

void machine_processor(char name[MACHINE_NAME]) {
    struct utsname system;
    snprintf(name, MACHINE_NAME, "%.100s", uname(&system) == 0 ? system.machine : "unknown");
    FILE* file = fopen("/proc/cpuinfo", "r");
    char line[256];
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char* colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
            snprintf(name, MACHINE_NAME, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
            break;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

int machine_cores(void) {
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
    return count > 0 ? count : (int)sysconf(_SC_NPROCESSORS_ONLN);
}

const char* machine_compiler(void) {
#ifdef __clang__
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

// ---------------------------------------------------------------- machine.ini
enum { FILE_LIMIT = 1 << 16 };

// What the file holds, cut at FILE_LIMIT; "" where there is none.
static void read_text(const char* path, char text[FILE_LIMIT]) {
    FILE* file = fopen(path, "r");
    size_t size = file != NULL ? fread(text, 1, FILE_LIMIT - 1, file) : 0;
    text[size] = '\0';
    if (file != NULL) {
        fclose(file);
    }
}

static bool ends_in(const char* text, const char* ending) {
    size_t length = strlen(text), size = strlen(ending);
    return length >= size && strcmp(text + length - size, ending) == 0;
}

bool machine_record(const char* folder, char why[RUN_WHY]) {
    char path[RUN_PATH], processor[MACHINE_NAME], section[512];
    char* text = malloc(FILE_LIMIT + sizeof section);
    if (text == NULL) {
        snprintf(why, RUN_WHY, "out of memory");
        return false;
    }
    run_path(path, folder, "machine.ini");
    read_text(path, text);
    machine_processor(processor);
    snprintf(section, sizeof section,
             "[machine]\nprocessor = %s\ncores = %d\ninstructions = %s\ncompiler = %s\n"
             "cairn = %s\n",
             processor, machine_cores(), net_instruction_set(), machine_compiler(), CAIRN_VERSION);
    bool fine = true;
    if (!ends_in(text, section)) {
        strcat(text, section);
        fine = run_file_write(path, text, strlen(text), why);
    }
    free(text);
    return fine;
}
