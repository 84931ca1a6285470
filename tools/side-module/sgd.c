#include "simd.h"

// Plain loops over arrays that do not overlap: the compiler makes SIMD of them.

KERNEL(sgd)(const float *restrict p, const float *restrict gradient, float *restrict moved, int n,
            float lr, float decay) {
  for (int i = 0; i < n; i++) {
    // Without decay an infinite parameter must not enter as 0 · ∞.
    const float g = decay == 0 ? gradient[i] : gradient[i] + decay * p[i];
    moved[i] = p[i] - lr * g;
  }
}

KERNEL(sgdMomentum)(const float *restrict p, const float *restrict gradient,
                    const float *restrict buffer, float *restrict moved, float *restrict newBuffer,
                    int n, float lr, float decay, float momentum, float entering, int nesterov) {
  for (int i = 0; i < n; i++) {
    const float g = decay == 0 ? gradient[i] : gradient[i] + decay * p[i];
    const float b = momentum * buffer[i] + entering * g;
    newBuffer[i] = b;
    moved[i] = p[i] - lr * (nesterov ? g + momentum * b : b);
  }
}
