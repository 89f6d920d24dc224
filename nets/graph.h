// The description of a network: nodes in order of creation, each with one result tensor, and the
// table of parameters. A tensor's id is its node's number.
#pragma once
#include "nets/nets.h"

typedef enum NetOpKind {
    NET_OP_INPUT,
    NET_OP_SCALE_BYTES,
    NET_OP_PATCHES,
    NET_OP_LINEAR,
    NET_OP_CONV3X3,
    NET_OP_MAX_POOL,
    NET_OP_NORM,
    NET_OP_RELU,
    NET_OP_ADD,
    NET_OP_MULTIPLY,
    NET_OP_CONCAT,
    NET_OP_SLICE,
    NET_OP_FLATTEN,
    NET_OP_CAST, // between the plan's dtype and NetReal
    NET_OP_L2_NORMALISE,
    NET_OP_LOG_SOFTMAX,
    NET_OP_GATHER,
    NET_OP_EMBED,
    NET_OP_ONE_HOT,
    NET_OP_SCALE,
    NET_OP_TABLE, // a parameter's rows, again and again
    NET_OP_ROTATION,
    NET_OP_ROTARY,
    NET_OP_RUNNING_MEAN,
    NET_OP_ATTENTION,
    NET_OP_COUNT
} NetOpKind;

typedef enum NetStorage {
    NET_STORE_COMPUTE, // the plan's dtype
    NET_STORE_REAL,
    NET_STORE_BYTES,
    NET_STORE_INDEX
} NetStorage;

enum { NET_ATTENTION_SEGMENTS = 4, NET_NODE_INPUTS = 2 + 2 * NET_ATTENTION_SEGMENTS };

typedef struct NetNode {
    NetOpKind op;
    NetStorage storage;
    char name[NET_NAME]; // of inputs
    int32_t input_count, input[NET_NODE_INPUTS];
    int32_t rank, shape[3];
    int32_t weight, bias; // parameters, -1 = none; norms: scale and shift
    int32_t number; // k of patches, first of a slice, whether a norm spans positions, heads of
                    // attention, the row of `start` where a running mean begins
    double factor;  // of a scale; base of a rotation
    bool relu;      // of linear maps and convolutions
} NetNode;

enum { NET_NORM_LAST_AXIS = 0, NET_NORM_WHOLE_ROW = 1 }; // NetNode.number of a norm

struct NetGraph {
    NetNode* nodes;
    int32_t node_count, node_room;
    NetParam* params;
    int32_t param_count, param_room;
    size_t weight_count;
    bool sharing; // a known parameter's name means that parameter
    bool failed;
    char why[NET_WHY]; // of the first failure
};

size_t net_node_width(const NetNode* node);    // elements in a row
size_t net_node_channels(const NetNode* node); // of the last axis

// What files that describe operators share (graph.c).
NetNode graph_node_like(const NetGraph* graph, NetOpKind op, NetTensor x); // one input, x's shape
NetTensor graph_append(NetGraph* graph, NetNode node);
NetTensor graph_cast(NetGraph* graph, NetTensor x, NetStorage storage);
int32_t graph_param(NetGraph* graph, const char* name, const char* part, int32_t rank,
                    const int32_t* shape, NetInit init, double gain);
void graph_fail(NetGraph* graph, const char* format, ...) __attribute__((format(printf, 2, 3)));
