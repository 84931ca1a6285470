// What all kernels share. None may use statics, arrays in memory or the stack: the module has no memory of its own, and
// a data segment or a shadow stack would lie over TensorFlow.js's. Scratch memory is the caller's.
#pragma once
#include <wasm_simd128.h>

#define KERNEL(name) __attribute__((export_name(#name))) void name
// For functions that take constants which decide their loops and registers.
#define INLINE static inline __attribute__((always_inline))

typedef v128_t f4;

INLINE f4 load(const float *p) { return wasm_v128_load(p); }
INLINE void store(float *p, f4 x) { wasm_v128_store(p, x); }
INLINE f4 splat(float x) { return wasm_f32x4_splat(x); }
INLINE f4 add(f4 a, f4 b) { return wasm_f32x4_add(a, b); }
INLINE f4 sub(f4 a, f4 b) { return wasm_f32x4_sub(a, b); }
INLINE f4 mul(f4 a, f4 b) { return wasm_f32x4_mul(a, b); }

// The first of four lanes, zeros in the others.
INLINE f4 loadLanes(const float *p, int lanes) {
  if (lanes == 4) return load(p);
  f4 x = wasm_v128_load32_zero(p);
  if (lanes > 1) x = wasm_v128_load32_lane(p + 1, x, 1);
  if (lanes > 2) x = wasm_v128_load32_lane(p + 2, x, 2);
  return x;
}

INLINE void storeLanes(float *p, f4 x, int lanes) {
  if (lanes == 4) {
    store(p, x);
    return;
  }
  wasm_v128_store32_lane(p, x, 0);
  if (lanes > 1) wasm_v128_store32_lane(p + 1, x, 1);
  if (lanes > 2) wasm_v128_store32_lane(p + 2, x, 2);
}

// Four numbers in float64: two and two.
typedef struct {
  v128_t low, high;
} d4;

INLINE d4 widen(f4 x) {
  const d4 wide = {wasm_f64x2_promote_low_f32x4(x),
                   wasm_f64x2_promote_low_f32x4(wasm_i32x4_shuffle(x, x, 2, 3, 2, 3))};
  return wide;
}

INLINE d4 loadWide(const double *p) {
  const d4 wide = {wasm_v128_load(p), wasm_v128_load(p + 2)};
  return wide;
}

INLINE void storeWide(double *p, d4 x) {
  wasm_v128_store(p, x.low);
  wasm_v128_store(p + 2, x.high);
}

INLINE d4 addWide(d4 a, d4 b) {
  const d4 sum = {wasm_f64x2_add(a.low, b.low), wasm_f64x2_add(a.high, b.high)};
  return sum;
}

INLINE d4 subWide(d4 a, d4 b) {
  const d4 difference = {wasm_f64x2_sub(a.low, b.low), wasm_f64x2_sub(a.high, b.high)};
  return difference;
}

INLINE d4 mulWide(d4 a, d4 b) {
  const d4 product = {wasm_f64x2_mul(a.low, b.low), wasm_f64x2_mul(a.high, b.high)};
  return product;
}

INLINE d4 splatWide(double x) {
  const d4 wide = {wasm_f64x2_splat(x), wasm_f64x2_splat(x)};
  return wide;
}
