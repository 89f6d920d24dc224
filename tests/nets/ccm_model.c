#include "tests/nets/ccm_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"

NetCcmConfig model_config(void) {
    NetCcmConfig config = net_ccm_default();
    config.layers = 3;
    config.heads = 2;
    config.width = 16;
    config.hidden = 24;
    config.lora_rank = 3;
    config.cap = 16;
    config.rotary_base = 100;
    return config;
}

// ---------------------------------------------------------------- the model
static NetTensor embed(NetGraph* graph, NetTensor x, int32_t width) {
    return net_linear(
        graph, x,
        &(NetLayer){
            .name = "embed", .outputs = width, .bias = true, .init = NET_INIT_ROW_NORM, .gain = 1});
}

static NetTensor head(NetGraph* graph, NetTensor y) {
    return net_linear(graph, y,
                      &(NetLayer){.name = "head",
                                  .outputs = LOGITS,
                                  .bias = true,
                                  .full = true,
                                  .init = NET_INIT_ROW_NORM,
                                  .gain = 1});
}

static NetTensor features(NetGraph* graph, const char* name, int32_t steps) {
    return net_input(graph, name, NET_INPUT_REAL, 2, (int32_t[]){steps, FEATURES});
}

static void build(Model* m) {
    NetGraph* g = m->graph;
    const NetCcmConfig* config = &m->config;
    int32_t past = net_ccm_past(config, m->raw), width = config->width;
    int32_t groups = config->comp ? MODEL_BLOCKS : 0;
    net_share(g, true);
    m->whole_x = features(g, "whole", MODEL_STEPS);
    m->whole = ccm_build(g, "memory", config, (NetCcmShape){MODEL_STEPS, groups, 0},
                         embed(g, m->whole_x, width), m->fault);
    m->whole_logits = head(g, m->whole.y);
    m->step_x = features(g, "step", 1);
    m->step = net_ccm(g, "memory", config, (NetCcmShape){1, 0, past}, embed(g, m->step_x, width));
    m->step_logits = head(g, m->step.y);
    if (config->comp) {
        m->compress = net_ccm(g, "memory", config, (NetCcmShape){0, 1, past}, (NetTensor){-1});
    }
    m->tail_x = features(g, "tail", MODEL_STEPS);
    m->tail = net_ccm(g, "memory", config, (NetCcmShape){MODEL_STEPS, groups, past},
                      embed(g, m->tail_x, width));
    m->tail_logits = head(g, m->tail.y);
}

Model model_create(const NetCcmConfig* config, NetCcmFault fault, uint64_t seed) {
    char why[NET_WHY] = "";
    Model m = {.config = *config, .fault = fault, .raw = 5 * (config->keep + 1)};
    if (config->keep > MODEL_BLOCKS) { // full context, or a window
        m.raw = config->window ? config->window : MODEL_STEPS;
    }
    ck_assert_int_eq(net_graph_create(&m.graph, why), NET_OK);
    build(&m);
    ck_assert_msg(net_graph_check(m.graph, why) == NET_OK, "%s", why);
    m.weight_count = net_weight_count(m.graph);
    m.weights = malloc(m.weight_count * sizeof *m.weights);
    NetRandom random = net_random(seed, 7);
    ck_assert_int_eq(net_init(m.graph, &random, m.weights, why), NET_OK);
    for (size_t i = 0; i < m.weight_count; i++) { // nothing stays 0
        m.weights[i] += (NetReal)(0.15 * net_random_normal(&random));
    }
    return m;
}

void model_destroy(Model* model) {
    net_graph_destroy(model->graph);
    free(model->weights);
}

NetCcm* model_online(const Model* model, int32_t rows) {
    char why[NET_WHY] = "";
    NetCcm* ccm = NULL;
    NetCcmOnlineConfig config = {.ccm = model->config,
                                 .rows = rows,
                                 .raw = model->raw,
                                 .step = &model->step,
                                 .compress = model->config.comp ? &model->compress : NULL,
                                 .backend = NET_BACKEND_BLAS,
                                 .dtype = NET_DTYPE_F32,
                                 .outputs = &model->step_logits,
                                 .output_count = 1};
    ck_assert_msg(net_ccm_create(model->graph, &config, &ccm, why) == NET_OK, "%s", why);
    net_ccm_load(ccm, model->weights);
    return ccm;
}

