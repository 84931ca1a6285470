#include "exponential.h"

// With u = e^(-2|x|) - 1, which is exact near 0 and ends at -1, |tanh x| = -u / (u + 2).
INLINE f4 tanhOf(f4 x) {
  const f4 u = expm1Of(mul(minusAbs(x), all(2)));
  return withSignOf(x, wasm_f32x4_abs(wasm_f32x4_div(u, add(u, all(2)))));
}

KERNEL(tanh)(const float *x, float *y, int size) {
  FOR_NUMBERS({ storeLanes(y + i, tanhOf(loadLanes(x + i, lanes)), lanes); })
}

// What is saved is the answer.
KERNEL(tanhGrad)(const float *restrict dy, const float *restrict saved, float *restrict dx,
                 int size) {
  for (int i = 0; i < size; i++) dx[i] = (1 - saved[i] * saved[i]) * dy[i];
}
