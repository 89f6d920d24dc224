// Lines on standard error, and options through argp with a helping hand for typos.
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runs/runs.h"

// File names and what files hold end up here, so control bytes must not reach the terminal, and the
// line must stay one.
static void print_line(const char* format, va_list arguments) {
    char* line = NULL;
    if (vasprintf(&line, format, arguments) < 0) {
        line = NULL;
    }
    for (char* at = line; at && *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            *at = '?';
        }
    }
    fflush(stdout); // so that the line comes last where both go to one place
    fprintf(stderr, "cairn: %s\n", line ? line : "out of memory for a message");
    free(line);
}

int runs_fail(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments);
    va_end(arguments);
    return RUNS_FAILED;
}

int runs_usage(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print_line(format, arguments);
    va_end(arguments);
    return RUNS_USAGE;
}

enum { WORD_LIMIT = 64 };

// Edits (insert, delete, change one letter, swap two neighbours) that turn a into b; two strings of
// fewer than WORD_LIMIT letters.
static int edit_distance(const char* a, const char* b) {
    int rows[3][WORD_LIMIT];
    int *before = rows[0], *last = rows[1], *row = rows[2];
    int a_length = (int)strlen(a), b_length = (int)strlen(b);
    for (int j = 0; j <= b_length; j++) {
        row[j] = j;
    }
    for (int i = 1; i <= a_length; i++) {
        int* recycled = before;
        before = last, last = row, row = recycled;
        row[0] = i;
        for (int j = 1; j <= b_length; j++) {
            int best = last[j - 1] + (a[i - 1] != b[j - 1]);
            best = last[j] + 1 < best ? last[j] + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && before[j - 2] + 1 < best) {
                best = before[j - 2] + 1;
            }
            row[j] = best;
        }
    }
    return row[b_length];
}

const char* options_nearest(const char* word, const char* const* names, size_t count) {
    size_t length = strlen(word);
    if (length >= WORD_LIMIT) {
        return NULL;
    }
    const char* nearest = NULL;
    int best = INT_MAX;
    for (size_t i = 0; i < count; i++) {
        if (!names[i] || strlen(names[i]) >= WORD_LIMIT) {
            continue;
        }
        int distance = edit_distance(word, names[i]);
        if (distance < best) {
            best = distance, nearest = names[i];
        }
    }
    return best <= (int)(length + 1) / 2 ? nearest : NULL;
}

// The name part of a --long option that no entry of the table begins with: a typo. argp accepts
// unambiguous beginnings, so those pass.
static bool is_unknown_option(const struct argp_option* options, const char* name) {
    size_t length = strcspn(name, "=");
    static const char* const built_in[] = {"help", "usage", "version"};
    for (size_t i = 0; i < sizeof built_in / sizeof built_in[0]; i++) {
        if (strncmp(built_in[i], name, length) == 0) {
            return false;
        }
    }
    for (const struct argp_option* option = options; option->name || option->key || option->doc;
         option++) {
        if (option->name && strncmp(option->name, name, length) == 0) {
            return false;
        }
    }
    return true;
}

static const char* nearest_option(const struct argp_option* options, const char* name) {
    enum { LIMIT = 32 };
    const char* names[LIMIT];
    size_t count = 0;
    for (const struct argp_option* option = options;
         (option->name || option->key || option->doc) && count < LIMIT; option++) {
        names[count++] = option->name;
    }
    char word[WORD_LIMIT];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(name, "="), name);
    return options_nearest(word, names, count);
}

void options_parse(const struct argp* argp, int argc, char** argv, void* input) {
    argp_err_exit_status = RUNS_USAGE; // argp's own switch; its default is 64
    for (int i = 1; i < argc && argp->options; i++) {
        if (strcmp(argv[i], "--") == 0) {
            break;
        }
        const char* name = argv[i] + 2;
        if (strncmp(argv[i], "--", 2) == 0 && is_unknown_option(argp->options, name)) {
            const char* nearest = nearest_option(argp->options, name);
            exit(runs_usage("unknown option '%s'%s%s%s See `%s --help`.", argv[i],
                            nearest ? "; did you mean '--" : ".", nearest ? nearest : "",
                            nearest ? "'?" : "", argv[0]));
        }
    }
    argp_parse(argp, argc, argv, 0, NULL, input);
}

bool options_read_int(const char* text, int64_t* value) {
    char* end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || errno == ERANGE) {
        return false;
    }
    int64_t unit = 1;
    if (*end == 'k' || *end == 'K') {
        unit = 1000, end++;
    } else if (*end == 'm' || *end == 'M') {
        unit = 1000000, end++;
    }
    return *end == '\0' && !__builtin_mul_overflow((int64_t)number, unit, value);
}

int64_t options_int(struct argp_state* state, const char* option, const char* text, int64_t low,
                    int64_t high) {
    int64_t value = 0;
    if (!options_read_int(text, &value) || value < low || value > high) {
        fprintf(stderr,
                "%s: %s: found '%s', expected a whole number in [%" PRId64 ", %" PRId64 "]\n",
                state->name, option, text, low, high);
        exit(RUNS_USAGE);
    }
    return value;
}

int32_t options_processors(void) {
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count < 256 ? count : 256;
}
