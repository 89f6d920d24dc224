// Descriptions of a map's tensors and primitives, for versions 2 and 3 of oneDNN.
#include "nets/onednn.h"

#ifdef NETS_ONEDNN

bool onednn_make_descs(OneMap* map) {
    const NetMapShape* s = &map->shape;
    dnnl_data_type_t type = s->half ? dnnl_bf16 : dnnl_f32;
    dnnl_dim_t rows = (dnnl_dim_t)s->rows, in = (dnnl_dim_t)s->inputs, out = (dnnl_dim_t)s->outputs;
    dnnl_dims_t x = {rows, in, (dnnl_dim_t)s->height, (dnnl_dim_t)s->width};
    dnnl_dims_t y = {rows, out, (dnnl_dim_t)s->height, (dnnl_dim_t)s->width};
    dnnl_dims_t weight = {out, in, 3, 3}, bias = {out};
    int rank = s->convolution ? 4 : 2;
    dnnl_format_tag_t rows_tag = s->convolution ? dnnl_nhwc : dnnl_nc;
    return desc_make(&map->given[X], rank, x, type, rows_tag) &&
           desc_make(&map->given[Y], rank, y, type, rows_tag) &&
           desc_make(&map->given[WEIGHT], rank, weight, dnnl_f32,
                     s->convolution ? dnnl_ohwi : dnnl_oi) &&
           desc_make(&map->given[BIAS], 1, bias, dnnl_f32, dnnl_a) &&
           desc_make(&map->free_weight, rank, weight, type, dnnl_format_tag_any);
}

bool onednn_make_attributes(OneMap* map) {
    dnnl_post_ops_t relu = NULL, sum = NULL;
    bool good =
        ok(dnnl_primitive_attr_create(&map->plain)) &&
        ok(dnnl_primitive_attr_create(&map->with_relu)) &&
        ok(dnnl_primitive_attr_create(&map->summing)) &&
        ok(dnnl_primitive_attr_set_scratchpad_mode(map->plain, dnnl_scratchpad_mode_user)) &&
        ok(dnnl_primitive_attr_set_scratchpad_mode(map->with_relu, dnnl_scratchpad_mode_user)) &&
        ok(dnnl_post_ops_create(&relu)) && ok(dnnl_post_ops_create(&sum));
#if DNNL_VERSION_MAJOR >= 3
    good = good && ok(dnnl_post_ops_append_eltwise(relu, dnnl_eltwise_relu, 0, 0)) &&
           ok(dnnl_post_ops_append_sum(sum, 1, 0, dnnl_data_type_undef));
#else
    good = good && ok(dnnl_post_ops_append_eltwise(relu, 1, dnnl_eltwise_relu, 0, 0)) &&
           ok(dnnl_post_ops_append_sum(sum, 1));
#endif
    good = good && ok(dnnl_primitive_attr_set_post_ops(map->with_relu, relu)) &&
           ok(dnnl_primitive_attr_set_post_ops(map->summing, sum));
    dnnl_post_ops_destroy(relu);
    dnnl_post_ops_destroy(sum);
    return good;
}

static const dnnl_dims_t one = {1, 1}, padding = {1, 1};

#if DNNL_VERSION_MAJOR >= 3
static const dnnl_dims_t dense = {0, 0};

bool onednn_describe_forward(OneMap* map) {
    DescRef x = map->given[X], y = map->given[Y], weight = map->free_weight;
    DescRef bias = map->shape.bias ? map->given[BIAS] : NULL;
    dnnl_prop_kind_t kind = map->shape.training ? dnnl_forward_training : dnnl_forward_inference;
    dnnl_primitive_attr_t attr = map->shape.relu ? map->with_relu : map->plain;
    return ok(map->shape.convolution
                  ? dnnl_convolution_forward_primitive_desc_create(
                        &map->forward.desc, map->engine, kind, dnnl_convolution_direct, x, weight,
                        bias, y, one, dense, padding, padding, attr)
                  : dnnl_inner_product_forward_primitive_desc_create(
                        &map->forward.desc, map->engine, kind, x, weight, bias, y, attr));
}

