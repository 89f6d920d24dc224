// Model, training and scoring of the recall task. The loss is the cross entropy of all answers.
#include "runs/recall.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MICRO_ROWS = 8, SCORE_ROWS = 64, WARM_UP = 100, TIMED = 40, FULL = NET_CCM_UNLIMITED };

typedef struct View { // the model over some number of steps
    NetTensor type, key, value;
    NetCcmBranch branch;
    NetTensor log_prob; // [steps, VALUES]
} View;

typedef struct Worker {
    struct Recall* recall;
    NetPlan* plan;
    NetReal* gradient;
    int32_t first, rows; // of the batch
    double loss;
} Worker;

typedef struct Model {
    NetGraph* graph;       // owned
    View raw, whole, step; // raw: full context
    NetCcmBranch compress;
} Model;

struct Recall {
    RecallSettings settings;
    Model model;
    NetCcm* online; // SCORE_ROWS
    NetReal *weights, *gradient, *mean, *square;
    size_t weight_count;
    RecallEpisode* batch;
    Worker* workers; // [threads]
    double recent;   // mean loss
};

// ---------------------------------------------------------------- the model
static View view_of(NetGraph* graph, const NetCcmConfig* config, double norm, NetCcmShape shape) {
    int32_t width = config->width;
    View view;
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

static NetCcmConfig raw_config(const NetCcmConfig* config) {
    NetCcmConfig raw = *config;
    raw.comp = 0;
    raw.merge = false;
    raw.keep = FULL;
    raw.window = 0;
    raw.positions = NET_CCM_EPISODE;
    return raw;
}

// Cached steps: all that can still be seen.
static int32_t raw_steps(const NetCcmConfig* config, int32_t steps) {
    int32_t kept = config->keep >= FULL ? steps : (config->keep + 1) * RECALL_CHUNK;
    return config->window && config->window < kept ? config->window : kept;
}

// steps: of the episodes that are played online.
static NetStatus build(const NetCcmConfig* config, double norm, int32_t steps, Model* model,
                       char why[NET_WHY]) {
    NetCcmConfig raw = raw_config(config);
    int32_t groups = config->comp ? RECALL_CHUNKS - 1 : 0;
    int32_t past = net_ccm_past(config, raw_steps(config, steps));
    NetStatus status = net_graph_create(&model->graph, why);
    if (status != NET_OK) {
        return status;
    }
    NetGraph* graph = model->graph;
    net_share(graph, true);
    model->raw = view_of(graph, &raw, norm, (NetCcmShape){.steps = RECALL_STEPS});
    model->whole =
        view_of(graph, config, norm, (NetCcmShape){.steps = RECALL_STEPS, .groups = groups});
    model->step = view_of(graph, config, norm, (NetCcmShape){.steps = 1, .past = past});
    if (config->comp) {
        NetCcmShape shape = {.groups = 1, .past = past};
        model->compress = net_ccm(graph, "memory", config, shape, (NetTensor){0});
    }
    return net_graph_check(graph, why);
}

static NetStatus out_of_memory(char why[NET_WHY]) {
    snprintf(why, NET_WHY, "out of memory for the recall task");
    return NET_OUT_OF_MEMORY;
}

static NetStatus create_online(const NetCcmConfig* ccm, const Model* model, int32_t rows,
                               int32_t steps, NetCcm** online, char why[NET_WHY]) {
    NetCcmOnlineConfig config = {.ccm = *ccm,
                                 .rows = rows,
                                 .raw = raw_steps(ccm, steps),
                                 .step = &model->step.branch,
                                 .compress = ccm->comp ? &model->compress : NULL,
                                 .dtype = NET_DTYPE_F32,
                                 .outputs = &model->step.log_prob,
                                 .output_count = 1};
    return net_ccm_create(model->graph, &config, online, why);
}

static NetStatus fill(Recall* recall, char why[NET_WHY]) {
    const RecallSettings* settings = &recall->settings;
    recall->weight_count = net_weight_count(recall->model.graph);
    recall->weights = calloc(4 * recall->weight_count, sizeof *recall->weights);
    recall->batch = calloc((size_t)settings->batch, sizeof *recall->batch);
    recall->workers = calloc((size_t)settings->threads, sizeof *recall->workers);
    if (!recall->weights || !recall->batch || !recall->workers) {
        return out_of_memory(why);
    }
    recall->gradient = recall->weights + recall->weight_count;
    recall->mean = recall->gradient + recall->weight_count;
    recall->square = recall->mean + recall->weight_count;
    for (int32_t i = 0; i < settings->threads; i++) {
        recall->workers[i].recall = recall;
        recall->workers[i].gradient = calloc(recall->weight_count, sizeof(NetReal));
        if (!recall->workers[i].gradient) {
            return out_of_memory(why);
        }
    }
    NetRandom random = net_random(settings->seed, 0);
    NetStatus status = net_init(recall->model.graph, &random, recall->weights, why);
    return status != NET_OK ? status
                            : create_online(&settings->ccm, &recall->model, SCORE_ROWS,
                                            RECALL_STEPS, &recall->online, why);
}

NetStatus recall_create(const RecallSettings* settings, Recall** recall, char why[NET_WHY]) {
    *recall = NULL;
    Recall* made = calloc(1, sizeof *made);
    if (!made) {
        return out_of_memory(why);
    }
    made->settings = *settings;
    NetStatus status = build(&settings->ccm, settings->norm, RECALL_STEPS, &made->model, why);
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
static NetStatus make_plan(const Recall* recall, const View* view, const NetCcmConfig* config,
                           NetPlan** plan, char why[NET_WHY]) {
    NetPlanConfig of = {.rows = MICRO_ROWS,
                        .training = true,
                        .dtype = NET_DTYPE_F32,
                        .outputs = &view->log_prob,
                        .output_count = 1};
    NetCcmLayout* layout = NULL;
    int32_t episode[RECALL_STEPS] = {0}, block[RECALL_STEPS];
    for (int32_t i = 0; i < RECALL_STEPS; i++) {
        block[i] = i / RECALL_CHUNK;
    }
    NetStatus status = net_plan_create(recall->model.graph, &of, plan, why);
    if (status == NET_OK) {
        status = net_ccm_layout_create(config, &view->branch, &layout, why);
    }
    NetCcmSteps steps = {.count = RECALL_STEPS, .episode = episode, .block = block};
    for (int32_t row = 0; status == NET_OK && row < MICRO_ROWS; row++) {
        net_ccm_layout_fill(layout, *plan, row, &steps);
    }
    net_ccm_layout_destroy(layout);
    return status;
}

static void put(NetPlan* plan, NetTensor input, int32_t row, const int32_t* index) {
    int32_t* to = net_plan_input(plan, input);
    memcpy(to + row * RECALL_STEPS, index, RECALL_STEPS * sizeof *to);
}

static void run_micro_batch(Worker* worker, const View* view, int32_t first, int32_t rows) {
    const Recall* recall = worker->recall;
    for (int32_t row = 0; row < rows; row++) {
        const RecallEpisode* episode = &recall->batch[first + row];
        put(worker->plan, view->type, row, episode->type);
        put(worker->plan, view->key, row, episode->key);
        put(worker->plan, view->value, row, episode->value);
    }
    net_plan_forward(worker->plan, rows);
    const NetReal* log_prob = net_plan_output(worker->plan, view->log_prob);
    NetReal* d_log_prob = net_plan_d_output(worker->plan, view->log_prob);
    const size_t width = (size_t)RECALL_STEPS * RECALL_VALUES;
    double weight = 1.0 / (recall->settings.batch * RECALL_CHUNKS);
    memset(d_log_prob, 0, (size_t)rows * width * sizeof *d_log_prob);
    for (size_t row = 0; row < (size_t)rows; row++) {
        worker->loss +=
            weight * net_cross_entropy(RECALL_STEPS, RECALL_VALUES, log_prob + row * width,
                                       recall->batch[first + (int32_t)row].answer, weight,
                                       d_log_prob + row * width);
    }
    net_plan_backward(worker->plan, worker->gradient);
}

typedef struct Job {
    Worker* worker;
    const View* view;
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
static double gradient_of_batch(Recall* recall, const View* view) {
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
    const View* view;
    NetCcmConfig config;
    int32_t updates;
    double rate;
    bool adapters_only;
    uint64_t stream; // of episodes
} Phase;

static bool run_phase(Recall* recall, const Phase* phase,
                      void (*tell)(void* context, int32_t update, double loss), void* context) {
    char why[NET_WHY];
    bool good = true;
    for (int32_t i = 0; i < recall->settings.threads; i++) {
        net_plan_destroy(recall->workers[i].plan);
        recall->workers[i].plan = NULL;
        good = good && make_plan(recall, phase->view, &phase->config, &recall->workers[i].plan,
                                 why) == NET_OK;
    }
    memset(recall->mean, 0, 2 * recall->weight_count * sizeof *recall->mean);
    NetAdam adam = {.beta1 = 0.9,
                    .beta2 = 0.999,
                    .epsilon = 1e-8,
                    .mean = recall->mean,
                    .square = recall->square};
    NetRandom random = net_random(recall->settings.seed, phase->stream);
    for (int32_t i = 0; good && i < phase->updates; i++) {
        for (int32_t row = 0; row < recall->settings.batch; row++) {
            recall_draw(&random, &recall->batch[row]);
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
    return good;
}

bool recall_train(Recall* recall, void (*tell)(void* context, int32_t update, double loss),
                  void* context) {
    const RecallSettings* settings = &recall->settings;
    Phase raw = {&recall->model.raw,
                 raw_config(&settings->ccm),
                 settings->raw_updates,
                 settings->raw_rate,
                 false,
                 1};
    Phase memory = {&recall->model.whole,      settings->ccm,
                    settings->updates,         settings->rate,
                    settings->raw_updates > 0, 2};
    bool good = settings->raw_updates == 0 || run_phase(recall, &raw, tell, context);
    return good && run_phase(recall, &memory, tell, context);
}

const NetReal* recall_weights(const Recall* recall, const NetParam** params, int32_t* count) {
    *params = net_params(recall->model.graph, count);
    return recall->weights;
}

// ---------------------------------------------------------------- scoring
static void play(NetCcm* online, const View* step, const RecallEpisode* episodes, int32_t rows,
                 int32_t i) {
    NetPlan* plan = net_ccm_plan(online);
    int32_t* type = net_plan_input(plan, step->type);
    int32_t* key = net_plan_input(plan, step->key);
    int32_t* value = net_plan_input(plan, step->value);
    for (int32_t row = 0; row < rows; row++) {
        int32_t at = i % RECALL_STEPS;
        type[row] = episodes[row].type[at];
        key[row] = episodes[row].key[at];
        value[row] = episodes[row].value[at];
        if (i == 0) {
            net_ccm_reset(online, row);
        }
    }
    net_ccm_step(online);
    if ((i + 1) % RECALL_CHUNK == 0) {
        net_ccm_close(online, NULL);
    }
}

static bool is_right(const NetReal* log_prob, int32_t answer) {
    for (int32_t i = 0; i < RECALL_VALUES; i++) {
        if (i != answer && !(log_prob[i] < log_prob[answer])) {
            return false;
        }
    }
    return true;
}

void recall_score(Recall* recall, int32_t episodes, RecallScore* score) {
    RecallEpisode batch[SCORE_ROWS];
    NetRandom random = net_random(recall->settings.seed, 3);
    int64_t right[RECALL_CHUNKS] = {0};
    *score = (RecallScore){.loss = recall->recent};
    net_ccm_load(recall->online, recall->weights);
    for (int32_t done = 0; done < episodes; done += SCORE_ROWS) {
        for (int32_t row = 0; row < SCORE_ROWS; row++) {
            recall_draw(&random, &batch[row]);
        }
        for (int32_t i = 0; i < RECALL_STEPS; i++) {
            play(recall->online, &recall->model.step, batch, SCORE_ROWS, i);
            const NetReal* log_prob =
                net_plan_output(net_ccm_plan(recall->online), recall->model.step.log_prob);
            for (int32_t row = 0; row < SCORE_ROWS; row++) {
                int32_t answer = batch[row].answer[i], age = batch[row].age[i];
                if (answer >= 0) {
                    right[age] += is_right(log_prob + row * RECALL_VALUES, answer);
                    score->asked[age]++;
                }
            }
        }
    }
    int64_t asked = 0, hits = 0;
    for (int32_t age = 0; age < RECALL_CHUNKS; age++) {
        score->age[age] = (double)right[age] / (double)(score->asked[age] ? score->asked[age] : 1);
        asked += age ? score->asked[age] : 0;
        hits += age ? right[age] : 0;
    }
    score->own = score->age[0];
    score->past = (double)hits / (double)(asked ? asked : 1);
}

size_t recall_kv_bytes(const Recall* recall) {
    const NetCcmConfig* config = &recall->settings.ccm;
    int32_t chunks = RECALL_CHUNKS - 1, slots = chunks * RECALL_CHUNK; // of raw context
    if (config->comp) {
        slots = config->comp * (config->merge ? 1 : config->cap < chunks ? config->cap : chunks);
    } else if (config->window) {
        slots = config->window - 1;
    } else if (config->keep < chunks) {
        slots = config->keep * RECALL_CHUNK;
    }
    return (size_t)(slots * config->layers * 2 * config->width) * sizeof(NetReal);
}

static double thread_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int ascending(const void* a, const void* b) {
    double left = *(const double*)a, right = *(const double*)b;
    return (left > right) - (left < right);
}

NetStatus recall_time(const Recall* recall, int32_t rows, int32_t steps, double* microseconds,
                      char why[NET_WHY]) {
    const NetCcmConfig* config = &recall->settings.ccm;
    Model model = {0};
    NetCcm* online = NULL;
    RecallEpisode* batch = calloc((size_t)rows, sizeof *batch);
    NetStatus status =
        batch ? build(config, recall->settings.norm, steps, &model, why) : out_of_memory(why);
    if (status == NET_OK) {
        status = create_online(config, &model, rows, steps, &online, why);
    }
    NetRandom random = net_random(recall->settings.seed, 4);
    double taken[TIMED / RECALL_CHUNK] = {0};
    for (int32_t row = 0; status == NET_OK && row < rows; row++) {
        recall_draw(&random, &batch[row]);
    }
    if (status == NET_OK) {
        net_ccm_load(online, recall->weights);
    }
    for (int32_t i = 0; status == NET_OK && i < steps; i++) {
        double begin = thread_seconds();
        play(online, &model.step, batch, rows, i);
        if (i >= steps - TIMED) { // whole chunks: compressing counts
            taken[(i - steps + TIMED) / RECALL_CHUNK] += thread_seconds() - begin;
        }
    }
    qsort(taken, TIMED / RECALL_CHUNK, sizeof *taken, ascending);
    *microseconds = 1e6 * taken[TIMED / RECALL_CHUNK / 2] / (rows * (double)RECALL_CHUNK);
    net_ccm_destroy(online);
    net_graph_destroy(model.graph);
    free(batch);
    return status;
}
