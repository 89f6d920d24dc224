// Reference figures: named arrays of doubles in a gzip text file (tests/vectors).
#pragma once
#include <stddef.h>

typedef struct Vector {
    char name[96];
    int rank;
    size_t shape[4], count;
    double* values; // [count]
} Vector;

typedef struct Vectors Vectors;

Vectors* vectors_read(const char* path); // fails the running test when anything is wrong
void vectors_destroy(Vectors* vectors);
const Vector* vector_named(const Vectors* vectors, const char* name); // must be there
// The i-th whose name begins with the prefix; NULL: there are fewer.
const Vector* vector_with_prefix(const Vectors* vectors, const char* prefix, int i);
