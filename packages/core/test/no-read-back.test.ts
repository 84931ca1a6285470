import { batches } from '@tfloop/core';
import { toyProblem } from '@tfloop/core/testing';
import { afterEach, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { at, line } from './fixtures.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

/**
 * Counts what is read back from the device: on the CPU back end, `read` goes through `readSync`. Stops the clock
 * as well, so that the loop hands out no host turns.
 */
function countReads(): () => number {
  jest.spyOn(performance, 'now').mockReturnValue(0);
  const { mock } = jest.spyOn(tf.backend(), 'readSync');
  return () => mock.calls.length;
}

test('nothing is read back between the first batch of an epoch and the last', async () => {
  const problem = toyProblem();
  const reads = countReads();
  const [atBatches, atEpochs]: [number[], number[]] = [[], []];
  await problem.learner.fit(2, [
    at('beforeTrain', () => atEpochs.push(reads()), 'start'),
    at('afterBatch', ({ phase }) => phase === 'train' && atBatches.push(reads()), 'batches'),
    at('afterValidate', () => atEpochs.push(reads()), 'end'),
  ]);
  const [begun, ended, begunAgain, endedAgain] = atEpochs as [number, number, number, number];
  // Three batches and a validation later, in each of the two epochs: still the same count.
  expect(atBatches).toEqual([begun, begun, begun, begunAgain, begunAgain, begunAgain]);
  expect([ended, endedAgain]).toEqual([begun, begunAgain]);
  // The row is read at the end of the epoch, so the count does count.
  expect(begunAgain).toBeGreaterThan(ended);
  problem.dispose();
});

test('somebody who asks for the loss gets the smoothed one so far', async () => {
  const { learner } = line({ lr: 0 });
  const losses: number[] = [];
  const reads = countReads();
  const counts: number[] = [];
  await learner.fit(1, [
    at('beforeTrain', async (loop) => losses.push(await loop.readLoss()), 'early'),
    at('afterStep', async (loop) => {
      losses.push(await loop.readLoss());
      counts.push(reads());
    }),
  ]);
  // The batches' losses at w = 0 are mean(4, 16) = 10 and mean(36, 64) = 50;
  // their debiased mean is (0.98 · 0.02 · 10 + 0.02 · 50) / (1 − 0.98²) = (9.8 + 50) / 1.98.
  expect(losses[0]).toBeNaN();
  expect(losses[1]).toBeCloseTo(10, 10);
  expect(losses[2]).toBeCloseTo(59.8 / 1.98, 5);
  expect(counts).toEqual([1, 2]);
});

test('askers who don’t wait get the losses in their order, however long the device takes', async () => {
  const smooth = async () => {
    const history = await line({ lr: 0 }).learner.fit(1, [
      at('afterStep', (loop) => void loop.readLoss()),
    ]);
    return history.last?.smoothLoss;
  };
  const expected = await smooth();
  const backend = tf.backend();
  const read = backend.read.bind(backend);
  let calls = 0;
  jest.spyOn(backend, 'read').mockImplementation(async (id) => {
    if (calls++ === 0) for (let i = 0; i < 5; i++) await new Promise(setImmediate);
    return read(id);
  });
  expect(await smooth()).toBe(expected);
});

test('an epoch is one piece of work where everything is synchronous', async () => {
  const problem = toyProblem();
  countReads();
  const turns: string[] = [];
  const seen: number[] = [];
  await problem.learner.fit(1, [
    at('beforeTrain', () => {
      // Would come between the batches if the loop waited for anything there.
      void Promise.resolve().then(() => turns.push('microtask'));
    }),
    at('afterBatch', () => seen.push(turns.length), 'batches'),
  ]);
  expect(seen).toEqual([0, 0, 0, 0, 0]);
  expect(turns).toEqual(['microtask']);
  problem.dispose();
});

test('the host gets a turn where an epoch takes long', async () => {
  const problem = toyProblem();
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
  const turns: string[] = [];
  const seen: number[] = [];
  await problem.learner.fit(1, [
    at('beforeTrain', () => void setImmediate(() => turns.push('task'))),
    at('afterTrain', () => seen.push(turns.length), 'end'),
  ]);
  expect(seen).toEqual([1]);
  problem.dispose();
});

test('many losses are read in groups, and none is lost', async () => {
  const n = 600;
  const x = Float32Array.from({ length: n }, () => 1);
  const y = Float32Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 1 : 3));
  const { learner } = line({
    lr: 0,
    data: { train: batches({ x, y }, { batchSize: 1 }) },
  });
  const reads = countReads();
  const history = await learner.fit(1);
  // Losses are 1 and 9 by turns. 600 of them: two groups of 256 and the rest.
  expect(history.last?.trainLoss).toBe(5);
  expect(reads()).toBe(3);
});