NetPlan* model_plan(const Model* model, int32_t rows, bool training, bool tail) {
    char why[NET_WHY] = "";
    NetPlan* plan = NULL;
    const NetCcmBranch* branch = tail ? &model->tail : &model->whole;
    NetTensor outputs[1 + 2 * NET_CCM_LAYERS] = {tail ? model->tail_logits : model->whole_logits};
    int32_t count = 1;
    for (int32_t layer = 0; !training && model->config.comp && layer < model->config.layers;
         layer++) {
        bool merge = model->config.merge;
        outputs[count++] = merge ? branch->mean_k[layer] : branch->group_k[layer];
        outputs[count++] = merge ? branch->mean_v[layer] : branch->group_v[layer];
    }
    NetPlanConfig config = {.rows = rows,
                            .training = training,
                            .backend = NET_BACKEND_BLAS,
                            .dtype = NET_DTYPE_F32,
                            .outputs = outputs,
                            .output_count = count,
                            .wanted = tail ? &model->tail_x : &model->whole_x,
                            .wanted_count = 1};
    ck_assert_msg(net_plan_create(model->graph, &config, &plan, why) == NET_OK, "%s", why);
    net_plan_load(plan, model->weights);
    return plan;
}

// ---------------------------------------------------------------- histories
History history_create(int32_t rows, int32_t blocks, int32_t ends, uint64_t seed) {
    NetRandom random = net_random(seed, 8);
    History h = {.rows = rows, .blocks = blocks};
    for (int32_t block = 0; block < blocks; block++) {
        int32_t length = 1 + (int32_t)net_random_below(&random, 5);
        int32_t most = MODEL_STEPS - h.steps - (blocks - 1 - block); // later chunks need room
        for (int32_t i = 0; i < length && i < most; i++) {
            h.block[h.steps++] = block;
        }
    }
    size_t count = (size_t)rows * MODEL_STEPS;
    h.episode = calloc(count, sizeof *h.episode);
    h.final = calloc(MODEL_STEPS, 1);
    h.x = calloc(count * FEATURES, sizeof *h.x);
    for (int32_t i = 0; i < h.steps; i++) {
        h.final[i] = h.block[i] == blocks - 1;
    }
    for (size_t i = 0; i < count * FEATURES; i++) {
        h.x[i] = (NetReal)net_random_normal(&random);
    }
    for (size_t i = 0; i < count; i++) {
        bool first = ends && net_random_below(&random, (uint32_t)ends) == 0;
        h.episode[i] = i % MODEL_STEPS ? h.episode[i - 1] + first : 0;
    }
    return h;
}

void history_destroy(History* history) {
    free(history->episode);
    free(history->final);
    free(history->x);
}

static Logits logits_create(const Model* model, const History* history) {
    size_t groups = (size_t)history->rows * (size_t)history->blocks;
    size_t slots =
        groups * (size_t)(model->config.layers * model->config.comp) * (size_t)model->config.width;
    return (Logits){calloc((size_t)history->rows * MODEL_STEPS * LOGITS, sizeof(NetReal)),
                    calloc(slots + 1, sizeof(NetReal)), calloc(slots + 1, sizeof(NetReal)),
                    calloc(groups, 1)};
}

void logits_destroy(Logits* logits) {
    free(logits->value);
    free(logits->k);
    free(logits->v);
    free(logits->held);
}

// ---------------------------------------------------------------- the schedules
// A row's past, into the same row of another plan's inputs.
static void copy_past(const Model* model, const NetCcm* ccm, int32_t row,
                      const NetCcmBranch* branch, NetPlan* plan) {
    size_t size = (size_t)(branch->shape.past * model->config.width);
    for (int32_t layer = 0; layer < model->config.layers; layer++) {
        NetReal* k = net_plan_input(plan, branch->past_k[layer]);
        NetReal* v = net_plan_input(plan, branch->past_v[layer]);
        memcpy(k + (size_t)row * size, net_ccm_k(ccm, layer, row), size * sizeof *k);
        memcpy(v + (size_t)row * size, net_ccm_v(ccm, layer, row), size * sizeof *v);
    }
}

