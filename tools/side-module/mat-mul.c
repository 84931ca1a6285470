#include "tile.h"

// Rows of b that are summed at once, so that a stripe of them stays in the nearest cache.
#define DEPTH 512

// c = a · b + bias, [rows, inner] · [inner, columns], and nothing below 0 with `relu`. Elements are at
// row · aRow + column · aColumn, and so of b, so that either may lie transposed. `bias` is 0 where there is none; `panel` has
// room for 8 · min(inner, DEPTH) numbers.
KERNEL(matMul)(const float *a, const float *b, const float *bias, float *c, float *panel, int rows,
               int inner, int columns, int aRow, int aColumn, int bRow, int bColumn, int relu) {
  for (int from = 0; from < inner; from += DEPTH) {
    const int depth = inner - from < DEPTH ? inner - from : DEPTH;
    const int isLast = from + depth == inner;
    const Sum sum = {1, 0, depth, aColumn};
    const float *part = a + from * aColumn;
    FOR_STRIPES(columns, {
      const float *stripe = b + from * bRow + j * bColumn;
      if (bColumn == 1)
        pack(vectors, lanes, stripe, depth, bRow, panel);
      else
        packTransposed(vectors, lanes, stripe, depth, bColumn, panel);
      int i = 0;
#define TILE(ROWS)                                                                                 \
  {                                                                                                \
    float *at = c + i * columns + j;                                                               \
    const float *start = from ? at : bias ? bias + j : 0;                                          \
    tile(ROWS, vectors, lanes, part + i * aRow, 0, aRow, 2 * aRow, 3 * aRow, sum, panel, start,    \
         from ? columns : 0, at, columns, relu && isLast);                                         \
  }
      for (; i + 4 <= rows; i += 4) TILE(4)
      for (; i < rows; i++) TILE(1)
    })
  }
}
