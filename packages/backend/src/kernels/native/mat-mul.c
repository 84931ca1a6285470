// Products of matrices, with the bias and ReLU of a dense layer: small ones, of which most time is
// TensorFlow's overhead.
#include <string.h>

#include "mat-mul.h"
#include "ops.h"
#include "tile.h"

/** Rows of the shared dimension that one pass takes: a panel of them stays in the second cache. */
enum { DEPTH = 1024 };

typedef struct {
  Matrix a, b;
  const float *bias;
  float *c;
  int64_t m, n, k;
  /** Rows of a tile, columns of a panel and tiles of a part. */
  int64_t tile, panel, tiles_of_part;
  bool relu;
  _Atomic bool failed;
} Product;

/** Tiles of rows from one to another of one panel of columns. */
INLINE void block(Product *p, int64_t column, int64_t from, int64_t to, const int rows,
                  const int vectors) {
  const int64_t width = p->n - column < p->panel ? p->n - column : p->panel;
  const bool is_whole = width == p->panel, is_packed = !is_whole || p->b.column != 1;
  float *packed = NULL, *edge = NULL;
  if (is_packed) {
    const int64_t depth = p->k < DEPTH ? p->k : DEPTH;
    // Where there is nothing to multiply, no room might be taken for no memory.
    packed = malloc((size_t)((depth + 1) * p->panel + (is_whole ? 0 : (to - from) * p->panel)) *
                    sizeof(float));
    if (packed == NULL) {
      p->failed = true;
      return;
    }
    edge = packed + depth * p->panel;
  }
  float *c = is_whole ? p->c + from * p->n + column : edge + p->panel;
  const int64_t c_row = is_whole ? p->n : p->panel;
  const float *bias = p->bias == NULL ? NULL : p->bias + column;
  if (bias != NULL && !is_whole) {
    memset(edge, 0, (size_t)p->panel * sizeof(float));
    bias = memcpy(edge, bias, (size_t)width * sizeof(float));
  }
  // Once at least: of nothing the product is 0.
  for (int64_t k0 = 0; k0 == 0 || k0 < p->k; k0 += DEPTH) {
    const int64_t depth = p->k - k0 < DEPTH ? p->k - k0 : DEPTH;
    const bool is_last = k0 + depth == p->k;
    const float *b = p->b.data + k0 * p->b.row + column * p->b.column;
    int64_t b_row = p->b.row;
    if (is_packed) {
      for (int64_t k = 0; k < depth; k++) {
        float *to_row = packed + k * p->panel;
        for (int64_t j = 0; j < width; j++) to_row[j] = b[k * p->b.row + j * p->b.column];
        for (int64_t j = width; j < p->panel; j++) to_row[j] = 0;
      }
      b = packed;
      b_row = p->panel;
    }
    const Steps s = {.a_row = p->a.row,
                     .a_inner = p->a.column,
                     .b_inner = b_row,
                     .c_row = c_row,
                     .inner = depth,
                     .outer = 1};
    const Finish finish = {k0 > 0, is_last ? bias : NULL, is_last && p->relu};
    tiles(&s, p->a.data + from * p->a.row + k0 * p->a.column, b, c, to - from, finish, rows,
          vectors);
  }
  if (!is_whole)
    for (int64_t row = from; row < to; row++)
      memcpy(p->c + row * p->n + column, c + (row - from) * c_row, (size_t)width * sizeof(float));
  free(packed);
}

/** A part is some tiles of one panel. Parts are numbered panel by panel. */
INLINE void multiply_parts(Product *p, int64_t from, int64_t to, const int rows,
                           const int vectors) {
  const int64_t parts = parts_of(parts_of(p->m, rows), p->tiles_of_part);
  for (int64_t part = from; part < to; part++) {
    const int64_t row = part % parts * p->tiles_of_part * rows;
    const int64_t end = row + p->tiles_of_part * rows;
    block(p, part / parts * p->panel, row, end < p->m ? end : p->m, rows, vectors);
  }
}

TILING(tiling_for, multiply_parts)

bool multiply(Matrix a, Matrix b, const float *bias, bool relu, float *c, int64_t m, int64_t n,
              int64_t k) {
  if (m == 0 || n == 0) return true;
  const Tiling tiling = tiling_for(n);
  Product p = {a, b, bias, c, m, n, k, tiling.rows, tiling.columns, 0, relu, false};
  const int64_t flops_of_tile = 2 * p.tile * p.panel * k, tiles = parts_of(m, p.tile);
  p.tiles_of_part = flops_of_tile == 0 ? tiles : parts_of(FLOPS_OF_PART, flops_of_tile);
  if (p.tiles_of_part > tiles) p.tiles_of_part = tiles;
  // Panels that are little work go together.
  const int64_t panels = parts_of(n, p.panel), rows = parts_of(tiles, p.tiles_of_part);
  const int64_t flops_of_part = flops_of_tile * p.tiles_of_part;
  const int64_t grain = flops_of_part == 0 ? panels * rows : parts_of(FLOPS_OF_PART, flops_of_part);
  in_parts(panels * rows, grain, tiling.part, &p);
  return !p.failed;
}
