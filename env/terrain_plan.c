// The part of the terrain's noise that no seed changes (env/terrain.h).
//
// The lattice repeats itself along the layers' plane: by (1, -1, 0), which is (1, -1) in the plane,
// and by (2, 2, -1), which is (3, 3). Cells that are whole such steps apart have the same parts.
// Rounding may decide otherwise for a point that lies between two of the lattice's regions, so that
// every cell's own parts are worked out, and shared only when they agree.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "env/terrain.h"

typedef struct Step { // of the plane: cells, and lattice
    int32_t cells, across;
    int32_t i, j, k;
} Step;

typedef struct Sheet {
    // Cells repeat every `row` cells of one axis (x, or y when turned), `across` cells of the other
    // aside, and every `column` cells of the other.
    bool turned;
    Step row, column;
    int32_t low[3], high[3]; // of lattice points
    int32_t first_entry;
    uint32_t* phase; // [row.cells, column.cells] the cell that came first, + 1
} Sheet;

typedef struct Builder {
    const WorldShape* shape;
    TerrainPlan* plan;
    Sheet sheet[TERRAIN_SHEETS];
    int32_t part_capacity;
    TerrainSum* sum; // [TERRAIN_SHEETS, cells]
    uint8_t* count;  // [TERRAIN_SHEETS, cells] parts
} Builder;

static void describe_sheet(int number, Sheet* sheet) {
    const LayerRule* rule = &terrain_layer[terrain_sheet_layer(number)];
    const int32_t size = number < LAYER_COUNT ? (int32_t)rule->size : SECOND_SIZE;
    *sheet = (Sheet){.turned = rule->y_factor > 1};
    if (rule->x_part == 1 && rule->y_part == 1) {
        sheet->row = (Step){size, size, 1, -1, 0};
        sheet->column = (Step){6 * size, 0, -1, 5, -1};
        return;
    }
    // Tunnels: 1.5 cells to a unit one way, 15 the other.
    sheet->row = (Step){3, 30, 2, -2, 0};
    sheet->column = (Step){90, 0, -1, 5, -1};
    if (sheet->turned) {
        sheet->row = (Step){3, 30, -2, 2, 0};
        sheet->column = (Step){90, 0, 5, -1, -1};
    }
}

typedef struct Phase {
    int32_t number;      // in sheet->phase
    int32_t row, column; // whole steps from there
} Phase;

static Phase phase_of(const Sheet* sheet, int32_t x, int32_t y) {
    const int32_t u = sheet->turned ? y : x, v = sheet->turned ? x : y;
    Phase phase = {.row = u / sheet->row.cells};
    const int32_t along = v + phase.row * sheet->row.across;
    phase.column = along / sheet->column.cells;
    phase.number = u % sheet->row.cells * sheet->column.cells + along % sheet->column.cells;
    return phase;
}

static int32_t entry_of(const Sheet* sheet, int32_t i, int32_t j, int32_t k) {
    const int32_t rows = sheet->high[1] - sheet->low[1] + 1;
    const int32_t depth = sheet->high[2] - sheet->low[2] + 1;
    return sheet->first_entry + ((i - sheet->low[0]) * rows + j - sheet->low[1]) * depth + k -
           sheet->low[2];
}

static bool wanted(const Builder* builder, int sheet, int32_t cell) {
    const int32_t reach = TERRAIN_START_REACH;
    return sheet != START || builder->plan->squared[cell] < reach * reach;
}

static void find_bounds(Builder* builder) {
    const WorldShape* shape = builder->shape;
    int32_t entries = 0;
    for (int s = 0; s < TERRAIN_SHEETS; s++) {
        Sheet* sheet = &builder->sheet[s];
        for (int axis = 0; axis < 3; axis++) {
            sheet->low[axis] = INT32_MAX, sheet->high[axis] = INT32_MIN;
        }
        TerrainSplat part[NOISE_PARTS_MAX];
        for (int32_t x = 0; x < shape->width; x++) {
            for (int32_t y = 0; y < shape->height; y++) {
                const int32_t count = terrain_splats(s, x, y, part);
                for (int32_t n = 0; n < count; n++) {
                    const int32_t at[3] = {part[n].i, part[n].j, part[n].k};
                    for (int axis = 0; axis < 3; axis++) {
                        sheet->low[axis] =
                            at[axis] < sheet->low[axis] ? at[axis] : sheet->low[axis];
                        sheet->high[axis] =
                            at[axis] > sheet->high[axis] ? at[axis] : sheet->high[axis];
                    }
                }
            }
        }
        for (int axis = 0; axis < 3 && sheet->low[axis] > sheet->high[axis]; axis++) {
            sheet->low[axis] = sheet->high[axis] = 0; // no cell has any parts
        }
        sheet->first_entry = entries;
        entries += (sheet->high[0] - sheet->low[0] + 1) * (sheet->high[1] - sheet->low[1] + 1) *
                   (sheet->high[2] - sheet->low[2] + 1);
    }
    assert(entries <= INT16_MAX); // as many as lie in the largest area
    builder->plan->entry_count = entries;
}

