#include "viz/export.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "viz/output.h"
#include "viz/video.h"

// A GIF's clock has hundredths of a second; at 25 frames per second each has a whole number of
// them. Its colours are chosen from so many pictures of the film.
enum { FILM_FRAMES = 30, GIF_FRAMES = 25, GIF_SAMPLES = 64 };

bool export_wanted(const ViewerOptions* options) {
    return options->screenshot || options->video || options->measure > 0;
}

bool export_go(Session* session, int64_t step, char why[SESSION_WHY]) {
    while (session->live && track_head(session->track) < step) {
        if (!session_seek(session, track_head(session->track), why)) {
            return false;
        }
        if (session_ended(session) || session->human) {
            break;
        }
        if (!session_forward(session, why)) {
            return false;
        }
    }
    return session_seek(session, step, why);
}

static bool draw(View* view, const Session* session, char why[SESSION_WHY]) {
    Box changed[VIEW_CHANGES_MAX];
    int32_t count = 0;
    return view_draw(view, session, changed, &count, why);
}

static bool beyond(const char* option, int64_t step, const Session* session,
                   char why[SESSION_WHY]) {
    snprintf(why, SESSION_WHY, "--%s %" PRId64 ": the episode has %" PRId64 " steps", option, step,
             session_length(session));
    return false;
}

static bool screenshot(const ViewerOptions* options, View* view, Session* session,
                       char why[SESSION_WHY]) {
    const int64_t step = options->at >= 0 ? options->at : 0;
    if (!export_go(session, step, why)) {
        return false;
    }
    if (session->playback.position != step) {
        return beyond("at", step, session, why);
    }
    return draw(view, session, why) && output_png(options->screenshot, view_surface(view), why);
}

// ---------------------------------------------------------------- film
typedef struct Film {
    View* view;
    Session* session;
    Video* video;
    int64_t from, last; // steps
} Film;

static bool film_frame(Film* film, int64_t step, char why[SESSION_WHY]) {
    return export_go(film->session, step, why) && draw(film->view, film->session, why) &&
           video_add(film->video, view_surface(film->view), why);
}

// steps: per frame.
static bool film_frames(Film* film, double steps, int32_t samples, char why[SESSION_WHY]) {
    for (int32_t i = 0; i < samples; i++) {
        const int64_t step =
            film->from + (film->last - film->from) * i / (samples > 1 ? samples - 1 : 1);
        if (!film_frame(film, step, why)) {
            return false;
        }
    }
    int64_t step = -1;
    for (int64_t i = 0; step < film->last; i++) {
        step = film->from + (int64_t)floor((double)i * steps + 1e-9);
        step = step < film->last ? step : film->last;
        if (!film_frame(film, step, why)) {
            return false;
        }
    }
    return true;
}

// Finds the last step. An agent goes as far as the film does, and never beyond its episode.
static bool film_range(const ViewerOptions* options, Film* film, char why[SESSION_WHY]) {
    Session* session = film->session;
    const int64_t wanted = options->to < 0 ? INT64_MAX : options->to;
    film->from = options->from;
    if (!export_go(session, session->live ? wanted : options->from, why)) {
        return false;
    }
    const int64_t length = session_length(session);
    film->last = wanted < length ? wanted : length;
    if (film->from > length) {
        return beyond("from", film->from, session, why);
    }
    return wanted <= length || options->to < 0 || session->live ||
           beyond("to", options->to, session, why);
}

static bool make_film(const ViewerOptions* options, View* view, Session* session,
                      char why[SESSION_WHY]) {
    const bool gif = video_kind(options->video) == VIDEO_GIF;
    const double rate = PLAYBACK_RATE * options->session.speed;
    const double frames = fmin(rate, gif ? GIF_FRAMES : FILM_FRAMES);
    const SDL_Surface* surface = view_surface(view);
    Film film = {.view = view, .session = session};
    if (!film_range(options, &film, why)) {
        return false;
    }
    const int64_t pictures = film.last - film.from + 1;
    const int32_t samples = !gif ? 0 : pictures < GIF_SAMPLES ? (int32_t)pictures : GIF_SAMPLES;
    if (!video_create(options->video, surface->w, surface->h, frames, samples, &film.video, why)) {
        return false;
    }
    if (!film_frames(&film, rate / frames, samples, why)) {
        video_destroy(film.video);
        return false;
    }
    return video_close(film.video, why);
}

// ---------------------------------------------------------------- measuring
static int compare(const void* a, const void* b) {
    const double x = *(const double*)a, y = *(const double*)b;
    return (x > y) - (x < y);
}

static double milliseconds_since(uint64_t start) {
    return 1e3 * (double)(SDL_GetPerformanceCounter() - start) /
           (double)SDL_GetPerformanceFrequency();
}

// Of processor time, which counts the work alone, however busy the machine is.
static double worked_milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return 1e3 * (double)time.tv_sec + 1e-6 * (double)time.tv_nsec;
}

// A jump is a seek and the drawing of all that changed. worked: the most work of a jump so far.
static bool jump(View* view, Session* session, int64_t step, double* took, double* worked,
                 char why[SESSION_WHY]) {
    const uint64_t start = SDL_GetPerformanceCounter();
    const double before = worked_milliseconds();
    if (!session_seek(session, step, why) || !draw(view, session, why)) {
        return false;
    }
    *took = milliseconds_since(start);
    *worked = fmax(*worked, worked_milliseconds() - before);
    return true;
}

static bool measure(const ViewerOptions* options, View* view, Session* session,
                    char why[SESSION_WHY]) {
    const int64_t count = options->measure;
    double* took = malloc((size_t)count * sizeof *took);
    if (!took) {
        snprintf(why, SESSION_WHY, "out of memory");
        return false;
    }
    bool fine = export_go(session, options->at >= 0 ? options->at : session_length(session), why) &&
                draw(view, session, why);
    const uint64_t length = (uint64_t)session_length(session);
    uint64_t random = 1;
    double worked = 0;
    for (int64_t i = 0; fine && i < count; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        fine =
            jump(view, session, (int64_t)((random >> 33) % (length + 1)), &took[i], &worked, why);
    }
    if (fine) {
        qsort(took, (size_t)count, sizeof *took, compare);
        const SDL_Surface* surface = view_surface(view);
        printf("{\"measure\": \"jump\", \"steps\": %" PRIu64 ", \"jumps\": %" PRId64
               ", \"width\": %d, \"height\": %d, \"median_ms\": %.2f, \"max_ms\": %.2f"
               ", \"max_processor_ms\": %.2f}\n",
               length, count, surface->w, surface->h, took[count / 2], took[count - 1], worked);
    }
    free(took);
    return fine;
}

bool export_run(const ViewerOptions* options, const CairnTextures* textures, Session* session,
                char why[SESSION_WHY]) {
    const ViewOptions picture = {.width = options->width,
                                 .height = options->height,
                                 .scale = options->scale,
                                 .bare = options->bare,
                                 .textures = textures};
    View* view = NULL;
    if (!view_create(&picture, &view, why)) {
        return false;
    }
    bool fine = options->screenshot ? screenshot(options, view, session, why)
                : options->video    ? make_film(options, view, session, why)
                                    : measure(options, view, session, why);
    view_destroy(view);
    return fine;
}
