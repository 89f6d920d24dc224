// Operators on a few numbers per row: plain loops, NetReal only.
#include <math.h>
#include <string.h>

#include "nets/plan.h"

static void store(bool accumulate, NetReal value, NetReal* to) {
    *to = accumulate ? *to + value : value;
}

void small_log_softmax(size_t rows, size_t width, const NetReal* x, NetReal* y) {
    for (size_t row = 0; row < rows; row++, x += width, y += width) {
        double largest = (double)x[0], sum = 0;
        for (size_t i = 1; i < width; i++) {
            largest = (double)x[i] > largest ? (double)x[i] : largest;
        }
        for (size_t i = 0; i < width; i++) {
            sum += exp((double)x[i] - largest);
        }
        double shift = largest + log(sum);
        for (size_t i = 0; i < width; i++) {
            y[i] = (NetReal)((double)x[i] - shift);
        }
    }
}

void small_d_log_softmax(size_t rows, size_t width, const NetReal* y, const NetReal* d_y,
                         bool accumulate, NetReal* d_x) {
    for (size_t row = 0; row < rows; row++, y += width, d_y += width, d_x += width) {
        double sum = 0;
        for (size_t i = 0; i < width; i++) {
            sum += (double)d_y[i];
        }
        for (size_t i = 0; i < width; i++) {
            store(accumulate, (NetReal)((double)d_y[i] - exp((double)y[i]) * sum), &d_x[i]);
        }
    }
}

// 1 / max(|x|, 1e-12), as torch.nn.functional.normalize
static double inverse_norm(size_t width, const NetReal* x) {
    double sum = 0;
    for (size_t i = 0; i < width; i++) {
        sum += (double)x[i] * (double)x[i];
    }
    double norm = sqrt(sum);
    return 1 / (norm > 1e-12 ? norm : 1e-12);
}

void small_l2_normalise(size_t rows, size_t width, const NetReal* x, NetReal* y) {
    for (size_t row = 0; row < rows; row++, x += width, y += width) {
        double factor = inverse_norm(width, x);
        for (size_t i = 0; i < width; i++) {
            y[i] = (NetReal)((double)x[i] * factor);
        }
    }
}

void small_d_l2_normalise(size_t rows, size_t width, const NetReal* x, const NetReal* d_y,
                          bool accumulate, NetReal* d_x) {
    for (size_t row = 0; row < rows; row++, x += width, d_y += width, d_x += width) {
        double factor = inverse_norm(width, x), along = 0;
        for (size_t i = 0; i < width; i++) {
            along += (double)d_y[i] * (double)x[i] * factor;
        }
        bool clamped = factor == 1 / 1e-12; // then the map is linear: nothing to project out
        for (size_t i = 0; i < width; i++) {
            double direction = clamped ? 0 : (double)x[i] * factor * along;
            store(accumulate, (NetReal)(factor * ((double)d_y[i] - direction)), &d_x[i]);
        }
    }
}

void small_multiply(size_t count, const NetReal* a, const NetReal* b, bool accumulate, NetReal* y) {
    for (size_t i = 0; i < count; i++) {
        store(accumulate, a[i] * b[i], &y[i]);
    }
}

void small_copy_columns(size_t rows, size_t columns, const NetReal* x, size_t x_width,
                        size_t x_first, bool accumulate, NetReal* y, size_t y_width,
                        size_t y_first) {
    for (size_t row = 0; row < rows; row++) {
        const NetReal* from = x + row * x_width + x_first;
        NetReal* to = y + row * y_width + y_first;
        if (!accumulate) {
            memcpy(to, from, columns * sizeof *to);
            continue;
        }
        for (size_t i = 0; i < columns; i++) {
            to[i] += from[i];
        }
    }
}
