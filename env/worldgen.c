// Terrain and first creatures of an episode: in mode exact made here, in mode fast put in place.
//
// Terrain compares noise with thresholds and draws only where a row of the decision tree asks for
// it. Which side of a threshold a value lies on hardly ever depends on its last digits: whole
// layers are estimated in single precision, and a cell near a threshold is computed exactly.
#include <math.h>
#include <string.h>

#include "env/rules.h"
#include "env/terrain.h"

enum {
    STRIP_CELLS = 2048,     // estimated at a time: 11 layers of floats, on the stack
    STRIP_COLUMNS_MAX = 64, // a column's pad is part of the strip's memory
    START_REACH = 16,       // cells from the player beyond which `start` is below 1e-4
    IN_TUNNEL = 0x80        // mark on a path cell, until the creatures are placed
};

const LayerRule terrain_layer[LAYER_COUNT] = {
    [START] = {1, 1, 1, 1, 3, 8, 0},         [WATER] = {1, 1, 1, 1, 15, 3, 0.15},
    [MOUNTAIN] = {1, 1, 1, 1, 15, 0, 0.3},   [CAVE] = {1, 1, 1, 1, 7, 6, 0},
    [TUNNEL_ACROSS] = {2, 1, 1, 5, 3, 7, 0}, [TUNNEL_DOWN] = {1, 5, 2, 1, 3, 7, 0},
    [COAL] = {1, 1, 1, 1, 8, 1, 0},          [IRON] = {1, 1, 1, 1, 6, 2, 0},
    [LAVA] = {1, 1, 1, 1, 5, 6, 0},          [SAND] = {1, 1, 1, 1, 9, 4, 0},
    [TREE] = {1, 1, 1, 1, 7, 5, 0}};

typedef struct Terrain {
    const WorldShape* shape;
    Generator* generator;
    Noise noise;
    double doubt;
    int32_t player_x, player_y;
    int32_t first, columns; // the strip
    // [LAYER_COUNT, columns, height + NOISE_MAP_PAD] estimates
    float map[LAYER_COUNT][STRIP_CELLS + (STRIP_COLUMNS_MAX + 1) * NOISE_MAP_PAD];
} Terrain;

// ---------------------------------------------------------------- estimates
// Part of [first, first + count) that is less than START_REACH from a coordinate.
static void near_player(int32_t at, int32_t* first, int32_t* count) {
    int32_t low = at - START_REACH + 1, high = at + START_REACH;
    int32_t end = *first + *count < high ? *first + *count : high;
    *first = *first > low ? *first : low;
    *count = end > *first ? end - *first : 0;
}

static void estimate_strip(Terrain* terrain) {
    const int32_t height = terrain->shape->height, stride = height + NOISE_MAP_PAD;
    for (int i = 0; i < LAYER_COUNT; i++) {
        const LayerRule* rule = &terrain_layer[i];
        const NoiseLayer layer = {rule->x_factor / (rule->x_part * rule->size),
                                  rule->y_factor / (rule->y_part * rule->size), rule->z, 1};
        const NoiseLayer second = {1.0 / SECOND_SIZE, 1.0 / SECOND_SIZE, rule->z, rule->weight};
        NoiseArea area = {terrain->first, terrain->columns, 0, height, stride};
        if (i == START) {
            near_player(terrain->player_x, &area.x, &area.columns);
            near_player(terrain->player_y, &area.y, &area.rows);
            if (area.columns == 0 || area.rows == 0) {
                continue;
            }
        }
        memset(terrain->map[i], 0, (size_t)terrain->columns * (size_t)stride * sizeof(float));
        float* values = &terrain->map[i][(area.x - terrain->first) * stride + area.y];
        noise_map(&terrain->noise, &layer, &area, values);
        if (rule->weight != 0) {
            noise_map(&terrain->noise, &second, &area, values);
        }
    }
}

typedef struct Spot { // a cell
    int32_t x, y;
    size_t entry; // in the layers' maps
} Spot;

static double estimate(const Terrain* terrain, Layer layer, const Spot* at) {
    return terrain->map[layer][at->entry];
}

static double exact(const Terrain* terrain, Layer layer, const Spot* at) {
    const LayerRule* rule = &terrain_layer[layer];
    double value = noise_at(&terrain->noise, at->x * rule->x_factor / rule->x_part / rule->size,
                            at->y * rule->y_factor / rule->y_part / rule->size, rule->z);
    if (rule->weight != 0) {
        value += rule->weight * noise_at(&terrain->noise, (double)at->x / SECOND_SIZE,
                                         (double)at->y / SECOND_SIZE, rule->z);
    }
    return value;
}

