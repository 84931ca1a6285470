#include "simd.h"

// What is below 0 times alpha; NaN stays.
KERNEL(leakyRelu)(const float *restrict x, float *restrict y, int size, float alpha) {
  for (int i = 0; i < size; i++) y[i] = x[i] < 0 ? alpha * x[i] : x[i];
}

KERNEL(leakyReluGrad)(const float *restrict dy, const float *restrict saved, float *restrict dx,
                      int size, float alpha) {
  for (int i = 0; i < size; i++) dx[i] = saved[i] > 0 ? dy[i] : alpha * dy[i];
}
