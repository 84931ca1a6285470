import { expect, test } from '@jest/globals';
import { fuzz } from '../resilience/fuzz.ts';
import { killAndCompare } from '../resilience/kill.ts';
import { pairMatrix, pairTable } from '../resilience/pairs.ts';
import { soak } from '../resilience/soak.ts';

// Short forms of what `npm run resilience` does at length.

test.each(['cpu', 'wasm'] as const)(
  'a training that is killed goes on bit for bit on %s',
  async (backend) => {
    const report = await killAndCompare({
      backend,
      epochs: 4,
      // The first leaves enough checkpoints to damage one, and so whatever comes after the second goes on from another.
      moments: [
        { stage: 'checkpoint', nth: 4, part: 0.5 },
        { stage: 'start-up', nth: 1, part: 0.9 },
        { stage: 'batches', nth: 20, part: 0.1 },
      ],
      damage: 1,
      seed: 5,
      tell: () => undefined,
    });
    expect(report).toMatchObject({ kills: 3, differingBits: 0, differingRows: 0, unended: 0 });
    expect(report.resumes).toBeGreaterThan(0);
    expect(report.damaged).toBeGreaterThan(0);
  },
  180_000,
);

test('a training that is killed as it ends has a log that tells of its end', async () => {
  const report = await killAndCompare({
    backend: 'cpu',
    epochs: 1,
    moments: [{ stage: 'fit end', nth: 1, part: 0 }],
    damage: 0,
    seed: 5,
    tell: () => undefined,
  });
  expect(report).toMatchObject({ kills: 1, differingBits: 0, differingRows: 0, unended: 0 });
  expect(report.fell['fit end']).toBe(1);
}, 120_000);

test('every pair of callbacks is resumed exactly and leaks nothing', async () => {
  const results = await pairMatrix(1, undefined, 3);
  console.log(pairTable(results));
  expect(results.filter(({ outcome }) => outcome === 'differs')).toEqual([]);
  expect(results.filter(({ leaked }) => leaked !== 0)).toEqual([]);
}, 120_000);

test('whatever options and errors a callback is given, it refuses clearly or fits', async () => {
  let told = 0;
  const { cases, ...kinds } = await fuzz(240, (done) => (told = done));
  console.log(kinds);
  expect(cases).toBeGreaterThanOrEqual(240);
  expect(told).toBe(cases);
  for (const count of Object.values(kinds)) expect(count).toBeGreaterThan(0);
}, 120_000);

test('a long fit with all callbacks keeps as many tensors as it began with', async () => {
  const { samples } = await soak(600);
  expect(samples.length).toBeGreaterThan(10);
  expect(new Set(samples.map(({ tensors }) => tensors)).size).toBe(1);
}, 120_000);
