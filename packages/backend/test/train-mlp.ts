// Trains dense layers with batch norm, some of whose work is enough to be shared out. It runs in a bare Node and in a worker
// thread as well, so no test framework is in it.
import * as tf from '@tensorflow/tfjs';
import { batches, crossEntropy, Learner } from '@tfloop/core';
import { adam, rmsprop, sgd } from '@tfloop/optimizers';
import { values } from './values.ts';

const [examples, batchSize, features, units, classes] = [600, 300, 32, 300, 5];

/** Weights after an epoch with each of the optimizers, one after another. */
export async function trainMlp(): Promise<number[]> {
  const { layers } = tf;
  const weights: number[] = [];
  const x = { values: values(1, examples * features), shape: [examples, features] };
  const y = Int32Array.from({ length: examples }, (_, i) => (i * 7) % classes);
  // Moments near 0 would make much of a gradient's rounding.
  const eps = 0.1;
  for (const optimizer of [
    sgd({ lr: 0.1, momentum: 0.9 }),
    adam({ lr: 0.01, eps }),
    rmsprop({ lr: 0.01, eps, centered: true, momentum: 0.5 }),
  ]) {
    const seeded = (seed: number) => tf.initializers.glorotNormal({ seed });
    const model = tf.sequential({
      layers: [
        layers.dense({
          inputShape: [features],
          units,
          useBias: false,
          kernelInitializer: seeded(1),
        }),
        layers.batchNormalization(),
        layers.reLU(),
        layers.dense({ units: 40, activation: 'relu', kernelInitializer: seeded(2) }),
        layers.dense({ units: classes, kernelInitializer: seeded(3) }),
      ],
    });
    const data = { train: batches({ x, y }, { batchSize }) };
    const learner = new Learner({ model, data, loss: crossEntropy(), optimizer });
    await learner.fit(1);
    for (const weight of model.getWeights()) weights.push(...(await weight.data()));
    optimizer.dispose();
    model.dispose();
  }
  return weights;
}
