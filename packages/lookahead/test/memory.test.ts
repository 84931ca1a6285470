import * as tf from '@tensorflow/tfjs';
import { expect, jest, test } from '@jest/globals';
import type { Callback } from '@tfloop/core';
import { toyProblem } from '@tfloop/core/testing';
import { lookahead } from '@tfloop/lookahead';
import { line } from './line.ts';

/** What there is after every batch of a fit of 6 steps more than before it: tensors, bytes, buffers. */
async function growth(callbacks: Callback[]): Promise<[number, number, number][]> {
  // With the clock stopped the host gets no turns, at which losses are read and freed.
  const clock = jest.spyOn(performance, 'now').mockReturnValue(0);
  const problem = toyProblem();
  await problem.learner.fit(1);
  const before = tf.memory();
  const seen: [number, number, number][] = [];
  const probe: Callback = {
    name: 'probe',
    order: 1e6,
    afterBatch({ phase }) {
      const { numTensors, numBytes, numDataBuffers } = tf.memory();
      if (phase === 'train')
        seen.push([
          numTensors - before.numTensors,
          numBytes - before.numBytes,
          numDataBuffers - before.numDataBuffers,
        ]);
    },
  };
  await problem.learner.fit(2, [...callbacks, probe]);
  problem.dispose();
  clock.mockRestore();
  return seen;
}

/** How much more that is with callbacks than without. */
async function extra(callbacks: Callback[]): Promise<number[][]> {
  const [alone, around] = [await growth([]), await growth(callbacks)];
  return around.map((counts, i) => counts.map((count, j) => count - alone[i]![j]!));
}

test('holds one copy of the trained weights, and shares it with the model after a sync', async () => {
  // Trained are 16 · 5 + 5 + 5 · 3 = 100 float32 in 3 variables.
  const copy = [3, 400, 3];
  // Bytes of shared data are counted twice, buffers once: none more where slow and fast are one.
  const shared = [3, 400, 0];
  expect(await extra([lookahead({ k: 3 })])).toEqual([copy, copy, shared, copy, copy, shared]);
});

test('pullback holds one copy of the momentum besides', async () => {
  const [copy, shared] = [
    [6, 800, 6],
    [6, 800, 0],
  ];
  expect(await extra([lookahead({ k: 3, momentum: 'pullback' })])).toEqual([
    copy,
    copy,
    shared,
    copy,
    copy,
    shared,
  ]);
});

test('slow weights stay what they are when the model’s variables are assigned to', async () => {
  const { learner, weight, value, dispose } = line({ gradients: [1, 1] });
  const seen: number[] = [];
  const meddler: Callback = {
    name: 'meddler',
    beforeBatch({ phase, views }) {
      if (phase !== 'train') return;
      tf.tidy(() => {
        weight.assign(tf.tensor1d([9]));
      });
      const restore = views.show('slow');
      seen.push(value());
      restore();
      seen.push(value());
    },
  };
  // k = 1, α = 0.5: 9 − 1 = 8 → 0 + 0.5 · 8 = 4; 9 − 1 = 8 → 4 + 0.5 · 4 = 6.
  await learner.fit(1, [lookahead({ k: 1, alpha: 0.5 }), meddler]);
  expect(seen).toEqual([0, 9, 4, 9]);
  expect(value()).toBe(6);
  dispose();
});

test('reads nothing back from the device', async () => {
  const problem = toyProblem();
  const backend = tf.backend();
  const spies = [jest.spyOn(backend, 'read'), jest.spyOn(backend, 'readSync')];
  const reads = () => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
  // Around all that lookahead does after a step.
  let before = NaN;
  const within: number[] = [];
  await problem.learner.fit(2, [
    { name: 'first', order: -1e6, afterStep: () => void (before = reads()) },
    lookahead({ k: 2 }),
    { name: 'last', order: 1e6, afterStep: () => void within.push(reads() - before) },
  ]);
  expect(within).toEqual([0, 0, 0, 0, 0, 0]);
  expect(reads()).toBeGreaterThan(0);
  for (const spy of spies) spy.mockRestore();
  problem.dispose();
});
