// A transformer whose past is a few slots: "Compressed Context Memory For Online Language Model
// Interaction" (Kim et al., ICLR 2024). Part of nets.h.
//
// A sequence is read in chunks. After each, n learned compression tokens (COMP) run through the
// layers, see the chunk and the memory so far, and leave their keys and values: they are what is
// remembered of the chunk, in every layer. Memory grows by n slots a chunk up to a cap
// (concat), or its n slots are the mean of all chunks' (merge).
//
// One description, net_ccm, serves both schedules: the parallel forward over a whole sequence
// (training) and the recursion, step by step with cached keys and values (acting, NetCcm). Who sees
// whom, at which position and with which weight is decided in one place, by NetCcmPlace.
#pragma once
#ifndef NET_CCM_INCLUDED_BY_NETS
#include "nets/nets.h"
#endif

enum { NET_CCM_LAYERS = 8, NET_CCM_UNLIMITED = 1 << 24 };

typedef enum NetCcmAdapter { // what COMP tokens have of their own beside their embeddings
    NET_CCM_LORA,            // conditional: y = W x + alpha / rank * B A x for COMP tokens only
    NET_CCM_LORA_ALL,        // for all tokens
    NET_CCM_OWN,             // q, k, v, o maps of their own
    NET_CCM_SHARED           // nothing
} NetCcmAdapter;

typedef enum NetCcmPositions { // for rotary positions
    NET_CCM_EPISODE,           // steps before it in its episode; COMP_k: steps before it, plus k
    NET_CCM_CHUNK,             // 1 + steps before it in its chunk; COMP 0, so that slots are not
                               // turned: means are then means of like with like. Needs keep 0
    NET_CCM_CACHE // place in the cache; keys are cached as they are and turned when used
} NetCcmPositions;

typedef struct NetCcmConfig {
    int32_t layers;       // [1, 8]; with one layer the memory carries nothing
    int32_t heads, width; // width: a multiple of 2 * heads
    int32_t hidden;       // of the ReLU map after each attention
    int32_t comp;         // n: slots that remain of a chunk; 0: no memory
    int32_t cap;          // chunks remembered, the oldest goes first; concat only; >= 1
    bool merge;           // one memory of n slots: the mean
    double merge_floor;   // the t-th chunk's weight is max(1 / t, this); 0: the plain mean
    bool recurrent;       // a chunk and its COMP read the memory; else final steps alone do
    bool sink;            // an episode's first step stays visible
    bool local;           // the first layer's steps see their own chunk (and the sink) alone:
                          // its memory is constants, but a base trained on raw context would
                          // learn to look back there
    int32_t keep;         // chunks that stay raw before they are compressed
    int32_t window;       // steps seen back, this one included; 0: all of the chunks kept
    NetCcmAdapter adapter;
    int32_t lora_rank;
    double lora_alpha;
    NetCcmPositions positions;
    double rotary_base;
    double comp_norm; // of a COMP token's first embedding, > 0
} NetCcmConfig;
NetCcmConfig net_ccm_default(void); // concat, n 2, 32 chunks, LoRA of rank 8, 2 layers of 64

// ---------------------------------------------------------------- describing
typedef struct NetCcmShape { // of a row; any may be 0
    int32_t steps;           // ordinary tokens
    int32_t groups;          // chunks' ends at which n COMP tokens run
    int32_t past;            // slots of stored keys and values: net_ccm_past
} NetCcmShape;
// Past slots that a state with `raw` cached steps has: [sink] [memory] [raw].
int32_t net_ccm_past(const NetCcmConfig* config, int32_t raw);

typedef struct NetCcmBranch { // the layers over one shape; ids of absent tensors are -1
    NetCcmShape shape;
    NetTensor y; // [steps, width] after the last layer and its norm
    // Inputs, filled by NetCcmLayout or NetCcm.
    NetTensor step_mask, group_mask; // bytes [steps, keys], [groups * n, keys]; keys: past, COMP,
                                     // means (merge), steps
    NetTensor local_mask;            // as step_mask, of the first layer, if that is local
    NetTensor step_position, group_position, past_position;   // index [..]
    NetTensor merge_weight;                                   // [groups]
    NetTensor past_k[NET_CCM_LAYERS], past_v[NET_CCM_LAYERS]; // [past, width]
    // Results: keys and values as they are cached.
    NetTensor step_k[NET_CCM_LAYERS], step_v[NET_CCM_LAYERS];   // [steps, width]
    NetTensor group_k[NET_CCM_LAYERS], group_v[NET_CCM_LAYERS]; // [groups * n, width]
    NetTensor mean_k[NET_CCM_LAYERS], mean_v[NET_CCM_LAYERS];   // [groups * n, width], merge only
} NetCcmBranch;
// Adds the layers to a graph. x [steps, width] (not looked at if there are none). Branches of one
// name have common weights, whatever their shapes. The last layer's COMP tokens have keys and
// values only: nothing reads the rest.
NetCcmBranch net_ccm(NetGraph* graph, const char* name, const NetCcmConfig* config,
                     NetCcmShape shape, NetTensor x);
