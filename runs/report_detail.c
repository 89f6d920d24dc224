// Curves of runs and agents over environment steps.
#include "runs/report_detail.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

typedef struct CurveName {
    const char *key, *title;
} CurveName;

static const CurveName names[REPORT_CURVES] = {
    {"score", "Score (%)"},
    {"reward", "Reward"},
    {"length", "Episode length (steps)"},
    {"policy_loss", "Policy loss"},
    {"value_loss", "Value loss"},
    {"entropy", "Entropy of the policy (nats)"},
    {"approx_kl", "Approximate KL of an update"},
    {"explained_variance", "Explained variance of the value"},
    {"gradient_norm", "Gradient norm"},
    {"prediction_loss", "Distillation: prediction loss"},
    {"matching_loss", "Distillation: matching loss"},
    {"matching_alike", "Distillation: similarity of matches"},
    {"prediction_kl", "Distillation: KL to the policy before"},
};

const char* report_curve_title(int curve) {
    assert(curve >= 0 && curve < REPORT_CURVES);
    return names[curve].title;
}

const char* report_curve_key(int curve) {
    assert(curve >= 0 && curve < REPORT_CURVES);
    return names[curve].key;
}

// The figures had the budget been `step`; at the point next above the run's end, its own.
static void follow_run(const ReportRun* run, const double step[REPORT_POINTS],
                       ReportRunDetail* detail) {
    const double end = (double)run->steps;
    for (int p = 1; p < REPORT_POINTS && step[p - 1] < end; p++) {
        ReportRun part = {.worlds = run->worlds};
        int64_t budget = step[p] < end ? (int64_t)step[p] : run->steps;
        if (budget > 0 && report_summarise_run(run->episode, run->episodes, budget, &part)) {
            detail->curve[REPORT_CURVE_SCORE][p] = part.measure[REPORT_SCORE];
            detail->curve[REPORT_CURVE_REWARD][p] = part.measure[REPORT_REWARD];
            detail->curve[REPORT_CURVE_LENGTH][p] = part.measure[REPORT_LENGTH];
        }
    }
}

static void average(const ReportDetail* detail, const ReportAgent* agent, int curve, int point,
                    double* mean, double* deviation) {
    double sum = 0, squares = 0, count = (double)agent->count;
    for (size_t r = 0; r < agent->count; r++) {
        sum += detail->runs[agent->first + r].curve[curve][point];
    }
    *mean = sum / count; // NaN when one of them is
    for (size_t r = 0; r < agent->count; r++) {
        double difference = detail->runs[agent->first + r].curve[curve][point] - *mean;
        squares += difference * difference;
    }
    *deviation = sqrt(squares / count);
}

static void average_agents(ReportDetail* detail) {
    for (size_t a = 0; a < detail->report->agent_count; a++) {
        ReportAgentDetail* to = &detail->agents[a];
        for (int c = 0; c < REPORT_CURVES; c++) {
            for (int p = 0; p < REPORT_POINTS; p++) {
                average(detail, &detail->report->agents[a], c, p, &to->mean[c][p],
                        &to->deviation[c][p]);
            }
        }
    }
}

static void clear_curves(ReportRunDetail* run) {
    for (int c = 0; c < REPORT_CURVES; c++) {
        for (int p = 0; p < REPORT_POINTS; p++) {
            run->curve[c][p] = NAN;
        }
    }
    run->seconds = run->rollout_seconds = run->update_seconds = run->distil_seconds = NAN;
}

bool report_detail_create(const Report* report, ReportDetail* detail) {
    *detail = (ReportDetail){.report = report,
                             .runs = calloc(report->run_count + 1, sizeof *detail->runs),
                             .agents = calloc(report->agent_count + 1, sizeof *detail->agents)};
    int64_t end = 1;
    for (size_t r = 0; r < report->run_count; r++) {
        end = report->runs[r].steps > end ? report->runs[r].steps : end;
    }
    for (int p = 0; p < REPORT_POINTS; p++) {
        detail->step[p] = floor((double)end * p / (REPORT_POINTS - 1));
    }
    bool fine = detail->runs != NULL && detail->agents != NULL;
    for (size_t r = 0; fine && r < report->run_count; r++) {
        clear_curves(&detail->runs[r]);
        follow_run(&report->runs[r], detail->step, &detail->runs[r]);
        fine = report_read_metrics(&report->runs[r], detail->step, &detail->runs[r]) &&
               report_read_settings(&report->runs[r], &detail->runs[r]) &&
               report_read_machine(&report->runs[r], &detail->runs[r]);
    }
    if (!fine) {
        report_detail_destroy(detail);
        return false;
    }
    average_agents(detail);
    return true;
}

void report_detail_destroy(ReportDetail* detail) {
    for (size_t r = 0; detail->runs != NULL && r < detail->report->run_count; r++) {
        free(detail->runs[r].settings);
    }
    free(detail->runs);
    free(detail->agents);
    *detail = (ReportDetail){0};
}

double report_steps_per_second(const ReportRunDetail* run) {
    return run->seconds > 0 ? run->logged_steps / run->seconds : NAN;
}

bool report_detail_has(const ReportDetail* detail, int curve) {
    for (size_t r = 0; r < detail->report->run_count; r++) {
        for (int p = 0; p < REPORT_POINTS; p++) {
            if (isfinite(detail->runs[r].curve[curve][p])) {
                return true;
            }
        }
    }
    return false;
}
