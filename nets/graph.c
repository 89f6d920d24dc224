// Describing networks: shapes are checked here, once; plans rely on them.
#include "nets/graph.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

NetStatus net_graph_create(NetGraph** graph, char why[NET_WHY]) {
    *graph = calloc(1, sizeof **graph);
    if (!*graph) {
        snprintf(why, NET_WHY, "out of memory for a graph");
        return NET_OUT_OF_MEMORY;
    }
    return NET_OK;
}

void net_graph_destroy(NetGraph* graph) {
    if (graph) {
        free(graph->nodes);
        free(graph->params);
        free(graph);
    }
}

NetStatus net_graph_check(const NetGraph* graph, char why[NET_WHY]) {
    if (graph->failed) {
        memcpy(why, graph->why, NET_WHY);
        return NET_BAD_CONFIG;
    }
    return NET_OK;
}

size_t net_node_width(const NetNode* node) {
    size_t width = 1;
    for (int32_t i = 0; i < node->rank; i++) {
        width *= (size_t)node->shape[i];
    }
    return width;
}

size_t net_node_channels(const NetNode* node) {
    return node->rank ? (size_t)node->shape[node->rank - 1] : 1;
}

void graph_fail(NetGraph* graph, const char* format, ...) {
    if (!graph->failed) {
        graph->failed = true;
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(graph->why, NET_WHY, format, arguments);
        va_end(arguments);
    }
}

static bool row_fits(const NetNode* node) {
    size_t width = 1;
    for (int32_t i = 0; i < node->rank; i++) {
        width *= (size_t)node->shape[i];
        if (width > INT32_MAX) {
            return false;
        }
    }
    return true;
}

// A failed graph goes on growing harmlessly: node 0 stands in for whatever cannot be made.
NetTensor graph_append(NetGraph* graph, NetNode node) {
    if (!row_fits(&node)) {
        graph_fail(graph, "a row of more than %d elements", (int)INT32_MAX);
        for (int32_t i = 0; i < node.rank; i++) {
            node.shape[i] = 1;
        }
    }
    if (graph->node_count == graph->node_room) {
        int32_t room = graph->node_room ? 2 * graph->node_room : 64;
        NetNode* nodes = realloc(graph->nodes, (size_t)room * sizeof *nodes);
        if (!nodes) {
            graph_fail(graph, "out of memory for %d graph nodes", (int)room);
            return (NetTensor){0};
        }
        graph->nodes = nodes;
        graph->node_room = room;
    }
    graph->nodes[graph->node_count] = node;
    return (NetTensor){graph->node_count++};
}

NetNode graph_node_like(const NetGraph* graph, NetOpKind op, NetTensor x) {
    assert(x.id >= 0 && x.id < graph->node_count);
    NetNode node = graph->nodes[x.id];
    node.op = op;
    node.name[0] = 0;
    node.input_count = 1;
    node.input[0] = x.id;
    node.weight = node.bias = -1;
    node.number = 0;
    node.relu = false;
    return node;
}

static const NetNode* node_of(const NetGraph* graph, NetTensor x) {
    assert(x.id >= 0 && x.id < graph->node_count);
    return &graph->nodes[x.id];
}

static bool same_shape(const NetParam* a, const NetParam* b) {
    return a->rank == b->rank && a->count == b->count &&
           memcmp(a->shape, b->shape, (size_t)a->rank * sizeof *a->shape) == 0;
}

void net_share(NetGraph* graph, bool on) {
    graph->sharing = on;
}

