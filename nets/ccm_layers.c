// The layers of ccm.h. Steps and COMP tokens are two streams with the same maps: what is COMP's own
// (embeddings, LoRA) is computed for COMP alone, and its last layer is left out by not being
// described.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nets/ccm_fault.h"
#include "nets/graph.h"

typedef struct Build {
    NetGraph* graph;
    const char* name;
    const NetCcmConfig* config;
    NetCcmBranch* branch;
    NetCcmFault fault;
    NetTensor step_rotation, group_rotation, past_rotation;
} Build;

static const NetTensor absent = {-1};

NetCcmConfig net_ccm_default(void) {
    return (NetCcmConfig){
        .layers = 2,
        .heads = 4,
        .width = 64,
        .hidden = 256,
        .comp = 2,
        .cap = 32,
        .recurrent = true,
        .adapter = NET_CCM_LORA,
        .lora_rank = 8,
        .lora_alpha = 16,
        .positions = NET_CCM_EPISODE,
        .rotary_base = 10000,
        .comp_norm = 1,
    };
}

int32_t net_ccm_past(const NetCcmConfig* config, int32_t raw) {
    int32_t groups = config->merge ? 1 : config->cap;
    return config->sink + (config->comp ? groups * config->comp : 0) + raw;
}

bool net_ccm_is_adapter(const NetParam* param) {
    return strstr(param->name, ".lora_") || strstr(param->name, ".comp.");
}

// ---------------------------------------------------------------- maps
static void part_name(const Build* build, int32_t layer, const char* part, char name[NET_NAME]) {
    if (snprintf(name, NET_NAME, "%s.%d.%s", build->name, (int)layer, part) >= NET_NAME) {
        graph_fail(build->graph, "the memory's name, %.20s..., is too long", build->name);
    }
}

static NetTensor lora(const Build* build, int32_t layer, const char* part, NetTensor x) {
    const NetCcmConfig* config = build->config;
    char a[NET_NAME], b[NET_NAME], whole[16];
    snprintf(whole, sizeof whole, "%s.lora_a", part);
    part_name(build, layer, whole, a);
    snprintf(whole, sizeof whole, "%s.lora_b", part);
    part_name(build, layer, whole, b);
    NetLayer down = {.name = a,
                     .outputs = config->lora_rank,
                     .init = NET_INIT_UNIFORM,
                     .gain = 1 / sqrt((double)config->width)};
    NetLayer up = {.name = b, .outputs = config->width, .init = NET_INIT_ZERO};
    NetTensor y = net_linear(build->graph, net_linear(build->graph, x, &down), &up);
    return net_scale(build->graph, y, config->lora_alpha / config->lora_rank);
}

// A map of attention: q, k, v or o.
static NetTensor attention_map(const Build* build, int32_t layer, const char* part, double gain,
                               bool comp, NetTensor x) {
    const NetCcmConfig* config = build->config;
    char name[NET_NAME], own[16];
    bool apart = comp && config->adapter == NET_CCM_OWN;
    snprintf(own, sizeof own, apart ? "%s.comp" : "%s", part);
    part_name(build, layer, own, name);
    NetLayer map = {
        .name = name, .outputs = config->width, .init = NET_INIT_ROW_NORM, .gain = gain};
    NetTensor y = net_linear(build->graph, x, &map);
    bool adapted = config->adapter == NET_CCM_LORA_ALL || (comp && config->adapter == NET_CCM_LORA);
    return adapted ? net_add(build->graph, y, lora(build, layer, part, x)) : y;
}

static NetTensor norm(const Build* build, int32_t layer, const char* part, NetTensor x) {
    char name[NET_NAME];
    part_name(build, layer, part, name);
    return net_layer_norm(build->graph, x, name);
}

