#include "exponential.h"

// e^x of x <= 0; 0 below the normal numbers, which take long and count for nothing.
static inline f4 exponential(f4 x) {
  return wasm_v128_andnot(shareOf(x), wasm_f32x4_lt(x, splat(-87)));
}

// Natural logarithm of x >= 1, NaN of NaN: that of its power of two plus 2 · artanh((m - 1) / (m + 1)), to about 1e-10.
static inline double logOf(double x) {
  if (!(x < __builtin_inf())) return x;
  union {
    double value;
    long long bits;
  } split = {x};
  double exponent = (double)((split.bits >> 52) - 1023);
  split.bits = (split.bits & 0xfffffffffffffll) | 0x3ff0000000000000ll;
  double m = split.value;
  if (m > 1.4142135623730951) {
    m *= 0.5;
    exponent += 1;
  }
  const double t = (m - 1) / (m + 1);
  const double u = t * t;
  double series = 1.0 / 13;
  series = series * u + 1.0 / 11;
  series = series * u + 1.0 / 9;
  series = series * u + 1.0 / 7;
  series = series * u + 1.0 / 5;
  series = series * u + 1.0 / 3;
  series = series * u + 1;
  return exponent * 0.6931471805599453 + 2 * t * series;
}

static inline double sumOf(f4 x) {
  const v128_t pairs = wasm_f64x2_add(wasm_f64x2_promote_low_f32x4(x),
                                      wasm_f64x2_promote_low_f32x4(wasm_i32x4_shuffle(x, x, 2, 3, 2, 3)));
  return wasm_f64x2_extract_lane(pairs, 0) + wasm_f64x2_extract_lane(pairs, 1);
}

static inline float largestOf(const float *z, int classes) {
  int c = 0;
  f4 most = splat(-__builtin_inff());
  for (; c + 4 <= classes; c += 4) most = wasm_f32x4_max(most, load(z + c));
  for (; c < classes; c++) most = wasm_f32x4_max(most, splat(z[c]));
  const f4 half = wasm_f32x4_max(most, wasm_i32x4_shuffle(most, most, 2, 3, 0, 1));
  return wasm_f32x4_extract_lane(wasm_f32x4_max(half, wasm_i32x4_shuffle(half, half, 1, 0, 3, 2)), 0);
}

// Exponentials of z - largest; returns their sum.
static inline double exponentials(const float *z, float *out, int classes, float largest) {
  double sum = 0;
  int c = 0;
  for (; c + 4 <= classes; c += 4) {
    const f4 e = exponential(sub(load(z + c), splat(largest)));
    store(out + c, e);
    sum += sumOf(e);
  }
  for (; c < classes; c++) {
    out[c] = wasm_f32x4_extract_lane(exponential(splat(z[c] - largest)), 0);
    sum += out[c];
  }
  return sum;
}

KERNEL(crossEntropy)(const float *logits, const int *labels, float *losses, float *gradient, int rows,
                     int classes, float labelSmoothing) {
  const float even = labelSmoothing / (float)classes;
  const float own = 1 - labelSmoothing;
  for (int row = 0; row < rows; row++) {
    const float *z = logits + row * classes;
    float *g = gradient + row * classes;
    const int label = labels[row];
    if (label < 0 || label >= classes) {
      losses[row] = __builtin_nanf("");
      for (int c = 0; c < classes; c++) g[c] = losses[row];
      continue;
    }
    const float largest = largestOf(z, classes);
    const double sum = exponentials(z, g, classes, largest);
    double loss = logOf(sum) - (double)own * ((double)z[label] - largest);
    if (labelSmoothing != 0)
      for (int c = 0; c < classes; c++) loss -= (double)even * ((double)z[c] - largest);
    losses[row] = (float)loss;
    const float share = (float)(1 / sum);
    for (int c = 0; c < classes; c++) g[c] = g[c] * share - even;
    g[label] -= own;
  }
}
