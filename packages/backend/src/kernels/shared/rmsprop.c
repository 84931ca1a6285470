#include "kernel.h"

// Spacing of float32 numbers at 1: the difference of mean square and squared mean is no less than its rounding error.
#define EPSILON 0x1p-23f

static inline float larger(float a, float b) {
  // Lets NaN of `a` through.
  return a < b ? b : a;
}

// One loop for each of the four kinds, so that each is SIMD; `gradAvg` and `buffer` are null where the kind has none.
KERNEL(rmsprop)(const float *restrict parameter, const float *restrict gradient,
                const float *restrict squareAvg, const float *restrict gradAvg,
                const float *restrict buffer, float *restrict moved, float *restrict newSquareAvg,
                float *restrict newGradAvg, float *restrict newBuffer, int size, float lr,
                float alpha, float rest, float eps, float momentum, float weightDecay) {
#define LOOP(IS_CENTERED, HAS_BUFFER)                                                              \
  for (int i = 0; i < size; i++) {                                                                 \
    const float g = weightDecay == 0 ? gradient[i] : gradient[i] + weightDecay * parameter[i];     \
    const float s = alpha * squareAvg[i] + rest * (g * g);                                         \
    newSquareAvg[i] = s;                                                                           \
    float variance = s;                                                                            \
    if (IS_CENTERED) {                                                                             \
      const float a = alpha * gradAvg[i] + rest * g;                                               \
      newGradAvg[i] = a;                                                                           \
      variance = larger(s - a * a, s * EPSILON);                                                   \
    }                                                                                              \
    float d = g / (__builtin_sqrtf(variance) + eps);                                               \
    if (HAS_BUFFER) newBuffer[i] = d = momentum * buffer[i] + d;                                   \
    moved[i] = parameter[i] - lr * d;                                                              \
  }
  if (gradAvg && buffer)
    LOOP(1, 1)
  else if (gradAvg)
    LOOP(1, 0)
  else if (buffer)
    LOOP(0, 1)
  else
    LOOP(0, 0)
#undef LOOP
}