int32_t graph_param(NetGraph* graph, const char* name, const char* part, int32_t rank,
                    const int32_t* shape, NetInit init, double gain) {
    NetParam param = {.rank = rank, .offset = graph->weight_count, .init = init, .gain = gain};
    int length = snprintf(param.name, NET_NAME, "%s.%s", name, part);
    if (length < 0 || length >= NET_NAME) {
        graph_fail(graph, "parameter name %.40s... is longer than %d", name, NET_NAME - 1);
    }
    param.count = 1;
    for (int32_t i = 0; i < rank; i++) {
        param.shape[i] = shape[i];
        param.count *= (size_t)shape[i];
    }
    for (int32_t i = 0; i < graph->param_count; i++) {
        if (strcmp(graph->params[i].name, param.name) == 0) {
            if (graph->sharing && same_shape(&graph->params[i], &param)) {
                return i;
            }
            graph_fail(graph, "two parameters are called %s", param.name);
        }
    }
    if (graph->param_count == graph->param_room) {
        int32_t room = graph->param_room ? 2 * graph->param_room : 64;
        NetParam* params = realloc(graph->params, (size_t)room * sizeof *params);
        if (!params) {
            graph_fail(graph, "out of memory for %d parameters", (int)room);
            return -1;
        }
        graph->params = params;
        graph->param_room = room;
    }
    graph->weight_count += param.count;
    graph->params[graph->param_count] = param;
    return graph->param_count++;
}

// ---------------------------------------------------------------- inputs and pictures
NetTensor net_input(NetGraph* graph, const char* name, NetInputKind kind, int32_t rank,
                    const int32_t shape[]) {
    NetNode node = {.op = NET_OP_INPUT, .weight = -1, .bias = -1};
    static const NetStorage storages[] = {NET_STORE_REAL, NET_STORE_BYTES, NET_STORE_INDEX};
    node.storage = storages[kind];
    snprintf(node.name, NET_NAME, "%s", name);
    if (rank < 0 || rank > 3 || (kind == NET_INPUT_INDEX && rank > 1)) {
        graph_fail(graph, "input %s has rank %d; a row has 0 to 3 axes, an index at most one", name,
                   (int)rank);
        rank = 0;
    }
    node.rank = rank;
    for (int32_t i = 0; i < rank; i++) {
        node.shape[i] = shape[i] > 0 ? shape[i] : 1;
        if (shape[i] <= 0) {
            graph_fail(graph, "input %s: axis %d has size %d; at least 1", name, (int)i,
                       (int)shape[i]);
        }
    }
    return graph_append(graph, node);
}

static bool is_picture(NetGraph* graph, const NetNode* x, NetStorage storage, const char* op) {
    if (x->rank != 3 || (storage == NET_STORE_BYTES && x->storage != NET_STORE_BYTES)) {
        graph_fail(graph, "%s takes %s [H, W, C]", op,
                   storage == NET_STORE_BYTES ? "bytes" : "a tensor");
        return false;
    }
    return true;
}

NetTensor net_scale_bytes(NetGraph* graph, NetTensor x) {
    NetNode node = graph_node_like(graph, NET_OP_SCALE_BYTES, x);
    if (node.storage != NET_STORE_BYTES) {
        graph_fail(graph, "net_scale_bytes takes bytes");
    }
    node.storage = NET_STORE_COMPUTE;
    return graph_append(graph, node);
}

NetTensor net_patches(NetGraph* graph, NetTensor x, int32_t k) {
    NetNode node = graph_node_like(graph, NET_OP_PATCHES, x);
    if (!is_picture(graph, node_of(graph, x), NET_STORE_BYTES, "net_patches")) {
        return x;
    }
    if (k < 1 || k > node.shape[0] || k > node.shape[1]) {
        graph_fail(graph, "patches of %d cells do not fit a picture of %d x %d", (int)k,
                   (int)node.shape[0], (int)node.shape[1]);
        return x;
    }
    node.storage = NET_STORE_COMPUTE;
    node.number = k;
    node.shape[0] /= k;
    node.shape[1] /= k;
    node.shape[2] *= k * k;
    return graph_append(graph, node);
}

// ---------------------------------------------------------------- casts
NetTensor graph_cast(NetGraph* graph, NetTensor x, NetStorage storage) {
    const NetNode* from = node_of(graph, x);
    if (from->storage == storage) {
        return x;
    }
    if (from->storage == NET_STORE_BYTES || from->storage == NET_STORE_INDEX) {
        graph_fail(graph,
                   "a tensor of bytes or indices cannot be computed with; scale or embed it");
        return x;
    }
    NetNode node = graph_node_like(graph, NET_OP_CAST, x);
    node.storage = storage;
    return graph_append(graph, node);
}

