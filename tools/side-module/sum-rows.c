#include "rows.h"

// Sums over the middle axis of [outer, rows, columns], times `factor`. Few rows are summed at once, so that errors stay
// small: with n rows they grow by n / BLOCK + BLOCK roundings, not by n.
KERNEL(sumRows)(const float *x, float *sums, int outer, int rows, int columns, float factor) {
  for (int o = 0; o < outer; o++) {
    const float *block = x + o * rows * columns;
    float *to = sums + o * columns;
    const int channels = columns;
    for (int from = 0; from < rows; from += BLOCK) {
      const int end = rows - from < BLOCK ? rows - from : BLOCK;
      FOR_CHANNELS({
        f4 sum = splat(0);
        for (int r = 0; r < end; r++)
          sum = add(sum, loadLanes(block + (from + r) * columns + c, lanes));
        if (from) sum = add(sum, loadLanes(to + c, lanes));
        storeLanes(to + c, sum, lanes);
      })
    }
    for (int c = 0; c < columns; c++) to[c] *= factor;
  }
}
