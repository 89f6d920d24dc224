// Running operators on sequences: one row after the other, all in NetReal.
#include <assert.h>
#include <math.h>
#include <string.h>

#include "nets/attend.h"
#include "nets/plan.h"

static const PlanNode* input_of(const NetPlan* plan, const PlanNode* node, int32_t k) {
    return &plan->nodes[node->node->input[k]];
}

// Where a way back starts from nothing, its place is cleared, so that all of it can add.
static NetReal* d_input_of(const NetPlan* plan, const PlanNode* node, int32_t k) {
    const PlanNode* input = input_of(plan, node, k);
    return input->gradient ? input->d_y : NULL;
}
static void clear_fresh(const NetPlan* plan, const PlanNode* node) {
    for (int32_t k = 0; k < node->node->input_count; k++) {
        if (input_of(plan, node, k)->gradient && !node->accumulate[k]) {
            memset(input_of(plan, node, k)->d_y, 0, input_of(plan, node, k)->bytes);
        }
    }
}

// ---------------------------------------------------------------- scale and tables
static void scale(const PlanNode* node, const NetReal* x, NetReal* y, bool add) {
    const NetReal factor = (NetReal)node->node->factor;
    for (size_t i = 0; i < node->count; i++) {
        y[i] = factor * x[i] + (add ? y[i] : 0);
    }
}

static void table(const NetPlan* plan, const PlanNode* node) {
    const NetParam* param = &plan->graph->params[node->node->weight];
    NetReal* y = node->y;
    for (size_t i = 0; i < node->count; i += param->count) {
        memcpy(y + i, plan->weights + param->offset, param->count * sizeof *y);
    }
}

static void d_table(const NetPlan* plan, const PlanNode* node, NetReal* d_weights) {
    const NetParam* param = &plan->graph->params[node->node->weight];
    const NetReal* d_y = node->d_y;
    NetReal* d_table = d_weights + param->offset;
    for (size_t i = 0; i < node->count; i += param->count) {
        for (size_t j = 0; j < param->count; j++) {
            d_table[j] += d_y[i + j];
        }
    }
}

// ---------------------------------------------------------------- rotary positions
static void rotation(const NetPlan* plan, const PlanNode* node) {
    const int32_t* position = input_of(plan, node, 0)->y;
    size_t size = net_node_channels(node->node), half = size / 2;
    NetReal* y = node->y;
    double step = pow(node->node->factor, -2 / (double)size);
    for (size_t i = 0; i < node->count / size; i++, y += size) {
        double frequency = 1;
        for (size_t c = 0; c < half; c++) {
            double angle = (double)position[i] * frequency;
            y[c] = (NetReal)cos(angle);
            y[half + c] = (NetReal)sin(angle);
            frequency *= step;
        }
    }
}

// direction 1 turns, -1 turns back (the transpose)
static void rotary(size_t tokens, size_t width, size_t size, const NetReal* restrict x,
                   const NetReal* restrict by, NetReal direction, bool add, NetReal* restrict y) {
    size_t half = size / 2;
    for (size_t i = 0; i < tokens; i++, by += size) {
        for (size_t head = 0; head < width; head += size, x += size, y += size) {
            for (size_t c = 0; c < half; c++) {
                NetReal sine = direction * by[half + c];
                NetReal first = x[c] * by[c] - x[half + c] * sine;
                NetReal second = x[half + c] * by[c] + x[c] * sine;
                y[c] = first + (add ? y[c] : 0);
                y[half + c] = second + (add ? y[half + c] : 0);
            }
        }
    }
}

static void run_rotary(const NetPlan* plan, const PlanNode* node, bool back) {
    const PlanNode *x = input_of(plan, node, 0), *by = input_of(plan, node, 1);
    size_t width = net_node_channels(node->node);
    rotary(node->count / width, width, net_node_channels(by->node), back ? node->d_y : x->y, by->y,
           back ? -1 : 1, back && node->accumulate[0], back ? x->d_y : node->y);
}

// ---------------------------------------------------------------- running means
typedef struct Running { // sizes of a row
    size_t groups, group, start, first;
} Running;

static Running running_of(const NetPlan* plan, const PlanNode* node) {
    size_t groups = net_node_width(input_of(plan, node, 1)->node);
    size_t width = net_node_channels(node->node), start = 0;
    if (node->node->input_count > 2) {
        start = net_node_width(input_of(plan, node, 2)->node);
    }
    return (Running){groups, net_node_width(node->node) / groups, start,
                     (size_t)node->node->number * width};
}

static void running_mean(const NetPlan* plan, const PlanNode* node) {
    Running of = running_of(plan, node);
    const NetReal *x = input_of(plan, node, 0)->y, *weight = input_of(plan, node, 1)->y;
    const NetReal* start = of.start ? input_of(plan, node, 2)->y : NULL;
    NetReal* y = node->y;
    for (size_t row = 0; row < (size_t)plan->config.rows; row++) {
        const NetReal* before = start ? start + row * of.start + of.first : NULL;
        for (size_t c = 0; c < of.groups; c++, x += of.group, y += of.group, weight++) {
            for (size_t i = 0; i < of.group; i++) {
                y[i] = (before ? (1 - *weight) * before[i] : 0) + *weight * x[i];
            }
            before = y;
        }
    }
}

