#pragma once
#include "window.h"

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
