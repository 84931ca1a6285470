/** Values that a seed fixes; `tied` ones are whole numbers from -2 to 2, so that equal neighbours are common. */
export function values(
  seed: number,
  size: number,
  kind: 'normal' | 'tied' = 'normal',
): Float32Array {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return Float32Array.from({ length: size }, () =>
    kind === 'tied' ? Math.floor(next() * 5) - 2 : next() * 2 - 1,
  );
}
