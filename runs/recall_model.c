#include "runs/recall_model.h"

#include <stdio.h>

static RecallView view_of(NetGraph* graph, const NetCcmConfig* config, double norm,
                          NetCcmShape shape) {
    int32_t width = config->width;
    RecallView view;
    view.type = net_input(graph, "type", NET_INPUT_INDEX, 1, &shape.steps);
    view.key = net_input(graph, "key", NET_INPUT_INDEX, 1, &shape.steps);
    view.value = net_input(graph, "value", NET_INPUT_INDEX, 1, &shape.steps);
    NetTensor x = net_embed(graph, view.type, "type", RECALL_TYPES, width, norm);
    x = net_add(graph, x, net_embed(graph, view.key, "key", RECALL_KEYS, width, norm));
    x = net_add(graph, x, net_embed(graph, view.value, "value", RECALL_VALUES + 1, width, norm));
    view.branch = net_ccm(graph, "memory", config, shape, x);
    NetLayer head = {.name = "head",
                     .outputs = RECALL_VALUES,
                     .bias = true,
                     .full = true,
                     .init = NET_INIT_ROW_NORM,
                     .gain = 0.1};
    view.log_prob = net_log_softmax(graph, net_linear(graph, view.branch.y, &head));
    return view;
}

NetCcmConfig recall_raw_config(const NetCcmConfig* config) {
    NetCcmConfig raw = *config;
    raw.comp = 0;
    raw.merge = false;
    raw.keep = NET_CCM_UNLIMITED;
    raw.window = 0;
    raw.positions = NET_CCM_EPISODE;
    return raw;
}

int32_t recall_steps(const RecallSettings* settings) {
    return RECALL_CHUNKS * settings->chunk;
}

// Cached steps: all that can still be seen.
static int32_t raw_steps(const RecallSettings* settings, int32_t steps) {
    const NetCcmConfig* config = &settings->ccm;
    int32_t kept = config->keep >= NET_CCM_UNLIMITED ? steps : (config->keep + 1) * settings->chunk;
    return config->window && config->window < kept ? config->window : kept;
}

NetStatus recall_model_create(const RecallSettings* settings, int32_t steps, RecallModel* model,
                              char why[NET_WHY]) {
    const NetCcmConfig* config = &settings->ccm;
    const double norm = settings->norm;
    const int32_t length = recall_steps(settings);
    NetCcmConfig raw = recall_raw_config(config);
    int32_t groups = config->comp ? RECALL_CHUNKS - 1 : 0;
    int32_t past = net_ccm_past(config, raw_steps(settings, steps));
    NetStatus status = net_graph_create(&model->graph, why);
    if (status != NET_OK) {
        return status;
    }
    NetGraph* graph = model->graph;
    net_share(graph, true);
    model->raw = view_of(graph, &raw, norm, (NetCcmShape){.steps = length});
    model->whole = view_of(graph, config, norm, (NetCcmShape){.steps = length, .groups = groups});
    model->step = view_of(graph, config, norm, (NetCcmShape){.steps = 1, .past = past});
    if (config->comp) {
        NetCcmShape shape = {.groups = 1, .past = past};
        model->compress = net_ccm(graph, "memory", config, shape, (NetTensor){0});
    }
    return net_graph_check(graph, why);
}

NetStatus recall_no_room(char why[NET_WHY]) {
    snprintf(why, NET_WHY, "out of memory for the recall task");
    return NET_OUT_OF_MEMORY;
}

NetStatus recall_online_create(const RecallSettings* settings, const RecallModel* model,
                               int32_t rows, int32_t steps, NetCcm** online, char why[NET_WHY]) {
    NetCcmOnlineConfig config = {.ccm = settings->ccm,
                                 .rows = rows,
                                 .raw = raw_steps(settings, steps),
                                 .step = &model->step.branch,
                                 .compress = settings->ccm.comp ? &model->compress : NULL,
                                 .dtype = NET_DTYPE_F32,
                                 .outputs = &model->step.log_prob,
                                 .output_count = 1};
    return net_ccm_create(model->graph, &config, online, why);
}
