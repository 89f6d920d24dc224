// Static graphs with reverse-mode differentiation. Knows tensors, not games.
//
// A NetGraph describes a function of named inputs once. A NetPlan makes part of it runnable for a
// fixed number of rows: it takes all memory when created and never again. Many plans (one per
// thread and purpose) may serve one graph; weights and gradients are flat arrays that the caller
// owns.
//
// Layout: [rows, H, W, C] or [rows, C], row-major. Rows are independent of each other, so the
// gradient of a minibatch is the sum of the gradients of its micro-batches.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef NETS_DOUBLE // the same code in double precision, for tests against reference figures
typedef double NetReal;
#else
typedef float NetReal;
#endif

enum { NET_WHY = 256, NET_NAME = 64 };
typedef enum NetStatus { NET_OK, NET_BAD_CONFIG, NET_UNAVAILABLE, NET_OUT_OF_MEMORY } NetStatus;

// ---------------------------------------------------------------- random numbers
// Counter-based (any point of any stream can be reached): state is (key, counter), both plain.
typedef struct NetRandom {
    uint64_t key, counter;
} NetRandom;
NetRandom net_random(uint64_t seed, uint64_t stream);
uint64_t net_random_bits(NetRandom* random);
double net_random_uniform(NetRandom* random);                             // [0, 1), 53 bits
double net_random_normal(NetRandom* random);                              // mean 0, variance 1
uint32_t net_random_below(NetRandom* random, uint32_t bound);             // [0, bound), unbiased
void net_random_permute(NetRandom* random, size_t count, int32_t* index); // shuffles in place

// ---------------------------------------------------------------- graph
typedef struct NetGraph NetGraph;
typedef struct NetTensor { // a handle; valid for its graph only
    int32_t id;
} NetTensor;

typedef enum NetInit {
    NET_INIT_ZERO,
    NET_INIT_ONE,
    NET_INIT_UNIFORM,   // in [-gain, gain)
    NET_INIT_ROW_NORM,  // normal draws; every output unit's weights scaled to L2 norm `gain`
    NET_INIT_ORTHOGONAL // rows (or columns, if fewer) orthonormal, times `gain`
} NetInit;

typedef struct NetParam {
    char name[NET_NAME];
    int32_t rank, shape[4]; // linear [out, in]; convolution [out, 3, 3, in]; norm, bias [C]
    size_t offset, count;   // in the flat weights
    NetInit init;
    double gain;
} NetParam;

typedef struct NetLayer { // what linear maps and convolutions have in common
    const char* name;     // parameters are called "<name>.weight", "<name>.bias"
    int32_t outputs;      // channels out, >= 1
    bool bias;
    bool relu; // applied to the result, in place
    bool full; // result and arithmetic in NetReal whatever the plan's dtype (heads)
    NetInit init;
    double gain;
} NetLayer;

NetStatus net_graph_create(NetGraph** graph, char why[NET_WHY]);
void net_graph_destroy(NetGraph* graph); // NULL is allowed

// Building never fails at the call: the first error (bad shape, out of memory) is remembered and
// reported by net_graph_check, so that a network reads as a list of layers.
NetStatus net_graph_check(const NetGraph* graph, char why[NET_WHY]);

// While on, a parameter of a known name and the same shape IS that parameter: two parts of a graph
// that are built under the same names have common weights, and their gradients add up.
void net_share(NetGraph* graph, bool on);

typedef enum NetInputKind { NET_INPUT_REAL, NET_INPUT_BYTES, NET_INPUT_INDEX } NetInputKind;
// Inputs. rank in [0, 3]: the shape of a row. NET_INPUT_BYTES uint8, NET_INPUT_INDEX int32 (rank
// 0 or 1).
NetTensor net_input(NetGraph* graph, const char* name, NetInputKind kind, int32_t rank,
                    const int32_t shape[]);
// uint8 [H, W, C] / 255 -> [H, W, C]
NetTensor net_scale_bytes(NetGraph* graph, NetTensor x);
// uint8 [H, W, C] / 255 -> [H / k, W / k, k * k * C]: with a linear map, a k x k stride k
// convolution. Pixels right of and below the last whole patch are not seen.
NetTensor net_patches(NetGraph* graph, NetTensor x, int32_t k);
NetTensor net_linear(NetGraph* graph, NetTensor x,
                     const NetLayer* layer); // [..., in] -> [..., out]
