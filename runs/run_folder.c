// A run's folder: made, locked, looked through.
#include "runs/run_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool say(char why[RUN_WHY], const char* format, ...) __attribute__((format(printf, 2, 3)));
static bool say(char why[RUN_WHY], const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, RUN_WHY, format, arguments);
    va_end(arguments);
    return false;
}

void run_path(char path[RUN_PATH], const char* folder, const char* name) {
    size_t length = strlen(folder);
    bool slash = length > 0 && folder[length - 1] == '/';
    int needed = snprintf(path, RUN_PATH, "%s%s%s", folder, slash ? "" : "/", name);
    if (needed >= RUN_PATH) {
        path[RUN_PATH - 1] = '\0';
    }
}

void run_checkpoint_path(char path[RUN_PATH], const char* folder, int64_t env_steps) {
    char name[64];
    snprintf(name, sizeof name, "checkpoints/step-%012" PRId64 ".ckpt", env_steps);
    run_path(path, folder, name);
}

// ---------------------------------------------------------------- the folder
static RunFolderState look_inside(const char* folder, DIR* stream) {
    RunFolderState state = RUN_FOLDER_EMPTY;
    for (struct dirent* entry = readdir(stream); entry; entry = readdir(stream)) {
        // A temporary file is what a run leaves that was killed while it wrote its first file.
        static const char* const nothing[] = {".", "..", "config.ini.tmp"};
        bool counts = true;
        for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
            counts = counts && strcmp(entry->d_name, nothing[i]) != 0;
        }
        if (counts) {
            state = RUN_FOLDER_OTHER;
        }
    }
    char path[RUN_PATH];
    run_path(path, folder, "config.ini");
    return access(path, F_OK) == 0 ? RUN_FOLDER_RUN : state;
}

RunFolderState run_folder_state(const char* folder, char why[RUN_WHY]) {
    enum { NAMES_INSIDE = 64 }; // room for the longest name inside
    if (folder[0] == '\0' || strlen(folder) >= RUN_PATH - NAMES_INSIDE) {
        say(why, "a folder's name has 1 to %d letters, found %zu", RUN_PATH - NAMES_INSIDE - 1,
            strlen(folder));
        return RUN_FOLDER_UNUSABLE;
    }
    DIR* stream = opendir(folder);
    if (!stream && errno == ENOENT) {
        return RUN_FOLDER_MISSING;
    }
    if (!stream) {
        say(why, "%s: %s", folder, errno == ENOTDIR ? "is no folder" : strerror(errno));
        return RUN_FOLDER_UNUSABLE;
    }
    RunFolderState state = look_inside(folder, stream);
    closedir(stream);
    return state;
}

static bool make_folder(const char* path, char why[RUN_WHY]) {
    if (mkdir(path, 0777) == 0 || errno == EEXIST) {
        return true;
    }
    return say(why, "cannot make the folder %s: %s", path, strerror(errno));
}

bool run_folder_create(const char* folder, char why[RUN_WHY]) {
    char path[RUN_PATH];
    run_path(path, folder, "");
    for (char* slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (!make_folder(path, why)) {
            return false;
        }
        *slash = '/';
    }
    return true;
}

bool run_folder_fill(const char* folder, char why[RUN_WHY]) {
    char path[RUN_PATH];
    static const char* const inner[] = {"checkpoints", "episodes"};
    for (size_t i = 0; i < sizeof inner / sizeof inner[0]; i++) {
        run_path(path, folder, inner[i]);
        if (!make_folder(path, why)) {
            return false;
        }
    }
    return true;
}

bool run_folder_lock(const char* folder, int* lock, char why[RUN_WHY]) {
    *lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock < 0) {
        return say(why, "%s: %s", folder, strerror(errno));
    }
    if (flock(*lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        close(*lock);
        return say(why, "%s: another `cairn train` is running there", folder);
    }
    return true;
}

// ---------------------------------------------------------------- files
static bool write_all(int file, const char* text, size_t size) {
    while (size > 0) {
        ssize_t written = write(file, text, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        text += written, size -= (size_t)written;
    }
    return true;
}

bool run_file_write(const char* path, const char* text, size_t size, char why[RUN_WHY]) {
    char temporary[RUN_PATH + 8];
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    int file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) {
        return say(why, "cannot write %s: %s", path, strerror(errno));
    }
    bool good = write_all(file, text, size) && fsync(file) == 0;
    int error = errno;
    if (close(file) != 0 && good) {
        good = false, error = errno;
    }
    if (good && rename(temporary, path) != 0) {
        good = false, error = errno;
    }
    if (!good) {
        unlink(temporary);
        return say(why, "cannot write %s: %s", path, strerror(error));
    }
    return true;
}

