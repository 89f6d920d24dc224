// What the ground of a new world is made of: noise in layers, a decision tree over them, and draws
// by place (mode fast). worldgen.c makes one world at a time; terrain_lanes.c many at once, with
// the same result. Internal to env/.
#pragma once
#include "env/noise.h"
#include "env/world.h"

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
extern const LayerRule terrain_layer[LAYER_COUNT];

// ---------------------------------------------------------------- draws by place
// Mode fast: a cell's three numbers. Each decides one thing in any cell: the tree's is the coal's
// and the skeleton's, the cow's the iron's, the zombie's the diamond's, because what asks for one
// of them never asks for the other.
typedef enum TerrainDraw { DRAW_A, DRAW_B, DRAW_C } TerrainDraw;
typedef struct TerrainKey {
    uint32_t first, second;
} TerrainKey;

#define TERRAIN_SPREAD 0x9e3779b9u
// 32 bits; number 0 <= n < 3 * cells is 3 * cell + TerrainDraw.
static inline uint32_t terrain_draw(TerrainKey key, uint32_t n) {
    uint32_t bits = TERRAIN_SPREAD * n + key.first;
    bits = ((bits ^ bits >> 16) * 0x7feb352du) ^ key.second;
    bits = (bits ^ bits >> 15) * 0x846ca68bu;
    return bits ^ bits >> 16;
}
// A draw is above a probability when its bits are above this.
#define TERRAIN_BITS(probability) ((uint32_t)((probability)*4294967296.0))
TerrainKey terrain_key(uint64_t key); // of an episode's generator

// A cell of mode fast as it comes out: material, and in the bits above it the ObjectKind.
enum { TERRAIN_KIND = 4 };
// Computed in double precision throughout.
uint8_t terrain_cell(const WorldShape* shape, const Noise* noise, TerrainKey key, int32_t x,
                     int32_t y);

// ---------------------------------------------------------------- many worlds at once
// Of everything that noise adds up, only the lattice's gradients depend on the seed. A plan holds
// the rest, in parts: (x, y, z) = weight * displacement. Cells that lie alike in the lattice share
// theirs. A sheet is one of a layer's octaves.
enum {
    TERRAIN_LANES = 32,
    TERRAIN_SHEETS = LAYER_COUNT + 2,
    TERRAIN_CELLS_MAX = 4096,
    TERRAIN_SIDE_MAX = 64,
    TERRAIN_START_REACH = 20 // START is asked for nearer than that: beyond, 4 * start < 1e-5
};

typedef struct TerrainPart {
    float x, y, z;
    int32_t point; // bytes from the gradients' first, before the cell's shift
} TerrainPart;
typedef struct TerrainSum { // a cell's noise in a sheet
    int32_t part;           // the first
    int32_t shift;
} TerrainSum;
typedef struct TerrainOrder { // the cells of a column, fewest parts first
    uint8_t y[TERRAIN_SIDE_MAX];
    uint8_t end[NOISE_PARTS_MAX + 1]; // end[n]: those of at most n parts; others are not asked for
} TerrainOrder;
enum { TERRAIN_ENTRY_BYTES = 4 * TERRAIN_LANES }; // times three where SHARE is 3
typedef struct TerrainPoint {                     // a lattice point
    int16_t i, j, k;
    int32_t entry;
} TerrainPoint;
typedef struct TerrainPlan {
    int32_t width, height, cells, part_count, point_count, entry_count;
    TerrainSum* sum;     // [TERRAIN_SHEETS, cells]
    TerrainOrder* order; // [width, TERRAIN_SHEETS]
    TerrainPart* part;   // [part_count]
    TerrainPoint* point; // [point_count] ordered by i, j, k within a sheet
    float* four_less;    // [cells] 4 - distance from the player's first cell
    int32_t* squared;    // [cells] that distance squared
} TerrainPlan;

// NULL when memory is short or the area larger than TERRAIN_SIDE_MAX squared.
TerrainPlan* terrain_plan_create(const WorldShape* shape);
void terrain_plan_destroy(TerrainPlan* plan); // NULL is allowed

// Memory for one batch at work.
typedef struct TerrainBatch {
    int32_t permutation[TERRAIN_LANES][256];
    // Three signed bytes, x lowest; then which of the first 12 gradients, and whether its opposite.
    int32_t gradient[TERRAIN_LANES][256];
    uint32_t first_key[TERRAIN_LANES], second_key[TERRAIN_LANES];
    float* gradients;   // [entry_count, 3, TERRAIN_LANES]
    uint8_t* material;  // [cells, TERRAIN_LANES] see TERRAIN_KIND
    uint32_t* doubtful; // [cells] bit n: lane n is too near to a threshold to be sure
} TerrainBatch;

TerrainBatch* terrain_batch_create(const TerrainPlan* plan); // NULL when memory is short
void terrain_batch_destroy(TerrainBatch* batch);             // NULL is allowed
// Terrain of `count` <= TERRAIN_LANES episodes, given by their generators at the beginning.
// cells[n]: [cells] bytes as terrain_cell gives them, every one equal to that.
void terrain_batch_make(const WorldShape* shape, const TerrainPlan* plan, TerrainBatch* batch,
                        int32_t count, const uint64_t key[], uint8_t* const cells[]);
