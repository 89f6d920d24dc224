// Training of the recall task. The loss is the cross entropy of all answers.
#include "runs/recall.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "runs/recall_model.h"

enum { MICRO_ROWS = 8, WARM_UP = 100 };

typedef struct Worker {
    struct Recall* recall;
    NetPlan* plan;
    NetReal* gradient;
    int32_t first, rows; // of the batch
    double loss;
} Worker;

static NetStatus fill(Recall* recall, char why[NET_WHY]) {
    const RecallSettings* settings = &recall->settings;
    recall->weight_count = net_weight_count(recall->model.graph);
    recall->weights = calloc(4 * recall->weight_count, sizeof *recall->weights);
    recall->batch = calloc((size_t)settings->batch, sizeof *recall->batch);
    recall->workers = calloc((size_t)settings->threads, sizeof *recall->workers);
    if (!recall->weights || !recall->batch || !recall->workers) {
        return recall_no_room(why);
    }
    recall->gradient = recall->weights + recall->weight_count;
    recall->mean = recall->gradient + recall->weight_count;
    recall->square = recall->mean + recall->weight_count;
    for (int32_t i = 0; i < settings->threads; i++) {
        recall->workers[i].recall = recall;
        recall->workers[i].gradient = calloc(recall->weight_count, sizeof(NetReal));
        if (!recall->workers[i].gradient) {
            return recall_no_room(why);
        }
    }
    NetRandom random = net_random(settings->seed, 0);
    NetStatus status = net_init(recall->model.graph, &random, recall->weights, why);
    return status != NET_OK ? status
                            : recall_online_create(settings, &recall->model, RECALL_SCORE_ROWS,
                                                   recall_steps(settings), &recall->online, why);
}

NetStatus recall_create(const RecallSettings* settings, Recall** recall, char why[NET_WHY]) {
    *recall = NULL;
    Recall* made = calloc(1, sizeof *made);
    if (!made) {
        return recall_no_room(why);
    }
    made->settings = *settings;
    NetStatus status = recall_model_create(settings, recall_steps(settings), &made->model, why);
    if (status == NET_OK) {
        status = fill(made, why);
    }
    if (status != NET_OK) {
        recall_destroy(made);
        return status;
    }
    *recall = made;
    return NET_OK;
}

void recall_destroy(Recall* recall) {
    if (!recall) {
        return;
    }
    for (int32_t i = 0; recall->workers && i < recall->settings.threads; i++) {
        net_plan_destroy(recall->workers[i].plan);
        free(recall->workers[i].gradient);
    }
    net_ccm_destroy(recall->online);
    net_graph_destroy(recall->model.graph);
    free(recall->weights);
    free(recall->batch);
    free(recall->workers);
    free(recall);
}

// ---------------------------------------------------------------- training
// All rows have the same chunks, so that masks and positions are filled once.
static NetStatus make_plan(const Recall* recall, const RecallView* view, const NetCcmConfig* config,
                           NetPlan** plan, char why[NET_WHY]) {
    NetPlanConfig of = {.rows = MICRO_ROWS,
                        .training = true,
                        .dtype = NET_DTYPE_F32,
                        .outputs = &view->log_prob,
                        .output_count = 1};
    NetCcmLayout* layout = NULL;
    const int32_t length = recall_steps(&recall->settings);
    int32_t episode[RECALL_MOST_STEPS] = {0}, block[RECALL_MOST_STEPS];
    for (int32_t i = 0; i < length; i++) {
        block[i] = i / recall->settings.chunk;
    }
    NetStatus status = net_plan_create(recall->model.graph, &of, plan, why);
    if (status == NET_OK) {
        status = net_ccm_layout_create(config, &view->branch, &layout, why);
    }
    NetCcmSteps steps = {.count = length, .episode = episode, .block = block};
    for (int32_t row = 0; status == NET_OK && row < MICRO_ROWS; row++) {
        net_ccm_layout_fill(layout, *plan, row, &steps);
    }
    net_ccm_layout_destroy(layout);
    return status;
}

static void put(NetPlan* plan, NetTensor input, int32_t row, size_t steps, const int32_t* index) {
    int32_t* to = net_plan_input(plan, input);
    memcpy(to + (size_t)row * steps, index, steps * sizeof *to);
}

static void run_micro_batch(Worker* worker, const RecallView* view, int32_t first, int32_t rows) {
    const Recall* recall = worker->recall;
    const size_t steps = (size_t)recall_steps(&recall->settings);
    for (int32_t row = 0; row < rows; row++) {
        const RecallEpisode* episode = &recall->batch[first + row];
        put(worker->plan, view->type, row, steps, episode->type);
        put(worker->plan, view->key, row, steps, episode->key);
        put(worker->plan, view->value, row, steps, episode->value);
    }
    net_plan_forward(worker->plan, rows);
    const NetReal* log_prob = net_plan_output(worker->plan, view->log_prob);
    NetReal* d_log_prob = net_plan_d_output(worker->plan, view->log_prob);
    const size_t width = steps * RECALL_VALUES;
    double weight = 1.0 / (recall->settings.batch * RECALL_CHUNKS);
    memset(d_log_prob, 0, (size_t)rows * width * sizeof *d_log_prob);
    for (size_t row = 0; row < (size_t)rows; row++) {
        worker->loss += weight * net_cross_entropy(steps, RECALL_VALUES, log_prob + row * width,
                                                   recall->batch[first + (int32_t)row].answer,
                                                   weight, d_log_prob + row * width);
    }
    net_plan_backward(worker->plan, worker->gradient);
}

