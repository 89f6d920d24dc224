// The terrain of mode fast, a cell at a time: what terrain_lanes.c computes for many worlds at
// once. The same layers and the same tree as in worldgen.c, in whole numbers.
#include <math.h>

#include "env/objects.h"
#include "env/terrain.h"

// ---------------------------------------------------------------- noise
enum { SPLAT_ONE = TERRAIN_ONE * (1 << 15) / TERRAIN_GRADIENT };

static bool sign_only(Layer layer) { // compared with 0 and nothing else
    return layer == COAL || layer == TREE;
}

// On a lattice point the noise is zero but for rounding, and where it is asked for its sign, that
// is what decides: such a sum is made large enough to be told from zero.
static double sign_scale(Layer layer, const NoisePart* part, int32_t count) {
    double size = 0;
    for (int32_t n = 0; n < count; n++) {
        size += part[n].weight * (fabs(part[n].x) + fabs(part[n].y) + fabs(part[n].z));
    }
    return sign_only(layer) && size > 0 && size < 1e-9 ? 1 / size : 1;
}

static double sheet_weight(int sheet) {
    const Layer layer = terrain_sheet_layer(sheet);
    const double octave = sheet < LAYER_COUNT ? 1 : terrain_layer[layer].weight;
    return layer == MOUNTAIN ? octave / 1.3 : octave;
}

static bool vanishes(int16_t coordinate) { // with any gradient
    return terrain_rounded(coordinate, 11 * TERRAIN_GRADIENT) == 0 &&
           terrain_rounded(coordinate, -11 * TERRAIN_GRADIENT) == 0;
}

int32_t terrain_splats(int sheet, int32_t x, int32_t y, TerrainSplat splat[NOISE_PARTS_MAX]) {
    const Layer layer = terrain_sheet_layer(sheet);
    const LayerRule* rule = &terrain_layer[layer];
    const double size = sheet < LAYER_COUNT ? rule->size : SECOND_SIZE;
    NoisePart part[NOISE_PARTS_MAX];
    const int32_t count = noise_parts(x * rule->x_factor / rule->x_part / size,
                                      y * rule->y_factor / rule->y_part / size, rule->z, part);
    const double scale =
        sheet_weight(sheet) * sign_scale(layer, part, count) * SPLAT_ONE / NOISE_NORM;
    int32_t kept = 0;
    for (int32_t n = 0; n < count; n++) {
        const double weight = part[n].weight * scale;
        const TerrainSplat one = {part[n].i,
                                  part[n].j,
                                  part[n].k,
                                  (int16_t)lrint(weight * part[n].x),
                                  (int16_t)lrint(weight * part[n].y),
                                  (int16_t)lrint(weight * part[n].z)};
        if (!vanishes(one.x) || !vanishes(one.y) || !vanishes(one.z)) {
            splat[kept++] = one;
        }
    }
    return kept;
}

typedef struct Place {
    const WorldShape* shape;
    const Noise* noise;
    TerrainKey key;
    int32_t x, y;
} Place;

static int32_t sheet_noise(const Place* at, int sheet) {
    TerrainSplat splat[NOISE_PARTS_MAX];
    const int32_t count = terrain_splats(sheet, at->x, at->y, splat);
    int32_t sum = 0;
    for (int32_t n = 0; n < count; n++) {
        const TerrainSplat* one = &splat[n];
        const int8_t* g = noise_gradient_at(at->noise, one->i, one->j, one->k);
        sum += terrain_rounded(one->x, (int16_t)(g[0] * TERRAIN_GRADIENT));
        sum += terrain_rounded(one->y, (int16_t)(g[1] * TERRAIN_GRADIENT));
        sum += terrain_rounded(one->z, (int16_t)(g[2] * TERRAIN_GRADIENT));
    }
    return sum;
}

static bool above(const Place* at, Layer layer, int16_t level) {
    return sheet_noise(at, (int)layer) > level;
}

// ---------------------------------------------------------------- fields
int16_t terrain_depth(int32_t squared_distance) {
    return (int16_t)lrint(1024 * (sqrt(squared_distance) - 4));
}

int16_t terrain_start(int32_t depth) {
    const double start = 4 * TERRAIN_ONE / (1 + exp(depth / 1024.0));
    return depth >= TERRAIN_DEPTHS ? 0 : start > INT16_MAX ? INT16_MAX : (int16_t)lrint(start);
}

static int32_t squared_distance(const Place* at) {
    const int32_t dx = at->x - at->shape->width / 2, dy = at->y - at->shape->height / 2;
    return dx * dx + dy * dy;
}