NetTensor net_conv3x3(NetGraph* graph, NetTensor x, const NetLayer* layer); // padding 1, stride 1
NetTensor net_max_pool(NetGraph* graph, NetTensor x); // 3x3, stride 2, padding 1
// Group norm with one group: a row's [H, W, C] to mean 0, variance 1; scale and shift per channel.
NetTensor net_group_norm(NetGraph* graph, NetTensor x, const char* name);
// Layer norm over the last axis; scale and shift per element. eps 1e-5, as in net_group_norm.
NetTensor net_layer_norm(NetGraph* graph, NetTensor x, const char* name);
NetTensor net_relu(NetGraph* graph, NetTensor x);
NetTensor net_add(NetGraph* graph, NetTensor a, NetTensor b);
NetTensor net_multiply(NetGraph* graph, NetTensor a, NetTensor b);               // elementwise
NetTensor net_concat(NetGraph* graph, NetTensor a, NetTensor b);                 // last axis
NetTensor net_slice(NetGraph* graph, NetTensor x, int32_t first, int32_t count); // last axis
NetTensor net_flatten(NetGraph* graph, NetTensor x);      // [H, W, C] -> [HWC]
NetTensor net_l2_normalise(NetGraph* graph, NetTensor x); // last axis; x / max(|x|, 1e-12)
NetTensor net_log_softmax(NetGraph* graph, NetTensor x);  // last axis
NetTensor net_gather(NetGraph* graph, NetTensor x, NetTensor index); // [A], index -> [1]: x[index]
// index -> row of a table [count, width]: [width], for a list of T indices [T, width]
NetTensor net_embed(NetGraph* graph, NetTensor index, const char* name, int32_t count,
                    int32_t width, double gain);
NetTensor net_one_hot(NetGraph* graph, NetTensor index, int32_t count); // index -> [count]

NetTensor net_scale(NetGraph* graph, NetTensor x, double factor);

// Sequences: a row is [T, width], one token a line. All of these compute in NetReal.
// The rows of a parameter [count, width], `times` over: [times * count, width], for every row.
NetTensor net_table(NetGraph* graph, const char* name, int32_t count, int32_t width, int32_t times,
                    double gain);
// Index [T], positions >= 0 -> [T, size]: cosines and sines of position * base^(-2 i / size), i in
// [0, size / 2), computed in double. size even.
NetTensor net_rotation(NetGraph* graph, NetTensor positions, int32_t size, double base);
// Rotary positions: x [T, heads * size], rotation [T, size] -> the same shape; in every head,
// elements i and i + size / 2 are turned as a pair.
NetTensor net_rotary(NetGraph* graph, NetTensor x, NetTensor rotation);
// Running means of groups of `count` tokens: x [C * count, width], weight [C] ->
// y_c = (1 - weight_c) y_(c-1) + weight_c x_c, where y_(-1) is lines [first, first + count) of
// `start` [.., width]; without a start (NULL) it is 0. No gradient for the weights.
NetTensor net_running_mean(NetGraph* graph, NetTensor x, NetTensor weight, const NetTensor* start,
                           int32_t first);
typedef struct NetSegment { // a part of what can be attended to
    NetTensor k, v;         // [S, width]
} NetSegment;
// Attention in `heads` heads, scaled by the root of their size: q [T, width], mask bytes
// [T, all S together], 0: not seen. A query that sees nothing gets 0. count in [1, 4].
NetTensor net_attention(NetGraph* graph, NetTensor q, NetTensor mask, int32_t heads, int32_t count,
                        const NetSegment* segments);

NetTensor net_real(NetGraph* graph, NetTensor x); // x as NetReal: outputs of a plan must be

int32_t net_tensor_width(const NetGraph* graph, NetTensor x); // elements in a row
size_t net_weight_count(const NetGraph* graph);
const NetParam* net_params(const NetGraph* graph, int32_t* count);
// Draws every parameter from the stream, in order of creation. weights [net_weight_count].
NetStatus net_init(const NetGraph* graph, NetRandom* random, NetReal* weights, char why[NET_WHY]);
// A hash of all names and shapes: tells a checkpoint of another network.
uint64_t net_fingerprint(const NetGraph* graph);

// ---------------------------------------------------------------- plans
typedef enum NetBackend { NET_BACKEND_AUTO, NET_BACKEND_BLAS, NET_BACKEND_ONEDNN } NetBackend;
typedef enum NetDtype { NET_DTYPE_AUTO, NET_DTYPE_F32, NET_DTYPE_BF16 } NetDtype;