NetTensor net_real(NetGraph* graph, NetTensor x) {
    return graph_cast(graph, x, NET_STORE_REAL);
}

// Refuses bytes and indices; leaves both real storages as they are.
static NetTensor number(NetGraph* graph, NetTensor x) {
    bool compute = node_of(graph, x)->storage == NET_STORE_COMPUTE;
    return compute ? x : graph_cast(graph, x, NET_STORE_REAL);
}

// ---------------------------------------------------------------- maps
static void map_params(NetGraph* graph, NetNode* node, const NetLayer* layer, int32_t rank,
                       const int32_t* shape) {
    node->weight = graph_param(graph, layer->name, "weight", rank, shape, layer->init, layer->gain);
    if (layer->bias) {
        node->bias = graph_param(graph, layer->name, "bias", 1, shape, NET_INIT_ZERO, 0);
    }
    node->relu = layer->relu;
    node->storage = layer->full ? NET_STORE_REAL : NET_STORE_COMPUTE;
}

static bool good_layer(NetGraph* graph, const NetNode* x, const NetLayer* layer) {
    if (layer->outputs < 1 || x->rank < 1) {
        graph_fail(graph, "layer %s: %d outputs from a tensor of rank %d; both must be at least 1",
                   layer->name, (int)layer->outputs, (int)x->rank);
        return false;
    }
    return true;
}

NetTensor net_linear(NetGraph* graph, NetTensor x, const NetLayer* layer) {
    x = graph_cast(graph, x, layer->full ? NET_STORE_REAL : NET_STORE_COMPUTE);
    NetNode node = graph_node_like(graph, NET_OP_LINEAR, x);
    if (!good_layer(graph, &node, layer)) {
        return x;
    }
    int32_t shape[] = {layer->outputs, node.shape[node.rank - 1]};
    map_params(graph, &node, layer, 2, shape);
    node.shape[node.rank - 1] = layer->outputs;
    return graph_append(graph, node);
}

NetTensor net_conv3x3(NetGraph* graph, NetTensor x, const NetLayer* layer) {
    x = graph_cast(graph, x, layer->full ? NET_STORE_REAL : NET_STORE_COMPUTE);
    NetNode node = graph_node_like(graph, NET_OP_CONV3X3, x);
    if (!good_layer(graph, &node, layer) ||
        !is_picture(graph, node_of(graph, x), NET_STORE_COMPUTE, layer->name)) {
        return x;
    }
    int32_t shape[] = {layer->outputs, 3, 3, node.shape[2]};
    map_params(graph, &node, layer, 4, shape);
    node.shape[2] = layer->outputs;
    return graph_append(graph, node);
}

// ---------------------------------------------------------------- norms and pooling
static NetTensor norm(NetGraph* graph, NetTensor x, const char* name, int32_t over) {
    NetNode node = graph_node_like(graph, NET_OP_NORM, number(graph, x));
    if (node.rank < 1) {
        graph_fail(graph, "norm %s: a row of rank 0 cannot be normalised", name);
        return x;
    }
    int32_t channels = node.shape[node.rank - 1];
    node.number = over;
    node.weight = graph_param(graph, name, "weight", 1, &channels, NET_INIT_ONE, 0);
    node.bias = graph_param(graph, name, "bias", 1, &channels, NET_INIT_ZERO, 0);
    return graph_append(graph, node);
}

NetTensor net_group_norm(NetGraph* graph, NetTensor x, const char* name) {
    return norm(graph, x, name, NET_NORM_WHOLE_ROW);
}

NetTensor net_layer_norm(NetGraph* graph, NetTensor x, const char* name) {
    return norm(graph, x, name, NET_NORM_LAST_AXIS);
}

