// The part of the terrain's noise that no seed changes (env/terrain.h).
//
// The lattice repeats itself along the layers' plane: by (1, -1, 0), which is (1, -1) in the plane,
// and by (2, 2, -1), which is (3, 3). Cells that are whole such steps apart have the same parts.
// Rounding may decide otherwise for a point that lies between two of the lattice's regions, so that
// every cell's own parts are worked out, and shared only when they agree.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "env/terrain.h"

typedef struct Step { // of the plane: cells, and lattice
    int32_t cells, across;
    int32_t i, j, k;
} Step;

typedef struct Sheet {
    double x_factor, x_part, y_factor, y_part, size, z, weight;
    // Cells repeat every `row` cells of one axis (x, or y when turned), `across` cells of the other
    // aside, and every `column` cells of the other.
    bool turned;
    bool sign_only; // compared with 0 and nothing else
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
    uint8_t* count; // [TERRAIN_SHEETS, cells] parts
} Builder;

static void describe_sheet(const LayerRule* rule, int32_t size, double weight, Sheet* sheet) {
    *sheet = (Sheet){.x_factor = rule->x_factor,
                     .x_part = rule->x_part,
                     .y_factor = rule->y_factor,
                     .y_part = rule->y_part,
                     .size = size,
                     .z = rule->z,
                     .weight = weight,
                     .turned = rule->y_factor > 1};
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

static int32_t cell_parts(const Sheet* sheet, int32_t x, int32_t y, NoisePart* part) {
    return noise_parts(x * sheet->x_factor / sheet->x_part / sheet->size,
                       y * sheet->y_factor / sheet->y_part / sheet->size, sheet->z, part);
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
        NoisePart part[NOISE_PARTS_MAX];
        for (int32_t x = 0; x < shape->width; x++) {
            for (int32_t y = 0; y < shape->height; y++) {
                const int32_t count = cell_parts(sheet, x, y, part);
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
        sheet->first_entry = entries;
        entries += (sheet->high[0] - sheet->low[0] + 1) * (sheet->high[1] - sheet->low[1] + 1) *
                   (sheet->high[2] - sheet->low[2] + 1);
    }
    builder->plan->entry_count = entries;
}

// The same parts as those of a cell that lies alike?
static bool parts_agree(const Builder* builder, const Sheet* sheet, const TerrainSum* other,
                        int32_t shift, const NoisePart* part, int32_t count) {
    const TerrainPart* have = builder->plan->part + other->part;
    if (builder->count[other - builder->plan->sum] != count) {
        return false;
    }
    for (int32_t n = 0; n < count; n++) {
        const int32_t entry = entry_of(sheet, part[n].i, part[n].j, part[n].k);
        if (have[n].point + shift != entry * TERRAIN_ENTRY_BYTES) {
            return false;
        }
    }
    return true;
}

// On a lattice point the noise is zero but for rounding, and where it is asked for its sign, that
// is what decides: such a sum is made large enough to be told from zero.
static double sign_scale(const Sheet* sheet, const NoisePart* part, int32_t count) {
    double size = 0;
    for (int32_t n = 0; n < count; n++) {
        size += part[n].weight * (fabs(part[n].x) + fabs(part[n].y) + fabs(part[n].z));
    }
    return sheet->sign_only && size > 0 && size < 1e-9 ? 1 / size : 1;
}

static bool add_parts(Builder* builder, const Sheet* sheet, const NoisePart* part, int32_t count) {
    TerrainPlan* plan = builder->plan;
    if (plan->part_count + count > builder->part_capacity) {
        const int32_t capacity = 2 * builder->part_capacity + NOISE_PARTS_MAX;
        TerrainPart* larger = realloc(plan->part, (size_t)capacity * sizeof *larger);
        if (!larger) {
            return false;
        }
        plan->part = larger;
        builder->part_capacity = capacity;
    }
    const double scale = sheet->weight / NOISE_NORM * sign_scale(sheet, part, count);
    for (int32_t n = 0; n < count; n++) {
        const double weight = part[n].weight * scale;
        plan->part[plan->part_count++] = (TerrainPart){
            (float)(weight * part[n].x), (float)(weight * part[n].y), (float)(weight * part[n].z),
            TERRAIN_ENTRY_BYTES * entry_of(sheet, part[n].i, part[n].j, part[n].k)};
    }
    return true;
}

static bool add_cell(Builder* builder, int s, int32_t x, int32_t y) {
    TerrainPlan* plan = builder->plan;
    Sheet* sheet = &builder->sheet[s];
    const int32_t cell = x * builder->shape->height + y;
    TerrainSum* sum = &plan->sum[(size_t)s * (size_t)plan->cells + (size_t)cell];
    NoisePart part[NOISE_PARTS_MAX];
    const int32_t count = cell_parts(sheet, x, y, part);
    builder->count[sum - plan->sum] = (uint8_t)count;
    const Phase phase = phase_of(sheet, x, y);
    uint32_t* first = &sheet->phase[phase.number];
    if (*first > 0) {
        const int32_t other = (int32_t)*first - 1, height = builder->shape->height;
        const Phase there = phase_of(sheet, other / height, other % height);
        const int32_t rows = phase.row - there.row, columns = phase.column - there.column;
        const int32_t i = rows * sheet->row.i + columns * sheet->column.i;
        const int32_t j = rows * sheet->row.j + columns * sheet->column.j;
        const int32_t k = rows * sheet->row.k + columns * sheet->column.k;
        const int32_t shift =
            (entry_of(sheet, i, j, k) - entry_of(sheet, 0, 0, 0)) * TERRAIN_ENTRY_BYTES;
        const TerrainSum* same = &plan->sum[(size_t)s * (size_t)plan->cells + (size_t)other];
        if (parts_agree(builder, sheet, same, shift, part, count)) {
            *sum = (TerrainSum){same->part, shift};
            return true;
        }
    }
    *sum = (TerrainSum){plan->part_count, 0};
    *first = *first > 0 ? *first : (uint32_t)cell + 1;
    return add_parts(builder, sheet, part, count);
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
        const TerrainSum* sum = &plan->sum[n];
        for (int32_t p = 0; p < builder->count[n]; p++) {
            used[(plan->part[sum->part + p].point + sum->shift) / TERRAIN_ENTRY_BYTES] = 1;
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
                        *point++ = (TerrainPoint){(int16_t)i, (int16_t)j, (int16_t)k, entry};
                    }
                }
            }
        }
    }
    free(used);
    return plan->point != NULL;
}

