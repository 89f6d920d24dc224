// Reads a whole stats.jsonl, plain or gzip-compressed. Strict, because a garbled line would shift
// every figure of a report.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "runs/stats.h"

enum { LINE_LIMIT = 1 << 16, EPISODE_LIMIT = 1 << 26 };

typedef struct Episodes {
    ScoreEpisode* list;
    size_t count, room;
} Episodes;

typedef enum LineStatus { LINE_READ, LINE_END, LINE_BROKEN } LineStatus;

static bool append(Episodes* episodes, const ScoreEpisode* episode) {
    if (episodes->count == episodes->room) {
        size_t room = episodes->room ? 2 * episodes->room : 1024;
        ScoreEpisode* list =
            room > EPISODE_LIMIT ? NULL : realloc(episodes->list, room * sizeof *list);
        if (!list) {
            return false;
        }
        episodes->list = list, episodes->room = room;
    }
    episodes->list[episodes->count++] = *episode;
    return true;
}

static const char* broken_stream(gzFile file) {
    int code = Z_OK;
    const char* message = gzerror(file, &code);
    if (code == Z_ERRNO) {
        return strerror(errno);
    }
    return code == Z_BUF_ERROR ? "the gzip file ends too early; copy it anew" : message;
}

// line [LINE_LIMIT + 1]. LINE_END also for a last line without its line feed.
static LineStatus read_line(gzFile file, char* line, const char** reason) {
    for (size_t length = 0; length < LINE_LIMIT; length++) {
        int byte = gzgetc(file);
        if (byte == '\n') {
            line[length] = '\0';
            return LINE_READ;
        }
        if (byte == '\0') {
            *reason = "a zero byte; this is no log of a run";
            return LINE_BROKEN;
        }
        if (byte == -1) {
            int code = Z_OK;
            gzerror(file, &code);
            *reason = code == Z_OK || code == Z_STREAM_END ? NULL : broken_stream(file);
            return *reason ? LINE_BROKEN : LINE_END;
        }
        line[length] = (char)byte;
    }
    *reason = "more than 65536 bytes; this is no log of a run";
    return LINE_BROKEN;
}

static bool read_lines(gzFile file, const char* path, char* line, Episodes* episodes,
                       char why[STATS_WHY]) {
    for (size_t number = 1;; number++) {
        const char* reason = NULL;
        LineStatus status = read_line(file, line, &reason);
        if (status == LINE_END) {
            return true;
        }
        ScoreEpisode episode;
        char what[STATS_WHY];
        if (status == LINE_READ && !stats_parse(line, &episode, what)) {
            reason = what;
        } else if (status == LINE_READ && !append(episodes, &episode)) {
            reason = "out of memory";
        }
        if (reason) {
            snprintf(why, STATS_WHY, "%.300s:%zu: %.160s", path, number, reason);
            return false;
        }
    }
}

bool stats_read(const char* path, ScoreEpisode** list, size_t* count, char why[STATS_WHY]) {
    *list = NULL, *count = 0;
    errno = 0;
    gzFile file = gzopen(path, "rb");
    char* line = malloc(LINE_LIMIT + 1);
    Episodes episodes = {0};
    bool good = file && line;
    if (!good) {
        snprintf(why, STATS_WHY, "%.300s: %s", path, errno ? strerror(errno) : "out of memory");
    } else {
        gzbuffer(file, 1 << 17);
        good = read_lines(file, path, line, &episodes, why);
    }
    free(line);
    if (file) {
        gzclose(file);
    }
    if (!good) {
        free(episodes.list);
        return false;
    }
    *list = episodes.list, *count = episodes.count;
    return true;
}
