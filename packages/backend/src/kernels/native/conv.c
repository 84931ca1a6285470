#include "conv.h"

#include <stdlib.h>
#include <string.h>

#include "parts.h"
#include "tile.h"

typedef struct {
  Convolution conv;
  Filter filter;
  /** The filter, panel of out channels by panel, each with its last columns filled up with zeros.
   */
  float *packed;
  int64_t panel, panels, rows_of_part, parts_of_image;
  _Atomic bool failed;
} Work;

void copy_window(const float *image, int64_t rows, int64_t columns, int64_t channels, int64_t top,
                 int64_t left, float *window, int64_t window_rows, int64_t window_columns) {
  const int64_t first = left < 0 ? (-left < window_columns ? -left : window_columns) : 0;
  const int64_t there = columns - (left < 0 ? 0 : left);
  int64_t count = there < window_columns - first ? there : window_columns - first;
  if (count < 0) count = 0;
  const int64_t rest = window_columns - first - count;
  for (int64_t row = 0; row < window_rows; row++, window += window_columns * channels) {
    const int64_t from = top + row;
    if (from < 0 || from >= rows) {
      memset(window, 0, (size_t)(window_columns * channels) * sizeof(float));
      continue;
    }
    memset(window, 0, (size_t)(first * channels) * sizeof(float));
    memcpy(window + first * channels, image + (from * columns + (left < 0 ? 0 : left)) * channels,
           (size_t)(count * channels) * sizeof(float));
    memset(window + (first + count) * channels, 0, (size_t)(rest * channels) * sizeof(float));
  }
}

static void pack(void *argument, int64_t from, int64_t to) {
  const Work *w = argument;
  const Convolution *c = &w->conv;
  const Filter f = w->filter;
  const int64_t depth = c->filter_rows * c->filter_columns * c->in_channels;
  for (int64_t p = from; p < to; p++) {
    const int64_t first = p * w->panel;
    const int64_t width = c->out_channels - first < w->panel ? c->out_channels - first : w->panel;
    float *to_row = w->packed + p * depth * w->panel;
    for (int64_t row = 0; row < c->filter_rows; row++)
      for (int64_t column = 0; column < c->filter_columns; column++)
        for (int64_t i = 0; i < c->in_channels; i++, to_row += w->panel) {
          const float *number =
              f.data + row * f.row + column * f.column + i * f.in_channel + first * f.out_channel;
          for (int64_t o = 0; o < width; o++) to_row[o] = number[o * f.out_channel];
          for (int64_t o = width; o < w->panel; o++) to_row[o] = 0;
        }
  }
}

/** Rows of images: a part is some rows of one. */
INLINE void convolve_parts(Work *w, int64_t from, int64_t to, const int rows, const int vectors) {
  const Convolution *c = &w->conv;
  const int64_t columns = (c->out_columns - 1) * c->stride_columns + c->filter_columns;
  const int64_t most = (w->rows_of_part - 1) * c->stride_rows + c->filter_rows;
  const int64_t depth = c->filter_columns * c->in_channels;
  float *window =
      malloc((size_t)(most * columns * c->in_channels + c->out_columns * w->panel) * sizeof(float));
  if (window == NULL) {
    w->failed = true;
    return;
  }
  float *edge = window + most * columns * c->in_channels;
  Steps s = {.a_row = c->stride_columns * c->in_channels,
             .a_inner = 1,
             .a_outer = columns * c->in_channels,
             .b_inner = w->panel,
             .b_outer = depth * w->panel,
             .inner = depth,
             .outer = c->filter_rows};
  for (int64_t part = from; part < to; part++) {
    const int64_t image = part / w->parts_of_image,
                  first = part % w->parts_of_image * w->rows_of_part;
    const int64_t here =
        c->out_rows - first < w->rows_of_part ? c->out_rows - first : w->rows_of_part;
    copy_window(c->in + image * c->in_rows * c->in_columns * c->in_channels, c->in_rows,
                c->in_columns, c->in_channels, first * c->stride_rows - c->pad_top, -c->pad_left,
                window, (here - 1) * c->stride_rows + c->filter_rows, columns);
    for (int64_t p = 0; p < w->panels; p++) {
      const float *b = w->packed + p * depth * c->filter_rows * w->panel;
      const int64_t channel = p * w->panel;
      const int64_t width =
          c->out_channels - channel < w->panel ? c->out_channels - channel : w->panel;
      for (int64_t row = 0; row < here; row++) {
        const float *a = window + row * c->stride_rows * columns * c->in_channels;
        float *out = c->out + image * c->out_image + (first + row) * c->out_row + channel;
        s.c_row = width == w->panel ? c->out_pixel : w->panel;
        tiles(&s, a, b, width == w->panel ? out : edge, c->out_columns, (Finish){0}, rows, vectors);
        if (width < w->panel)
          for (int64_t i = 0; i < c->out_columns; i++)
            memcpy(out + i * c->out_pixel, edge + i * w->panel, (size_t)width * sizeof(float));
      }
    }
  }
  free(window);
}

TILING(tiling_for, convolve_parts)

bool convolve(const Convolution *c, Filter filter) {
  if (c->images == 0 || c->out_rows <= 0 || c->out_columns <= 0 || c->out_channels == 0)
    return true;
  const Tiling tiling = tiling_for(c->out_channels);
  Work w = {.conv = *c, .filter = filter, .panel = tiling.columns};
  w.panels = parts_of(c->out_channels, w.panel);
  const int64_t depth = c->filter_rows * c->filter_columns * c->in_channels;
  w.packed = malloc((size_t)(w.panels * depth * w.panel) * sizeof(float) + 1);
  if (w.packed == NULL) return false;
  in_parts(w.panels, 1 + GRAIN / (depth * w.panel + 1), pack, &w);
  const int64_t flops_of_row = 2 * depth * c->out_columns * w.panels * w.panel + 1;
  w.rows_of_part = parts_of(FLOPS_OF_PART, flops_of_row);
  if (w.rows_of_part > c->out_rows) w.rows_of_part = c->out_rows;
  w.parts_of_image = parts_of(c->out_rows, w.rows_of_part);
  const int64_t grain = parts_of(FLOPS_OF_PART, flops_of_row * w.rows_of_part);
  in_parts(c->images * w.parts_of_image, grain, tiling.part, &w);
  free(w.packed);
  return !w.failed;
}
