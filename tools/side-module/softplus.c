#include "logistic.h"

// log(1 + e^x) = max(x, 0) + log(1 + z) with z = e^-|x|, and log(1 + z) = 2 artanh(s) with s = z / (2 + z) <= 1 / 3. The
// polynomial is artanh(s) / s by s², within 4e-9 of itself.
INLINE f4 softplusOf(f4 x) {
  const f4 z = shareOf(minusAbs(x));
  const f4 share = wasm_f32x4_div(all(1), add(z, all(2)));
  const f4 s = mul(z, share);
  const f4 square = mul(s, s);
  const f4 high = add(line(square, 0.200124547f, 0.139803007f),
                      mul(mul(square, square), all(0.140891686f)));
  const f4 y = add(line(square, 1, 0.333331585f), mul(mul(square, square), high));
  return add(atLeast(x, 0), mul(y, add(s, s)));
}

KERNEL(softplus)(const float *x, float *y, int size) {
  FOR_NUMBERS({ storeLanes(y + i, softplusOf(loadLanes(x + i, lanes)), lanes); })
}

KERNEL(softplusGrad)(const float *dy, const float *saved, float *dx, int size) {
  FOR_NUMBERS({
    const f4 slope = logisticOf(loadLanes(saved + i, lanes));
    storeLanes(dx + i, mul(loadLanes(dy + i, lanes), slope), lanes);
  })
}
