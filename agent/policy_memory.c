// What an agent carries from step to step, for games in lockstep; and what an evaluation gives it
// in the place of its own past.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/block.h"
#include "agent/policy.h"

// Rows are stepped eight at a time, as evaluation does.
enum { GROUP = 8 };

// ---------------------------------------------------------------- creation
static void lay_out(const AgentPolicy* policy, AgentMemory* memory, Block* block) {
    size_t rows = (size_t)memory->rows;
    memory->memory = memory_take(block, &policy->config, rows);
    memory->unlocked = block_take(block, rows, sizeof *memory->unlocked);
    memory->token = block_take(block, rows, sizeof *memory->token);
    memory->full = block_take(block, rows, 1);
    memory->context = NULL;
    if (policy->network.has_context) {
        size_t width = (size_t)policy->network.context_width;
        memory->context = block_take(block, rows / (size_t)memory->group, sizeof(Context*));
        memory->past = block_take(block, rows * width, sizeof *memory->past);
        memory->state_size = context_state_limit(&policy->network);
        memory->state = block_take(block, memory->state_size, 1);
    }
}

static AgentStatus create_contexts(const AgentPolicy* policy, const AgentMemory* memory,
                                   Context** context, char why[AGENT_WHY]) {
    for (int32_t i = 0; context && i < memory->rows / memory->group; i++) {
        AgentStatus status = context_create(&policy->network, memory->group, policy->own.backend,
                                            policy->own.dtype, &context[i], why);
        if (status != AGENT_OK) {
            return status;
        }
        context_load(context[i], policy->weights);
    }
    return AGENT_OK;
}

static AgentStatus no_room(int32_t rows, char why[AGENT_WHY]) {
    snprintf(why, AGENT_WHY, "out of memory for what the agent remembers of %d games", rows);
    return AGENT_OUT_OF_MEMORY;
}

AgentStatus agent_memory_create(const AgentPolicy* policy, int32_t rows, AgentMemory** memory,
                                char why[AGENT_WHY]) {
    AgentMemory* made = calloc(1, sizeof *made);
    Block block = {0};
    *memory = NULL;
    if (made && rows >= 1) {
        made->rows = rows;
        made->group = rows % GROUP ? rows : GROUP;
        lay_out(policy, made, &block);
        made->block = block_allocate(&block);
    }
    if (!made || !made->block) {
        free(made);
        return no_room(rows, why);
    }
    lay_out(policy, made, &block);
    AgentStatus status = create_contexts(policy, made, made->context, why);
    if (status != AGENT_OK) {
        agent_memory_destroy(made);
        return status;
    }
    for (int32_t row = 0; row < rows; row++) {
        made->token[row].action = CAIRN_ACTIONS;
    }
    *memory = made;
    return AGENT_OK;
}

static void lay_out_kept(AgentMemory* memory, Block* block) {
    size_t rows = (size_t)memory->rows;
    memory->own = block_take(block, rows / (size_t)memory->group, sizeof(Context*));
    memory->kept_size = block_take(block, rows, sizeof *memory->kept_size);
    memory->chunks = block_take(block, rows, sizeof *memory->chunks);
    memory->rests = block_take(block, rows, sizeof *memory->rests);
    memory->kept = block_take(block, rows * memory->state_size, 1);
}

AgentStatus policy_memory_recall(const AgentPolicy* policy, AgentMemory* memory, AgentRecall recall,
                                 char why[AGENT_WHY]) {
    memory->recall = recall;
    if (recall != AGENT_RECALL_OTHER || !memory->context) {
        return AGENT_OK;
    }
    Block block = {0};
    lay_out_kept(memory, &block);
    memory->kept_block = block_allocate(&block);
    if (!memory->kept_block) {
        memory->own = NULL;
        return no_room(memory->rows, why);
    }
    lay_out_kept(memory, &block);
    return create_contexts(policy, memory, memory->own, why);
}

void agent_memory_destroy(AgentMemory* memory) {
    if (memory) {
        for (int32_t i = 0; memory->context && i < memory->rows / memory->group; i++) {
            context_destroy(memory->context[i]);
            context_destroy(memory->own ? memory->own[i] : NULL);
        }
        free(memory->kept_block);
        free(memory->block);
        free(memory);
    }
}

// ---------------------------------------------------------------- episodes
void agent_memory_begin(AgentMemory* memory, int32_t row) {
    assert(row >= 0 && row < memory->rows);
    memory_begin(&memory->memory, (size_t)row);
    memory->unlocked[row] = 0;
    memory->token[row] = (ContextToken){.action = CAIRN_ACTIONS};
    if (memory->context) {
        context_begin(memory->context[row / memory->group], row % memory->group);
    }
    if (memory->own) {
        context_begin(memory->own[row / memory->group], row % memory->group);
        memory->kept_size[row] = 0;
        memory->chunks[row] = 0;
        memory->rests[row] = false;
    }
}

void policy_memory_rest(AgentMemory* memory, int32_t row) {
    if (memory->own) {
        memory->rests[row] = true;
    }
}