typedef struct NetPlanConfig {
    int32_t rows;             // of a call to forward, at most; >= 1
    bool training;            // false: forward only, buffers shared as soon as may be
    NetBackend backend;       // auto: oneDNN when built in, else BLAS
    NetDtype dtype;           // auto: bf16 where that is faster (AMX, AMD; oneDNN), else f32
    const NetTensor* outputs; // only what these need is computed
    int32_t output_count;
    const NetTensor* given;  // NetReal tensors that the caller fills, as inputs, instead of their
    int32_t given_count;     // being computed; no gradient goes past them
    const NetTensor* wanted; // NetReal inputs or given tensors whose gradient the caller asks for
    int32_t wanted_count;
    const NetTensor* bound; // inputs that lie in the caller's memory: see net_plan_bind
    int32_t bound_count;
} NetPlanConfig;

typedef struct NetPlan NetPlan; // owns its memory, borrows the graph; one thread at a time

NetStatus net_plan_create(const NetGraph* graph, const NetPlanConfig* config, NetPlan** plan,
                          char why[NET_WHY]);
void net_plan_destroy(NetPlan* plan); // NULL is allowed
// Takes the weights over (laid out as the kernels like them); call after each change. The array is
// borrowed until the next load.
void net_plan_load(NetPlan* plan, const NetReal* weights);
// The caller fills inputs and given tensors for the rows it runs: NetReal, uint8_t or int32_t by
// kind. NULL: the plan does not need this one.
void* net_plan_input(NetPlan* plan, NetTensor input);
// From now on this input (of `bound`) is read from the caller's memory, all rows of the plan, which
// must hold finite numbers. Two plans may read the same memory.
void net_plan_bind(NetPlan* plan, NetTensor input, void* memory);
void net_plan_forward(NetPlan* plan, int32_t rows);
const NetReal* net_plan_output(const NetPlan* plan, NetTensor output); // [rows, ...]
// Gradient of the loss with respect to an output: the caller fills all rows of all outputs between
// forward and backward.
NetReal* net_plan_d_output(NetPlan* plan, NetTensor output);
// Adds the gradient of the rows of the last forward to d_weights [net_weight_count].
void net_plan_backward(NetPlan* plan, NetReal* d_weights);
// Gradient of the loss by a tensor of `wanted`, left by backward: [rows, ...]. NULL: no output
// depends on it.
const NetReal* net_plan_d_input(const NetPlan* plan, NetTensor input);
NetBackend net_plan_backend(const NetPlan* plan); // what auto became
NetDtype net_plan_dtype(const NetPlan* plan);
size_t net_plan_bytes(const NetPlan* plan);
// Multiply-adds times two of one row: linear maps and convolutions, forward.
double net_plan_flop(const NetPlan* plan);

const char* net_backend_name(NetBackend backend); // "auto", "blas", "onednn"
const char* net_dtype_name(NetDtype dtype);       // "auto", "f32", "bf16"
const char* net_instruction_set(void);            // what the processor offers, e.g. "avx512_bf16"

// ---------------------------------------------------------------- sequences with a memory
#define NET_CCM_INCLUDED_BY_NETS
#include "nets/ccm.h" // a transformer whose past is compressed into a few slots

// ---------------------------------------------------------------- optimiser
typedef struct NetAdam { // borrows its moments; plain, so that a checkpoint can hold it
    double learning_rate, beta1, beta2, epsilon;
    uint64_t updates;
    NetReal* mean;   // [count]
    NetReal* square; // [count]
} NetAdam;

// Sum of squares of gradient [first, first + count), in a fixed order, accumulated in double.
double net_square_sum(const NetReal* gradient, size_t count);
// min(1, limit / (norm + 1e-6)), as PyTorch's clip_grad_norm_.
double net_clip_scale(double norm, double limit);
// One update (torch.optim.Adam) of elements [first, first + count) with the gradient times `scale`.
// The caller increments adam->updates once per update, before the first range.
void net_adam_update(const NetAdam* adam, size_t first, size_t count, double scale,
                     const NetReal* gradient, NetReal* weights);

// ---------------------------------------------------------------- losses
// Each returns the sum over rows and ADDS the gradient, times `weight`, to d_*. Means over a
// minibatch are sums with weight 1 / B.

// Squared error: sum (x - target)^2.
double net_squared_error(size_t count, const NetReal* x, const NetReal* target, double weight,
                         NetReal* d_x);
// Entropy of log-probabilities [rows, width]: -sum p log p.
double net_entropy(size_t rows, size_t width, const NetReal* log_prob, double weight,
                   NetReal* d_log_prob);
// Cross entropy: -log_prob[row, target[row]]; rows whose target is negative are left out.
double net_cross_entropy(size_t rows, size_t width, const NetReal* log_prob, const int32_t* target,
                         double weight, NetReal* d_log_prob);
// KL(new || old) from log-probabilities [rows, width]: sum p_new (log p_new - log p_old).
double net_kl(size_t rows, size_t width, const NetReal* log_new, const NetReal* log_old,
              double weight, NetReal* d_log_new);
