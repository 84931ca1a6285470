import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';

const state = (): unknown => ({
  active: tf.getBackend(),
  factories: Object.keys((tf.engine() as unknown as { registryFactory: object }).registryFactory),
  kernels: ['cpu', 'webgl', 'wasm', 'tensorflow'].map((name) => tf.getKernelsForBackend(name)),
});

test('importing the package starts, registers and replaces nothing', async () => {
  const before = state();
  await import('@tfloop/backend');
  expect(state()).toEqual(before);
  await import('@tensorflow/tfjs-backend-wasm');
  const stock = tf.getKernel('Slice', 'wasm').kernelFunc;
  await tf.setBackend('wasm');
  expect(tf.getKernel('Slice', 'wasm').kernelFunc).toBe(stock);
});

test('the overrides come with useBackend, and only with WASM', async () => {
  const { describeBackend, useBackend } = await import('@tfloop/backend');
  const stock = tf.getKernel('Slice', 'wasm').kernelFunc;
  await useBackend({ backend: 'cpu', log: () => undefined });
  expect(tf.getKernel('Slice', 'wasm').kernelFunc).toBe(stock);
  expect(describeBackend().overrides).toEqual([]);
  const { overrides } = await useBackend({ backend: 'wasm', log: () => undefined });
  expect(tf.getKernel('Slice', 'wasm').kernelFunc).not.toBe(stock);
  expect(overrides).toEqual([...overrides].sort());
  expect(overrides).toEqual(
    expect.arrayContaining(['Conv2DBackpropFilter', 'MaxPoolGrad', 'Slice']),
  );
  const ours = tf.getKernel('Slice', 'wasm').kernelFunc;
  await useBackend({ backend: 'wasm', log: () => undefined });
  expect(tf.getKernel('Slice', 'wasm').kernelFunc).toBe(ours);
});
