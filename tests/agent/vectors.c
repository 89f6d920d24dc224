#include "tests/agent/vectors.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { LINE = 1 << 20, VECTORS = 1024 };

struct Vectors {
    int count;
    Vector vector[VECTORS];
};

static void read_head(char* line, Vector* vector) {
    char* word = strtok(line, " \n");
    ck_assert(word && strlen(word) < sizeof vector->name);
    strcpy(vector->name, word);
    word = strtok(NULL, " \n");
    ck_assert(word);
    vector->rank = atoi(word);
    ck_assert(vector->rank >= 0 && vector->rank <= 4);
    vector->count = 1;
    for (int i = 0; i < vector->rank; i++) {
        word = strtok(NULL, " \n");
        ck_assert_msg(word, "%s: %d sizes expected", vector->name, vector->rank);
        vector->shape[i] = strtoul(word, NULL, 10);
        vector->count *= vector->shape[i];
    }
}

static void read_values(const char* line, Vector* vector) {
    vector->values = malloc(vector->count * sizeof *vector->values);
    ck_assert(vector->values);
    for (size_t i = 0; i < vector->count; i++) {
        char* end;
        vector->values[i] = strtod(line, &end);
        ck_assert_msg(end != line, "%s: %zu values expected, %zu found", vector->name,
                      vector->count, i);
        line = end;
    }
}

Vectors* vectors_read(const char* path) {
    gzFile file = gzopen(path, "rb");
    ck_assert_msg(file, "%s cannot be opened", path);
    char* line = malloc(LINE);
    Vectors* vectors = calloc(1, sizeof *vectors);
    ck_assert(line && vectors);
    while (gzgets(file, line, LINE)) {
        if (line[0] == '#') {
            continue;
        }
        ck_assert(vectors->count < VECTORS);
        Vector* vector = &vectors->vector[vectors->count++];
        read_head(line, vector);
        ck_assert_msg(gzgets(file, line, LINE), "%s: no values", vector->name);
        read_values(line, vector);
    }
    ck_assert(vectors->count > 0);
    free(line);
    gzclose(file);
    return vectors;
}

void vectors_destroy(Vectors* vectors) {
    for (int i = 0; i < vectors->count; i++) {
        free(vectors->vector[i].values);
    }
    free(vectors);
}

const Vector* vector_named(const Vectors* vectors, const char* name) {
    for (int i = 0; i < vectors->count; i++) {
        if (strcmp(vectors->vector[i].name, name) == 0) {
            return &vectors->vector[i];
        }
    }
    ck_abort_msg("no vector is called %s", name);
    return NULL;
}

const Vector* vector_with_prefix(const Vectors* vectors, const char* prefix, int i) {
    for (int j = 0; j < vectors->count; j++) {
        if (strncmp(vectors->vector[j].name, prefix, strlen(prefix)) == 0 && i-- == 0) {
            return &vectors->vector[j];
        }
    }
    return NULL;
}