void agent_memory_acted(AgentMemory* memory, int32_t row, int32_t action) {
    assert(row >= 0 && row < memory->rows && action >= 0 && action < CAIRN_ACTIONS);
    memory->token[row].action = action;
}

static size_t keep_past(const Context* from, int32_t row, unsigned char* state, size_t size) {
    PackWriter writer = {.bytes = state, .size = size};
    context_put(from, row, &writer);
    return writer.used;
}

static void take_past(Context* to, int32_t row, const unsigned char* state, size_t size) {
    PackReader reader = {.bytes = state, .size = size};
    bool whole = context_get(to, row, &reader);
    assert(whole);
    (void)whole;
}

void agent_memory_copy(AgentMemory* to, const AgentMemory* from) {
    assert(to->rows == from->rows && to->memory.width == from->memory.width);
    size_t bytes = (size_t)to->rows * to->memory.width * sizeof *to->memory.vector;
    memcpy(to->memory.vector, from->memory.vector, bytes);
    memcpy(to->memory.latent, from->memory.latent, bytes);
    memcpy(to->unlocked, from->unlocked, (size_t)to->rows * sizeof *to->unlocked);
    memcpy(to->token, from->token, (size_t)to->rows * sizeof *to->token);
    for (int32_t row = 0; to->context && row < to->rows; row++) {
        size_t size = keep_past(from->context[row / from->group], row % from->group, to->state,
                                to->state_size);
        take_past(to->context[row / to->group], row % to->group, to->state, size);
    }
}

// ---------------------------------------------------------------- looking back
// The other row of the group of whose episode as many chunks have ended, or nearly; of equals the
// next one. Negative: no chunk of any other has.
static int32_t other_of(const AgentMemory* memory, int32_t row) {
    const int32_t first = row - row % memory->group;
    int32_t best = -1;
    for (int32_t i = 1; i < memory->group; i++) {
        const int32_t other = first + (row - first + i) % memory->group;
        if (memory->kept_size[other] > 0 &&
            (best < 0 || abs(memory->chunks[other] - memory->chunks[row]) <
                             abs(memory->chunks[best] - memory->chunks[row]))) {
            best = other;
        }
    }
    return best;
}

// Chunks of these rows of the group are full: others' pasts take the place of their own.
static void swap_pasts(const AgentMemory* memory, int32_t first) {
    Context *own = memory->own[first / memory->group],
            *context = memory->context[first / memory->group];
    context_close(own, memory->full + first);
    for (int32_t i = 0; i < memory->group; i++) {
        const int32_t row = first + i;
        if (memory->full[row] && !memory->rests[row]) {
            unsigned char* kept = memory->kept + (size_t)row * memory->state_size;
            memory->kept_size[row] = keep_past(own, i, kept, memory->state_size);
            memory->chunks[row]++;
        }
    }
    for (int32_t i = 0; i < memory->group; i++) {
        const int32_t other = memory->full[first + i] ? other_of(memory, first + i) : -1;
        if (other >= 0) {
            take_past(context, i, memory->kept + (size_t)other * memory->state_size,
                      memory->kept_size[other]);
        } else if (memory->full[first + i]) {
            context_begin(context, i);
        }
    }
}

// A row's chunk ends when it is full: unlike in a rollout, whenever its episode began.
static void close_chunks(const AgentPolicy* policy, const AgentMemory* memory, int32_t first) {
    Context* context = memory->context[first / memory->group];
    bool any = false;
    for (int32_t i = 0; i < memory->group; i++) {
        bool full = context_chunk_steps(context, i) >= policy->config.context_chunk;
        memory->full[first + i] = full;
        any = any || full;
    }
    if (!any) {
        return;
    }
    if (memory->recall == AGENT_RECALL_OTHER) {
        swap_pasts(memory, first);
        return;
    }
    context_close(context, memory->full + first);
    for (int32_t i = 0; memory->recall == AGENT_RECALL_NOTHING && i < memory->group; i++) {
        if (memory->full[first + i]) {
            context_begin(context, i);
        }
    }
}

const NetReal* policy_look_back(const AgentPolicy* policy, AgentMemory* memory, int32_t first,
                                int32_t rows, const NetReal* latent) {
    if (!memory->context) {
        return NULL;
    }
    assert(first % memory->group == 0 && rows % memory->group == 0);
    const size_t width = (size_t)policy->network.context_width, group = (size_t)memory->group,
                 latents = (size_t)policy->network.width;
    for (int32_t at = first; at < first + rows; at += memory->group) {
        const size_t row = (size_t)at;
        const NetReal* seen = latent + (row - (size_t)first) * latents;
        close_chunks(policy, memory, at);
        const NetReal* past =
            context_step(memory->context[at / memory->group], seen, memory->token + at, true);
        memcpy(memory->past + row * width, past, group * width * sizeof *past);
        if (memory->own) {
            context_step(memory->own[at / memory->group], seen, memory->token + at, true);
        }
    }
    return memory->past + (size_t)first * width;
}
