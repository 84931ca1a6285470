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
                         int channels, const int vectors, const int lanes) {
  f4 sums[4], shifts[4], rests[4], ofSquares[4];
  for (int v = 0; v < vectors; v++) sums[v] = rests[v] = ofSquares[v] = splat(0);
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++)
      sums[v] = add(sums[v], loadLanes(x + r * channels + 4 * v, lanes));
  for (int v = 0; v < vectors; v++) shifts[v] = mul(sums[v], splat(1.0f / (float)rows));
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) {
      const f4 d = sub(loadLanes(x + r * channels + 4 * v, lanes), shifts[v]);
      rests[v] = add(rests[v], d);
      ofSquares[v] = add(ofSquares[v], mul(d, d));
    }
  for (int v = 0; v < vectors; v++)
    mergeBlock(mean + 4 * v, squares + 4 * v, shifts[v], rests[v], ofSquares[v], before, rows);
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
    FOR_WIDE_CHANNELS(
        blockMoments(block + c, means + c, squares + c, r, count, channels, vectors, lanes);)
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
