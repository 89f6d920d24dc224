// Proves env/textures.c: raw values from every kind of PNG, and an error for every broken one.
#include <check.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "env/file.h"
#include "env/textures.h"
#include "tests/suite.h"

enum { PNG_MAX = 1 << 20, SIDE = 5 };

typedef struct Png {
    uint8_t* bytes; // [PNG_MAX]
    size_t size;
} Png;

typedef struct Kind { // of PNG file to make
    int color_type, bit_depth, interlace;
    bool gamma;       // with a gAMA chunk that a converting reader would act on
    bool transparent; // with a tRNS chunk
} Kind;

static void append(png_structp png, png_bytep bytes, size_t size) {
    Png* target = png_get_io_ptr(png);
    ck_assert_uint_le(target->size + size, PNG_MAX);
    memcpy(target->bytes + target->size, bytes, size);
    target->size += size;
}

static void flush(png_structp png) {
    (void)png;
}

static void write_chunks(png_structp png, png_infop info, const Kind* kind) {
    static const png_color palette[4] = {{1, 2, 3}, {40, 50, 60}, {255, 0, 128}, {9, 8, 7}};
    static const png_byte palette_alpha[2] = {0, 77};
    if (kind->gamma) {
        png_set_gAMA(png, info, 1.0);
    }
    if (kind->color_type == PNG_COLOR_TYPE_PALETTE) {
        png_set_PLTE(png, info, palette, 4);
        if (kind->transparent) {
            png_set_tRNS(png, info, palette_alpha, 2, NULL);
        }
    }
}

// rows: [height] of packed samples as the kind says.
static Png make_png(const Kind* kind, int width, int height, uint8_t** rows) {
    Png made = {malloc(PNG_MAX), 0};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(png, &made, append, flush);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, kind->bit_depth,
                 kind->color_type, kind->interlace, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    write_chunks(png, info, kind);
    png_write_info(png, info);
    png_write_image(png, rows);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return made;
}

// A square of 5 pixels: byte i of row y is 37 i + 91 y + 11 (mod 256), or the given rows' bytes.
static Png make_square(const Kind* kind, uint8_t pixels[SIDE][SIDE * 8]) {
    uint8_t* rows[SIDE];
    for (int y = 0; y < SIDE; y++) {
        rows[y] = pixels[y];
    }
    return make_png(kind, SIDE, SIDE, rows);
}

static void fill(uint8_t pixels[SIDE][SIDE * 8]) {
    for (int y = 0; y < SIDE; y++) {
        for (int i = 0; i < SIDE * 8; i++) {
            pixels[y][i] = (uint8_t)(37 * i + 91 * y + 11);
        }
    }
}

static EnvTexture decode(const Kind* kind, uint8_t pixels[SIDE][SIDE * 8]) {
    EnvTexture picture = {0};
    char why[CAIRN_WHY] = "";
    Png png = make_square(kind, pixels);
    ck_assert_msg(env_texture_decode("made.png", png.bytes, png.size, &picture, why) == CAIRN_OK,
                  "%s", why);
    ck_assert_int_eq(picture.side, SIDE);
    free(png.bytes);
    return picture;
}

static void expect_pixel(const EnvTexture* picture, int x, int y, int r, int g, int b, int a) {
    const uint8_t* pixel = picture->rgba + 4 * (y * picture->side + x);
    ck_assert_msg(pixel[0] == r && pixel[1] == g && pixel[2] == b && pixel[3] == a,
                  "pixel %d, %d: expected %d %d %d %d, got %d %d %d %d", x, y, r, g, b, a, pixel[0],
                  pixel[1], pixel[2], pixel[3]);
}

START_TEST(rgb_values_stay_raw) {
    uint8_t p[SIDE][SIDE * 8];
    fill(p);
    for (int variant = 0; variant < 4; variant++) {
        const Kind kind = {PNG_COLOR_TYPE_RGB, 8,
                           variant & 1 ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, variant > 1,
                           false};
        EnvTexture picture = decode(&kind, p);
        ck_assert(!picture.has_alpha);
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                expect_pixel(&picture, x, y, p[y][3 * x], p[y][3 * x + 1], p[y][3 * x + 2], 255);
            }
        }
        free(picture.rgba);
    }
}
END_TEST

