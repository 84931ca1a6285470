import type { Rng } from '@tfloop/core';

/**
 * A number of the Beta(a, b) distribution, in [0, 1], for a and b above 0.
 *
 * X / (X + Y) with X of Gamma(a) and Y of Gamma(b), in logarithms: for small shapes both underflow to 0.
 */
export function sampleBeta(a: number, b: number, rng: Rng): number {
  const [x, y] = [logGamma(a, rng), logGamma(b, rng)];
  return 1 / (1 + Math.exp(y - x));
}

/**
 * The logarithm of a number of the Gamma(shape, 1) distribution.
 *
 * Marsaglia and Tsang, "A simple method for generating gamma variables", 2000; shapes below 1 as
 * Gamma(shape + 1)·U^(1 / shape).
 */
function logGamma(shape: number, rng: Rng): number {
  // 1 − uniform is in (0, 1], of which there is a logarithm.
  if (shape < 1) return logGamma(shape + 1, rng) + Math.log(1 - rng.uniform()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const u = 1 - rng.uniform();
    if (Math.log(u) < x ** 2 / 2 + d * (1 - v + Math.log(v))) return Math.log(d * v);
  }
}
