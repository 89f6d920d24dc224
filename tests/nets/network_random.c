// Networks of operators in random order: what no one would think of writing down.
#include <check.h>
#include <stdio.h>

#include "nets/graph.h"
#include "tests/nets/networks.h"

enum { MOST = 40, WIDEST = 24 };

typedef struct Growth {
    Network* network;
    NetGraph* graph;
    NetRandom random;
    NetTensor made[MOST]; // that can be computed with
    int32_t count, names;
    char name[3 * MOST][16];
} Growth;

static int32_t below(Growth* g, int32_t bound) {
    return (int32_t)net_random_below(&g->random, (uint32_t)bound);
}

static const NetNode* node_of(const Growth* g, NetTensor x) {
    return &g->graph->nodes[x.id];
}

static int32_t channels_of(const Growth* g, NetTensor x) {
    return (int32_t)net_node_channels(node_of(g, x));
}

static const char* fresh(Growth* g) {
    char* name = g->name[g->names];
    snprintf(name, sizeof g->name[0], "p%d", (int)g->names++);
    return name;
}

static NetLayer some_layer(Growth* g) {
    return (NetLayer){.name = fresh(g),
                      .outputs = 1 + below(g, 8),
                      .bias = below(g, 4) > 0,
                      .relu = below(g, 2) > 0,
                      .full = below(g, 3) == 0,
                      .init = NET_INIT_ROW_NORM,
                      .gain = 1.4};
}

static void keep(Growth* g, NetTensor x) {
    g->made[g->count++] = x;
}

static NetTensor linear(Growth* g, NetTensor x) {
    NetLayer layer = some_layer(g);
    return net_linear(g->graph, x, &layer);
}

// One made before whose axes, all or all but the last, are those of x; x itself if need be.
static NetTensor partner(Growth* g, NetTensor x, bool but_the_last) {
    const NetNode* of = node_of(g, x);
    int32_t first = below(g, g->count);
    for (int32_t i = 0; i < g->count; i++) {
        NetTensor other = g->made[(first + i) % g->count];
        const NetNode* node = node_of(g, other);
        bool same = node->rank == of->rank;
        for (int32_t axis = 0; same && axis < of->rank - but_the_last; axis++) {
            same = node->shape[axis] == of->shape[axis];
        }
        if (same && (x.id != other.id || below(g, 4) == 0)) {
            return other;
        }
    }
    return x;
}

static NetTensor joined(Growth* g, NetTensor x) {
    NetTensor other = partner(g, x, true);
    return channels_of(g, x) + channels_of(g, other) > WIDEST ? x : net_concat(g->graph, x, other);
}

static NetTensor sliced(Growth* g, NetTensor x) {
    int32_t width = channels_of(g, x), first = below(g, width);
    return net_slice(g->graph, x, first, 1 + below(g, width - first));
}

static NetTensor on_pictures(Growth* g, NetTensor x, int32_t which) {
    NetLayer layer = some_layer(g);
    switch (which) {
    case 0:
    case 1:
        return net_conv3x3(g->graph, x, &layer);
    case 2:
        return net_max_pool(g->graph, x);
    default:
        return net_flatten(g->graph, x);
    }
}

// Products and norms of unbounded or vanishing rows are kept tame by a norm or a map before them.
static NetTensor on_anything(Growth* g, NetTensor x, int32_t which) {
    NetGraph* graph = g->graph;
    switch (which) {
    case 0:
    case 1:
        return linear(g, x);
    case 2:
        return net_layer_norm(graph, linear(g, x), fresh(g));
    case 3:
        return net_group_norm(graph, x, fresh(g));
    case 4:
        return net_relu(graph, x);
    case 5:
    case 6:
    case 7:
        return net_add(graph, x, partner(g, x, false));
    case 8:
        return net_multiply(graph, net_group_norm(graph, x, fresh(g)), partner(g, x, false));
    case 9:
        return joined(g, x);
    case 10:
        return sliced(g, x);
    case 11:
        return net_log_softmax(graph, x);
    case 12: {
        NetLayer layer = some_layer(g);
        layer.bias = true;
        layer.relu = false;
        return net_l2_normalise(graph, net_linear(graph, x, &layer));
    }
    case 13:
        return net_real(graph, x);
    default: // the index's operators
        return below(g, 2) ? net_embed(graph, g->network->index, fresh(g), NETWORK_INDICES, 6, 1)
                           : net_one_hot(graph, g->network->index, 6);
    }
}

static NetTensor grow(Growth* g) {
    NetTensor x = g->made[below(g, g->count)];
    const NetNode* node = node_of(g, x);
    if (node->rank == 3 && below(g, 3) == 0) {
        return on_pictures(g, x, below(g, 4));
    }
    if (node->rank == 1 && node->shape[0] >= NETWORK_INDICES && below(g, 8) == 0) {
        return net_gather(g->graph, x, g->network->index);
    }
    return on_anything(g, x, below(g, 15));
}

static bool has_gradient(const Growth* g, int32_t id) {
    const NetNode* node = &g->graph->nodes[id];
    bool found = node->weight >= 0;
    for (int32_t k = 0; !found && k < node->input_count; k++) {
        found = has_gradient(g, node->input[k]);
    }
    return found;
}

static void choose_outputs(Growth* g) {
    Network* n = g->network;
    int32_t wanted = 1 + below(g, 3);
    for (int32_t i = g->count; i-- > 0 && n->output_count < wanted;) { // the last, and some before
        NetTensor x = g->made[i];
        bool skip = n->output_count > 0 && below(g, 3) > 0;
        for (int32_t k = 0; k < n->output_count; k++) {
            skip |= n->outputs[k].id == x.id;
        }
        if (!skip && has_gradient(g, x.id)) {
            n->outputs[n->output_count++] = net_real(g->graph, x);
        }
    }
}

Network network_random(uint64_t seed) {
    Network n = {0};
    char why[NET_WHY] = "";
    ck_assert_int_eq(net_graph_create(&n.graph, why), NET_OK);
    Growth g = {.network = &n, .graph = n.graph, .random = net_random(seed, 1)};
    int32_t shape[] = {2 + below(&g, 5), 2 + below(&g, 5), 1 + below(&g, 3)}, width = 6;
    n.bytes = net_input(n.graph, "bytes", NET_INPUT_BYTES, 3, shape);
    n.real = net_input(n.graph, "real", NET_INPUT_REAL, 1, &width);
    n.index = net_input(n.graph, "index", NET_INPUT_INDEX, 0, NULL);
    NetLayer first = some_layer(&g);
    keep(&g, net_scale_bytes(n.graph, n.bytes));
    keep(&g, net_conv3x3(n.graph, g.made[0], &first));
    keep(&g, n.real);
    keep(&g, linear(&g, n.real));
    int32_t wanted = g.count + 4 + below(&g, MOST - 12);
    while (g.count < wanted) {
        keep(&g, grow(&g));
    }
    choose_outputs(&g);
    ck_assert_msg(net_graph_check(n.graph, why) == NET_OK, "seed %llu: %s",
                  (unsigned long long)seed, why);
    ck_assert_int_ge(n.output_count, 1);
    return n;
}
