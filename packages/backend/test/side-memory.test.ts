import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import * as wasm from '@tensorflow/tfjs-backend-wasm';
import { useBackend } from '@tfloop/backend';
import { fusedKernel } from '@tfloop/core';
import { activeBackend } from '../src/wasm/active-backend.ts';
import { random } from './compare.ts';

beforeAll(async () => {
  await useBackend({ backend: 'wasm', threads: 1, log: () => undefined });
});

afterAll(async () => {
  await useBackend({ backend: 'wasm', threads: 1, log: () => undefined });
});

type Inputs = Record<string, tf.Tensor>;

const image = () => random(1, [2, 6, 6, 4]);
const volume = () => random(1, [2, 4, 4, 4, 3]);
const halved = { strides: 2, pad: 'valid' };
const vector = () => random(2, [4]);
const same = { strides: 1, pad: 'same', dataFormat: 'NHWC', dilations: 1 };
const sgd = { lr: 1, momentum: 0.9, entering: 1, weightDecay: 0, nesterov: false };
const adam = { beta1: 0.9, beta2: 0.9, eps: 1, stepSize: 1, shrink: 1, weightDecay: 0 };
const rms = { lr: 1, alpha: 0.9, eps: 1, momentum: 0.9, weightDecay: 0 };
const norm = { epsilon: 1e-3, relu: true };

const cases: [name: string, inputs: () => Inputs, attrs: tf.NamedAttrMap][] = [
  ['Conv2D', () => ({ x: image(), filter: random(3, [3, 3, 4, 5]) }), same],
  [
    'Conv2DBackpropFilter',
    () => ({ x: image(), dy: random(3, [2, 6, 6, 5]) }),
    { ...same, filterShape: [3, 3, 4, 5] },
  ],
  [
    'Conv2DBackpropInput',
    () => ({ dy: random(3, [2, 3, 3, 5]), filter: random(4, [3, 3, 4, 5]) }),
    { ...same, strides: 2, inputShape: [2, 6, 6, 4] },
  ],
  [
    'DepthwiseConv2dNativeBackpropFilter',
    () => ({ x: image(), dy: image() }),
    { ...same, filterShape: [3, 3, 4, 1] },
  ],
  [
    'BatchMatMul',
    () => ({ a: random(3, [7, 5]), b: random(4, [5, 6]) }),
    { transposeA: false, transposeB: false },
  ],
  [
    'AvgPoolGrad',
    () => ({ dy: random(3, [2, 3, 3, 4]), input: image() }),
    { filterSize: 2, strides: 2, pad: 'valid' },
  ],
  [
    'MaxPoolGrad',
    () => ({ dy: random(3, [2, 3, 3, 4]), input: image(), output: random(4, [2, 3, 3, 4]) }),
    { filterSize: 2, strides: 2, pad: 'valid' },
  ],
  [
    'Conv3DBackpropFilterV2',
    () => ({ x: volume(), dy: random(3, [2, 2, 2, 2, 5]) }),
    { ...halved, filterShape: [2, 2, 2, 3, 5] },
  ],
  [
    'Conv3DBackpropInputV2',
    () => ({ dy: random(3, [2, 2, 2, 2, 5]), filter: random(4, [2, 2, 2, 3, 5]) }),
    { ...halved, inputShape: [2, 4, 4, 4, 3] },
  ],
  ['MaxPool3D', () => ({ x: volume() }), { ...halved, filterSize: 2 }],
  [
    'MaxPool3DGrad',
    () => ({ dy: random(3, [2, 2, 2, 2, 3]), input: volume(), output: random(4, [2, 2, 2, 2, 3]) }),
    { ...halved, filterSize: 2 },
  ],
  [
    'AvgPool3DGrad',
    () => ({ dy: random(3, [2, 2, 2, 2, 3]), input: volume() }),
    { ...halved, filterSize: 2 },
  ],
  ['Greater', () => ({ a: image(), b: image() }), {}],
  ['LeakyRelu', () => ({ x: image() }), { alpha: 0.2 }],
  ['TfloopBatchNorm', () => ({ x: image(), scale: vector(), offset: vector() }), norm],
  [
    'TfloopBatchNormGrad',
    () => ({
      dy: image(),
      x: image(),
      y: image(),
      scale: vector(),
      mean: vector(),
      variance: tf.ones([4]),
    }),
    norm,
  ],
  [
    'TfloopSoftmaxCrossEntropy',
    () => ({ logits: random(1, [3, 4]), labels: tf.tensor1d([0, 1, 2], 'int32') }),
    { labelSmoothing: 0 },
  ],
  [
    'TfloopSgdUpdate',
    () => ({ parameter: vector(), gradient: vector(), buffer: vector() }),
    { ...sgd },
  ],
  [
    'TfloopAdamUpdate',
    () => ({
      parameter: vector(),
      gradient: vector(),
      expAvg: vector(),
      expAvgSq: tf.ones([4]),
    }),
    { ...adam },
  ],
  [
    'TfloopRmspropUpdate',
    () => ({
      parameter: vector(),
      gradient: vector(),
      squareAvg: tf.ones([4]),
      gradAvg: vector(),
      buffer: vector(),
    }),
    { ...rms },
  ],
];

interface Allocator {
  _malloc: (bytes: number) => number;
}

/** Runs `compute` with `watch` told of each allocation by its number, before it is made; returns how many there were. */
function watching(watch: (call: number) => void, compute: () => void): number {
  const module = activeBackend().wasm as unknown as Allocator;
  const { _malloc: real } = module;
  let calls = 0;
  module._malloc = (bytes) => {
    watch(++calls);
    return real(bytes);
  };
  try {
    compute();
  } finally {
    module._malloc = real;
  }
  return calls;
}

test.each(cases)('%s leaves nothing behind where memory gives out', (name, make, attrs) => {
  const inputs = tf.tidy(make);
  const before = tf.backend().numDataIds();
  const compute = (): void => {
    tf.dispose(tf.engine().runKernel<tf.Tensor | tf.Tensor[]>(name, inputs, attrs));
  };
  const calls = watching(() => undefined, compute);
  expect(calls).toBeGreaterThan(0);
  for (let n = 1; n <= calls; n++) {
    const fail = (call: number): void => {
      if (call === n) throw new RangeError('no memory left');
    };
    expect(() => watching(fail, compute)).toThrow('no memory left');
    expect([n, tf.backend().numDataIds()]).toEqual([n, before]);
  }
  tf.dispose(inputs);
});

test('a second copy of the package starts threads that the kernels of the first run on', async () => {
  jest.resetModules();
  jest.doMock('@tensorflow/tfjs', () => tf);
  jest.doMock('@tensorflow/tfjs-backend-wasm', () => wasm);
  const copy = await import('@tfloop/backend');
  expect(copy.useBackend).not.toBe(useBackend);
  await copy.useBackend({ backend: 'wasm', threads: 2, log: () => undefined });
  tf.tidy(() => {
    const [moved] = fusedKernel('TfloopSgdUpdate')!(
      { parameter: tf.ones([3]), gradient: tf.ones([3]) },
      { ...sgd, lr: 0.5 },
    );
    expect(Array.from(moved.dataSync())).toEqual([0.5, 0.5, 0.5]);
  });
});