typedef struct Job {
    Worker* worker;
    const RecallView* view;
} Job;

static void* work(void* context) {
    const Job* job = context;
    Worker* worker = job->worker;
    worker->loss = 0;
    memset(worker->gradient, 0, worker->recall->weight_count * sizeof *worker->gradient);
    net_plan_load(worker->plan, worker->recall->weights);
    for (int32_t done = 0; done < worker->rows; done += MICRO_ROWS) {
        int32_t rest = worker->rows - done;
        run_micro_batch(worker, job->view, worker->first + done,
                        rest < MICRO_ROWS ? rest : MICRO_ROWS);
    }
    return NULL;
}

// The batch's gradient: workers share it, and are added in order.
static double gradient_of_batch(Recall* recall, const RecallView* view) {
    enum { MOST = 64 };
    pthread_t threads[MOST];
    bool apart[MOST] = {false};
    Job jobs[MOST];
    int32_t count = recall->settings.threads < MOST ? recall->settings.threads : MOST;
    int32_t share = (recall->settings.batch + count - 1) / count;
    for (int32_t i = 0; i < count; i++) {
        int32_t first = i * share, rest = recall->settings.batch - first;
        jobs[i] = (Job){&recall->workers[i], view};
        jobs[i].worker->first = first;
        jobs[i].worker->rows = rest < share ? (rest > 0 ? rest : 0) : share;
        apart[i] = i > 0 && pthread_create(&threads[i], NULL, work, &jobs[i]) == 0;
    }
    double loss = 0;
    for (int32_t i = 0; i < count; i++) {
        apart[i] ? pthread_join(threads[i], NULL) : (work(&jobs[i]), 0);
        loss += jobs[i].worker->loss;
        for (size_t k = 0; k < recall->weight_count; k++) {
            NetReal before = i ? recall->gradient[k] : 0;
            recall->gradient[k] = before + jobs[i].worker->gradient[k];
        }
    }
    return loss;
}

static void update(Recall* recall, NetAdam* adam, bool adapters_only) {
    int32_t count = 0;
    const NetParam* params = net_params(recall->model.graph, &count);
    double square = 0;
    for (int32_t i = 0; i < count; i++) {
        if (!adapters_only || net_ccm_is_adapter(&params[i])) {
            square += net_square_sum(recall->gradient + params[i].offset, params[i].count);
        }
    }
    double scale = net_clip_scale(sqrt(square), 1);
    adam->updates++;
    for (int32_t i = 0; i < count; i++) {
        if (!adapters_only || net_ccm_is_adapter(&params[i])) {
            net_adam_update(adam, params[i].offset, params[i].count, scale, recall->gradient,
                            recall->weights);
        }
    }
}

typedef struct Phase {
    const RecallView* view;
    NetCcmConfig config;
    int32_t updates;
    double rate;
    bool adapters_only;
    uint64_t stream; // of episodes
} Phase;

static NetStatus run_phase(Recall* recall, const Phase* phase,
                           void (*tell)(void* context, int32_t update, double loss), void* context,
                           char why[NET_WHY]) {
    for (int32_t i = 0; i < recall->settings.threads; i++) {
        net_plan_destroy(recall->workers[i].plan);
        recall->workers[i].plan = NULL;
        NetStatus status =
            make_plan(recall, phase->view, &phase->config, &recall->workers[i].plan, why);
        if (status != NET_OK) {
            return status;
        }
    }
    memset(recall->mean, 0, 2 * recall->weight_count * sizeof *recall->mean);
    NetAdam adam = {.beta1 = 0.9,
                    .beta2 = 0.999,
                    .epsilon = 1e-8,
                    .mean = recall->mean,
                    .square = recall->square};
    NetRandom random = net_random(recall->settings.seed, phase->stream);
    for (int32_t i = 0; i < phase->updates; i++) {
        for (int32_t row = 0; row < recall->settings.batch; row++) {
            recall_draw(&random, recall->settings.chunk, &recall->batch[row]);
        }
        double loss = gradient_of_batch(recall, phase->view);
        double done = (double)i / phase->updates;
        double warm = i < WARM_UP ? (i + 1.0) / WARM_UP : 1;
        adam.learning_rate = phase->rate * warm * 0.5 * (1 + cos(3.14159265358979 * done));
        update(recall, &adam, phase->adapters_only);
        recall->recent = i ? recall->recent + (loss - recall->recent) / 100 : loss;
        if (tell) {
            tell(context, i + 1, loss);
        }
    }
    return NET_OK;
}

NetStatus recall_train(Recall* recall, void (*tell)(void* context, int32_t update, double loss),
                       void* context, char why[NET_WHY]) {
    const RecallSettings* settings = &recall->settings;
    Phase raw = {&recall->model.raw,
                 recall_raw_config(&settings->ccm),
                 settings->raw_updates,
                 settings->raw_rate,
                 false,
                 1};
    Phase memory = {&recall->model.whole,      settings->ccm,
                    settings->updates,         settings->rate,
                    settings->raw_updates > 0, 2};
    NetStatus status = NET_OK;
    if (settings->raw_updates) {
        status = run_phase(recall, &raw, tell, context, why);
    }
    return status == NET_OK ? run_phase(recall, &memory, tell, context, why) : status;
}

const NetReal* recall_weights(const Recall* recall, const NetParam** params, int32_t* count) {
    *params = net_params(recall->model.graph, count);
    return recall->weights;
}
