// Pictures of the game for the panels: the world as it stands, icons, colours of the map.
#pragma once
#include "env/cairn.h"
#include "viz/track.h"

typedef struct Icon {
    const uint8_t* rgba; // [side, side, 4]
    int32_t side;
} Icon;

typedef struct Art Art;

// config: of the world that is shown; its view counts. cell: pixels of one of its cells.
// textures: borrowed, NULL = Cairn's own. On failure *art is NULL.
CairnStatus art_create(const CairnConfig* config, int32_t cell, const CairnTextures* textures,
                       Art** art, char why[CAIRN_WHY]);
void art_destroy(Art* art); // NULL is allowed
// Looks at the world of a track: its picture, inventory row left out, and its map.
CairnStatus art_look(Art* art, const Track* track, char why[CAIRN_WHY]);

// Of the last look. rgb [height, width, 3], the world's picture.
const uint8_t* art_picture(const Art* art, int32_t* width, int32_t* height);
const uint8_t* art_semantic(const Art* art); // [area_width, area_height]
Icon art_icon(const Art* art, CairnItem item);
uint32_t art_map_color(const Art* art, int32_t id); // 0xRRGGBB of an id of the semantic map
