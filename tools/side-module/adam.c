#include "simd.h"

KERNEL(adam)(const float *restrict p, const float *restrict gradient, const float *restrict first,
             const float *restrict second, float *restrict moved, float *restrict newFirst,
             float *restrict newSecond, int n, float beta1, float rest1, float beta2, float rest2,
             float eps, float stepSize, float shrink, float decay) {
  for (int i = 0; i < n; i++) {
    const float g = decay == 0 ? gradient[i] : gradient[i] + decay * p[i];
    const float m = beta1 * first[i] + rest1 * g;
    const float v = beta2 * second[i] + rest2 * (g * g);
    newFirst[i] = m;
    newSecond[i] = v;
    moved[i] = shrink * p[i] - stepSize * (m / (__builtin_sqrtf(v) + eps));
  }
}
