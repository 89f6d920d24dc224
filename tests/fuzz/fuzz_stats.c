// Fuzz target: logs of episodes, and the figures that a report makes of them. The reader takes
// paths, so the input goes into a file in memory.
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runs/report.h"
#include "runs/stats.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    int file = memfd_create("stats", 0);
    if (file < 0 || write(file, data, size) != (ssize_t)size) {
        abort();
    }
    char path[64], why[STATS_WHY] = "";
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    ScoreEpisode* episodes = NULL;
    size_t count = 0;
    ReportRun run = {0};
    if (!stats_read(path, &episodes, &count, why)) {
        assert(why[0] != '\0' && episodes == NULL && count == 0);
    } else if (report_summarise_run(episodes, count, REPORT_BUDGET, &run)) {
        assert(run.steps <= REPORT_BUDGET && run.window_episodes >= 1);
        assert(isfinite(run.measure[REPORT_SCORE]));
    }
    free(episodes);
    close(file);
    return 0;
}
