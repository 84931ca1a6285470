// The kernels of this library, and what they share.
#pragma once

#include <stdlib.h>

#include "call.h"
#include "parts.h"
#include "wide.h"

/** Rows that are summed in one part. */
enum { SUM_ROWS = 256 };

#define SIZES "the tensors differ in size"

/** Room for so many numbers, to be freed; NULL where there is none, which the call fails with. */
static inline float *room(Call *call, int64_t size) {
  float *numbers = malloc((size_t)size * sizeof(float));
  has_memory(call, numbers != NULL);
  return numbers;
}

typedef void Compute(void *, TF_OpKernelContext *);

Compute adam_update, batch_norm, batch_norm_grad, conv, conv_filter_grad, conv_input_grad,
    cross_entropy, dense, gather_floats, gather_integers, mat_mul, max_pool_grad, mean,
    move_towards, relu_grad, rmsprop_update, scale_rows, sgd_update, spread, sum_rows;