static NetTensor feed_forward(const Build* build, int32_t layer, NetTensor x) {
    char up[NET_NAME], down[NET_NAME];
    part_name(build, layer, "up", up);
    part_name(build, layer, "down", down);
    NetLayer first = {.name = up,
                      .outputs = build->config->hidden,
                      .bias = true,
                      .relu = true,
                      .init = NET_INIT_ROW_NORM,
                      .gain = sqrt(2)};
    NetLayer second = {.name = down,
                       .outputs = build->config->width,
                       .bias = true,
                       .init = NET_INIT_ROW_NORM,
                       .gain = 1 / sqrt(2.0 * build->config->layers)};
    NetTensor y = net_linear(build->graph, norm(build, layer, "norm2", x), &first);
    return net_add(build->graph, x, net_linear(build->graph, y, &second));
}

// ---------------------------------------------------------------- a layer
typedef struct Stream {
    NetTensor q, k, v; // k and v as cached
} Stream;

static NetTensor turn(const Build* build, NetTensor x, NetTensor rotation) {
    return net_rotary(build->graph, x, rotation);
}

static Stream project(const Build* build, int32_t layer, bool comp, bool query, NetTensor x) {
    NetTensor rotation = comp ? build->group_rotation : build->step_rotation;
    NetTensor h = norm(build, layer, "norm1", x);
    Stream s = {.q = absent};
    if (query) {
        s.q = turn(build, attention_map(build, layer, "q", 1, comp, h), rotation);
    }
    s.k = attention_map(build, layer, "k", 1, comp, h);
    if (build->config->positions != NET_CCM_CACHE && build->fault != CCM_MEAN_BEFORE_ROTATION) {
        s.k = turn(build, s.k, rotation);
    }
    s.v = net_real(build->graph, attention_map(build, layer, "v", 1, comp, h));
    return s;
}

// The keys as attention uses them: turned, if that was left for later.
static NetTensor used_key(const Build* build, NetTensor k, NetTensor rotation) {
    bool later =
        build->config->positions == NET_CCM_CACHE || build->fault == CCM_MEAN_BEFORE_ROTATION;
    return later ? turn(build, k, rotation) : k;
}

static NetTensor mean_of(const Build* build, NetTensor x, NetTensor past) {
    const NetCcmBranch* branch = build->branch;
    int32_t first = build->config->sink;
    bool start = branch->shape.past >= first + build->config->comp;
    return net_running_mean(build->graph, x, branch->merge_weight, start ? &past : NULL, first);
}

// All that can be seen in a layer, in the order of the masks.
static int32_t segments_of(const Build* build, int32_t layer, const Stream* steps,
                           const Stream* comp, NetSegment* segments) {
    NetCcmBranch* branch = build->branch;
    int32_t count = 0;
    if (branch->shape.past) {
        NetTensor k = branch->past_k[layer];
        if (build->config->positions == NET_CCM_CACHE) {
            k = turn(build, k, build->past_rotation);
        }
        segments[count++] = (NetSegment){k, branch->past_v[layer]};
    }
    if (branch->shape.groups) {
        NetTensor k = used_key(build, comp->k, build->group_rotation);
        segments[count++] = (NetSegment){k, comp->v};
    }
    if (branch->shape.groups && build->config->merge) {
        NetTensor k = branch->mean_k[layer];
        if (build->fault == CCM_MEAN_BEFORE_ROTATION) {
            k = turn(build, k, build->group_rotation);
        }
        segments[count++] = (NetSegment){k, branch->mean_v[layer]};
    }
    if (branch->shape.steps) {
        NetTensor k = used_key(build, steps->k, build->step_rotation);
        segments[count++] = (NetSegment){k, steps->v};
    }
    return count;
}

static NetTensor attend(const Build* build, int32_t layer, bool comp, NetTensor x, NetTensor q,
                        int32_t count, const NetSegment* segments) {
    const NetCcmBranch* branch = build->branch;
    bool local = build->config->local && layer == 0;
    NetTensor mask = comp ? branch->group_mask : local ? branch->local_mask : branch->step_mask;
    NetTensor o = net_attention(build->graph, q, mask, build->config->heads, count, segments);
    double gain = 1 / sqrt(2.0 * build->config->layers);
    o = attention_map(build, layer, "o", gain, comp, o);
    return feed_forward(build, layer, net_add(build->graph, x, o));
}

