// Dense layers of any model in training, against the CPU back end. It runs on WASM, or on what TFLOOP_TEST_ENGINE names.
import { beforeAll, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { engine, expectSame, random, runOn, useEngine } from './compare.ts';

beforeAll(async () => {
  // In tests tfjs takes what the stock layer's gradient saves for a leak.
  tf.env().set('IS_TEST', false);
  // What it then says of its native package.
  jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  await useEngine();
});

const shapes = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  rows: fc.integer({ min: 1, max: 9 }),
  inputs: fc.integer({ min: 1, max: 13 }),
  units: fc.integer({ min: 1, max: 13 }),
  useBias: fc.boolean(),
  activation: fc.constantFrom<'linear' | 'relu' | 'tanh'>('linear', 'relu', 'tanh'),
});

/** A dense layer with weights that a seed fixes. */
function layerOf(seed: number, inputs: number, config: Parameters<typeof tf.layers.dense>[0]) {
  const layer = tf.layers.dense(config);
  layer.build([null, inputs]);
  tf.tidy(() =>
    layer.setWeights(layer.getWeights().map((weight, i) => random(seed + i, weight.shape))),
  );
  return layer;
}

test('a dense layer in training has the output and gradients of the CPU back end', async () => {
  const property = async ({
    seed,
    rows,
    inputs,
    ...config
  }: typeof shapes extends fc.Arbitrary<infer T> ? T : never) => {
    const layer = layerOf(seed, inputs, config);
    const x = random(seed + 2, [rows, inputs]);
    await expectSame(() => {
      const apply = (input: tf.Tensor) => layer.apply(input, { training: true }) as tf.Tensor;
      const y = apply(x);
      const loss = (input: tf.Tensor) => tf.sum(tf.square(apply(input)));
      const { grads } = tf.variableGrads(() => loss(x) as tf.Scalar);
      const names = Object.keys(grads).sort();
      return [y, tf.grad(loss)(x), ...names.map((name) => grads[name]!)];
    });
    for (const weight of layer.weights) weight.dispose();
    x.dispose();
  };
  await fc.assert(fc.asyncProperty(shapes, property), { numRuns: 60 });
});

test('it runs as one kernel forward, and computes no gradient by its input that nobody asks for', async () => {
  const layer = layerOf(1, 5, { units: 3, activation: 'relu' });
  const x = random(2, [4, 5]);
  await tf.setBackend(engine);
  const { kernelNames } = await tf.profile(() =>
    tf.tidy(
      () => tf.variableGrads(() => tf.sum(layer.apply(x, { training: true }) as tf.Tensor)).value,
    ),
  );
  const count = (name: string) => kernelNames.filter((kernel) => kernel === name).length;
  expect([count('TfloopDense'), count('TfloopReluGrad'), count('BatchMatMul')]).toEqual([1, 1, 1]);
  for (const weight of layer.weights) weight.dispose();
  x.dispose();
});

test('it leaves its answer alone, and what does not fit is refused as the stock layer refuses it', async () => {
  await tf.setBackend(engine);
  const layer = layerOf(1, 2, { units: 3, activation: 'tanh' });
  const x = random(2, [4, 2]);
  const { numTensors } = tf.memory();
  const y = layer.apply(x, { training: true }) as tf.Tensor;
  expect(tf.memory().numTensors).toBe(numTensors + 1);
  const wide = random(3, [4, 5]);
  const call = () => layer.call(wide, { training: true });
  expect(() => tf.tidy(call)).toThrow('inner shapes (5) and (2)');
  tf.dispose([x, y, wide]);
  for (const weight of layer.weights) weight.dispose();
});

test('gradients of gradients go through it', async () => {
  const layer = layerOf(1, 5, { units: 3, activation: 'relu' });
  const x = random(2, [4, 5]);
  const curvature = () => {
    const penalty = tf.grad((input: tf.Tensor) =>
      tf.sum(tf.square(layer.apply(input, { training: true }) as tf.Tensor)),
    );
    return [tf.grad((input: tf.Tensor) => tf.sum(tf.square(penalty(input))))(x)];
  };
  await expectSame(curvature);
  const [result] = await runOn('wasm', curvature);
  expect(result?.values.some((value) => value !== 0)).toBe(true);
  for (const weight of layer.weights) weight.dispose();
  x.dispose();
});
