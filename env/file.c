// Whole files in and out; see the header. POSIX only.
#include "env/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char* env_file_shown(const char* path) {
    enum { SHOWN_MAX = 128 };
    const size_t length = strlen(path);
    return length > SHOWN_MAX ? path + length - SHOWN_MAX : path;
}

static CairnStatus say_errno(const char* what, const char* path, char why[CAIRN_WHY]) {
    const char* reason = strerror(errno); // glibc and musl: a buffer of the thread
    snprintf(why, CAIRN_WHY, "%s: cannot %s: %s", env_file_shown(path), what, reason);
    return CAIRN_IO;
}

static CairnStatus read_all(int file, const char* path, uint8_t* bytes, size_t size,
                            char why[CAIRN_WHY]) {
    for (size_t done = 0; done < size;) {
        const ssize_t count = read(file, bytes + done, size - done);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return say_errno("read", path, why);
        }
        if (count == 0) {
            snprintf(why, CAIRN_WHY, "%s: became shorter while being read", env_file_shown(path));
            return CAIRN_IO;
        }
        done += (size_t)count;
    }
    return CAIRN_OK;
}

static CairnStatus read_open(int file, const char* path, size_t limit, uint8_t** bytes,
                             size_t* size, char why[CAIRN_WHY]) {
    struct stat facts;
    if (fstat(file, &facts) != 0) {
        return say_errno("read", path, why);
    }
    if (!S_ISREG(facts.st_mode)) {
        snprintf(why, CAIRN_WHY, "%s: not a regular file", env_file_shown(path));
        return CAIRN_BAD_DATA;
    }
    if ((uintmax_t)facts.st_size > limit) {
        snprintf(why, CAIRN_WHY, "%s: %jd bytes; expected at most %zu", env_file_shown(path),
                 (intmax_t)facts.st_size, limit);
        return CAIRN_BAD_DATA;
    }
    *size = (size_t)facts.st_size;
    *bytes = malloc(*size + 1); // so that an empty file is no NULL
    if (*bytes == NULL) {
        snprintf(why, CAIRN_WHY, "%s: out of memory for its %zu bytes", env_file_shown(path),
                 *size);
        return CAIRN_OUT_OF_MEMORY;
    }
    return read_all(file, path, *bytes, *size, why);
}

CairnStatus env_file_read(const char* path, size_t limit, uint8_t** bytes, size_t* size,
                          char why[CAIRN_WHY]) {
    *bytes = NULL;
    *size = 0;
    // O_NONBLOCK: a named pipe must not make us wait; regular files don't notice.
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        return say_errno("open", path, why);
    }
    const CairnStatus status = read_open(file, path, limit, bytes, size, why);
    close(file);
    if (status != CAIRN_OK) {
        free(*bytes);
        *bytes = NULL;
    }
    return status;
}

static bool write_all(int file, const uint8_t* bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        const ssize_t count = write(file, bytes + done, size - done);
        if (count < 0 && errno != EINTR) {
            return false;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    return fsync(file) == 0;
}

// The rename itself lasts only once the folder is on the disk, too. Some file systems cannot flush
// a folder; the new file is complete all the same, so that is no error.
static void flush_folder(const char* path) {
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char* slash = strrchr(folder, '/');
    if (slash == NULL) {
        snprintf(folder, sizeof folder, ".");
    } else {
        slash[slash == folder] = '\0';
    }
    const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file >= 0) {
        (void)fsync(file);
        close(file);
    }
}

CairnStatus env_file_write(const char* path, const void* bytes, size_t size, char why[CAIRN_WHY]) {
    char temporary[PATH_MAX];
    const int length = snprintf(temporary, sizeof temporary, "%s.tmp", path);
    if (length < 0 || (size_t)length >= sizeof temporary) {
        errno = ENAMETOOLONG;
        return say_errno("write", path, why);
    }
    const int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (file < 0) {
        return say_errno("create", temporary, why);
    }
    bool written = write_all(file, bytes, size);
    CairnStatus status = written ? CAIRN_OK : say_errno("write", path, why);
    if (close(file) != 0 && written) {
        status = say_errno("write", path, why);
    }
    if (status == CAIRN_OK && rename(temporary, path) != 0) {
        status = say_errno("rename the new file to its name", path, why);
    }
    if (status != CAIRN_OK) {
        unlink(temporary);
        return status;
    }
    flush_folder(path);
    return CAIRN_OK;
}
