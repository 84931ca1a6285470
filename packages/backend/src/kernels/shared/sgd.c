#include "kernel.h"

// Plain loops over arrays that do not overlap: the compiler makes SIMD of them.

KERNEL(sgd)(const float *restrict parameter, const float *restrict gradient,
            float *restrict moved, int size, float lr, float weightDecay) {
  for (int i = 0; i < size; i++) {
    // Without decay an infinite parameter must not enter as 0 · ∞.
    const float g = weightDecay == 0 ? gradient[i] : gradient[i] + weightDecay * parameter[i];
    moved[i] = parameter[i] - lr * g;
  }
}

KERNEL(sgdMomentum)(const float *restrict parameter, const float *restrict gradient,
                    const float *restrict buffer, float *restrict moved,
                    float *restrict newBuffer, int size, float lr, float weightDecay,
                    float momentum, float entering, int nesterov) {
  for (int i = 0; i < size; i++) {
    const float g = weightDecay == 0 ? gradient[i] : gradient[i] + weightDecay * parameter[i];
    const float b = momentum * buffer[i] + entering * g;
    newBuffer[i] = b;
    moved[i] = parameter[i] - lr * (nesterov ? g + momentum * b : b);
  }
}
