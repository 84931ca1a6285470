import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import { crossEntropy as coreCrossEntropy } from '@tfloop/core';
import { expectClose, random, runOn, values, type Result } from './compare.ts';

beforeAll(async () => {
  await useBackend({ backend: 'wasm', log: () => undefined });
});

// Composed of kernels: tfjs's own takes its saved softmax for a leak when tests check for leaks.
const crossEntropy = (labels: tf.Tensor, logits: tf.Tensor): tf.Scalar =>
  tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.log(tf.softmax(logits))), 1)));

/** Parameters by shape; the network reads them in order. */
const shapes = [
  [3, 3, 3, 8],
  [8],
  [8],
  [3, 3, 8, 1],
  [1, 1, 8, 12],
  [12],
  [12],
  [3, 2, 12, 2],
  [24, 5],
  [5],
] as const;

type Parameters = [
  stem: tf.Tensor4D,
  scale1: tf.Tensor1D,
  offset1: tf.Tensor1D,
  depthwise: tf.Tensor4D,
  pointwise: tf.Tensor4D,
  scale2: tf.Tensor1D,
  offset2: tf.Tensor1D,
  tall: tf.Tensor4D,
  head: tf.Tensor2D,
  bias: tf.Tensor1D,
];

function norm(x: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D): tf.Tensor4D {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  return tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, offset, scale, 1e-3);
}

function convolutional(x: tf.Tensor4D, p: Parameters): tf.Tensor {
  const [stem, scale1, offset1, depthwise, pointwise, scale2, offset2, tall, head, bias] = p;
  let h = tf.relu(norm(tf.conv2d(x, stem, 1, 'same'), scale1, offset1));
  h = tf.avgPool(tf.maxPool(h, 3, 2, 'same'), 2, 1, 'valid');
  h = tf.separableConv2d(h, depthwise, pointwise, 2, 'same');
  h = tf.relu(norm(h, scale2, offset2));
  h = tf.depthwiseConv2d(h, tall, 1, 'same');
  return tf.add(tf.matMul(tf.mean(h, [1, 2]), head), bias);
}

/** Loss and gradients of every parameter. */
function convolutionalGradients(): tf.Tensor[] {
  const x = random(1, [4, 9, 8, 3]) as tf.Tensor4D;
  const y = tf.oneHot(tf.tensor1d([0, 4, 2, 2], 'int32'), 5);
  const parameters = shapes.map((shape, i) => random(i + 2, shape));
  const loss = (...p: tf.Tensor[]): tf.Scalar => crossEntropy(y, convolutional(x, p as Parameters));
  const { value, grads } = tf.valueAndGrads(loss)(parameters);
  return [value, ...grads];
}

function embeddingGradients(): tf.Tensor[] {
  const words = tf.tensor2d(
    [
      [1, 5, 1],
      [0, 2, 5],
      [7, 7, 7],
      [3, 1, 0],
    ],
    [4, 3],
    'int32',
  );
  const y = tf.oneHot(tf.tensor1d([0, 1, 2, 1], 'int32'), 3);
  const loss = (table: tf.Tensor, weights: tf.Tensor): tf.Scalar =>
    crossEntropy(y, tf.matMul(tf.mean<tf.Tensor2D>(tf.gather(table, words), 1), weights));
  const { value, grads } = tf.valueAndGrads(loss)([random(1, [9, 6]), random(2, [6, 3])]);
  return [value, ...grads];
}

test.each([
  ['a convolutional network', convolutionalGradients],
  ['an embedding model', embeddingGradients],
])('%s has the gradients of the CPU back end', async (_, gradients) => {
  const expected = await runOn('cpu', gradients);
  expectClose(await runOn('wasm', gradients), expected);
});

/** Loss and gradients, as our loop asks for them, of five convolutions with batch norm and ReLU. The CPU back end
 * takes 40 s for the 32x32 images of the reference. */
function deepGradients(): tf.Tensor[] {
  const { layers } = tf;
  const block = (filters: number, strides: number, seed: number): tf.layers.Layer[] => [
    layers.conv2d({
      filters,
      strides,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
      kernelInitializer: tf.initializers.heNormal({ seed }),
    }),
    layers.batchNormalization(),
    layers.reLU(),
  ];
  const model = tf.sequential({
    layers: [
      layers.inputLayer({ inputShape: [8, 8, 3] }),
      ...block(16, 1, 1),
      ...block(32, 2, 2),
      ...block(32, 1, 3),
      ...block(64, 2, 4),
      ...block(64, 1, 5),
      layers.globalAveragePooling2d({}),
      layers.dense({ units: 10, kernelInitializer: tf.initializers.heNormal({ seed: 6 }) }),
    ],
  });
  const x = random(1, [2, 8, 8, 3]);
  const labels = tf.tensor1d([3, 7], 'int32');
  const weights = model.trainableWeights.map((weight) => {
    const value = weight.read();
    if (!(value instanceof tf.Variable)) throw new TypeError('a weight is no variable');
    return value;
  });
  const { value, grads } = tf.variableGrads(
    () => tf.mean(coreLoss(model.apply(x, { training: true }) as tf.Tensor, labels)),
    weights,
  );
  const results = [value, ...weights.map(({ name }) => grads[name]!)];
  model.dispose();
  return results;
}

