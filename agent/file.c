#include "agent/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char* file_shown(const char* path) {
    enum { SHOWN = 200 };
    size_t length = strlen(path);
    return length > SHOWN ? path + length - SHOWN : path;
}

static AgentStatus refused(const char* what, const char* path, int error, char why[AGENT_WHY]) {
    snprintf(why, AGENT_WHY, "%s: cannot %s: %s", file_shown(path), what, strerror(error));
    return AGENT_IO;
}

static bool read_fully(int file, unsigned char* bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t got = read(file, bytes + done, size - done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            errno = got ? errno : EIO; // 0: it became shorter while we read
            return false;
        }
        done += (size_t)got;
    }
    return true;
}

AgentStatus file_read(const char* path, unsigned char** bytes, size_t* size, char why[AGENT_WHY]) {
    *bytes = NULL;
    *size = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // a pipe must not make us wait
    if (file < 0) {
        return refused("open it", path, errno, why);
    }
    AgentStatus status = AGENT_OK;
    struct stat about;
    if (fstat(file, &about) != 0) {
        status = refused("examine it", path, errno, why);
    } else if (!S_ISREG(about.st_mode)) {
        snprintf(why, AGENT_WHY, "%s: is no regular file", file_shown(path));
        status = AGENT_IO;
    } else {
        *size = (size_t)about.st_size;
        *bytes = malloc(*size ? *size : 1);
        if (!*bytes) {
            snprintf(why, AGENT_WHY, "%s: out of memory for its %zu bytes", file_shown(path),
                     *size);
            status = AGENT_OUT_OF_MEMORY;
        } else if (!read_fully(file, *bytes, *size)) {
            status = refused("read it", path, errno, why);
            free(*bytes);
            *bytes = NULL;
        }
    }
    close(file);
    return status;
}

static bool write_fully(int file, const unsigned char* bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        ssize_t put = write(file, bytes + done, size - done);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        done += put > 0 ? (size_t)put : 0;
    }
    return true;
}

// A rename is only on the disk when its folder is.
static int sync_folder(const char* path) {
    const char* slash = strrchr(path, '/');
    char* folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    if (!folder) {
        return ENOMEM;
    }
    int error = 0, file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0 || (fsync(file) != 0 && errno != EINVAL)) { // EINVAL: it cannot be synced
        error = errno;
    }
    if (file >= 0) {
        close(file);
    }
    free(folder);
    return error;
}

static int write_new(const char* path, const void* bytes, size_t size) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), error = 0;
    if (file < 0) {
        return errno;
    }
    if (!write_fully(file, bytes, size) || fsync(file) != 0) {
        error = errno;
    }
    if (close(file) != 0 && !error) {
        error = errno;
    }
    return error;
}

AgentStatus file_write(const char* path, const void* bytes, size_t size, char why[AGENT_WHY]) {
    size_t room = strlen(path) + sizeof ".tmp";
    char* temporary = malloc(room);
    if (!temporary) {
        return refused("write it", path, ENOMEM, why);
    }
    snprintf(temporary, room, "%s.tmp", path);
    AgentStatus status = AGENT_OK;
    int error = write_new(temporary, bytes, size);
    if (error) {
        status = refused("write it", temporary, error, why);
        unlink(temporary);
    } else if (rename(temporary, path) != 0) {
        status = refused("replace it", path, errno, why);
        unlink(temporary);
    } else if ((error = sync_folder(path)) != 0) {
        status = refused("sync its folder", path, error, why);
    }
    free(temporary);
    return status;
}
