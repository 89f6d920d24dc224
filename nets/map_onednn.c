// Maps by oneDNN, versions 2 and 3.
//
// Activations stay in plain NHWC. Weights are kept a second time in whatever blocked layout each
// primitive asks for; their gradients come in such a layout and are added to the plain ones.
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/onednn.h"

#ifdef NETS_ONEDNN

// ---------------------------------------------------------------- making
static bool make_memory(OneMap* map, dnnl_memory_t* memory, DescRef desc) {
    return ok(dnnl_memory_create(memory, desc, map->engine, DNNL_MEMORY_NONE));
}

// weight_md: what the primitive calls its weights (or their gradient).
static bool finish_pass(OneMap* map, Pass* pass, dnnl_query_t weight_md) {
    DescRef weight = dnnl_primitive_desc_query_md(pass->desc, weight_md, 0);
    DescRef scratchpad = dnnl_primitive_desc_query_md(pass->desc, dnnl_query_scratchpad_md, 0);
    pass->weight_bytes = dnnl_memory_desc_get_size(weight);
    pass->scratchpad_bytes = dnnl_memory_desc_get_size(scratchpad);
    return ok(dnnl_primitive_create(&pass->primitive, pass->desc)) &&
           make_memory(map, &pass->weight, weight) &&
           make_memory(map, &pass->scratchpad, scratchpad);
}

static bool make_reorder(OneMap* map, DescRef from, DescRef to, dnnl_primitive_attr_t attr,
                         dnnl_primitive_t* reorder) {
    dnnl_primitive_desc_t desc = NULL;
    bool good =
        ok(dnnl_reorder_primitive_desc_create(&desc, from, map->engine, to, map->engine, attr)) &&
        ok(dnnl_primitive_create(reorder, desc));
    if (desc) {
        dnnl_primitive_desc_destroy(desc);
    }
    return good;
}

static void* own_weight(Pass* pass) {
    size_t bytes = (pass->weight_bytes + 63) / 64 * 64;
    void* room = aligned_alloc(64, bytes);
    if (room) {
        memset(room, 0, bytes);
        dnnl_memory_set_data_handle(pass->weight, room);
    }
    return room;
}

static bool make_forward(OneMap* map) {
    if (!onednn_describe_forward(map) || !finish_pass(map, &map->forward, dnnl_query_weights_md)) {
        return false;
    }
    map->weight_forward = own_weight(&map->forward);
    DescRef blocked = dnnl_primitive_desc_query_md(map->forward.desc, dnnl_query_weights_md, 0);
    return map->weight_forward &&
           make_reorder(map, desc_ref(&map->given[WEIGHT]), blocked, NULL, &map->pack_forward);
}

static bool make_data(OneMap* map) {
    if (!onednn_describe_data(map) || !finish_pass(map, &map->data, dnnl_query_weights_md)) {
        return false;
    }
    map->weight_data = own_weight(&map->data);
    DescRef blocked = dnnl_primitive_desc_query_md(map->data.desc, dnnl_query_weights_md, 0);
    return map->weight_data &&
           make_reorder(map, desc_ref(&map->given[WEIGHT]), blocked, NULL, &map->pack_data);
}

static bool make_weights(OneMap* map) {
    dnnl_memory_desc_t free_gradient;
    memset(&free_gradient, 0, sizeof free_gradient);
    const NetMapShape* s = &map->shape;
    dnnl_dims_t dims = {(dnnl_dim_t)s->outputs, (dnnl_dim_t)s->inputs, 3, 3};
    bool good =
        desc_make(&free_gradient, s->convolution ? 4 : 2, dims, dnnl_f32, dnnl_format_tag_any) &&
        onednn_describe_weights(map, &free_gradient) &&
        finish_pass(map, &map->weights, dnnl_query_diff_weights_md);
    desc_free(&free_gradient);
    if (!good) {
        return false;
    }
    DescRef blocked =
        dnnl_primitive_desc_query_md(map->weights.desc, dnnl_query_diff_weights_md, 0);
    return make_reorder(map, blocked, desc_ref(&map->given[WEIGHT]), map->summing, &map->unpack);
}

