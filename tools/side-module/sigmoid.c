#include "simd.h"

// What is saved is the answer.
KERNEL(sigmoidGrad)(const float *restrict dy, const float *restrict saved, float *restrict dx,
                    int size) {
  for (int i = 0; i < size; i++) dx[i] = dy[i] * (saved[i] * (1 - saved[i]));
}
