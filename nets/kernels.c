// Loops of kernels.h for one instruction set (the compiler's flags) and one storage type
// (KERNELS_HALF). Plain C: the vectoriser does the rest. "omp simd reduction" lets it reorder a
// sum, in an order that is fixed for a given build.
#include "nets/kernels.h"

#include <math.h>
#include <string.h>

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

#ifdef KERNELS_HALF
typedef uint16_t Element;
static inline NetReal get(Element x) {
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return (NetReal)value;
}
static inline Element put(NetReal x) { // to nearest, ties to even; a NaN stays one
    float value = (float)x;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    return (Element)((bits & 0x7fffffff) > 0x7f800000 ? (bits >> 16) | 0x40 : rounded);
}
#else
typedef NetReal Element;
static inline NetReal get(Element x) {
    return x;
}
static inline Element put(NetReal x) {
    return x;
}
#endif

static void from_real(size_t count, const NetReal* restrict x, void* restrict to) {
    Element* y = to;
    for (size_t i = 0; i < count; i++) {
        y[i] = put(x[i]);
    }
}

static void to_real(size_t count, const void* restrict from, NetReal* restrict y) {
    const Element* x = from;
    for (size_t i = 0; i < count; i++) {
        y[i] = get(x[i]);
    }
}

static void from_bytes(size_t count, const uint8_t* restrict x, void* restrict to) {
    Element* y = to;
    for (size_t i = 0; i < count; i++) {
        y[i] = put((NetReal)x[i] / 255);
    }
}

// A line of pixels goes to the patches that lie side by side on it, `run` elements to each.
static void deal_line(size_t count, size_t run, size_t k, const uint8_t* restrict x,
                      Element* restrict y) {
    enum { PIECE = 512 }; // converted at once, whatever the patches' width: long loops are fast
    Element piece[PIECE];
    size_t inside = 0; // of the patch that y points to
    for (size_t first = 0; first < count; first += PIECE) {
        size_t left = count - first < PIECE ? count - first : PIECE;
        const Element* from = piece;
        from_bytes(left, x + first, piece);
        while (left > 0) {
            size_t some = run - inside < left ? run - inside : left;
            memcpy(y + inside, from, some * sizeof *y);
            from += some;
            left -= some;
            inside += some;
            if (inside == run) {
                inside = 0;
                y += k * run;
            }
        }
    }
}

static void patches(size_t rows, size_t height, size_t width, size_t channels, size_t k,
                    const uint8_t* restrict x, void* restrict to) {
    Element* y = to;
    size_t run = k * channels, across = width / k, stride = width * channels;
    for (size_t row = 0; row < rows; row++, x += height * stride) {
        for (size_t top = 0; top + k <= height; top += k, y += across * k * run) {
            for (size_t dy = 0; dy < k; dy++) {
                deal_line(across * run, run, k, x + (top + dy) * stride, y + dy * run);
            }
        }
    }
}

static void add(size_t count, const void* left, const void* right, void* to) {
    const Element *a = left, *b = right;
    Element* y = to; // may be a or b
    for (size_t i = 0; i < count; i++) {
        y[i] = put(get(a[i]) + get(b[i]));
    }
}

static void relu(size_t count, const void* from, void* to) {
    const Element* x = from;
    Element* y = to;
    for (size_t i = 0; i < count; i++) {
        NetReal value = get(x[i]);
        y[i] = put(value > 0 || value != value ? value : 0);
    }
}

static void mask(size_t count, const void* restrict of, void* restrict gradient) {
    const Element* y = of;
    Element* d_y = gradient;
    for (size_t i = 0; i < count; i++) {
        d_y[i] = get(y[i]) > 0 ? d_y[i] : (Element)0;
    }
}

static void norm(const NetNormShape* shape, const void* restrict from,
                 const NetReal* restrict scale, const NetReal* restrict shift, void* restrict to,
                 NetReal* restrict stats) {
    const size_t channels = shape->channels, size = shape->positions * channels;
    const Element* x = from;
    Element* y = to;
    for (size_t span = 0; span < shape->spans; span++, x += size, y += size) {
        double sum = 0, square = 0;
        for (size_t first = 0; first < size; first += 1024) { // short sums keep float exact enough
            size_t last = first + 1024 < size ? first + 1024 : size;
            NetReal part = 0, part_square = 0;
#pragma omp simd reduction(+ : part, part_square)
            for (size_t i = first; i < last; i++) {
                NetReal value = get(x[i]);
                part += value;
                part_square += value * value;
            }
            sum += (double)part;
            square += (double)part_square;
        }
        double mean = sum / (double)size, variance = square / (double)size - mean * mean;
        NetReal centre = (NetReal)mean;
        NetReal factor = (NetReal)(1 / sqrt((variance > 0 ? variance : 0 * variance) + 1e-5));
        for (size_t p = 0; p < size; p += channels) {
            for (size_t c = 0; c < channels; c++) {
                y[p + c] = put((get(x[p + c]) - centre) * factor * scale[c] + shift[c]);
            }
        }
        stats[2 * span] = centre;
        stats[2 * span + 1] = factor;
    }
}

