#pragma once
#include "simd.h"

// A tile of a matrix product is 4 rows by 8 columns: its 8 sums and what goes into them fill the registers, so that each
// number read is used many times. More rows spill, and halve the speed.

// Runs STATEMENT for all columns, eight and at the end fewer at a time: `j` is the first, in `vectors` of `lanes`.
#define FOR_STRIPES(COLUMNS, STATEMENT)                                                            \
  {                                                                                                \
    int j = 0;                                                                                     \
    for (; j + 8 <= COLUMNS; j += 8) {                                                             \
      const int vectors = 2, lanes = 4;                                                            \
      STATEMENT                                                                                    \
    }                                                                                              \
    for (; j + 4 <= COLUMNS; j += 4) {                                                             \
      const int vectors = 1, lanes = 4;                                                            \
      STATEMENT                                                                                    \
    }                                                                                              \
    if (j < COLUMNS) {                                                                             \
      const int vectors = 1, lanes = COLUMNS - j;                                                  \
      STATEMENT                                                                                    \
    }                                                                                              \
  }

// Copies a stripe of the matrix b so that a tile reads it from start to end. Its elements are at row · bRow + column.
INLINE void pack(const int vectors, const int lanes, const float *b, int rows, int bRow,
                 float *panel) {
#pragma clang loop unroll(disable)
  for (int p = 0; p < rows; p++)
    for (int v = 0; v < vectors; v++)
      store(panel + (p * vectors + v) * 4, loadLanes(b + p * bRow + 4 * v, lanes));
}

// The same of a matrix that lies transposed: elements at row + column · bColumn.
static __attribute__((noinline, unused)) void packTransposed(int vectors, int lanes, const float *b,
                                                            int rows, int bColumn, float *panel) {
  for (int c = 0; c < 4 * vectors; c++)
#pragma clang loop unroll(disable)
    for (int p = 0; p < rows; p++)
      panel[p * 4 * vectors + c] = c < 4 * (vectors - 1) + lanes ? b[p + c * bColumn] : 0;
}

// What is added up in a tile: for each row, `runs` runs of `length` numbers that lie `step` apart; runs are `stride` apart.
typedef struct {
  int runs, stride, length, step;
} Sum;

// c = start + a · panel, row by row, and nothing below 0 with `relu`. The rows of a begin at a + o0, a + o1, …; `start`
// is 0 for zeros, and its rows are `startStride` apart.
INLINE void tile(const int rows, const int vectors, const int lanes, const float *a, const int o0,
                 const int o1, const int o2, const int o3, const Sum sum, const float *panel,
                 const float *start, int startStride, float *c, int cStride, int relu) {
  const int offsets[4] = {o0, o1, o2, o3};
  f4 sums[4][2];
  for (int i = 0; i < rows; i++)
    for (int v = 0; v < vectors; v++)
      sums[i][v] = start ? loadLanes(start + i * startStride + 4 * v, lanes) : splat(0);
  for (int r = 0; r < sum.runs; r++) {
    const float *at = a + r * sum.stride;
    // Larger code is no faster.
#pragma clang loop unroll(disable)
    for (int p = 0; p < sum.length; p++) {
      f4 b[2];
      for (int v = 0; v < vectors; v++) b[v] = load(panel + 4 * v);
      for (int i = 0; i < rows; i++) {
        const f4 value = wasm_v128_load32_splat(at + offsets[i]);
        for (int v = 0; v < vectors; v++) sums[i][v] = add(sums[i][v], mul(value, b[v]));
      }
      at += sum.step;
      panel += 4 * vectors;
    }
  }
  for (int i = 0; i < rows; i++)
    for (int v = 0; v < vectors; v++) {
      f4 x = sums[i][v];
      if (relu) x = wasm_f32x4_max(x, splat(0));
      storeLanes(c + i * cStride + 4 * v, x, lanes);
    }
}
