#include "agent/memory.h"

#include <math.h>
#include <string.h>

Memory memory_take(Block* block, const AgentConfig* config, size_t rows) {
    size_t width = (size_t)config->latent;
    NetReal* vector = block_take(block, rows * width, sizeof *vector);
    return (Memory){.width = width,
                    .kind = config->distil_memory,
                    .vector = vector,
                    .latent = block_take(block, rows * width, sizeof *vector)};
}

void memory_begin(const Memory* memory, size_t row) {
    memset(memory->vector + row * memory->width, 0, memory->width * sizeof *memory->vector);
}

NetReal goal_vector(size_t width, const NetReal* before, const NetReal* after, NetReal* goal) {
    static const double smallest = 1e-12; // torch.nn.functional.normalize
    double squares = 0;
    for (size_t i = 0; i < width; i++) {
        goal[i] = (after ? after[i] : 0) - (before ? before[i] : 0);
        squares += (double)goal[i] * (double)goal[i];
    }
    NetReal norm = (NetReal)fmax(sqrt(squares), smallest);
    for (size_t i = 0; i < width; i++) {
        goal[i] /= norm;
    }
    return norm;
}

void memory_observe(const Memory* memory, size_t row, const NetReal* latent, uint32_t unlocked) {
    NetReal* last = memory->latent + row * memory->width;
    NetReal* vector = memory->vector + row * memory->width;
    if (unlocked && memory->kind == AGENT_MEMORY_LAST) {
        goal_vector(memory->width, last, latent, vector);
    } else if (unlocked && memory->kind == AGENT_MEMORY_SUM) {
        goal_vector(memory->width, last, latent, last); // its last use: latent takes its place
        for (size_t i = 0; i < memory->width; i++) {
            vector[i] += last[i];
        }
    } else if (memory->kind == AGENT_MEMORY_SET) {
        for (size_t k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
            vector[k] = unlocked >> k & 1 ? 1 : vector[k];
        }
    }
    memcpy(last, latent, memory->width * sizeof *last);
}
