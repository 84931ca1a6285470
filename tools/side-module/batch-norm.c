#include "rows.h"

// Mean and sum of squared distances from it so far, of 4 channels; one more block of rows enters (Chan, Golub, LeVeque).
INLINE void mergeBlock(double *mean, double *squares, f4 shift, f4 sum, f4 square, int before,
                       int rows) {
  const d4 offset = mulWide(widen(sum), splatWide(1.0 / rows));
  const d4 own = subWide(widen(square), mulWide(widen(sum), offset));
  const d4 delta = subWide(addWide(widen(shift), offset), loadWide(mean));
  const double share = (double)rows / (before + rows);
  storeWide(mean, addWide(loadWide(mean), mulWide(delta, splatWide(share))));
  const d4 between = mulWide(mulWide(delta, delta), splatWide(share * before));
  storeWide(squares, addWide(loadWide(squares), addWide(own, between)));
}

// Two passes over a block, which stays in the nearest cache: its mean, then distances from it, so that no mean is too
// large for its deviation.
INLINE void blockMoments(const float *x, double *mean, double *squares, int before, int rows,
                         int channels, int lanes) {
  f4 sum = splat(0);
  for (int r = 0; r < rows; r++) sum = add(sum, loadLanes(x + r * channels, lanes));
  const f4 shift = mul(sum, splat(1.0f / (float)rows));
  f4 rest = splat(0), square = splat(0);
  for (int r = 0; r < rows; r++) {
    const f4 d = sub(loadLanes(x + r * channels, lanes), shift);
    rest = add(rest, d);
    square = add(square, mul(d, d));
  }
  mergeBlock(mean, squares, shift, rest, square, before, rows);
}

// y = relu?((x - mean) · factor + summand): `mean` in float32, and what it lost in the summand.
INLINE void normalize(const float *x, float *y, const float *mean, const float *factor,
                      const float *summand, int rows, int channels, int relu) {
  for (int r = 0; r < rows; r++) {
    const float *from = x + r * channels;
    float *to = y + r * channels;
    FOR_CHANNELS({
      const f4 d = sub(loadLanes(from + c, lanes), loadLanes(mean + c, lanes));
      const f4 value = add(mul(d, loadLanes(factor + c, lanes)), loadLanes(summand + c, lanes));
      storeLanes(to + c, relu ? wasm_f32x4_max(value, splat(0)) : value, lanes);
    })
  }
}

// `scratch` holds 3 doubles a channel, channels rounded up to fours.
KERNEL(batchNorm)(const float *x, const float *scale, const float *offset, float *y, float *mean,
                  float *variance, double *scratch, int rows, int channels, double epsilon,
                  int relu) {
  double *means = scratch;
  double *squares = means + PADDED(channels);
  float *factor = (float *)(squares + PADDED(channels));
  float *summand = factor + PADDED(channels);
  for (int c = 0; c < 2 * PADDED(channels); c++) scratch[c] = 0;
  for (int r = 0; r < rows; r += BLOCK) {
    const int count = rows - r < BLOCK ? rows - r : BLOCK;
    const float *block = x + r * channels;
    FOR_CHANNELS(blockMoments(block + c, means + c, squares + c, r, count, channels, lanes);)
  }
  for (int c = 0; c < channels; c++) {
    mean[c] = (float)means[c];
    variance[c] = (float)(squares[c] / rows);
    const double a = scale[c] / __builtin_sqrt(squares[c] / rows + epsilon);
    factor[c] = (float)a;
    summand[c] = (float)(offset[c] - (means[c] - mean[c]) * a);
  }
  if (relu)
    normalize(x, y, mean, factor, summand, rows, channels, 1);
  else
    normalize(x, y, mean, factor, summand, rows, channels, 0);
}
