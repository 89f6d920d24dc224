// A report as JSON.
#include <jansson.h>
#include <math.h>

#include "runs/published.h"
#include "runs/report_detail.h"

static json_t* real_or_null(double value) {
    return isnan(value) ? json_null() : json_real(value);
}

static json_t* spread_of(double mean, double deviation) {
    return json_pack("{s:o, s:o}", "mean", real_or_null(mean), "deviation",
                     real_or_null(deviation));
}

static json_t* time_object(const ReportRunDetail* run) {
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s}", "seconds", real_or_null(run->seconds),
                     "steps_per_s", real_or_null(report_steps_per_second(run)), "rollout_seconds",
                     real_or_null(run->rollout_seconds), "update_seconds",
                     real_or_null(run->update_seconds), "distil_seconds",
                     real_or_null(run->distil_seconds), "hardware", run->hardware);
}

static json_t* run_object(const ReportRun* run, const ReportRunDetail* detail) {
    json_t* rates = json_object();
    for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
        json_object_set_new(rates, cairn_achievement_name(k),
                            json_real(run->measure[REPORT_RATES + k]));
    }
    json_t* object =
        json_pack("{s:s, s:s, s:b, s:I, s:I, s:I}", "path", run->path, "seed", run->seed, "whole",
                  (int)run->whole, "steps", (json_int_t)run->steps, "episodes",
                  (json_int_t)run->episodes, "window_episodes", (json_int_t)run->window_episodes);
    for (int m = 0; m < REPORT_RATES; m++) {
        json_object_set_new(object, report_measure_name(m), json_real(run->measure[m]));
    }
    json_object_set_new(object, "success_rate", rates);
    json_object_set_new(object, "training", time_object(detail));
    return object;
}

static json_t* point_array(const double value[REPORT_POINTS]) {
    json_t* array = json_array();
    for (int p = 0; p < REPORT_POINTS; p++) {
        json_array_append_new(array, real_or_null(value[p]));
    }
    return array;
}

// What the page's charts and their tables show, at "curve_steps".
static json_t* curves_object(const ReportDetail* detail, const ReportAgentDetail* agent) {
    json_t* object = json_object();
    for (int c = 0; c < REPORT_CURVES; c++) {
        if (report_detail_has(detail, c)) {
            json_object_set_new(object, report_curve_key(c),
                                json_pack("{s:o, s:o}", "mean", point_array(agent->mean[c]),
                                          "deviation", point_array(agent->deviation[c])));
        }
    }
    return object;
}

static json_t* agent_object(const ReportDetail* detail, const ReportAgent* agent,
                            const ReportAgentDetail* curves) {
    const ReportRun* run = detail->report->runs;
    json_t* object =
        json_pack("{s:s, s:b, s:I, s:I, s:I, s:I}", "name", agent->name, "mixed_settings",
                  (int)agent->mixed, "run_count", (json_int_t)agent->count, "whole_runs",
                  (json_int_t)(agent->count - agent->short_runs), "mean_steps",
                  (json_int_t)agent->steps, "episodes", (json_int_t)agent->episodes);
    for (int m = 0; m < REPORT_RATES; m++) {
        json_object_set_new(object, report_measure_name(m),
                            spread_of(agent->mean[m], agent->deviation[m]));
    }
    json_t* rates = json_object();
    for (int m = REPORT_RATES; m < REPORT_MEASURES; m++) {
        json_object_set_new(rates, report_measure_name(m),
                            spread_of(agent->mean[m], agent->deviation[m]));
    }
    json_object_set_new(object, "success_rate", rates);
    json_t* runs = json_array();
    for (size_t r = agent->first; r < agent->first + agent->count; r++) {
        json_array_append_new(runs, run_object(&run[r], &detail->runs[r]));
    }
    json_object_set_new(object, "runs", runs);
    json_object_set_new(object, "curves", curves_object(detail, curves));
    return object;
}

static json_t* published_array(void) {
    size_t count = 0;
    const PublishedAgent* agents = published_agents(&count);
    json_t* array = json_array();
    for (size_t p = 0; p < count; p++) {
        json_array_append_new(
            array, json_pack("{s:s, s:o, s:o, s:s}", "name", agents[p].name, "score",
                             spread_of(agents[p].score, agents[p].score_spread), "reward",
                             spread_of(agents[p].reward, agents[p].reward_spread), "source",
                             agents[p].source));
    }
    return array;
}

static int write_part(const char* bytes, size_t size, void* file) {
    return fwrite(bytes, 1, size, file) == size ? 0 : -1;
}

bool report_print_json(const Report* report, FILE* file) {
    ReportDetail detail;
    if (!report_detail_create(report, &detail)) {
        return false;
    }
    json_t* agents = json_array();
    for (size_t a = 0; a < report->agent_count; a++) {
        json_array_append_new(agents, agent_object(&detail, &report->agents[a], &detail.agents[a]));
    }
    json_t* steps = point_array(detail.step);
    report_detail_destroy(&detail);
    json_t* root = json_pack("{s:I, s:i, s:o, s:o, s:o}", "budget", (json_int_t)report->budget,
                             "window", REPORT_WINDOW, "curve_steps", steps, "agents", agents,
                             "published", published_array());
    bool fine = root != NULL && json_dump_callback(root, write_part, file,
                                                   JSON_INDENT(1) | JSON_REAL_PRECISION(12)) == 0;
    fine = fine && fputc('\n', file) != EOF;
    json_decref(root);
    return fine;
}
