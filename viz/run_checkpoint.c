#include "viz/run_checkpoint.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

// Numbers of steps have leading zeros, so that the names' order is theirs. "best.ckpt" is the least
// of all, temporary files are none.
static bool is_better(const char* name, const char* found) {
    const size_t length = strlen(name), ending = strlen(".ckpt");
    const bool numbered = strncmp(name, "step-", 5) == 0 && length > ending &&
                          strcmp(name + length - ending, ".ckpt") == 0;
    return (numbered && (strncmp(found, "step-", 5) != 0 || strcmp(name, found) > 0)) ||
           (!found[0] && strcmp(name, "best.ckpt") == 0);
}

bool run_checkpoint_path(const char* name, char path[RUN_CHECKPOINT_PATH],
                         char why[RUN_CHECKPOINT_WHY]) {
    enum { NAMES_INSIDE = 300 };
    struct stat facts;
    char found[256] = "";
    if (strlen(name) >= RUN_CHECKPOINT_PATH - NAMES_INSIDE) {
        snprintf(why, RUN_CHECKPOINT_WHY, "%.200s...: the name is too long", name);
        return false;
    }
    if (stat(name, &facts) != 0 || !S_ISDIR(facts.st_mode)) {
        strcpy(path, name);
        return true;
    }
    snprintf(path, RUN_CHECKPOINT_PATH, "%s/checkpoints", name);
    DIR* stream = opendir(path);
    for (struct dirent* entry = stream ? readdir(stream) : NULL; entry; entry = readdir(stream)) {
        if (is_better(entry->d_name, found)) {
            snprintf(found, sizeof found, "%s", entry->d_name);
        }
    }
    if (stream) {
        closedir(stream);
    }
    if (!found[0]) {
        snprintf(why, RUN_CHECKPOINT_WHY,
                 "%.200s: is a folder without checkpoints/*.ckpt; expected a checkpoint or the "
                 "folder of a run",
                 name);
        return false;
    }
    snprintf(path, RUN_CHECKPOINT_PATH, "%s/checkpoints/%s", name, found);
    return true;
}
