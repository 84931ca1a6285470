#include "exponential.h"

// From Klambauer et al., https://arxiv.org/abs/1706.02515.
#define SCALE 1.05070099f
#define SCALE_ALPHA 1.75809934f

// What is saved is the answer.
KERNEL(eluGrad)(const float *restrict dy, const float *restrict saved, float *restrict dx,
                int size) {
  for (int i = 0; i < size; i++) dx[i] = saved[i] >= 0 ? dy[i] : dy[i] * (saved[i] + 1);
}

KERNEL(selu)(const float *x, float *y, int size) {
  FOR_NUMBERS({
    const f4 value = loadLanes(x + i, lanes);
    const f4 bent = mul(expm1Of(value), all(SCALE_ALPHA));
    const f4 isBent = wasm_f32x4_lt(value, all(0));
    storeLanes(y + i, wasm_v128_bitselect(bent, mul(value, all(SCALE)), isBent), lanes);
  })
}

KERNEL(seluGrad)(const float *dy, const float *saved, float *dx, int size) {
  FOR_NUMBERS({
    const f4 x = loadLanes(saved + i, lanes);
    const f4 bent = mul(shareOf(atMost(x, 0)), all(SCALE_ALPHA));
    const f4 slope = wasm_v128_bitselect(all(SCALE), bent, wasm_f32x4_gt(x, all(0)));
    storeLanes(dx + i, mul(loadLanes(dy + i, lanes), slope), lanes);
  })
}
