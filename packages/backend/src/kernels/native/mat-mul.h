// Products of matrices.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/** Numbers with the distances between those of two rows and of two columns. */
typedef struct {
  const float *data;
  int64_t row, column;
} Matrix;

/** c = a · b + bias, `[m, k] · [k, n] + [n]`, with `relu` no less than 0; false where there is no
 * memory left. */
bool multiply(Matrix a, Matrix b, const float *bias, bool relu, float *c, int64_t m, int64_t n,
              int64_t k);
