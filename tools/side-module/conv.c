#include "tile.h"

// Where the window of an output pixel begins.
INLINE int place(int pixel, int outWidth, int stepRow, int stepColumn) {
  return pixel / outWidth * stepRow + pixel % outWidth * stepColumn;
}

// y = x * filter + bias, NHWC, dilation 1, and nothing below 0 with `relu`. `panels` has room for the filter with its
// channels rounded up to fours, `padded` for one image of paddedHeight × paddedWidth, the rows and columns that windows see
// at least; it is not used where the image is as large already.
KERNEL(conv)(const float *x, const float *filter, const float *bias, float *y, float *panels,
             float *padded, int batch, int inHeight, int inWidth, int inChannels, int outHeight,
             int outWidth, int outChannels, int filterHeight, int filterWidth, int strideHeight,
             int strideWidth, int top, int left, int paddedHeight, int paddedWidth, int relu) {
  const int taps = filterHeight * filterWidth * inChannels;
  const int row = paddedWidth * inChannels;
  const int pixels = outHeight * outWidth;
  // A row of a filter and what it sees of an image are both in one piece.
  const Sum sum = {filterHeight, row, filterWidth * inChannels, 1};
  FOR_STRIPES(outChannels, pack(vectors, lanes, filter + j, taps, outChannels, panels + j * taps);)
  const int isPadded = paddedHeight != inHeight || paddedWidth != inWidth;
  if (isPadded) __builtin_memset(padded, 0, (unsigned)(paddedHeight * row) * sizeof(float));
  for (int n = 0; n < batch; n++) {
    const float *image = x + n * inHeight * inWidth * inChannels;
    if (isPadded) {
      for (int r = 0; r < inHeight; r++)
        __builtin_memcpy(padded + (r + top) * row + left * inChannels,
                         image + r * inWidth * inChannels,
                         (unsigned)(inWidth * inChannels) * sizeof(float));
      image = padded;
    }
    float *to = y + n * pixels * outChannels;
#define PLACE(I) place(q + I, outWidth, strideHeight *row, strideWidth *inChannels)
    FOR_STRIPES(outChannels, {
      const float *start = bias ? bias + j : 0;
      int q = 0;
      for (; q + 4 <= pixels; q += 4)
        tile(4, vectors, lanes, image, PLACE(0), PLACE(1), PLACE(2), PLACE(3), sum,
             panels + j * taps, start, 0, to + q * outChannels + j, outChannels, relu);
      for (; q < pixels; q++)
        tile(1, vectors, lanes, image, PLACE(0), 0, 0, 0, sum, panels + j * taps, start, 0,
             to + q * outChannels + j, outChannels, relu);
    })
  }
}
