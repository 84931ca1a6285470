#include "exponential.h"

// erf |x| = 1 - e^-g. g / |x| is smooth: the polynomial is within 4e-8 of it, in what that means for erf. From 4 on,
// erf is 1.
INLINE f4 erfOf(f4 x) {
  const f4 size = atMost(wasm_f32x4_abs(x), 4);
  const f4 square = mul(size, size);
  const f4 low = add(line(size, 1.12837923f, 0.636616468f),
                     mul(square, line(size, 0.102814406f, -1.93216968e-2f)));
  const f4 high = add(line(size, 2.05690201e-4f, 1.25176460e-3f),
                      mul(square, line(size, -3.81006772e-4f, 4.07087355e-5f)));
  const f4 y = add(low, mul(mul(square, square), high));
  return withSignOf(x, wasm_f32x4_abs(expm1Of(minusAbs(mul(y, size)))));
}

KERNEL(erf)(const float *x, float *y, int size) {
  FOR_NUMBERS({ storeLanes(y + i, erfOf(loadLanes(x + i, lanes)), lanes); })
}

// dy · 2 / √π · e^-x²
KERNEL(erfGrad)(const float *dy, const float *saved, float *dx, int size) {
  FOR_NUMBERS({
    const f4 x = loadLanes(saved + i, lanes);
    const f4 slope = mul(shareOf(minusAbs(mul(x, x))), all(1.12837917f));
    storeLanes(dx + i, mul(loadLanes(dy + i, lanes), slope), lanes);
  })
}
