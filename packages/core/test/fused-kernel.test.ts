import { afterEach, beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { crossEntropy, fusedKernel } from '@tfloop/core';

const name = 'TfloopSoftmaxCrossEntropy';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

afterEach(() => {
  if (fusedKernel(name)) tf.unregisterKernel(name, 'cpu');
});

/** A kernel that is told from the composed loss by its losses, 5, 6, 7 ..., and its gradient, 1, 2, 3 ... */
function register(calls: unknown[]): void {
  tf.registerKernel({
    kernelName: name,
    backendName: 'cpu',
    kernelFunc: ({ inputs, attrs }) => {
      const { logits, labels } = inputs as unknown as { logits: tf.Tensor; labels: tf.Tensor };
      calls.push([logits.shape, labels.shape, labels.dtype, attrs]);
      const [rows = 0] = logits.shape;
      return [
        tf.range(5, 5 + rows),
        tf.reshape(tf.range(1, 1 + logits.size), logits.shape),
      ] as tf.TensorInfo[];
    },
  });
}

test('a back end without the kernel has none', () => {
  expect(fusedKernel(name)).toBeUndefined();
});

test('cross-entropy of integer labels runs on the kernel, and its gradient is what the kernel said', () => {
  const calls: unknown[] = [];
  register(calls);
  const before = tf.memory().numTensors;
  const logits = tf.zeros([2, 2, 3]);
  const labels = tf.zeros([2, 2], 'int32');
  const loss = (z: tf.Tensor): tf.Tensor => crossEntropy({ labelSmoothing: 0.1 })(z, labels);
  const { value, grad } = tf.valueAndGrad(loss)(logits, tf.tensor1d([1, 10]));
  expect(calls).toEqual([[[4, 3], [4], 'int32', { labelSmoothing: 0.1 }]]);
  // Four losses in two examples: their means.
  expect(Array.from(value.dataSync())).toEqual([5.5, 7.5]);
  const halved = [1, 2, 3, 4, 5, 6].map((g) => g / 2);
  expect(Array.from(grad.dataSync())).toEqual([
    ...halved,
    ...[7, 8, 9, 10, 11, 12].map((g) => (g / 2) * 10),
  ]);
  expect(grad.shape).toEqual([2, 2, 3]);
  tf.dispose([logits, labels, value, grad]);
  // The upstream gradient is left.
  expect(tf.memory().numTensors).toBe(before + 1);
});

test('soft labels, and logits that are whole numbers, are composed', () => {
  const calls: unknown[] = [];
  register(calls);
  tf.tidy(() => {
    const losses = crossEntropy()(tf.zeros([1, 2]), tf.tensor2d([[0.5, 0.5]]));
    expect(losses.dataSync()[0]).toBeCloseTo(Math.LN2);
    const whole = crossEntropy()(tf.zeros([1, 2], 'int32'), tf.tensor1d([1], 'int32'));
    expect(whole.dataSync()[0]).toBeCloseTo(Math.LN2);
  });
  expect(calls).toEqual([]);
});