const coreLoss = coreCrossEntropy();

test('the reference network has the loss and gradients of the CPU back end, to 5e-6', async () => {
  const onBackend = async (backend: string): Promise<Result[]> => {
    await tf.setBackend(backend);
    const results = tf.tidy(deepGradients);
    return results.map((t) => ({ shape: t.shape, dtype: t.dtype, values: [...t.dataSync()] }));
  };
  expectClose(await onBackend('wasm'), await onBackend('cpu'), { tolerance: 5e-6 });
});

test('500 repetitions leak neither tensors nor WASM memory', async () => {
  await tf.setBackend('wasm');
  const { wasm } = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
  const state = (): number[] => [
    tf.memory().numTensors,
    tf.memory().numDataBuffers,
    tf.backend().numDataIds(),
    wasm.HEAPU8.length,
  ];
  const repeat = (times: number): void => {
    for (let i = 0; i < times; i++)
      tf.dispose(tf.tidy(() => [...convolutionalGradients(), ...embeddingGradients()]));
  };
  repeat(20);
  const before = state();
  repeat(500);
  expect(state()).toEqual(before);
});

function layersModel(): tf.Sequential {
  const seeded = (seed: number) => tf.initializers.heNormal({ seed });
  const { layers } = tf;
  return tf.sequential({
    layers: [
      layers.conv2d({
        filters: 8,
        kernelSize: 3,
        padding: 'same',
        useBias: false,
        kernelInitializer: seeded(1),
        inputShape: [12, 12, 2],
      }),
      layers.batchNormalization(),
      layers.reLU(),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.separableConv2d({
        filters: 8,
        kernelSize: 3,
        padding: 'same',
        depthwiseInitializer: seeded(2),
        pointwiseInitializer: seeded(3),
      }),
      layers.depthwiseConv2d({
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        depthwiseInitializer: seeded(4),
      }),
      layers.conv2d({
        filters: 8,
        kernelSize: 1,
        strides: 2,
        padding: 'same',
        activation: 'relu',
        kernelInitializer: seeded(5),
      }),
      layers.averagePooling2d({ poolSize: 2, padding: 'same' }),
      layers.flatten(),
      layers.dense({ units: 3, activation: 'softmax', kernelInitializer: seeded(6) }),
    ],
  });
}

async function fit(backend: string): Promise<number[]> {
  await tf.setBackend(backend);
  const before = tf.memory().numTensors;
  const model = layersModel();
  const optimizer = tf.train.momentum(0.05, 0.9);
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  const labels = Array.from({ length: 48 }, (_, i) => i % 3);
  const x = tf.tidy(() => {
    const noise = tf.tensor4d(values(1, 48 * 12 * 12 * 2), [48, 12, 12, 2]);
    return tf.add(noise, tf.reshape(tf.tensor1d(labels), [48, 1, 1, 1]));
  });
  const y = tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), 3));
  const { history } = await model.fit(x, y, {
    epochs: 4,
    batchSize: 16,
    shuffle: false,
  });
  tf.dispose([x, y]);
  model.dispose();
  optimizer.dispose();
  // What tf.layers itself leaves behind is the same on every back end.
  leftBehind.set(backend, tf.memory().numTensors - before);
  return history['loss'] as number[];
}

const leftBehind = new Map<string, number>();

test('model.fit of a convolutional LayersModel learns on WASM as on the CPU back end', async () => {
  const expected = await fit('cpu');
  const actual = await fit('wasm');
  expect(actual.at(-1)).toBeLessThan(actual[0]! / 2);
  actual.forEach((loss, epoch) => {
    expect(Math.abs(loss - expected[epoch]!)).toBeLessThan(1e-3);
  });
  expect(leftBehind.get('wasm')).toBe(leftBehind.get('cpu'));
});

test('an embedding layer trains on WASM', async () => {
  await tf.setBackend('wasm');
  const model = tf.sequential({
    layers: [
      tf.layers.embedding({
        inputDim: 10,
        outputDim: 4,
        inputLength: 5,
        embeddingsInitializer: tf.initializers.randomNormal({ seed: 1 }),
      }),
      tf.layers.globalAveragePooling1d(),
      tf.layers.dense({ units: 1, kernelInitializer: tf.initializers.randomNormal({ seed: 2 }) }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(0.05), loss: 'meanSquaredError' });
  const x = tf.tensor2d(
    Array.from({ length: 100 }, (_, i) => (i * 7 + Math.floor(i / 9)) % 10),
    [20, 5],
    'int32',
  );
  const y = tf.cast(tf.sum(tf.equal(x, 3), 1, true), 'float32');
  const { history } = await model.fit(x, y, { epochs: 40, batchSize: 20 });
  const loss = history['loss'] as number[];
  expect(loss.at(-1)).toBeLessThan(loss[0]! / 4);
});
