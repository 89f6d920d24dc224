// Transforms of winograd.h for one instruction set. Each works on vectors of C channels, so the
// compiler vectorises all of them over channels.
#include "nets/winograd.h"

#include <string.h>

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)

// y = B^T x on six vectors that lie xs (ys) elements apart.
static void input6(size_t n, const NetReal* restrict x, size_t xs, NetReal* restrict y, size_t ys) {
    for (size_t c = 0; c < n; c++) {
        NetReal x0 = x[c], x1 = x[xs + c], x2 = x[2 * xs + c];
        NetReal x3 = x[3 * xs + c], x4 = x[4 * xs + c], x5 = x[5 * xs + c];
        NetReal even = x4 - 4 * x2, odd = x3 - 4 * x1;
        NetReal even2 = x4 - x2, odd2 = 2 * (x3 - x1);
        y[c] = 4 * x0 - 5 * x2 + x4;
        y[ys + c] = even + odd;
        y[2 * ys + c] = even - odd;
        y[3 * ys + c] = even2 + odd2;
        y[4 * ys + c] = even2 - odd2;
        y[5 * ys + c] = 4 * x1 - 5 * x3 + x5;
    }
}

// y = A^T x: six vectors to four.
static void output6(size_t n, const NetReal* restrict x, size_t xs, NetReal* restrict y,
                    size_t ys) {
    for (size_t c = 0; c < n; c++) {
        NetReal sum = x[xs + c] + x[2 * xs + c], difference = x[xs + c] - x[2 * xs + c];
        NetReal sum2 = x[3 * xs + c] + x[4 * xs + c];
        NetReal difference2 = x[3 * xs + c] - x[4 * xs + c];
        y[c] = x[c] + sum + sum2;
        y[ys + c] = difference + 2 * difference2;
        y[2 * ys + c] = sum + 4 * sum2;
        y[3 * ys + c] = difference + 8 * difference2 + x[5 * xs + c];
    }
}

// y = A x: four vectors to six.
static void d_output4(size_t n, const NetReal* restrict x, size_t xs, NetReal* restrict y,
                      size_t ys) {
    for (size_t c = 0; c < n; c++) {
        NetReal x0 = x[c], x1 = x[xs + c], x2 = x[2 * xs + c], x3 = x[3 * xs + c];
        NetReal even = x0 + x2, odd = x1 + x3;
        NetReal even2 = x0 + 4 * x2, odd2 = 2 * x1 + 8 * x3;
        y[c] = x0;
        y[ys + c] = even + odd;
        y[2 * ys + c] = even - odd;
        y[3 * ys + c] = even2 + odd2;
        y[4 * ys + c] = even2 - odd2;
        y[5 * ys + c] = x3;
    }
}

// Copies a size x size window whose first cell is (top, left) into [size, size, C], zero outside.
static void cut_window(const WinogradShape* shape, const NetReal* x, ptrdiff_t top, ptrdiff_t left,
                       ptrdiff_t size, NetReal* window) {
    size_t channels = shape->channels;
    for (ptrdiff_t y = top; y < top + size; y++) {
        for (ptrdiff_t at = left; at < left + size; at++, window += channels) {
            if (y < 0 || y >= (ptrdiff_t)shape->height || at < 0 || at >= (ptrdiff_t)shape->width) {
                memset(window, 0, channels * sizeof *window);
            } else {
                memcpy(window, x + ((size_t)y * shape->width + (size_t)at) * channels,
                       channels * sizeof *window);
            }
        }
    }
}

static bool inside(const WinogradShape* shape, ptrdiff_t top, ptrdiff_t left, ptrdiff_t size) {
    return top >= 0 && left >= 0 && top + size <= (ptrdiff_t)shape->height &&
           left + size <= (ptrdiff_t)shape->width;
}

static void input(const WinogradShape* shape, const NetReal* x, NetReal* points, NetReal* room) {
    const size_t channels = shape->channels, plane = winograd_plane(shape->tiles, channels);
    NetReal *window = room + WINOGRAD_POINTS * channels, *to = points + shape->offset * channels;
    for (size_t ty = 0; ty < shape->height; ty += WINOGRAD_TILE) {
        for (size_t tx = 0; tx < shape->width; tx += WINOGRAD_TILE, to += channels) {
            ptrdiff_t top = (ptrdiff_t)ty - 1, left = (ptrdiff_t)tx - 1;
            const NetReal* from = window;
            size_t row = 6 * channels;
            if (inside(shape, top, left, 6)) {
                from = x + ((size_t)top * shape->width + (size_t)left) * channels;
                row = shape->width * channels;
            } else {
                cut_window(shape, x, top, left, 6, window);
            }
            for (size_t j = 0; j < 6; j++) {
                input6(channels, from + j * channels, row, room + j * channels, 6 * channels);
            }
            for (size_t i = 0; i < 6; i++) {
                input6(channels, room + 6 * i * channels, channels, to + 6 * i * plane, plane);
            }
        }
    }
}

static void finish_cells(size_t cells, size_t channels, const NetReal* bias, bool relu,
                         NetReal* y) {
    for (size_t cell = 0; cell < cells; cell++, y += channels) {
        for (size_t c = 0; bias && c < channels; c++) {
            y[c] += bias[c];
        }
        for (size_t c = 0; relu && c < channels; c++) {
            y[c] = y[c] > 0 || y[c] != y[c] ? y[c] : 0;
        }
    }
}