static void run_layer(const Build* build, int32_t layer, NetTensor* x, NetTensor* c) {
    NetCcmBranch* branch = build->branch;
    bool last = layer == build->config->layers - 1;
    Stream steps = {absent, absent, absent}, comp = steps;
    if (branch->shape.steps) {
        steps = project(build, layer, false, true, *x);
        branch->step_k[layer] = steps.k;
        branch->step_v[layer] = steps.v;
    }
    if (branch->shape.groups) {
        comp = project(build, layer, true, !last, *c);
        branch->group_k[layer] = comp.k;
        branch->group_v[layer] = comp.v;
    }
    if (branch->shape.groups && build->config->merge) {
        branch->mean_k[layer] = mean_of(build, comp.k, branch->past_k[layer]);
        branch->mean_v[layer] = mean_of(build, comp.v, branch->past_v[layer]);
    }
    NetSegment segments[NET_ATTENTION_SEGMENTS];
    int32_t count = segments_of(build, layer, &steps, &comp, segments);
    if (branch->shape.steps) {
        *x = attend(build, layer, false, *x, steps.q, count, segments);
    }
    if (branch->shape.groups && !last) {
        *c = attend(build, layer, true, *c, comp.q, count, segments);
    }
}

// ---------------------------------------------------------------- inputs
static void clear(NetCcmBranch* branch, NetTensor to) {
    NetTensor* singles[] = {&branch->y,
                            &branch->step_mask,
                            &branch->group_mask,
                            &branch->local_mask,
                            &branch->step_position,
                            &branch->group_position,
                            &branch->past_position,
                            &branch->merge_weight};
    for (size_t i = 0; i < sizeof singles / sizeof *singles; i++) {
        *singles[i] = to;
    }
    for (int32_t layer = 0; layer < NET_CCM_LAYERS; layer++) {
        branch->past_k[layer] = branch->past_v[layer] = to;
        branch->step_k[layer] = branch->step_v[layer] = to;
        branch->group_k[layer] = branch->group_v[layer] = to;
        branch->mean_k[layer] = branch->mean_v[layer] = to;
    }
}

static NetTensor input(const Build* build, NetInputKind kind, const char* what, int32_t first,
                       int32_t second) {
    int32_t shape[] = {first, second};
    char name[NET_NAME];
    snprintf(name, sizeof name, "%s.%s", build->name, what);
    return net_input(build->graph, name, kind, second ? 2 : 1, shape);
}

static void add_inputs(Build* build) {
    NetCcmBranch* branch = build->branch;
    const NetCcmConfig* config = build->config;
    const NetCcmShape* shape = &branch->shape;
    int32_t comp = shape->groups * config->comp, size = config->width / config->heads;
    int32_t keys = shape->past + comp * (1 + config->merge) + shape->steps;
    if (shape->steps) {
        branch->step_mask = input(build, NET_INPUT_BYTES, "step_mask", shape->steps, keys);
        if (config->local) {
            branch->local_mask = input(build, NET_INPUT_BYTES, "local_mask", shape->steps, keys);
        }
        branch->step_position = input(build, NET_INPUT_INDEX, "step_position", shape->steps, 0);
        build->step_rotation =
            net_rotation(build->graph, branch->step_position, size, config->rotary_base);
    }
    if (shape->groups) {
        branch->group_mask = input(build, NET_INPUT_BYTES, "group_mask", comp, keys);
        branch->group_position = input(build, NET_INPUT_INDEX, "group_position", comp, 0);
        build->group_rotation =
            net_rotation(build->graph, branch->group_position, size, config->rotary_base);
    }
    if (shape->groups && config->merge) {
        branch->merge_weight = input(build, NET_INPUT_REAL, "merge_weight", shape->groups, 0);
    }
    if (shape->past && config->positions == NET_CCM_CACHE) {
        branch->past_position = input(build, NET_INPUT_INDEX, "past_position", shape->past, 0);
        build->past_rotation =
            net_rotation(build->graph, branch->past_position, size, config->rotary_base);
    }
    for (int32_t layer = 0; shape->past && layer < config->layers; layer++) {
        branch->past_k[layer] = input(build, NET_INPUT_REAL, "past_k", shape->past, config->width);
        branch->past_v[layer] = input(build, NET_INPUT_REAL, "past_v", shape->past, config->width);
    }
}

