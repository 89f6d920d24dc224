// Tables for the terminal; see the header.
#include "runs/text_table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

TextTable text_table(size_t columns) {
    return (TextTable){.columns = columns};
}

void text_table_row(TextTable* table) {
    size_t cells = (table->rows + 1) * table->columns;
    char** grown = table->failed ? NULL : realloc(table->cells, cells * sizeof *grown);
    if (grown == NULL) {
        table->failed = true;
        return;
    }
    table->cells = grown;
    for (size_t c = 0; c < table->columns; c++) {
        grown[table->rows * table->columns + c] = NULL;
    }
    table->rows++;
}

void text_table_set(TextTable* table, size_t column, const char* format, ...) {
    if (table->failed) {
        return;
    }
    assert(table->rows > 0 && column < table->columns);
    char** cell = &table->cells[(table->rows - 1) * table->columns + column];
    assert(*cell == NULL);
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(cell, format, arguments) < 0) {
        *cell = NULL;
        table->failed = true;
    }
    va_end(arguments);
}

// Letters, not bytes: continuation bytes of UTF-8 take no room.
static size_t shown_width(const char* text) {
    size_t width = 0;
    for (; text != NULL && *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

static size_t column_width(const TextTable* table, size_t column) {
    size_t width = 0;
    for (size_t r = 0; r < table->rows; r++) {
        size_t cell = shown_width(table->cells[r * table->columns + column]);
        width = cell > width ? cell : width;
    }
    return width;
}

static void print_row(const TextTable* table, size_t row, const size_t* widths, FILE* file) {
    char* const* cells = &table->cells[row * table->columns];
    size_t last = table->columns;
    while (last > 0 && cells[last - 1] == NULL) {
        last--; // no blanks at the end of a line
    }
    for (size_t c = 0; c < last; c++) {
        const char* text = cells[c] ? cells[c] : "";
        int blanks = (int)(widths[c] - shown_width(text));
        if (c == 0) {
            fprintf(file, "%s%*s", text, last > 1 ? blanks : 0, "");
        } else if (table->last_left && c == table->columns - 1) {
            fprintf(file, "  %s", text);
        } else {
            fprintf(file, "  %*s%s", blanks, "", text);
        }
    }
    fputc('\n', file);
}

void text_table_print(const TextTable* table, FILE* file) {
    size_t* widths = calloc(table->columns, sizeof *widths);
    if (table->failed || widths == NULL) {
        fputs("(out of memory for a table)\n", file);
        free(widths);
        return;
    }
    for (size_t c = 0; c < table->columns; c++) {
        widths[c] = column_width(table, c);
    }
    for (size_t r = 0; r < table->rows; r++) {
        print_row(table, r, widths, file);
    }
    free(widths);
}

void text_table_free(TextTable* table) {
    for (size_t i = 0; i < table->rows * table->columns; i++) {
        free(table->cells[i]);
    }
    free(table->cells);
    *table = (TextTable){0};
}
