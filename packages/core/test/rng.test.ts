import { rng, type Rng, type RngState } from '@tfloop/core';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { at, line } from './fixtures.ts';

const draws = <T>(n: number, draw: () => T): T[] => Array.from({ length: n }, draw);

const uniforms = (n: number, stream: Rng) => draws(n, () => stream.uniform());
const normals = (n: number, stream: Rng) => draws(n, () => stream.normal());

/** Pearson's χ² of counts against equal shares. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

function histogram(bins: number, values: readonly number[]): number[] {
  const counts = Array<number>(bins).fill(0);
  for (const value of values) counts[value]!++;
  return counts;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  const dot = (f: (i: number) => number) => a.reduce((sum, _, i) => sum + f(i), 0);
  return (
    dot((i) => (a[i]! - ma) * (b[i]! - mb)) /
    Math.sqrt(dot((i) => (a[i]! - ma) ** 2) * dot((i) => (b[i]! - mb) ** 2))
  );
}

/** sfc32 as PractRand has it, in whole numbers without overflow. */
function sfc32([a, b, c, counter]: RngState): () => number {
  const word = 2n ** 32n;
  let state = [BigInt(a), BigInt(b), BigInt(c), BigInt(counter)] as const;
  return () => {
    const [a, b, c, d] = state;
    const out = (a + b + d) % word;
    const rotated = ((c << 21n) | (c >> 11n)) % word;
    state = [b ^ (b >> 9n), (c + (c << 3n)) % word, (rotated + out) % word, (d + 1n) % word];
    return Number(out);
  };
}

const seed = fc.integer();
const name = fc.string();

describe('a stream', () => {
  it('is sfc32, 53 bits a number', () => {
    fc.assert(
      fc.property(seed, name, (seed, name) => {
        const stream = rng(seed, name);
        const reference = sfc32(stream.state());
        for (let i = 0; i < 20; i++) {
          const [high, low] = [reference() >>> 5, reference() >>> 6];
          expect(stream.uniform()).toBe((high * 2 ** 26 + low) / 2 ** 53);
        }
      }),
    );
  });

  it('is the same for equal seed and name, and another for any other', () => {
    fc.assert(
      fc.property(seed, name, seed, name, (seed, name, otherSeed, otherName) => {
        const [one, same, other] = [rng(seed, name), rng(seed, name), rng(otherSeed, otherName)];
        const numbers = uniforms(5, one);
        expect(uniforms(5, same)).toEqual(numbers);
        if (seed !== otherSeed || name !== otherName)
          expect(uniforms(5, other)).not.toEqual(numbers);
      }),
    );
  });

  it('means the same numbers in every version', () => {
    // Worked out apart, in Python: FNV-1a of name and seed, then sixteen numbers drawn.
    expect(rng(0, 'data order train').state()).toEqual([3631723136, 4227434385, 282348014, 17]);
    expect(rng(42, 'mixup').state()).toEqual([1306020710, 3552646565, 441490860, 17]);
  });

  it('goes on from a saved state, also one that went through JSON', () => {
    fc.assert(
      fc.property(seed, name, fc.nat(30), (seed, name, before) => {
        const stream = rng(seed, name);
        normals(before, stream);
        const saved = JSON.parse(JSON.stringify(stream.state())) as RngState;
        const rest = () => [
          ...uniforms(3, stream),
          stream.normal(),
          stream.integer(10),
          ...stream.permutation(5),
        ];
        const numbers = rest();
        stream.load(saved);
        expect(rest()).toEqual(numbers);
        const other = rng(0, 'other');
        other.load(saved);
        expect(other.uniform()).toBe(numbers[0]);
      }),
    );
  });

  it('has no relation to a stream of another name or of the next seed', () => {
    const n = 10_000;
    const numbers = (seed: number, name: string) => uniforms(n, rng(seed, name));
    const one = numbers(1, 'a');
    for (const other of [numbers(1, 'b'), numbers(2, 'a'), numbers(-2, 'a'), numbers(1, '')])
      // Four standard deviations.
      expect(Math.abs(correlation(one, other))).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(correlation(one.slice(1), one.slice(0, -1)))).toBeLessThan(4 / Math.sqrt(n));
  });

  it('starts unlike the streams of other seeds', () => {
    const first = draws(10_000, () => 0).map((_, seed) => rng(seed, 'mixup').uniform());
    // χ² with 99 degrees of freedom is below 148.2 in 999 cases of 1000.
    expect(
      chiSquare(
        histogram(
          100,
          first.map((x) => Math.floor(x * 100)),
        ),
      ),
    ).toBeLessThan(148.2);
  });
});

