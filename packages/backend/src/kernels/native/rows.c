// Rows of a matrix: by their numbers, each times a number of its own, all of one number.
#include <string.h>

#include "ops.h"

typedef struct {
  const char *x;
  const int32_t *numbers;
  char *y;
  int64_t bytes;
} Gather;

static void copy_rows(void *argument, int64_t from, int64_t to) {
  const Gather g = *(const Gather *)argument;
  for (int64_t i = from; i < to; i++)
    memcpy(g.y + i * g.bytes, g.x + g.numbers[i] * g.bytes, (size_t)g.bytes);
}

static void run_gather(TF_OpKernelContext *context, int type) {
  Call call = begin(context);
  const Input x = input(&call, 0), numbers = input(&call, 1);
  if (holds(&call, x.rank >= 1 && numbers.rank == 1,
            "gathers rows of a tensor by a list of numbers")) {
    const int32_t *number = numbers.data;
    const int64_t rows = x.dims[0], row_size = rows == 0 ? 0 : x.size / rows;
    bool are_there = true;
    for (int64_t i = 0; i < numbers.size; i++)
      are_there = are_there && number[i] >= 0 && number[i] < rows;
    // As TensorFlow says it.
    if (holds(&call, are_there, "a number of a row is not in [0, rows)")) {
      int64_t dims[MOST_DIMENSIONS];
      for (int axis = 1; axis < x.rank; axis++) dims[axis] = x.dims[axis];
      dims[0] = numbers.size;
      Gather g = {x.data, number, output_of(&call, 0, dims, x.rank, type), row_size * 4};
      if (is_well(&call) && row_size > 0)
        in_parts(numbers.size, 1 + GRAIN / row_size, copy_rows, &g);
    }
  }
  end(&call);
}

void gather_floats(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  run_gather(context, TF_FLOAT);
}

void gather_integers(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  run_gather(context, TF_INT32);
}

WIDE static void times(const float *restrict x, float factor, float *restrict y, int64_t size) {
  for (int64_t i = 0; i < size; i++) y[i] = x[i] * factor;
}

void scale_rows(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  Call call = begin(context);
  const Input x = input(&call, 0), factors = input(&call, 1);
  if (holds(&call, x.rank >= 1 && factors.size == x.dims[0], SIZES)) {
    float *y = output_like(&call, 0, &x);
    if (is_well(&call) && x.size > 0) {
      const int64_t columns = x.size / factors.size;
      for (int64_t row = 0; row < factors.size; row++)
        times(floats(&x) + row * columns, floats(&factors)[row], y + row * columns, columns);
    }
  }
  end(&call);
}

void spread(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  Call call = begin(context);
  const Input number = input(&call, 0), factor = input(&call, 1), like = input(&call, 2);
  if (holds(&call, number.size == 1 && factor.size == 1, SIZES)) {
    float *y = output_like(&call, 0, &like);
    if (is_well(&call)) {
      const float share = floats(&number)[0] * floats(&factor)[0];
      for (int64_t i = 0; i < like.size; i++) y[i] = share;
    }
  }
  end(&call);
}

void mean(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  Call call = begin(context);
  const Input x = input(&call, 0);
  float *y = output(&call, 0, NULL, 0);
  if (is_well(&call)) {
    double sum = 0;
    for (int64_t i = 0; i < x.size; i++) sum += floats(&x)[i];
    *y = (float)(sum / (double)x.size);
  }
  end(&call);
}
