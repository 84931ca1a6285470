import { expect, test } from '@jest/globals';
import { compare, studentT, summarize } from '@tfloop/study';
import { sampleResults, sampleRun, sampleRuns } from './sample-results.ts';

// Two-sided 95 % and 99 % points as printed in tables of the t distribution.
test.each([
  [0.95, 1, 12.706],
  [0.95, 2, 4.303],
  [0.95, 3, 3.182],
  [0.95, 4, 2.776],
  [0.95, 9, 2.262],
  [0.95, 30, 2.042],
  [0.95, 120, 1.98],
  [0.99, 5, 4.032],
  [0.5, 1, 1],
])('Student’s t for %d with %i degrees of freedom is %d', (probability, degrees, t) => {
  expect(studentT(probability, degrees)).toBeCloseTo(t, 3);
});

test('compares pairs seed by seed, with an interval', () => {
  const results = sampleResults(sampleRuns);
  const [only] = compare(results);
  // Differences −0.1, −0.02 and −0.06: mean −0.06, sd √((0.04² + 0.04²) / 2) = 0.04; half = 4.30265 · 0.04 / √3.
  expect(only?.validLoss.mean).toBeCloseTo(-0.06, 12);
  expect(only?.validLoss.interval?.[0]).toBeCloseTo(-0.06 - (4.30265 * 0.04) / Math.sqrt(3), 5);
  expect(only?.validLoss.interval?.[1]).toBeCloseTo(-0.06 + (4.30265 * 0.04) / Math.sqrt(3), 5);
  // 0.02, 0.04 and 0.03.
  expect(only?.accuracy.mean).toBeCloseTo(0.03, 12);
  expect(only?.seeds).toEqual([1, 2, 3]);
  expect(compare(results)).toHaveLength(1);
});

test('gives no interval of two seeds, whose differences are easily equal', () => {
  const [only] = compare(
    sampleResults([
      sampleRun('sgd', 1, { validLoss: 0.5 }),
      sampleRun('lookahead-sgd', 1, { validLoss: 0.4 }),
      sampleRun('sgd', 2, { validLoss: 0.6 }),
      sampleRun('lookahead-sgd', 2, { validLoss: 0.5 }),
    ]),
  );
  expect(only?.validLoss.mean).toBeCloseTo(-0.1, 12);
  expect(only?.validLoss.interval).toBeUndefined();
});

test('compares only what both sides completed', () => {
  const results = sampleResults([
    sampleRun('sgd', 1),
    sampleRun('lookahead-sgd', 1, { validLoss: 0.4 }),
    sampleRun('sgd', 2),
    sampleRun('lookahead-sgd', 2, { validLoss: 0.1, status: 'stopped' }),
  ]);
  const [only] = compare(results);
  expect(only?.seeds).toEqual([1]);
  expect(only?.validLoss.mean).toBeCloseTo(-0.1, 12);
  expect(only?.validLoss.interval).toBeUndefined();
});

test('compares a reset with no reset, and Lookahead with its inner optimizer under the same resets', () => {
  const resets = ['none', 'lookahead-sync', 'epoch'] as const;
  const runs = resets.flatMap((reset) => [
    ...(reset === 'lookahead-sync' ? [] : [sampleRun('sgd', 1, { reset })]),
    sampleRun('lookahead-sgd', 1, { reset }),
  ]);
  const pairs = compare(sampleResults(runs, { resets })).map(({ arm, base }) =>
    [arm.optimizer, arm.reset, 'against', base.optimizer, base.reset].join(' '),
  );
  expect(pairs).toEqual([
    'lookahead-sgd none against sgd none',
    'lookahead-sgd lookahead-sync against lookahead-sgd none',
    'sgd epoch against sgd none',
    'lookahead-sgd epoch against lookahead-sgd none',
    'lookahead-sgd epoch against sgd epoch',
  ]);
});

test('summarizes by mean and sample standard deviation, without stopped runs where there are others', () => {
  const rows = summarize(
    sampleResults([
      sampleRun('sgd', 1, { validLoss: 0.5 }),
      sampleRun('sgd', 2, { validLoss: 0.7 }),
      sampleRun('sgd', 3, { validLoss: 9, status: 'stopped' }),
      sampleRun('lookahead-sgd', 1, { validLoss: 0.4, status: 'stopped' }),
    ]),
  );
  expect(rows.map(({ optimizer, status, seeds }) => ({ optimizer, status, seeds }))).toEqual([
    { optimizer: 'sgd', status: 'complete', seeds: [1, 2] },
    { optimizer: 'lookahead-sgd', status: 'stopped', seeds: [1] },
  ]);
  // √((0.1² + 0.1²) / 1)
  expect(rows[0]?.validLoss.mean).toBeCloseTo(0.6, 12);
  expect(rows[0]?.validLoss.sd).toBeCloseTo(Math.SQRT2 / 10, 12);
});
