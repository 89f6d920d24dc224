// Running a plan: one case per operator, forward and backward. All rows of the plan are always
// computed; rows beyond those asked for get zero inputs and zero gradients.
#include <assert.h>
#include <string.h>

#include "nets/plan.h"

static const NetReal* weight_of(const NetPlan* plan, int32_t param) {
    return plan->weights + plan->graph->params[param].offset;
}

static NetReal* gradient_of(const NetPlan* plan, NetReal* d_weights, int32_t param) {
    return param < 0 ? NULL : d_weights + plan->graph->params[param].offset;
}

static NetNormShape norm_shape(const PlanNode* node) {
    size_t channels = net_node_channels(node->node);
    size_t spans = node->aux_bytes / (2 * sizeof(NetReal));
    return (NetNormShape){spans, node->count / spans / channels, channels};
}

static NetPoolShape pool_shape(const NetPlan* plan, const NetNode* input) {
    return (NetPoolShape){(size_t)plan->config.rows, (size_t)input->shape[0],
                          (size_t)input->shape[1], (size_t)input->shape[2]};
}

static size_t leading(const PlanNode* node) { // all axes but the last
    return node->count / net_node_channels(node->node);
}

// ---------------------------------------------------------------- forward
static void cast(const PlanNode* x, const PlanNode* node) {
    if (node->root != x->root) {
        (x->half ? net_kernels(true)->to_real(node->count, x->y, node->y)
                 : plan_kernels(node)->from_real(node->count, x->y, node->y));
    }
}

static void concat(const PlanNode* a, const PlanNode* b, const PlanNode* node) {
    size_t wide = net_node_channels(node->node), first = net_node_channels(a->node);
    small_copy_columns(leading(node), first, a->y, first, 0, false, node->y, wide, 0);
    small_copy_columns(leading(node), wide - first, b->y, wide - first, 0, false, node->y, wide,
                       first);
}

static int32_t embedding_rows(const NetPlan* plan, const PlanNode* node) {
    return plan->graph->params[node->node->weight].shape[0];
}

static void select_rows(const NetPlan* plan, const PlanNode* x, const PlanNode* node) {
    NetReal* y = node->y;
    const int32_t* index =
        node->node->op == NET_OP_GATHER ? plan->nodes[node->node->input[1]].y : x->y;
    size_t width = net_node_channels(node->node), from = net_node_width(x->node);
    for (size_t row = 0; row < leading(node); row++) { // an embedding's row may be a list
        if (node->node->op == NET_OP_GATHER) {
            assert(index[row] >= 0 && (size_t)index[row] < from);
            y[row] = ((const NetReal*)x->y)[row * from + (size_t)index[row]];
        } else if (node->node->op == NET_OP_EMBED) {
            assert(index[row] >= 0 && index[row] < embedding_rows(plan, node));
            const NetReal* table = weight_of(plan, node->node->weight);
            memcpy(y + row * width, table + (size_t)index[row] * width, width * sizeof *y);
        } else {
            assert(index[row] >= 0 && (size_t)index[row] < width);
            memset(y + row * width, 0, width * sizeof *y);
            y[row * width + (size_t)index[row]] = 1;
        }
    }
}

static void forward_node(NetPlan* plan, PlanNode* node) {
    const NetNode* of = node->node;
    const PlanNode* x = of->input_count > 0 ? &plan->nodes[of->input[0]] : NULL;
    const PlanNode* b = of->input_count > 1 ? &plan->nodes[of->input[1]] : NULL;
    const NetKernels* kernels = plan_kernels(node);
    switch (of->op) {
    case NET_OP_SCALE_BYTES:
        kernels->from_bytes(node->count, x->y, node->y);
        break;
    case NET_OP_PATCHES:
        kernels->patches((size_t)plan->config.rows, (size_t)x->node->shape[0],
                         (size_t)x->node->shape[1], (size_t)x->node->shape[2], (size_t)of->number,
                         x->y, node->y);
        break;
    case NET_OP_LINEAR:
    case NET_OP_CONV3X3:
        node->backend->forward(node->map, x->y, node->y, plan->scratch);
        break;
    case NET_OP_MAX_POOL: {
        NetPoolShape shape = pool_shape(plan, x->node);
        kernels->pool(&shape, x->y, node->y, node->aux);
        break;
    }
    case NET_OP_NORM: {
        NetNormShape shape = norm_shape(node);
        kernels->norm(&shape, x->y, weight_of(plan, of->weight), weight_of(plan, of->bias), node->y,
                      node->aux);
        break;
    }
    case NET_OP_RELU:
        kernels->relu(node->count, x->y, node->y);
        break;
    case NET_OP_ADD:
        kernels->add(node->count, x->y, b->y, node->y);
        break;
    case NET_OP_MULTIPLY:
        small_multiply(node->count, x->y, b->y, false, node->y);
        break;
    case NET_OP_CONCAT:
        concat(x, b, node);
        break;
    case NET_OP_SLICE:
        small_copy_columns(leading(node), net_node_channels(of), x->y, net_node_channels(x->node),
                           (size_t)of->number, false, node->y, net_node_channels(of), 0);
        break;
    case NET_OP_CAST:
        cast(x, node);
        break;
    case NET_OP_L2_NORMALISE:
        small_l2_normalise(leading(node), net_node_channels(of), x->y, node->y);
        break;
    case NET_OP_LOG_SOFTMAX:
        small_log_softmax(leading(node), net_node_channels(of), x->y, node->y);
        break;
    case NET_OP_GATHER:
    case NET_OP_EMBED:
    case NET_OP_ONE_HOT:
        select_rows(plan, x, node);
        break;
    case NET_OP_SCALE:
    case NET_OP_TABLE:
    case NET_OP_ROTATION:
    case NET_OP_ROTARY:
    case NET_OP_RUNNING_MEAN:
    case NET_OP_ATTENTION:
        plan_sequence_forward(plan, node);
        break;
    case NET_OP_INPUT:
    case NET_OP_FLATTEN: // a view
    case NET_OP_COUNT:
        break;
    }
}