static void order_cells(Builder* builder) {
    TerrainPlan* plan = builder->plan;
    for (int32_t n = 0; n < plan->width * TERRAIN_SHEETS; n++) {
        TerrainOrder* order = &plan->order[n];
        const int32_t x = n / TERRAIN_SHEETS, sheet = n % TERRAIN_SHEETS;
        const uint8_t* counts = builder->count + sheet * plan->cells + x * plan->height;
        int32_t at = 0;
        for (int32_t count = 1; count <= NOISE_PARTS_MAX; count++) {
            for (int32_t y = 0; y < plan->height; y++) {
                if (counts[y] == count) {
                    order->y[at++] = (uint8_t)y;
                }
            }
            order->end[count] = (uint8_t)at;
        }
    }
}

static void measure_distances(Builder* builder) {
    const WorldShape* shape = builder->shape;
    for (int32_t cell = 0; cell < builder->plan->cells; cell++) {
        const int32_t dx = cell / shape->height - shape->width / 2;
        const int32_t dy = cell % shape->height - shape->height / 2;
        builder->plan->squared[cell] = dx * dx + dy * dy;
        builder->plan->four_less[cell] = (float)(4 - sqrt(dx * dx + dy * dy));
    }
}

static bool prepare(Builder* builder) {
    TerrainPlan* plan = builder->plan;
    const size_t cells = (size_t)plan->cells;
    plan->sum = calloc(cells * TERRAIN_SHEETS, sizeof *plan->sum);
    plan->order = calloc((size_t)plan->width * TERRAIN_SHEETS, sizeof *plan->order);
    builder->count = calloc(cells * TERRAIN_SHEETS, 1);
    plan->four_less = malloc(cells * sizeof *plan->four_less);
    plan->squared = malloc(cells * sizeof *plan->squared);
    bool good = plan->sum && plan->order && builder->count && plan->four_less && plan->squared;
    for (int layer = 0; layer < LAYER_COUNT; layer++) {
        const LayerRule* rule = &terrain_layer[layer];
        describe_sheet(rule, (int32_t)rule->size, 1, &builder->sheet[layer]);
        builder->sheet[layer].sign_only = layer == COAL || layer == TREE;
    }
    describe_sheet(&terrain_layer[WATER], SECOND_SIZE, terrain_layer[WATER].weight,
                   &builder->sheet[LAYER_COUNT]);
    describe_sheet(&terrain_layer[MOUNTAIN], SECOND_SIZE, terrain_layer[MOUNTAIN].weight,
                   &builder->sheet[LAYER_COUNT + 1]);
    for (int s = 0; s < TERRAIN_SHEETS; s++) {
        Sheet* sheet = &builder->sheet[s];
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
    free(plan->sum);
    free(plan->order);
    free(plan->part);
    free(plan->point);
    free(plan->four_less);
    free(plan->squared);
    free(plan);
}