static void output(const WinogradShape* shape, const NetReal* points, const NetReal* bias,
                   bool relu, NetReal* y, NetReal* room) {
    const size_t channels = shape->channels, plane = winograd_plane(shape->tiles, channels);
    const NetReal* from = points + shape->offset * channels;
    NetReal* cells = room + WINOGRAD_POINTS * channels;
    for (size_t ty = 0; ty < shape->height; ty += WINOGRAD_TILE) {
        for (size_t tx = 0; tx < shape->width; tx += WINOGRAD_TILE, from += channels) {
            for (size_t j = 0; j < 6; j++) {
                output6(channels, from + j * plane, 6 * plane, room + j * channels, 6 * channels);
            }
            size_t rows = shape->height - ty < 4 ? shape->height - ty : 4;
            size_t columns = shape->width - tx < 4 ? shape->width - tx : 4;
            for (size_t i = 0; i < rows; i++) {
                NetReal* to = y + ((ty + i) * shape->width + tx) * channels;
                NetReal* four = columns == 4 ? to : cells;
                output6(channels, room + 6 * i * channels, channels, four, channels);
                finish_cells(columns, channels, bias, relu, four);
                if (four != to) {
                    memcpy(to, four, columns * channels * sizeof *to);
                }
            }
        }
    }
}

static void d_output(const WinogradShape* shape, const NetReal* d_y, NetReal* points,
                     NetReal* room) {
    const size_t channels = shape->channels, plane = winograd_plane(shape->tiles, channels);
    NetReal *window = room + WINOGRAD_POINTS * channels, *to = points + shape->offset * channels;
    for (size_t ty = 0; ty < shape->height; ty += WINOGRAD_TILE) {
        for (size_t tx = 0; tx < shape->width; tx += WINOGRAD_TILE, to += channels) {
            const NetReal* from = window;
            size_t row = 4 * channels;
            if (inside(shape, (ptrdiff_t)ty, (ptrdiff_t)tx, 4)) {
                from = d_y + (ty * shape->width + tx) * channels;
                row = shape->width * channels;
            } else {
                cut_window(shape, d_y, (ptrdiff_t)ty, (ptrdiff_t)tx, 4, window);
            }
            for (size_t j = 0; j < 4; j++) {
                d_output4(channels, from + j * channels, row, room + j * channels, 4 * channels);
            }
            for (size_t i = 0; i < 6; i++) {
                d_output4(channels, room + 4 * i * channels, channels, to + 6 * i * plane, plane);
            }
        }
    }
}

// y = G x: three vectors to six.
static void filter3(size_t n, const NetReal* restrict x0, const NetReal* restrict x1,
                    const NetReal* restrict x2, NetReal* restrict y, size_t ys) {
    for (size_t c = 0; c < n; c++) {
        NetReal ends = (x0[c] + x2[c]) * (NetReal)(-1.0 / 6);
        NetReal middle = x1[c] * (NetReal)(-1.0 / 6);
        NetReal ends2 = x0[c] * (NetReal)(1.0 / 24) + x2[c] * (NetReal)(1.0 / 6);
        NetReal middle2 = x1[c] * (NetReal)(1.0 / 12);
        y[c] = x0[c] * (NetReal)0.25;
        y[ys + c] = ends + middle;
        y[2 * ys + c] = ends - middle;
        y[3 * ys + c] = ends2 + middle2;
        y[4 * ys + c] = ends2 - middle2;
        y[5 * ys + c] = x2[c];
    }
}

// y = G^T x, or y +=: six vectors to three.
static void d_filter6(size_t n, const NetReal* restrict x, size_t xs, bool accumulate,
                      NetReal* restrict y, size_t ys) {
    for (size_t c = 0; c < n; c++) {
        NetReal sum = x[xs + c] + x[2 * xs + c], sum2 = x[3 * xs + c] + x[4 * xs + c];
        NetReal difference = x[xs + c] - x[2 * xs + c];
        NetReal difference2 = x[3 * xs + c] - x[4 * xs + c];
        NetReal sixth = sum * (NetReal)(1.0 / 6);
        NetReal y0 = x[c] * (NetReal)0.25 - sixth + sum2 * (NetReal)(1.0 / 24);
        NetReal y1 = difference2 * (NetReal)(1.0 / 12) - difference * (NetReal)(1.0 / 6);
        NetReal y2 = sum2 * (NetReal)(1.0 / 6) - sixth + x[5 * xs + c];
        y[c] = accumulate ? y[c] + y0 : y0;
        y[ys + c] = accumulate ? y[ys + c] + y1 : y1;
        y[2 * ys + c] = accumulate ? y[2 * ys + c] + y2 : y2;
    }
}

static void filter(size_t channels, const NetReal* filters, bool turned, NetReal* points,
                   size_t plane, NetReal* room) {
    for (size_t k = 0; k < 3; k++) { // columns
        const NetReal* cell[3];
        for (size_t j = 0; j < 3; j++) {
            cell[j] = filters + (turned ? 8 - (3 * j + k) : 3 * j + k) * channels;
        }
        filter3(channels, cell[0], cell[1], cell[2], room + k * channels, 3 * channels);
    }
    for (size_t i = 0; i < 6; i++) {
        const NetReal* row = room + 3 * i * channels;
        filter3(channels, row, row + channels, row + 2 * channels, points + 6 * i * plane, plane);
    }
}

static void d_filter(size_t channels, const NetReal* d_points, size_t plane, NetReal* d_filters,
                     NetReal* room) {
    for (size_t j = 0; j < 6; j++) {
        d_filter6(channels, d_points + j * plane, 6 * plane, false, room + j * channels,
                  6 * channels);
    }
    for (size_t k = 0; k < 3; k++) {
        d_filter6(channels, room + 6 * k * channels, channels, true, d_filters + 3 * k * channels,
                  channels);
    }
}

extern const NetWinograd JOIN(net_winograd_, KERNELS);
const NetWinograd JOIN(net_winograd_, KERNELS) = {input, output, d_output, filter, d_filter};