// ---------------------------------------------------------------- backward
// d_input = or += d_y, unless they are one buffer.
static void pass_on(const PlanNode* node, const PlanNode* input, bool accumulate) {
    if (!input->gradient || input->d_root == node->d_root) {
        return;
    }
    if (accumulate) {
        plan_kernels(node)->add(node->count, input->d_y, node->d_y, input->d_y);
    } else {
        memcpy(input->d_y, node->d_y, node->bytes);
    }
}

static void d_cast(NetPlan* plan, const PlanNode* node, const PlanNode* x) {
    if (node->half == x->half) {
        pass_on(node, x, node->accumulate[0]);
        return;
    }
    // Adding across types happens only where a half tensor has several readers: once per plan, in
    // front of the heads, on narrow rows. Convert in pieces.
    NetReal piece[256], old[256];
    const NetKernels *from = plan_kernels(node), *to = plan_kernels(x);
    size_t from_size = plan_element_size(node), to_size = plan_element_size(x);
    (void)plan;
    for (size_t first = 0; first < node->count; first += 256) {
        size_t count = node->count - first < 256 ? node->count - first : 256;
        char* d_x = (char*)x->d_y + first * to_size;
        from->to_real(count, (const char*)node->d_y + first * from_size, piece);
        if (node->accumulate[0]) {
            to->to_real(count, d_x, old);
            net_kernels(false)->add(count, piece, old, piece);
        }
        to->from_real(count, piece, d_x);
    }
}

static void d_map(NetPlan* plan, PlanNode* node, const PlanNode* x, NetReal* d_weights) {
    if (node->node->relu) {
        plan_kernels(node)->mask(node->count, node->y, node->d_y);
    }
    void* d_x = !x->gradient ? NULL : node->accumulate[0] ? plan->spare : x->d_y;
    node->backend->backward(node->map, x->y, node->d_y, d_x,
                            gradient_of(plan, d_weights, node->node->weight),
                            gradient_of(plan, d_weights, node->node->bias), plan->scratch);
    if (d_x && node->accumulate[0]) {
        plan_kernels(x)->add(x->count, x->d_y, plan->spare, x->d_y);
    }
}

static void d_relu(const PlanNode* node, const PlanNode* x) {
    plan_kernels(node)->mask(node->count, node->y, node->d_y);
    pass_on(node, x, node->accumulate[0]);
}

static void d_concat(const PlanNode* node, const PlanNode* a, const PlanNode* b) {
    size_t wide = net_node_channels(node->node), first = net_node_channels(a->node);
    if (a->gradient) {
        small_copy_columns(leading(node), first, node->d_y, wide, 0, node->accumulate[0], a->d_y,
                           first, 0);
    }
    if (b->gradient) {
        small_copy_columns(leading(node), wide - first, node->d_y, wide, first, node->accumulate[1],
                           b->d_y, wide - first, 0);
    }
}

static void d_slice(const PlanNode* node, const PlanNode* x) {
    if (!node->accumulate[0]) {
        memset(x->d_y, 0, x->bytes);
    }
    small_copy_columns(leading(node), net_node_channels(node->node), node->d_y,
                       net_node_channels(node->node), 0, true, x->d_y, net_node_channels(x->node),
                       (size_t)node->node->number);
}

static void d_select(const NetPlan* plan, const PlanNode* node, const PlanNode* x,
                     NetReal* d_weights) {
    const NetReal* d_y = node->d_y;
    size_t width = net_node_channels(node->node), from = net_node_width(x->node);
    if (node->node->op == NET_OP_EMBED) {
        NetReal* d_table = gradient_of(plan, d_weights, node->node->weight);
        const int32_t* index = x->y;
        for (size_t row = 0; row < leading(node); row++) {
            for (size_t i = 0; i < width; i++) {
                d_table[(size_t)index[row] * width + i] += d_y[row * width + i];
            }
        }
        return;
    }
    const int32_t* index = plan->nodes[node->node->input[1]].y;
    NetReal* d_x = x->d_y;
    if (!node->accumulate[0]) {
        memset(d_x, 0, x->bytes);
    }
    for (size_t row = 0; row < (size_t)plan->config.rows; row++) {
        d_x[row * from + (size_t)index[row]] += d_y[row];
    }
}