// Is this a parameter that only COMP tokens use (embeddings, LoRA, maps of their own)? Training
// these alone, after a training on raw context, is the paper's recipe.
bool net_ccm_is_adapter(const NetParam* param);

// ---------------------------------------------------------------- who sees whom
typedef enum NetCcmKind {
    NET_CCM_NOTHING, // sees nothing, is not seen
    NET_CCM_STEP,    // a step of the sequence at hand
    NET_CCM_RAW,     // a cached one
    NET_CCM_SINK,    // a cached first one, kept for ever
    NET_CCM_COMP,
    NET_CCM_MEAN // a merged slot
} NetCcmKind;
typedef struct NetCcmPlace { // a token or slot
    int32_t kind;            // NetCcmKind
    int32_t episode;         // any number that no other episode of the row has
    int32_t block;           // chunk; COMP and means: the (last) chunk that they hold
    int32_t order;           // step: its position in the episode; COMP_k: k; mean: chunks merged
    int32_t final;           // step: reads the memory even if the mode is not recurrent
} NetCcmPlace;
bool net_ccm_sees(const NetCcmConfig* config, const NetCcmPlace* query, const NetCcmPlace* key);
// The same of steps in the first layer, if that is local.
bool net_ccm_sees_locally(const NetCcmConfig* config, const NetCcmPlace* query,
                          const NetCcmPlace* key);
// Weight of the t-th chunk of an episode in the mean, t >= 1.
double net_ccm_merge_weight(const NetCcmConfig* config, int32_t t);

// ---------------------------------------------------------------- the parallel schedule
typedef struct NetCcmSteps { // a row of a sequence, which begins where a chunk does
    int32_t count;           // steps used, in [0, shape.steps]
    const int32_t* episode;  // [count]
    const int32_t* block;    // [count] their chunks: the same number or the next
    const uint8_t* final;    // [count] or NULL
    int32_t position;        // of the first step in its episode
    const NetCcmPlace* past; // [shape.past] what the past slots hold; NULL: nothing
} NetCcmSteps;

typedef struct NetCcmLayout NetCcmLayout; // room for one row's places; one thread at a time
NetStatus net_ccm_layout_create(const NetCcmConfig* config, const NetCcmBranch* branch,
                                NetCcmLayout** layout, char why[NET_WHY]);
void net_ccm_layout_destroy(NetCcmLayout* layout); // NULL is allowed
// Fills masks, positions and merge weights of a row of the plan's inputs. The i-th group is that of
// the i-th chunk of the row, or with `keep` of the chunk so many before it.
void net_ccm_layout_fill(NetCcmLayout* layout, NetPlan* plan, int32_t row,
                         const NetCcmSteps* steps);
// Of the last row filled: places of COMP tokens, or of means if merged; [groups * n].
const NetCcmPlace* net_ccm_layout_groups(const NetCcmLayout* layout);

// ---------------------------------------------------------------- the recursion
typedef struct NetCcmOnlineConfig {
    NetCcmConfig ccm;
    int32_t rows;                 // environments in lockstep, >= 1
    int32_t raw;                  // cached steps, >= longest chunk * (keep + 1), or the window, or
                                  // with no end of `keep` the steps of the longest episode
    const NetCcmBranch* step;     // of shape {1, 0, net_ccm_past(ccm, raw)}
    const NetCcmBranch* compress; // of shape {0, 1, the same}; NULL without COMP
    NetBackend backend;
    NetDtype dtype;
    const NetTensor* outputs; // of the step's plan, beside its keys and values
    int32_t output_count;
} NetCcmOnlineConfig;

typedef struct NetCcm NetCcm; // plans, caches and counters; borrows the graph; one thread at a time
NetStatus net_ccm_create(const NetGraph* graph, const NetCcmOnlineConfig* config, NetCcm** ccm,
                         char why[NET_WHY]);