describe('distributions', () => {
  it('uniform is uniform in [0, 1)', () => {
    const values = uniforms(100_000, rng(1, 'uniform'));
    expect(Math.min(...values.slice(0, 1000))).toBeGreaterThanOrEqual(0);
    expect(
      chiSquare(
        histogram(
          100,
          values.map((x) => Math.floor(x * 100)),
        ),
      ),
    ).toBeLessThan(148.2);
  });

  it('integer is uniform below its bound', () => {
    const stream = rng(2, 'integer');
    // 6 degrees of freedom: below 22.5 in 999 cases of 1000.
    expect(
      chiSquare(
        histogram(
          7,
          draws(50_000, () => stream.integer(7)),
        ),
      ),
    ).toBeLessThan(22.5);
    expect(draws(100, () => stream.integer(1))).toEqual(Array(100).fill(0));
  });

  it('normal is normal', () => {
    const n = 20_000;
    const values = normals(n, rng(3, 'normal')).sort((a, b) => a - b);
    // Kolmogorov and Smirnov: √n · D is below 1.95 in 999 cases of 1000.
    const distance = Math.max(
      ...values.map((x, i) => Math.max((i + 1) / n - normalBelow(x), normalBelow(x) - i / n)),
    );
    expect(distance * Math.sqrt(n)).toBeLessThan(1.95);
  });

  it('permutation is one', () => {
    fc.assert(
      fc.property(seed, fc.nat(200), (seed, n) => {
        const order = rng(seed, 'order').permutation(n);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
      }),
    );
  });

  it('permutation gives every order as often', () => {
    const stream = rng(4, 'order');
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = stream.permutation(4).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // 23 degrees of freedom: below 49.7 in 999 cases of 1000.
    expect(chiSquare([...counts.values()])).toBeLessThan(49.7);
  });
});

describe('the streams of a learner', () => {
  const drawing = (name: string, times: number, into: number[] = []) =>
    at('beforeBatch', (loop) => into.push(...uniforms(times, loop.rng(name))), name);

  it('are apart: what one callback draws changes nobody else’s numbers', async () => {
    const [alone, together]: [number[], number[]] = [[], []];
    await line({ seed: 9 }).learner.fit(1, [drawing('mixup', 2, alone)]);
    await line({ seed: 9 }).learner.fit(1, [drawing('other', 5), drawing('mixup', 2, together)]);
    expect(together).toEqual(alone);
    expect(alone.slice(0, 4)).toEqual(uniforms(4, rng(9, 'mixup')));
  });

  it('go on from one fit to the next', async () => {
    const seen: number[] = [];
    const { learner } = line({ seed: 9 });
    for (let i = 0; i < 2; i++) await learner.fit(1, [drawing('mixup', 1, seen)]);
    expect(seen).toEqual(uniforms(6, rng(9, 'mixup')));
  });
});

/** The normal distribution function, by Abramowitz and Stegun's 7.1.26, to 1e-7. */
function normalBelow(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const powers = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
  const tail = powers.reduceRight((sum, p) => (sum + p) * t, 0) * Math.exp(-(x * x) / 2);
  return x > 0 ? 1 - tail / 2 : tail / 2;
}
