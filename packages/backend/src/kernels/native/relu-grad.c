// The gradient before a ReLU.
#include "ops.h"

typedef struct {
  const float *dy, *y;
  float *dx;
} Rectified;

WIDE static void pass(void *argument, int64_t from, int64_t to) {
  const Rectified r = *(const Rectified *)argument;
  const float *restrict dy = r.dy, *restrict y = r.y;
  float *restrict dx = r.dx;
  for (int64_t i = from; i < to; i++) {
    const float passed = dy[i];
    dx[i] = y[i] > 0 ? passed : 0;
  }
}

void relu_grad(void *nothing, TF_OpKernelContext *context) {
  (void)nothing;
  Call call = begin(context);
  const Input dy = input(&call, 0), y = input(&call, 1);
  if (holds(&call, dy.size == y.size, SIZES)) {
    Rectified r = {floats(&dy), floats(&y), output_like(&call, 0, &dy)};
    if (is_well(&call)) in_parts(dy.size, GRAIN, pass, &r);
  }
  end(&call);
}
