// A plan's insides: one PlanNode per node of the graph, with its place in the arena.
#pragma once
#include "nets/graph.h"
#include "nets/kernels.h"
#include "nets/map.h"

typedef struct PlanNode {
    const NetNode* node;
    bool needed;                      // some output depends on it
    bool gradient;                    // it depends on a parameter, and the plan trains
    bool output;                      // asked for by the caller
    bool given;                       // filled by the caller: an input, or a tensor taken as one
    bool wanted;                      // given, and the caller asks for its gradient
    bool bound;                       // y is the caller's memory
    bool half;                        // y and d_y hold bfloat16
    bool accumulate[NET_NODE_INPUTS]; // by input: d_input += instead of =
    int32_t consumers;
    int32_t root, d_root; // the node whose buffer y (or d_y) is: itself, or one it is a view of
    size_t count;         // elements of y, all rows
    size_t bytes;         // of y
    void *y, *d_y;        // in the arena
    void* aux;            // argmax of a pool, statistics of a norm
    size_t aux_bytes;
    NetMap* map;                  // of linear maps and convolutions; owned
    const NetMapBackend* backend; // that made it
} PlanNode;

struct NetPlan {
    const NetGraph* graph; // borrowed
    NetPlanConfig config;  // with auto resolved; outputs is not kept
    const NetMapBackend* backend;
    PlanNode* nodes;        // [graph->node_count]
    const NetReal* weights; // borrowed since net_plan_load
    char* arena;
    size_t arena_bytes;
    void* scratch; // for maps and norms
    void* spare;   // a d_x on its way to be added
    int32_t rows;  // of the last forward
};

size_t plan_element_size(const PlanNode* node);
const NetKernels* plan_kernels(const PlanNode* node);
// Finds a place for every buffer (plan_memory.c). Shapes, needs and roots are known.
NetStatus plan_allocate(NetPlan* plan, char why[NET_WHY]);

// Operators on sequences, always in NetReal (run_sequence.c).
size_t plan_attention_room(const NetPlan* plan, const PlanNode* node); // bytes of scratch
void plan_sequence_forward(NetPlan* plan, PlanNode* node);
void plan_sequence_backward(NetPlan* plan, PlanNode* node, NetReal* d_weights);

// Small operators, always in NetReal (small.c). `rows` are all leading axes together.
void small_log_softmax(size_t rows, size_t width, const NetReal* x, NetReal* y);
void small_d_log_softmax(size_t rows, size_t width, const NetReal* y, const NetReal* d_y,
                         bool accumulate, NetReal* d_x);
void small_l2_normalise(size_t rows, size_t width, const NetReal* x, NetReal* y);
void small_d_l2_normalise(size_t rows, size_t width, const NetReal* x, const NetReal* d_y,
                          bool accumulate, NetReal* d_x);
void small_multiply(size_t count, const NetReal* a, const NetReal* b, bool accumulate, NetReal* y);
// y [rows, y_width] at column y_first = or += x [rows, x_width] from column x_first, `columns` wide
void small_copy_columns(size_t rows, size_t columns, const NetReal* x, size_t x_width,
                        size_t x_first, bool accumulate, NetReal* y, size_t y_width,
                        size_t y_first);
