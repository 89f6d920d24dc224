// Puts a report into a file, whole or not at all.
#include <stdlib.h>

#include "runs/report.h"
#include "runs/run_folder.h"

bool report_write(const Report* report, ReportPrinter* printer, const char* path,
                  char why[REPORT_WHY]) {
    char* text = NULL;
    size_t size = 0;
    FILE* memory = open_memstream(&text, &size);
    bool printed = memory != NULL && printer(report, memory);
    printed = memory != NULL && fclose(memory) == 0 && printed;
    if (!printed) {
        snprintf(why, REPORT_WHY, "%.500s: out of memory for its text", path);
    }
    char reason[RUN_WHY];
    bool written = printed && run_file_write(path, text, size, reason);
    if (printed && !written) {
        snprintf(why, REPORT_WHY, "%.1000s", reason);
    }
    free(text);
    return written;
}
