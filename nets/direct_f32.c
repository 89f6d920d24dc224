// The loops of direct.h on floats, for one instruction set; tests/nets/test_map.c holds them
// against plain loops in double precision. Sums run over blocks of input channels, taps and
// channels (or over cells) in one fixed order. What lies outside a picture is left out, not read as
// zeros: at 9 x 9 cells that saves a seventh of the products and all copying.
#include "nets/direct.h"

// Filters of 16 inputs and 32 outputs take 18 KB: they stay in the first cache for a whole picture.
enum { CHANNELS = 16, BLOCK = 16, MOST_VECTORS = 2, MOST_CELLS = 9 };
#if defined(__AVX512F__)
enum { LANES = 16, SUMS = 18, WEIGHT_SUMS = 24 }; // of 32 registers
#else
enum { LANES = 8, SUMS = 12, WEIGHT_SUMS = 12 }; // of 16 registers
#endif
static const size_t wide = MOST_VECTORS * LANES;

typedef float Lanes __attribute__((vector_size(4 * LANES)));
typedef int32_t Bits __attribute__((vector_size(4 * LANES)));
typedef float Loose __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

#ifdef ROLLED // for sanitizers, which look at every access: copies of it would compile for minutes
#define INLINE static __attribute__((noinline))
#define UNROLL
#define UNROLL_LITTLE
#else
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 32")
#define UNROLL_LITTLE _Pragma("GCC unroll 2") // without: a tenth slower with AVX2
#endif

INLINE Lanes load(const float* x) {
    return *(const Loose*)x;
}
INLINE void store(float* y, Lanes x) {
    *(Loose*)y = x;
}

INLINE Lanes positive(Lanes x) { // as in kernels.c, a NaN stays one
    Lanes zero = {0};
    return (Lanes)((Bits)x & ~(x < zero));
}

static size_t group_of(const DirectShape* shape) {
    return shape->outputs % wide == 0 ? wide : CHANNELS;
}

static DirectOrder order(const DirectShape* shape) {
    return (DirectOrder){group_of(shape), BLOCK, 1};
}

static size_t room_bytes(const DirectShape* shape, bool training) {
    (void)shape;
    (void)training;
    return 0;
}

// ---------------------------------------------------------------- forward
typedef struct Window { // what a call of convolve_cells works on
    const float* x;     // first cell that any tap sees, first channel of the block
    size_t inputs, outputs;
    size_t row;           // elements from one row of x to the next
    size_t taps;          // rows of taps that lie in the picture
    const float* filters; // of the first of them
    const float* start;   // of sums [group]; NULL: they go on from y
    bool begins, ends;    // the row, which there is nothing beside
    bool relu;
    float* y;
} Window;

// One tap on sums [cells, vectors] of the cells [first, last); x: what the first of them sees.
INLINE void add_tap(const size_t vectors, const size_t first, const size_t last,
                    const size_t inputs, const float* x, const float* filters, Lanes* sums) {
    UNROLL_LITTLE for (size_t i = 0; i < BLOCK; i++, filters += vectors * LANES) {
        Lanes weights[MOST_VECTORS];
        UNROLL for (size_t v = 0; v < vectors; v++) {
            weights[v] = load(filters + v * LANES);
        }
        UNROLL for (size_t cell = first; cell < last; cell++) {
            const float seen = x[(cell - first) * inputs + i];
            UNROLL for (size_t v = 0; v < vectors; v++) {
                sums[cell * vectors + v] += weights[v] * seen;
            }
        }
    }
}

