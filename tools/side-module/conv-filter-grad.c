#include "filter-tile.h"

// NHWC, dilation 1; `dw` [filterHeight, filterWidth, inChannels, outChannels]. One image after the other, so that its
// pixels stay in the cache for all taps and channels, and no float32 sum gets long.
KERNEL(convFilterGrad)(const float *x, const float *dy, float *dw, int batch, int inHeight,
                       int inWidth, int inChannels, int outHeight, int outWidth, int outChannels,
                       int filterHeight, int filterWidth, int strideHeight, int strideWidth,
                       int top, int left) {
  const int size = filterHeight * filterWidth * inChannels * outChannels;
  for (int i = 0; i < size; i++) dw[i] = 0;
  const int strideX = strideWidth * inChannels;
  const int rowX = strideHeight * inWidth * inChannels;
  const int rowDy = outWidth * outChannels;
  for (int n = 0; n < batch; n++) {
    const float *image = x + n * inHeight * inWidth * inChannels;
    const float *dyImage = dy + n * outHeight * rowDy;
    for (int i = 0; i < filterHeight; i++) {
      const Range rows = seen(i - top, strideHeight, inHeight, outHeight);
      for (int j = 0; j < filterWidth; j++) {
        const Range columns = seen(j - left, strideWidth, inWidth, outWidth);
        const float *tapX = image + ((i - top) * inWidth + j - left) * inChannels;
        float *tap = dw + (i * filterWidth + j) * inChannels * outChannels;
#define TILE(INPUTS, VECTORS, LANES)                                                               \
  tile(INPUTS, VECTORS, LANES, tapX + ci, dyImage + co, tap + ci * outChannels + co, rows, columns,  \
       strideX, rowX, outChannels, rowDy, outChannels)
#define TILES(INPUTS)                                                                              \
  {                                                                                                \
    int co = 0;                                                                                    \
    for (; co + 8 <= outChannels; co += 8) TILE(INPUTS, 2, 4);                                     \
    for (; co + 4 <= outChannels; co += 4) TILE(INPUTS, 1, 4);                                     \
    if (co < outChannels) TILE(INPUTS, 1, outChannels - co);                                       \
  }
        int ci = 0;
        for (; ci + 4 <= inChannels; ci += 4) TILES(4)
        if (inChannels - ci == 3)
          TILES(3)
        else if (inChannels - ci == 2)
          TILES(2)
        else if (inChannels - ci == 1)
          TILES(1)
      }
    }
  }
}
