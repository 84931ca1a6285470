// A dense layer, products of matrices, and the sums of a bias's gradient.
#include "mat-mul.h"
#include "ops.h"

void dense(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  Call call = begin(context);
  const Input x = input(&call, 0), kernel = input(&call, 1), bias = input(&call, 2),
              relu = input(&call, 3);
  const bool fits = x.rank == 2 && kernel.rank == 2 && x.dims[1] == kernel.dims[0] &&
                    (bias.size == 0 || bias.size == kernel.dims[1]) && relu.size == 1;
  if (holds(&call, fits, SIZES)) {
    const int64_t m = x.dims[0], k = x.dims[1], n = kernel.dims[1];
    float *y = output(&call, 0, (int64_t[]){m, n}, 2);
    if (is_well(&call)) {
      const bool is_done =
          multiply((Matrix){floats(&x), k, 1}, (Matrix){floats(&kernel), n, 1},
                   bias.size == 0 ? NULL : floats(&bias), floats(&relu)[0] != 0, y, m, n, k);
      has_memory(&call, is_done);
    }
  }
  end(&call);
}

void mat_mul(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  Call call = begin(context);
  const Input a = input(&call, 0), b = input(&call, 1), turned = input(&call, 2);
  if (holds(&call, a.rank == 2 && b.rank == 2 && turned.size == 2, SIZES)) {
    const bool turn_a = floats(&turned)[0] != 0, turn_b = floats(&turned)[1] != 0;
    const int64_t m = a.dims[turn_a], k = a.dims[!turn_a], n = b.dims[!turn_b];
    if (holds(&call, b.dims[turn_b] == k, SIZES)) {
      float *c = output(&call, 0, (int64_t[]){m, n}, 2);
      const Matrix left = turn_a ? (Matrix){floats(&a), 1, m} : (Matrix){floats(&a), k, 1};
      const Matrix right = turn_b ? (Matrix){floats(&b), 1, k} : (Matrix){floats(&b), n, 1};
      if (is_well(&call)) has_memory(&call, multiply(left, right, NULL, false, c, m, n, k));
    }
  }
  end(&call);
}

typedef struct {
  const float *x;
  float *sums;
  int64_t columns;
} Sums;

WIDE static void add_rows(void *argument, int64_t from, int64_t to) {
  const Sums s = *(const Sums *)argument;
  float *restrict sums = s.sums + from / SUM_ROWS * s.columns;
  for (int64_t c = 0; c < s.columns; c++) sums[c] = 0;
  for (int64_t row = from; row < to; row++) {
    const float *restrict x = s.x + row * s.columns;
    for (int64_t c = 0; c < s.columns; c++) sums[c] += x[c];
  }
}

void sum_rows(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  Call call = begin(context);
  const Input x = input(&call, 0);
  const int64_t columns = columns_of(&x);
  float *sums = output(&call, 0, &columns, 1);
  if (is_well(&call) && columns > 0) {
    const int64_t rows = x.size / columns, parts = parts_of(rows, SUM_ROWS);
    float *partial = parts <= 1 ? sums : room(&call, (parts + 1) * columns);
    if (partial != NULL) {
      for (int64_t c = 0; c < columns; c++) sums[c] = 0;
      Sums s = {floats(&x), partial, columns};
      in_parts(rows, SUM_ROWS, add_rows, &s);
      if (parts > 1)
        for (int64_t c = 0; c < columns; c++) {
          double sum = 0;
          for (int64_t part = 0; part < parts; part++) sum += partial[part * columns + c];
          sums[c] = (float)sum;
        }
      if (partial != sums) free(partial);
    }
  }
  end(&call);
}
