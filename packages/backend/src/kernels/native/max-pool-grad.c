// The gradient of a maximum over windows of images, channels last: all of it goes to the first of
// the greatest numbers.
#include <math.h>
#include <string.h>

#include "ops.h"

typedef struct {
  const float *x, *dy;
  float *dx;
  int64_t rows, columns, channels, out_rows, out_columns;
  int64_t window_rows, window_columns, stride_rows, stride_columns, pad_top, pad_left;
} Pool;

/** Where a window lies in the image: its pixels from the first, and how many there are. */
typedef struct {
  int64_t first, rows, columns;
} Window;

INLINE Window window_at(const Pool *p, int64_t row, int64_t column) {
  int64_t top = row * p->stride_rows - p->pad_top, left = column * p->stride_columns - p->pad_left;
  int64_t bottom = top + p->window_rows, right = left + p->window_columns;
  if (top < 0) top = 0;
  if (left < 0) left = 0;
  if (bottom > p->rows) bottom = p->rows;
  if (right > p->columns) right = p->columns;
  return (Window){top * p->columns + left, bottom - top, right - left};
}

WIDE static void pool_images(void *argument, int64_t from, int64_t to) {
  const Pool *p = argument;
  const int64_t C = p->channels, size = p->rows * p->columns * C;
  for (int64_t image = from; image < to; image++) {
    const float *x = p->x + image * size;
    float *dx = p->dx + image * size;
    memset(dx, 0, (size_t)size * sizeof(float));
    const float *dy = p->dy + image * p->out_rows * p->out_columns * C;
    for (int64_t row = 0; row < p->out_rows; row++)
      for (int64_t column = 0; column < p->out_columns; column++, dy += C) {
        const Window w = window_at(p, row, column);
        if (w.rows <= 0 || w.columns <= 0) continue;
        int64_t c = 0;
        for (; c + LANES <= C; c += LANES) {
          const float *numbers = x + w.first * C + c;
          // NaN is never more.
          Lanes most = (Lanes){0} - INFINITY;
          Mask where = {0};
          for (int64_t i = 0; i < w.rows; i++)
            for (int64_t j = 0; j < w.columns; j++) {
              const int64_t at = i * p->columns + j;
              const Lanes number = *(const Lanes *)(numbers + at * C);
              const Mask is_more = number > most;
              most = (Lanes)(((Mask)number & is_more) | ((Mask)most & ~is_more));
              where = (is_more & (Mask)((Mask){0} + (int32_t)at)) | (where & ~is_more);
            }
          const Mask passed = *(const Mask *)(dy + c);
          float *gradients = dx + w.first * C + c;
          for (int64_t i = 0; i < w.rows; i++)
            for (int64_t j = 0; j < w.columns; j++) {
              const int64_t at = i * p->columns + j;
              *(Lanes *)(gradients + at * C) += (Lanes)(passed & (where == (int32_t)at));
            }
        }
        for (; c < C; c++) {
          float most = -INFINITY;
          int64_t where = w.first;
          for (int64_t i = 0; i < w.rows; i++)
            for (int64_t j = 0; j < w.columns; j++) {
              const int64_t at = w.first + i * p->columns + j;
              if (!(x[at * C + c] > most)) continue;
              most = x[at * C + c];
              where = at;
            }
          dx[where * C + c] += dy[c];
        }
      }
  }
}

void max_pool_grad(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  Call call = begin(context);
  const Input x = input(&call, 0), dy = input(&call, 1), geometry = input(&call, 2);
  const bool fits = x.rank == 4 && dy.rank == 4 && x.dims[0] == dy.dims[0] &&
                    x.dims[3] == dy.dims[3] && geometry.size == 6;
  if (holds(&call, fits, SIZES)) {
    const int32_t *g = geometry.data;
    const Pool p = {.x = floats(&x),
                    .dy = floats(&dy),
                    .dx = output_like(&call, 0, &x),
                    .rows = x.dims[1],
                    .columns = x.dims[2],
                    .channels = x.dims[3],
                    .out_rows = dy.dims[1],
                    .out_columns = dy.dims[2],
                    .stride_rows = g[0],
                    .stride_columns = g[1],
                    .pad_top = g[2],
                    .pad_left = g[3],
                    .window_rows = g[4],
                    .window_columns = g[5]};
    if (is_well(&call) && x.size > 0)
      in_parts(x.dims[0], 1 + GRAIN / (x.size / x.dims[0]), pool_images, (void *)&p);
  }
  end(&call);
}
