// cairn info: what a checkpoint, an episode or a run's folder holds.
#include <inttypes.h>
#include <stdio.h>

#include "runs/info.h"
#include "runs/runs.h"

typedef struct InfoOptions {
    bool json;
    char** paths; // [count] borrowed from argv
    int count;
} InfoOptions;

enum { KEY_JSON = 256 };
static const struct argp_option option_table[] = {
    {"json", KEY_JSON, NULL, 0, "Print JSON, one object per line", 0}, {0}};

static error_t parse_option(int key, char* value, struct argp_state* state) {
    InfoOptions* options = state->input;
    (void)value;
    switch (key) {
    case KEY_JSON:
        options->json = true;
        return 0;
    case ARGP_KEY_ARGS:
        options->paths = state->argv + state->next;
        options->count = state->argc - state->next;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which file? Name a checkpoint, an episode or the folder of a run");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {option_table,
                                   parse_option,
                                   "FILE|FOLDER...",
                                   "Tells what a checkpoint (.ckpt), an episode (.cairn) or the "
                                   "folder of a run holds. Files are checked whole; an episode is "
                                   "played again and compared.",
                                   NULL,
                                   NULL,
                                   NULL};

static void print_scalar(const json_t* value) {
    if (json_is_string(value)) {
        printf("%s", json_string_value(value));
    } else if (json_is_integer(value)) {
        printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
    } else if (json_is_real(value)) {
        printf("%.6g", json_real_value(value));
    } else {
        printf("%s", json_is_true(value) ? "yes" : "no");
    }
}

// "key    value" per line; objects one level deeper.
static void print_object(json_t* object, int indent) {
    const char* key = NULL;
    json_t* value = NULL;
    json_object_foreach(object, key, value) {
        printf("%*s%-*s", indent, "", 26 - indent, key);
        if (json_is_object(value)) {
            printf("%s\n", json_object_size(value) == 0 ? " -" : "");
            print_object(value, indent + 2);
            continue;
        }
        for (size_t i = 0; i < json_array_size(value); i++) {
            printf("%s ", i > 0 ? "," : "");
            print_scalar(json_array_get(value, i));
        }
        if (!json_is_array(value)) {
            putchar(' ');
            print_scalar(value);
        } else if (json_array_size(value) == 0) {
            printf(" -");
        }
        putchar('\n');
    }
}

int cmd_info(int argc, char** argv) {
    InfoOptions options = {0};
    options_parse(&parser, argc, argv, &options);
    int status = RUNS_OK;
    for (int i = 0; i < options.count; i++) {
        char why[INFO_WHY] = "out of memory";
        json_t* object = info_describe(options.paths[i], why);
        if (object == NULL) {
            status = runs_fail("%s", why);
            continue;
        }
        if (options.json) {
            json_dumpf(object, stdout, JSON_REAL_PRECISION(12));
            putchar('\n');
        } else {
            printf("%s", i > 0 ? "\n" : "");
            print_object(object, 0);
        }
        json_decref(object);
    }
    return status;
}
