import * as tf from '@tensorflow/tfjs';
import { expect, test } from '@jest/globals';
import { batches, Learner, meanSquaredError } from '@tfloop/core';
import type { Optimizer } from '@tfloop/core';
import { adam, adamw, fromTfjs, rmsprop, sgd } from '@tfloop/optimizers';

test.each<[string, () => Optimizer]>([
  ['sgd', () => sgd({ lr: 0.1, momentum: 0.5 })],
  ['adam', () => adam({ lr: 0.05 })],
  ['adamw', () => adamw({ lr: 0.05, weightDecay: 1e-4 })],
  ['rmsprop', () => rmsprop({ lr: 0.02, alpha: 0.9 })],
  ['tfjs', () => fromTfjs(tf.train.adam(0.05))],
])('%s trains a layers model, with its first layer frozen in the second fit', async (_, make) => {
  const before = tf.memory().numTensors;
  const values = Float32Array.from({ length: 64 }, (_, index) => index / 32 - 1);
  const data = {
    train: batches(
      {
        x: { values, shape: [64, 1] },
        y: { values: values.map((value) => 3 * value + 1), shape: [64, 1] },
      },
      { batchSize: 16, shuffle: true },
    ),
  };
  const frozen = tf.layers.dense({
    units: 2,
    inputShape: [1],
    kernelInitializer: 'ones',
    biasInitializer: 'zeros',
  });
  const last = tf.layers.dense({ units: 1, kernelInitializer: 'ones' });
  const model = tf.sequential({ layers: [frozen, last] });
  const optimizer = make();
  const learner = new Learner({ model, data, loss: meanSquaredError(), optimizer });
  const first = await learner.fit(5);
  frozen.trainable = false;
  const kernel = [...frozen.getWeights()[0]!.dataSync()];
  const second = await learner.fit(15);
  expect([...frozen.getWeights()[0]!.dataSync()]).toEqual(kernel);
  const losses = [...first.rows, ...second.rows].map((row) => row.trainLoss);
  expect(losses.at(-1)).toBeLessThan(0.05 * losses[0]!);
  optimizer.dispose();
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
