// What charts show, in words.
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "runs/report_detail.h"

typedef struct Words {
    char* text;
    size_t size, used;
} Words;

static void say(Words* words, const char* format, ...) __attribute__((format(printf, 2, 3)));
static void say(Words* words, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(words->text + words->used, words->size - words->used, format, arguments);
    va_end(arguments);
    size_t left = words->size - words->used - 1;
    words->used += length < 0 ? 0 : (size_t)length < left ? (size_t)length : left;
}

static void describe_agents(const ReportDetail* detail, ReportMeasure measure, Words* words) {
    const Report* report = detail->report;
    for (size_t a = 0; a < report->agent_count; a++) {
        const ReportAgent* agent = &report->agents[a];
        say(words, "%s%s %.1f", a == 0 ? "" : "; ", agent->name, agent->mean[measure]);
        if (agent->count > 1) {
            say(words, " ± %.1f", agent->deviation[measure]);
        }
    }
}

// How many achievements each agent has ever unlocked, and at least in every hundredth episode.
static void describe_spectrum(const ReportDetail* detail, Words* words) {
    say(words,
        "Bars of the success rates of 22 achievements, logarithmic from 0.01 to 100 percent, "
        "beside random and human play.");
    for (size_t a = 0; a < detail->report->agent_count; a++) {
        const ReportAgent* agent = &detail->report->agents[a];
        int ever = 0, often = 0;
        for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
            ever += agent->mean[REPORT_RATES + k] > 0;
            often += agent->mean[REPORT_RATES + k] >= 1;
        }
        say(words, " %s: %d ever unlocked, %d in at least 1 percent of episodes.", agent->name,
            ever, often);
    }
}

void report_describe_curve(const ReportDetail* detail, int curve, char* text, size_t size) {
    Words words = {text, size, 0};
    text[0] = '\0';
    say(&words, "%s over environment steps.", report_curve_title(curve));
    for (size_t a = 0; a < detail->report->agent_count; a++) {
        const double* mean = detail->agents[a].mean[curve];
        int first = 0, last = REPORT_POINTS - 1;
        while (first < last && !isfinite(mean[first])) {
            first++;
        }
        while (last > first && !isfinite(mean[last])) {
            last--;
        }
        if (isfinite(mean[last])) {
            say(&words, " %s: from %.4g at %.0f to %.4g at %.0f.", detail->report->agents[a].name,
                mean[first], detail->step[first], mean[last], detail->step[last]);
        }
    }
}

void report_describe_chart(const ReportDetail* detail, ReportChart chart, char* text, size_t size) {
    Words words = {text, size, 0};
    text[0] = '\0';
    switch (chart) {
    case REPORT_CHART_SPECTRUM:
        describe_spectrum(detail, &words);
        break;
    case REPORT_CHART_COMPARISON:
        say(&words, "Bars of scores in percent, in order, beside published ones: ");
        describe_agents(detail, REPORT_SCORE, &words);
        say(&words, ".");
        break;
    case REPORT_CHART_LOSSES:
        say(&words, "Losses and other figures of the updates over environment steps.");
        break;
    default:
        report_describe_curve(detail, (int)(chart - REPORT_CHART_SCORE), text, size);
    }
}
