#include "kernel.h"

KERNEL(adam)(const float *restrict parameter, const float *restrict gradient,
             const float *restrict expAvg, const float *restrict expAvgSq, float *restrict moved,
             float *restrict newExpAvg, float *restrict newExpAvgSq, int size, float beta1,
             float rest1, float beta2, float rest2, float eps, float stepSize, float shrink,
             float weightDecay) {
  for (int i = 0; i < size; i++) {
    const float g = weightDecay == 0 ? gradient[i] : gradient[i] + weightDecay * parameter[i];
    const float m = beta1 * expAvg[i] + rest1 * g;
    const float v = beta2 * expAvgSq[i] + rest2 * (g * g);
    newExpAvg[i] = m;
    newExpAvgSq[i] = v;
    moved[i] = shrink * parameter[i] - stepSize * (m / (__builtin_sqrtf(v) + eps));
  }
}
