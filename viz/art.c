#include "viz/art.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Ids of the semantic map above those of materials.
enum {
    MAP_PLAYER = CAIRN_MATERIALS,
    MAP_COW,
    MAP_ZOMBIE,
    MAP_SKELETON,
    MAP_ARROW,
    MAP_PLANT,
    MAP_IDS
};

struct Art {
    Cairn* canvas; // a world of the wanted view and size, to draw on
    int32_t width, height;
    uint8_t* picture; // [height + inventory's rows, width, 3]
    uint8_t* semantic;
    uint32_t color[MAP_IDS];
    Icon icon[CAIRN_ITEMS];
};

static uint32_t mean_color(const uint8_t* rgba, int32_t side) {
    uint64_t sum[3] = {0};
    const size_t count = (size_t)side * (size_t)side;
    for (size_t i = 0; i < count; i++) {
        for (int c = 0; c < 3; c++) {
            sum[c] += rgba[4 * i + (size_t)c];
        }
    }
    if (count == 0) {
        return 0;
    }
    return (uint32_t)(sum[0] / count) << 16 | (uint32_t)(sum[1] / count) << 8 |
           (uint32_t)(sum[2] / count);
}

static void choose_colors(Art* art) {
    static const char* const name[CAIRN_MATERIALS] = {NULL,      "water", "grass",  "stone", "path",
                                                      "sand",    "tree",  "lava",   "coal",  "iron",
                                                      "diamond", "table", "furnace"};
    for (int id = 1; id < CAIRN_MATERIALS; id++) {
        int32_t side = 0;
        const uint8_t* rgba = cairn_picture(art->canvas, name[id], &side);
        art->color[id] = mean_color(rgba, side);
    }
    art->color[CAIRN_OUTSIDE] = 0;
    // Rare things and creatures, as small as a cell, must stand out from their ground.
    art->color[CAIRN_DIAMOND_ORE] = 0xe8fbff;
    art->color[CAIRN_IRON_ORE] = 0xe08a50;
    art->color[CAIRN_COAL_ORE] = 0x2a2a30;
    art->color[CAIRN_TABLE] = 0xd9a066;
    art->color[CAIRN_FURNACE] = 0xc9c9d2;
    art->color[MAP_PLAYER] = 0xffffff;
    art->color[MAP_COW] = 0xf2b8a0;
    art->color[MAP_ZOMBIE] = 0xb6ff5c;
    art->color[MAP_SKELETON] = 0xf4f0e0;
    art->color[MAP_ARROW] = 0xf4f0e0;
    art->color[MAP_PLANT] = 0x9be36b;
}

static void find_icons(Art* art) {
    for (int item = 0; item < CAIRN_ITEMS; item++) {
        art->icon[item].rgba =
            cairn_picture(art->canvas, cairn_item_name(item), &art->icon[item].side);
    }
}

CairnStatus art_create(const CairnConfig* config, int32_t cell, const CairnTextures* textures,
                       Art** art, char why[CAIRN_WHY]) {
    *art = NULL;
    Art* made = calloc(1, sizeof *made);
    if (!made) {
        snprintf(why, CAIRN_WHY, "out of memory");
        return CAIRN_OUT_OF_MEMORY;
    }
    CairnConfig canvas = cairn_default_config();
    canvas.area_width = canvas.area_height = 1; // nothing ever lives there
    canvas.view_width = config->view_width, canvas.view_height = config->view_height;
    canvas.size_width = cell * config->view_width, canvas.size_height = cell * config->view_height;
    canvas.textures = textures;
    CairnStatus status = cairn_create(&canvas, &made->canvas, why);
    if (status != CAIRN_OK) {
        art_destroy(made);
        return status;
    }
    made->width = canvas.size_width, made->height = cell * cairn_local_rows(&canvas);
    made->picture = malloc((size_t)canvas.size_width * (size_t)canvas.size_height * 3);
    made->semantic = malloc((size_t)config->area_width * (size_t)config->area_height);
    if (!made->picture || !made->semantic) {
        snprintf(why, CAIRN_WHY, "out of memory");
        art_destroy(made);
        return CAIRN_OUT_OF_MEMORY;
    }
    choose_colors(made);
    find_icons(made);
    *art = made;
    return CAIRN_OK;
}

void art_destroy(Art* art) {
    if (art) {
        cairn_destroy(art->canvas);
        free(art->picture);
        free(art->semantic);
        free(art);
    }
}

CairnStatus art_look(Art* art, const Track* track, char why[CAIRN_WHY]) {
    const Cairn* world = track_world(track);
    cairn_observe_world(world, 0, &(CairnOutput){.observation.semantic = art->semantic});
    return cairn_draw_world(art->canvas, world, 0, art->picture, why);
}

const uint8_t* art_picture(const Art* art, int32_t* width, int32_t* height) {
    *width = art->width, *height = art->height;
    return art->picture;
}

const uint8_t* art_semantic(const Art* art) {
    return art->semantic;
}

Icon art_icon(const Art* art, CairnItem item) {
    return art->icon[item];
}

uint32_t art_map_color(const Art* art, int32_t id) {
    return id >= 0 && id < MAP_IDS ? art->color[id] : 0;
}
