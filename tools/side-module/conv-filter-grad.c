#include "filter-tile.h"

// NHWC, dilation 1; `dw` [filterHeight, filterWidth, inChannels, outChannels]. One image after the other, so that its
// pixels stay in the cache for all taps and channels, and no float32 sum gets long. Computes the blocks of four input
// channels from `from` on to before `to`, counted through all taps, so that threads can share the work.
KERNEL(convFilterGrad)(const float *x, const float *dy, float *dw, int batch, int inHeight,
                       int inWidth, int inChannels, int outHeight, int outWidth, int outChannels,
                       int filterWidth, int strideHeight, int strideWidth, int top, int left,
                       int from, int to) {
  const int blocks = (inChannels + 3) / 4;
  const int strideX = strideWidth * inChannels;
  const int rowX = strideHeight * inWidth * inChannels;
  const int rowDy = outWidth * outChannels;
  for (int n = 0; n < batch; n++) {
    const float *image = x + n * inHeight * inWidth * inChannels;
    const float *dyImage = dy + n * outHeight * rowDy;
    for (int block = from; block < to; block++) {
      const int tap = block / blocks;
      const int ci = block % blocks * 4;
      const int inputs = inChannels - ci < 4 ? inChannels - ci : 4;
      const int down = tap / filterWidth - top;
      const int right = tap % filterWidth - left;
      const Range rows = seen(down, strideHeight, inHeight, outHeight);
      const Range columns = seen(right, strideWidth, inWidth, outWidth);
      const float *tapX = image + (down * inWidth + right) * inChannels + ci;
      float *sums = dw + (tap * inChannels + ci) * outChannels;
      if (n == 0)
        for (int i = 0; i < inputs * outChannels; i++) sums[i] = 0;
#define TILE(INPUTS, VECTORS, LANES)                                                               \
  tile(INPUTS, VECTORS, LANES, tapX, dyImage + co, sums + co, rows, columns, strideX, rowX,        \
       outChannels, rowDy, outChannels)
#define TILES(INPUTS)                                                                              \
  {                                                                                                \
    int co = 0;                                                                                    \
    for (; co + 8 <= outChannels; co += 8) TILE(INPUTS, 2, 4);                                     \
    for (; co + 4 <= outChannels; co += 4) TILE(INPUTS, 1, 4);                                     \
    if (co < outChannels) TILE(INPUTS, 1, outChannels - co);                                       \
  }
      if (inputs == 4)
        TILES(4)
      else if (inputs == 3)
        TILES(3)
      else if (inputs == 2)
        TILES(2)
      else
        TILES(1)
    }
  }
}
