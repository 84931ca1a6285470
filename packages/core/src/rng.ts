/** The whole state of a stream: four unsigned 32-bit integers. */
export type RngState = readonly [number, number, number, number];

/** A stream of random numbers that can be saved and restored. */
export interface Rng {
  /** A number in [0, 1) with 53 random bits. */
  uniform(): number;
  /** An integer in [0, bound). */
  integer(bound: number): number;
  /** A standard normal number. */
  normal(): number;
  /** A random order of 0 … n − 1. */
  permutation(n: number): Int32Array;
  state(): RngState;
  load(state: RngState): void;
}

/**
 * A named stream of a seed: equal seed and name give equal numbers, and no stream disturbs another.
 *
 * The generator is sfc32 (Doty-Humphrey, PractRand), whose 128 bits of state fit a checkpoint. It is written
 * out here because a saved state has to mean the same in every version to come.
 */
export function rng(seed: number, name: string): Rng {
  let [a, b, c, counter] = [hash(name, seed), hash(name, ~seed), seed | 0, 1];
  const next = () => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    c |= 0;
    return result >>> 0;
  };
  // The first outputs still resemble the seed.
  for (let i = 0; i < 16; i++) next();

  const uniform = () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
  const integer = (bound: number) => Math.floor(uniform() * bound);
  return {
    uniform,
    integer,
    normal() {
      // Box and Muller's cosine half: a second value kept back would be state that nobody saves.
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      return radius * Math.cos(2 * Math.PI * uniform());
    },
    permutation(n) {
      const order = Int32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = integer(i + 1);
        const swapped = order[i] as number;
        order[i] = order[j] as number;
        order[j] = swapped;
      }
      return order;
    },
    state: () => [a >>> 0, b >>> 0, c >>> 0, counter >>> 0],
    load(state) {
      [a, b, c, counter] = state.map((word) => word | 0) as [number, number, number, number];
    },
  };
}

/** FNV-1a of the name's UTF-16 units, started from the seed. */
function hash(text: string, seed: number): number {
  let value = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value | 0;
}