static void d_norm(NetPlan* plan, const PlanNode* node, const PlanNode* x, NetReal* d_weights) {
    NetNormShape shape = norm_shape(node);
    plan_kernels(node)->d_norm(&shape, x->y, weight_of(plan, node->node->weight), node->aux,
                               node->d_y, node->accumulate[0], x->gradient ? x->d_y : NULL,
                               gradient_of(plan, d_weights, node->node->weight),
                               gradient_of(plan, d_weights, node->node->bias), plan->scratch);
}

static void backward_node(NetPlan* plan, PlanNode* node, NetReal* d_weights) {
    const NetNode* of = node->node;
    const PlanNode* x = &plan->nodes[of->input[0]];
    const PlanNode* b = of->input_count > 1 ? &plan->nodes[of->input[1]] : NULL;
    size_t width = net_node_channels(of);
    switch (of->op) {
    case NET_OP_LINEAR:
    case NET_OP_CONV3X3:
        d_map(plan, node, x, d_weights);
        break;
    case NET_OP_MAX_POOL: {
        NetPoolShape shape = pool_shape(plan, x->node);
        plan_kernels(node)->d_pool(&shape, node->aux, node->d_y, node->accumulate[0], x->d_y);
        break;
    }
    case NET_OP_NORM:
        d_norm(plan, node, x, d_weights);
        break;
    case NET_OP_RELU:
        d_relu(node, x);
        break;
    case NET_OP_ADD:
        pass_on(node, x, node->accumulate[0]);
        pass_on(node, b, node->accumulate[1]);
        break;
    case NET_OP_MULTIPLY:
        if (x->gradient) {
            small_multiply(node->count, node->d_y, b->y, node->accumulate[0], x->d_y);
        }
        if (b->gradient) {
            small_multiply(node->count, node->d_y, x->y, node->accumulate[1], b->d_y);
        }
        break;
    case NET_OP_CONCAT:
        d_concat(node, x, b);
        break;
    case NET_OP_SLICE:
        d_slice(node, x);
        break;
    case NET_OP_FLATTEN:
    case NET_OP_CAST:
        d_cast(plan, node, x);
        break;
    case NET_OP_L2_NORMALISE:
        small_d_l2_normalise(leading(node), width, x->y, node->d_y, node->accumulate[0], x->d_y);
        break;
    case NET_OP_LOG_SOFTMAX:
        small_d_log_softmax(leading(node), width, node->y, node->d_y, node->accumulate[0], x->d_y);
        break;
    case NET_OP_GATHER:
    case NET_OP_EMBED:
        d_select(plan, node, x, d_weights);
        break;
    case NET_OP_SCALE:
    case NET_OP_TABLE:
    case NET_OP_ROTARY:
    case NET_OP_RUNNING_MEAN:
    case NET_OP_ATTENTION:
        plan_sequence_backward(plan, node, d_weights);
        break;
    case NET_OP_ROTATION:
    case NET_OP_INPUT: // these have no gradient to pass on
    case NET_OP_SCALE_BYTES:
    case NET_OP_PATCHES:
    case NET_OP_ONE_HOT:
    case NET_OP_COUNT:
        break;
    }
}

// ---------------------------------------------------------------- the two passes
static void clear_tail(const NetPlan* plan, const PlanNode* node, void* rows_of) {
    size_t row = node->bytes / (size_t)plan->config.rows, used = row * (size_t)plan->rows;
    memset((char*)rows_of + used, 0, node->bytes - used);
}

static int begin_single_thread(void) {
#ifdef NETS_ONEDNN
    return net_onednn_single_thread();
#else
    return 0;
#endif
}

static void end_single_thread(int threads) {
#ifdef NETS_ONEDNN
    net_onednn_restore_threads(threads);
#else
    (void)threads;
#endif
}

void net_plan_forward(NetPlan* plan, int32_t rows) {
    assert(plan->weights && rows >= 1 && rows <= plan->config.rows);
    int threads = begin_single_thread();
    plan->rows = rows;
    for (int32_t i = 0; i < plan->graph->node_count; i++) {
        PlanNode* node = &plan->nodes[i];
        if (node->needed && node->given) {
            if (!node->bound) {
                clear_tail(plan, node, node->y);
            }
        } else if (node->needed) {
            forward_node(plan, node);
        }
    }
    end_single_thread(threads);
}

void net_plan_backward(NetPlan* plan, NetReal* d_weights) {
    assert(plan->config.training && plan->rows >= 1);
    int threads = begin_single_thread();
    for (int32_t i = plan->graph->node_count; i-- > 0;) {
        PlanNode* node = &plan->nodes[i];
        if (node->needed && node->gradient && !node->given) {
            if (node->output) {
                clear_tail(plan, node, node->d_y);
            }
            backward_node(plan, node, d_weights);
        }
    }
    end_single_thread(threads);
}
