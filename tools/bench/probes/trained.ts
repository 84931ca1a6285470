import type * as tf from '@tensorflow/tfjs';
import { batches, crossEntropy, Learner, type Callback } from '@tfloop/core';
import { sgd } from '@tfloop/optimizers';
import { makeData } from '../data.ts';
import type { Timed } from './take-turns.ts';

/** A model and random data of its shape, ready to train with SGD and momentum. */
export function trained(model: tf.LayersModel, size: { batchSize: number; batches: number }) {
  const [input, output] = [model.inputs[0], model.outputs[0]];
  const inputShape = (input?.shape.slice(1) ?? []) as number[];
  const classes = Number(output?.shape.at(-1));
  const data = makeData({ ...size, rounds: 1, inputShape, classes });
  const { x, labels: y, batchSize } = data;
  const learner = new Learner({
    model,
    optimizer: sgd({ lr: 0.01, momentum: 0.9 }),
    loss: crossEntropy(),
    data: { train: batches({ x, y }, { batchSize, shuffle: true }) },
  });
  const fit = (callbacks: () => Callback[] = () => []): Timed => ({
    steps: size.batches,
    run: async () => {
      await learner.fit(1, callbacks());
    },
  });
  return { data, fit };
}
