// Partial optimal transport against plans of the POT library.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/transport.h"
#include "tests/agent/vectors.h"
#include "tests/suite.h"

static void solve(size_t rows, size_t columns, const double* cost, double* plan) {
    double* room = malloc(transport_room(rows, columns) * sizeof *room);
    transport_partial(rows, columns, cost, plan, room);
    free(room);
}

START_TEST(plans_of_pot) {
    Vectors* vectors = vectors_read("tests/vectors/partial-transport.txt.gz");
    int cases = 0;
    const Vector* cost;
    char name[32];
    for (snprintf(name, sizeof name, "case0.cost"); (cost = vector_with_prefix(vectors, name, 0));
         snprintf(name, sizeof name, "case%d.cost", ++cases)) {
        snprintf(name, sizeof name, "case%d.plan", cases);
        const Vector* expected = vector_named(vectors, name);
        double* plan = malloc(cost->count * sizeof *plan);
        solve(cost->shape[0], cost->shape[1], cost->values, plan);
        for (size_t i = 0; i < cost->count; i++) {
            ck_assert_msg(fabs(plan[i] - expected->values[i]) <= 1e-9, "%s[%zu]: %.17g, not %.17g",
                          name, i, plan[i], expected->values[i]);
        }
        free(plan);
    }
    ck_assert_int_eq(cases, 7);
    vectors_destroy(vectors);
}
END_TEST

START_TEST(masses) {
    enum { ROWS = 6, COLUMNS = 9 };
    double cost[ROWS * COLUMNS], plan[ROWS * COLUMNS], total = 0;
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        cost[i] = fabs(sin(1 + i * i)); // any numbers of [0, 1]
    }
    solve(ROWS, COLUMNS, cost, plan);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        ck_assert(plan[i] >= 0);
        total += plan[i];
    }
    ck_assert_double_eq_tol(total, ROWS, 1e-9);
    for (int i = 0; i < ROWS; i++) {
        double row = 0;
        for (int j = 0; j < COLUMNS; j++) {
            row += plan[i * COLUMNS + j];
        }
        ck_assert_double_le(row, 1 + 1e-2); // 100 iterations come that near
    }
}
END_TEST

// The cost of a perfect match is 0 and of everything else the worst possible.
START_TEST(certain_match_at_the_extremes) {
    enum { SIDE = 22 };
    double cost[SIDE * SIDE], plan[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++) {
        cost[i] = i / SIDE == (i % SIDE + 5) % SIDE ? 0 : 2;
    }
    solve(SIDE, SIDE, cost, plan);
    for (int i = 0; i < SIDE * SIDE; i++) {
        ck_assert_int_eq(plan[i] > 0.5, cost[i] < 1);
    }
}
END_TEST

Suite* suite(void) {
    Suite* s = suite_create("transport");
    TCase* c = tcase_create("transport");
    tcase_add_test(c, plans_of_pot);
    tcase_add_test(c, masses);
    tcase_add_test(c, certain_match_at_the_extremes);
    suite_add_tcase(s, c);
    return s;
}
