// The memory vector of achievement distillation: what the last unlocked achievement looked like.
//
// 0 when an episode begins; when a step unlocks an achievement, it becomes the unit vector along
// phi(next observation) - phi(observation), with the latents phi of the acting network, or (kind
// sum) that vector is added to it. Kind set leaves vectors alone: element k is 1 once achievement k
// is unlocked. Both are Cairn's own: what has been unlocked is nowhere to be seen.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "agent/agent.h"
#include "agent/block.h"
#include "nets/nets.h"

typedef struct Memory { // borrowed arrays; one row per world
    size_t width;
    AgentMemoryKind kind;
    NetReal* vector; // [rows, width]
    NetReal* latent; // [rows, width] of the observation before
} Memory;

Memory memory_take(Block* block, const AgentConfig* config, size_t rows);
void memory_begin(const Memory* memory, size_t row); // of an episode
// The latent of the row's next observation; unlocked: bit k: the step that led here unlocked k.
void memory_observe(const Memory* memory, size_t row, const NetReal* latent, uint32_t unlocked);
// goal [width] = (after - before) / max(norm, 1e-12). NULL stands for 0. Returns the norm used.
NetReal goal_vector(size_t width, const NetReal* before, const NetReal* after, NetReal* goal);
