// What the ground of a new world is made of: noise in layers and a decision tree over them. In mode
// exact, worldgen.c makes it in double precision, as the original does. In mode fast it is made of
// whole numbers and draws by place: terrain_cell.c says how, a cell at a time, and terrain_lanes.c
// does the same for many worlds at once. Internal to env/.
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

// ---------------------------------------------------------------- whole numbers
// Mode fast: noise and what is made of it in units of 1 / TERRAIN_ONE, so that every processor and
// every way of making a world gives the same bits. Of cells, 1 in some thousands comes out
// otherwise than in double precision (tests/env/test_terrain.c counts them).
//
// A sheet is one of a layer's octaves, and a cell's noise in it the sum over its parts of
// rounded(x, g[0]) + rounded(y, g[1]) + rounded(z, g[2]), g being the gradient of the part's
// lattice point times TERRAIN_GRADIENT.
enum {
    TERRAIN_ONE = 1 << 14,
    TERRAIN_GRADIENT = 1023,     // odd, because halves are rounded up and must be rare
    TERRAIN_THREE_TENTHS = 9830, // in units of 1 / 2^15
    TERRAIN_SHEETS = LAYER_COUNT + 2,
    TERRAIN_START_REACH = 18,  // cells from the player's first; beyond, START decides nothing
    TERRAIN_DEPTHS = 12 * 1024 // see terrain_start
};
// The largest number not above x * TERRAIN_ONE; x > -1. A number is above x when it is above this.
#define TERRAIN_LEVEL(x) ((int16_t)((int32_t)(((x) + 1) * TERRAIN_ONE) - TERRAIN_ONE))

static inline int16_t terrain_rounded(int16_t a, int16_t b) { // a * b / 2^15
    return (int16_t)((((int32_t)a * b >> 14) + 1) >> 1);
}

static inline Layer terrain_sheet_layer(int sheet) {
    return sheet < LAYER_COUNT ? (Layer)sheet : sheet == LAYER_COUNT ? WATER : MOUNTAIN;
}

typedef struct TerrainSplat { // a part
    int32_t i, j, k;          // lattice point
    int16_t x, y, z;
} TerrainSplat;
// Of a cell in a sheet. Returns how many.
int32_t terrain_splats(int sheet, int32_t x, int32_t y, TerrainSplat splat[NOISE_PARTS_MAX]);

// From -1024 * (4 - distance + 2 * noise), in [0, TERRAIN_DEPTHS), 4 * start in units of
// 1 / TERRAIN_ONE; 0 for greater depths. Below 0, start is above its threshold.
int16_t terrain_start(int32_t depth);
// -1024 * (4 - distance)
int16_t terrain_depth(int32_t squared_distance);

// A cell of mode fast as it comes out: material, and in the bits above it the ObjectKind.
enum { TERRAIN_KIND = 4 };
uint8_t terrain_cell(const WorldShape* shape, const Noise* noise, TerrainKey key, int32_t x,
                     int32_t y);

// ---------------------------------------------------------------- many worlds at once
// Of everything that noise adds up, only the lattice's gradients depend on the seed. A plan holds
// the rest. Cells that lie alike in the lattice share their parts.
enum { TERRAIN_LANES = 32, TERRAIN_SIDE_MAX = 64 };

typedef struct TerrainPart {
    int16_t x, y, z; // of TerrainSplat
    uint16_t entry;  // of the gradients, before the cell's shift
} TerrainPart;
typedef struct TerrainSum { // a cell's noise in a sheet
    uint16_t part;          // the first
    int16_t shift;
} TerrainSum;
// Cells are worked on in square blocks, whose parts share most of their lattice points.
enum { TERRAIN_BLOCK = 8, TERRAIN_BLOCK_CELLS = TERRAIN_BLOCK * TERRAIN_BLOCK };
typedef struct TerrainWork {             // a block in a sheet
    TerrainSum sum[TERRAIN_BLOCK_CELLS]; // fewest parts first
    uint8_t cell[TERRAIN_BLOCK_CELLS];   // x * TERRAIN_BLOCK + y within the block
    uint8_t end[NOISE_PARTS_MAX + 1];    // end[n]: those of at most n parts
} TerrainWork;
enum { TERRAIN_ENTRY = 3 * TERRAIN_LANES }; // numbers of an entry
typedef struct TerrainPoint {               // a lattice point
    int16_t i, j, k;
    uint16_t entry;
} TerrainPoint;
typedef struct TerrainPlan {
    int32_t width, height, cells, part_count, point_count, entry_count;
    int32_t block_columns, block_rows;
    TerrainWork* work;   // [block_columns, block_rows, TERRAIN_SHEETS]
    TerrainPart* part;   // [part_count]
    TerrainPoint* point; // [point_count] ordered by i, j, k within a sheet
    int16_t* depth;      // [cells] terrain_depth
    int32_t* squared;    // [cells] distance from the player's first cell
    int16_t* start;      // [TERRAIN_DEPTHS + 1] terrain_start
} TerrainPlan;

// NULL when memory is short or the area larger than TERRAIN_SIDE_MAX squared.
TerrainPlan* terrain_plan_create(const WorldShape* shape);
void terrain_plan_destroy(TerrainPlan* plan); // NULL is allowed

// Memory for one batch at work.
typedef struct TerrainBatch {
    Noise noise[TERRAIN_LANES];
    uint32_t first_key[TERRAIN_LANES], second_key[TERRAIN_LANES];
    int16_t* gradients; // [entry_count, 3, TERRAIN_LANES] times TERRAIN_GRADIENT
    uint8_t* material;  // [cells, TERRAIN_LANES] as terrain_cell
} TerrainBatch;

TerrainBatch* terrain_batch_create(const TerrainPlan* plan); // NULL when memory is short
void terrain_batch_destroy(TerrainBatch* batch);             // NULL is allowed
// Terrain of `count` <= TERRAIN_LANES episodes, given by their generators at the beginning.
// cells[n]: [cells] bytes as terrain_cell gives them.
void terrain_batch_make(const WorldShape* shape, const TerrainPlan* plan, TerrainBatch* batch,
                        int32_t count, const uint64_t key[], uint8_t* const cells[]);