static TerrainPart part_of(const Sheet* sheet, const TerrainSplat* splat) {
    return (TerrainPart){splat->x, splat->y, splat->z,
                         (uint16_t)entry_of(sheet, splat->i, splat->j, splat->k)};
}

// The same parts as those of a cell that lies alike?
static bool parts_agree(const Builder* builder, const TerrainSum* other, int32_t shift,
                        const TerrainPart* part, int32_t count) {
    const TerrainPart* have = builder->plan->part + other->part;
    if (builder->count[other - builder->sum] != count) {
        return false;
    }
    for (int32_t n = 0; n < count; n++) {
        if (have[n].entry + shift != part[n].entry || have[n].x != part[n].x ||
            have[n].y != part[n].y || have[n].z != part[n].z) {
            return false;
        }
    }
    return true;
}

static bool add_parts(Builder* builder, const TerrainPart* part, int32_t count) {
    TerrainPlan* plan = builder->plan;
    assert(plan->part_count + count <= UINT16_MAX); // half of that in the largest area
    if (plan->part_count + count > builder->part_capacity) {
        const int32_t capacity = 2 * builder->part_capacity + NOISE_PARTS_MAX;
        TerrainPart* larger = realloc(plan->part, (size_t)capacity * sizeof *larger);
        if (!larger) {
            return false;
        }
        plan->part = larger;
        builder->part_capacity = capacity;
    }
    memcpy(plan->part + plan->part_count, part, (size_t)count * sizeof *part);
    plan->part_count += count;
    return true;
}

// By how much the points of `cell` lie behind those of a cell that lies alike.
static int32_t shift_from(const Sheet* sheet, const Phase* phase, const Phase* there) {
    const int32_t rows = phase->row - there->row, columns = phase->column - there->column;
    const int32_t i = rows * sheet->row.i + columns * sheet->column.i;
    const int32_t j = rows * sheet->row.j + columns * sheet->column.j;
    const int32_t k = rows * sheet->row.k + columns * sheet->column.k;
    return entry_of(sheet, i, j, k) - entry_of(sheet, 0, 0, 0);
}

static bool add_cell(Builder* builder, int s, int32_t x, int32_t y) {
    TerrainPlan* plan = builder->plan;
    Sheet* sheet = &builder->sheet[s];
    const int32_t height = builder->shape->height, cell = x * height + y;
    TerrainSum* sum = &builder->sum[(size_t)s * (size_t)plan->cells + (size_t)cell];
    TerrainSplat splat[NOISE_PARTS_MAX];
    TerrainPart part[NOISE_PARTS_MAX];
    const int32_t count = terrain_splats(s, x, y, splat);
    for (int32_t n = 0; n < count; n++) {
        part[n] = part_of(sheet, &splat[n]);
    }
    builder->count[sum - builder->sum] = (uint8_t)count;
    const Phase phase = phase_of(sheet, x, y);
    uint32_t* first = &sheet->phase[phase.number];
    if (*first > 0) {
        const int32_t other = (int32_t)*first - 1;
        const Phase there = phase_of(sheet, other / height, other % height);
        const int32_t shift = shift_from(sheet, &phase, &there);
        const TerrainSum* same = &builder->sum[(size_t)s * (size_t)plan->cells + (size_t)other];
        if (parts_agree(builder, same, shift, part, count)) {
            *sum = (TerrainSum){same->part, (int16_t)shift};
            return true;
        }
    }
    *sum = (TerrainSum){(uint16_t)plan->part_count, 0};
    *first = *first > 0 ? *first : (uint32_t)cell + 1;
    return add_parts(builder, part, count);
}

static bool add_cells(Builder* builder) {
    const WorldShape* shape = builder->shape;
    for (int s = 0; s < TERRAIN_SHEETS; s++) {
        for (int32_t x = 0; x < shape->width; x++) {
            for (int32_t y = 0; y < shape->height; y++) {
                const int32_t cell = x * shape->height + y;
                if (wanted(builder, s, cell) && !add_cell(builder, s, x, y)) {
                    return false;
                }
            }
        }
    }
    return true;
}

// The lattice points that any cell asks for.
static bool list_points(Builder* builder) {
    TerrainPlan* plan = builder->plan;
    uint8_t* used = calloc((size_t)plan->entry_count, 1);
    if (!used) {
        return false;
    }
    for (int32_t n = 0; n < plan->cells * TERRAIN_SHEETS; n++) {
        const TerrainSum* sum = &builder->sum[n];
        for (int32_t p = 0; p < builder->count[n]; p++) {
            used[plan->part[sum->part + p].entry + sum->shift] = 1;
        }
    }
    for (int32_t entry = 0; entry < plan->entry_count; entry++) {
        plan->point_count += used[entry];
    }
    plan->point = malloc(((size_t)plan->point_count + 1) * sizeof *plan->point);
    TerrainPoint* point = plan->point;
    for (int s = 0; point && s < TERRAIN_SHEETS; s++) {
        const Sheet* sheet = &builder->sheet[s];
        for (int32_t i = sheet->low[0]; i <= sheet->high[0]; i++) {
            for (int32_t j = sheet->low[1]; j <= sheet->high[1]; j++) {
                for (int32_t k = sheet->low[2]; k <= sheet->high[2]; k++) {
                    const int32_t entry = entry_of(sheet, i, j, k);
                    if (used[entry]) {
                        *point++ =
                            (TerrainPoint){(int16_t)i, (int16_t)j, (int16_t)k, (uint16_t)entry};
                    }
                }
            }
        }
    }
    free(used);
    return plan->point != NULL;
}

