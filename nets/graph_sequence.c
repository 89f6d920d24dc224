// Describing operators on sequences: rows [T, width].
#include "nets/graph.h"

#include <string.h>

static const NetNode* node_of(const NetGraph* graph, NetTensor x) {
    return &graph->nodes[x.id];
}

static bool is_sequence(const NetNode* node) {
    return node->rank == 2 && node->storage == NET_STORE_REAL;
}

NetTensor net_scale(NetGraph* graph, NetTensor x, double factor) {
    x = graph_cast(graph, x, NET_STORE_REAL);
    NetNode node = graph_node_like(graph, NET_OP_SCALE, x);
    node.factor = factor;
    return graph_append(graph, node);
}

NetTensor net_table(NetGraph* graph, const char* name, int32_t count, int32_t width, int32_t times,
                    double gain) {
    NetNode node = {.op = NET_OP_TABLE, .storage = NET_STORE_REAL, .rank = 2, .bias = -1};
    if (count < 1 || width < 1 || times < 1 || times > INT32_MAX / count) {
        graph_fail(graph, "table %s of %d rows of %d, %d times; at least 1 of each", name,
                   (int)count, (int)width, (int)times);
        count = width = times = 1;
    }
    node.shape[0] = count * times;
    node.shape[1] = width;
    node.weight =
        graph_param(graph, name, "weight", 2, (int32_t[]){count, width}, NET_INIT_ROW_NORM, gain);
    return graph_append(graph, node);
}

NetTensor net_rotation(NetGraph* graph, NetTensor positions, int32_t size, double base) {
    NetNode node = graph_node_like(graph, NET_OP_ROTATION, positions);
    if (node.storage != NET_STORE_INDEX || node.rank != 1 || size < 2 || size % 2 || !(base > 0)) {
        graph_fail(graph,
                   "a rotation of size %d by base %g; an even size, a base above 0, and a "
                   "list of positions",
                   (int)size, base);
        return positions;
    }
    node.storage = NET_STORE_REAL;
    node.shape[node.rank++] = size;
    node.factor = base;
    return graph_append(graph, node);
}

NetTensor net_rotary(NetGraph* graph, NetTensor x, NetTensor rotation) {
    x = graph_cast(graph, x, NET_STORE_REAL);
    NetNode node = graph_node_like(graph, NET_OP_ROTARY, x);
    const NetNode* by = node_of(graph, rotation);
    if (!is_sequence(&node) || by->op != NET_OP_ROTATION || by->shape[0] != node.shape[0] ||
        node.shape[1] % by->shape[1]) {
        graph_fail(graph,
                   "rotary positions: tokens [T, heads * size] and a rotation [T, size], "
                   "not %d x %d and %d x %d",
                   (int)node.shape[0], (int)node.shape[1], (int)by->shape[0], (int)by->shape[1]);
        return x;
    }
    node.input_count = 2;
    node.input[1] = rotation.id;
    return graph_append(graph, node);
}

NetTensor net_running_mean(NetGraph* graph, NetTensor x, NetTensor weight, const NetTensor* start,
                           int32_t first) {
    x = graph_cast(graph, x, NET_STORE_REAL);
    NetNode node = graph_node_like(graph, NET_OP_RUNNING_MEAN, x);
    const NetNode* by = node_of(graph, weight);
    bool good = is_sequence(&node) && by->storage == NET_STORE_REAL && by->rank == 1 &&
                node.shape[0] % by->shape[0] == 0;
    int32_t count = good ? node.shape[0] / by->shape[0] : 1;
    node.input_count = 2;
    node.input[1] = weight.id;
    if (good && start) {
        const NetNode* from = node_of(graph, *start);
        good = is_sequence(from) && from->shape[1] == node.shape[1] && first >= 0 &&
               first <= from->shape[0] - count;
        node.input_count = 3;
        node.input[2] = start->id;
        node.number = first;
    }
    if (!good) {
        graph_fail(graph,
                   "running mean: tokens [C * count, width], weights [C], a start that holds "
                   "count lines from %d on",
                   (int)first);
        return x;
    }
    return graph_append(graph, node);
}

NetTensor net_attention(NetGraph* graph, NetTensor q, NetTensor mask, int32_t heads, int32_t count,
                        const NetSegment* segments) {
    q = graph_cast(graph, q, NET_STORE_REAL);
    NetNode node = graph_node_like(graph, NET_OP_ATTENTION, q);
    bool good = is_sequence(&node) && heads >= 1 && node.shape[1] % heads == 0 && count >= 1 &&
                count <= NET_ATTENTION_SEGMENTS;
    int32_t keys = 0;
    node.input_count = 2;
    node.input[1] = mask.id;
    for (int32_t i = 0; good && i < count; i++) {
        NetTensor k = graph_cast(graph, segments[i].k, NET_STORE_REAL);
        NetTensor v = graph_cast(graph, segments[i].v, NET_STORE_REAL);
        const NetNode *of_k = node_of(graph, k), *of_v = node_of(graph, v);
        good = is_sequence(of_k) && is_sequence(of_v) && of_k->shape[1] == node.shape[1] &&
               memcmp(of_k->shape, of_v->shape, 2 * sizeof *of_k->shape) == 0;
        keys += of_k->shape[0];
        node.input[node.input_count++] = k.id;
        node.input[node.input_count++] = v.id;
    }
    const NetNode* seen = node_of(graph, mask);
    if (!good || seen->storage != NET_STORE_BYTES || seen->rank != 2 ||
        seen->shape[0] != node.shape[0] || seen->shape[1] != keys) {
        graph_fail(graph,
                   "attention of %d heads: queries [T, width], 1 to %d pairs of keys and "
                   "values [S, width], and bytes [T, all S] that say who sees whom",
                   (int)heads, NET_ATTENTION_SEGMENTS);
        return q;
    }
    node.number = heads;
    return graph_append(graph, node);
}
