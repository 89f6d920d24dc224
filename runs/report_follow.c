// cairn report --follow. Looks at sizes of logs every few seconds, and at the lock that a training
// keeps on its folder.
#include "runs/report_follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runs/runs.h"
#include "runs/stop.h"

// The folder that a RUN names, or that its log lies in; to be freed.
static char* folder_of(const char* run) {
    struct stat facts;
    char* folder = strdup(run);
    if (folder != NULL && (stat(run, &facts) != 0 || !S_ISDIR(facts.st_mode))) {
        char* slash = strrchr(folder, '/');
        if (slash == NULL || slash == folder) {
            strcpy(folder, slash == NULL ? "." : "/");
        } else {
            *slash = '\0';
        }
    }
    return folder;
}

// A shared lock can be had only where no training has its own; it is given back at once.
static bool is_trained(const char* run) {
    char* folder = folder_of(run);
    int lock = folder == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (lock < 0) {
        return false;
    }
    bool held = flock(lock, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(lock);
    return held;
}

static int64_t log_size(const char* run) {
    ReportRun found = {0};
    char* log = NULL;
    char why[REPORT_WHY];
    struct stat facts;
    int64_t size = 0;
    if (report_find_run(run, &found, &log, why) && stat(log, &facts) == 0) {
        size = facts.st_size;
    }
    free(found.folder);
    free(log);
    return size;
}

static void look(char* const* runs, size_t count, bool* going_on, int64_t* size) {
    *going_on = false, *size = 0;
    for (size_t i = 0; i < count; i++) {
        *going_on = *going_on || is_trained(runs[i]); // first: what comes after it is drawn, too
        *size += log_size(runs[i]);
    }
}

int report_follow(char* const* runs, size_t count, FollowDraw* draw, void* context) {
    const volatile sig_atomic_t* stop = stop_watch();
    int64_t drawn = -1;
    for (;;) {
        bool going_on;
        int64_t size;
        char why[REPORT_WHY] = "";
        look(runs, count, &going_on, &size);
        bool last = !going_on || *stop != 0;
        if (last || size != drawn) {
            bool fine = draw(context, !last, why);
            drawn = fine ? size : drawn;
            if (!fine && last && *stop == 0) {
                return runs_fail("%s", why);
            }
        }
        if (last) {
            return *stop != 0 ? RUNS_STOPPED + (int)*stop : RUNS_OK;
        }
        struct timespec pause = {.tv_sec = FOLLOW_SECONDS};
        (void)nanosleep(&pause, NULL); // a signal ends it early
    }
}
