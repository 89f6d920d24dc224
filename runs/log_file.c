// Append-only files with a known length.
#include "runs/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(const LogFile* log, const char* doing, char why[RUN_WHY]) {
    snprintf(why, RUN_WHY, "cannot %s %s: %s", doing, log->path, strerror(errno));
    return false;
}

static bool cut(const LogFile* log, uint64_t size, char why[RUN_WHY]) {
    struct stat status;
    if (fstat(log->file, &status) != 0) {
        return fail(log, "read", why);
    }
    if ((uint64_t)status.st_size < size) {
        snprintf(why, RUN_WHY,
                 "%s has %" PRId64 " bytes, expected at least the %" PRIu64
                 " it had at the checkpoint: it was changed since; put the old file back",
                 log->path, (int64_t)status.st_size, size);
        return false;
    }
    if (ftruncate(log->file, (off_t)size) != 0 || lseek(log->file, 0, SEEK_END) < 0) {
        return fail(log, "cut", why);
    }
    return true;
}

bool log_open(LogFile* log, const char* path, uint64_t size, char why[RUN_WHY]) {
    log->size = size;
    snprintf(log->path, sizeof log->path, "%s", path);
    log->file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (log->file < 0) {
        return fail(log, "write", why);
    }
    if (!cut(log, size, why)) {
        log_close(log);
        return false;
    }
    return true;
}

bool log_append(LogFile* log, const void* bytes, size_t size, char why[RUN_WHY]) {
    const char* rest = bytes;
    size_t left = size;
    while (left > 0) {
        ssize_t written = write(log->file, rest, left);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return fail(log, "write", why);
        }
        rest += written, left -= (size_t)written;
    }
    log->size += size;
    return true;
}

bool log_sync(const LogFile* log, char why[RUN_WHY]) {
    return fsync(log->file) == 0 || fail(log, "write", why);
}

void log_close(LogFile* log) {
    if (log->file >= 0) {
        close(log->file);
    }
    log->file = -1;
}