// `cells` neighbouring outputs of one row.
INLINE void convolve_cells(const size_t vectors, const size_t cells, const Window* window) {
    const size_t inputs = window->inputs, tap = BLOCK * vectors * LANES;
    Lanes sums[SUMS];
    UNROLL for (size_t n = 0; n < cells * vectors; n++) {
        const float* begin = window->y + n / vectors * window->outputs;
        sums[n] = load((window->start ? window->start : begin) + n % vectors * LANES);
    }
    for (size_t row = 0; row < window->taps; row++) {
        const float* x = window->x + row * window->row;
        const float* filters = window->filters + row * 3 * tap;
        if (window->begins) {
            add_tap(vectors, 1, cells, inputs, x, filters, sums);
        } else {
            add_tap(vectors, 0, cells, inputs, x, filters, sums);
            x += inputs;
        }
        add_tap(vectors, 0, cells, inputs, x, filters + tap, sums);
        if (window->ends) {
            add_tap(vectors, 0, cells - 1, inputs, x + inputs, filters + 2 * tap, sums);
        } else {
            add_tap(vectors, 0, cells, inputs, x + inputs, filters + 2 * tap, sums);
        }
    }
    UNROLL for (size_t n = 0; n < cells * vectors; n++) {
        float* y = window->y + n / vectors * window->outputs + n % vectors * LANES;
        store(y, window->relu ? positive(sums[n]) : sums[n]);
    }
}

// Registers need a number of cells that the compiler knows.
INLINE void convolve_some(const size_t vectors, size_t cells, const Window* window) {
    switch (cells) {
#define CASE(n)                                                                                    \
    case n:                                                                                        \
        if ((n)*vectors <= SUMS) {                                                                 \
            convolve_cells(vectors, n, window);                                                    \
        }                                                                                          \
        break
        CASE(1);
        CASE(2);
        CASE(3);
        CASE(4);
        CASE(5);
        CASE(6);
        CASE(7);
        CASE(8);
        CASE(9);
    }
}

// One picture, `vectors` of output channels, one block of inputs. x, y: of their first channels.
INLINE void convolve_block(const size_t vectors, const DirectShape* shape, const float* x,
                           Window window) {
    const size_t width = shape->width,
                 most = SUMS / vectors < MOST_CELLS ? SUMS / vectors : MOST_CELLS;
    const size_t blocks = (width + most - 1) / most;
    const float* filters = window.filters;
    float* y = window.y;
    for (size_t top = 0; top < shape->height; top++) {
        const size_t above = top == 0 ? 1 : 0, beyond = top + 1 == shape->height ? 2 : 3;
        window.taps = beyond - above;
        window.filters = filters + above * 3 * BLOCK * vectors * LANES;
        for (size_t block = 0; block < blocks; block++) {
            size_t left = block * width / blocks, right = (block + 1) * width / blocks;
            window.x = x + ((top + above - 1) * width + left - (left > 0)) * shape->inputs;
            window.y = y + (top * width + left) * shape->outputs;
            window.begins = left == 0;
            window.ends = right == width;
            convolve_some(vectors, right - left, &window);
        }
    }
}

static void convolve_group(size_t group, const DirectShape* shape, const float* x, Window window) {
    if (wide == CHANNELS || group == wide) {
        convolve_block(MOST_VECTORS, shape, x, window);
    } else {
        convolve_block(CHANNELS / LANES, shape, x, window);
    }
}

static void convolve(const DirectShape* shape, const void* x, const void* filters,
                     const float* bias, bool relu, void* y, void* room) {
    (void)room;
    static const float zeros[MOST_VECTORS * LANES] = {0};
    const size_t in = shape->inputs, out = shape->outputs, group = group_of(shape);
    const size_t cells = shape->height * shape->width;
    for (size_t picture = 0; picture < shape->rows; picture++) {
        const float* seen = (const float*)x + picture * cells * in;
        Window window = {.inputs = in, .outputs = out, .row = shape->width * in};
        window.filters = filters;
        for (size_t o = 0; o < out; o += group) {
            for (size_t i = 0; i < in; i += BLOCK, window.filters += 9 * BLOCK * group) {
                window.start = i > 0 ? NULL : bias ? bias + o : zeros;
                window.relu = relu && i + BLOCK == in;
                window.y = (float*)y + picture * cells * out + o;
                convolve_group(group, shape, seen + i, window);
            }
        }
    }
}

// ---------------------------------------------------------------- the filters' gradient
typedef struct Tile { // of d_weight: three taps side by side, some inputs, `vectors` of outputs
    size_t width, inputs, outputs;
    size_t rows; // of pairs of x and d_y that the taps connect
    const float *x, *d_y;
    float* d_weight;
} Tile;

