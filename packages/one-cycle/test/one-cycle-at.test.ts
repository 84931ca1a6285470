import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { combine, cosine, oneCycleAt, type OneCycleShape } from '@tfloop/one-cycle';
import fc from 'fast-check';

const fastai: OneCycleShape = {
  style: 'fastai',
  maxLr: 0.4,
  pctStart: 0.25,
  div: 25,
  divFinal: 1e5,
  momentums: [0.95, 0.85, 0.95],
  threePhase: false,
  anneal: 'cos',
};
const torch: OneCycleShape = { ...fastai, style: 'torch', pctStart: 0.3, divFinal: 1e4 };

interface Golden {
  steps: number;
  runs: { options: Partial<OneCycleShape>; lr: number[]; momentum: number[] }[];
}
const golden = JSON.parse(
  readFileSync(join(__dirname, '../../../tools/oracles/one-cycle.json'), 'utf8'),
) as Golden;

describe('torch style', () => {
  it.each(golden.runs)('is OneCycleLR at every step: $options', ({ options, lr, momentum }) => {
    expect(lr).toHaveLength(100);
    for (let step = 0; step < golden.steps; step++) {
      const values = oneCycleAt(step, golden.steps, { ...torch, ...options });
      expect(Math.abs(values.lr - lr[step]!)).toBeLessThan(1e-7);
      // The smallest rates are below 1e-7, so they are compared by ratio as well.
      expect(values.lr / lr[step]!).toBeCloseTo(1, 6);
      expect(Math.abs(values.momentum! - momentum[step]!)).toBeLessThan(1e-7);
    }
  });

  it('peaks at step pct·N − 1 and reaches its last values at step N − 1', () => {
    // 0.4 / 25 / 1e4 = 1.6e-6
    expect(oneCycleAt(29, 100, torch)).toEqual({ lr: 0.4, momentum: 0.85 });
    expect(oneCycleAt(99, 100, torch).lr).toBeCloseTo(1.6e-6, 15);
  });

  it('has values where a phase has no length', () => {
    // pct·N = 1 leaves the way up only the step that is the peak.
    expect(oneCycleAt(0, 10, { ...torch, pctStart: 0.1 }).lr).toBe(0.4);
    expect(oneCycleAt(0, 1, torch).lr).toBeCloseTo(1.6e-6, 15);
    expect(oneCycleAt(0, 1, { ...torch, pctStart: 1 }).lr).toBe(0.4);
    expect(oneCycleAt(99, 100, { ...torch, pctStart: 1 }).lr).toBe(0.4);
  });
});

describe('fastai style', () => {
  it('has the values of fit_one_cycle at N = 100', () => {
    // 0.4/25 first, the peak at step 25; the last step is at 74/75 of the way down:
    // 4e-6 + (0.4 − 4e-6)(1 + cos(74π/75))/2 = 1.794…e-4 = 4.48e-4 of the peak.
    expect(oneCycleAt(0, 100, fastai).lr).toBeCloseTo(0.016, 12);
    expect(oneCycleAt(25, 100, fastai)).toEqual({ lr: 0.4, momentum: 0.85 });
    const last = 4e-6 + ((0.4 - 4e-6) * (1 + Math.cos((74 * Math.PI) / 75))) / 2;
    expect(last / 0.4).toBeCloseTo(4.5e-4, 5);
    expect(oneCycleAt(99, 100, fastai).lr).toBeCloseTo(last, 12);
    expect(oneCycleAt(100, 100, fastai).lr).toBeCloseTo(4e-6, 15);
  });

  it('is two cosines combined', () => {
    const lr = combine([
      { fraction: 0.25, schedule: cosine(0.016, 0.4) },
      { fraction: 0.75, schedule: cosine(0.4, 4e-6) },
    ]);
    const momentum = combine([
      { fraction: 0.25, schedule: cosine(0.95, 0.85) },
      { fraction: 0.75, schedule: cosine(0.85, 0.95) },
    ]);
    for (let step = 0; step <= 37; step++) {
      const values = oneCycleAt(step, 37, fastai);
      expect(values.lr).toBeCloseTo(lr(step / 37), 12);
      expect(values.momentum).toBeCloseTo(momentum(step / 37), 12);
    }
  });

  it('has three phases where asked: up, down as fast, and down to the end with momentum held', () => {
    const shape: OneCycleShape = { ...fastai, threePhase: true, anneal: 'linear', div: 4 };
    // Of 100 steps: 0.1 → 0.4 in 25, back in 25, then to 4e-6 in 50.
    expect(oneCycleAt(0, 100, shape)).toEqual({ lr: 0.1, momentum: 0.95 });
    expect(oneCycleAt(5, 100, shape).lr).toBeCloseTo(0.16, 12);
    expect(oneCycleAt(25, 100, shape)).toEqual({ lr: 0.4, momentum: 0.85 });
    expect(oneCycleAt(45, 100, shape).lr).toBeCloseTo(0.16, 12);
    expect(oneCycleAt(50, 100, shape).lr).toBeCloseTo(0.1, 12);
    // Halfway down the last phase: (0.1 + 4e-6) / 2
    expect(oneCycleAt(75, 100, shape).lr).toBeCloseTo(0.050002, 12);
    expect(oneCycleAt(75, 100, shape).momentum).toBe(0.95);
  });

  it('leaves momentum alone where it is false', () => {
    expect(oneCycleAt(3, 10, { ...fastai, momentums: false }).momentum).toBeUndefined();
  });

  it('has no value beyond its end', () => {
    expect(() => oneCycleAt(101, 100, fastai)).toThrow(/position must be/);
    expect(() => oneCycleAt(-1, 100, fastai)).toThrow(/position must be/);
  });
});

describe('every 1cycle', () => {
  const anyShape = fc.record<OneCycleShape>({
    style: fc.constantFrom('fastai', 'torch'),
    maxLr: fc.double({ min: 1e-3, max: 10, noNaN: true }),
    pctStart: fc.double({ min: 0, max: 0.5, noNaN: true }),
    div: fc.double({ min: 1, max: 100, noNaN: true }),
    divFinal: fc.double({ min: 100, max: 1e5, noNaN: true }),
    momentums: fc.constant([0.95, 0.85, 0.9] as const),
    threePhase: fc.boolean(),
    anneal: fc.constantFrom('cos', 'linear'),
  });

  it('stays within its bounds, rises to one peak and falls after it; momentum stays opposite', () => {
    fc.assert(
      fc.property(anyShape, fc.integer({ min: 1, max: 60 }), (shape, steps) => {
        const values = Array.from({ length: steps }, (_, step) => oneCycleAt(step, steps, shape));
        const lrs = values.map(({ lr }) => lr);
        const peak = lrs.indexOf(Math.max(...lrs));
        const { maxLr, div, divFinal, style } = shape;
        const lowest = maxLr / divFinal / (style === 'torch' ? div : 1);
        lrs.forEach((lr, i) => {
          expect(lr).toBeGreaterThanOrEqual(lowest * (1 - 1e-9));
          expect(lr).toBeLessThanOrEqual(maxLr * (1 + 1e-9));
          if (i > 0) {
            const rise = lr - lrs[i - 1]!;
            if (i <= peak) expect(rise).toBeGreaterThanOrEqual(-1e-12 * maxLr);
            else expect(rise).toBeLessThanOrEqual(1e-12 * maxLr);
          }
        });
        for (const { momentum } of values) {
          expect(momentum).toBeGreaterThanOrEqual(0.85 - 1e-12);
          expect(momentum).toBeLessThanOrEqual(0.95 + 1e-12);
        }
      }),
    );
  });
});
