// Where a run was trained: its machine.ini as a line of text.
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runs/report_detail.h"

// The keys come in the order in which runs/machine.c writes them, once for each machine.
static int keep_machine(void* context, const char* section, const char* key, const char* value) {
    static const char* const keys[] = {"processor", "cores", "instructions", "compiler"};
    ReportRunDetail* run = context;
    char clean[REPORT_HARDWARE];
    report_clean_text(value, clean, sizeof clean);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        size_t used = strlen(run->hardware);
        if (strcmp(section, "machine") == 0 && strcmp(key, keys[i]) == 0) {
            snprintf(run->hardware + used, sizeof run->hardware - used, "%s%s%s",
                     used == 0 ? "" : (i == 0 ? "; then " : ", "), clean,
                     i != 1                    ? ""
                     : strcmp(clean, "1") == 0 ? " core"
                                               : " cores");
        }
    }
    return 1;
}

bool report_read_machine(const ReportRun* run, ReportRunDetail* detail) {
    char* path = NULL;
    if (run->folder == NULL) {
        return true;
    }
    if (asprintf(&path, "%s/machine.ini", run->folder) < 0) {
        return false;
    }
    (void)ini_parse(path, keep_machine, detail); // what cannot be read is not shown
    free(path);
    return true;
}
