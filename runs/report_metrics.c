// Reads metrics.jsonl for curves. Lenient, because it only illustrates: a line that a crash cut off
// or another program damaged is counted and passed over.
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "runs/report_detail.h"

enum { LINE_LIMIT = 1 << 16 };

typedef struct Sums {
    double sum[REPORT_CURVES][REPORT_POINTS];
    int64_t count[REPORT_CURVES][REPORT_POINTS];
    double end; // of the curves
    char line[LINE_LIMIT];
} Sums;

static gzFile open_metrics(const char* folder) {
    static const char* const files[] = {"metrics.jsonl", "metrics.jsonl.gz"};
    gzFile file = NULL;
    for (size_t i = 0; i < 2 && file == NULL; i++) {
        char* path = NULL;
        if (asprintf(&path, "%s/%s", folder, files[i]) >= 0) {
            file = gzopen(path, "rb");
            free(path);
        }
    }
    return file;
}

static double member(const json_t* object, const char* key) {
    const json_t* value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

// The point whose stretch of steps, up to and with its own, holds the step.
static int point_of(double step, double end) {
    double point = ceil(step / end * (REPORT_POINTS - 1) - 1e-9);
    return point < 1 ? 1 : (int)point;
}

static void add_time(const json_t* object, ReportRunDetail* detail) {
    double total = member(object, "time_total");
    if (isfinite(total) && total >= 0) {
        detail->seconds = fmax(total, isnan(detail->seconds) ? 0 : detail->seconds);
    }
    static const char* const keys[] = {"time_rollout", "time_update", "time_iteration"};
    double* const sums[] = {&detail->rollout_seconds, &detail->update_seconds,
                            &detail->distil_seconds};
    bool distillation = json_object_get(object, "distil_epoch") != NULL;
    for (int i = 0; i < 3; i++) {
        double value = (i == 2) == distillation ? member(object, keys[i]) : NAN;
        if (isfinite(value)) {
            *sums[i] = value + (isnan(*sums[i]) ? 0 : *sums[i]);
        }
    }
}

static bool add_line(const char* line, Sums* sums, ReportRunDetail* detail) {
    json_t* object = json_loads(line, 0, NULL);
    if (!json_is_object(object)) {
        json_decref(object);
        return false;
    }
    add_time(object, detail);
    double step = member(object, "step");
    if (isfinite(step) && step >= 0) {
        detail->logged_steps = fmax(detail->logged_steps, step);
    }
    // Iterations that end a little after the last episode that counts belong to its point.
    if (isfinite(step) && step >= 0 && step <= sums->end * 1.01) {
        int point = point_of(fmin(step, sums->end), sums->end);
        bool distillation = json_object_get(object, "distil_epoch") != NULL;
        for (int c = REPORT_CURVE_METRICS; c < REPORT_CURVES; c++) {
            double value = member(object, report_curve_key(c));
            if (isfinite(value) && !(distillation && c == REPORT_CURVE_METRICS)) {
                sums->sum[c][point] += value;
                sums->count[c][point]++;
            }
        }
    }
    json_decref(object);
    return true;
}

static void read_lines(gzFile file, Sums* sums, ReportRunDetail* detail) {
    bool begun = true; // the buffer holds the beginning of a line
    while (gzgets(file, sums->line, LINE_LIMIT) != NULL) {
        size_t length = strlen(sums->line);
        bool whole = length > 0 && sums->line[length - 1] == '\n';
        if (begun && whole) {
            detail->broken_lines += !add_line(sums->line, sums, detail);
        } else if (whole) {
            detail->broken_lines++; // the end of one that is too long
        }
        begun = whole; // a last line without its end is being written: not broken
    }
}

bool report_read_metrics(const ReportRun* run, const double step[REPORT_POINTS],
                         ReportRunDetail* detail) {
    gzFile file = run->folder == NULL ? NULL : open_metrics(run->folder);
    if (file == NULL) {
        return true;
    }
    Sums* sums = calloc(1, sizeof *sums);
    if (sums != NULL) {
        sums->end = step[REPORT_POINTS - 1];
        read_lines(file, sums, detail);
        for (int c = REPORT_CURVE_METRICS; c < REPORT_CURVES; c++) {
            for (int p = 0; p < REPORT_POINTS; p++) {
                if (sums->count[c][p] > 0) {
                    detail->curve[c][p] = sums->sum[c][p] / (double)sums->count[c][p];
                }
            }
        }
    }
    gzclose(file);
    bool fine = sums != NULL;
    free(sums);
    return fine;
}
