#include "simd.h"

// Spacing of float32 numbers at 1: the difference of mean square and squared mean is no less than its rounding error.
#define EPSILON 0x1p-23f

static inline float larger(float a, float b) {
  // Lets NaN of `a` through.
  return a < b ? b : a;
}

// One loop for each of the four kinds, so that each is SIMD; `mean` and `buffer` are null where the kind has none.
KERNEL(rmsprop)(const float *restrict p, const float *restrict gradient,
                const float *restrict square, const float *restrict mean,
                const float *restrict buffer, float *restrict moved, float *restrict newSquare,
                float *restrict newMean, float *restrict newBuffer, int n, float lr, float alpha,
                float rest, float eps, float momentum, float decay) {
#define LOOP(IS_CENTERED, HAS_BUFFER)                                                              \
  for (int i = 0; i < n; i++) {                                                                    \
    const float g = decay == 0 ? gradient[i] : gradient[i] + decay * p[i];                         \
    const float s = alpha * square[i] + rest * (g * g);                                            \
    newSquare[i] = s;                                                                              \
    float variance = s;                                                                            \
    if (IS_CENTERED) {                                                                             \
      const float a = alpha * mean[i] + rest * g;                                                  \
      newMean[i] = a;                                                                              \
      variance = larger(s - a * a, s * EPSILON);                                                   \
    }                                                                                              \
    float d = g / (__builtin_sqrtf(variance) + eps);                                               \
    if (HAS_BUFFER) newBuffer[i] = d = momentum * buffer[i] + d;                                   \
    moved[i] = p[i] - lr * d;                                                                      \
  }
  if (mean && buffer)
    LOOP(1, 1)
  else if (mean)
    LOOP(1, 0)
  else if (buffer)
    LOOP(0, 1)
  else
    LOOP(0, 0)
#undef LOOP
}
