// PNG files to pictures: Cairn's own, embedded by textures/embed.sh, or a folder of the user's. One
// path decodes both. Values stay as the file has them, without gamma or colour profile, because the
// original reads them so; palette, grey and 16-bit files become 8-bit RGB or RGBA.
#include "env/textures.h"

#include <assert.h>
#include <limits.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "env/file.h"

enum { FILE_BYTES_MAX = 16 << 20 }; // four times the largest picture's pixels

static_assert((int)ENV_TEXTURE_FURNACE == (int)CAIRN_FURNACE, "materials share their ids");
static_assert((int)ENV_TEXTURE_PLANT_RIPE == CAIRN_MATERIALS - 1 + (int)CAIRN_PLANT_RIPE,
              "objects follow the materials");

static const char* const texture_names[ENV_TEXTURE_COUNT] = {
    "unknown",
    "water",
    "grass",
    "stone",
    "path",
    "sand",
    "tree",
    "lava",
    "coal",
    "iron",
    "diamond",
    "table",
    "furnace",
    "player-left",
    "player-right",
    "player-up",
    "player-down",
    "player-sleep",
    "cow",
    "zombie",
    "skeleton",
    "arrow-left",
    "arrow-right",
    "arrow-up",
    "arrow-down",
    "plant",
    "plant-ripe",
    "health",
    "food",
    "drink",
    "energy",
    "sapling",
    "wood",
    "wood_pickaxe",
    "stone_pickaxe",
    "iron_pickaxe",
    "wood_sword",
    "stone_sword",
    "iron_sword",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
};

const char* env_texture_name(EnvTextureId id) {
    assert((int)id >= 0 && (int)id < ENV_TEXTURE_COUNT);
    return texture_names[id];
}

EnvTextureId env_texture_of_item(CairnItem item) {
    static const uint8_t ids[CAIRN_ITEMS] = {
        ENV_TEXTURE_HEALTH,       ENV_TEXTURE_FOOD,         ENV_TEXTURE_DRINK,
        ENV_TEXTURE_ENERGY,       ENV_TEXTURE_SAPLING,      ENV_TEXTURE_WOOD,
        ENV_TEXTURE_STONE,        ENV_TEXTURE_COAL,         ENV_TEXTURE_IRON,
        ENV_TEXTURE_DIAMOND,      ENV_TEXTURE_WOOD_PICKAXE, ENV_TEXTURE_STONE_PICKAXE,
        ENV_TEXTURE_IRON_PICKAXE, ENV_TEXTURE_WOOD_SWORD,   ENV_TEXTURE_STONE_SWORD,
        ENV_TEXTURE_IRON_SWORD,
    };
    assert((int)item >= 0 && (int)item < CAIRN_ITEMS);
    return (EnvTextureId)ids[item];
}

// One decoding. It lives outside decode_png's frame, so that a longjmp cannot lose its fields.
typedef struct Decoding {
    const uint8_t* next; // borrowed, the bytes not yet read
    size_t left;
    EnvTexture picture;          // rgba owned until handed out
    char problem[CAIRN_WHY / 2]; // what libpng or we found wrong
    CairnStatus status;
} Decoding;

