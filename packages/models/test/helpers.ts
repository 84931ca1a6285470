import * as tf from '@tensorflow/tfjs';
import { expect } from '@jest/globals';
import { crossEntropy } from '@tfloop/core';

/** The weights' names as the layers gave them, without the suffix that keeps them unique in a process. */
export function names(model: tf.LayersModel): string[] {
  return model.weights.map(({ originalName }) => originalName);
}

/** The values of every weight. */
export function weights(model: tf.LayersModel): number[][] {
  return model.getWeights().map((weight) => Array.from(weight.dataSync()));
}

/**
 * Trains a model for 8 x 8 images in 3 classes, which differ by the place of a bright stripe, and expects its
 * loss to fall to less than half; then disposes of it and expects no tensor to be left of the training.
 */
export function falls(model: tf.LayersModel): void {
  const before = tf.memory().numTensors;
  const optimizer = tf.train.sgd(0.05);
  const labels = Array.from({ length: 24 }, (_, i) => i % 3);
  const pixels = labels.flatMap((label, i) =>
    Array.from({ length: 64 }, (_, p) => (p % 8 === 2 * label ? 1 : 0) + Math.sin(i * 64 + p) / 4),
  );
  const x = tf.tensor4d(pixels, [24, 8, 8, 1]);
  const y = tf.tensor1d(labels, 'int32');
  const losses = Array.from({ length: 40 }, () =>
    tf.tidy(() => {
      const loss = () =>
        tf.mean<tf.Scalar>(crossEntropy()(model.apply(x, { training: true }) as tf.Tensor, y));
      return optimizer.minimize(loss, true)!.dataSync()[0]!;
    }),
  );
  expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
  tf.dispose([x, y]);
  optimizer.dispose();
  expect(tf.memory().numTensors).toBe(before);
  model.dispose();
  expect(tf.memory().numTensors).toBe(before - model.weights.length);
}