static bool make_all(OneMap* map) {
    DescRef x = desc_ref(&map->given[X]), y = desc_ref(&map->given[Y]);
    DescRef weight = desc_ref(&map->given[WEIGHT]), bias = desc_ref(&map->given[BIAS]);
    const NetMapShape* s = &map->shape;
    return make_memory(map, &map->x, x) && make_memory(map, &map->y, y) &&
           make_memory(map, &map->d_x, x) && make_memory(map, &map->d_y, y) &&
           make_memory(map, &map->weight, weight) && make_memory(map, &map->d_weight, weight) &&
           make_memory(map, &map->bias, bias) && make_memory(map, &map->d_bias, bias) &&
           make_forward(map) && (!s->training || make_weights(map)) &&
           (!s->training || !s->input_gradient || make_data(map));
}

static void free_pass(Pass* pass) {
    if (pass->desc) {
        dnnl_primitive_desc_destroy(pass->desc);
    }
    if (pass->primitive) {
        dnnl_primitive_destroy(pass->primitive);
    }
    dnnl_memory_destroy(pass->weight);
    dnnl_memory_destroy(pass->scratchpad);
}

static void destroy(NetMap* opaque) {
    OneMap* map = (OneMap*)opaque;
    if (!map) {
        return;
    }
    free_pass(&map->forward);
    free_pass(&map->data);
    free_pass(&map->weights);
    dnnl_memory_t memories[] = {map->x,      map->y,    map->d_x,      map->d_y,
                                map->weight, map->bias, map->d_weight, map->d_bias};
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++) {
        dnnl_memory_destroy(memories[i]);
    }
    dnnl_primitive_t reorders[] = {map->pack_forward, map->pack_data, map->unpack};
    for (size_t i = 0; i < sizeof reorders / sizeof *reorders; i++) {
        if (reorders[i]) {
            dnnl_primitive_destroy(reorders[i]);
        }
    }
    for (int i = 0; i < DESCS; i++) {
        desc_free(&map->given[i]);
    }
    desc_free(&map->free_weight);
    dnnl_primitive_attr_destroy(map->plain);
    dnnl_primitive_attr_destroy(map->with_relu);
    dnnl_primitive_attr_destroy(map->summing);
    if (map->stream) {
        dnnl_stream_destroy(map->stream);
    }
    if (map->engine) {
        dnnl_engine_destroy(map->engine);
    }
    free(map->weight_forward);
    free(map->weight_data);
    free(map);
}

static NetStatus create(const NetMapShape* shape, NetMap** opaque, char why[NET_WHY]) {
    *opaque = NULL;
    OneMap* map = calloc(1, sizeof *map);
    if (!map) {
        snprintf(why, NET_WHY, "out of memory for a layer");
        return NET_OUT_OF_MEMORY;
    }
    map->shape = *shape;
    int threads = net_onednn_single_thread(); // primitives remember the number they were made for
    bool good = ok(dnnl_engine_create(&map->engine, dnnl_cpu, 0)) &&
                ok(dnnl_stream_create(&map->stream, map->engine, dnnl_stream_default_flags)) &&
                onednn_make_descs(map) && onednn_make_attributes(map) && make_all(map);
    net_onednn_restore_threads(threads);
    if (!good) {
        snprintf(why, NET_WHY,
                 "oneDNN cannot make a %s of %zu to %zu channels in %s; use --set "
                 "compute.backend=blas",
                 shape->convolution ? "convolution" : "linear map", shape->inputs, shape->outputs,
                 shape->half ? "bf16" : "f32");
        destroy((NetMap*)map);
        return NET_UNAVAILABLE;
    }
    *opaque = (NetMap*)map;
    return NET_OK;
}

