// Matching the goals of two trajectories by the likeness of their vectors.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "env/cairn.h"
#include "nets/nets.h"

// Room for match_goals: doubles.
size_t match_room(void);
// source [sources, width] and target [targets, width]: unit vectors, at most CAIRN_ACHIEVEMENTS of
// each. Bit j of matched[k]: the partial transport plan at cost 1 - source_k . target_j moves more
// than half of source k to target j.
void match_goals(size_t width, int32_t sources, const NetReal* source, int32_t targets,
                 const NetReal* target, double* room, uint32_t matched[CAIRN_ACHIEVEMENTS]);
// Adds the gradient of g = (after - before) / norm, given that of g, to those of both latents. A
// difference too small to have a direction passes nothing on.
void goal_gradient(size_t width, const NetReal* goal, NetReal norm, const NetReal* d_goal,
                   NetReal* d_before, NetReal* d_after);
