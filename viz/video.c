#include "viz/video.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

struct Video {
    Output output;
    pid_t process;  // 0: none
    int frames;     // its standard input; -1: closed
    FILE* messages; // what it writes to standard error
    void (*pipe_handler)(int);
};

static bool ends_with(const char* path, const char* end) {
    const size_t length = strlen(path), tail = strlen(end);
    return length > tail && strcasecmp(path + length - tail, end) == 0;
}

bool video_kind_known(const char* path) {
    return ends_with(path, ".mp4") || ends_with(path, ".gif");
}

// ---------------------------------------------------------------- the program ffmpeg
static int spawn(Video* video, char** arguments, int input) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(video->messages), STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(video->messages), STDOUT_FILENO);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    const int error =
        posix_spawnp(&video->process, arguments[0], &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

// No shell reads these, and "file:" keeps a name from being an option or an address.
static int start(Video* video, int32_t width, int32_t height, double rate, int input) {
    char size[32], frames[32], to[OUTPUT_PATH + 8];
    snprintf(size, sizeof size, "%dx%d", width, height);
    snprintf(frames, sizeof frames, "%.6g", rate);
    snprintf(to, sizeof to, "file:%s", video->output.temporary);
    char* arguments[32] = {"ffmpeg", "-hide_banner", "-loglevel",     "error", "-y",
                           "-f",     "rawvideo",     "-pixel_format", "bgr0",  "-video_size",
                           size,     "-framerate",   frames,          "-i",    "pipe:0"};
    static char* const mp4[] = {"-vf",       "pad=ceil(iw/2)*2:ceil(ih/2)*2",
                                "-c:v",      "libx264",
                                "-crf",      "20",
                                "-pix_fmt",  "yuv420p",
                                "-movflags", "+faststart",
                                "-f",        "mp4"};
    static char* const gif[] = {
        "-filter_complex",
        "split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=none", "-f", "gif"};
    int count = 15;
    const bool animated = ends_with(video->output.path, ".gif");
    for (size_t i = 0; i < (animated ? sizeof gif : sizeof mp4) / sizeof *mp4; i++) {
        arguments[count++] = animated ? gif[i] : mp4[i];
    }
    arguments[count++] = to;
    arguments[count] = NULL;
    return spawn(video, arguments, input);
}

static bool refused(const Video* video, int error, char why[OUTPUT_WHY]) {
    if (error == ENOENT) {
        snprintf(why, OUTPUT_WHY,
                 "%.300s: videos need the program ffmpeg, which was not found; install it (Debian: "
                 "apt install ffmpeg)",
                 video->output.path);
    } else {
        snprintf(why, OUTPUT_WHY, "%.300s: cannot start ffmpeg: %s", video->output.path,
                 strerror(error));
    }
    return false;
}

bool video_create(const char* path, int32_t width, int32_t height, double rate, Video** video,
                  char why[OUTPUT_WHY]) {
    *video = NULL;
    Video* made = calloc(1, sizeof *made);
    int ends[2] = {-1, -1};
    if (!made) {
        snprintf(why, OUTPUT_WHY, "out of memory");
        return false;
    }
    made->frames = -1;
    made->pipe_handler = signal(SIGPIPE, SIG_IGN); // writing to a dead ffmpeg is an error, no more
    if (!output_begin(path, &made->output, why)) {
        video_destroy(made);
        return false;
    }
    close(made->output.descriptor); // ffmpeg writes it
    made->output.descriptor = -1;
    made->messages = tmpfile();
    int error = !made->messages || pipe2(ends, O_CLOEXEC) != 0 ? errno : 0;
    if (error == 0) {
        made->frames = ends[1];
        error = start(made, width, height, rate, ends[0]);
        close(ends[0]);
    }
    if (error != 0) {
        made->process = 0;
        refused(made, error, why);
        video_destroy(made);
        return false;
    }
    *video = made;
    return true;
}

// ---------------------------------------------------------------- frames
// What ffmpeg said last, as one line.
static bool complain(Video* video, char why[OUTPUT_WHY]) {
    char said[256] = "";
    rewind(video->messages);
    while (fgets(said, sizeof said, video->messages) && said[0] == '\n') {
    }
    said[strcspn(said, "\n")] = '\0';
    snprintf(why, OUTPUT_WHY, "%.200s: ffmpeg failed%s%.200s", video->output.path,
             said[0] ? ": " : "", said);
    return false;
}

static bool write_all(int descriptor, const uint8_t* bytes, size_t size) {
    while (size > 0) {
        const ssize_t written = write(descriptor, bytes, size);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        bytes += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

// Ends ffmpeg's input and waits for it; true: it is content.
static bool finish(Video* video) {
    if (video->frames >= 0) {
        close(video->frames);
        video->frames = -1;
    }
    int status = 0;
    while (video->process > 0 && waitpid(video->process, &status, 0) < 0 && errno == EINTR) {
    }
    video->process = 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool video_add(Video* video, const SDL_Surface* frame, char why[OUTPUT_WHY]) {
    for (int y = 0; y < frame->h; y++) {
        const uint8_t* row = (const uint8_t*)frame->pixels + (size_t)y * (size_t)frame->pitch;
        if (!write_all(video->frames, row, (size_t)frame->w * 4)) {
            finish(video);
            return complain(video, why);
        }
    }
    return true;
}

bool video_close(Video* video, char why[OUTPUT_WHY]) {
    bool fine = finish(video) || complain(video, why);
    fine = fine && output_commit(&video->output, why);
    video_destroy(video);
    return fine;
}

void video_destroy(Video* video) {
    if (video) {
        if (video->process > 0) {
            kill(video->process, SIGKILL);
        }
        finish(video);
        output_abandon(&video->output);
        if (video->messages) {
            fclose(video->messages);
        }
        signal(SIGPIPE, video->pipe_handler);
        free(video);
    }
}
