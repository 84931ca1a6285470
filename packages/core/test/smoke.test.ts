import * as tf from '@tensorflow/tfjs';
import { expect, test } from '@jest/globals';
import { accuracy, batches, crossEntropy, Learner } from '@tfloop/core';

test('smoke', async () => {
  await tf.setBackend('cpu');
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 8, activation: 'relu', inputShape: [4] }),
      tf.layers.dense({ units: 3 }),
    ],
  });
  const x = tf.randomNormal([50, 4], 0, 1, 'float32', 1);
  const y = tf.argMax(tf.slice(x, [0, 0], [50, 3]), 1);
  const before = tf.memory().numTensors;
  const optimizer = {
    name: 'o',
    hyperparameters: ['lr'],
    momentumName: undefined,
    get: () => 0.5,
    set() {},
    slots: () => new Map(),
    reset: () => ({ elements: 0, slots: {} }),
    state: () => {
      throw new Error();
    },
    load() {},
    dispose() {},
    step(p: any, g: any) {
      tf.tidy(() => {
        for (const [n, v] of p) v.assign(tf.sub(v, tf.mul(0.5, g.get(n))));
      });
    },
  };
  const learner = new Learner({
    model,
    loss: crossEntropy(),
    optimizer: optimizer as any,
    metrics: [accuracy()],
    trainMetrics: true,
    data: { train: batches({ x, y }, { batchSize: 16, shuffle: true }), valid: batches({ x, y }) },
  });
  const h = await learner.fit(10, [{ name: 'a', afterStep() {}, beforeFit() {} }]);
  console.log(
    h.table(),
    h.toCSV(),
    learner.explain([{ name: 'a', afterStep() {}, beforeFit() {} }]),
  );
  console.log(await learner.validate());
  expect(tf.memory().numTensors).toBe(before);
});
