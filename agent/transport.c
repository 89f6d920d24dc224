#include "agent/transport.h"

#include <math.h>
#include <string.h>

static const double regularisation = 0.05, smallest_change = 1e-100;

typedef struct Table { // [rows, columns], row-major
    size_t rows, columns, count;
    double* k;      // the plan
    double* before; // the plan before a correction
} Table;

size_t transport_room(size_t rows, size_t columns) {
    return 5 * rows * columns + columns;
}

// k *= q, remembering k.
static void recall(const Table* t, const double* q) {
    memcpy(t->before, t->k, t->count * sizeof *t->k);
    for (size_t i = 0; i < t->count; i++) {
        t->k[i] *= q[i];
    }
}

// q *= before / k: what the projection took away is given back in the next round. A mass that has
// vanished stays so.
static void correct(const Table* t, double* q) {
    for (size_t i = 0; i < t->count; i++) {
        q[i] *= t->k[i] > 0 ? t->before[i] / t->k[i] : 1;
    }
}

static double sum(size_t count, const double* x) {
    double total = 0;
    for (size_t i = 0; i < count; i++) {
        total += x[i];
    }
    return total;
}

static void scale(size_t count, double factor, double* x) {
    for (size_t i = 0; i < count; i++) {
        x[i] *= factor;
    }
}

static void limit_rows(const Table* t, double* q) {
    recall(t, q);
    for (size_t i = 0; i < t->rows; i++) {
        double* row = t->k + i * t->columns;
        scale(t->columns, fmin(1 / sum(t->columns, row), 1), row);
    }
    correct(t, q);
}

static void limit_columns(const Table* t, double* q, double* sums) {
    recall(t, q);
    memset(sums, 0, t->columns * sizeof *sums);
    for (size_t i = 0; i < t->count; i++) {
        sums[i % t->columns] += t->k[i];
    }
    for (size_t i = 0; i < t->count; i++) {
        t->k[i] *= fmin(1 / sums[i % t->columns], 1);
    }
    correct(t, q);
}

static void scale_to_mass(const Table* t, double mass, double* q) {
    recall(t, q);
    scale(t->count, mass / sum(t->count, t->k), t->k);
    correct(t, q);
}

void transport_partial(size_t rows, size_t columns, const double* cost, double* plan,
                       double* room) {
    Table t = {rows, columns, rows * columns, plan, room};
    double *q[3], *start = room + 4 * t.count, *sums = room + 5 * t.count;
    double mass = (double)(rows < columns ? rows : columns);
    for (size_t i = 0; i < t.count; i++) {
        plan[i] = exp(-cost[i] / regularisation);
    }
    scale(t.count, mass / sum(t.count, plan), plan);
    for (size_t k = 0; k < 3; k++) {
        q[k] = room + (k + 1) * t.count;
        for (size_t i = 0; i < t.count; i++) {
            q[k][i] = 1;
        }
    }
    for (int iteration = 0; iteration < TRANSPORT_ITERATIONS; iteration++) {
        memcpy(start, plan, t.count * sizeof *plan);
        limit_rows(&t, q[0]);
        limit_columns(&t, q[1], sums);
        scale_to_mass(&t, mass, q[2]);
        double change = 0;
        for (size_t i = 0; i < t.count; i++) {
            change += (plan[i] - start[i]) * (plan[i] - start[i]);
        }
        if (sqrt(change) <= smallest_change) {
            return;
        }
    }
}