START_TEST(rgba_values_stay_raw) {
    uint8_t p[SIDE][SIDE * 8];
    fill(p);
    for (int variant = 0; variant < 4; variant++) {
        const Kind kind = {PNG_COLOR_TYPE_RGBA, 8,
                           variant & 1 ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, variant > 1,
                           false};
        EnvTexture picture = decode(&kind, p);
        ck_assert(picture.has_alpha);
        for (int y = 0; y < SIDE; y++) {
            ck_assert_mem_eq(picture.rgba + y * SIDE * 4, p[y], SIDE * 4);
        }
        free(picture.rgba);
    }
}
END_TEST

START_TEST(palettes_become_rgb_or_rgba) {
    uint8_t p[SIDE][SIDE * 8] = {{0, 1, 2, 3, 1}};
    Kind kind = {PNG_COLOR_TYPE_PALETTE, 8, PNG_INTERLACE_NONE, false, false};
    EnvTexture picture = decode(&kind, p);
    ck_assert(!picture.has_alpha);
    expect_pixel(&picture, 0, 0, 1, 2, 3, 255);
    expect_pixel(&picture, 2, 0, 255, 0, 128, 255);
    free(picture.rgba);
    kind.transparent = true;
    picture = decode(&kind, p);
    ck_assert(picture.has_alpha);
    expect_pixel(&picture, 0, 0, 1, 2, 3, 0);
    expect_pixel(&picture, 1, 0, 40, 50, 60, 77);
    expect_pixel(&picture, 3, 0, 9, 8, 7, 255);
    free(picture.rgba);
}
END_TEST

START_TEST(grey_and_deep_samples_become_8_bits_of_colour) {
    uint8_t p[SIDE][SIDE * 8];
    fill(p);
    const Kind bits = {PNG_COLOR_TYPE_GRAY, 1, PNG_INTERLACE_NONE, false, false};
    p[0][0] = 0xa0; // 1 0 1 0 0
    EnvTexture picture = decode(&bits, p);
    ck_assert(!picture.has_alpha);
    expect_pixel(&picture, 0, 0, 255, 255, 255, 255);
    expect_pixel(&picture, 1, 0, 0, 0, 0, 255);
    free(picture.rgba);
    const Kind grey_alpha = {PNG_COLOR_TYPE_GRAY_ALPHA, 8, PNG_INTERLACE_NONE, true, false};
    picture = decode(&grey_alpha, p);
    ck_assert(picture.has_alpha);
    expect_pixel(&picture, 2, 3, p[3][4], p[3][4], p[3][4], p[3][5]);
    free(picture.rgba);
    const Kind deep = {PNG_COLOR_TYPE_RGB, 16, PNG_INTERLACE_NONE, false, false};
    memset(p[1], 0, sizeof p[1]);
    p[1][0] = 0x80, p[1][1] = 0x80, p[1][2] = 0xff, p[1][3] = 0xff; // x = 0: 0x8080, 0xffff, 0x01ff
    p[1][4] = 0x01, p[1][5] = 0xff;
    picture = decode(&deep, p);
    ck_assert(!picture.has_alpha);
    expect_pixel(&picture, 0, 1, 0x80, 0xff, 2, 255); // 0x01ff / 257 = 1.99
    free(picture.rgba);
}
END_TEST

// Refused, the message names the file and says `word`, and the picture is as it was.
static void expect_refused(const void* bytes, size_t size, const char* word) {
    EnvTexture picture = {.side = -7};
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(env_texture_decode("some/cow.png", bytes, size, &picture, why),
                     CAIRN_BAD_DATA);
    ck_assert_msg(strstr(why, "some/cow.png: ") == why && strstr(why, word) != NULL,
                  "expected the file's name and '%s', got: %s", word, why);
    ck_assert_ptr_null(strchr(why, '\n'));
    ck_assert_int_eq(picture.side, -7);
    ck_assert_ptr_null(picture.rgba);
}

