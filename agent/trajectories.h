// Episodes, or pieces of them, inside a window of rollouts joined in time, and their goals: the
// steps before which an achievement was unlocked.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "env/cairn.h"

typedef struct Trajectory { // step s of it is row (first + s) * N + world of the window
    int32_t world, first, length;
    int32_t goal_count;
    // Ascending, in [1, length): the set unlocked before step `goal` differs from that before the
    // step ahead of it. What the last step unlocks has no next observation and is no goal.
    int32_t goal[CAIRN_ACHIEVEMENTS];
    bool ended; // the episode ends with its last step
} Trajectory;

typedef struct Window {              // T steps of N worlds
    size_t steps, worlds;            //
    const int32_t* episode_step;     // [T, N] steps of the episode before this one
    const uint8_t* ended;            // [T, N] the episode's last step
    const uint32_t* unlocked_before; // [T, N] bit k: achievement k
    bool whole;                      // leave out episodes that began before or end after it
} Window;

// Writes them world by world, those without a goal too; returns how many. [T * N] suffice.
size_t trajectories_find(const Window* window, Trajectory* trajectories);

// The first goal after step s: its index, or goal_count when nothing is unlocked any more.
int32_t trajectory_next_goal(const Trajectory* trajectory, int32_t step);
// Steps [0, this) have a next goal that is known: all of an ended one, else those before the last
// goal.
int32_t trajectory_known_steps(const Trajectory* trajectory);
