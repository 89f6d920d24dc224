// Puts a report into a file, whole or not at all.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "runs/report.h"

static bool print_and_sync(const Report* report, ReportPrinter* printer, FILE* file) {
    errno = 0;
    return printer(report, file) && fflush(file) == 0 && fsync(fileno(file)) == 0;
}

static bool write_temporary(const Report* report, ReportPrinter* printer, const char* path) {
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    FILE* file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (file == NULL) {
        return false;
    }
    bool written = print_and_sync(report, printer, file);
    int reason = errno;
    bool closed = fclose(file) == 0;
    errno = written ? errno : reason;
    return written && closed;
}

bool report_write(const Report* report, ReportPrinter* printer, const char* path,
                  char why[REPORT_WHY]) {
    char temporary[4096];
    if (snprintf(temporary, sizeof temporary, "%s.tmp", path) >= (int)sizeof temporary) {
        snprintf(why, REPORT_WHY, "%.500s: the name is too long", path);
        return false;
    }
    if (write_temporary(report, printer, temporary) && rename(temporary, path) == 0) {
        return true;
    }
    int reason = errno;
    unlink(temporary);
    snprintf(why, REPORT_WHY, "%.500s: cannot be written: %s", path,
             reason ? strerror(reason) : "out of memory");
    return false;
}
