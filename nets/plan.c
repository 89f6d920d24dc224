// Making a plan: what is needed, what has a gradient, which buffers are views of others.
#include "nets/plan.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t plan_element_size(const PlanNode* node) {
    switch (node->node->storage) {
    case NET_STORE_BYTES:
        return 1;
    case NET_STORE_INDEX:
        return sizeof(int32_t);
    default:
        return node->half ? 2 : sizeof(NetReal);
    }
}

const NetKernels* plan_kernels(const PlanNode* node) {
    return net_kernels(node->half);
}

static NetStatus refuse(char why[NET_WHY], NetStatus status, const char* what) {
    snprintf(why, NET_WHY, "%s", what);
    return status;
}

static NetStatus resolve(NetPlan* plan, char why[NET_WHY]) {
    NetPlanConfig* config = &plan->config;
    if (config->rows < 1 || config->output_count < 1) {
        snprintf(why, NET_WHY, "a plan of %d rows and %d outputs; at least one of each",
                 (int)config->rows, (int)config->output_count);
        return NET_BAD_CONFIG;
    }
    bool onednn = false, bf16 = false, bf16_pays = false;
#ifdef NETS_ONEDNN
    onednn = true;
    bf16 = net_onednn_bf16() != NET_BF16_NONE;
    bf16_pays = net_onednn_bf16() == NET_BF16_FAST;
#endif
    if (config->backend == NET_BACKEND_ONEDNN && !onednn) {
        return refuse(why, NET_UNAVAILABLE,
                      "this build has no oneDNN; use --set compute.backend=blas");
    }
    if (config->backend == NET_BACKEND_AUTO) {
        config->backend = onednn ? NET_BACKEND_ONEDNN : NET_BACKEND_BLAS;
    }
    if (config->dtype == NET_DTYPE_AUTO) {
        bool half = bf16_pays && config->backend == NET_BACKEND_ONEDNN;
        config->dtype = half ? NET_DTYPE_BF16 : NET_DTYPE_F32;
    }
    if (config->dtype == NET_DTYPE_BF16 && config->backend == NET_BACKEND_BLAS) {
        return refuse(why, NET_UNAVAILABLE,
                      "backend blas computes in f32 only; use --set compute.dtype=f32");
    }
    if (config->dtype == NET_DTYPE_BF16 && !bf16) {
        return refuse(why, NET_UNAVAILABLE,
                      "this processor does not multiply bf16; use --set compute.dtype=f32");
    }
    plan->backend = &net_map_blas;
#ifdef NETS_ONEDNN
    if (config->backend == NET_BACKEND_ONEDNN) {
        plan->backend = &net_map_onednn;
    }
#endif
    return NET_OK;
}

static void mark_needed(NetPlan* plan) {
    for (int32_t i = 0; i < plan->graph->node_count; i++) {
        plan->nodes[i].given = plan->graph->nodes[i].op == NET_OP_INPUT;
    }
    for (int32_t i = 0; i < plan->config.given_count; i++) {
        PlanNode* node = &plan->nodes[plan->config.given[i].id];
        assert(node->node->storage == NET_STORE_REAL || plan->config.dtype == NET_DTYPE_F32);
        node->given = true;
    }
    for (int32_t i = 0; i < plan->config.wanted_count; i++) {
        PlanNode* node = &plan->nodes[plan->config.wanted[i].id];
        assert(node->given && node->node->storage == NET_STORE_REAL);
        node->wanted = plan->config.training;
    }
    for (int32_t i = 0; i < plan->config.bound_count; i++) {
        assert(plan->nodes[plan->config.bound[i].id].node->op == NET_OP_INPUT);
        plan->nodes[plan->config.bound[i].id].bound = true;
    }
    for (int32_t i = 0; i < plan->config.output_count; i++) {
        plan->nodes[plan->config.outputs[i].id].output = true;
        plan->nodes[plan->config.outputs[i].id].needed = true;
    }
    for (int32_t i = plan->graph->node_count; i-- > 0;) {
        PlanNode* node = &plan->nodes[i];
        for (int32_t k = 0; node->needed && !node->given && k < node->node->input_count; k++) {
            plan->nodes[node->node->input[k]].needed = true;
            plan->nodes[node->node->input[k]].consumers++;
        }
    }
}