// ---------------------------------------------------------------- checkpoints
static bool read_step(const char* name, int64_t* env_steps) {
    char again[64];
    if (sscanf(name, "step-%" SCNd64 ".ckpt", env_steps) != 1 || *env_steps < 0) {
        return false;
    }
    snprintf(again, sizeof again, "step-%012" PRId64 ".ckpt", *env_steps);
    return strcmp(name, again) == 0;
}

static int compare_newest_first(const void* a, const void* b) {
    int64_t x = *(const int64_t*)a, y = *(const int64_t*)b;
    return (x < y) - (x > y);
}

static bool collect_steps(DIR* stream, int64_t** steps, size_t* count) {
    size_t room = 0;
    for (struct dirent* entry = readdir(stream); entry; entry = readdir(stream)) {
        int64_t env_steps = 0;
        if (!read_step(entry->d_name, &env_steps)) {
            continue;
        }
        if (*count == room) {
            room = room ? 2 * room : 16;
            int64_t* longer = realloc(*steps, room * sizeof **steps);
            if (!longer) {
                return false;
            }
            *steps = longer;
        }
        (*steps)[(*count)++] = env_steps;
    }
    return true;
}

bool run_checkpoints(const char* folder, int64_t** steps, size_t* count, char why[RUN_WHY]) {
    *steps = NULL, *count = 0;
    char path[RUN_PATH];
    run_path(path, folder, "checkpoints");
    DIR* stream = opendir(path);
    if (!stream) {
        return errno == ENOENT || say(why, "%s: %s", path, strerror(errno));
    }
    bool good = collect_steps(stream, steps, count);
    closedir(stream);
    if (!good) {
        free(*steps);
        *steps = NULL, *count = 0;
        return say(why, "%s: out of memory", path);
    }
    if (*count > 0) {
        qsort(*steps, *count, sizeof **steps, compare_newest_first);
    }
    return true;
}

static void delete_unfinished(const char* folder) {
    char path[RUN_PATH];
    run_path(path, folder, "checkpoints");
    DIR* stream = opendir(path);
    for (struct dirent* entry = stream ? readdir(stream) : NULL; entry; entry = readdir(stream)) {
        if (strstr(entry->d_name, ".tmp")) {
            unlinkat(dirfd(stream), entry->d_name, 0);
        }
    }
    if (stream) {
        closedir(stream);
    }
}

bool run_checkpoints_prune(const char* folder, size_t keep, char why[RUN_WHY]) {
    int64_t* steps = NULL;
    size_t count = 0;
    if (!run_checkpoints(folder, &steps, &count, why)) {
        return false;
    }
    bool good = true;
    for (size_t i = keep; i < count && good; i++) {
        char path[RUN_PATH];
        run_checkpoint_path(path, folder, steps[i]);
        good = unlink(path) == 0 || say(why, "cannot delete %s: %s", path, strerror(errno));
    }
    free(steps);
    delete_unfinished(folder);
    return good;
}

bool run_checkpoint_find(const char* name, char path[RUN_PATH], char why[RUN_WHY]) {
    struct stat status;
    if (stat(name, &status) != 0) {
        return say(why, "%s: %s", name, strerror(errno));
    }
    if (strlen(name) >= RUN_PATH) {
        return say(why, "the path is longer than %d letters", RUN_PATH - 1);
    }
    if (!S_ISDIR(status.st_mode)) {
        strcpy(path, name);
        return true;
    }
    int64_t* steps = NULL;
    size_t count = 0;
    if (run_folder_state(name, why) == RUN_FOLDER_UNUSABLE ||
        !run_checkpoints(name, &steps, &count, why)) {
        return false;
    }
    if (count > 0) {
        run_checkpoint_path(path, name, steps[0]);
    }
    free(steps);
    return count > 0 ||
           say(why, "%s: no checkpoint in it (looked for checkpoints/step-*.ckpt)", name);
}
