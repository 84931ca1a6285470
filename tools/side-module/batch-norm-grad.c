#include "rows.h"

// dy where it counts: with ReLU where y is above 0; NaN where y is NaN, so that it does not look like no gradient.
INLINE f4 upstream(const float *dy, const float *y, int lanes, int relu) {
  const f4 g = loadLanes(dy, lanes);
  if (!relu) return g;
  const f4 at = loadLanes(y, lanes);
  const f4 counted = wasm_v128_and(g, wasm_f32x4_gt(at, splat(0)));
  return wasm_v128_bitselect(counted, at, wasm_f32x4_eq(at, at));
}

INLINE void accumulate(double *total, f4 sum) {
  storeWide(total, addWide(loadWide(total), widen(sum)));
}

// Adds the sums over a block of the upstream gradient g, of d = x - mean, and of g · d. That of d is what the float32
// mean lost.
INLINE void blockSums(const float *dy, const float *x, const float *y, const float *mean,
                      double *ofG, double *ofD, double *ofGd, int rows, int channels,
                      const int vectors, const int lanes, int relu) {
  f4 means[4], sumsG[4], sumsD[4], sumsGd[4];
  for (int v = 0; v < vectors; v++) {
    means[v] = loadLanes(mean + 4 * v, lanes);
    sumsG[v] = sumsD[v] = sumsGd[v] = splat(0);
  }
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) {
      const int at = r * channels + 4 * v;
      const f4 g = upstream(dy + at, y + at, lanes, relu);
      const f4 d = sub(loadLanes(x + at, lanes), means[v]);
      sumsG[v] = add(sumsG[v], g);
      sumsD[v] = add(sumsD[v], d);
      sumsGd[v] = add(sumsGd[v], mul(g, d));
    }
  for (int v = 0; v < vectors; v++) {
    accumulate(ofG + 4 * v, sumsG[v]);
    accumulate(ofD + 4 * v, sumsD[v]);
    accumulate(ofGd + 4 * v, sumsGd[v]);
  }
}

INLINE void all(const float *dy, const float *x, const float *y, const float *scale,
                const float *mean, const float *variance, float *dx, float *dScale, float *dOffset,
                double *scratch, int rows, int channels, double epsilon, int relu) {
  double *ofG = scratch;
  double *ofD = ofG + PADDED(channels);
  double *ofGd = ofD + PADDED(channels);
  float *ofDy = (float *)(ofGd + PADDED(channels));
  float *ofX = ofDy + PADDED(channels);
  float *rest = ofX + PADDED(channels);
  for (int c = 0; c < 3 * PADDED(channels); c++) scratch[c] = 0;
  for (int r = 0; r < rows; r += BLOCK) {
    const int count = rows - r < BLOCK ? rows - r : BLOCK;
    const int at = r * channels;
    FOR_WIDE_CHANNELS(blockSums(dy + at + c, x + at + c, y + at + c, mean + c, ofG + c, ofD + c,
                                ofGd + c, count, channels, vectors, lanes, relu);)
  }
  for (int c = 0; c < channels; c++) {
    const double lost = ofD[c] / rows;
    const double inverse = 1 / __builtin_sqrt(variance[c] + epsilon);
    const double along = (ofGd[c] - lost * ofG[c]) * inverse;
    const double factor = scale[c] * inverse;
    dOffset[c] = (float)ofG[c];
    dScale[c] = (float)along;
    // dx = factor · (g - mean(g) - x̂ · mean(g · x̂)), x̂ = (d - lost) · inverse.
    const double slope = -factor * inverse * along / rows;
    ofDy[c] = (float)factor;
    ofX[c] = (float)slope;
    rest[c] = (float)(-factor * ofG[c] / rows - slope * lost);
  }
  for (int r = 0; r < rows; r++) {
    const int at = r * channels;
    FOR_CHANNELS({
      const f4 g = upstream(dy + at + c, y + at + c, lanes, relu);
      const f4 d = sub(loadLanes(x + at + c, lanes), loadLanes(mean + c, lanes));
      const f4 along = mul(d, loadLanes(ofX + c, lanes));
      const f4 own = mul(g, loadLanes(ofDy + c, lanes));
      storeLanes(dx + at + c, add(add(own, along), loadLanes(rest + c, lanes)), lanes);
    })
  }
}

// `scratch` holds 5 doubles a channel, channels rounded up to fours.
KERNEL(batchNormGrad)(const float *dy, const float *x, const float *y, const float *scale,
                      const float *mean, const float *variance, float *dx, float *dScale,
                      float *dOffset, double *scratch, int rows, int channels, double epsilon,
                      int relu) {
  if (relu)
    all(dy, x, y, scale, mean, variance, dx, dScale, dOffset, scratch, rows, channels, epsilon, 1);
  else
    all(dy, x, y, scale, mean, variance, dx, dScale, dOffset, scratch, rows, channels, epsilon, 0);
}