static void measure(NetPlan* plan, PlanNode* node) {
    node->half = node->node->storage == NET_STORE_COMPUTE && plan->config.dtype == NET_DTYPE_BF16;
    node->count = (size_t)plan->config.rows * net_node_width(node->node);
    node->bytes = node->count * plan_element_size(node);
    if (node->given) {
        node->gradient = node->wanted;
        return;
    }
    node->gradient = plan->config.training && node->node->weight >= 0;
    for (int32_t k = 0; k < node->node->input_count; k++) {
        node->gradient |= plan->nodes[node->node->input[k]].gradient;
    }
    if (node->node->op == NET_OP_MAX_POOL) {
        node->aux_bytes = node->count;
    } else if (node->node->op == NET_OP_NORM) {
        bool whole = node->node->number == NET_NORM_WHOLE_ROW;
        size_t spans =
            whole ? (size_t)plan->config.rows : node->count / net_node_channels(node->node);
        node->aux_bytes = 2 * spans * sizeof(NetReal);
    } else if (node->node->op == NET_OP_ATTENTION) {
        size_t queries = node->count / net_node_channels(node->node);
        node->aux_bytes = queries * (size_t)node->node->number * sizeof(NetReal);
    }
}

// Is this node's result the same bytes as its input's?
static bool is_view(const NetPlan* plan, const PlanNode* node) {
    return node->node->op == NET_OP_FLATTEN ||
           (node->node->op == NET_OP_CAST && node->half == plan->nodes[node->node->input[0]].half);
}

// Views share their input's value; their gradient too, and that of a sum's second operand, when
// nobody else adds to it (the operand's own way back may then change it in place).
static void find_roots(NetPlan* plan) {
    for (int32_t i = 0; i < plan->graph->node_count; i++) {
        plan->nodes[i].root = plan->nodes[i].d_root = i;
    }
    for (int32_t i = 0; i < plan->graph->node_count; i++) {
        PlanNode* node = &plan->nodes[i];
        if (node->needed && !node->given && is_view(plan, node)) {
            node->root = plan->nodes[node->node->input[0]].root;
        }
    }
    for (int32_t i = plan->graph->node_count; i-- > 0;) {
        PlanNode* node = &plan->nodes[i];
        bool sum = node->node->op == NET_OP_ADD;
        if (!node->gradient || node->given || !(sum || is_view(plan, node))) {
            continue;
        }
        PlanNode* input = &plan->nodes[node->node->input[sum ? 1 : 0]];
        bool looked_at = input->output || input->wanted || node->output;
        if (input->gradient && input->consumers == 1 && !looked_at) {
            input->d_root = node->d_root;
        }
    }
}

static void find_accumulation(NetPlan* plan, bool* started) {
    for (int32_t i = plan->graph->node_count; i-- > 0;) {
        PlanNode* node = &plan->nodes[i];
        if (!node->needed || !node->gradient || node->given) {
            continue;
        }
        for (int32_t k = 0; k < node->node->input_count; k++) {
            int32_t input = node->node->input[k];
            node->accumulate[k] = started[input] || plan->nodes[input].output;
            started[input] = true;
        }
    }
}

static NetStatus make_map(NetPlan* plan, PlanNode* node, char why[NET_WHY]) {
    const NetNode* of = node->node;
    const PlanNode* input = &plan->nodes[of->input[0]];
    bool convolution = of->op == NET_OP_CONV3X3;
    NetMapShape shape = {
        .convolution = convolution,
        .height = convolution ? (size_t)of->shape[0] : 1,
        .width = convolution ? (size_t)of->shape[1] : 1,
        .inputs = net_node_channels(input->node),
        .outputs = net_node_channels(of),
        .bias = of->bias >= 0,
        .relu = of->relu,
        .half = node->half,
        .training = plan->config.training,
        .input_gradient = input->gradient,
        .product = net_product_blas,
    };
#ifdef NETS_ONEDNN
    if (plan->backend == &net_map_onednn) {
        shape.product = net_product_onednn;
    }
#endif
    shape.rows = node->count / (shape.height * shape.width * shape.outputs);
    node->backend = net_winograd_suits(&shape) ? &net_map_winograd : plan->backend;
#ifndef NETS_DOUBLE // whichever the backend, as with Winograd's: the loops are ours
    node->backend = net_direct_suits(&shape) ? &net_map_direct : node->backend;
#endif
    return node->backend->create(&shape, &node->map, why);
}

static NetStatus build(NetPlan* plan, char why[NET_WHY]) {
    int32_t count = plan->graph->node_count;
    bool* started = calloc((size_t)count, sizeof *started);
    plan->nodes = calloc((size_t)count, sizeof *plan->nodes);
    if (!started || !plan->nodes) {
        free(started);
        return refuse(why, NET_OUT_OF_MEMORY, "out of memory for a plan");
    }
    for (int32_t i = 0; i < count; i++) {
        plan->nodes[i].node = &plan->graph->nodes[i];
    }
    mark_needed(plan);
    for (int32_t i = 0; i < count; i++) {
        if (plan->nodes[i].needed) {
            measure(plan, &plan->nodes[i]);
        }
    }
    find_roots(plan);
    find_accumulation(plan, started);
    free(started);
    NetStatus status = NET_OK;
    for (int32_t i = 0; i < count && status == NET_OK; i++) {
        NetOpKind op = plan->nodes[i].node->op;
        const PlanNode* node = &plan->nodes[i];
        if (node->needed && !node->given && (op == NET_OP_LINEAR || op == NET_OP_CONV3X3)) {
            status = make_map(plan, &plan->nodes[i], why);
        }
    }
    return status == NET_OK ? plan_allocate(plan, why) : status;
}

