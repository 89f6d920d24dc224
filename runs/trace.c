// Strict reader of golden traces (runs/trace.h).
#include "runs/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { LINE_SIZE = 4096 };

struct Trace {
    gzFile file;
    char* path;
    int64_t line;
    int64_t episode, step; // of the row before; 0, -1 at the beginning
    char text[LINE_SIZE];
};

static bool fail(const Trace* trace, const char* field, const char* found, const char* expected,
                 char why[TRACE_WHY]) {
    snprintf(why, TRACE_WHY, "%s:%" PRId64 ": %s is \"%.40s\", expected %s", trace->path,
             trace->line, field, found, expected);
    return false;
}

// ---------------------------------------------------------------- lines
static TraceResult read_line(Trace* trace, char why[TRACE_WHY]) {
    trace->line++;
    if (!gzgets(trace->file, trace->text, LINE_SIZE)) {
        int code = Z_OK;
        const char* message = gzerror(trace->file, &code);
        if (code == Z_OK || code == Z_STREAM_END) {
            return TRACE_END;
        }
        snprintf(why, TRACE_WHY, "%s:%" PRId64 ": cannot be decompressed (%s); copy it anew",
                 trace->path, trace->line, code == Z_ERRNO ? strerror(errno) : message);
        return TRACE_FAILED;
    }
    size_t length = strlen(trace->text);
    if (length == 0 || trace->text[length - 1] != '\n') {
        snprintf(why, TRACE_WHY, "%s:%" PRId64 ": line is cut short or over %d bytes", trace->path,
                 trace->line, LINE_SIZE - 2);
        return TRACE_FAILED;
    }
    trace->text[length - 1] = '\0';
    return TRACE_ROW;
}

// ---------------------------------------------------------------- numbers
// A decimal integer in [low, high] that fills the whole text.
static bool parse_integer(const char* text, int64_t low, int64_t high, int64_t* value) {
    bool begins =
        (text[0] >= '0' && text[0] <= '9') || (text[0] == '-' && text[1] >= '0' && text[1] <= '9');
    if (!begins) {
        return false;
    }
    char* end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    *value = number;
    return errno == 0 && *end == '\0' && number >= low && number <= high;
}

static bool parse_real(const char* text, double* value) {
    if (text[0] == '\0' || strspn(text, "0123456789+-.e") != strlen(text)) {
        return false;
    }
    char* end = NULL;
    *value = strtod(text, &end);
    return *end == '\0' && isfinite(*value);
}

// Exactly `count` integers in [low, high] between separators.
static bool parse_list(char* text, char separator, int count, int64_t low, int64_t high,
                       int64_t* values) {
    for (int i = 0; i < count; i++) {
        char* end = strchr(text, separator);
        if ((end == NULL) != (i == count - 1)) {
            return false;
        }
        if (end) {
            *end = '\0';
        }
        bool good = parse_integer(text, low, high, &values[i]);
        if (end) {
            *end = separator;
        }
        if (!good) {
            return false;
        }
        text = end ? end + 1 : text;
    }
    return true;
}

// ---------------------------------------------------------------- first line
static int find_item(const char* name) {
    for (int item = 0; item < CAIRN_ITEMS; item++) {
        if (strcmp(name, cairn_item_name(item)) == 0) {
            return item;
        }
    }
    return -1;
}

// "-" or "20:health=9,food=9"
static bool parse_grant(char* text, TraceGrant* grant) {
    *grant = (TraceGrant){0};
    if (strcmp(text, "-") == 0) {
        return true;
    }
    char* entry = strchr(text, ':');
    if (!entry) {
        return false;
    }
    *entry++ = '\0';
    int64_t every;
    if (!parse_integer(text, 1, INT32_MAX, &every)) {
        return false;
    }
    grant->every = (int32_t)every;
    for (char* rest = NULL; (entry = strtok_r(entry, ",", &rest)) != NULL; entry = NULL) {
        char* equals = strchr(entry, '=');
        int64_t count;
        if (!equals || !parse_integer(equals + 1, 0, 9, &count)) {
            return false;
        }
        *equals = '\0';
        int item = find_item(entry);
        if (item < 0) {
            return false;
        }
        grant->items |= 1u << item;
        grant->count[item] = (uint8_t)count;
    }
    return grant->items != 0;
}

static bool parse_pair(char* text, int32_t* width, int32_t* height) {
    int64_t value[2];
    if (!parse_list(text, 'x', 2, 0, INT32_MAX, value)) {
        return false;
    }
    *width = (int32_t)value[0];
    *height = (int32_t)value[1];
    return true;
}

