// Scoring the recall task by the recursion, step by step, and what a step costs.
#include <stdlib.h>
#include <time.h>

#include "runs/recall_model.h"

enum { TIMED = 4 }; // chunks at an episode's end

// Step i of `rows` episodes, each as often as it takes.
static void play(NetCcm* online, const RecallView* step, const RecallSettings* settings,
                 const RecallEpisode* episodes, int32_t rows, int32_t i) {
    NetPlan* plan = net_ccm_plan(online);
    int32_t* type = net_plan_input(plan, step->type);
    int32_t* key = net_plan_input(plan, step->key);
    int32_t* value = net_plan_input(plan, step->value);
    for (int32_t row = 0; row < rows; row++) {
        int32_t at = i % recall_steps(settings);
        type[row] = episodes[row].type[at];
        key[row] = episodes[row].key[at];
        value[row] = episodes[row].value[at];
        if (i == 0) {
            net_ccm_reset(online, row);
        }
    }
    net_ccm_step(online);
    if ((i + 1) % settings->chunk == 0) {
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
    const RecallSettings* settings = &recall->settings;
    RecallEpisode batch[RECALL_SCORE_ROWS];
    NetRandom random = net_random(settings->seed, 3);
    int64_t right[RECALL_CHUNKS] = {0};
    *score = (RecallScore){.loss = recall->recent};
    net_ccm_load(recall->online, recall->weights);
    for (int32_t done = 0; done < episodes; done += RECALL_SCORE_ROWS) {
        for (int32_t row = 0; row < RECALL_SCORE_ROWS; row++) {
            recall_draw(&random, settings->chunk, &batch[row]);
        }
        for (int32_t i = 0; i < recall_steps(settings); i++) {
            play(recall->online, &recall->model.step, settings, batch, RECALL_SCORE_ROWS, i);
            const NetReal* log_prob =
                net_plan_output(net_ccm_plan(recall->online), recall->model.step.log_prob);
            for (int32_t row = 0; row < RECALL_SCORE_ROWS; row++) {
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
    const int32_t chunk = recall->settings.chunk, chunks = RECALL_CHUNKS - 1;
    int32_t slots = chunks * chunk; // of raw context
    if (config->comp) {
        slots = config->comp * (config->merge ? 1 : config->cap < chunks ? config->cap : chunks);
    } else if (config->window) {
        slots = config->window - 1;
    } else if (config->keep < chunks) {
        slots = config->keep * chunk;
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
    const RecallSettings* settings = &recall->settings;
    RecallModel model = {0};
    NetCcm* online = NULL;
    RecallEpisode* batch = calloc((size_t)rows, sizeof *batch);
    NetStatus status =
        batch ? recall_model_create(settings, steps, &model, why) : recall_no_room(why);
    if (status == NET_OK) {
        status = recall_online_create(settings, &model, rows, steps, &online, why);
    }
    NetRandom random = net_random(settings->seed, 4);
    double taken[TIMED] = {0};
    for (int32_t row = 0; status == NET_OK && row < rows; row++) {
        recall_draw(&random, settings->chunk, &batch[row]);
    }
    if (status == NET_OK) {
        net_ccm_load(online, recall->weights);
    }
    for (int32_t i = 0; status == NET_OK && i < steps; i++) {
        double begin = thread_seconds();
        play(online, &model.step, settings, batch, rows, i);
        int32_t left = (steps - 1 - i) / settings->chunk;
        if (left < TIMED) { // whole chunks: compressing counts
            taken[left] += thread_seconds() - begin;
        }
    }
    qsort(taken, TIMED, sizeof *taken, ascending);
    *microseconds = 1e6 * taken[TIMED / 2] / (rows * (double)settings->chunk);
    net_ccm_destroy(online);
    net_graph_destroy(model.graph);
    free(batch);
    return status;
}
