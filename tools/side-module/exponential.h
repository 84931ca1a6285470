#pragma once
#include "simd.h"

#define LN2_HIGH 0.693359375f // Nine bits: its product with a whole number is exact.
#define LN2_LOW -2.12194440e-4f

// A number in all four lanes. The compiler must not know it: it would put 16 bytes in the place of each use, within loops,
// where engines take them apart each time. So it comes from a register.
INLINE f4 all(float x) {
  __asm__("" : "+r"(x));
  return splat(x);
}

// a + b · x
INLINE f4 line(f4 x, float a, float b) { return add(all(a), mul(all(b), x)); }

// Runs STATEMENT for all of `size` numbers, four and at the end fewer at a time: `i` is the first, `lanes` how many. Twice
// in a round, which shares the loads of what all() gives.
#define FOR_NUMBERS(STATEMENT)                                                                     \
  {                                                                                                \
    int i = 0;                                                                                     \
    for (; i + 8 <= size; i += 4) {                                                                \
      const int lanes = 4;                                                                         \
      STATEMENT                                                                                    \
      i += 4;                                                                                      \
      STATEMENT                                                                                    \
    }                                                                                              \
    for (; i < size; i += 4) {                                                                     \
      const int lanes = size - i < 4 ? size - i : 4;                                               \
      STATEMENT                                                                                    \
    }                                                                                              \
  }

// e^x as 2^k · (1 + rest), where rest is as exact near 0 as x is.
typedef struct {
  v128_t k;
  f4 rest;
} Power;

// Its last bits are whole numbers: what is added to it is rounded to one, which is found there.
#define ROUNDER 12582912.0f

// By the Taylor series of e^r on |r| <= ln(2) / 2, within 2e-7 of itself. In pairs, as each step of a longer chain has to wait
// for the one before.
INLINE Power powerOf(f4 x) {
  const f4 rounded = add(mul(x, all(1.44269504f)), all(ROUNDER));
  const f4 k = sub(rounded, all(ROUNDER));
  const f4 r = sub(sub(x, mul(k, all(LN2_HIGH))), mul(k, all(LN2_LOW)));
  const f4 square = mul(r, r);
  const f4 second = line(r, 1.0f / 2, 1.0f / 6);
  const f4 fourth = line(r, 1.0f / 24, 1.0f / 120);
  const f4 sixth = line(r, 1.0f / 720, 1.0f / 5040);
  const f4 series = add(second, mul(square, add(fourth, mul(square, sixth))));
  const Power power = {wasm_i32x4_sub(rounded, all(ROUNDER)), add(r, mul(square, series))};
  return power;
}

// 2^k by its bits, which are those of 1 where k is 0; for whole k from -126 to 127.
INLINE f4 twoTo(v128_t k) { return wasm_i32x4_add(wasm_i32x4_shl(k, 23), all(1)); }

// The greater or lesser of a number and a bound; NaN stays. One instruction, where WASM's own minimum takes many.
INLINE f4 atLeast(f4 x, float bound) { return wasm_f32x4_pmax(x, all(bound)); }
INLINE f4 atMost(f4 x, float bound) { return wasm_f32x4_pmin(x, all(bound)); }

// e^x of x < 90. It comes in two steps, as numbers below the normal ones have no power of two of their own, nor has ∞.
INLINE f4 shareOf(f4 x) {
  const Power power = powerOf(atLeast(x, -105));
  const v128_t half = wasm_i32x4_shr(power.k, 1);
  const f4 y = mul(add(power.rest, all(1)), twoTo(half));
  return mul(y, twoTo(wasm_i32x4_sub(power.k, half)));
}

// e^x
INLINE f4 expOf(f4 x) { return shareOf(atMost(x, 89)); }

// e^x - 1 of x <= 0, exact near 0; anything where x > 0.
INLINE f4 expm1Of(f4 x) {
  const Power power = powerOf(atLeast(x, -87));
  const f4 scale = twoTo(power.k);
  return add(mul(scale, power.rest), sub(scale, all(1)));
}

// -|x|
INLINE f4 minusAbs(f4 x) { return wasm_v128_or(x, all(-0.0f)); }

// `size`, with the sign of `x`; it has none of its own.
INLINE f4 withSignOf(f4 x, f4 size) {
  return wasm_v128_or(size, wasm_v128_and(x, all(-0.0f)));
}