NetStatus net_plan_create(const NetGraph* graph, const NetPlanConfig* config, NetPlan** plan,
                          char why[NET_WHY]) {
    *plan = NULL;
    NetStatus status = net_graph_check(graph, why);
    if (status != NET_OK) {
        return status;
    }
    NetPlan* made = calloc(1, sizeof *made);
    if (!made) {
        return refuse(why, NET_OUT_OF_MEMORY, "out of memory for a plan");
    }
    made->graph = graph;
    made->config = *config;
    status = resolve(made, why);
    if (status == NET_OK) {
        status = build(made, why);
    }
    made->config.outputs = made->config.given = NULL;
    made->config.wanted = made->config.bound = NULL;
    if (status != NET_OK) {
        net_plan_destroy(made);
        return status;
    }
    *plan = made;
    return NET_OK;
}

void net_plan_destroy(NetPlan* plan) {
    if (!plan) {
        return;
    }
    for (int32_t i = 0; plan->nodes && i < plan->graph->node_count; i++) {
        if (plan->nodes[i].map) {
            plan->nodes[i].backend->destroy(plan->nodes[i].map);
        }
    }
    free(plan->nodes);
    free(plan->arena);
    free(plan);
}

static const NetReal* param_of(const NetPlan* plan, int32_t param) {
    return param < 0 ? NULL : plan->weights + plan->graph->params[param].offset;
}

void net_plan_load(NetPlan* plan, const NetReal* weights) {
    plan->weights = weights;
    for (int32_t i = 0; i < plan->graph->node_count; i++) {
        const PlanNode* node = &plan->nodes[i];
        if (node->map) {
            node->backend->load(node->map, param_of(plan, node->node->weight),
                                param_of(plan, node->node->bias));
        }
    }
}

static PlanNode* node_of(const NetPlan* plan, NetTensor tensor) {
    assert(tensor.id >= 0 && tensor.id < plan->graph->node_count);
    return &plan->nodes[tensor.id];
}

void* net_plan_input(NetPlan* plan, NetTensor input) {
    assert(node_of(plan, input)->given);
    return node_of(plan, input)->y;
}

void net_plan_bind(NetPlan* plan, NetTensor input, void* memory) {
    assert(node_of(plan, input)->bound);
    for (int32_t i = input.id; i < plan->graph->node_count; i++) { // with its views
        if (plan->nodes[i].needed && plan->nodes[i].root == input.id) {
            plan->nodes[i].y = memory;
        }
    }
}

const NetReal* net_plan_output(const NetPlan* plan, NetTensor output) {
    const PlanNode* node = node_of(plan, output);
    assert(node->output && !node->half);
    return node->y;
}

NetReal* net_plan_d_output(NetPlan* plan, NetTensor output) {
    const PlanNode* node = node_of(plan, output);
    assert(node->output && node->gradient && !node->half);
    return node->d_y;
}

const NetReal* net_plan_d_input(const NetPlan* plan, NetTensor input) {
    const PlanNode* node = node_of(plan, input);
    assert(node->wanted);
    return node->needed ? node->d_y : NULL;
}

NetBackend net_plan_backend(const NetPlan* plan) {
    return plan->config.backend;
}

NetDtype net_plan_dtype(const NetPlan* plan) {
    return plan->config.dtype;
}

size_t net_plan_bytes(const NetPlan* plan) {
    size_t bytes =
        sizeof *plan + (size_t)plan->graph->node_count * sizeof *plan->nodes + plan->arena_bytes;
    for (int32_t i = 0; i < plan->graph->node_count; i++) {
        if (plan->nodes[i].map) {
            bytes += plan->nodes[i].backend->own_bytes(plan->nodes[i].map);
        }
    }
    return bytes;
}

double net_plan_flop(const NetPlan* plan) {
    double flop = 0;
    for (int32_t i = 0; i < plan->graph->node_count; i++) {
        const PlanNode* node = &plan->nodes[i];
        if (node->map) { // every result is a dot product with one row of the weights
            const NetParam* weight = &plan->graph->params[node->node->weight];
            size_t row = weight->count / (size_t)weight->shape[0];
            flop += 2.0 * (double)row * (double)net_node_width(node->node);
        }
    }
    return flop;
}

const char* net_backend_name(NetBackend backend) {
    static const char* const names[] = {"auto", "blas", "onednn"};
    return names[backend];
}

const char* net_dtype_name(NetDtype dtype) {
    static const char* const names[] = {"auto", "f32", "bf16"};
    return names[dtype];
}
