// Draws a world into world.png.
//
//     cc draw.c $(pkg-config --cflags --libs cairn libpng) -o draw
#include <cairn.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    CairnConfig config = cairn_default_config();
    config.seed = 405;
    config.view_width = 27, config.view_height = 15; // cells, the inventory's row included
    config.size_width = 27 * 32, config.size_height = 15 * 32; // pixels
    char why[CAIRN_WHY];
    Cairn* worlds = NULL;
    if (cairn_create(&config, &worlds, why) != CAIRN_OK) {
        fprintf(stderr, "%s\n", why);
        return 1;
    }
    unsigned char* pixels = malloc((size_t)config.size_width * (size_t)config.size_height * 3);
    const CairnOutput output = {.observation.pixels = pixels};
    cairn_reset(worlds, &output);
    for (int step = 0; step < 20; step++) {
        const int32_t action[] = {step % CAIRN_ACTIONS};
        cairn_step(worlds, action, &output);
    }
    png_image picture = {.version = PNG_IMAGE_VERSION,
                         .width = (png_uint_32)config.size_width,
                         .height = (png_uint_32)config.size_height,
                         .format = PNG_FORMAT_RGB};
    int written = png_image_write_to_file(&picture, "world.png", 0, pixels, 0, NULL);
    free(pixels);
    cairn_destroy(worlds);
    return written ? 0 : 1;
}
