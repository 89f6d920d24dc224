// Terrain and first creatures of an episode.
//
// Terrain compares noise with thresholds and draws only where a row of the decision tree asks for
// it. Which side of a threshold a value lies on hardly ever depends on its last digits: whole
// layers are estimated in single precision, and a cell near a threshold is computed exactly.
#include <math.h>
#include <string.h>

#include "env/noise.h"
#include "env/rules.h"

enum {
    STRIP_CELLS = 2048,     // estimated at a time: 11 layers of floats, on the stack
    STRIP_COLUMNS_MAX = 64, // a column's pad is part of the strip's memory
    START_REACH = 16,       // cells from the player beyond which `start` is below 1e-4
    IN_TUNNEL = 0x80        // mark on a path cell, until the creatures are placed
};

typedef enum Layer {
    START,
    WATER,
    MOUNTAIN,
    CAVE,
    TUNNEL_ACROSS,
    TUNNEL_DOWN,
    COAL,
    IRON,
    LAVA,
    SAND,
    TREE,
    LAYER_COUNT
} Layer;

// Noise at (x * x_factor / x_part / size, y ..., z), and perhaps weight times the same of size 5.
typedef struct LayerRule {
    double x_factor, x_part, y_factor, y_part, size, z, weight;
} LayerRule;
enum { SECOND_SIZE = 5 };
static const LayerRule LAYER[LAYER_COUNT] = {
    [START] = {1, 1, 1, 1, 3, 8, 0},         [WATER] = {1, 1, 1, 1, 15, 3, 0.15},
    [MOUNTAIN] = {1, 1, 1, 1, 15, 0, 0.3},   [CAVE] = {1, 1, 1, 1, 7, 6, 0},
    [TUNNEL_ACROSS] = {2, 1, 1, 5, 3, 7, 0}, [TUNNEL_DOWN] = {1, 5, 2, 1, 3, 7, 0},
    [COAL] = {1, 1, 1, 1, 8, 1, 0},          [IRON] = {1, 1, 1, 1, 6, 2, 0},
    [LAVA] = {1, 1, 1, 1, 5, 6, 0},          [SAND] = {1, 1, 1, 1, 9, 4, 0},
    [TREE] = {1, 1, 1, 1, 7, 5, 0}};

