// The gradient of a convolution's filter: products of windows of the input with the gradient of the
// result, summed over images and pixels.
#include <string.h>

#include "conv.h"
#include "ops.h"
#include "tile.h"

/** Numbers of the filter's gradient are computed in parts of so much work: all images are read for
 * each. */
enum { FLOPS_OF_PART = 1 << 25 };

typedef struct {
  /** Of all images: windows of the input and gradients of the result, filled up with zeros. */
  float *x, *dy;
  const float *from_x, *from_dy;
  float *gradient;
  int64_t images, in_rows, in_columns, in_channels, out_rows, out_columns, out_channels;
  int64_t filter_rows, filter_columns, stride_rows, stride_columns, pad_top, pad_left;
  int64_t window_rows, window_columns;
  int64_t panel, panels;
  /** Of one row of the filter: numbers side by side, in groups of so many. */
  int64_t group, groups;
} Work;

static void prepare(void *argument, int64_t from, int64_t to) {
  const Work *w = argument;
  const int64_t pixels = w->out_rows * w->out_columns, padded = w->panels * w->panel;
  for (int64_t image = from; image < to; image++) {
    copy_window(w->from_x + image * w->in_rows * w->in_columns * w->in_channels, w->in_rows,
                w->in_columns, w->in_channels, -w->pad_top, -w->pad_left,
                w->x + image * w->window_rows * w->window_columns * w->in_channels, w->window_rows,
                w->window_columns);
    if (w->dy == w->from_dy) continue;
    for (int64_t i = image * pixels; i < (image + 1) * pixels; i++) {
      memcpy(w->dy + i * padded, w->from_dy + i * w->out_channels,
             (size_t)w->out_channels * sizeof(float));
      memset(w->dy + i * padded + w->out_channels, 0,
             (size_t)(padded - w->out_channels) * sizeof(float));
    }
  }
}

/** A part is a group of numbers of one row of the filter, for one panel of out channels. */
INLINE void sum_parts(Work *w, int64_t from, int64_t to, const int rows, const int vectors) {
  const int64_t padded = w->panels * w->panel, side = w->filter_columns * w->in_channels;
  const Steps s = {.a_row = 1,
                   .a_inner = w->stride_columns * w->in_channels,
                   .a_outer = w->stride_rows * w->window_columns * w->in_channels,
                   .b_inner = padded,
                   .b_outer = w->out_columns * padded,
                   .c_row = padded,
                   .inner = w->out_columns,
                   .outer = w->out_rows};
  for (int64_t image = 0; image < w->images; image++)
    for (int64_t part = from; part < to; part++) {
      const int64_t panel = part % w->panels, row = part / w->panels / w->groups;
      const int64_t first = part / w->panels % w->groups * w->group;
      const int64_t count = side - first < w->group ? side - first : w->group;
      tiles(&s, w->x + (image * w->window_rows + row) * w->window_columns * w->in_channels + first,
            w->dy + image * w->out_rows * w->out_columns * padded + panel * w->panel,
            w->gradient + (row * side + first) * padded + panel * w->panel, count,
            (Finish){.goes_on = image > 0}, rows, vectors);
    }
}

TILING(tiling_for, sum_parts)

static bool sum_up(Work *w, Call *call, float *gradient) {
  const Tiling tiling = tiling_for(w->out_channels);
  w->panel = tiling.columns;
  w->group = tiling.rows;
  w->panels = parts_of(w->out_channels, w->panel);
  const int64_t side = w->filter_columns * w->in_channels, padded = w->panels * w->panel;
  const int64_t pixels = w->images * w->out_rows * w->out_columns;
  const bool is_whole = padded == w->out_channels;
  const int64_t windows = w->images * w->window_rows * w->window_columns * w->in_channels;
  float *scratch =
      room(call, windows + (is_whole ? 0 : (pixels + w->filter_rows * side) * padded) + 1);
  if (scratch == NULL) return false;
  w->x = scratch;
  w->dy = is_whole ? (float *)w->from_dy : scratch + windows;
  w->gradient = is_whole ? gradient : w->dy + pixels * padded;
  in_parts(w->images, 1 + (GRAIN >> 1) / (windows / w->images + 1), prepare, w);
  w->groups = parts_of(side, w->group);
  const int64_t flops_of_part = 2 * pixels * w->group * w->panel;
  in_parts(w->filter_rows * w->groups * w->panels, parts_of(FLOPS_OF_PART, flops_of_part + 1),
           tiling.part, w);
  if (!is_whole)
    for (int64_t row = 0; row < w->filter_rows * side; row++)
      memcpy(gradient + row * w->out_channels, w->gradient + row * padded,
             (size_t)w->out_channels * sizeof(float));
  free(scratch);
  return true;
}

void conv_filter_grad(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  Call call = begin(context);
  const Input x = input(&call, 0), dy = input(&call, 1), geometry = input(&call, 2);
  const bool fits = x.rank == 4 && dy.rank == 4 && x.dims[0] == dy.dims[0] && geometry.size == 6;
  if (holds(&call, fits, SIZES)) {
    const int32_t *g = geometry.data;
    float *gradient = output(&call, 0, (int64_t[]){g[4], g[5], x.dims[3], dy.dims[3]}, 4);
    Work w = {.from_x = floats(&x),
              .from_dy = floats(&dy),
              .images = x.dims[0],
              .in_rows = x.dims[1],
              .in_columns = x.dims[2],
              .in_channels = x.dims[3],
              .out_rows = dy.dims[1],
              .out_columns = dy.dims[2],
              .out_channels = dy.dims[3],
              .filter_rows = g[4],
              .filter_columns = g[5],
              .stride_rows = g[0],
              .stride_columns = g[1],
              .pad_top = g[2],
              .pad_left = g[3]};
    w.window_rows = (w.out_rows - 1) * w.stride_rows + w.filter_rows;
    w.window_columns = (w.out_columns - 1) * w.stride_columns + w.filter_columns;
    if (holds(&call, true, "")) {
      if (x.size == 0 || dy.size == 0)
        memset(gradient, 0,
               (size_t)(w.filter_rows * w.filter_columns * w.in_channels * w.out_channels) *
                   sizeof(float));
      else
        sum_up(&w, &call, gradient);
    }
  }
  end(&call);
}