static void order_block(const Builder* builder, int sheet, int32_t left, int32_t top,
                        TerrainWork* work) {
    const TerrainPlan* plan = builder->plan;
    int32_t at = 0;
    for (int32_t count = 0; count <= NOISE_PARTS_MAX; count++) {
        for (int32_t n = 0; n < TERRAIN_BLOCK_CELLS; n++) {
            const int32_t x = left + n / TERRAIN_BLOCK, y = top + n % TERRAIN_BLOCK;
            const int32_t cell = sheet * plan->cells + x * plan->height + y;
            if (x < plan->width && y < plan->height && builder->count[cell] == count) {
                work->sum[at] = builder->sum[cell];
                work->cell[at++] = (uint8_t)n;
            }
        }
        work->end[count] = (uint8_t)at;
    }
}

static void order_cells(const Builder* builder) {
    const TerrainPlan* plan = builder->plan;
    TerrainWork* work = plan->work;
    for (int32_t left = 0; left < plan->width; left += TERRAIN_BLOCK) {
        for (int32_t top = 0; top < plan->height; top += TERRAIN_BLOCK) {
            for (int s = 0; s < TERRAIN_SHEETS; s++) {
                order_block(builder, s, left, top, work++);
            }
        }
    }
}

static void measure_distances(Builder* builder) {
    const WorldShape* shape = builder->shape;
    for (int32_t cell = 0; cell < builder->plan->cells; cell++) {
        const int32_t dx = cell / shape->height - shape->width / 2;
        const int32_t dy = cell % shape->height - shape->height / 2;
        builder->plan->squared[cell] = dx * dx + dy * dy;
        builder->plan->depth[cell] = terrain_depth(dx * dx + dy * dy);
    }
    for (int32_t depth = 0; depth <= TERRAIN_DEPTHS; depth++) {
        builder->plan->start[depth] = terrain_start(depth);
    }
}

static bool prepare(Builder* builder) {
    TerrainPlan* plan = builder->plan;
    const size_t cells = (size_t)plan->cells;
    const size_t blocks = (size_t)plan->block_columns * (size_t)plan->block_rows;
    plan->work = calloc(blocks * TERRAIN_SHEETS, sizeof *plan->work);
    builder->sum = calloc(cells * TERRAIN_SHEETS, sizeof *builder->sum);
    builder->count = calloc(cells * TERRAIN_SHEETS, 1);
    plan->depth = malloc(cells * sizeof *plan->depth);
    plan->squared = malloc(cells * sizeof *plan->squared);
    plan->start = malloc((TERRAIN_DEPTHS + 1) * sizeof *plan->start);
    bool good =
        plan->work && builder->sum && builder->count && plan->depth && plan->squared && plan->start;
    for (int s = 0; s < TERRAIN_SHEETS; s++) {
        Sheet* sheet = &builder->sheet[s];
        describe_sheet(s, sheet);
        sheet->phase = calloc((size_t)(sheet->row.cells * sheet->column.cells), sizeof(uint32_t));
        good = good && sheet->phase;
    }
    return good;
}

TerrainPlan* terrain_plan_create(const WorldShape* shape) {
    if (shape->width > TERRAIN_SIDE_MAX || shape->height > TERRAIN_SIDE_MAX) {
        return NULL;
    }
    Builder* builder = calloc(1, sizeof *builder);
    TerrainPlan* plan = calloc(1, sizeof *plan);
    bool good = builder && plan;
    if (good) {
        builder->shape = shape;
        builder->plan = plan;
        plan->width = shape->width;
        plan->height = shape->height;
        plan->cells = shape->width * shape->height;
        plan->block_columns = (shape->width + TERRAIN_BLOCK - 1) / TERRAIN_BLOCK;
        plan->block_rows = (shape->height + TERRAIN_BLOCK - 1) / TERRAIN_BLOCK;
        good = prepare(builder);
    }
    if (good) {
        measure_distances(builder);
        find_bounds(builder);
        good = add_cells(builder) && list_points(builder);
    }
    if (good) {
        order_cells(builder);
    }
    for (int s = 0; builder && s < TERRAIN_SHEETS; s++) {
        free(builder->sheet[s].phase);
    }
    if (builder) {
        free(builder->sum);
        free(builder->count);
    }
    free(builder);
    if (!good) {
        terrain_plan_destroy(plan);
        return NULL;
    }
    return plan;
}

void terrain_plan_destroy(TerrainPlan* plan) {
    if (!plan) {
        return;
    }
    free(plan->work);
    free(plan->part);
    free(plan->point);
    free(plan->depth);
    free(plan->squared);
    free(plan->start);
    free(plan);
}