// ---------------------------------------------------------------- running
// scratch: the scratchpad, then the blocked weight gradient, then that of the bias.
static size_t round_up(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

static size_t pad_bytes(const OneMap* map) {
    size_t most = map->forward.scratchpad_bytes;
    most = map->data.scratchpad_bytes > most ? map->data.scratchpad_bytes : most;
    return round_up(map->weights.scratchpad_bytes > most ? map->weights.scratchpad_bytes : most);
}

static size_t scratch_bytes(const NetMap* opaque) {
    const OneMap* map = (const OneMap*)opaque;
    return pad_bytes(map) + round_up(map->weights.weight_bytes) +
           round_up(map->shape.outputs * sizeof(float));
}

static size_t own_bytes(const NetMap* opaque) {
    const OneMap* map = (const OneMap*)opaque;
    return sizeof *map + map->forward.weight_bytes + map->data.weight_bytes;
}

static void point(dnnl_memory_t memory, const void* at) {
    dnnl_status_t status = dnnl_memory_set_data_handle(memory, (void*)at);
    assert(ok(status));
    (void)status;
}

static void execute(const OneMap* map, dnnl_primitive_t primitive, int count,
                    const dnnl_exec_arg_t* arguments) {
    dnnl_status_t status = dnnl_primitive_execute(primitive, map->stream, count, arguments);
    assert(ok(status));
    (void)status;
}

static void reorder(const OneMap* map, dnnl_primitive_t primitive, dnnl_memory_t from,
                    dnnl_memory_t to) {
    execute(map, primitive, 2, (dnnl_exec_arg_t[]){{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
}

static void load(NetMap* opaque, const NetReal* weight, const NetReal* bias) {
    OneMap* map = (OneMap*)opaque;
    int threads = net_onednn_single_thread();
    point(map->weight, weight);
    point(map->bias, bias);
    reorder(map, map->pack_forward, map->weight, map->forward.weight);
    if (map->weight_data) {
        reorder(map, map->pack_data, map->weight, map->data.weight);
    }
    net_onednn_restore_threads(threads);
}

static void forward(NetMap* opaque, const void* x, void* y, void* scratch) {
    const OneMap* map = (const OneMap*)opaque;
    point(map->x, x);
    point(map->y, y);
    point(map->forward.scratchpad, scratch);
    dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, map->x},
                                   {DNNL_ARG_WEIGHTS, map->forward.weight},
                                   {DNNL_ARG_DST, map->y},
                                   {DNNL_ARG_SCRATCHPAD, map->forward.scratchpad},
                                   {DNNL_ARG_BIAS, map->bias}};
    execute(map, map->forward.primitive, map->shape.bias ? 5 : 4, arguments);
}

static void backward(NetMap* opaque, const void* x, const void* d_y, void* d_x, NetReal* d_weight,
                     NetReal* d_bias, void* scratch) {
    const OneMap* map = (const OneMap*)opaque;
    char* blocked = (char*)scratch + pad_bytes(map);
    float* bias_part = (float*)(void*)(blocked + round_up(map->weights.weight_bytes));
    point(map->x, x);
    point(map->d_y, d_y);
    point(map->weights.scratchpad, scratch);
    point(map->weights.weight, blocked);
    point(map->d_bias, bias_part);
    dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, map->x},
                                   {DNNL_ARG_DIFF_DST, map->d_y},
                                   {DNNL_ARG_DIFF_WEIGHTS, map->weights.weight},
                                   {DNNL_ARG_SCRATCHPAD, map->weights.scratchpad},
                                   {DNNL_ARG_DIFF_BIAS, map->d_bias}};
    execute(map, map->weights.primitive, map->shape.bias ? 5 : 4, arguments);
    point(map->d_weight, d_weight);
    reorder(map, map->unpack, map->weights.weight, map->d_weight);
    for (size_t i = 0; d_bias && i < map->shape.outputs; i++) {
        d_bias[i] += (NetReal)bias_part[i];
    }
    if (d_x) {
        point(map->d_x, d_x);
        point(map->data.scratchpad, scratch);
        dnnl_exec_arg_t back[] = {{DNNL_ARG_DIFF_DST, map->d_y},
                                  {DNNL_ARG_WEIGHTS, map->data.weight},
                                  {DNNL_ARG_DIFF_SRC, map->d_x},
                                  {DNNL_ARG_SCRATCHPAD, map->data.scratchpad}};
        execute(map, map->data.primitive, 4, back);
    }
}

const NetMapBackend net_map_onednn = {create, destroy, scratch_bytes, own_bytes,
                                      load,   forward, backward};
#endif
