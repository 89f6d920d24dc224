// Pictures of the world: one square RGBA picture for every name of the original that is drawn.
// The renderer reads the struct; how files become pictures is textures.c's business.
#pragma once
#include "env/cairn.h"

// Ids 1..12 are those of CairnMaterial, 13..26 are 12 + CairnObject; then icons and digits.
typedef enum EnvTextureId {
    ENV_TEXTURE_UNKNOWN,
    ENV_TEXTURE_WATER,
    ENV_TEXTURE_GRASS,
    ENV_TEXTURE_STONE, // the rock of the map; icon of the item, too, like the next ores
    ENV_TEXTURE_PATH,
    ENV_TEXTURE_SAND,
    ENV_TEXTURE_TREE,
    ENV_TEXTURE_LAVA,
    ENV_TEXTURE_COAL,
    ENV_TEXTURE_IRON,
    ENV_TEXTURE_DIAMOND,
    ENV_TEXTURE_TABLE,
    ENV_TEXTURE_FURNACE,
    ENV_TEXTURE_PLAYER_LEFT,
    ENV_TEXTURE_PLAYER_RIGHT,
    ENV_TEXTURE_PLAYER_UP,
    ENV_TEXTURE_PLAYER_DOWN,
    ENV_TEXTURE_PLAYER_SLEEP,
    ENV_TEXTURE_COW,
    ENV_TEXTURE_ZOMBIE,
    ENV_TEXTURE_SKELETON,
    ENV_TEXTURE_ARROW_LEFT,
    ENV_TEXTURE_ARROW_RIGHT,
    ENV_TEXTURE_ARROW_UP,
    ENV_TEXTURE_ARROW_DOWN,
    ENV_TEXTURE_PLANT,
    ENV_TEXTURE_PLANT_RIPE,
    ENV_TEXTURE_HEALTH,
    ENV_TEXTURE_FOOD,
    ENV_TEXTURE_DRINK,
    ENV_TEXTURE_ENERGY,
    ENV_TEXTURE_SAPLING,
    ENV_TEXTURE_WOOD,
    ENV_TEXTURE_WOOD_PICKAXE,
    ENV_TEXTURE_STONE_PICKAXE,
    ENV_TEXTURE_IRON_PICKAXE,
    ENV_TEXTURE_WOOD_SWORD,
    ENV_TEXTURE_STONE_SWORD,
    ENV_TEXTURE_IRON_SWORD,
    ENV_TEXTURE_DIGIT_1, // digit d in 1..9 is ENV_TEXTURE_DIGIT_1 + d - 1
    ENV_TEXTURE_COUNT = ENV_TEXTURE_DIGIT_1 + 9
} EnvTextureId;

enum { ENV_TEXTURE_SIDE_MAX = 1024 }; // pixels

typedef struct EnvTexture {
    int32_t side;   // pixels per row and column, in [1, ENV_TEXTURE_SIDE_MAX]
    bool has_alpha; // false: overwrites what lies below (file without alpha channel), true: blends
    uint8_t* rgba;  // [side, side, 4] owned; rows top to bottom; alpha 255 without alpha channel
} EnvTexture;

struct CairnTextures {
    EnvTexture picture[ENV_TEXTURE_COUNT]; // [EnvTextureId], every one present
};

// "water", "player-left", "wood_pickaxe", "1": the file's name without ".png".
const char* env_texture_name(EnvTextureId id);
EnvTextureId env_texture_of_item(CairnItem item);

// Cairn's own pictures, decoded from the bytes inside the library. The caller owns *textures and
// gives it to cairn_textures_destroy; on failure it is NULL.
CairnStatus env_textures_builtin(CairnTextures** textures, char why[CAIRN_WHY]);

// One PNG file in memory to one picture; `name` is what messages call it. On failure the picture is
// left untouched, on success the caller frees picture->rgba.
CairnStatus env_texture_decode(const char* name, const void* bytes, size_t size,
                               EnvTexture* picture, char why[CAIRN_WHY]);

// What embed.sh writes: the PNG files of env/textures, sorted by name, ended by a NULL name.
typedef struct EnvTextureFile {
    const char* name; // with ".png"
    const uint8_t* bytes;
    size_t size;
} EnvTextureFile;
extern const EnvTextureFile env_texture_files[];
