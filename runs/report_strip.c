// The best recorded episode, played again and drawn.
#include "runs/report_strip.h"

#include <dirent.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

// Files looked at, steps played again: a report is not to take minutes over its decoration.
enum { FILES_LIMIT = 2000, LENGTH_LIMIT = 100000, SIDE = 144 };

// ---------------------------------------------------------------- the best one
static bool is_better(const CairnEpisode* episode, const CairnEpisode* best) {
    return episode->length > 0 && episode->length <= LENGTH_LIMIT &&
           (best == NULL || episode->total_reward > best->total_reward);
}

static int is_episode(const struct dirent* entry) {
    size_t length = strlen(entry->d_name);
    return length > 6 && strcmp(entry->d_name + length - 6, ".cairn") == 0;
}

// Keeps the better one of *best and those in the folder.
static void search_folder(const char* folder, CairnEpisode** best, Strip* strip) {
    struct dirent** entries = NULL;
    int count = scandir(folder, &entries, is_episode, alphasort);
    for (int i = 0; i < count; i++) {
        char* path = NULL;
        char why[CAIRN_WHY];
        CairnEpisode* episode = NULL;
        if (i < FILES_LIMIT && asprintf(&path, "%s/%s", folder, entries[i]->d_name) >= 0) {
            strip->unreadable += cairn_episode_load(path, &episode, why) != CAIRN_OK;
            free(path);
        }
        if (episode != NULL && is_better(episode, *best)) {
            cairn_episode_destroy(*best);
            *best = episode;
            report_clean_text(entries[i]->d_name, strip->file, sizeof strip->file);
        } else {
            cairn_episode_destroy(episode);
        }
        free(entries[i]);
    }
    free(entries);
}

// ---------------------------------------------------------------- pictures
static bool encode(const uint8_t* pixels, Strip* strip, StripFrame* frame) {
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)strip->width,
                       .height = (png_uint_32)strip->height,
                       .format = PNG_FORMAT_RGB};
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    frame->png = malloc(size);
    if (frame->png == NULL ||
        !png_image_write_to_memory(&image, frame->png, &size, 0, pixels, 0, NULL)) {
        free(frame->png);
        frame->png = NULL;
        return false;
    }
    frame->png_size = size;
    return true;
}

typedef struct Playing {
    Cairn* worlds;
    Cairn* canvas; // the same view, larger pictures
    uint8_t* pixels;
    uint8_t unlocked[CAIRN_ACHIEVEMENTS]; // by the last step
} Playing;

static bool take_frame(Playing* playing, Strip* strip, int64_t step, const char* caption) {
    char why[CAIRN_WHY];
    if (strip->count == STRIP_FRAMES) {
        return true;
    }
    StripFrame* frame = &strip->frame[strip->count];
    frame->step = step;
    snprintf(frame->caption, sizeof frame->caption, "%s", caption);
    bool fine =
        cairn_draw_world(playing->canvas, playing->worlds, 0, playing->pixels, why) == CAIRN_OK &&
        encode(playing->pixels, strip, frame);
    strip->count += fine;
    return fine;
}

// "collect wood, wake up"; empty when the last step unlocked nothing.
static void name_unlocks(const uint8_t unlocked[CAIRN_ACHIEVEMENTS], char text[STRIP_CAPTION]) {
    size_t used = 0;
    text[0] = '\0';
    for (int k = 0; k < CAIRN_ACHIEVEMENTS && used + 40 < STRIP_CAPTION; k++) {
        if (unlocked[k]) {
            used += (size_t)snprintf(text + used, STRIP_CAPTION - used, "%s%s", used ? ", " : "",
                                     cairn_achievement_name(k));
        }
    }
    for (char* at = text; *at != '\0'; at++) {
        *at = *at == '_' ? ' ' : *at;
    }
}

static bool play(const CairnEpisode* episode, Playing* playing, Strip* strip) {
    const CairnOutput output = {.unlocked = playing->unlocked};
    bool fine = take_frame(playing, strip, 0, "the beginning");
    for (int64_t step = 1; fine && step <= episode->length; step++) {
        const int32_t action = episode->action[step - 1];
        char caption[STRIP_CAPTION];
        cairn_step(playing->worlds, &action, &output);
        name_unlocks(playing->unlocked, caption);
        bool last = step == episode->length;
        if (last && caption[0] == '\0') {
            snprintf(caption, sizeof caption, "%s", episode->terminated ? "death" : "the end");
        }
        if (caption[0] != '\0') {
            fine = take_frame(playing, strip, step, caption);
        }
    }
    return fine;
}

static bool draw_episode(const CairnEpisode* episode, Strip* strip) {
    char why[CAIRN_WHY];
    CairnConfig config = episode->config;
    int32_t cells = config.view_width > config.view_height ? config.view_width : config.view_height;
    int32_t cell = cells * 8 > SIDE ? 8 : SIDE / cells;
    strip->width = config.size_width = config.view_width * cell;
    strip->height = config.size_height = config.view_height * cell;
    Playing playing = {.pixels = malloc(3 * (size_t)strip->width * (size_t)strip->height)};
    bool fine = playing.pixels != NULL && cairn_create(&config, &playing.canvas, why) == CAIRN_OK &&
                cairn_episode_open(episode, NULL, NULL, &playing.worlds, why) == CAIRN_OK &&
                play(episode, &playing, strip);
    cairn_destroy(playing.worlds);
    cairn_destroy(playing.canvas);
    free(playing.pixels);
    return fine;
}

bool strip_create(const ReportRun* runs, size_t count, Strip* strip) {
    *strip = (Strip){0};
    CairnEpisode* best = NULL;
    for (size_t r = 0; r < count; r++) {
        char* folder = NULL;
        if (runs[r].folder != NULL && asprintf(&folder, "%s/episodes", runs[r].folder) >= 0) {
            search_folder(folder, &best, strip);
            free(folder);
        }
    }
    if (best == NULL) {
        return true;
    }
    strip->reward = best->total_reward;
    strip->length = best->length;
    strip->seed = best->config.seed;
    strip->episode = best->episode;
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        strip->unlocked += best->achievements[k] > 0;
    }
    bool fine = draw_episode(best, strip);
    cairn_episode_destroy(best);
    if (!fine) {
        strip_destroy(strip);
    }
    return fine;
}

void strip_destroy(Strip* strip) {
    for (size_t i = 0; i < strip->count; i++) {
        free(strip->frame[i].png);
    }
    *strip = (Strip){0};
}