// Chunks from `from` on, in parallel.
static void run_parallel(const Model* model, const History* history, NetPlan* plan, bool tail,
                         int32_t from, const NetCcm* before, Logits* logits) {
    char why[NET_WHY];
    const NetCcmBranch* branch = tail ? &model->tail : &model->whole;
    NetCcmLayout* layout = NULL;
    ck_assert_int_eq(net_ccm_layout_create(&model->config, branch, &layout, why), NET_OK);
    ccm_layout_break(layout, model->fault);
    int32_t first = 0, comp = model->config.comp;
    while (first < history->steps && history->block[first] < from) {
        first++;
    }
    for (int32_t row = 0; row < history->rows; row++) {
        NetCcmSteps steps = {.count = history->steps - first,
                             .episode = history->episode + row * MODEL_STEPS + first,
                             .block = history->block + first,
                             .final = history->final + first};
        if (before) {
            bool goes_on = first && steps.episode[0] == steps.episode[-1];
            steps.position = goes_on ? net_ccm_position(before, row) : 0;
            steps.past = net_ccm_places(before, row);
            copy_past(model, before, row, branch, plan);
        }
        NetReal* x = net_plan_input(plan, tail ? model->tail_x : model->whole_x);
        memcpy(x + row * MODEL_STEPS * FEATURES,
               history->x + (row * MODEL_STEPS + first) * FEATURES,
               (size_t)(steps.count * FEATURES) * sizeof *x);
        net_ccm_layout_fill(layout, plan, row, &steps);
        const NetCcmPlace* group = net_ccm_layout_groups(layout);
        for (int32_t i = 0; comp && i < history->blocks - from; i++) {
            logits->held[row * history->blocks + from + i] = group[i * comp].kind != 0;
        }
    }
    net_ccm_layout_destroy(layout);
    net_plan_forward(plan, history->rows);
    const NetReal* y = net_plan_output(plan, tail ? model->tail_logits : model->whole_logits);
    for (int32_t row = 0; row < history->rows; row++) {
        memcpy(logits->value + (row * MODEL_STEPS + first) * LOGITS, y + row * MODEL_STEPS * LOGITS,
               (size_t)((history->steps - first) * LOGITS) * sizeof *y);
    }
}

static size_t slot_place(const Model* model, const History* history, int32_t row, int32_t block,
                         int32_t layer) {
    size_t group = (size_t)(row * history->blocks + block);
    return (group * (size_t)model->config.layers + (size_t)layer) *
           (size_t)(model->config.comp * model->config.width);
}

static void keep_slots(const Model* model, const History* history, NetPlan* plan,
                       const Logits* logits) {
    size_t size = (size_t)(model->config.comp * model->config.width);
    for (int32_t layer = 0; model->config.comp && layer < model->config.layers; layer++) {
        bool merge = model->config.merge;
        const NetCcmBranch* branch = &model->whole;
        const NetReal* k =
            net_plan_output(plan, merge ? branch->mean_k[layer] : branch->group_k[layer]);
        const NetReal* v =
            net_plan_output(plan, merge ? branch->mean_v[layer] : branch->group_v[layer]);
        for (int32_t i = 0; i < history->rows * history->blocks; i++) {
            int32_t row = i / history->blocks, block = i % history->blocks;
            size_t to = slot_place(model, history, row, block, layer);
            size_t from = (size_t)(row * MODEL_BLOCKS + block) * size;
            memcpy(logits->k + to, k + from, size * sizeof *k);
            memcpy(logits->v + to, v + from, size * sizeof *v);
        }
    }
}

Logits run_whole(const Model* model, const History* history) {
    Logits logits = logits_create(model, history);
    NetPlan* plan = model_plan(model, history->rows, false, false);
    run_parallel(model, history, plan, false, 0, NULL, &logits);
    keep_slots(model, history, plan, &logits);
    net_plan_destroy(plan);
    return logits;
}

static void keep_online_slots(const Model* model, const History* history, const NetCcm* ccm,
                              int32_t block, const Logits* logits) {
    size_t size = (size_t)(model->config.comp * model->config.width);
    size_t memory = (size_t)(model->config.sink * model->config.width);
    for (int32_t row = 0; row < history->rows; row++) {
        for (int32_t layer = 0; layer < model->config.layers; layer++) {
            bool merge = model->config.merge;
            const NetReal* k =
                merge ? net_ccm_k(ccm, layer, row) + memory : net_ccm_group_k(ccm, layer, row);
            const NetReal* v =
                merge ? net_ccm_v(ccm, layer, row) + memory : net_ccm_group_v(ccm, layer, row);
            size_t to = slot_place(model, history, row, block, layer);
            memcpy(logits->k + to, k, size * sizeof *k);
            memcpy(logits->v + to, v, size * sizeof *v);
        }
        // Of an episode that is over nothing is ever read; the recursion may have lost its sink.
        const NetCcmPlace* place = net_ccm_places(ccm, row);
        for (int32_t slot = 0; slot < net_ccm_past(&model->config, model->raw); slot++) {
            bool holds = place[slot].kind == NET_CCM_COMP || place[slot].kind == NET_CCM_MEAN;
            logits->held[row * history->blocks + block] |=
                holds && place[slot].episode == net_ccm_episode(ccm, row) &&
                place[slot].block == block - model->config.keep;
        }
    }
}

