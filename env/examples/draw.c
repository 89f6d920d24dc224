// Draws a world by day into world.png, and one by night into night.png.
//
//     cc draw.c $(pkg-config --cflags --libs cairn libpng) -o draw
#include <cairn.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>

static int write_png(const CairnConfig* config, const unsigned char* pixels, const char* path) {
    png_image picture = {.version = PNG_IMAGE_VERSION,
                         .width = (png_uint_32)config->size_width,
                         .height = (png_uint_32)config->size_height,
                         .format = PNG_FORMAT_RGB};
    return png_image_write_to_file(&picture, path, 0, pixels, 0, NULL);
}

// A person tries each action once, then waits.
static int draw(int64_t seed, int steps, const char* path) {
    CairnConfig config = cairn_default_config();
    config.seed = seed;
    config.view_width = 27, config.view_height = 15; // cells, the inventory's row included
    config.size_width = 27 * 32, config.size_height = 15 * 32; // pixels
    char why[CAIRN_WHY];
    Cairn* worlds = NULL;
    if (cairn_create(&config, &worlds, why) != CAIRN_OK) {
        fprintf(stderr, "%s\n", why);
        return 0;
    }
    unsigned char* pixels = malloc((size_t)config.size_width * (size_t)config.size_height * 3);
    const CairnOutput output = {.observation.pixels = pixels};
    cairn_reset(worlds, &output);
    for (int step = 0; step < steps; step++) {
        const int32_t action[] = {step < 20 ? step % CAIRN_ACTIONS : CAIRN_NOOP};
        cairn_step(worlds, action, &output);
    }
    int written = write_png(&config, pixels, path);
    free(pixels);
    cairn_destroy(worlds);
    return written;
}

int main(void) {
    return draw(405, 20, "world.png") && draw(52, 225, "night.png") ? 0 : 1;
}