typedef struct Terrain {
    World* world;
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
    const int32_t height = terrain->world->shape->height, stride = height + NOISE_MAP_PAD;
    for (int i = 0; i < LAYER_COUNT; i++) {
        const LayerRule* rule = &LAYER[i];
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

static double estimate(const Terrain* terrain, Layer layer, int32_t x, int32_t y) {
    int32_t stride = terrain->world->shape->height + NOISE_MAP_PAD;
    return terrain->map[layer][(x - terrain->first) * stride + y];
}

static double exact(const Terrain* terrain, Layer layer, int32_t x, int32_t y) {
    const LayerRule* rule = &LAYER[layer];
    double value = noise_at(&terrain->noise, x * rule->x_factor / rule->x_part / rule->size,
                            y * rule->y_factor / rule->y_part / rule->size, rule->z);
    if (rule->weight != 0) {
        value += rule->weight * noise_at(&terrain->noise, (double)x / SECOND_SIZE,
                                         (double)y / SECOND_SIZE, rule->z);
    }
    return value;
}

static bool above(const Terrain* terrain, Layer layer, int32_t x, int32_t y, double threshold) {
    double value = estimate(terrain, layer, x, y);
    if (fabs(value - threshold) <= terrain->doubt) {
        value = exact(terrain, layer, x, y);
    }
    return value > threshold;
}

// ---------------------------------------------------------------- terrain
typedef struct Fields {
    double start, water, mountain;
} Fields;
typedef double NoiseSource(const Terrain* terrain, Layer layer, int32_t x, int32_t y);

static Fields fields(const Terrain* terrain, NoiseSource* noise, int32_t x, int32_t y) {
    int32_t dx = x - terrain->player_x, dy = y - terrain->player_y;
    Fields at = {0};
    if (noise == exact || dx * dx + dy * dy < START_REACH * START_REACH) {
        at.start = 4 - sqrt(dx * dx + dy * dy) + 2 * noise(terrain, START, x, y);
        at.start = 1 / (1 + exp(-at.start));
    }
    at.water = noise(terrain, WATER, x, y) + 0.1;
    at.water -= 2 * at.start;
    at.mountain = noise(terrain, MOUNTAIN, x, y) / 1.3;
    at.mountain -= 4 * at.start + 0.3 * at.water;
    return at;
}

static bool doubtful(const Fields* at, double doubt) {
    return fabs(at->start - 0.5) <= doubt || fabs(at->mountain - 0.15) <= doubt ||
           fabs(at->mountain - 0.18) <= doubt || fabs(at->mountain - 0.3) <= doubt ||
           fabs(at->water - 0.25) <= doubt || fabs(at->water - 0.3) <= doubt ||
           fabs(at->water - 0.35) <= doubt;
}

static bool drawn_above(Terrain* terrain, double threshold) {
    return random_uniform(&terrain->world->generator) > threshold;
}

static uint8_t mountain_material(Terrain* terrain, double mountain, int32_t x, int32_t y) {
    if (mountain > 0.3 && above(terrain, CAVE, x, y, 0.15)) {
        return CAIRN_PATH;
    }
    if (above(terrain, TUNNEL_ACROSS, x, y, 0.4) || above(terrain, TUNNEL_DOWN, x, y, 0.4)) {
        return CAIRN_PATH | IN_TUNNEL;
    }
    if (above(terrain, COAL, x, y, 0) && drawn_above(terrain, 0.85)) {
        return CAIRN_COAL_ORE;
    }
    if (above(terrain, IRON, x, y, 0.4) && drawn_above(terrain, 0.75)) {
        return CAIRN_IRON_ORE;
    }
    if (mountain > 0.18 && drawn_above(terrain, 0.994)) {
        return CAIRN_DIAMOND_ORE;
    }
    return mountain > 0.3 && above(terrain, LAVA, x, y, 0.35) ? CAIRN_LAVA : CAIRN_ROCK;
}

static uint8_t cell_material(Terrain* terrain, int32_t x, int32_t y) {
    Fields at = fields(terrain, estimate, x, y);
    if (doubtful(&at, terrain->doubt)) {
        at = fields(terrain, exact, x, y);
    }
    if (at.start > 0.5) {
        return CAIRN_GRASS;
    }
    if (at.mountain > 0.15) {
        return mountain_material(terrain, at.mountain, x, y);
    }
    if (at.water > 0.25 && at.water <= 0.35 && above(terrain, SAND, x, y, -0.2)) {
        return CAIRN_SAND;
    }
    if (at.water > 0.3) {
        return CAIRN_WATER;
    }
    bool tree = above(terrain, TREE, x, y, 0) && drawn_above(terrain, 0.8);
    return tree ? CAIRN_TREE : CAIRN_GRASS;
}

static void place_terrain(World* world, double doubt) {
    const int32_t width = world->shape->width, height = world->shape->height;
    Terrain terrain;
    terrain.world = world;
    terrain.doubt = doubt;
    terrain.player_x = world->objects[PLAYER].x;
    terrain.player_y = world->objects[PLAYER].y;
    noise_seed(&terrain.noise, random_below(&world->generator, 2147483647));
    int32_t columns = STRIP_CELLS / height;
    columns = columns < STRIP_COLUMNS_MAX ? columns : STRIP_COLUMNS_MAX;
    for (int32_t first = 0; first < width; first += columns) {
        terrain.first = first;
        terrain.columns = width - first < columns ? width - first : columns;
        estimate_strip(&terrain);
        for (int32_t x = first; x < first + terrain.columns; x++) {
            for (int32_t y = 0; y < height; y++) {
                world->material[world_cell(world, x, y)] = cell_material(&terrain, x, y);
            }
        }
    }
}

// ---------------------------------------------------------------- creatures
static ObjectKind first_creature(World* world, uint8_t material, bool tunnel, int32_t squared) {
    Generator* generator = &world->generator;
    if (squared > 3 * 3 && material == CAIRN_GRASS && random_uniform(generator) > 0.985) {
        return KIND_COW;
    }
    if (squared > 10 * 10 && random_uniform(generator) > 0.993) {
        return KIND_ZOMBIE;
    }
    bool skeleton = material == CAIRN_PATH && tunnel && random_uniform(generator) > 0.95;
    return skeleton ? KIND_SKELETON : KIND_NONE;
}

static void place_creatures(World* world) {
    const int32_t width = world->shape->width, height = world->shape->height;
    const int32_t player_x = world->objects[PLAYER].x, player_y = world->objects[PLAYER].y;
    for (int32_t x = 0; x < width; x++) {
        for (int32_t y = 0; y < height; y++) {
            uint8_t* cell = &world->material[world_cell(world, x, y)];
            bool tunnel = *cell & IN_TUNNEL;
            *cell &= (uint8_t)~IN_TUNNEL;
            if (!(WALK_LAND >> *cell & 1)) {
                continue;
            }
            int32_t dx = x - player_x, dy = y - player_y;
            ObjectKind kind = first_creature(world, *cell, tunnel, dx * dx + dy * dy);
            if (kind != KIND_NONE) {
                object_add(world, kind, x, y);
            }
        }
    }
}

void worldgen(World* world, double doubt) {
    place_terrain(world, doubt);
    place_creatures(world);
}
