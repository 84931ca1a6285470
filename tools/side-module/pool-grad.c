#include "rows.h"
#include "window.h"

// Rows or columns of the input that one window sees: those that are there of `size` from `from` on.
INLINE Range inside(int from, int size, int inputs) {
  const int to = from + size;
  const Range range = {from < 0 ? 0 : from, to < inputs ? to : inputs};
  return range;
}

// Runs STATEMENT for each pixel that the window sees: `at` is where its first channel is in the image.
#define FOR_PIXELS(STATEMENT)                                                                      \
  for (int r = rows.from; r < rows.to; r++)                                                        \
    for (int q = columns.from; q < columns.to; q++) {                                              \
      const int at = (r * inWidth + q) * channels + c;                                             \
      STATEMENT                                                                                    \
    }

// The first greatest element of a window gets its gradient; one without any, of NaN or -∞ alone, gives none.
INLINE void toFirstGreatest(const float *x, const float *dy, float *dx, Range rows, Range columns,
                            int inWidth, int channels, int c, int lanes) {
  f4 greatest = splat(-__builtin_inff());
  v128_t where = wasm_i32x4_splat(-1);
  FOR_PIXELS({
    const f4 value = loadLanes(x + at, lanes);
    const v128_t isMore = wasm_f32x4_gt(value, greatest);
    greatest = wasm_v128_bitselect(value, greatest, isMore);
    where = wasm_v128_bitselect(wasm_i32x4_splat(at), where, isMore);
  })
  const f4 g = loadLanes(dy + c, lanes);
  FOR_PIXELS({
    const v128_t isHere = wasm_i32x4_eq(where, wasm_i32x4_splat(at));
    storeLanes(dx + at, add(loadLanes(dx + at, lanes), wasm_v128_and(g, isHere)), lanes);
  })
}

// Every element of a window gets an equal part; padding gets none, as it was not in the mean.
INLINE void toAll(const float *dy, float *dx, Range rows, Range columns, int inWidth, int channels,
                  int c, int lanes) {
  const int count = (rows.to - rows.from) * (columns.to - columns.from);
  const f4 share = mul(loadLanes(dy + c, lanes), splat(1.0f / (float)count));
  FOR_PIXELS({ storeLanes(dx + at, add(loadLanes(dx + at, lanes), share), lanes); })
}

// Runs STATEMENT for each window, with its rows and columns, and where its image and its gradient are.
#define FOR_WINDOWS(STATEMENT)                                                                     \
  const int imageSize = inHeight * inWidth * channels;                                             \
  for (int i = 0; i < batch * imageSize; i++) dx[i] = 0;                                           \
  for (int n = 0; n < batch; n++)                                                                  \
    for (int i = 0; i < outHeight; i++)                                                            \
      for (int j = 0; j < outWidth; j++) {                                                         \
        const Range rows = inside(i * strideHeight - top, filterHeight, inHeight);                 \
        const Range columns = inside(j * strideWidth - left, filterWidth, inWidth);                \
        const float *window = dy + ((n * outHeight + i) * outWidth + j) * channels;                \
        const int image = n * imageSize;                                                           \
        STATEMENT                                                                                  \
      }

KERNEL(maxPoolGrad)(const float *x, const float *dy, float *dx, int batch, int inHeight,
                    int inWidth, int channels, int outHeight, int outWidth, int filterHeight,
                    int filterWidth, int strideHeight, int strideWidth, int top, int left) {
  FOR_WINDOWS({
    FOR_CHANNELS(toFirstGreatest(x + image, window, dx + image, rows, columns, inWidth, channels, c,
                                 lanes);)
  })
}

KERNEL(avgPoolGrad)(const float *dy, float *dx, int batch, int inHeight, int inWidth, int channels,
                    int outHeight, int outWidth, int filterHeight, int filterWidth,
                    int strideHeight, int strideWidth, int top, int left) {
  FOR_WINDOWS(
      { FOR_CHANNELS(toAll(window, dx + image, rows, columns, inWidth, channels, c, lanes);) })
}