static bool above(const Terrain* terrain, Layer layer, const Spot* at, double threshold) {
    double value = estimate(terrain, layer, at);
    if (fabs(value - threshold) <= terrain->doubt) {
        value = exact(terrain, layer, at);
    }
    return value > threshold;
}

// ---------------------------------------------------------------- terrain
typedef struct Fields {
    double start, water, mountain;
} Fields;

static double start_field(double noise, int32_t squared_distance) {
    double start = 4 - sqrt(squared_distance) + 2 * noise;
    return 1 / (1 + exp(-start));
}

static Fields combine(double start, double water_noise, double mountain_noise) {
    Fields fields = {.start = start, .water = water_noise + 0.1};
    fields.water -= 2 * start;
    fields.mountain = mountain_noise / 1.3;
    fields.mountain -= 4 * start + 0.3 * fields.water;
    return fields;
}

// Near a threshold that the decision will ask about?
static bool doubtful(const Fields* fields, double doubt) {
    if (fabs(fields->start - 0.5) <= doubt) {
        return true;
    }
    const double mountain = fields->mountain, water = fields->water;
    if (fields->start > 0.5) {
        return false;
    }
    if (mountain > 0.15 - doubt) {
        return mountain <= 0.15 + doubt || fabs(mountain - 0.18) <= doubt ||
               fabs(mountain - 0.3) <= doubt;
    }
    return fabs(water - 0.25) <= doubt || fabs(water - 0.3) <= doubt || fabs(water - 0.35) <= doubt;
}

static Fields fields_at(const Terrain* terrain, const Spot* at) {
    const int32_t dx = at->x - terrain->player_x, dy = at->y - terrain->player_y;
    const int32_t squared = dx * dx + dy * dy;
    double start = 0;
    if (squared < START_REACH * START_REACH) {
        start = start_field(estimate(terrain, START, at), squared);
    }
    Fields fields = combine(start, estimate(terrain, WATER, at), estimate(terrain, MOUNTAIN, at));
    if (doubtful(&fields, terrain->doubt)) {
        start = start_field(exact(terrain, START, at), squared);
        fields = combine(start, exact(terrain, WATER, at), exact(terrain, MOUNTAIN, at));
    }
    return fields;
}

static bool drawn_above(Terrain* terrain, double threshold) {
    return random_uniform(terrain->generator) > threshold;
}

static uint8_t mountain_material(Terrain* terrain, double mountain, const Spot* at) {
    if (mountain > 0.3 && above(terrain, CAVE, at, 0.15)) {
        return CAIRN_PATH;
    }
    if (above(terrain, TUNNEL_ACROSS, at, 0.4) || above(terrain, TUNNEL_DOWN, at, 0.4)) {
        return CAIRN_PATH | IN_TUNNEL;
    }
    if (above(terrain, COAL, at, 0) && drawn_above(terrain, 0.85)) {
        return CAIRN_COAL_ORE;
    }
    if (above(terrain, IRON, at, 0.4) && drawn_above(terrain, 0.75)) {
        return CAIRN_IRON_ORE;
    }
    if (mountain > 0.18 && drawn_above(terrain, 0.994)) {
        return CAIRN_DIAMOND_ORE;
    }
    return mountain > 0.3 && above(terrain, LAVA, at, 0.35) ? CAIRN_LAVA : CAIRN_ROCK;
}

static uint8_t cell_material(Terrain* terrain, const Spot* at) {
    const Fields fields = fields_at(terrain, at);
    if (fields.start > 0.5) {
        return CAIRN_GRASS;
    }
    if (fields.mountain > 0.15) {
        return mountain_material(terrain, fields.mountain, at);
    }
    if (fields.water > 0.25 && fields.water <= 0.35 && above(terrain, SAND, at, -0.2)) {
        return CAIRN_SAND;
    }
    if (fields.water > 0.3) {
        return CAIRN_WATER;
    }
    return above(terrain, TREE, at, 0) && drawn_above(terrain, 0.8) ? CAIRN_TREE : CAIRN_GRASS;
}

// Where the player begins: distances count from there.
static void place_player(Terrain* terrain) {
    terrain->player_x = terrain->shape->width / 2;
    terrain->player_y = terrain->shape->height / 2;
}

