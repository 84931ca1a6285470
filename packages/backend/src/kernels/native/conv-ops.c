// Convolution of images, channels last, and the gradients of its input and of its filter.
#include "conv.h"
#include "ops.h"

/** Strides and zeros before the image, and what comes out, of rows and of columns. */
typedef struct {
  int64_t strides[2], pads[2], out[2];
} Geometry;

static Geometry geometry_of(const Input *numbers) {
  const int32_t *n = numbers->data;
  return (Geometry){{n[0], n[1]}, {n[2], n[3]}, {n[4], n[5]}};
}

void conv(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  Call call = begin(context);
  const Input x = input(&call, 0), filter = input(&call, 1), geometry = input(&call, 2);
  const bool fits =
      x.rank == 4 && filter.rank == 4 && x.dims[3] == filter.dims[2] && geometry.size == 6;
  if (holds(&call, fits, SIZES)) {
    const Geometry g = geometry_of(&geometry);
    const int64_t O = filter.dims[3], I = filter.dims[2], rows = g.out[0], columns = g.out[1];
    float *y = output(&call, 0, (int64_t[]){x.dims[0], rows, columns, O}, 4);
    if (is_well(&call)) {
      const Convolution c = {.in = floats(&x),
                             .images = x.dims[0],
                             .in_rows = x.dims[1],
                             .in_columns = x.dims[2],
                             .in_channels = I,
                             .filter_rows = filter.dims[0],
                             .filter_columns = filter.dims[1],
                             .stride_rows = g.strides[0],
                             .stride_columns = g.strides[1],
                             .pad_top = g.pads[0],
                             .pad_left = g.pads[1],
                             .out = y,
                             .out_rows = rows,
                             .out_columns = columns,
                             .out_channels = O,
                             .out_image = rows * columns * O,
                             .out_row = columns * O,
                             .out_pixel = O};
      const Filter f = {floats(&filter), filter.dims[1] * I * O, I * O, O, 1};
      has_memory(&call, convolve(&c, f));
    }
  }
  end(&call);
}

static int64_t modulo(int64_t a, int64_t b) { return (a % b + b) % b; }

/** Along rows or columns: those of the input that read the same taps of the filter. */
typedef struct {
  /** The first of them, every stride-th is one; the first tap and how many there are, every
   * stride-th again. */
  int64_t first, count, tap, taps, pad;
} Class;

static Class class_of(int64_t residue, int64_t size, int64_t filter, int64_t stride, int64_t pad) {
  Class c = {.first = modulo(residue - pad, stride), .tap = residue};
  c.count = c.first < size ? (size - c.first + stride - 1) / stride : 0;
  c.taps = residue < filter ? (filter - residue + stride - 1) / stride : 0;
  c.pad = c.taps - 1 - (c.first + pad - residue) / stride;
  return c;
}

void conv_input_grad(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  Call call = begin(context);
  const Input dy = input(&call, 0), filter = input(&call, 1), geometry = input(&call, 2);
  const bool fits =
      dy.rank == 4 && filter.rank == 4 && dy.dims[3] == filter.dims[3] && geometry.size == 6;
  if (holds(&call, fits, SIZES)) {
    const Geometry g = geometry_of(&geometry);
    const int64_t O = filter.dims[3], I = filter.dims[2], rows = g.out[0], columns = g.out[1];
    float *dx = output(&call, 0, (int64_t[]){dy.dims[0], rows, columns, I}, 4);
    if (is_well(&call))
      // Pixels of the input whose distances to the strides are the same have a convolution of their
      // own.
      for (int64_t r = 0; r < g.strides[0]; r++)
        for (int64_t q = 0; q < g.strides[1]; q++) {
          const Class v = class_of(r, rows, filter.dims[0], g.strides[0], g.pads[0]);
          const Class h = class_of(q, columns, filter.dims[1], g.strides[1], g.pads[1]);
          const Convolution c = {.in = floats(&dy),
                                 .images = dy.dims[0],
                                 .in_rows = dy.dims[1],
                                 .in_columns = dy.dims[2],
                                 .in_channels = O,
                                 .filter_rows = h.taps == 0 ? 0 : v.taps,
                                 .filter_columns = v.taps == 0 ? 0 : h.taps,
                                 .stride_rows = 1,
                                 .stride_columns = 1,
                                 .pad_top = v.pad,
                                 .pad_left = h.pad,
                                 .out = dx + (v.first * columns + h.first) * I,
                                 .out_rows = v.count,
                                 .out_columns = h.count,
                                 .out_channels = I,
                                 .out_image = rows * columns * I,
                                 .out_row = g.strides[0] * columns * I,
                                 .out_pixel = g.strides[1] * I};
          // Backwards from the last tap.
          const int64_t row = filter.dims[1] * I * O, column = I * O;
          const Filter f = {floats(&filter) + (v.tap + (v.taps - 1) * g.strides[0]) * row +
                                (h.tap + (h.taps - 1) * g.strides[1]) * column,
                            -g.strides[0] * row, -g.strides[1] * column, 1, O};
          if (!has_memory(&call, convolve(&c, f))) return end(&call);
        }
  }
  end(&call);
}
