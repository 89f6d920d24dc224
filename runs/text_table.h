// A table for the terminal: columns as wide as their widest cell, the first to the left, the others
// to the right unless told otherwise.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct TextTable {
    char** cells; // [rows, columns] owned; NULL = empty
    size_t rows, columns;
    bool last_left; // the last column to the left, too
    bool failed;    // out of memory; printing says so
} TextTable;

TextTable text_table(size_t columns);
// Adds a row of empty cells.
void text_table_row(TextTable* table);
// Sets a cell of the last row.
void text_table_set(TextTable* table, size_t column, const char* format, ...)
    __attribute__((format(printf, 3, 4)));
void text_table_print(const TextTable* table, FILE* file);
void text_table_free(TextTable* table);
