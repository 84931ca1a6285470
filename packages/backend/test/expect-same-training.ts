import { expect } from '@jest/globals';
import type { Trained } from './train-on.ts';

/**
 * Asserts that a GPU trained as the CPU back end did. A gradient is a sum of up to n = 16 · 8 · 8 products; in float32 it is off by
 * about √n · 2^-24 = 2e-6 of its terms, in whatever order a GPU adds them up, and the four layers of such sums by a few times
 * that: 1e-5 of the parameter's greatest gradient (seen: 1.1e-6).
 */
export function expectSameTraining(gpu: Trained, cpu: Trained): void {
  expect(Math.abs(gpu.loss - cpu.loss)).toBeLessThan(1e-5 * cpu.loss);
  expect(Object.keys(gpu.gradients)).toEqual(Object.keys(cpu.gradients));
  const errors = Object.entries(cpu.gradients).map(([name, expected]) => {
    const actual = gpu.gradients[name]!;
    expect(actual).toHaveLength(expected.length);
    const worst = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)));
    return { name, error: worst / Math.max(...expected.map(Math.abs)) };
  });
  expect(errors).toHaveLength(8);
  expect(errors.filter(({ error }) => !(error < 1e-5))).toEqual([]);
  for (const name of ['sgd', 'adamw'] as const) {
    const [losses, expected] = [gpu.losses[name], cpu.losses[name]];
    // Steps further the errors have grown, as weights feed back.
    losses.forEach((loss, epoch) => expect(Math.abs(loss - expected[epoch]!)).toBeLessThan(1e-4));
    expect(losses.at(-1)).toBeLessThan(0.7 * losses[0]!);
  }
  expect(gpu.leaked).toBe(0);
}