// One cell of d_y; taps [first, last) lie in the picture. x: the cell seen by the middle tap.
INLINE void add_cell(const size_t vectors, const size_t first, const size_t last, const Tile* tile,
                     const float* x, const float* d_y, Lanes* sums) {
    const size_t count = WEIGHT_SUMS / 3 / vectors;
    Lanes given[MOST_VECTORS];
    UNROLL for (size_t v = 0; v < vectors; v++) {
        given[v] = load(d_y + v * LANES);
    }
    UNROLL for (size_t tap = first; tap < last; tap++) {
        const float* at = tap == 0 ? x - tile->inputs : tap == 1 ? x : x + tile->inputs;
        UNROLL for (size_t i = 0; i < count; i++) {
            const float seen = at[i];
            UNROLL for (size_t v = 0; v < vectors; v++) {
                sums[(tap * count + i) * vectors + v] += given[v] * seen;
            }
        }
    }
}

INLINE void add_tile(const size_t vectors, const Tile* tile) {
    const size_t count = WEIGHT_SUMS / 3 / vectors, in = tile->inputs, out = tile->outputs;
    const size_t width = tile->width;
    Lanes sums[WEIGHT_SUMS];
    UNROLL for (size_t n = 0; n < WEIGHT_SUMS; n++) {
        size_t tap = n / vectors / count, i = n / vectors % count;
        sums[n] = load(tile->d_weight + (tap * in + i) * out + n % vectors * LANES);
    }
    for (size_t row = 0; row < tile->rows; row++) {
        const float *x = tile->x + row * width * in, *d_y = tile->d_y + row * width * out;
        if (width == 1) {
            add_cell(vectors, 1, 2, tile, x, d_y, sums);
            continue;
        }
        add_cell(vectors, 1, 3, tile, x, d_y, sums);
        for (size_t left = 1; left + 1 < width; left++) {
            add_cell(vectors, 0, 3, tile, x + left * in, d_y + left * out, sums);
        }
        add_cell(vectors, 0, 2, tile, x + (width - 1) * in, d_y + (width - 1) * out, sums);
    }
    UNROLL for (size_t n = 0; n < WEIGHT_SUMS; n++) {
        size_t tap = n / vectors / count, i = n / vectors % count;
        store(tile->d_weight + (tap * in + i) * out + n % vectors * LANES, sums[n]);
    }
}

// All tiles of one row of taps.
INLINE void add_tiles(const size_t vectors, const DirectShape* shape, Tile tile) {
    const size_t count = WEIGHT_SUMS / 3 / vectors;
    const float *x = tile.x, *d_y = tile.d_y;
    float* d_weight = tile.d_weight;
    for (size_t o = 0; o < shape->outputs; o += vectors * LANES) {
        for (size_t i = 0; i < shape->inputs; i += count) {
            tile.x = x + i;
            tile.d_y = d_y + o;
            tile.d_weight = d_weight + i * shape->outputs + o;
            add_tile(vectors, &tile);
        }
    }
}

static void d_weights(const DirectShape* shape, const void* x, const void* d_y, float* d_weight,
                      void* room) {
    (void)room;
    const size_t in = shape->inputs, out = shape->outputs, width = shape->width;
    const size_t height = shape->height, cells = height * width;
    for (size_t picture = 0; picture < shape->rows; picture++) {
        for (size_t row = 0; row < 3; row++) {
            Tile tile = {.width = width, .inputs = in, .outputs = out};
            tile.rows = row == 1 ? height : height - 1;
            tile.x = (const float*)x + (picture * cells + (row == 2) * width) * in;
            tile.d_y = (const float*)d_y + (picture * cells + (row == 0) * width) * out;
            tile.d_weight = d_weight + row * 3 * in * out;
            if (wide == CHANNELS || group_of(shape) == wide) {
                add_tiles(MOST_VECTORS, shape, tile);
            } else {
                add_tiles(CHANNELS / LANES, shape, tile);
            }
        }
    }
}

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
extern const NetDirect JOIN(net_direct_, KERNELS);
const NetDirect JOIN(net_direct_, KERNELS) = {.element = sizeof(float),
                                              .channels = CHANNELS,
                                              .order = order,
                                              .room_bytes = room_bytes,
                                              .convolve = convolve,
                                              .d_weights = d_weights};