NetTensor net_max_pool(NetGraph* graph, NetTensor x) {
    NetNode node = graph_node_like(graph, NET_OP_MAX_POOL, number(graph, x));
    if (!is_picture(graph, node_of(graph, x), NET_STORE_COMPUTE, "net_max_pool")) {
        return x;
    }
    node.shape[0] = (node.shape[0] + 1) / 2;
    node.shape[1] = (node.shape[1] + 1) / 2;
    return graph_append(graph, node);
}

// ---------------------------------------------------------------- elementwise and small
NetTensor net_relu(NetGraph* graph, NetTensor x) {
    return graph_append(graph, graph_node_like(graph, NET_OP_RELU, number(graph, x)));
}

static NetTensor pair(NetGraph* graph, NetOpKind op, NetTensor a, NetTensor b) {
    NetNode node = graph_node_like(graph, op, a);
    const NetNode* other = node_of(graph, b);
    node.input_count = 2;
    node.input[1] = b.id;
    int32_t axes = op == NET_OP_CONCAT ? node.rank - 1 : node.rank;
    bool same = node.rank == other->rank && node.storage == other->storage;
    for (int32_t i = 0; same && i < axes; i++) {
        same = node.shape[i] == other->shape[i];
    }
    if (!same || (op == NET_OP_CONCAT && node.rank < 1)) {
        graph_fail(graph, "operands of different shape: ranks %d and %d, last axes %d and %d",
                   (int)node.rank, (int)other->rank, (int)net_node_channels(&node),
                   (int)net_node_channels(other));
        return a;
    }
    if (op == NET_OP_CONCAT) {
        int32_t* axis = &node.shape[node.rank - 1];
        int32_t more = other->shape[node.rank - 1];
        if (more > INT32_MAX - *axis) {
            graph_fail(graph, "last axes of %d and %d are too long to join", (int)*axis, (int)more);
            return a;
        }
        *axis += more;
    }
    return graph_append(graph, node);
}

NetTensor net_add(NetGraph* graph, NetTensor a, NetTensor b) {
    a = number(graph, a);
    b = number(graph, b);
    if (node_of(graph, a)->storage != node_of(graph, b)->storage) {
        a = graph_cast(graph, a, NET_STORE_REAL);
        b = graph_cast(graph, b, NET_STORE_REAL);
    }
    return pair(graph, NET_OP_ADD, a, b);
}

NetTensor net_multiply(NetGraph* graph, NetTensor a, NetTensor b) {
    a = graph_cast(graph, a, NET_STORE_REAL);
    return pair(graph, NET_OP_MULTIPLY, a, graph_cast(graph, b, NET_STORE_REAL));
}

NetTensor net_concat(NetGraph* graph, NetTensor a, NetTensor b) {
    a = graph_cast(graph, a, NET_STORE_REAL);
    return pair(graph, NET_OP_CONCAT, a, graph_cast(graph, b, NET_STORE_REAL));
}

NetTensor net_slice(NetGraph* graph, NetTensor x, int32_t first, int32_t count) {
    x = graph_cast(graph, x, NET_STORE_REAL);
    NetNode node = graph_node_like(graph, NET_OP_SLICE, x);
    int32_t width = (int32_t)net_node_channels(&node);
    if (node.rank < 1 || first < 0 || count < 1 || first > width - count) {
        graph_fail(graph, "a slice of %d from %d of a last axis of %d", (int)count, (int)first,
                   (int)width);
        return x;
    }
    node.number = first;
    node.shape[node.rank - 1] = count;
    return graph_append(graph, node);
}

NetTensor net_flatten(NetGraph* graph, NetTensor x) {
    NetNode node = graph_node_like(graph, NET_OP_FLATTEN, x);
    node.shape[0] = (int32_t)net_node_width(&node);
    node.rank = 1;
    return graph_append(graph, node);
}

static NetTensor on_last_axis(NetGraph* graph, NetOpKind op, NetTensor x) {
    x = graph_cast(graph, x, NET_STORE_REAL);
    NetNode node = graph_node_like(graph, op, x);
    if (node.rank < 1) {
        graph_fail(graph, "a row of rank 0 has no last axis");
        return x;
    }
    return graph_append(graph, node);
}

