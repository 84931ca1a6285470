#include "simd.h"

// Where the taps of one row or column of a filter see the input: output positions [from, to).
typedef struct {
  int from, to;
} Range;

// Positions o in [0, outputs) with 0 <= o · stride + offset < inputs.
INLINE Range seen(int offset, int stride, int inputs, int outputs) {
  const int from = offset >= 0 ? 0 : (stride - 1 - offset) / stride;
  const int last = inputs - 1 - offset;
  const int to = last < 0 ? 0 : last / stride + 1;
  const Range range = {from, to < outputs ? to : outputs};
  return range;
}

// Sums x[ci] · dy[co] over the output pixels that one tap sees in one image, for up to 4 input and 8 output channels:
// so many sums that stay in registers that each number read is used many times.
INLINE void tile(const int inputs, const int vectors, const int lanes, const float *x,
                 const float *dy, float *dw, Range rows, Range columns, int strideX, int rowX,
                 int strideDy, int rowDy, int dwStride) {
  f4 sums[4][2];
  for (int i = 0; i < inputs; i++)
    for (int v = 0; v < vectors; v++) sums[i][v] = splat(0);
  for (int r = rows.from; r < rows.to; r++) {
    const float *xAt = x + r * rowX + columns.from * strideX;
    const float *dyAt = dy + r * rowDy + columns.from * strideDy;
    for (int c = columns.from; c < columns.to; c++) {
      f4 d[2];
      for (int v = 0; v < vectors; v++) d[v] = loadLanes(dyAt + 4 * v, lanes);
      for (int i = 0; i < inputs; i++) {
        const f4 value = wasm_v128_load32_splat(xAt + i);
        for (int v = 0; v < vectors; v++) sums[i][v] = add(sums[i][v], mul(value, d[v]));
      }
      xAt += strideX;
      dyAt += strideDy;
    }
  }
  for (int i = 0; i < inputs; i++)
    for (int v = 0; v < vectors; v++) {
      float *to = dw + i * dwStride + 4 * v;
      storeLanes(to, add(loadLanes(to, lanes), sums[i][v]), lanes);
    }
}

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
