// Convolutional and dense layers that train as a product and a sum: the same numbers, on our back ends alone.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import { random } from './compare.ts';

const { layers } = tf;
const use = (backend: 'cpu' | 'wasm', without: readonly string[] = []) =>
  useBackend({ backend, threads: 1, without, log: () => undefined });

beforeAll(() => use('wasm'));
afterAll(() => use('wasm'));

/** Names of the kernels that a training step runs, and its loss and gradients. */
async function train(
  padding: 'same' | 'valid',
): Promise<{ kernels: Set<string>; values: number[][] }> {
  const model = tf.sequential({
    layers: [
      layers.conv2d({
        inputShape: [7, 6, 3],
        filters: 4,
        kernelSize: 3,
        strides: 2,
        padding,
        kernelInitializer: tf.initializers.glorotNormal({ seed: 1 }),
        biasInitializer: tf.initializers.constant({ value: 0.3 }),
      }),
      layers.flatten(),
      layers.dense({ units: 5, kernelInitializer: tf.initializers.glorotNormal({ seed: 2 }) }),
    ],
  });
  const x = random(3, [4, 7, 6, 3]);
  const values: number[][] = [];
  const { kernelNames } = await tf.profile(() => {
    const { value, grads } = tf.variableGrads(
      () => tf.mean(tf.square(model.apply(x, { training: true }) as tf.Tensor)),
      model.trainableWeights.map((w) => w.read()).filter((w) => w instanceof tf.Variable),
    );
    const all = [value, ...model.trainableWeights.map((w) => grads[w.name]!)];
    values.push(...all.map((tensor) => Array.from(tensor.dataSync())));
    tf.dispose([value, grads]);
    return tf.scalar(0);
  });
  x.dispose();
  model.dispose();
  return { kernels: new Set(kernelNames), values };
}

test.each(['same', 'valid'] as const)(
  '%s: the numbers of the layers as they come',
  async (padding) => {
    await use('wasm', ['Conv2D layer', 'Dense layer']);
    const stock = await train(padding);
    await use('wasm');
    const ours = await train(padding);
    expect([stock.kernels.has('FusedConv2D'), ours.kernels.has('FusedConv2D')]).toEqual([
      true,
      false,
    ]);
    expect([stock.kernels.has('_FusedMatMul'), ours.kernels.has('_FusedMatMul')]).toEqual([
      true,
      false,
    ]);
    // Nobody asks for the gradient of the input.
    expect([
      stock.kernels.has('Conv2DBackpropInput'),
      ours.kernels.has('Conv2DBackpropInput'),
    ]).toEqual([true, false]);
    expect(ours.values.length).toBe(stock.values.length);
    ours.values.forEach((tensor, i) =>
      tensor.forEach((value, j) => expect(value).toBeCloseTo(stock.values[i]![j]!, 5)),
    );
  },
);

test('another back end has its layers as they were', async () => {
  await use('wasm');
  await use('cpu');
  const { kernels } = await train('same');
  expect([kernels.has('FusedConv2D'), kernels.has('_FusedMatMul')]).toEqual([true, true]);
  await use('wasm');
});

test('a model may be called with inputs alone', () => {
  const input = tf.input({ shape: [3, 3, 1] });
  const filtered = layers.conv2d({ filters: 2, kernelSize: 1 }).apply(input);
  const normal = layers.batchNormalization().apply(filtered);
  const flat = layers.flatten().apply(normal);
  const output = layers.dense({ units: 1 }).apply(flat) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs: output });
  const call = model.call.bind(model) as (x: tf.Tensor) => tf.Tensor[];
  expect(tf.tidy(() => call(tf.ones([2, 3, 3, 1]))[0]!.shape)).toEqual([2, 1]);
  model.dispose();
});
