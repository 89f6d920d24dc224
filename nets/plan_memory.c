// Where each buffer of a plan lies. The order of execution is fixed, so every buffer has a known
// first and last moment, and two that are never alive together may share memory.
//
// Time: node i runs forward at i and backward at 2n - 1 - i.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/plan.h"

enum { ALIGNMENT = 64 };

typedef struct Buffer {
    size_t bytes, offset;
    int32_t first, last; // moments, inclusive
    bool used;
} Buffer;

static void extend(Buffer* buffer, size_t bytes, int32_t first, int32_t last) {
    buffer->bytes = bytes > buffer->bytes ? bytes : buffer->bytes;
    buffer->first = !buffer->used || first < buffer->first ? first : buffer->first;
    buffer->last = !buffer->used || last > buffer->last ? last : buffer->last;
    buffer->used = true;
}

// Does the way back through `node` read its result, or its input?
static bool reads_result(const NetNode* node) {
    return node->relu || node->op == NET_OP_RELU || node->op == NET_OP_LOG_SOFTMAX ||
           node->op == NET_OP_ATTENTION;
}

static bool reads_inputs(const NetNode* node) {
    switch (node->op) {
    case NET_OP_LINEAR:
    case NET_OP_CONV3X3:
    case NET_OP_NORM:
    case NET_OP_MULTIPLY:
    case NET_OP_L2_NORMALISE:
    case NET_OP_ROTARY:
    case NET_OP_RUNNING_MEAN:
    case NET_OP_ATTENTION:
        return true;
    default:
        return false;
    }
}

static void keep_value(const NetPlan* plan, Buffer* values, const PlanNode* node, int32_t first,
                       int32_t last) {
    if (!plan->nodes[node->root].bound) {
        extend(&values[node->root], node->bytes, first, last);
    }
}

static void lifetimes(const NetPlan* plan, Buffer* values, Buffer* gradients) {
    int32_t n = plan->graph->node_count, end = 2 * n;
    for (int32_t i = 0; i < n; i++) {
        const PlanNode* node = &plan->nodes[i];
        if (!node->needed) {
            continue;
        }
        int32_t back = 2 * n - 1 - i;
        bool keep = node->output || node->given; // the caller looks at these
        keep_value(plan, values, node, keep ? -1 : i, keep ? end : i);
        if (node->gradient && reads_result(node->node)) {
            keep_value(plan, values, node, i, back);
        }
        if (node->gradient) {
            bool looked_at = node->output || node->wanted;
            extend(&gradients[node->d_root], node->bytes, looked_at ? -1 : back,
                   looked_at ? end : back);
        }
        for (int32_t k = 0; !node->given && k < node->node->input_count; k++) {
            const PlanNode* input = &plan->nodes[node->node->input[k]];
            bool later = node->gradient && reads_inputs(node->node);
            keep_value(plan, values, input, i, later ? back : i);
            if (node->gradient && input->gradient) {
                extend(&gradients[input->d_root], input->bytes, back, back);
            }
        }
    }
}

static int larger_first(const void* left, const void* right) {
    const Buffer *a = *(Buffer*const*)left, *b = *(Buffer*const*)right;
    if (a->bytes != b->bytes) {
        return a->bytes < b->bytes ? 1 : -1;
    }
    return a < b ? -1 : 1; // same array: a fixed order
}

static bool collide(const Buffer* a, const Buffer* b) {
    return a->first <= b->last && b->first <= a->last && a->offset < b->offset + b->bytes &&
           b->offset < a->offset + a->bytes;
}

// Largest first, each at the lowest offset where it meets no one.
static size_t place(Buffer* buffers, size_t count, Buffer** order) {
    size_t used = 0, total = 0;
    for (size_t i = 0; i < count; i++) {
        if (buffers[i].used) {
            buffers[i].bytes = (buffers[i].bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            order[used++] = &buffers[i];
        }
    }
    qsort(order, used, sizeof *order, larger_first);
    for (size_t i = 0; i < used; i++) {
        Buffer* buffer = order[i];
        for (size_t j = 0; j < i; j++) {
            if (collide(buffer, order[j])) {
                buffer->offset = order[j]->offset + order[j]->bytes;
                j = SIZE_MAX; // a higher place: look at all again
            }
        }
        size_t end = buffer->offset + buffer->bytes;
        total = end > total ? end : total;
    }
    return total;
}

static size_t add_room(size_t* total, size_t bytes) {
    size_t offset = *total;
    *total += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return offset;
}

// What is not in `values` or `gradients`: statistics, scratch and the spare gradient.
static void rooms(const NetPlan* plan, size_t* scratch, size_t* spare) {
    for (int32_t i = 0; i < plan->graph->node_count; i++) {
        const PlanNode* node = &plan->nodes[i];
        size_t want = 0;
        if (node->map) {
            want = node->backend->scratch_bytes(node->map);
            const PlanNode* input = &plan->nodes[node->node->input[0]];
            if (node->accumulate[0] && input->bytes > *spare) {
                *spare = input->bytes;
            }
        } else if (node->needed && node->node->op == NET_OP_NORM) {
            want = 2 * net_node_channels(node->node) * sizeof(NetReal);
        } else if (node->needed && node->node->op == NET_OP_ATTENTION) {
            want = plan_attention_room(plan, node);
        }
        *scratch = want > *scratch ? want : *scratch;
    }
}

static void assign(NetPlan* plan, const Buffer* values, const Buffer* gradients, size_t* total) {
    for (int32_t i = 0; i < plan->graph->node_count; i++) {
        PlanNode* node = &plan->nodes[i];
        if (!node->needed) {
            continue;
        }
        if (!plan->nodes[node->root].bound) {
            node->y = plan->arena + values[node->root].offset;
        }
        if (node->gradient) {
            node->d_y = plan->arena + gradients[node->d_root].offset;
        }
        if (node->aux_bytes) {
            node->aux = plan->arena + add_room(total, node->aux_bytes);
        }
    }
}

NetStatus plan_allocate(NetPlan* plan, char why[NET_WHY]) {
    size_t n = (size_t)plan->graph->node_count;
    Buffer* buffers = calloc(2 * n, sizeof *buffers);
    Buffer** order = calloc(2 * n, sizeof *order);
    NetStatus status = NET_OUT_OF_MEMORY;
    if (buffers && order) {
        lifetimes(plan, buffers, buffers + n);
        size_t total = place(buffers, 2 * n, order), scratch = 0, spare = 0;
        rooms(plan, &scratch, &spare);
        size_t scratch_at = add_room(&total, scratch), spare_at = add_room(&total, spare);
        size_t aux_at = total;
        for (size_t i = 0; i < n; i++) {
            add_room(&total, plan->nodes[i].aux_bytes);
        }
        plan->arena_bytes = total ? total : ALIGNMENT;
        plan->arena = aligned_alloc(ALIGNMENT, plan->arena_bytes);
        if (plan->arena) {
            memset(plan->arena, 0, plan->arena_bytes); // rows never filled must hold finite numbers
            plan->scratch = plan->arena + scratch_at;
            plan->spare = plan->arena + spare_at;
            assign(plan, buffers, buffers + n, &aux_at);
            status = NET_OK;
        }
    }
    if (status != NET_OK) {
        snprintf(why, NET_WHY, "out of memory for a plan of %d rows (%zu bytes)",
                 (int)plan->config.rows, plan->arena_bytes);
    }
    free(buffers);
    free(order);
    return status;
}
