#include "viz/options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viz/video.h"

typedef enum Key {
    KEY_HELP = 1,
    KEY_SIZE,
    KEY_SCALE,
    KEY_TEXTURES,
    KEY_BARE,
    KEY_AT,
    KEY_PAUSED,
    KEY_SPEED,
    KEY_SCREENSHOT,
    KEY_VIDEO,
    KEY_FROM,
    KEY_TO,
    KEY_MEASURE,
    KEY_SEED,
    KEY_EPISODE,
    KEY_GREEDY,
    KEY_RECORD,
    KEY_FPS
} Key;

enum { FOR_REPLAY = 1, FOR_WATCH = 2, FOR_PLAY = 4, FOR_ALL = 7 };

static const struct {
    struct option option;
    int modes;
} known[] = {
    {{"help", no_argument, NULL, KEY_HELP}, FOR_ALL},
    {{"size", required_argument, NULL, KEY_SIZE}, FOR_ALL},
    {{"scale", required_argument, NULL, KEY_SCALE}, FOR_ALL},
    {{"textures", required_argument, NULL, KEY_TEXTURES}, FOR_ALL},
    {{"world-only", no_argument, NULL, KEY_BARE}, FOR_ALL},
    {{"at", required_argument, NULL, KEY_AT}, FOR_REPLAY | FOR_WATCH},
    {{"paused", no_argument, NULL, KEY_PAUSED}, FOR_REPLAY | FOR_WATCH},
    {{"speed", required_argument, NULL, KEY_SPEED}, FOR_REPLAY | FOR_WATCH},
    {{"screenshot", required_argument, NULL, KEY_SCREENSHOT}, FOR_REPLAY | FOR_WATCH},
    {{"video", required_argument, NULL, KEY_VIDEO}, FOR_REPLAY | FOR_WATCH},
    {{"from", required_argument, NULL, KEY_FROM}, FOR_REPLAY | FOR_WATCH},
    {{"to", required_argument, NULL, KEY_TO}, FOR_REPLAY | FOR_WATCH},
    {{"measure", required_argument, NULL, KEY_MEASURE}, FOR_REPLAY | FOR_WATCH},
    {{"seed", required_argument, NULL, KEY_SEED}, FOR_WATCH | FOR_PLAY},
    {{"episode", required_argument, NULL, KEY_EPISODE}, FOR_WATCH | FOR_PLAY},
    {{"greedy", no_argument, NULL, KEY_GREEDY}, FOR_WATCH},
    {{"record", required_argument, NULL, KEY_RECORD}, FOR_WATCH | FOR_PLAY},
    {{"fps", required_argument, NULL, KEY_FPS}, FOR_PLAY},
};
enum { KNOWN = sizeof known / sizeof known[0], STEP_MAX = CAIRN_EPISODE_STEPS_MAX };

typedef struct Reading {
    ViewerOptions* options;
    char* why;
} Reading;

static bool wrong(const Reading* reading, const char* format, ...)
    __attribute__((format(printf, 2, 3)));
static bool wrong(const Reading* reading, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reading->why, OPTIONS_WHY, format, arguments);
    va_end(arguments);
    return false;
}

// ---------------------------------------------------------------- values
static bool read_int(const Reading* reading, const char* name, int64_t low, int64_t high,
                     int64_t* value) {
    char* end = NULL;
    errno = 0;
    *value = strtoll(optarg, &end, 10);
    return (end != optarg && !*end && errno == 0 && *value >= low && *value <= high) ||
           wrong(reading,
                 "--%s: found '%.100s', expected a whole number in [%" PRId64 ", %" PRId64 "]",
                 name, optarg, low, high);
}

static bool read_real(const Reading* reading, const char* name, double low, double high,
                      double* value) {
    char* end = NULL;
    *value = strtod(optarg, &end);
    return (end != optarg && !*end && *value >= low && *value <= high) ||
           wrong(reading, "--%s: found '%.100s', expected a number in [%g, %g]", name, optarg, low,
                 high);
}

static bool read_size(const Reading* reading) {
    int used = 0;
    ViewerOptions* options = reading->options;
    return (sscanf(optarg, "%4dx%4d%n", &options->width, &options->height, &used) == 2 &&
            !optarg[used] && options->width >= 64 && options->height >= 64 &&
            options->width <= 8192 && options->height <= 8192) ||
           wrong(reading,
                 "--size: found '%.100s', expected WIDTHxHEIGHT in pixels, 64 to 8192, "
                 "such as 1280x800",
                 optarg);
}

static bool read_speed(const Reading* reading) {
    double* speed = &reading->options->session.speed;
    return (read_real(reading, "speed", 0.25, 64, speed) && playback_speed_of(*speed) >= 0) ||
           wrong(reading, "--speed: found '%.100s', expected 0.25, 0.5, 1, 2, 4, 8, 16, 32 or 64",
                 optarg);
}

static bool read_video(const Reading* reading) {
    reading->options->video = optarg;
    return video_kind(optarg) != VIDEO_NONE ||
           wrong(reading, "--video: found '%.200s', expected a name that ends with .mp4 or .gif",
                 optarg);
}

static bool read_text(const char** to) {
    *to = optarg;
    return true;
}

static bool read_flag(bool* to) {
    *to = true;
    return true;
}

