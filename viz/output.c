#include "viz/output.h"

#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool failed(const Output* output, const char* what, char why[OUTPUT_WHY]) {
    snprintf(why, OUTPUT_WHY, "%.300s: %s: %s", output->path, what, strerror(errno));
    return false;
}

bool output_begin(const char* path, Output* output, char why[OUTPUT_WHY]) {
    *output = (Output){.descriptor = -1};
    snprintf(output->path, sizeof output->path, "%s", path);
    if (strlen(path) + 8 > sizeof output->temporary) {
        errno = ENAMETOOLONG;
        return failed(output, "cannot write", why);
    }
    snprintf(output->temporary, sizeof output->temporary, "%.4080s.XXXXXX", path);
    output->descriptor = mkstemp(output->temporary);
    if (output->descriptor < 0) {
        return failed(output, "cannot write", why);
    }
    const mode_t mask = umask(0); // mkstemp's file is for its owner alone; this one is ordinary
    umask(mask);
    if (fchmod(output->descriptor, 0666 & ~mask) != 0) {
        failed(output, "cannot write", why);
        output_abandon(output);
        return false;
    }
    return true;
}

void output_abandon(Output* output) {
    if (output->descriptor >= 0) {
        close(output->descriptor);
        output->descriptor = -1;
    }
    if (output->temporary[0]) {
        unlink(output->temporary);
        output->temporary[0] = '\0';
    }
}

bool output_commit(Output* output, char why[OUTPUT_WHY]) {
    bool fine = output->descriptor < 0 || fsync(output->descriptor) == 0;
    if (output->descriptor >= 0) {
        fine = close(output->descriptor) == 0 && fine;
        output->descriptor = -1;
    }
    if (!fine || rename(output->temporary, output->path) != 0) {
        failed(output, "cannot write", why);
        output_abandon(output);
        return false;
    }
    output->temporary[0] = '\0';
    return true;
}

static uint8_t* rgb_of(const SDL_Surface* surface) {
    uint8_t* rgb = malloc((size_t)surface->w * (size_t)surface->h * 3);
    uint8_t* to = rgb;
    for (int y = 0; rgb && y < surface->h; y++) {
        const uint32_t* row =
            (const uint32_t*)((const uint8_t*)surface->pixels + (size_t)y * (size_t)surface->pitch);
        for (int x = 0; x < surface->w; x++, to += 3) {
            to[0] = (uint8_t)(row[x] >> 16), to[1] = (uint8_t)(row[x] >> 8),
            to[2] = (uint8_t)row[x];
        }
    }
    return rgb;
}

bool output_png(const char* path, const SDL_Surface* surface, char why[OUTPUT_WHY]) {
    Output output;
    if (!output_begin(path, &output, why)) {
        return false;
    }
    uint8_t* rgb = rgb_of(surface);
    FILE* file = fdopen(dup(output.descriptor), "wb");
    png_image picture = {.version = PNG_IMAGE_VERSION,
                         .width = (png_uint_32)surface->w,
                         .height = (png_uint_32)surface->h,
                         .format = PNG_FORMAT_RGB};
    bool fine = rgb && file && png_image_write_to_stdio(&picture, file, 0, rgb, 0, NULL);
    fine = file && fclose(file) == 0 && fine;
    free(rgb);
    if (!fine) {
        failed(&output, "cannot write", why);
        output_abandon(&output);
        return false;
    }
    return output_commit(&output, why);
}
