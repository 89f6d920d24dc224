// Progress of a training, for people.
#include "runs/progress.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LINE = 256, BLOCK_LINES = 3, BAR = 24, NEWEST = 3 };
static const double lines_seconds = 30, lines_share = 0.05, block_seconds = 0.2;

ProgressStyle progress_style(FILE* file) {
    const char* terminal = getenv("TERM");
    bool redraws = terminal && strcmp(terminal, "dumb") != 0 && isatty(fileno(file));
    return redraws ? PROGRESS_BLOCK : PROGRESS_LINES;
}

void progress_format_time(double seconds, char text[32]) {
    int64_t whole = isfinite(seconds) && seconds < 1e9 ? (int64_t)(seconds + 0.5) : 1000000000;
    if (whole >= 3600) {
        snprintf(text, 32, "%" PRId64 ":%02d:%02d", whole / 3600, (int)(whole / 60 % 60),
                 (int)(whole % 60));
    } else {
        snprintf(text, 32, "%d:%02d", (int)(whole / 60), (int)(whole % 60));
    }
}

void progress_format_count(int64_t count, char text[32]) {
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%" PRId64, count);
    char* out = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            *out++ = ',';
        }
        *out++ = digits[i];
    }
    *out = '\0';
}

// ---------------------------------------------------------------- parts of a line
static void format_steps(const Progress* progress, int64_t step, double now, char text[LINE]) {
    char done[32], total[32], rate[32], left[32];
    double elapsed = now - progress->start;
    double per_second = elapsed > 0 ? (double)(step - progress->first_step) / elapsed : 0;
    int64_t missing = step < progress->total_steps ? progress->total_steps - step : 0;
    progress_format_count(step, done);
    progress_format_count(progress->total_steps, total);
    progress_format_count((int64_t)per_second, rate);
    progress_format_time(per_second > 0 ? (double)missing / per_second : INFINITY, left);
    double share = 100.0 * (double)step / (double)progress->total_steps;
    snprintf(text, LINE, "%3.0f %%  %s/%s steps  %s steps/s  ETA %s", fmin(share, 100), done, total,
             rate, per_second > 0 ? left : "?");
}

static void format_figures(const RunLogState* state, const RunFigures* figures, char text[LINE]) {
    if (state->episodes == 0) {
        snprintf(text, LINE, "no episode has ended yet");
        return;
    }
    snprintf(text, LINE, "last %d episodes: reward %.2f  length %.0f  score %.1f %%",
             state->episodes < RUN_WINDOW ? (int)state->episodes : RUN_WINDOW, figures->reward,
             figures->length, figures->last_score);
}

// The achievements unlocked last, newest first; only those not yet announced when `announced` is
// given. false: there are none.
static bool format_newest(const RunLogState* state, const int64_t* announced, char text[LINE]) {
    bool taken[CAIRN_ACHIEVEMENTS] = {false};
    size_t used = 0;
    text[0] = '\0';
    for (int shown = 0; shown < (announced ? CAIRN_ACHIEVEMENTS : NEWEST); shown++) {
        int newest = -1;
        for (int k = 0; k < CAIRN_ACHIEVEMENTS; k++) {
            bool fresh = state->first_steps[k] > 0 && !taken[k] && !(announced && announced[k]);
            if (fresh && (newest < 0 || state->first_steps[k] > state->first_steps[newest])) {
                newest = k;
            }
        }
        if (newest < 0) {
            break;
        }
        char at[32];
        taken[newest] = true;
        progress_format_count(state->first_steps[newest], at);
        int more = snprintf(text + used, LINE - used, "%s%s (%s)", used ? ", " : "",
                            cairn_achievement_name(newest), at);
        used += more > 0 ? (size_t)more : 0;
        if (used >= LINE) {
            break;
        }
    }
    return used > 0;
}

// ---------------------------------------------------------------- lines
static void show_line(Progress* progress, int64_t step, double now, const RunLogState* state,
                      const RunFigures* figures) {
    char steps[LINE], numbers[LINE], newest[LINE];
    format_steps(progress, step, now, steps);
    format_figures(state, figures, numbers);
    bool any = format_newest(state, progress->announced, newest);
    fprintf(progress->file, "%s  %s%s%s\n", steps, numbers, any ? "  new: " : "", newest);
    memcpy(progress->announced, state->first_steps, sizeof progress->announced);
}

static int terminal_width(FILE* file) {
    struct winsize size;
    return ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// Three lines, each cut at the terminal's width so that going three lines up meets them again.
static void show_block(Progress* progress, int64_t step, double now, const RunLogState* state,
                       const RunFigures* figures) {
    char lines[BLOCK_LINES][2 * LINE], text[LINE], bar[BAR + 1];
    double share = (double)step / (double)progress->total_steps;
    int filled = share < 1 ? (int)(share * BAR) : BAR;
    for (int i = 0; i < BAR; i++) {
        bar[i] = i < filled ? '#' : '.';
    }
    bar[BAR] = '\0';
    format_steps(progress, step, now, text);
    snprintf(lines[0], sizeof lines[0], "[%s] %s", bar, text);
    format_figures(state, figures, text);
    snprintf(lines[1], sizeof lines[1], "%s  (whole run: score %.1f %%)", text, figures->score);
    bool any = format_newest(state, NULL, text);
    snprintf(lines[2], sizeof lines[2], "%d of %d achievements%s%s", figures->unlocked,
             CAIRN_ACHIEVEMENTS, any ? "; newest: " : "", text);
    int width = terminal_width(progress->file);
    if (progress->drawn) {
        fprintf(progress->file, "\033[%dA", BLOCK_LINES);
    }
    for (int i = 0; i < BLOCK_LINES; i++) {
        fprintf(progress->file, "\r\033[K%.*s\n", width - 1, lines[i]);
    }
    progress->drawn = true;
}

static void show_now(Progress* progress, int64_t step, double now, const RunLogState* state,
                     const RunFigures* figures) {
    if (progress->style == PROGRESS_BLOCK) {
        show_block(progress, step, now, state, figures);
    } else if (progress->style == PROGRESS_LINES) {
        show_line(progress, step, now, state, figures);
    }
    fflush(progress->file);
    progress->shown = now, progress->shown_step = step;
}

void progress_show(Progress* progress, int64_t step, double now, const RunLogState* state,
                   const RunFigures* figures) {
    double last = fmax(progress->shown, progress->start);
    int64_t last_step =
        progress->shown_step > progress->first_step ? progress->shown_step : progress->first_step;
    bool due = now - last >= block_seconds;
    if (progress->style == PROGRESS_LINES) {
        due = now - last >= lines_seconds ||
              (double)(step - last_step) >= lines_share * (double)progress->total_steps;
    }
    if (due) {
        show_now(progress, step, now, state, figures);
    }
}

void progress_finish(Progress* progress, int64_t step, double now, const RunLogState* state,
                     const RunFigures* figures) {
    if (progress->style == PROGRESS_BLOCK || progress->shown_step != step) {
        show_now(progress, step, now, state, figures);
    }
}
