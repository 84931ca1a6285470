#pragma once
#include "exponential.h"

// 1 / (1 + e^-x), by the power that is no greater than 1: what is near 0 is as exact as what is near 1.
INLINE f4 logisticOf(f4 x) {
  const f4 z = shareOf(minusAbs(x));
  const f4 share = wasm_f32x4_div(all(1), add(z, all(1)));
  return wasm_v128_bitselect(mul(z, share), share, wasm_f32x4_lt(x, all(0)));
}