// With h = (x - mean) * factor and g = d_y * scale: d_x = factor * (g - mean(g) - h * mean(g h)).
// mean(g) and mean(g h) follow from the per-channel sums that scale and shift need anyway.
static void d_norm(const NetNormShape* shape, const void* restrict from,
                   const NetReal* restrict scale, const NetReal* restrict stats,
                   const void* restrict gradient, bool accumulate, void* restrict to,
                   NetReal* restrict d_scale, NetReal* restrict d_shift, NetReal* restrict sums) {
    const size_t channels = shape->channels, size = shape->positions * channels;
    const Element *x = from, *d_y = gradient;
    NetReal *sum = sums, *sum_h = sums + channels;
    for (size_t span = 0; span < shape->spans; span++, x += size, d_y += size) {
        const NetReal centre = stats[2 * span], factor = stats[2 * span + 1];
        memset(sums, 0, 2 * channels * sizeof *sums);
        for (size_t p = 0; p < size; p += channels) {
            for (size_t c = 0; c < channels; c++) {
                NetReal d = get(d_y[p + c]);
                sum[c] += d;
                sum_h[c] += d * ((get(x[p + c]) - centre) * factor);
            }
        }
        NetReal mean = 0, mean_h = 0;
#pragma omp simd reduction(+ : mean, mean_h)
        for (size_t c = 0; c < channels; c++) {
            mean += scale[c] * sum[c];
            mean_h += scale[c] * sum_h[c];
            d_shift[c] += sum[c];
            d_scale[c] += sum_h[c];
        }
        mean /= (NetReal)size;
        mean_h /= (NetReal)size;
        if (!to) {
            continue;
        }
        Element* d_x = (Element*)to + span * size;
        for (size_t p = 0; p < size; p += channels) {
            for (size_t c = 0; c < channels; c++) {
                NetReal h = (get(x[p + c]) - centre) * factor;
                NetReal d = factor * (get(d_y[p + c]) * scale[c] - mean - h * mean_h);
                d_x[p + c] = put(accumulate ? get(d_x[p + c]) + d : d);
            }
        }
    }
}

// Calls body for each of the up to nine input cells of output cell (oy, ox), in row-major order.
typedef struct PoolWindow {
    size_t top, bottom, left, right; // input cells [top, bottom) x [left, right)
} PoolWindow;

static PoolWindow pool_window(const NetPoolShape* shape, size_t oy, size_t ox) {
    size_t bottom = 2 * oy + 2, right = 2 * ox + 2;
    return (PoolWindow){oy ? 2 * oy - 1 : 0, bottom < shape->height ? bottom : shape->height,
                        ox ? 2 * ox - 1 : 0, right < shape->width ? right : shape->width};
}

static void pool_cell(size_t channels, uint8_t cell, const Element* restrict x,
                      Element* restrict best, uint8_t* restrict argmax) {
    for (size_t c = 0; c < channels; c++) {
        bool better = get(x[c]) > get(best[c]);
        best[c] = better ? x[c] : best[c];
        argmax[c] = better ? cell : argmax[c];
    }
}

static void pool(const NetPoolShape* shape, const void* restrict from, void* restrict to,
                 uint8_t* restrict argmax) {
    const size_t channels = shape->channels;
    const Element* x = from;
    Element* y = to;
    size_t out_height = (shape->height + 1) / 2, out_width = (shape->width + 1) / 2;
    for (size_t row = 0; row < shape->rows; row++) {
        for (size_t oy = 0; oy < out_height; oy++) {
            for (size_t ox = 0; ox < out_width; ox++, y += channels, argmax += channels) {
                PoolWindow w = pool_window(shape, oy, ox);
                uint8_t first = (uint8_t)((w.top + 1 - 2 * oy) * 3 + (w.left + 1 - 2 * ox));
                memcpy(y, x + (w.top * shape->width + w.left) * channels,
                       channels * sizeof(Element));
                memset(argmax, first, channels);
                for (size_t iy = w.top; iy < w.bottom; iy++) {
                    for (size_t ix = w.left; ix < w.right; ix++) {
                        uint8_t cell = (uint8_t)((iy + 1 - 2 * oy) * 3 + (ix + 1 - 2 * ox));
                        pool_cell(channels, cell, x + (iy * shape->width + ix) * channels, y,
                                  argmax);
                    }
                }
            }
        }
        x += shape->height * shape->width * channels;
    }
}

static void d_pool_cell(size_t channels, uint8_t cell, const uint8_t* restrict argmax,
                        const Element* restrict d_y, Element* restrict d_x) {
    for (size_t c = 0; c < channels; c++) {
        d_x[c] = argmax[c] == cell ? put(get(d_x[c]) + get(d_y[c])) : d_x[c];
    }
}