NetTensor net_l2_normalise(NetGraph* graph, NetTensor x) {
    return on_last_axis(graph, NET_OP_L2_NORMALISE, x);
}

NetTensor net_log_softmax(NetGraph* graph, NetTensor x) {
    return on_last_axis(graph, NET_OP_LOG_SOFTMAX, x);
}

static bool is_index(NetGraph* graph, NetTensor index) {
    if (node_of(graph, index)->storage != NET_STORE_INDEX) {
        graph_fail(graph, "gather, embed and one_hot take an input of kind NET_INPUT_INDEX");
        return false;
    }
    return true;
}

static bool is_one_index(NetGraph* graph, NetTensor index) {
    if (is_index(graph, index) && node_of(graph, index)->rank != 0) {
        graph_fail(graph, "gather and one_hot take one index a row, not a list");
    }
    return !graph->failed;
}

NetTensor net_gather(NetGraph* graph, NetTensor x, NetTensor index) {
    x = graph_cast(graph, x, NET_STORE_REAL);
    NetNode node = graph_node_like(graph, NET_OP_GATHER, x);
    if (node.rank != 1 || !is_one_index(graph, index)) {
        graph_fail(graph, "gather takes a row of rank 1, not %d", (int)node.rank);
        return x;
    }
    node.input_count = 2;
    node.input[1] = index.id;
    node.shape[0] = 1;
    return graph_append(graph, node);
}

NetTensor net_embed(NetGraph* graph, NetTensor index, const char* name, int32_t count,
                    int32_t width, double gain) {
    NetNode node = graph_node_like(graph, NET_OP_EMBED, index);
    if (!is_index(graph, index) || count < 1 || width < 1) {
        graph_fail(graph, "embedding %s of %d rows of %d; both at least 1", name, (int)count,
                   (int)width);
        return index;
    }
    node.storage = NET_STORE_REAL;
    node.shape[node.rank++] = width;
    node.weight =
        graph_param(graph, name, "weight", 2, (int32_t[]){count, width}, NET_INIT_ROW_NORM, gain);
    return graph_append(graph, node);
}

NetTensor net_one_hot(NetGraph* graph, NetTensor index, int32_t count) {
    NetNode node = graph_node_like(graph, NET_OP_ONE_HOT, index);
    if (!is_one_index(graph, index) || count < 1) {
        graph_fail(graph, "one-hot vector of %d; at least 1", (int)count);
        return index;
    }
    node.storage = NET_STORE_REAL;
    node.rank = 1;
    node.shape[0] = count;
    return graph_append(graph, node);
}

// ---------------------------------------------------------------- looking at a graph
int32_t net_tensor_width(const NetGraph* graph, NetTensor x) {
    return (int32_t)net_node_width(node_of(graph, x));
}

size_t net_weight_count(const NetGraph* graph) {
    return graph->weight_count;
}

const NetParam* net_params(const NetGraph* graph, int32_t* count) {
    *count = graph->param_count;
    return graph->params;
}

static uint64_t hash_bytes(uint64_t hash, const void* bytes, size_t size) { // FNV-1a
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ ((const unsigned char*)bytes)[i]) * 0x100000001b3;
    }
    return hash;
}

uint64_t net_fingerprint(const NetGraph* graph) {
    uint64_t hash = 0xcbf29ce484222325;
    for (int32_t i = 0; i < graph->param_count; i++) {
        const NetParam* param = &graph->params[i];
        hash = hash_bytes(hash, param->name, strlen(param->name) + 1);
        for (int32_t axis = 0; axis < param->rank; axis++) {
            unsigned char size[4];
            for (int byte = 0; byte < 4; byte++) {
                size[byte] = (unsigned char)((uint32_t)param->shape[axis] >> (8 * byte));
            }
            hash = hash_bytes(hash, size, sizeof size);
        }
    }
    return hash;
}