static bool take(const Reading* reading, Key key) {
    ViewerOptions* options = reading->options;
    SessionOptions* session = &options->session;
    int64_t number = 0;
    switch (key) {
    case KEY_SIZE:
        return read_size(reading);
    case KEY_SCALE:
        return read_real(reading, "scale", 0.5, 4, &options->scale);
    case KEY_TEXTURES:
        return read_text(&options->textures);
    case KEY_BARE:
        return read_flag(&options->bare);
    case KEY_AT:
        return read_int(reading, "at", 0, STEP_MAX, &options->at);
    case KEY_PAUSED:
        return read_flag(&options->paused);
    case KEY_SPEED:
        return read_speed(reading);
    case KEY_SCREENSHOT:
        return read_text(&options->screenshot);
    case KEY_VIDEO:
        return read_video(reading);
    case KEY_FROM:
        return read_int(reading, "from", 0, STEP_MAX, &options->from);
    case KEY_TO:
        return read_int(reading, "to", 0, STEP_MAX, &options->to);
    case KEY_MEASURE:
        return read_int(reading, "measure", 1, 100000, &options->measure);
    case KEY_SEED:
        return read_int(reading, "seed", INT64_MIN, INT64_MAX, &session->seed);
    case KEY_EPISODE:
        session->episode = 1;
        if (!read_int(reading, "episode", 1, INT64_MAX, &number)) {
            return false;
        }
        session->episode = (uint64_t)number;
        return true;
    case KEY_GREEDY:
        return read_flag(&session->greedy);
    case KEY_RECORD:
        return read_text(&session->record);
    case KEY_FPS:
        return read_real(reading, "fps", 0, 60, &session->rate);
    default:
        return false;
    }
}

// ---------------------------------------------------------------- the line
static const struct {
    const char* name;
    const char* const* help; // paragraphs, ended by NULL
} modes[] = {[SESSION_REPLAY] = {"replay", options_help_replay},
             [SESSION_WATCH] = {"watch", options_help_watch},
             [SESSION_PLAY] = {"play", options_help_play}};
enum { MODES = sizeof modes / sizeof modes[0] };

static void print(const char* const* paragraphs) {
    for (; *paragraphs; paragraphs++) {
        fputs(*paragraphs, stdout);
    }
}

// false: why is set. *help: it was asked for.
static bool read_options(int argc, char** argv, const Reading* reading, bool* help) {
    const SessionMode mode = reading->options->session.mode;
    struct option accepted[KNOWN + 1] = {0};
    for (int i = 0, count = 0; i < KNOWN; i++) {
        if (known[i].modes >> mode & 1) {
            accepted[count++] = known[i].option;
        }
    }
    opterr = 0; // the line is ours to write
    for (;;) {
        optopt = 0;
        const int key = getopt_long(argc, argv, ":h", accepted, NULL);
        switch (key) {
        case -1:
            return true;
        case KEY_HELP:
        case 'h':
            *help = true;
            return true;
        case ':':
            return wrong(reading, "%.100s needs a value; see `cairn-view %s --help`",
                         argv[optind - 1], modes[mode].name);
        case '?':
            return wrong(reading, "unknown option '%.100s'; see `cairn-view %s --help`",
                         argv[optind - 1], modes[mode].name);
        default:
            if (!take(reading, (Key)key)) {
                return false;
            }
        }
    }
}

// The names after the options, and options that exclude each other.
static bool check(char** names, int count, const Reading* reading) {
    ViewerOptions* options = reading->options;
    SessionOptions* session = &options->session;
    if (session->mode == SESSION_REPLAY && count == 0) {
        return wrong(reading, "replay: which EPISODE? See `cairn-view replay --help`.");
    }
    if (session->mode == SESSION_WATCH && count != 1) {
        return wrong(reading, count ? "watch: found a second CHECKPOINT"
                                    : "watch: which CHECKPOINT? See `cairn-view watch --help`.");
    }
    if (session->mode == SESSION_PLAY && count > 0) {
        return wrong(reading, "play: unexpected argument '%.100s'", names[0]);
    }
    if (!!options->screenshot + !!options->video + (options->measure > 0) > 1) {
        return wrong(reading, "only one of --screenshot, --video and --measure at a time");
    }
    if (session->rate > 0 && session->rate < 1) {
        return wrong(reading, "--fps: found %g, expected 0 or a number in [1, 60]", session->rate);
    }
    if (options->to >= 0 && options->to < options->from) {
        return wrong(reading, "--to %" PRId64 " comes before --from %" PRId64, options->to,
                     options->from);
    }
    session->path = (const char* const*)names;
    session->path_count = count;
    session->checkpoint = session->mode == SESSION_WATCH ? names[0] : NULL;
    return true;
}

OptionsResult options_read(int argc, char** argv, ViewerOptions* options, char why[OPTIONS_WHY]) {
    const char* word = argc > 1 ? argv[1] : "";
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        print(options_help_general);
        return OPTIONS_DONE;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        printf("cairn-view %s\n", cairn_version());
        return OPTIONS_DONE;
    }
    int mode = 0;
    while (mode < MODES && strcmp(word, modes[mode].name) != 0) {
        mode++;
    }
    const Reading reading = {options, why};
    if (mode == MODES) {
        wrong(&reading,
              word[0] ? "no subcommand '%.100s'; it is replay, watch or play"
                      : "replay, watch or play%.1s? See `cairn-view --help`.",
              word);
        return OPTIONS_WRONG;
    }
    *options = (ViewerOptions){.session = session_default_options((SessionMode)mode),
                               .width = 1280,
                               .height = 800,
                               .at = -1,
                               .to = -1};
    bool help = false;
    if (!read_options(argc - 1, argv + 1, &reading, &help)) {
        return OPTIONS_WRONG;
    }
    if (help) {
        print(modes[mode].help);
        return OPTIONS_DONE;
    }
    return check(argv + 1 + optind, argc - 1 - optind, &reading) ? OPTIONS_GO : OPTIONS_WRONG;
}