static int16_t difference(int32_t a, int32_t b) { // as near as 16 bits come to it
    const int32_t value = a - b;
    return (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
}

// ---------------------------------------------------------------- the tree
static bool drawn_above(const Place* at, TerrainDraw draw, uint32_t bits) {
    const uint32_t cell = (uint32_t)(at->x * at->shape->height + at->y);
    return terrain_draw(at->key, 3 * cell + draw) > bits;
}

static CairnMaterial mountain_material(const Place* at, int16_t mountain, bool* in_tunnel) {
    const bool high = mountain > TERRAIN_LEVEL(0.3);
    if (high && above(at, CAVE, TERRAIN_LEVEL(0.15))) {
        return CAIRN_PATH;
    }
    if (above(at, TUNNEL_ACROSS, TERRAIN_LEVEL(0.4)) ||
        above(at, TUNNEL_DOWN, TERRAIN_LEVEL(0.4))) {
        *in_tunnel = true;
        return CAIRN_PATH;
    }
    if (drawn_above(at, DRAW_A, TERRAIN_BITS(0.85)) && above(at, COAL, 0)) {
        return CAIRN_COAL_ORE;
    }
    if (drawn_above(at, DRAW_B, TERRAIN_BITS(0.75)) && above(at, IRON, TERRAIN_LEVEL(0.4))) {
        return CAIRN_IRON_ORE;
    }
    if (mountain > TERRAIN_LEVEL(0.18) && drawn_above(at, DRAW_C, TERRAIN_BITS(0.994))) {
        return CAIRN_DIAMOND_ORE;
    }
    return high && above(at, LAVA, TERRAIN_LEVEL(0.35)) ? CAIRN_LAVA : CAIRN_ROCK;
}

static CairnMaterial material_of(const Place* at, bool* in_tunnel) {
    const int32_t squared = squared_distance(at);
    int16_t start = 0; // times 4
    if (squared < TERRAIN_START_REACH * TERRAIN_START_REACH) {
        // Twice the noise in units of 1 / 1024 is an eighth of it in units of 1 / TERRAIN_ONE.
        const int32_t depth = terrain_depth(squared) - (sheet_noise(at, START) >> 3);
        if (depth < 0) {
            return CAIRN_GRASS;
        }
        start = terrain_start(depth);
    }
    const int32_t wet = sheet_noise(at, WATER) + sheet_noise(at, LAYER_COUNT);
    const int16_t water = difference(wet + TERRAIN_LEVEL(0.1), start >> 1);
    const int32_t height = sheet_noise(at, MOUNTAIN) + sheet_noise(at, LAYER_COUNT + 1);
    const int16_t mountain =
        difference(difference(height, start), terrain_rounded(water, TERRAIN_THREE_TENTHS));
    if (mountain > TERRAIN_LEVEL(0.15)) {
        return mountain_material(at, mountain, in_tunnel);
    }
    if (water > TERRAIN_LEVEL(0.25) && water <= TERRAIN_LEVEL(0.35) &&
        above(at, SAND, TERRAIN_LEVEL(-0.2))) {
        return CAIRN_SAND;
    }
    if (water > TERRAIN_LEVEL(0.3)) {
        return CAIRN_WATER;
    }
    const bool tree = drawn_above(at, DRAW_A, TERRAIN_BITS(0.8)) && above(at, TREE, 0);
    return tree ? CAIRN_TREE : CAIRN_GRASS;
}

static ObjectKind first_creature(const Place* at, CairnMaterial material, bool in_tunnel) {
    const int32_t squared = squared_distance(at);
    if (squared > 3 * 3 && material == CAIRN_GRASS &&
        drawn_above(at, DRAW_B, TERRAIN_BITS(0.985))) {
        return KIND_COW;
    }
    if (squared > 10 * 10 && (WALK_LAND >> material & 1) &&
        drawn_above(at, DRAW_C, TERRAIN_BITS(0.993))) {
        return KIND_ZOMBIE;
    }
    return in_tunnel && drawn_above(at, DRAW_A, TERRAIN_BITS(0.95)) ? KIND_SKELETON : KIND_NONE;
}

uint8_t terrain_cell(const WorldShape* shape, const Noise* noise, TerrainKey key, int32_t x,
                     int32_t y) {
    const Place at = {shape, noise, key, x, y};
    bool in_tunnel = false;
    const CairnMaterial material = material_of(&at, &in_tunnel);
    const ObjectKind kind = first_creature(&at, material, in_tunnel);
    return (uint8_t)((int32_t)material | (int32_t)kind << TERRAIN_KIND);
}
