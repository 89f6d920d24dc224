#include "agent/trajectories.h"

// The piece of steps [first, end) of one world.
static Trajectory piece(const Window* w, size_t world, size_t first, size_t end) {
    Trajectory trajectory = {.world = (int32_t)world,
                             .first = (int32_t)first,
                             .length = (int32_t)(end - first),
                             .ended = w->ended[(end - 1) * w->worlds + world]};
    for (size_t t = first + 1; t < end; t++) {
        const uint32_t* before = w->unlocked_before + t * w->worlds + world;
        if (before[0] != *(before - w->worlds) && trajectory.goal_count < CAIRN_ACHIEVEMENTS) {
            trajectory.goal[trajectory.goal_count++] = (int32_t)(t - first);
        }
    }
    return trajectory;
}

size_t trajectories_find(const Window* w, Trajectory* trajectories) {
    size_t count = 0;
    for (size_t world = 0; world < w->worlds; world++) {
        size_t first = 0;
        for (size_t t = 0; t < w->steps; t++) {
            bool ended = w->ended[t * w->worlds + world] != 0;
            if (!ended && t + 1 < w->steps) {
                continue;
            }
            bool whole = ended && w->episode_step[first * w->worlds + world] == 0;
            if (whole || !w->whole) {
                trajectories[count++] = piece(w, world, first, t + 1);
            }
            first = t + 1;
        }
    }
    return count;
}

int32_t trajectory_next_goal(const Trajectory* trajectory, int32_t step) {
    int32_t k = 0;
    while (k < trajectory->goal_count && trajectory->goal[k] <= step) {
        k++;
    }
    return k;
}

int32_t trajectory_known_steps(const Trajectory* trajectory) {
    int32_t goals = trajectory->goal_count;
    return trajectory->ended ? trajectory->length : goals > 0 ? trajectory->goal[goals - 1] : 0;
}
