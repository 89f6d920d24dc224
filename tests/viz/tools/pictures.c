// Compares two pictures, PNG files or the screen of Xvfb (-fbdir, in the format of xwd):
//
//     pictures same A B    every pixel equal; B may be larger, its upper left part counts
//     pictures near A B    the same but for how letters are drawn: the mean difference of a channel
//                          is at most 1 of 255, and at most 1 pixel in 200 differs by more than 64
#include <png.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Picture {
    int width, height;
    uint8_t* rgb; // [height, width, 3]
} Picture;

static uint32_t big_endian(const uint8_t* at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int read_png(const char* path, Picture* picture) {
    png_image image = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_file(&image, path)) {
        return 0;
    }
    image.format = PNG_FORMAT_RGB;
    picture->rgb = malloc(PNG_IMAGE_SIZE(image));
    picture->width = (int)image.width, picture->height = (int)image.height;
    return png_image_finish_read(&image, NULL, picture->rgb, 0, NULL);
}

enum { XWD_HEADER = 100, XWD_WIDTH = 16, XWD_HEIGHT = 20, XWD_LINE = 48, XWD_COLORS = 76 };

static int read_screen(const char* path, Picture* picture) {
    FILE* file = fopen(path, "rb");
    uint8_t header[XWD_HEADER];
    if (!file || fread(header, 1, sizeof header, file) != sizeof header) {
        return 0;
    }
    picture->width = (int)big_endian(header + XWD_WIDTH);
    picture->height = (int)big_endian(header + XWD_HEIGHT);
    const size_t line = big_endian(header + XWD_LINE);
    const long start = (long)big_endian(header) + 12L * (long)big_endian(header + XWD_COLORS);
    uint8_t* row = malloc(line);
    picture->rgb = malloc((size_t)picture->width * (size_t)picture->height * 3);
    uint8_t* to = picture->rgb;
    int fine = fseek(file, start, SEEK_SET) == 0;
    for (int y = 0; fine && y < picture->height; y++) {
        fine = fread(row, 1, line, file) == line;
        for (int x = 0; x < picture->width; x++, to += 3) {
            to[0] = row[4 * x + 2], to[1] = row[4 * x + 1], to[2] = row[4 * x];
        }
    }
    free(row);
    fclose(file);
    return fine;
}

static int read_picture(const char* path, Picture* picture) {
    const size_t length = strlen(path);
    const int png = length > 4 && strcmp(path + length - 4, ".png") == 0;
    if (png ? read_png(path, picture) : read_screen(path, picture)) {
        return 1;
    }
    fprintf(stderr, "cannot read %s\n", path);
    return 0;
}

int main(int argc, char** argv) {
    Picture a = {0}, b = {0};
    if (argc != 4 || !read_picture(argv[2], &a) || !read_picture(argv[3], &b)) {
        return 2;
    }
    const int same = strcmp(argv[1], "same") == 0;
    if (a.width > b.width || a.height > b.height ||
        (!same && (a.width != b.width || a.height != b.height))) {
        printf("%d x %d and %d x %d pixels\n", a.width, a.height, b.width, b.height);
        return 1;
    }
    double sum = 0;
    long different = 0, far = 0;
    for (int y = 0; y < a.height; y++) {
        for (int x = 0; x < a.width; x++) {
            int most = 0;
            for (int c = 0; c < 3; c++) {
                const int d =
                    abs(a.rgb[3 * (y * a.width + x) + c] - b.rgb[3 * (y * b.width + x) + c]);
                sum += d;
                most = d > most ? d : most;
            }
            different += most > 0;
            far += most > 64;
        }
    }
    const double pixels = (double)a.width * a.height, mean = sum / (3 * pixels);
    printf("%ld of %.0f pixels differ, %ld by more than 64; mean %.3f\n", different, pixels, far,
           mean);
    return same ? different > 0 : mean > 1 || (double)far > pixels / 200;
}