_Noreturn static void on_error(png_structp png, png_const_charp text) {
    Decoding* decoding = png_get_error_ptr(png);
    snprintf(decoding->problem, sizeof decoding->problem, "%s", text);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void read_bytes(png_structp png, png_bytep target, size_t count) {
    Decoding* decoding = png_get_io_ptr(png);
    if (count > decoding->left) {
        png_error(png, "the file ends too early");
    }
    memcpy(target, decoding->next, count);
    decoding->next += count;
    decoding->left -= count;
}

// Reads the header and asks libpng for 8-bit RGBA. Returns the number of passes over the rows.
static int read_header(Decoding* decoding, png_structp png, png_infop info) {
    png_read_info(png, info);
    const png_uint_32 width = png_get_image_width(png, info);
    const png_uint_32 height = png_get_image_height(png, info);
    if (width != height || width > ENV_TEXTURE_SIDE_MAX) {
        char text[96];
        snprintf(text, sizeof text, "it is %lu x %lu pixels; expected a square of at most %d x %d",
                 (unsigned long)width, (unsigned long)height, ENV_TEXTURE_SIDE_MAX,
                 ENV_TEXTURE_SIDE_MAX);
        png_error(png, text);
    }
    const bool transparent = png_get_valid(png, info, PNG_INFO_tRNS) != 0;
    const bool alpha = transparent || (png_get_color_type(png, info) & PNG_COLOR_MASK_ALPHA) != 0;
    png_set_expand(png); // palette to RGB, 1 to 4 bits of grey to 8, tRNS to alpha
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    if (!alpha) {
        png_set_add_alpha(png, 0xff, PNG_FILLER_AFTER);
    }
    const int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    if (png_get_rowbytes(png, info) != 4 * (size_t)width) {
        png_error(png, "its pixels cannot be made 8-bit RGBA");
    }
    decoding->picture.side = (int32_t)width;
    decoding->picture.has_alpha = alpha;
    return passes;
}

static void read_pixels(Decoding* decoding, png_structp png, int passes) {
    const size_t stride = 4 * (size_t)decoding->picture.side;
    decoding->picture.rgba = malloc(stride * (size_t)decoding->picture.side);
    if (decoding->picture.rgba == NULL) {
        decoding->status = CAIRN_OUT_OF_MEMORY;
        png_error(png, "out of memory");
    }
    for (int pass = 0; pass < passes; pass++) {
        for (int32_t y = 0; y < decoding->picture.side; y++) {
            png_read_row(png, decoding->picture.rgba + (size_t)y * stride, NULL);
        }
    }
    png_read_end(png, NULL);
}

// False: decoding->problem says why. libpng leaves by longjmp, hence no locals that change.
static bool decode_png(Decoding* decoding, png_structp png, png_infop info) {
    if (setjmp(png_jmpbuf(png)) != 0) {
        return false;
    }
    png_set_read_fn(png, decoding, read_bytes);
    png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    read_pixels(decoding, png, read_header(decoding, png, info));
    return true;
}

CairnStatus env_texture_decode(const char* name, const void* bytes, size_t size,
                               EnvTexture* picture, char why[CAIRN_WHY]) {
    Decoding decoding = {.next = bytes, .left = size, .status = CAIRN_BAD_DATA};
    png_structp png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoding, on_error, on_warning);
    png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
    if (info == NULL) {
        png_destroy_read_struct(&png, NULL, NULL);
        snprintf(why, CAIRN_WHY, "%s: out of memory", name);
        return CAIRN_OUT_OF_MEMORY;
    }
    const bool decoded = decode_png(&decoding, png, info);
    png_destroy_read_struct(&png, &info, NULL);
    if (!decoded) {
        free(decoding.picture.rgba);
        snprintf(why, CAIRN_WHY, "%s: not a usable PNG file: %s", name, decoding.problem);
        return decoding.status;
    }
    *picture = decoding.picture;
    return CAIRN_OK;
}

static const EnvTextureFile* find_builtin(const char* file_name) {
    for (const EnvTextureFile* file = env_texture_files; file->name != NULL; file++) {
        if (strcmp(file->name, file_name) == 0) {
            return file;
        }
    }
    return NULL;
}

static CairnStatus load_builtin(EnvTextureId id, EnvTexture* picture, char why[CAIRN_WHY]) {
    char file_name[32];
    snprintf(file_name, sizeof file_name, "%s.png", texture_names[id]);
    const EnvTextureFile* file = find_builtin(file_name);
    if (file == NULL) {
        snprintf(why, CAIRN_WHY, "%s is missing from the pictures built into the library",
                 file_name);
        return CAIRN_BAD_DATA;
    }
    return env_texture_decode(file_name, file->bytes, file->size, picture, why);
}

static CairnStatus load_file(const char* folder, EnvTextureId id, EnvTexture* picture,
                             char why[CAIRN_WHY]) {
    char path[PATH_MAX];
    const int length = snprintf(path, sizeof path, "%s/%s.png", folder, texture_names[id]);
    if (length < 0 || (size_t)length >= sizeof path) {
        snprintf(why, CAIRN_WHY, "the texture folder's name is too long (at most %d characters)",
                 PATH_MAX - 32);
        return CAIRN_IO;
    }
    uint8_t* bytes = NULL;
    size_t size = 0;
    CairnStatus status = env_file_read(path, FILE_BYTES_MAX, &bytes, &size, why);
    if (status == CAIRN_OK) {
        status = env_texture_decode(env_file_shown(path), bytes, size, picture, why);
    }
    free(bytes);
    return status;
}

// folder NULL: the embedded pictures.
static CairnStatus load_all(const char* folder, CairnTextures** textures, char why[CAIRN_WHY]) {
    *textures = NULL;
    CairnTextures* loaded = calloc(1, sizeof *loaded);
    if (loaded == NULL) {
        snprintf(why, CAIRN_WHY, "out of memory for the textures");
        return CAIRN_OUT_OF_MEMORY;
    }
    for (int id = 0; id < ENV_TEXTURE_COUNT; id++) {
        EnvTexture* picture = &loaded->picture[id];
        const CairnStatus status = folder != NULL
                                       ? load_file(folder, (EnvTextureId)id, picture, why)
                                       : load_builtin((EnvTextureId)id, picture, why);
        if (status != CAIRN_OK) {
            cairn_textures_destroy(loaded);
            return status;
        }
    }
    *textures = loaded;
    return CAIRN_OK;
}

CairnStatus env_textures_builtin(CairnTextures** textures, char why[CAIRN_WHY]) {
    return load_all(NULL, textures, why);
}

CairnStatus cairn_textures_load(const char* folder, CairnTextures** textures, char why[CAIRN_WHY]) {
    assert(folder != NULL);
    return load_all(folder, textures, why);
}

void cairn_textures_destroy(CairnTextures* textures) {
    if (textures == NULL) {
        return;
    }
    for (int id = 0; id < ENV_TEXTURE_COUNT; id++) {
        free(textures->picture[id].rgba);
    }
    free(textures);
}