// The gradient that reaches a mean from later ones is carried along in d_y itself.
static void d_running_mean(const NetPlan* plan, const PlanNode* node) {
    Running of = running_of(plan, node);
    const NetReal* weights = input_of(plan, node, 1)->y;
    NetReal* d_x = d_input_of(plan, node, 0);
    NetReal* d_start = of.start ? d_input_of(plan, node, 2) : NULL;
    for (size_t row = 0; row < (size_t)plan->config.rows; row++) {
        for (size_t c = of.groups; c-- > 0;) {
            const NetReal weight = weights[row * of.groups + c];
            size_t at = (row * of.groups + c) * of.group;
            NetReal* d_y = (NetReal*)node->d_y + at;
            NetReal* before = c > 0     ? d_y - of.group
                              : d_start ? d_start + row * of.start + of.first
                                        : NULL;
            for (size_t i = 0; i < of.group; i++) {
                if (d_x) {
                    d_x[at + i] += weight * d_y[i];
                }
                if (before) {
                    before[i] += (1 - weight) * d_y[i];
                }
            }
        }
    }
}

// ---------------------------------------------------------------- attention
static AttendShape attend_shape(const NetPlan* plan, const PlanNode* node) {
    const NetNode* of = node->node;
    AttendShape shape = {.queries = (size_t)of->shape[0],
                         .heads = (size_t)of->number,
                         .size = (size_t)(of->shape[1] / of->number),
                         .segments = (size_t)(of->input_count - 2) / 2};
    for (size_t i = 0; i < shape.segments; i++) {
        shape.keys[i] = (size_t)input_of(plan, node, 2 + 2 * (int32_t)i)->node->shape[0];
        shape.all_keys += shape.keys[i];
    }
    return shape;
}

size_t plan_attention_room(const NetPlan* plan, const PlanNode* node) {
    AttendShape shape = attend_shape(plan, node);
    return attend_room(&shape) * sizeof(NetReal);
}

static NetReal* at_row(void* start, size_t row, size_t width) {
    return start ? (NetReal*)start + row * width : NULL;
}

static AttendRow attend_row(const NetPlan* plan, const PlanNode* node, const AttendShape* shape,
                            size_t row) {
    size_t width = shape->heads * shape->size, q = row * shape->queries;
    const PlanNode* of_q = input_of(plan, node, 0);
    AttendRow made = {
        .q = at_row(of_q->y, q, width),
        .mask = (const uint8_t*)input_of(plan, node, 1)->y + q * shape->all_keys,
        .o = at_row(node->y, q, width),
        .sum = at_row(node->aux, q, shape->heads),
        .d_o = node->gradient ? at_row(node->d_y, q, width) : NULL,
        .d_q = of_q->gradient ? at_row(of_q->d_y, q, width) : NULL,
    };
    for (size_t i = 0; i < shape->segments; i++) {
        const PlanNode* k = input_of(plan, node, 2 + 2 * (int32_t)i);
        const PlanNode* v = input_of(plan, node, 3 + 2 * (int32_t)i);
        size_t at = row * shape->keys[i];
        made.k[i] = at_row(k->y, at, width);
        made.v[i] = at_row(v->y, at, width);
        made.d_k[i] = k->gradient ? at_row(k->d_y, at, width) : NULL;
        made.d_v[i] = v->gradient ? at_row(v->d_y, at, width) : NULL;
    }
    return made;
}

static void attention(const NetPlan* plan, const PlanNode* node, bool back) {
    AttendShape shape = attend_shape(plan, node);
    const NetAttend* attend = net_attend();
    for (size_t i = 0; i < (size_t)plan->config.rows; i++) {
        AttendRow row = attend_row(plan, node, &shape, i);
        if (back) {
            attend->backward(&shape, &row, plan->scratch);
        } else if (shape.queries <= ATTEND_FEW) {
            attend->few(&shape, &row, plan->scratch);
        } else {
            attend->forward(&shape, &row, plan->scratch);
        }
    }
}

// ---------------------------------------------------------------- both ways
void plan_sequence_forward(NetPlan* plan, PlanNode* node) {
    switch (node->node->op) {
    case NET_OP_SCALE:
        scale(node, input_of(plan, node, 0)->y, node->y, false);
        break;
    case NET_OP_TABLE:
        table(plan, node);
        break;
    case NET_OP_ROTATION:
        rotation(plan, node);
        break;
    case NET_OP_ROTARY:
        run_rotary(plan, node, false);
        break;
    case NET_OP_RUNNING_MEAN:
        running_mean(plan, node);
        break;
    default:
        assert(node->node->op == NET_OP_ATTENTION);
        attention(plan, node, false);
    }
}

void plan_sequence_backward(NetPlan* plan, PlanNode* node, NetReal* d_weights) {
    switch (node->node->op) {
    case NET_OP_SCALE:
        scale(node, node->d_y, input_of(plan, node, 0)->d_y, node->accumulate[0]);
        break;
    case NET_OP_TABLE:
        d_table(plan, node, d_weights);
        break;
    case NET_OP_ROTARY:
        run_rotary(plan, node, true);
        break;
    case NET_OP_RUNNING_MEAN:
        clear_fresh(plan, node);
        d_running_mean(plan, node);
        break;
    default:
        assert(node->node->op == NET_OP_ATTENTION);
        clear_fresh(plan, node);
        attention(plan, node, true);
    }
}
