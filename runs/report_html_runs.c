// The page's sections about single runs: the best episode, settings, time.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "runs/report_page.h"
#include "viz/charts.h"

// ---------------------------------------------------------------- the best episode
static void print_strip(const ReportAgent* agent, const Strip* strip, FILE* file) {
    fputs("<h3>", file);
    chart_print_text(agent->name, file);
    fprintf(file, "</h3>\n<p>Reward %.1f in %" PRId64 " steps, %d achievements (", strip->reward,
            strip->length, strip->unlocked);
    chart_print_text(strip->file, file);
    fprintf(file, ", world %" PRId64 ", episode %" PRIu64 ").</p>\n<ol class=\"strip\">\n",
            strip->seed, strip->episode);
    for (size_t i = 0; i < strip->count; i++) {
        const StripFrame* frame = &strip->frame[i];
        fprintf(file,
                "<li><img width=\"%d\" height=\"%d\" alt=\"The world at step %" PRId64
                ": %s\" src=\"",
                strip->width, strip->height, frame->step, frame->caption);
        page_png(frame->png, frame->png_size, file);
        fprintf(file, "\">%" PRId64 ": %s</li>\n", frame->step, frame->caption);
    }
    fputs("</ol>\n", file);
}

bool page_episodes(const ReportDetail* detail, FILE* file) {
    const Report* report = detail->report;
    bool any = false;
    size_t unreadable = 0;
    for (size_t a = 0; a < report->agent_count; a++) {
        const ReportAgent* agent = &report->agents[a];
        Strip strip;
        if (!strip_create(&report->runs[agent->first], agent->count, &strip)) {
            return false;
        }
        unreadable += strip.unreadable;
        if (strip.count > 0) {
            fputs(any ? "" : "<section id=\"episodes\"><h2>Best recorded episode</h2>\n", file);
            any = true;
            print_strip(agent, &strip, file);
        }
        strip_destroy(&strip);
    }
    if (any && unreadable > 0) {
        fprintf(file, "<p class=\"note\">%zu episode files could not be read.</p>\n", unreadable);
    }
    fputs(any ? "</section>\n" : "", file);
    return true;
}

// ---------------------------------------------------------------- settings
bool page_settings(const ReportDetail* detail, FILE* file) {
    const Report* report = detail->report;
    const char** keys = NULL;
    size_t count = 0;
    if (!report_different_settings(detail, &keys, &count)) {
        return false;
    }
    if (count > 0) {
        fputs("<section id=\"settings\"><h2>Settings that differ</h2>\n<p>All others are the same "
              "in every run; seeds, threads and the like aside. Several values: the agent's runs "
              "differ from each other.</p>\n<div class=\"wide\"><table><thead><tr><th "
              "scope=\"col\">setting</th>",
              file);
        for (size_t a = 0; a < report->agent_count; a++) {
            page_cell("th scope=\"col\"", report->agents[a].name, file);
        }
        fputs("</tr></thead>\n<tbody>\n", file);
        for (size_t i = 0; i < count; i++) {
            fputs("<tr>", file);
            page_cell("th scope=\"row\"", keys[i], file);
            for (size_t a = 0; a < report->agent_count; a++) {
                char text[4 * REPORT_VALUE];
                report_agent_setting(detail, a, keys[i], text);
                page_cell("td", text, file);
            }
            fputs("</tr>\n", file);
        }
        page_table_end(file);
        fputs("</section>\n", file);
    }
    free(keys);
    return true;
}

// ---------------------------------------------------------------- time
static void print_share(double part, double whole, FILE* file) {
    fputs("<td>", file);
    if (isfinite(part) && whole > 0) {
        fprintf(file, "%.0f %%", 100 * part / whole);
    } else {
        fputs("–", file);
    }
    fputs("</td>", file);
}

static void print_setting(const ReportRunDetail* run, const char* key, FILE* file) {
    const char* value = report_setting(run, key);
    page_cell("td", value == NULL ? "–" : value, file);
}

static void print_time(const ReportRun* of, const ReportRunDetail* run, FILE* file) {
    fputs("<tr>", file);
    page_cell("th scope=\"row\"", of->path, file);
    page_cell("td class=\"left\"", of->name, file);
    page_cell("td", of->seed, file);
    fputs("<td>", file);
    page_seconds(run->seconds, file);
    fputs("</td><td>", file);
    page_value(report_steps_per_second(run), "%.0f", file);
    fputs("</td>", file);
    print_share(run->rollout_seconds, run->seconds, file);
    print_share(run->update_seconds, run->seconds, file);
    print_share(run->distil_seconds, run->seconds, file);
    print_setting(run, "compute.threads", file);
    print_setting(run, "compute.backend", file);
    print_setting(run, "compute.dtype", file);
    page_cell("td class=\"prose\"", run->hardware[0] ? run->hardware : "–", file);
    fputs("</tr>\n", file);
}

bool page_time(const ReportDetail* detail, FILE* file) {
    static const char* const heads[] = {"<run",    "<agent",  "seed",    "time",
                                        "steps/s", "acting",  "updates", "distillation",
                                        "threads", "backend", "dtype",   "<hardware"};
    const Report* report = detail->report;
    bool any = false;
    for (size_t r = 0; r < report->run_count; r++) {
        any = any || isfinite(detail->runs[r].seconds);
    }
    if (!any) {
        return true;
    }
    fputs("<section id=\"time\"><h2>Time and hardware</h2>\n<p>Of whole trainings, whatever the "
          "budget.</p>\n",
          file);
    page_table(NULL, heads, sizeof heads / sizeof heads[0], file);
    for (size_t r = 0; r < report->run_count; r++) {
        if (isfinite(detail->runs[r].seconds)) {
            print_time(&report->runs[r], &detail->runs[r], file);
        }
    }
    page_table_end(file);
    fputs("</section>\n", file);
    return true;
}