bool onednn_describe_data(OneMap* map) {
    DescRef x = map->given[X], y = map->given[Y], weight = map->free_weight;
    return ok(map->shape.convolution
                  ? dnnl_convolution_backward_data_primitive_desc_create(
                        &map->data.desc, map->engine, dnnl_convolution_direct, x, weight, y, one,
                        dense, padding, padding, map->forward.desc, map->plain)
                  : dnnl_inner_product_backward_data_primitive_desc_create(
                        &map->data.desc, map->engine, x, weight, y, map->forward.desc, map->plain));
}

bool onednn_describe_weights(OneMap* map, const dnnl_memory_desc_t* free_gradient) {
    DescRef x = map->given[X], y = map->given[Y];
    DescRef bias = map->shape.bias ? map->given[BIAS] : NULL;
    return ok(map->shape.convolution
                  ? dnnl_convolution_backward_weights_primitive_desc_create(
                        &map->weights.desc, map->engine, dnnl_convolution_direct, x, *free_gradient,
                        bias, y, one, dense, padding, padding, map->forward.desc, map->plain)
                  : dnnl_inner_product_backward_weights_primitive_desc_create(
                        &map->weights.desc, map->engine, x, *free_gradient, bias, y,
                        map->forward.desc, map->plain));
}
#else
bool onednn_describe_forward(OneMap* map) {
    dnnl_memory_desc_t* g = map->given;
    dnnl_memory_desc_t* bias = map->shape.bias ? &g[BIAS] : NULL;
    dnnl_prop_kind_t kind = map->shape.training ? dnnl_forward_training : dnnl_forward_inference;
    dnnl_primitive_attr_t attr = map->shape.relu ? map->with_relu : map->plain;
    dnnl_convolution_desc_t conv;
    dnnl_inner_product_desc_t inner;
    if (map->shape.convolution) {
        return ok(dnnl_convolution_forward_desc_init(&conv, kind, dnnl_convolution_direct, &g[X],
                                                     &map->free_weight, bias, &g[Y], one, padding,
                                                     padding)) &&
               ok(dnnl_primitive_desc_create(&map->forward.desc, &conv, attr, map->engine, NULL));
    }
    return ok(dnnl_inner_product_forward_desc_init(&inner, kind, &g[X], &map->free_weight, bias,
                                                   &g[Y])) &&
           ok(dnnl_primitive_desc_create(&map->forward.desc, &inner, attr, map->engine, NULL));
}

bool onednn_describe_data(OneMap* map) {
    dnnl_memory_desc_t* g = map->given;
    dnnl_convolution_desc_t conv;
    dnnl_inner_product_desc_t inner;
    if (map->shape.convolution) {
        return ok(dnnl_convolution_backward_data_desc_init(&conv, dnnl_convolution_direct, &g[X],
                                                           &map->free_weight, &g[Y], one, padding,
                                                           padding)) &&
               ok(dnnl_primitive_desc_create(&map->data.desc, &conv, map->plain, map->engine,
                                             map->forward.desc));
    }
    return ok(dnnl_inner_product_backward_data_desc_init(&inner, &g[X], &map->free_weight,
                                                         &g[Y])) &&
           ok(dnnl_primitive_desc_create(&map->data.desc, &inner, map->plain, map->engine,
                                         map->forward.desc));
}

bool onednn_describe_weights(OneMap* map, const dnnl_memory_desc_t* free_gradient) {
    dnnl_memory_desc_t* g = map->given;
    dnnl_memory_desc_t* bias = map->shape.bias ? &g[BIAS] : NULL;
    dnnl_convolution_desc_t conv;
    dnnl_inner_product_desc_t inner;
    if (map->shape.convolution) {
        return ok(dnnl_convolution_backward_weights_desc_init(&conv, dnnl_convolution_direct, &g[X],
                                                              free_gradient, bias, &g[Y], one,
                                                              padding, padding)) &&
               ok(dnnl_primitive_desc_create(&map->weights.desc, &conv, map->plain, map->engine,
                                             map->forward.desc));
    }
    return ok(dnnl_inner_product_backward_weights_desc_init(&inner, &g[X], free_gradient, bias,
                                                            &g[Y])) &&
           ok(dnnl_primitive_desc_create(&map->weights.desc, &inner, map->plain, map->engine,
                                         map->forward.desc));
}
#endif
#endif