static void d_pool(const NetPoolShape* shape, const uint8_t* restrict argmax,
                   const void* restrict gradient, bool accumulate, void* restrict to) {
    const size_t channels = shape->channels;
    const Element* d_y = gradient;
    Element* d_x = to;
    size_t in_size = shape->height * shape->width * channels;
    size_t out_height = (shape->height + 1) / 2, out_width = (shape->width + 1) / 2;
    for (size_t row = 0; row < shape->rows; row++, d_x += in_size) {
        if (!accumulate) {
            memset(d_x, 0, in_size * sizeof(Element));
        }
        for (size_t oy = 0; oy < out_height; oy++) {
            for (size_t ox = 0; ox < out_width; ox++, d_y += channels, argmax += channels) {
                PoolWindow w = pool_window(shape, oy, ox);
                for (size_t iy = w.top; iy < w.bottom; iy++) {
                    for (size_t ix = w.left; ix < w.right; ix++) {
                        uint8_t cell = (uint8_t)((iy + 1 - 2 * oy) * 3 + (ix + 1 - 2 * ox));
                        d_pool_cell(channels, cell, argmax, d_y,
                                    d_x + (iy * shape->width + ix) * channels);
                    }
                }
            }
        }
    }
}

static void add_columns(size_t rows, size_t width, const void* restrict from,
                        NetReal* restrict sum) {
    const Element* x = from;
    for (size_t row = 0; row < rows; row++, x += width) {
        for (size_t c = 0; c < width; c++) {
            sum[c] += get(x[c]);
        }
    }
}

static void bias_relu(size_t rows, size_t width, const NetReal* restrict bias, bool with_relu,
                      void* restrict to) {
    Element* y = to;
    for (size_t row = 0; bias && row < rows; row++) {
        for (size_t c = 0; c < width; c++) {
            y[row * width + c] = put(get(y[row * width + c]) + bias[c]);
        }
    }
    if (with_relu) {
        relu(rows * width, y, y);
    }
}

static void unfold(size_t height, size_t width, size_t channels, const void* restrict from,
                   NetReal* restrict columns) {
    const Element* x = from;
    for (size_t y = 0; y < height; y++) {
        for (size_t cell = 0; cell < width * 9; cell++, columns += channels) {
            size_t iy = y + cell % 9 / 3, ix = cell / 9 + cell % 3; // one more than the input's
            if (iy < 1 || iy > height || ix < 1 || ix > width) {
                memset(columns, 0, channels * sizeof *columns);
            } else {
                to_real(channels, x + ((iy - 1) * width + ix - 1) * channels, columns);
            }
        }
    }
}

static void d_unfold(size_t height, size_t width, size_t channels,
                     const NetReal* restrict d_columns, void* restrict to) {
    Element* d_x = to;
    for (size_t y = 0; y < height; y++) {
        for (size_t cell = 0; cell < width * 9; cell++, d_columns += channels) {
            size_t iy = y + cell % 9 / 3, ix = cell / 9 + cell % 3;
            if (iy >= 1 && iy <= height && ix >= 1 && ix <= width) {
                Element* target = d_x + ((iy - 1) * width + ix - 1) * channels;
                for (size_t c = 0; c < channels; c++) {
                    target[c] = put(get(target[c]) + d_columns[c]);
                }
            }
        }
    }
}

static double square_sum(size_t count, const NetReal* restrict x) {
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++) {
        sum += (double)x[i] * (double)x[i];
    }
    return sum;
}

// rate = learning rate / (1 - beta1^t), correction = 1 / sqrt(1 - beta2^t).
static void adam_update(size_t count, const NetAdam* adam, double rate, double correction,
                        double scale, const NetReal* restrict gradient, NetReal* restrict mean,
                        NetReal* restrict square, NetReal* restrict weights) {
    const NetReal beta1 = (NetReal)adam->beta1, beta2 = (NetReal)adam->beta2;
    const NetReal rest1 = (NetReal)(1 - adam->beta1), rest2 = (NetReal)(1 - adam->beta2);
    const NetReal step = (NetReal)rate, root = (NetReal)correction, clip = (NetReal)scale;
    const NetReal epsilon = (NetReal)adam->epsilon;
    for (size_t i = 0; i < count; i++) {
        NetReal g = gradient[i] * clip;
        mean[i] = beta1 * mean[i] + rest1 * g;
        square[i] = beta2 * square[i] + rest2 * g * g;
#ifdef NETS_DOUBLE
        NetReal size = sqrt(square[i]);
#else
        NetReal size = sqrtf(square[i]);
#endif
        weights[i] -= step * mean[i] / (size * root + epsilon);
    }
}

extern const NetKernels JOIN(net_kernels_, KERNELS);
const NetKernels JOIN(net_kernels_, KERNELS) = {
    .from_real = from_real,
    .to_real = to_real,
    .from_bytes = from_bytes,
    .patches = patches,
    .add = add,
    .relu = relu,
    .mask = mask,
    .norm = norm,
    .d_norm = d_norm,
    .pool = pool,
    .d_pool = d_pool,
    .add_columns = add_columns,
    .bias_relu = bias_relu,
    .unfold = unfold,
    .d_unfold = d_unfold,
    .square_sum = square_sum,
    .adam = adam_update,
};
