#include "simd.h"

// Gradients before a ReLU, told by its answer or by what went in. Plain loops, which the compiler makes SIMD of as all is
// read that may be needed.

KERNEL(reluGrad)(const float *restrict dy, const float *restrict saved, float *restrict dx,
                 int size) {
  for (int i = 0; i < size; i++) {
    const float d = dy[i];
    dx[i] = saved[i] > 0 ? d : 0;
  }
}

// At 6 there is one still.
KERNEL(relu6Grad)(const float *restrict dy, const float *restrict saved, float *restrict dx,
                  int size) {
  for (int i = 0; i < size; i++) {
    const float d = dy[i];
    const float x = saved[i];
    dx[i] = x > 0 ? x <= 6 ? d : 0 : 0;
  }
}
