// The innermost loops of products of matrices and of convolutions: a tile of the result stays in
// registers.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "parts.h"
#include "wide.h"

/** Sums over two loops, of which products of matrices need one: where the next numbers of each lie.
 */
typedef struct {
  /** Between two rows of the result, two steps of the inner and of the outer loop. */
  int64_t a_row, a_inner, a_outer;
  /** Between two steps of the loops; columns lie side by side. */
  int64_t b_inner, b_outer;
  /** Between two rows of the result; columns lie side by side. */
  int64_t c_row;
  /** Steps of the loops. */
  int64_t inner, outer;
} Steps;

/** What happens with the sums: they enter what c has, a bias enters, they are no less than 0.
 */
typedef struct {
  bool goes_on;
  const float *bias;
  bool relu;
} Finish;

INLINE void tile(const Steps *s, const float *a, const float *b, float *c, Finish finish,
                 const int rows, const int vectors) {
  Lanes sum[8][2];
  for (int i = 0; i < rows; i++)
    for (int v = 0; v < vectors; v++) sum[i][v] = (Lanes){0};
  for (int64_t outer = 0; outer < s->outer; outer++) {
    const float *left = a + outer * s->a_outer, *right = b + outer * s->b_outer;
    for (int64_t k = 0; k < s->inner; k++, left += s->a_inner, right += s->b_inner) {
      Lanes columns[2];
      for (int v = 0; v < vectors; v++) columns[v] = *(const Lanes *)(right + v * LANES);
      for (int i = 0; i < rows; i++)
        for (int v = 0; v < vectors; v++) sum[i][v] += left[i * s->a_row] * columns[v];
    }
  }
  for (int i = 0; i < rows; i++)
    for (int v = 0; v < vectors; v++) {
      Lanes y = sum[i][v];
      // Last, as sums of many numbers are nearer to the truth as sums of sums.
      if (finish.goes_on) y += *(const Lanes *)(c + i * s->c_row + v * LANES);
      if (finish.bias != NULL) y += *(const Lanes *)(finish.bias + v * LANES);
      // NaN stays what it is.
      if (finish.relu) y = where_not(y < (Lanes){0}, y);
      *(Lanes *)(c + i * s->c_row + v * LANES) = y;
    }
}

/** So many rows, in tiles of up to `rows`. */
INLINE void tiles(const Steps *s, const float *a, const float *b, float *c, int64_t count,
                  Finish finish, const int rows, const int vectors) {
  int64_t row = 0;
#define ROWS(COUNT)                          \
  for (; row + COUNT <= count; row += COUNT) \
    tile(s, a + row * s->a_row, b, c + row * s->c_row, finish, COUNT, vectors);
  if (rows == 8) ROWS(8)
  if (rows == 6) ROWS(6)
  ROWS(4)
  ROWS(2)
  ROWS(1)
#undef ROWS
}

/** A function that computes a part of a result in tiles, and what the tiles are like. */
typedef struct {
  Part *part;
  int64_t rows, columns;
} Tiling;

static inline bool are_wide(int64_t columns) {
  // Of the last two vectors of a row, one might be filled up with zeros.
  return columns % (2 * LANES) == 0 || columns > 3 * LANES;
}

// clang-format off
// TILING(name, parts) makes a part for tiles of every kind out of `parts(work, from, to, rows, vectors)`, and `name(columns)`,
// which chooses among them for this processor and a result of so many columns.
#if defined(__x86_64__)
// 32 registers of 512 bits hold eight rows of two vectors, 16 of 256 bits six of one.
#define TILING(NAME, PARTS)                                                                              \
  __attribute__((target("avx512f,avx512vl,avx2,fma")))                                                   \
  static void NAME##_wide(void *work, int64_t from, int64_t to) { PARTS(work, from, to, 8, 2); }         \
  __attribute__((target("avx512f,avx512vl,avx2,fma")))                                                   \
  static void NAME##_narrow(void *work, int64_t from, int64_t to) { PARTS(work, from, to, 8, 1); }       \
  __attribute__((target("avx2,fma")))                                                                    \
  static void NAME##_avx2(void *work, int64_t from, int64_t to) { PARTS(work, from, to, 6, 1); }         \
  static void NAME##_plain(void *work, int64_t from, int64_t to) { PARTS(work, from, to, 4, 1); }        \
  static Tiling NAME(int64_t columns) {                                                                  \
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl"))                         \
      return are_wide(columns) ? (Tiling){NAME##_wide, 8, 2 * LANES} : (Tiling){NAME##_narrow, 8, LANES}; \
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))                                 \
      return (Tiling){NAME##_avx2, 6, LANES};                                                            \
    return (Tiling){NAME##_plain, 4, LANES};                                                             \
  }
#else
#define TILING(NAME, PARTS)                                                                              \
  static void NAME##_plain(void *work, int64_t from, int64_t to) { PARTS(work, from, to, 4, 1); }        \
  static Tiling NAME(int64_t columns) {                                                                  \
    (void)columns;                                                                                       \
    return (Tiling){NAME##_plain, 4, LANES};                                                             \
  }
#endif
// clang-format on
