#include "simd.h"

// Adds each row of `x` to the row of `sums` that its id names; rows of other ids are dropped.
KERNEL(segmentSum)(const float *restrict x, const int *restrict ids, float *restrict sums, int rows,
                   int width, int segments) {
  for (int i = 0; i < segments * width; i++) sums[i] = 0;
  for (int r = 0; r < rows; r++) {
    if (ids[r] < 0 || ids[r] >= segments) continue;
    const float *from = x + r * width;
    float *to = sums + ids[r] * width;
    for (int i = 0; i < width; i++) to[i] += from[i];
  }
}
