#include "agent/distil_match.h"

#include "agent/transport.h"

enum { GOALS = CAIRN_ACHIEVEMENTS };

size_t match_room(void) {
    return 2 * GOALS * GOALS + transport_room(GOALS, GOALS);
}

static double dot(size_t count, const NetReal* a, const NetReal* b) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)a[i] * (double)b[i];
    }
    return sum;
}

void match_goals(size_t width, int32_t sources, const NetReal* source, int32_t targets,
                 const NetReal* target, double* room, uint32_t matched[CAIRN_ACHIEVEMENTS]) {
    static const double enough = 0.5;
    size_t rows = (size_t)sources, columns = (size_t)targets;
    double *cost = room, *plan = room + GOALS * GOALS;
    for (size_t k = 0; k < rows; k++) {
        for (size_t j = 0; j < columns; j++) {
            cost[k * columns + j] = 1 - dot(width, source + k * width, target + j * width);
        }
    }
    transport_partial(rows, columns, cost, plan, plan + GOALS * GOALS);
    for (size_t k = 0; k < rows; k++) {
        matched[k] = 0; // one at most: rounding may lift both of two equal halves above the half
        for (size_t j = 0; j < columns && !matched[k]; j++) {
            matched[k] = (uint32_t)(plan[k * columns + j] > enough) << j;
        }
    }
}

void goal_gradient(size_t width, const NetReal* goal, NetReal norm, const NetReal* d_goal,
                   NetReal* d_before, NetReal* d_after) {
    static const NetReal smallest = (NetReal)1e-12;
    if (norm <= smallest) {
        return;
    }
    NetReal along = (NetReal)dot(width, goal, d_goal);
    for (size_t i = 0; i < width; i++) {
        NetReal d = (d_goal[i] - along * goal[i]) / norm;
        d_after[i] += d;
        d_before[i] -= d;
    }
}
