// First weights: normal draws, rescaled by row or made orthogonal (spec: "Initialisation").
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "nets/graph.h"

static double dot(size_t count, const double* a, const double* b) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

static void scale_to(size_t count, double norm, double* row) {
    double factor = norm / sqrt(dot(count, row, row));
    for (size_t i = 0; i < count; i++) {
        row[i] *= factor;
    }
}

// Gram and Schmidt, twice for orthogonality to rounding; vectors [count, width], count <= width.
static void orthonormalise(size_t count, size_t width, double* vectors) {
    for (size_t i = 0; i < count; i++) {
        double* row = vectors + i * width;
        for (int pass = 0; pass < 2; pass++) {
            for (size_t j = 0; j < i; j++) {
                const double* other = vectors + j * width;
                double share = dot(width, row, other);
                for (size_t k = 0; k < width; k++) {
                    row[k] -= share * other[k];
                }
            }
        }
        scale_to(width, 1, row);
    }
}

static void draw(const NetParam* param, NetRandom* random, double* values, NetReal* weights) {
    size_t rows = (size_t)param->shape[0], width = param->count / rows;
    for (size_t i = 0; i < param->count; i++) {
        values[i] = param->init == NET_INIT_UNIFORM
                        ? param->gain * (2 * net_random_uniform(random) - 1)
                        : net_random_normal(random);
    }
    if (param->init == NET_INIT_ROW_NORM) {
        for (size_t row = 0; row < rows; row++) {
            scale_to(width, param->gain, values + row * width);
        }
    }
    if (param->init != NET_INIT_ORTHOGONAL) {
        for (size_t i = 0; i < param->count; i++) {
            weights[i] = (NetReal)values[i];
        }
        return;
    }
    bool wide = rows <= width; // otherwise the columns become orthonormal
    orthonormalise(wide ? rows : width, wide ? width : rows, values);
    for (size_t row = 0; row < rows; row++) {
        for (size_t column = 0; column < width; column++) {
            double value = values[wide ? row * width + column : column * rows + row];
            weights[row * width + column] = (NetReal)(param->gain * value);
        }
    }
}

NetStatus net_init(const NetGraph* graph, NetRandom* random, NetReal* weights, char why[NET_WHY]) {
    size_t largest = 1;
    for (int32_t i = 0; i < graph->param_count; i++) {
        size_t count = graph->params[i].count;
        largest = count > largest ? count : largest;
    }
    double* values = malloc(largest * sizeof *values);
    if (!values) {
        snprintf(why, NET_WHY, "out of memory for %zu initial weights", largest);
        return NET_OUT_OF_MEMORY;
    }
    for (int32_t i = 0; i < graph->param_count; i++) {
        const NetParam* param = &graph->params[i];
        if (param->init != NET_INIT_ZERO && param->init != NET_INIT_ONE) {
            draw(param, random, values, weights + param->offset);
            continue;
        }
        for (size_t j = 0; j < param->count; j++) {
            weights[param->offset + j] = param->init == NET_INIT_ONE;
        }
    }
    free(values);
    return NET_OK;
}
