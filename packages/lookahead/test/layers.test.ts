import * as tf from '@tensorflow/tfjs';
import { expect, test } from '@jest/globals';
import { batches, Learner, meanSquaredError, type Callback } from '@tfloop/core';
import { lookahead } from '@tfloop/lookahead';
import { sgd } from '@tfloop/optimizers';

function network() {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 4, inputShape: [3], trainable: false, name: 'frozen' }),
      tf.layers.batchNormalization({ name: 'norm' }),
      tf.layers.dense({ units: 1, name: 'head' }),
    ],
  });
  const [x, y] = [tf.randomNormal([16, 3], 0, 1, 'float32', 1), tf.ones([16, 1])];
  const optimizer = sgd({ lr: 0.1, momentum: 0.9 });
  const learner = new Learner({
    model,
    loss: meanSquaredError(),
    optimizer,
    data: { train: batches({ x, y }, { batchSize: 4 }), valid: batches({ x, y }) },
  });
  return {
    learner,
    numbers: (part: string) =>
      model.weights
        .filter(({ name }) => name.includes(part))
        .flatMap((weight) => [...weight.read().dataSync()]),
    dispose: () => {
      optimizer.dispose();
      model.dispose();
      tf.dispose([x, y]);
    },
  };
}

test('leaves frozen layers alone, to the bit', async () => {
  const { learner, numbers, dispose } = network();
  const [frozen, head] = [numbers('frozen'), numbers('head')];
  await learner.fit(2, [lookahead({ k: 3 })]);
  expect(numbers('frozen')).toEqual(frozen);
  expect(numbers('head')).not.toEqual(head);
  dispose();
});

test('a sync and the slow view leave the moving statistics of batch normalization alone', async () => {
  const { learner, numbers, dispose } = network();
  const seen: { gamma: number[]; moving: number[] }[] = [];
  const look = () => void seen.push({ gamma: numbers('gamma'), moving: numbers('moving') });
  const before: Callback = { name: 'before', order: -1e6, afterStep: look };
  const after: Callback = { name: 'after', order: 1e6, afterStep: look, beforeValidate: look };
  // Four steps; the sync is the third.
  await learner.fit(1, [lookahead({ k: 3, atEnd: 'fast' }), before, after]);
  expect(seen).toHaveLength(9);
  const [beforeSync, afterSync, lastStep, validation] = [seen[4]!, seen[5]!, seen[7]!, seen[8]!];
  expect(afterSync.gamma).not.toEqual(beforeSync.gamma);
  expect(afterSync.moving).toEqual(beforeSync.moving);
  // They did move from step to step, and validation sees the newest with the slow gamma.
  expect(lastStep.moving).not.toEqual(afterSync.moving);
  expect(validation.moving).toEqual(lastStep.moving);
  expect(validation.gamma).toEqual(afterSync.gamma);
  expect(numbers('moving')).toEqual(lastStep.moving);
  dispose();
});