// Plays steps until chunk `until`, which is not begun.
static void play(const Model* model, const History* history, NetCcm* ccm, int32_t until,
                 const Logits* logits) {
    NetPlan* plan = net_ccm_plan(ccm);
    NetReal* x = net_plan_input(plan, model->step_x);
    for (int32_t i = 0; i < history->steps && history->block[i] < until; i++) {
        for (int32_t row = 0; row < history->rows; row++) {
            int32_t at = row * MODEL_STEPS + i;
            if (i && history->episode[at] != history->episode[at - 1]) {
                net_ccm_reset(ccm, row);
            }
            if (history->final[i]) {
                net_ccm_read(ccm, row);
            }
            memcpy(x + row * FEATURES, history->x + at * FEATURES, FEATURES * sizeof *x);
        }
        net_ccm_step(ccm);
        for (int32_t row = 0; row < history->rows; row++) {
            memcpy(logits->value + (row * MODEL_STEPS + i) * LOGITS,
                   net_plan_output(plan, model->step_logits) + row * LOGITS, LOGITS * sizeof *x);
        }
        if (i + 1 == history->steps || history->block[i + 1] != history->block[i]) {
            net_ccm_close(ccm, NULL);
            if (model->config.comp) {
                keep_online_slots(model, history, ccm, history->block[i], logits);
            }
        }
    }
}

Logits run_online(const Model* model, const History* history) {
    Logits logits = logits_create(model, history);
    NetCcm* ccm = model_online(model, history->rows);
    play(model, history, ccm, history->blocks, &logits);
    net_ccm_destroy(ccm);
    return logits;
}

Logits run_tail(const Model* model, const History* history, int32_t from) {
    Logits logits = logits_create(model, history);
    NetCcm* ccm = model_online(model, history->rows);
    NetPlan* plan = model_plan(model, history->rows, false, true);
    play(model, history, ccm, from, &logits);
    run_parallel(model, history, plan, true, from, ccm, &logits);
    net_plan_destroy(plan);
    net_ccm_destroy(ccm);
    return logits;
}

// ---------------------------------------------------------------- comparing
double logits_distance(const History* history, const Logits* a, const Logits* b, int32_t from) {
    double largest = 1, distance = 0;
    for (int32_t i = 0; i < history->rows * MODEL_STEPS; i++) {
        int32_t step = i % MODEL_STEPS;
        for (int32_t k = 0; step < history->steps && history->block[step] >= from && k < LOGITS;
             k++) {
            double left = (double)a->value[i * LOGITS + k];
            double right = (double)b->value[i * LOGITS + k];
            largest = fmax(largest, fabs(left));
            distance = fmax(distance, fabs(left - right));
            distance = isnan(left) || isnan(right) ? INFINITY : distance;
        }
    }
    return distance / largest;
}

double memory_distance(const Model* model, const History* history, const Logits* a,
                       const Logits* b) {
    size_t size = (size_t)(model->config.layers * model->config.comp * model->config.width);
    double largest = 1, distance = 0;
    for (int32_t group = 0; group < history->rows * history->blocks; group++) {
        for (size_t i = 0; a->held[group] && i < size; i++) {
            size_t at = (size_t)group * size + i;
            double k = fabs((double)a->k[at] - (double)b->k[at]),
                   v = fabs((double)a->v[at] - (double)b->v[at]);
            largest = fmax(largest, fmax(fabs((double)a->k[at]), fabs((double)a->v[at])));
            distance =
                isnan(k) || isnan(v) || !b->held[group] ? INFINITY : fmax(distance, fmax(k, v));
        }
    }
    return distance / largest;
}

int32_t memory_held(const History* history, const Logits* logits) {
    int32_t held = 0;
    for (int32_t group = 0; group < history->rows * history->blocks; group++) {
        held += logits->held[group];
    }
    return held;
}
