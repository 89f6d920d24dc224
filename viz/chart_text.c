// Widths of text, round numbers on axes, legends.
#include <math.h>
#include <string.h>

#include "viz/chart_picture.h"

// Of Helvetica, in thousandths of the font's size, from the space on. Other fonts are wider: the
// factor is enough for DejaVu Sans.
static const short widths[95] = {
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333,  278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667,  611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278,  556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500,  500, 334, 260, 334, 584};
static const double slack = 1.25;
static const char ellipsis[] = "\xe2\x80\xa6";

static double letter_width(unsigned char byte) {
    if (byte >= 0x80 && byte < 0xc0) {
        return 0; // of a longer sequence, counted at its first byte
    }
    if (byte >= ' ' && byte < 127) {
        return widths[byte - ' '];
    }
    return byte >= 0xe3 ? 1000 : 600; // from U+3000 on letters are square
}

double chart_text_width(const char* text, double size) {
    double sum = 0;
    for (const char* at = text; *at != '\0'; at++) {
        sum += letter_width((unsigned char)*at);
    }
    return sum / 1000 * size * slack;
}

void chart_cut_text(const char* text, double size, double width, char cut[CHART_CUT]) {
    size_t length = strlen(text);
    if (chart_text_width(text, size) <= width && length < CHART_CUT) {
        memcpy(cut, text, length + 1);
        return;
    }
    double left = width - chart_text_width(ellipsis, size);
    size_t used = 0;
    for (size_t i = 0; i < length && i < CHART_CUT - sizeof ellipsis; i++) {
        left -= letter_width((unsigned char)text[i]) / 1000 * size * slack;
        if (left < 0) {
            break;
        }
        if (((unsigned char)text[i + 1] & 0xc0) != 0x80) {
            used = i + 1; // a sequence ends here
        }
    }
    memcpy(cut, text, used);
    memcpy(cut + used, ellipsis, sizeof ellipsis);
}

ChartTicks chart_ticks(double low, double high, int wanted) {
    if (!(high > low)) { // a single value: some room around it
        double room = fabs(low) > 0 ? fabs(low) / 2 : 1;
        low -= room, high += room;
    }
    double raw = (high - low) / wanted, power = pow(10, floor(log10(raw)));
    double part = raw / power;
    double step = part <= 1 ? 1 : part <= 2 ? 2 : part <= 2.5 ? 2.5 : part <= 5 ? 5 : 10;
    step *= power;
    double first = floor(low / step + 1e-9), last = ceil(high / step - 1e-9);
    while (last - first + 1 > CHART_TICKS) {
        step *= 2, first = floor(low / step), last = ceil(high / step);
    }
    ChartTicks ticks = {.low = first * step, .high = last * step};
    for (; ticks.count < CHART_TICKS && ticks.count <= last - first; ticks.count++) {
        ticks.value[ticks.count] = (first + ticks.count) * step;
    }
    return ticks;
}

void chart_format(double value, char text[32]) {
    double size = fabs(value);
    if (size >= 1e6 && size < 1e12) {
        snprintf(text, 32, "%.4gM", value / 1e6);
    } else if (size >= 1e4 && size < 1e6) {
        snprintf(text, 32, "%.4gk", value / 1e3);
    } else {
        snprintf(text, 32, "%.4g", size < 1e-12 ? 0 : value);
    }
}

double chart_legend(ChartPicture* picture, ChartBox box, const ChartEntry* entries, size_t count) {
    const double row = 18, swatch = 18, gap = 16;
    double x = 0, y = 0;
    for (size_t i = 0; i < count; i++) {
        char name[CHART_CUT];
        chart_cut_text(entries[i].name, CHART_FONT_SMALL, box.width - swatch - 6, name);
        double width = swatch + 6 + chart_text_width(name, CHART_FONT_SMALL);
        if (x > 0 && x + width > box.width) {
            x = 0, y += row;
        }
        if (picture != NULL) {
            double left = box.x + x, middle = box.y + y + row / 2;
            if (entries[i].line) {
                chart_path(picture, entries[i].ink, 2, entries[i].dash);
                chart_point(picture, left, middle);
                chart_point(picture, left + swatch, middle);
            } else {
                chart_rectangle(picture, entries[i].ink, 1,
                                (ChartBox){left + 4, middle - 5, 10, 10});
            }
            chart_label(picture, (ChartLabel){.ink = CHART_TEXT, .size = CHART_FONT_SMALL},
                        left + swatch + 6, middle + 4, name);
        }
        x += width + gap;
    }
    return count == 0 ? 0 : y + row + 2;
}
