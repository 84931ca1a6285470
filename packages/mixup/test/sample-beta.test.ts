import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { rng } from '@tfloop/core';
import { sampleBeta } from '@tfloop/mixup';

const golden = JSON.parse(
  readFileSync(join(__dirname, '../../../tools/oracles/mixup.json'), 'utf8'),
) as { points: number; quantiles: Record<string, number[]> };

describe('sampleBeta', () => {
  it.each(Object.entries(golden.quantiles))('is distributed as Beta(%s)', (shapes, quantiles) => {
    const [a, b] = shapes.split(', ').map(Number) as [number, number];
    const stream = rng(1, 'kolmogorov-smirnov');
    const n = 20_000;
    const draws = Float64Array.from({ length: n }, () => sampleBeta(a, b, stream)).sort();
    // Kolmogorov's distance at the percentiles; 1.63 / √n is exceeded by one sample in a hundred.
    let distance = 0;
    quantiles.forEach((quantile, i) => {
      const below = draws.filter((draw) => draw <= quantile).length / n;
      distance = Math.max(distance, Math.abs(below - (i + 1) / golden.points));
    });
    expect(quantiles).toHaveLength(99);
    expect(distance).toBeLessThan(1.63 / Math.sqrt(n));
  });

  it('stays in [0, 1] for shapes whose Gamma numbers underflow or are all but equal', () => {
    const stream = rng(2, 'extremes');
    for (const shape of [1e-3, 1e-2, 1e4])
      for (let i = 0; i < 200; i++) {
        const draw = sampleBeta(shape, shape, stream);
        expect(draw).toBeGreaterThanOrEqual(0);
        expect(draw).toBeLessThanOrEqual(1);
        if (shape === 1e4) expect(Math.abs(draw - 0.5)).toBeLessThan(0.05);
      }
  });

  it('depends on its stream alone', () => {
    const draws = () => {
      const stream = rng(3, 'mixup');
      return [sampleBeta(0.4, 0.4, stream), sampleBeta(0.4, 0.4, stream)];
    };
    expect(draws()).toEqual(draws());
  });
});
