#include "simd.h"

// The gradient before a ReLU, told by its answer; a plain loop that the compiler makes SIMD of.
KERNEL(reluGrad)(const float *restrict dy, const float *restrict y, float *restrict dx, int size) {
  for (int i = 0; i < size; i++) dx[i] = y[i] > 0 ? dy[i] : 0;
}
