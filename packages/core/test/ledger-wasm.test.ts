import { useBackend } from '@tfloop/backend';
import { toyProblem } from '@tfloop/core/testing';
import { adamw } from '@tfloop/optimizers';
import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { createShipped } from '@tfloop/tools/shipped';
import { at } from './fixtures.ts';

beforeAll(async () => {
  await useBackend({ backend: 'wasm', log: () => undefined });
});

test('on WASM the figures are what they are on any back end', async () => {
  const problem = toyProblem({ optimizer: adamw() });
  const before = tf.memory().numTensors;
  const kept: tf.Tensor[] = [];
  const three = at(
    'afterStep',
    async () => {
      const first = tf.tensor([1]);
      first.dataSync();
      first.dispose();
      kept.push(tf.tensor([1, 2, 3, 4]), tf.tensor([1]));
      await kept.pop()?.data();
    },
    'three',
  );
  const callbacks = [...createShipped(['lookahead', 'mixup', 'stateReset']), three];
  const { ledger } = await problem.learner.fit(1, callbacks, { ledger: true });
  const row = ledger?.rows.find(
    ({ callback, event }) => callback === 'three' && event === 'afterStep',
  );
  // Two of three are never freed, in each of three steps.
  expect(row).toMatchObject({
    calls: 3,
    made: 9,
    kept: 6,
    leaked: 6,
    leakedBytes: 60,
    readBacks: 6,
  });
  expect(ledger?.leaked.tensors).toBe(6);
  const inBatches = ledger?.rows.filter(
    ({ callback, event }) => callback !== 'three' && event !== 'figures',
  );
  expect(inBatches?.filter(({ readBacks }) => readBacks > 0)).toEqual([]);
  const slots = ['first-moment', 'second-moment'] as const;
  const remembered = slots.reduce(
    (sum, role) => sum + problem.learner.optimizer.slots(role).size,
    0,
  );
  expect(tf.memory().numTensors - before).toBe(6 + remembered);
  problem.dispose();
});
