// Text, figures and tables of the page.
#include "runs/report_page.h"

#include <math.h>
#include <string.h>

#include "runs/progress.h"
#include "viz/charts.h"

void page_name(const char* underscored, FILE* file) {
    for (const char* at = underscored; *at != '\0'; at++) {
        fputc(*at == '_' ? ' ' : *at, file);
    }
}

void page_value(double value, const char* format, FILE* file) {
    char text[64];
    if (!isfinite(value)) {
        fputs("–", file);
        return;
    }
    snprintf(text, sizeof text, format, value);
    fprintf(file, "<data value=\"%.12g\">%s</data>", value, text);
}

void page_spread(double mean, double deviation, bool spread, const char* format, FILE* file) {
    page_value(mean, format, file);
    if (spread && isfinite(mean) && isfinite(deviation)) {
        fputs(" ± ", file);
        page_value(deviation, format, file);
    }
}

void page_cell(const char* tag, const char* text, FILE* file) {
    fprintf(file, "<%s>", tag);
    chart_print_text(text, file);
    fprintf(file, "</%.2s>", tag);
}

void page_table(const char* caption, const char* const* heads, size_t count, FILE* file) {
    fputs("<div class=\"wide\"><table>", file);
    if (caption != NULL) {
        fputs("<caption>", file);
        chart_print_text(caption, file);
        fputs("</caption>", file);
    }
    fputs("<thead><tr>", file);
    for (size_t i = 0; i < count; i++) {
        bool left = heads[i][0] == '<';
        page_cell(left ? "th class=\"left\" scope=\"col\"" : "th scope=\"col\"", heads[i] + left,
                  file);
    }
    fputs("</tr></thead>\n<tbody>\n", file);
}

void page_table_end(FILE* file) {
    fputs("</tbody></table></div>\n", file);
}

void page_seconds(double seconds, FILE* file) {
    char text[32];
    if (!(seconds >= 0 && seconds < 1e12)) {
        fputs("–", file);
        return;
    }
    progress_format_time(seconds, text);
    fprintf(file, "<data value=\"%.12g\">%s</data>", seconds, text);
}

void page_png(const unsigned char* bytes, size_t size, FILE* file) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    fputs("data:image/png;base64,", file);
    for (size_t i = 0; i < size; i += 3) {
        unsigned word = (unsigned)bytes[i] << 16;
        word |= i + 1 < size ? (unsigned)bytes[i + 1] << 8 : 0;
        word |= i + 2 < size ? (unsigned)bytes[i + 2] : 0;
        fputc(letters[word >> 18 & 63], file);
        fputc(letters[word >> 12 & 63], file);
        fputc(i + 1 < size ? letters[word >> 6 & 63] : '=', file);
        fputc(i + 2 < size ? letters[word & 63] : '=', file);
    }
}