enum { KEY_SEED, KEY_AREA, KEY_VIEW, KEY_SIZE, KEY_LENGTH, KEY_GRANT, KEY_COUNT };
static const char* const KEYS[KEY_COUNT] = {"seed", "area", "view", "size", "length", "grant"};
static const char* const KEY_VALUES[KEY_COUNT] = {
    "a 64-bit integer", "WxH", "WxH", "WxH", "an integer from 0 to 2147483647", "- or N:item=0..9"};

static bool parse_key(int key, char* value, CairnConfig* config, TraceGrant* grant) {
    int64_t length;
    switch (key) {
    case KEY_SEED:
        return parse_integer(value, INT64_MIN, INT64_MAX, &config->seed);
    case KEY_AREA:
        return parse_pair(value, &config->area_width, &config->area_height);
    case KEY_VIEW:
        return parse_pair(value, &config->view_width, &config->view_height);
    case KEY_SIZE:
        return parse_pair(value, &config->size_width, &config->size_height);
    case KEY_LENGTH:
        if (strcmp(value, "None") == 0) { // the original's other way to say 0
            config->length = 0;
            return true;
        }
        if (!parse_integer(value, 0, INT32_MAX, &length)) {
            return false;
        }
        config->length = (int32_t)length;
        return true;
    default:
        return parse_grant(value, grant);
    }
}

// Keys that do not matter to a replay (policy, ...) are passed over.
static bool parse_header(Trace* trace, CairnConfig* config, TraceGrant* grant,
                         char why[TRACE_WHY]) {
    if (strncmp(trace->text, "# ", 2) != 0) {
        return fail(trace, "first line", trace->text, "\"# key=value ...\"", why);
    }
    uint32_t seen = 0;
    char* word = trace->text + 2;
    for (char* rest = NULL; (word = strtok_r(word, " ", &rest)) != NULL; word = NULL) {
        char* value = strchr(word, '=');
        if (!value) {
            return fail(trace, "header entry", word, "key=value", why);
        }
        *value++ = '\0';
        for (int key = 0; key < KEY_COUNT; key++) {
            if (strcmp(word, KEYS[key]) != 0) {
                continue;
            }
            char found[48];
            snprintf(found, sizeof found, "%s", value);
            if ((seen & 1u << key) || !parse_key(key, value, config, grant)) {
                return fail(trace, KEYS[key], found, KEY_VALUES[key], why);
            }
            seen |= 1u << key;
        }
    }
    for (int key = 0; key < KEY_COUNT; key++) {
        if (!(seen & 1u << key)) {
            return fail(trace, KEYS[key], "", KEY_VALUES[key], why);
        }
    }
    return true;
}

bool trace_open(const char* path, Trace** result, CairnConfig* config, TraceGrant* grant,
                char why[TRACE_WHY]) {
    *result = NULL;
    Trace* trace = calloc(1, sizeof *trace);
    char* copy = strdup(path);
    if (!trace || !copy) {
        snprintf(why, TRACE_WHY, "%s: out of memory", path);
        free(trace);
        free(copy);
        return false;
    }
    trace->path = copy;
    trace->step = -1;
    errno = 0;
    trace->file = gzopen(path, "rb");
    if (!trace->file) {
        snprintf(why, TRACE_WHY, "%s: cannot be opened (%s)", path, strerror(errno));
        trace_close(trace);
        return false;
    }
    *config = cairn_default_config();
    config->auto_reset = false;
    TraceResult line = read_line(trace, why);
    if (line == TRACE_END) {
        snprintf(why, TRACE_WHY, "%s:1: file is empty, expected \"# key=value ...\"", path);
    }
    if (line != TRACE_ROW || !parse_header(trace, config, grant, why)) {
        trace_close(trace);
        return false;
    }
    *result = trace;
    return true;
}

void trace_close(Trace* trace) {
    if (!trace) {
        return;
    }
    if (trace->file) {
        gzclose(trace->file);
    }
    free(trace->path);
    free(trace);
}

// ---------------------------------------------------------------- rows
static const char* const COLUMNS[TRACE_COLUMNS] = {
    "episode", "step", "action", "reward",   "done",     "sem_crc",   "obs_crc",     "rng_crc",
    "x",       "y",    "facing", "sleeping", "daylight", "inventory", "achievements"};

static bool split_columns(Trace* trace, char* column[TRACE_COLUMNS], char why[TRACE_WHY]) {
    char* rest = trace->text;
    for (int i = 0; i < TRACE_COLUMNS; i++) {
        column[i] = strsep(&rest, "\t");
        if (!column[i]) {
            return fail(trace, COLUMNS[i], "", "a row of 15 columns", why);
        }
    }
    return rest == NULL || fail(trace, "rest of the row", rest, "nothing after 15 columns", why);
}

