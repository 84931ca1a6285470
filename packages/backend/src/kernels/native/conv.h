// A convolution over images, channels last: what the forward pass and the gradient of its input
// have in common.
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  const float *in;
  int64_t images, in_rows, in_columns, in_channels;
  int64_t filter_rows, filter_columns, stride_rows, stride_columns;
  /** Rows and columns of zeros before the image; below 0, so many of the image are passed over. */
  int64_t pad_top, pad_left;
  float *out;
  int64_t out_rows, out_columns, out_channels;
  /** Between two images, rows and pixels of the result. */
  int64_t out_image, out_row, out_pixel;
} Convolution;

/** Where the filter's numbers lie: in channels `i`, out channels `o` of a row and column of the
 * filter. */
typedef struct {
  const float *data;
  int64_t row, column, in_channel, out_channel;
} Filter;

/** False where there is no memory left. */
bool convolve(const Convolution *convolution, Filter filter);

/** Copies a window of an image that may go beyond its edges, where there are zeros. */
void copy_window(const float *image, int64_t rows, int64_t columns, int64_t channels, int64_t top,
                 int64_t left, float *window, int64_t window_rows, int64_t window_columns);