void net_ccm_destroy(NetCcm* ccm); // NULL is allowed
void net_ccm_load(NetCcm* ccm, const NetReal* weights);
NetPlan* net_ccm_plan(NetCcm* ccm); // of steps: the caller fills its own inputs, reads its outputs
// A row's next step is the first of another episode (as at creation). Costs nothing.
void net_ccm_reset(NetCcm* ccm, int32_t row);
// A row's steps read the memory from now on, where the mode is not recurrent.
void net_ccm_read(NetCcm* ccm, int32_t row);
void net_ccm_step(NetCcm* ccm); // one step of every row
void net_ccm_look(NetCcm* ccm); // the same, but the steps leave no trace
// Ends the chunks of the rows [rows] that are not 0 (NULL: of all).
void net_ccm_close(NetCcm* ccm, const uint8_t* rows);
// What a row's past slots hold: places [net_ccm_past], keys and values [net_ccm_past, width].
const NetCcmPlace* net_ccm_places(const NetCcm* ccm, int32_t row);
const NetReal* net_ccm_k(const NetCcm* ccm, int32_t layer, int32_t row);
const NetReal* net_ccm_v(const NetCcm* ccm, int32_t layer, int32_t row);
// Keys and values of the last chunk's COMP tokens, [n, width].
const NetReal* net_ccm_group_k(const NetCcm* ccm, int32_t layer, int32_t row);
const NetReal* net_ccm_group_v(const NetCcm* ccm, int32_t layer, int32_t row);
int32_t net_ccm_position(const NetCcm* ccm, int32_t row); // steps of the row's episode so far
int32_t net_ccm_episode(const NetCcm* ccm, int32_t row);
int32_t net_ccm_block(const NetCcm* ccm, int32_t row);       // chunks closed so far
int32_t net_ccm_chunk_steps(const NetCcm* ccm, int32_t row); // of the chunk at hand
size_t net_ccm_bytes(const NetCcm* ccm);                     // memory taken
// Multiply-adds times two of a step's maps, its share of the end of a chunk of so many included.
double net_ccm_flop(const NetCcm* ccm, int32_t chunk);
// All that a row remembers, as bytes: at most net_ccm_state_limit; save returns how many. restore,
// into a memory of the same config and raw: false: damaged; then the row's state is of no use.
size_t net_ccm_state_limit(const NetCcmConfig* config, int32_t raw);
size_t net_ccm_save(const NetCcm* ccm, int32_t row, void* bytes);
bool net_ccm_restore(NetCcm* ccm, int32_t row, const void* bytes, size_t size);
size_t net_ccm_row_bytes(const NetCcm* ccm); // of caches, a row

// ---------------------------------------------------------------- streaming
// Tokens without end: the cache is [first token | memory of at most cap * n slots | recent tokens].
// A token that finds `limit` entries is the last before the oldest `chunk` recent tokens are
// compressed. Needs positions NET_CCM_CACHE, a sink, concat and the recurrent mode; keep, window
// and local are not for streams. chunk >= n.
typedef struct NetCcmStreamConfig {
    NetCcmConfig ccm;
    int32_t rows;             // streams that go in step
    int32_t limit, chunk;     // the paper's: 160, 64
    bool forget;              // for comparison: drops the oldest tokens, down to the same lengths
    const NetCcmBranch* step; // of shape {1, 0, net_ccm_past(ccm, limit)}
    const NetCcmBranch* compress; // of shape {0, 1, the same}
    NetBackend backend;
    NetDtype dtype;
    const NetTensor* outputs;
    int32_t output_count;
} NetCcmStreamConfig;

typedef struct NetCcmStream NetCcmStream;
NetStatus net_ccm_stream_create(const NetGraph* graph, const NetCcmStreamConfig* config,
                                NetCcmStream** stream, char why[NET_WHY]);
void net_ccm_stream_destroy(NetCcmStream* stream); // NULL is allowed
void net_ccm_stream_load(NetCcmStream* stream, const NetReal* weights);
NetPlan* net_ccm_stream_plan(NetCcmStream* stream); // as net_ccm_plan
bool net_ccm_stream_step(NetCcmStream* stream);     // true: the cache was full and is shorter now
int32_t net_ccm_stream_length(const NetCcmStream* stream); // entries cached
int32_t net_ccm_stream_memory(const NetCcmStream* stream); // of them, memory slots
