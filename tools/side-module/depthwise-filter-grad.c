#include "filter-tile.h"

// Sums x[c] · dy[c] over the output pixels that one tap sees in one image, for up to 8 channels.
INLINE void products(const int vectors, const int lanes, const float *x, const float *dy, float *dw,
                     Range rows, Range columns, int strideX, int rowX, int strideDy, int rowDy) {
  f4 sums[2];
  for (int v = 0; v < vectors; v++) sums[v] = splat(0);
  for (int r = rows.from; r < rows.to; r++) {
    const float *xAt = x + r * rowX + columns.from * strideX;
    const float *dyAt = dy + r * rowDy + columns.from * strideDy;
    for (int c = columns.from; c < columns.to; c++) {
      for (int v = 0; v < vectors; v++)
        sums[v] = add(sums[v], mul(loadLanes(xAt + 4 * v, lanes), loadLanes(dyAt + 4 * v, lanes)));
      xAt += strideX;
      dyAt += strideDy;
    }
  }
  for (int v = 0; v < vectors; v++)
    storeLanes(dw + 4 * v, add(loadLanes(dw + 4 * v, lanes), sums[v]), lanes);
}

// NHWC; `dw` [filterHeight, filterWidth, channels, multiplier]. One image after the other, as for plain convolutions.
KERNEL(depthwiseFilterGrad)(const float *x, const float *dy, float *dw, int batch, int inHeight,
                            int inWidth, int channels, int outHeight, int outWidth, int multiplier,
                            int filterHeight, int filterWidth, int strideHeight, int strideWidth,
                            int dilationHeight, int dilationWidth, int top, int left) {
  const int outChannels = channels * multiplier;
  for (int i = 0; i < filterHeight * filterWidth * outChannels; i++) dw[i] = 0;
  const int strideX = strideWidth * channels;
  const int rowX = strideHeight * inWidth * channels;
  const int rowDy = outWidth * outChannels;
  for (int n = 0; n < batch; n++) {
    const float *image = x + n * inHeight * inWidth * channels;
    const float *dyImage = dy + n * outHeight * rowDy;
    for (int i = 0; i < filterHeight; i++) {
      const int down = i * dilationHeight - top;
      const Range rows = seen(down, strideHeight, inHeight, outHeight);
      for (int j = 0; j < filterWidth; j++) {
        const int right = j * dilationWidth - left;
        const Range columns = seen(right, strideWidth, inWidth, outWidth);
        const float *tapX = image + (down * inWidth + right) * channels;
        float *tap = dw + (i * filterWidth + j) * outChannels;
#define PRODUCTS(VECTORS, LANES)                                                                   \
  products(VECTORS, LANES, tapX + c, dyImage + c, tap + c, rows, columns, strideX, rowX,           \
           outChannels, rowDy)
#define TILE(VECTORS, LANES)                                                                       \
  tile(1, VECTORS, LANES, tapX + c, dyImage + c * multiplier + m, tap + c * multiplier + m, rows,  \
       columns, strideX, rowX, outChannels, rowDy, 0)
        int c = 0;
        if (multiplier == 1) {
          for (; c + 8 <= channels; c += 8) PRODUCTS(2, 4);
          for (; c + 4 <= channels; c += 4) PRODUCTS(1, 4);
          if (c < channels) PRODUCTS(1, channels - c);
        } else {
          for (; c < channels; c++) {
            int m = 0;
            for (; m + 4 <= multiplier; m += 4) TILE(1, 4);
            if (m < multiplier) TILE(1, multiplier - m);
          }
        }
      }
    }
  }
}