static bool good(NetGraph* graph, const NetCcmConfig* config, const NetCcmShape* shape) {
    if (config->layers < 1 || config->layers > NET_CCM_LAYERS || config->heads < 1 ||
        config->width < 2 || config->width % (2 * config->heads) || config->hidden < 1) {
        graph_fail(graph,
                   "memory: %d layers (1 to %d), %d heads, width %d (a multiple of twice the "
                   "heads), hidden %d",
                   (int)config->layers, NET_CCM_LAYERS, (int)config->heads, (int)config->width,
                   (int)config->hidden);
        return false;
    }
    if (config->comp < 0 || config->cap < 1 || config->keep < 0 || config->window < 0 ||
        config->lora_rank < 1 || !(config->merge_floor >= 0 && config->merge_floor <= 1) ||
        !(config->comp_norm > 0)) {
        graph_fail(graph,
                   "memory: comp %d, cap %d, keep %d, window %d, LoRA of rank %d, floor %g, COMP's "
                   "norm %g",
                   (int)config->comp, (int)config->cap, (int)config->keep, (int)config->window,
                   (int)config->lora_rank, config->merge_floor, config->comp_norm);
        return false;
    }
    if (config->positions == NET_CCM_CHUNK && config->keep) {
        graph_fail(graph, "memory: positions within chunks cannot tell chunks that are kept apart");
        return false;
    }
    if (config->local && config->layers < 2) {
        graph_fail(graph, "memory: a local first layer needs a second that reads the memory");
        return false;
    }
    if (shape->steps < 0 || shape->groups < 0 || shape->past < 0 ||
        shape->steps + shape->groups < 1 || (shape->groups && config->comp < 1)) {
        graph_fail(graph, "memory: a branch of %d steps, %d groups of %d, %d past slots",
                   (int)shape->steps, (int)shape->groups, (int)config->comp, (int)shape->past);
        return false;
    }
    return true;
}

NetCcmBranch ccm_build(NetGraph* graph, const char* name, const NetCcmConfig* config,
                       NetCcmShape shape, NetTensor x, NetCcmFault fault) {
    NetCcmBranch branch = {.shape = shape};
    Build build = {graph, name, config, &branch, fault, absent, absent, absent};
    clear(&branch, absent);
    if (!good(graph, config, &shape)) {
        clear(&branch, (NetTensor){0}); // a failed graph can be built on
        return branch;
    }
    bool sharing = graph->sharing;
    net_share(graph, true);
    add_inputs(&build);
    NetTensor c = absent;
    char table[NET_NAME], last[NET_NAME];
    snprintf(table, sizeof table, "%s.comp", name);
    snprintf(last, sizeof last, "%s.norm", name);
    if (shape.groups) {
        c = net_table(graph, table, config->comp, config->width, shape.groups, config->comp_norm);
    }
    for (int32_t layer = 0; layer < config->layers; layer++) {
        run_layer(&build, layer, &x, &c);
    }
    if (shape.steps) {
        branch.y = net_real(graph, net_layer_norm(graph, x, last));
    }
    net_share(graph, sharing);
    return branch;
}

NetCcmBranch net_ccm(NetGraph* graph, const char* name, const NetCcmConfig* config,
                     NetCcmShape shape, NetTensor x) {
    return ccm_build(graph, name, config, shape, x, CCM_NO_FAULT);
}