static bool parse_integers(Trace* trace, char* column[TRACE_COLUMNS], TraceRow* row,
                           char why[TRACE_WHY]) {
    const struct {
        int column;
        int64_t low, high;
        const char* expected;
    } KIND[] = {{0, 1, INT64_MAX, "an integer from 1"},
                {1, 0, INT64_MAX, "an integer from 0"},
                {2, -1, CAIRN_ACTIONS - 1, "an action from -1 to 16"},
                {4, 0, 1, "0 or 1"},
                {5, 0, UINT32_MAX, "a 32-bit checksum"},
                {6, 0, UINT32_MAX, "a 32-bit checksum"},
                {7, 0, UINT32_MAX, "a 32-bit checksum"},
                {8, 0, INT32_MAX, "a coordinate from 0"},
                {9, 0, INT32_MAX, "a coordinate from 0"},
                {11, 0, 1, "0 or 1"}};
    int64_t value[TRACE_COLUMNS] = {0};
    for (size_t i = 0; i < sizeof KIND / sizeof *KIND; i++) {
        int c = KIND[i].column;
        if (!parse_integer(column[c], KIND[i].low, KIND[i].high, &value[c])) {
            return fail(trace, COLUMNS[c], column[c], KIND[i].expected, why);
        }
    }
    row->episode = value[0];
    row->step = value[1];
    row->action = (int32_t)value[2];
    row->done = value[4] != 0;
    row->semantic_crc = (uint32_t)value[5];
    row->pixels_crc = (uint32_t)value[6];
    row->generator_crc = (uint32_t)value[7];
    row->x = (int32_t)value[8];
    row->y = (int32_t)value[9];
    row->sleeping = value[11] != 0;
    return true;
}

static bool parse_rest(Trace* trace, char* column[TRACE_COLUMNS], TraceRow* row,
                       char why[TRACE_WHY]) {
    int64_t value[CAIRN_ACHIEVEMENTS];
    if (!parse_real(column[3], &row->reward)) {
        return fail(trace, COLUMNS[3], column[3], "a number", why);
    }
    if (!parse_real(column[12], &row->daylight)) {
        return fail(trace, COLUMNS[12], column[12], "a number", why);
    }
    if (!parse_list(column[10], ',', 2, -1, 1, value)) {
        return fail(trace, COLUMNS[10], column[10], "dx,dy of -1, 0 or 1", why);
    }
    row->facing_x = (int32_t)value[0];
    row->facing_y = (int32_t)value[1];
    if (!parse_list(column[13], ',', CAIRN_ITEMS, 0, 9, value)) {
        return fail(trace, COLUMNS[13], column[13], "16 counts from 0 to 9", why);
    }
    for (int i = 0; i < CAIRN_ITEMS; i++) {
        row->inventory[i] = (uint8_t)value[i];
    }
    if (!parse_list(column[14], ',', CAIRN_ACHIEVEMENTS, 0, INT32_MAX, value)) {
        return fail(trace, COLUMNS[14], column[14], "22 counts", why);
    }
    for (int i = 0; i < CAIRN_ACHIEVEMENTS; i++) {
        row->achievements[i] = (int32_t)value[i];
    }
    return true;
}

static bool check_order(const Trace* trace, const TraceRow* row, char* column[TRACE_COLUMNS],
                        char why[TRACE_WHY]) {
    bool begins = row->step == 0;
    if (row->episode != trace->episode + (begins ? 1 : 0)) {
        return fail(trace, COLUMNS[0], column[0], "1, then each episode after the one before", why);
    }
    if (!begins && row->step != trace->step + 1) {
        return fail(trace, COLUMNS[1], column[1], "0 or the step after the row before", why);
    }
    if ((row->action == -1) != begins) {
        return fail(trace, COLUMNS[2], column[2], "-1 in step 0, and 0 to 16 in others", why);
    }
    return true;
}

TraceResult trace_next(Trace* trace, TraceRow* row, char why[TRACE_WHY]) {
    TraceResult line = read_line(trace, why);
    if (line != TRACE_ROW) {
        return line;
    }
    char* column[TRACE_COLUMNS];
    *row = (TraceRow){0};
    if (!split_columns(trace, column, why) || !parse_integers(trace, column, row, why) ||
        !parse_rest(trace, column, row, why) || !check_order(trace, row, column, why)) {
        return TRACE_FAILED;
    }
    trace->episode = row->episode;
    trace->step = row->step;
    return TRACE_ROW;
}
