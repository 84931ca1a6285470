// The gradient of a convolution's filter: products of windows of the input with the gradient of the
// result, summed over images and pixels.
#include <string.h>

#include "conv.h"
#include "ops.h"
#include "tile.h"

/** Blocks to have at least, where the filter is large enough. */
enum { MANY = 16 };

typedef struct {
  /** Of all images: windows of the input; gradients of the result, panel by panel, filled up with
   * zeros. */
  float *x, *dy;
  const float *from_x, *from_dy;
  float *gradient;
  int64_t images, in_rows, in_columns, in_channels, out_rows, out_columns, out_channels;
  int64_t filter_rows, filter_columns, stride_rows, stride_columns, pad_top, pad_left;
  int64_t window_rows, window_columns;
  int64_t panel, panels;
  /** Of one row of the filter: numbers side by side, in groups of so many. */
  int64_t group, groups;
  int64_t groups_of_block, panels_of_block;
} Work;

static int64_t blocks_of(const Work *w) {
  return w->filter_rows * parts_of(w->groups, w->groups_of_block) *
         parts_of(w->panels, w->panels_of_block);
}

static void prepare(void *argument, int64_t from, int64_t to) {
  const Work *w = argument;
  const int64_t pixels = w->out_rows * w->out_columns;
  for (int64_t image = from; image < to; image++) {
    if (w->x != w->from_x)
      copy_window(w->from_x + image * w->in_rows * w->in_columns * w->in_channels, w->in_rows,
                  w->in_columns, w->in_channels, -w->pad_top, -w->pad_left,
                  w->x + image * w->window_rows * w->window_columns * w->in_channels,
                  w->window_rows, w->window_columns);
    if (w->dy == w->from_dy) continue;
    for (int64_t p = 0; p < w->panels; p++) {
      const int64_t first = p * w->panel, rest = w->out_channels - first;
      const size_t width = (size_t)(rest < w->panel ? rest : w->panel) * sizeof(float);
      const float *from_row = w->from_dy + image * pixels * w->out_channels + first;
      float *to_row = w->dy + (image * w->panels + p) * pixels * w->panel;
      for (int64_t i = 0; i < pixels; i++, from_row += w->out_channels, to_row += w->panel) {
        memcpy(to_row, from_row, width);
        memset((char *)to_row + width, 0, (size_t)w->panel * sizeof(float) - width);
      }
    }
  }
}

/** Of one row of the filter, a part is a block of groups and panels, small enough for an image's
 * share to stay near. */
INLINE void sum_parts(Work *w, int64_t from, int64_t to, const int rows, const int vectors) {
  const int64_t padded = w->panels * w->panel, side = w->filter_columns * w->in_channels;
  const int64_t across = parts_of(w->panels, w->panels_of_block);
  const int64_t down = parts_of(w->groups, w->groups_of_block);
  const Steps s = {.a_row = 1,
                   .a_inner = w->stride_columns * w->in_channels,
                   .a_outer = w->stride_rows * w->window_columns * w->in_channels,
                   .b_inner = w->panel,
                   .b_outer = w->out_columns * w->panel,
                   .c_row = padded,
                   .inner = w->out_columns,
                   .outer = w->out_rows};
  for (int64_t part = from; part < to; part++) {
    const int64_t row = part / across / down;
    const int64_t panel = part % across * w->panels_of_block;
    const int64_t last =
        panel + w->panels_of_block < w->panels ? panel + w->panels_of_block : w->panels;
    const int64_t first = part / across % down * w->groups_of_block * w->group;
    const int64_t most = w->groups_of_block * w->group;
    const int64_t count = side - first < most ? side - first : most;
    for (int64_t image = 0; image < w->images; image++)
      for (int64_t p = panel; p < last; p++)
        tiles(&s,
              w->x + (image * w->window_rows + row) * w->window_columns * w->in_channels + first,
              w->dy + (image * w->panels + p) * w->out_rows * w->out_columns * w->panel,
              w->gradient + (row * side + first) * padded + p * w->panel, count,
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
  const bool is_whole = padded == w->out_channels, is_there = is_whole && w->panels == 1;
  const bool is_image = w->pad_top == 0 && w->pad_left == 0 && w->window_rows == w->in_rows &&
                        w->window_columns == w->in_columns;
  const int64_t windows =
      is_image ? 0 : w->images * w->window_rows * w->window_columns * w->in_channels;
  const int64_t gradients = is_there ? 0 : pixels * padded;
  float *scratch =
      room(call, windows + gradients + (is_whole ? 0 : w->filter_rows * side * padded) + 1);
  if (scratch == NULL) return false;
  w->x = is_image ? (float *)w->from_x : scratch;
  w->dy = is_there ? (float *)w->from_dy : scratch + windows;
  w->gradient = is_whole ? gradient : scratch + windows + gradients;
  in_parts(w->images, 1 + (GRAIN >> 1) / (windows / w->images + 1), prepare, w);
  w->groups = parts_of(side, w->group);
  // As wide as high, so that most is computed of what is read; less where there would be too few
  // blocks for all threads.
  w->groups_of_block = 64 / w->group;
  w->panels_of_block = 64 / w->panel;
  while (w->groups_of_block > 1 && blocks_of(w) < MANY) {
    w->groups_of_block = parts_of(w->groups_of_block, 2);
    if (blocks_of(w) < MANY) w->panels_of_block = parts_of(w->panels_of_block, 2);
  }
  const int64_t flops = 2 * pixels * w->group * w->groups_of_block * w->panel * w->panels_of_block;
  in_parts(blocks_of(w), parts_of(FLOPS_OF_PART, flops + 1), tiling.part, w);
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
    if (is_well(&call)) {
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