// Path where skeletons live is marked IN_TUNNEL.
static void place_terrain(Terrain* terrain, uint8_t* material) {
    const int32_t width = terrain->shape->width, height = terrain->shape->height;
    int32_t columns = STRIP_CELLS / height;
    columns = columns < STRIP_COLUMNS_MAX ? columns : STRIP_COLUMNS_MAX;
    for (int32_t first = 0; first < width; first += columns) {
        terrain->first = first;
        terrain->columns = width - first < columns ? width - first : columns;
        estimate_strip(terrain);
        for (int32_t x = first; x < first + terrain->columns; x++) {
            Spot at = {.x = x, .entry = (size_t)((x - first) * (height + NOISE_MAP_PAD))};
            uint8_t* column = &material[(size_t)x * (size_t)height];
            for (; at.y < height; at.y++, at.entry++) {
                column[at.y] = cell_material(terrain, &at);
            }
        }
    }
}

// ---------------------------------------------------------------- creatures
static ObjectKind first_creature(Terrain* terrain, uint8_t cell, const Spot* at) {
    const int32_t dx = at->x - terrain->player_x, dy = at->y - terrain->player_y;
    const int32_t squared = dx * dx + dy * dy, material = cell & ~IN_TUNNEL;
    if (!(WALK_LAND >> material & 1)) {
        return KIND_NONE;
    }
    if (squared > 3 * 3 && material == CAIRN_GRASS && drawn_above(terrain, 0.985)) {
        return KIND_COW;
    }
    if (squared > 10 * 10 && drawn_above(terrain, 0.993)) {
        return KIND_ZOMBIE;
    }
    bool skeleton = cell == (CAIRN_PATH | IN_TUNNEL) && drawn_above(terrain, 0.95);
    return skeleton ? KIND_SKELETON : KIND_NONE;
}

static void place_creatures(Terrain* terrain, World* world) {
    for (int32_t x = 0; x < terrain->shape->width; x++) {
        for (int32_t y = 0; y < terrain->shape->height; y++) {
            uint8_t* cell = &world->material[world_cell(world, x, y)];
            ObjectKind kind = first_creature(terrain, *cell, &(Spot){.x = x, .y = y});
            *cell &= (uint8_t)~IN_TUNNEL;
            if (kind != KIND_NONE) {
                object_add(world, kind, x, y);
            }
        }
    }
}

void worldgen(World* world, double doubt) {
    Terrain terrain;
    terrain.shape = world->shape;
    terrain.generator = &world->generator;
    terrain.doubt = doubt;
    place_player(&terrain);
    noise_seed(&terrain.noise, random_below(&world->generator, 2147483647));
    place_terrain(&terrain, world->material);
    place_creatures(&terrain, world);
}

static void install_creature(World* world, int32_t cell, uint8_t made) {
    if (made >> TERRAIN_KIND) {
        const int32_t height = world->shape->height;
        object_add(world, (ObjectKind)(made >> TERRAIN_KIND), cell / height, cell % height);
    }
}

static void install(World* world, const uint8_t* cells) {
    const int32_t count = world->shape->width * world->shape->height;
    int32_t cell = 0;
    for (; cell + 8 <= count; cell += 8) { // most eights hold no creature
        uint64_t made;
        memcpy(&made, cells + cell, sizeof made);
        const uint64_t material = made & UINT64_C(0x0f0f0f0f0f0f0f0f);
        memcpy(world->material + cell, &material, sizeof material);
        if (made != material) {
            for (int32_t i = 0; i < 8; i++) {
                uint8_t one;
                memcpy(&one, (const char*)&made + i, 1);
                install_creature(world, cell + i, one);
            }
        }
    }
    for (; cell < count; cell++) {
        const uint8_t made = cells[cell];
        world->material[cell] = made & ((1 << TERRAIN_KIND) - 1);
        install_creature(world, cell, made);
    }
}

void worldgen_fast(World* world, const uint8_t* cells) {
    const WorldShape* shape = world->shape;
    const TerrainKey key = terrain_key(world->generator.key);
    const int64_t seed = random_below(&world->generator, 2147483647);
    if (!cells) {
        Noise noise;
        noise_seed(&noise, seed);
        for (int32_t cell = 0; cell < shape->width * shape->height; cell++) {
            world->material[cell] =
                terrain_cell(shape, &noise, key, cell / shape->height, cell % shape->height);
        }
    }
    install(world, cells ? cells : world->material);
}
