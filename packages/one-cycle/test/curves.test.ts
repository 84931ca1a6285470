import { describe, expect, it } from '@jest/globals';
import {
  combine,
  constant,
  cosine,
  exponential,
  linear,
  polynomial,
  type Curve,
} from '@tfloop/one-cycle';
import fc from 'fast-check';

const position = fc.double({ min: 0, max: 1, noNaN: true });
const positive = fc.double({ min: 1e-6, max: 1e3, noNaN: true });
const between: Record<string, (start: number, end: number) => Curve> = {
  linear,
  cosine,
  exponential,
  'polynomial of power 2': (start, end) => polynomial(start, end, 2),
  'polynomial of power 0.5': (start, end) => polynomial(start, end, 0.5),
};

describe.each(Object.entries(between))('%s', (_name, curve) => {
  it('begins at its start and ends at its end', () => {
    fc.assert(
      fc.property(positive, positive, (start, end) => {
        expect(curve(start, end)(0)).toBeCloseTo(start, 8);
        expect(curve(start, end)(1)).toBeCloseTo(end, 8);
      }),
    );
  });

  it('stays between its ends', () => {
    fc.assert(
      fc.property(positive, positive, position, (start, end, p) => {
        const value = curve(start, end)(p);
        const rounding = 1e-12 * Math.max(start, end);
        expect(value).toBeGreaterThanOrEqual(Math.min(start, end) - rounding);
        expect(value).toBeLessThanOrEqual(Math.max(start, end) + rounding);
      }),
    );
  });

  it('moves in one direction', () => {
    fc.assert(
      fc.property(positive, positive, position, position, (start, end, p, q) => {
        const [early, late] = [Math.min(p, q), Math.max(p, q)].map(curve(start, end)) as [
          number,
          number,
        ];
        const rounding = 1e-12 * Math.max(start, end);
        expect((late - early) * Math.sign(end - start)).toBeGreaterThanOrEqual(-rounding);
      }),
    );
  });

  it('refuses positions outside of [0, 1] and gives NaN for NaN', () => {
    expect(() => curve(1, 2)(-0.01)).toThrow(/position must be a number >= 0 and <= 1, got -0.01/);
    expect(() => curve(1, 2)(1.01)).toThrow(/position must be a number >= 0 and <= 1, got 1.01/);
    expect(curve(1, 2)(NaN)).toBeNaN();
  });

  it('refuses ends that are not numbers', () => {
    expect(() => curve(NaN, 1)).toThrow(/start must be a number.*, got NaN/);
    expect(() => curve(1, Infinity)).toThrow(/end must be a number.*, got Infinity/);
  });
});

describe('curves by hand', () => {
  it('linear: a quarter of the way from 1 to 3 is 1.5', () => {
    expect(linear(1, 3)(0.25)).toBe(1.5);
  });

  it('cosine: at 1/3, 1 + (0 − 1)(1 − cos 60°)/2 = 0.75; at 1/2 the middle', () => {
    expect(cosine(1, 0)(1 / 3)).toBeCloseTo(0.75, 12);
    expect(cosine(2, 4)(0.5)).toBeCloseTo(3, 12);
  });

  it('exponential: halfway from 0.01 to 1 is their geometric mean 0.1', () => {
    expect(exponential(0.01, 1)(0.5)).toBeCloseTo(0.1, 12);
  });

  it('polynomial: power 2 is at 0.25 of the distance left halfway; power 1 is linear', () => {
    expect(polynomial(1, 0, 2)(0.5)).toBe(0.25);
    expect(polynomial(1, 3, 1)(0.25)).toBe(1.5);
  });

  it('constant: the same everywhere, also where the position is unknown', () => {
    expect([0, 0.3, 1, NaN].map(constant(0.7))).toEqual([0.7, 0.7, 0.7, 0.7]);
    expect(() => constant(0.7)(2)).toThrow('constant: position must be');
  });

  it('refuses what has no meaning', () => {
    expect(() => exponential(0, 1)).toThrow('exponential: start must be a number > 0, got 0');
    expect(() => exponential(1, -1)).toThrow('exponential: end must be a number > 0, got -1');
    expect(() => polynomial(1, 0, 0)).toThrow('polynomial: power must be a number > 0, got 0');
  });
});

describe('combine', () => {
  it('squeezes each part into its fraction', () => {
    // Up from 0 to 1 over a quarter, flat to the half, down to −1 over the rest.
    const curve = combine([
      { fraction: 0.25, schedule: linear(0, 1) },
      { fraction: 0.25, schedule: constant(1) },
      { fraction: 0.5, schedule: linear(1, -1) },
    ]);
    expect([0, 0.125, 0.25, 0.4, 0.5, 0.75, 1].map(curve)).toEqual([0, 0.5, 1, 1, 1, 0, -1]);
  });

  it('lets a joint belong to the part after it, and skips parts of no length', () => {
    const curve = combine([
      { fraction: 0, schedule: constant(9) },
      { fraction: 0.5, schedule: constant(1) },
      { fraction: 0.5, schedule: constant(2) },
      { fraction: 0, schedule: constant(9) },
    ]);
    expect([0, 0.49, 0.5, 1].map(curve)).toEqual([1, 1, 2, 2]);
  });

  it('is continuous at joints where its parts meet', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 100 }), positive), {
          minLength: 2,
          maxLength: 6,
        }),
        (knots) => {
          const sum = knots.reduce((total, [share]) => total + share, 0);
          let from = 1;
          let joint = 0;
          const parts = knots.map(([share, to]) => {
            const part = { fraction: share / sum, schedule: linear(from, to) };
            from = to;
            return part;
          });
          const curve = combine(parts);
          for (const [i, { fraction }] of parts.slice(0, -1).entries()) {
            joint += fraction;
            const at = knots[i]?.[1] ?? NaN;
            // The steepest part rises by 1000 within 1/600.
            expect(Math.abs(curve(joint - 1e-9) - at)).toBeLessThan(1e-3);
            expect(Math.abs(curve(joint + 1e-9) - at)).toBeLessThan(1e-3);
          }
        },
      ),
    );
  });

  it('takes fractions that miss 1 by a rounding error only', () => {
    const parts = (...fractions: number[]) =>
      fractions.map((fraction) => ({ fraction, schedule: linear(0, 1) }));
    expect(combine(parts(0.1, 0.2, 0.3, 0.4))(1)).toBeCloseTo(1, 12);
    expect(combine(parts(...Array<number>(10).fill(0.1)))(1)).toBeCloseTo(1, 12);
    expect(() => combine(parts(0.5, 0.4))).toThrow('combine: the fractions must sum to 1, got 0.9');
    expect(() => combine(parts(0.5, 0.5 + 1e-8))).toThrow('combine: the fractions must sum to 1');
    expect(() => combine(parts(1.5, -0.5))).toThrow('combine: fraction 0 must be a number >= 0');
    expect(() => combine([])).toThrow('combine: the fractions must sum to 1, got 0');
    expect(() => combine(parts(1))(1.5)).toThrow('combine: position must be');
    expect(combine(parts(1))(NaN)).toBeNaN();
  });
});
