#include "tile.h"

// A phase is the input rows (or columns) whose padded index leaves the same remainder when divided by the stride: they see
// the filter's taps of that remainder alone.
typedef struct {
  int taps;
  // The first row, and how many there are.
  int first, count;
  // The output row that the first one's first tap sees.
  int place;
} Phase;

INLINE Phase phaseOf(int remainder, int filter, int stride, int pad, int inputs) {
  const int taps = filter > remainder ? (filter - remainder + stride - 1) / stride : 0;
  const int place = pad > remainder ? (pad - remainder + stride - 1) / stride : 0;
  const int first = place * stride + remainder - pad;
  const int count = inputs > first ? (inputs - first + stride - 1) / stride : 0;
  const Phase phase = {taps, first, count, place};
  return phase;
}

// Packs the taps of one phase, last one first, for a stripe of input channels from j on.
INLINE void packPhase(const int vectors, const int lanes, const float *filter, float *panel,
                      Phase rows, Phase columns, int down, int right, int filterWidth,
                      int strideHeight, int strideWidth, int inChannels, int outChannels) {
  for (int u = rows.taps - 1; u >= 0; u--)
    for (int v = columns.taps - 1; v >= 0; v--) {
      const int tap = (down + strideHeight * u) * filterWidth + right + strideWidth * v;
      packTransposed(vectors, lanes, filter + tap * inChannels * outChannels, outChannels,
                     outChannels, panel);
      panel += outChannels * 4 * vectors;
    }
}

// Gradient of an NHWC convolution without dilation with respect to its input. `panels` has room for the filter with its
// input channels rounded up to fours, `padded` for one image of dy with `before…` rows and columns of zeros before it.
KERNEL(convInputGrad)(const float *dy, const float *filter, float *dx, float *panels, float *padded,
                      int batch, int inHeight, int inWidth, int inChannels, int outHeight,
                      int outWidth, int outChannels, int filterHeight, int filterWidth,
                      int strideHeight, int strideWidth, int top, int left, int beforeRows,
                      int beforeColumns, int paddedHeight, int paddedWidth) {
  const int row = paddedWidth * outChannels;
#define FOR_PHASES(...)                                                                            \
  {                                                                                                \
    float *panel = panels;                                                                         \
    for (int down = 0; down < strideHeight; down++)                                                \
      for (int right = 0; right < strideWidth; right++) {                                          \
        const Phase rows = phaseOf(down, filterHeight, strideHeight, top, inHeight);               \
        const Phase columns = phaseOf(right, filterWidth, strideWidth, left, inWidth);             \
        const int terms = rows.taps * columns.taps * outChannels;                                  \
        __VA_ARGS__                                                                                \
        panel += terms * ((inChannels + 3) / 4 * 4);                                               \
      }                                                                                            \
  }
  FOR_PHASES(FOR_STRIPES(inChannels, {
    packPhase(vectors, lanes, filter + j * outChannels, panel + j * terms, rows, columns, down,
              right, filterWidth, strideHeight, strideWidth, inChannels, outChannels);
  }))
  __builtin_memset(padded, 0, (unsigned)(paddedHeight * row) * sizeof(float));
  for (int n = 0; n < batch; n++) {
    for (int r = 0; r < outHeight; r++)
      __builtin_memcpy(padded + (r + beforeRows) * row + beforeColumns * outChannels,
                       dy + (n * outHeight + r) * outWidth * outChannels,
                       (unsigned)(outWidth * outChannels) * sizeof(float));
    float *image = dx + n * inHeight * inWidth * inChannels;
    FOR_PHASES({
      const Sum sum = {rows.taps, row, columns.taps * outChannels, 1};
      const int step = strideWidth * inChannels;
      for (int r = 0; r < rows.count; r++) {
        // The last tap's row comes first.
        const float *from = padded + (rows.place + r + beforeRows - rows.taps + 1) * row +
                            (columns.place + beforeColumns - columns.taps + 1) * outChannels;
        float *to = image + ((rows.first + r * strideHeight) * inWidth + columns.first) * inChannels;
#define TILE(ROWS)                                                                                 \
  tile(ROWS, vectors, lanes, from + q * outChannels, 0, outChannels, 2 * outChannels,              \
       3 * outChannels, sum, panel + j * terms, 0, 0, to + q * step + j, step, 0)
        FOR_STRIPES(inChannels, {
          int q = 0;
          for (; q + 4 <= columns.count; q += 4) TILE(4);
          for (; q < columns.count; q++) TILE(1);
        })
      }
    })
  }
}
