#include "agent/probe.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nets/nets.h"

// As many updates however few the rows, so that a fit on few is no less complete.
enum { BATCH = 256, UPDATES = 1500 };
static const double learning_rate = 3e-3;

struct Probe {
    int32_t width, classes;
    NetGraph* graph;
    NetTensor features, log_prob;
    size_t count;
    NetReal *weights, *gradient, *mean, *square;
    NetPlan* plan; // [BATCH] rows
};

void probe_destroy(Probe* probe) {
    if (probe) {
        net_plan_destroy(probe->plan);
        net_graph_destroy(probe->graph);
        free(probe->weights);
        free(probe->gradient);
        free(probe->mean);
        free(probe->square);
        free(probe);
    }
}

static NetStatus build(Probe* probe, char why[AGENT_WHY]) {
    NetStatus status = net_graph_create(&probe->graph, why);
    if (status != NET_OK) {
        return status;
    }
    probe->features = net_input(probe->graph, "features", NET_INPUT_REAL, 1, &probe->width);
    NetTensor x = net_linear(probe->graph, probe->features,
                             &(NetLayer){.name = "probe",
                                         .outputs = probe->classes,
                                         .bias = true,
                                         .full = true,
                                         .init = NET_INIT_ZERO});
    probe->log_prob = net_log_softmax(probe->graph, x);
    NetPlanConfig config = {.rows = BATCH,
                            .training = true,
                            .dtype = NET_DTYPE_F32,
                            .outputs = &probe->log_prob,
                            .output_count = 1};
    status = net_plan_create(probe->graph, &config, &probe->plan, why);
    probe->count = status == NET_OK ? net_weight_count(probe->graph) : 0;
    return status;
}

static bool take_arrays(Probe* probe) {
    probe->weights = calloc(probe->count, sizeof *probe->weights);
    probe->gradient = calloc(probe->count, sizeof *probe->gradient);
    probe->mean = calloc(probe->count, sizeof *probe->mean);
    probe->square = calloc(probe->count, sizeof *probe->square);
    return probe->weights && probe->gradient && probe->mean && probe->square;
}

// Rows index[0..count), or first..first+count without an index.
static void forward(Probe* probe, const ProbeRows* rows, const int32_t* index, int64_t first,
                    int32_t count) {
    NetReal* input = net_plan_input(probe->plan, probe->features);
    size_t width = (size_t)probe->width;
    for (int32_t i = 0; i < count; i++) {
        size_t row = index ? (size_t)index[i] : (size_t)(first + i);
        for (size_t k = 0; k < width; k++) {
            input[(size_t)i * width + k] = (NetReal)rows->features[row * (size_t)rows->stride + k];
        }
    }
    net_plan_forward(probe->plan, count);
}

static int32_t label_of(const ProbeRows* rows, int64_t row) {
    return rows->label[row * rows->questions];
}

// The order's first `asked` rows.
static void pass(Probe* probe, NetAdam* adam, const ProbeRows* rows, int64_t asked,
                 const int32_t* order) {
    size_t classes = (size_t)probe->classes;
    for (int64_t first = 0; first < asked; first += BATCH) {
        int32_t count = (int32_t)(asked - first < BATCH ? asked - first : BATCH);
        net_plan_load(probe->plan, probe->weights);
        forward(probe, rows, order + first, 0, count);
        NetReal* d_log_prob = net_plan_d_output(probe->plan, probe->log_prob);
        memset(d_log_prob, 0, BATCH * classes * sizeof *d_log_prob);
        for (int32_t i = 0; i < count; i++) {
            d_log_prob[(size_t)i * classes + (size_t)label_of(rows, order[first + i])] =
                (NetReal)(-1.0 / count);
        }
        memset(probe->gradient, 0, probe->count * sizeof *probe->gradient);
        net_plan_backward(probe->plan, probe->gradient);
        adam->updates++;
        net_adam_update(adam, 0, probe->count, 1, probe->gradient, probe->weights);
    }
}

static int64_t find_asked(const ProbeRows* rows, int32_t* order) {
    int64_t asked = 0;
    for (int64_t row = 0; row < rows->count; row++) {
        if (label_of(rows, row) >= 0) {
            order[asked++] = (int32_t)row;
        }
    }
    return asked;
}

AgentStatus probe_fit(const ProbeRows* rows, int32_t width, int32_t classes, uint64_t seed,
                      Probe** result, char why[AGENT_WHY]) {
    *result = NULL;
    Probe* probe = calloc(1, sizeof *probe);
    int32_t* order = malloc((size_t)rows->count * sizeof *order);
    AgentStatus status = AGENT_OUT_OF_MEMORY;
    snprintf(why, AGENT_WHY, "out of memory for a probe on %lld steps", (long long)rows->count);
    if (probe && order) {
        probe->width = width, probe->classes = classes;
        status = build(probe, why) == NET_OK && take_arrays(probe) ? AGENT_OK : status;
    }
    if (status != AGENT_OK) {
        probe_destroy(probe);
        free(order);
        return status;
    }
    NetAdam adam = {.learning_rate = learning_rate,
                    .beta1 = 0.9,
                    .beta2 = 0.999,
                    .epsilon = 1e-8,
                    .mean = probe->mean,
                    .square = probe->square};
    NetRandom random = net_random(seed, 0);
    const int64_t asked = find_asked(rows, order);
    assert(asked > 0);
    while (adam.updates < UPDATES) {
        net_random_permute(&random, (size_t)asked, order);
        pass(probe, &adam, rows, asked, order);
    }
    net_plan_load(probe->plan, probe->weights);
    free(order);
    *result = probe;
    return AGENT_OK;
}

void probe_apply(Probe* probe, const ProbeRows* rows, float* probability) {
    size_t classes = (size_t)probe->classes;
    for (int64_t first = 0; first < rows->count; first += BATCH) {
        int32_t count = (int32_t)(rows->count - first < BATCH ? rows->count - first : BATCH);
        forward(probe, rows, NULL, first, count);
        const NetReal* log_prob = net_plan_output(probe->plan, probe->log_prob);
        for (size_t i = 0; i < (size_t)count * classes; i++) {
            probability[(size_t)first * classes + i] = (float)exp((double)log_prob[i]);
        }
    }
}