START_TEST(shape_is_checked) {
    static uint8_t row[8 * 1100];
    uint8_t* rows[1100];
    for (int y = 0; y < 1100; y++) {
        rows[y] = row;
    }
    const Kind kind = {PNG_COLOR_TYPE_RGBA, 8, PNG_INTERLACE_NONE, false, false};
    Png png = make_png(&kind, 16, 17, rows);
    expect_refused(png.bytes, png.size, "16 x 17");
    free(png.bytes);
    png = make_png(&kind, 1025, 1025, rows);
    expect_refused(png.bytes, png.size, "1024");
    free(png.bytes);
    png = make_png(&kind, 1024, 1024, rows);
    EnvTexture picture = {0};
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(env_texture_decode("big.png", png.bytes, png.size, &picture, why), CAIRN_OK);
    free(picture.rgba);
    free(png.bytes);
}
END_TEST

START_TEST(every_truncation_and_bit_flip_is_refused) {
    uint8_t p[SIDE][SIDE * 8];
    fill(p);
    const Kind kind = {PNG_COLOR_TYPE_RGBA, 8, PNG_INTERLACE_ADAM7, true, false};
    Png png = make_square(&kind, p);
    ck_assert_uint_gt(png.size, 100);
    for (size_t size = 0; size < png.size; size++) {
        uint8_t* cut = malloc(size + 1); // of its own, so that reading past the end shows
        memcpy(cut, png.bytes, size);
        expect_refused(cut, size, "not a usable PNG");
        free(cut);
    }
    for (size_t bit = 0; bit < 8 * png.size; bit++) {
        png.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        expect_refused(png.bytes, png.size, "not a usable PNG");
        png.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(png.bytes);
}
END_TEST

START_TEST(own_pictures_are_complete) {
    CairnTextures* textures = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert_msg(env_textures_builtin(&textures, why) == CAIRN_OK, "%s", why);
    for (int id = 0; id < ENV_TEXTURE_COUNT; id++) {
        ck_assert_msg(textures->picture[id].side >= 16, "%s is smaller than 16 pixels",
                      env_texture_name((EnvTextureId)id));
        ck_assert_ptr_nonnull(textures->picture[id].rgba);
        for (int other = 0; other < id; other++) {
            ck_assert_str_ne(env_texture_name((EnvTextureId)id),
                             env_texture_name((EnvTextureId)other));
        }
    }
    cairn_textures_destroy(textures);
    cairn_textures_destroy(NULL);
}
END_TEST

START_TEST(names_follow_the_items) {
    for (int item = 0; item < CAIRN_ITEMS; item++) {
        ck_assert_str_eq(env_texture_name(env_texture_of_item((CairnItem)item)),
                         cairn_item_name(item));
    }
    ck_assert_str_eq(env_texture_name((EnvTextureId)(ENV_TEXTURE_DIGIT_1 + 8)), "9");
}
END_TEST

// A folder with Cairn's own pictures, written anew.
static void make_folder(char folder[64]) {
    snprintf(folder, 64, "/tmp/cairn-textures-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (const EnvTextureFile* file = env_texture_files; file->name != NULL; file++) {
        char path[256], why[CAIRN_WHY] = "";
        snprintf(path, sizeof path, "%s/%s", folder, file->name);
        ck_assert_msg(env_file_write(path, file->bytes, file->size, why) == CAIRN_OK, "%s", why);
    }
}

static void remove_folder(const char* folder) {
    for (const EnvTextureFile* file = env_texture_files; file->name != NULL; file++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", folder, file->name);
        (void)remove(path);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}

START_TEST(a_folder_loads_like_the_embedded_files) {
    char folder[64], why[CAIRN_WHY] = "";
    make_folder(folder);
    CairnTextures *own = NULL, *loaded = NULL;
    ck_assert_int_eq(env_textures_builtin(&own, why), CAIRN_OK);
    ck_assert_msg(cairn_textures_load(folder, &loaded, why) == CAIRN_OK, "%s", why);
    for (int id = 0; id < ENV_TEXTURE_COUNT; id++) {
        const EnvTexture *a = &own->picture[id], *b = &loaded->picture[id];
        ck_assert_int_eq(a->side, b->side);
        ck_assert_int_eq(a->has_alpha, b->has_alpha);
        ck_assert_mem_eq(a->rgba, b->rgba, (size_t)(4 * a->side * a->side));
    }
    cairn_textures_destroy(own);
    cairn_textures_destroy(loaded);
    remove_folder(folder);
}
END_TEST

static void expect_folder_refused(const char* folder, CairnStatus status, const char* word) {
    CairnTextures* textures = (CairnTextures*)(uintptr_t)1;
    char why[CAIRN_WHY] = "";
    ck_assert_int_eq(cairn_textures_load(folder, &textures, why), status);
    ck_assert_ptr_null(textures);
    ck_assert_msg(strstr(why, word) != NULL && strchr(why, '\n') == NULL,
                  "expected a line with '%s', got: %s", word, why);
}

START_TEST(folder_errors_name_the_file) {
    char folder[64], path[256];
    make_folder(folder);
    snprintf(path, sizeof path, "%s/cow.png", folder);
    ck_assert_int_eq(truncate(path, 40), 0);
    expect_folder_refused(folder, CAIRN_BAD_DATA, "cow.png");
    ck_assert_int_eq(truncate(path, 0), 0);
    expect_folder_refused(folder, CAIRN_BAD_DATA, "cow.png");
    ck_assert_int_eq(truncate(path, 17 << 20), 0);
    expect_folder_refused(folder, CAIRN_BAD_DATA, "at most");
    ck_assert_int_eq(unlink(path), 0);
    expect_folder_refused(folder, CAIRN_IO, "cow.png");
    ck_assert_int_eq(mkdir(path, 0777), 0);
    expect_folder_refused(folder, CAIRN_BAD_DATA, "cow.png: not a regular file");
    remove_folder(folder);
    expect_folder_refused(folder, CAIRN_IO, folder + 5);
    expect_folder_refused("", CAIRN_IO, "unknown.png");
    static char long_name[6000];
    memset(long_name, 'x', sizeof long_name - 1);
    expect_folder_refused(long_name, CAIRN_IO, "too long");
}
END_TEST

// A handle gives out the pictures that it draws with: its own, or those of its configuration.
START_TEST(a_handle_gives_out_its_pictures) {
    CairnTextures *own = NULL, *other = NULL;
    char why[CAIRN_WHY] = "";
    ck_assert_msg(env_textures_builtin(&own, why) == CAIRN_OK, "%s", why);
    ck_assert_msg(env_textures_builtin(&other, why) == CAIRN_OK, "%s", why);
    memset(other->picture[ENV_TEXTURE_COW].rgba, 7, 4);
    for (int given = 0; given < 2; given++) {
        CairnConfig config = cairn_default_config();
        config.textures = given ? other : NULL;
        Cairn* cairn = NULL;
        ck_assert_msg(cairn_create(&config, &cairn, why) == CAIRN_OK, "%s", why);
        for (int id = 0; id < ENV_TEXTURE_COUNT; id++) {
            const EnvTexture* expected = &(given ? other : own)->picture[id];
            int32_t side = 0;
            const uint8_t* rgba = cairn_picture(cairn, env_texture_name((EnvTextureId)id), &side);
            ck_assert_ptr_nonnull(rgba);
            ck_assert_int_eq(side, expected->side);
            ck_assert_mem_eq(rgba, expected->rgba, (size_t)(4 * side * side));
        }
        int32_t side = 5;
        ck_assert_ptr_null(cairn_picture(cairn, "dragon", &side));
        ck_assert_int_eq(side, 0);
        cairn_destroy(cairn);
    }
    cairn_textures_destroy(own);
    cairn_textures_destroy(other);
}
END_TEST

Suite* suite(void) {
    Suite* made = suite_create("textures");
    TCase* decoding = tcase_create("decoding");
    tcase_add_test(decoding, rgb_values_stay_raw);
    tcase_add_test(decoding, rgba_values_stay_raw);
    tcase_add_test(decoding, palettes_become_rgb_or_rgba);
    tcase_add_test(decoding, grey_and_deep_samples_become_8_bits_of_colour);
    tcase_add_test(decoding, shape_is_checked);
    tcase_add_test(decoding, every_truncation_and_bit_flip_is_refused);
    suite_add_tcase(made, decoding);
    TCase* sets = tcase_create("sets");
    tcase_add_test(sets, own_pictures_are_complete);
    tcase_add_test(sets, names_follow_the_items);
    tcase_add_test(sets, a_folder_loads_like_the_embedded_files);
    tcase_add_test(sets, folder_errors_name_the_file);
    tcase_add_test(sets, a_handle_gives_out_its_pictures);
    suite_add_tcase(made, sets);
    return made;
}
