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

// Signals that would end the program, and leave half a film; and one that a dead ffmpeg would send.
enum { STOP_SIGNALS = 3, SIGNALS };
static const int caught[SIGNALS] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

struct Video {
    Output output;
    pid_t process;  // 0: none
    int frames;     // its standard input; -1: closed
    FILE* messages; // what it writes to standard error
    struct sigaction before[SIGNALS];
};

// Which signal came while a film was made, 0: none. The one mutable static of the program: a signal
// handler can reach nothing else.
static volatile sig_atomic_t stopped;

static void note_signal(int number) {
    stopped = number;
}

static void catch_signals(Video* video) {
    for (int i = 0; i < SIGNALS; i++) {
        const bool stop = i < STOP_SIGNALS; // for SIGPIPE, the failed write says enough
        const struct sigaction action = {.sa_handler = stop ? note_signal : SIG_IGN};
        sigaction(caught[i], NULL, &video->before[i]);
        if (video->before[i].sa_handler != SIG_IGN) { // under nohup and the like: stays ignored
            sigaction(caught[i], &action, NULL);
        }
    }
}

// A signal that came does now what it would have done.
static void release_signals(const Video* video) {
    for (int i = 0; i < SIGNALS; i++) {
        sigaction(caught[i], &video->before[i], NULL);
    }
    if (stopped) {
        raise(stopped);
    }
}

static bool ends_with(const char* path, const char* end) {
    const size_t length = strlen(path), tail = strlen(end);
    return length > tail && strcasecmp(path + length - tail, end) == 0;
}

VideoKind video_kind(const char* path) {
    return ends_with(path, ".mp4") ? VIDEO_MP4 : ends_with(path, ".gif") ? VIDEO_GIF : VIDEO_NONE;
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
    // A group of its own: Ctrl-C is for the viewer alone, which ends ffmpeg and tidies up.
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    const int error =
        posix_spawnp(&video->process, arguments[0], &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

// No shell reads these, and "file:" keeps a name from being an option or an address.
static int start(Video* video, int32_t width, int32_t height, double rate, int32_t samples,
                 int input) {
    char size[32], frames[32], to[OUTPUT_PATH + 8], colors[256];
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
    // The colours are those of the samples. (Those of the whole film would need all of it in
    // memory; colours for each picture make it three times as large, dithering twice.)
    snprintf(colors, sizeof colors,
             "split[a][b];[a]trim=end_frame=%d,palettegen=stats_mode=full[p];"
             "[b]trim=start_frame=%d,setpts=PTS-STARTPTS[f];[f][p]paletteuse=dither=none",
             samples, samples);
    char* const gif[] = {"-filter_complex", colors, "-f", "gif"};
    int count = 15;
    const bool animated = samples > 0;
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

bool video_create(const char* path, int32_t width, int32_t height, double rate, int32_t samples,
                  Video** video, char why[OUTPUT_WHY]) {
    *video = NULL;
    Video* made = calloc(1, sizeof *made);
    int ends[2] = {-1, -1};
    if (!made) {
        snprintf(why, OUTPUT_WHY, "out of memory");
        return false;
    }
    made->frames = -1;
    catch_signals(made);
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
        error = start(made, width, height, rate, samples, ends[0]);
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
        if (stopped || (written < 0 && errno != EINTR)) {
            return false;
        }
        bytes += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return true;
}

static void end_process(const Video* video) {
    if (video->process > 0) {
        kill(video->process, SIGKILL);
    }
}

// Ends ffmpeg's input and waits for it; true: it is content.
static bool finish(Video* video) {
    if (video->frames >= 0) {
        close(video->frames);
        video->frames = -1;
    }
    int status = 0;
    do {
        if (stopped) {
            end_process(video);
        }
    } while (video->process > 0 && waitpid(video->process, &status, 0) < 0 && errno == EINTR);
    video->process = 0;
    return !stopped && WIFEXITED(status) && WEXITSTATUS(status) == 0;
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
        end_process(video);
        finish(video);
        output_abandon(&video->output);
        if (video->messages) {
            fclose(video->messages);
        }
        release_signals(video);
        free(video);
    }
}
