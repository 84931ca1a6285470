import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import * as fc from 'fast-check';
import { expectSame, kernel, random, sumsOfProducts } from './compare.ts';
import {
  attrs,
  depthwise,
  depthwiseFilterGradient,
  filterGradient,
  geometry,
  infoOf,
  inputGradient,
  isPossible,
  xShape,
  type Geometry,
} from './convolution-cases.ts';

beforeAll(async () => start(1));

const start = async (threads: number) =>
  useBackend({ backend: 'wasm', threads, log: () => undefined });

const check = async (
  arbitrary: fc.Arbitrary<Geometry>,
  property: (g: Geometry) => Promise<void>,
  numRuns: number,
): Promise<void> => fc.assert(fc.asyncProperty(arbitrary, property), { numRuns });

// One thread convolves with the side module, two with XNNPACK.
const threadsAndRuns = [
  [1, 100],
  [2, 50],
] as const;

describe.each(threadsAndRuns)(
  'on random shapes, strides, paddings and data formats WASM with %d threads agrees with the CPU back end:',
  (threads, numRuns) => {
    beforeAll(async () => start(threads));

    test('Conv2D', async () => {
      await check(
        geometry,
        async (g) => {
          fc.pre(isPossible(infoOf(g)));
          await expectSame(
            () => [
              kernel(
                'Conv2D',
                {
                  x: random(g.seed, xShape(g)),
                  filter: random(g.seed + 1, [...g.kernel, g.channels, g.outputs]),
                },
                attrs(g),
              ),
            ],
            sumsOfProducts,
          );
        },
        numRuns,
      );
    });

    test('FusedConv2D, with bias and activation', async () => {
      await check(
        geometry,
        async (g) => {
          fc.pre(isPossible(infoOf(g)));
          await expectSame(
            () => [
              kernel(
                'FusedConv2D',
                {
                  x: random(g.seed, xShape(g)),
                  filter: random(g.seed + 1, [...g.kernel, g.channels, g.outputs]),
                  bias: random(g.seed + 2, [g.outputs]),
                },
                { ...attrs(g), activation: 'relu' },
              ),
            ],
            sumsOfProducts,
          );
        },
        numRuns,
      );
    });

    test('Conv2DBackpropFilter', async () => {
      await check(geometry, filterGradient, numRuns);
    });

    test('Conv2DBackpropInput', async () => {
      await check(geometry, inputGradient, numRuns);
    });

    test('DepthwiseConv2dNative and FusedDepthwiseConv2D', async () => {
      await check(
        depthwise,
        async (g) => {
          fc.pre(isPossible(infoOf(g, g.outputs, true)));
          await expectSame(() => {
            const x = random(g.seed, xShape(g));
            const filter = random(g.seed + 1, [...g.kernel, g.channels, g.outputs]);
            const bias = random(g.seed + 2, [g.channels * g.outputs]);
            return [
              kernel('DepthwiseConv2dNative', { x, filter }, attrs(g)),
              kernel(
                'FusedDepthwiseConv2D',
                { x, filter, bias },
                { ...attrs(g), activation: 'linear' },
              ),
            ];
          }, sumsOfProducts);
        },
        numRuns,
      );
    });

    test('DepthwiseConv2dNativeBackpropFilter', async () => {
      await check(depthwise, depthwiseFilterGradient, numRuns);
    });

    test('DepthwiseConv2dNativeBackpropInput', async () => {
      await check(
        depthwise,
        async (g) => {
          const info = infoOf(g, g.outputs, true);
          fc.pre(isPossible(info));
          await expectSame(
            () => [
              kernel(
                'DepthwiseConv2dNativeBackpropInput',
                { dy: random(g.seed, info.outShape), filter: random(g.seed + 1, info.filterShape) },
                { ...attrs(g), inputShape: xShape(g) },
              ),
            ],
            sumsOfProducts,
          );
        },
        numRuns,
      );
    });
  },
);

test('an empty batch has zero gradients', async () => {
  await expectSame(() => [
    kernel(
      'Conv2DBackpropFilter',
      { x: tf.zeros([0, 4, 4, 2]), dy: tf.zeros([0, 4, 4, 3]) },
      { strides: 1, pad: 'same', dataFormat: 'NHWC', filterShape: [3, 3, 2, 3] },
    ),
    kernel(
      'Conv2DBackpropInput',
      { dy: tf.zeros([0, 4, 4, 3]), filter: tf.ones([3, 3, 2, 3]) },
      { strides: 1, pad: 'same', dataFormat: 'NHWC', inputShape: [0, 4, 4, 2] },
    ),
  ]);
});

// The CPU back end ignores dilations in these two gradients, so the reference is the same filter with zeros between taps.
test('depthwise gradients of a dilated filter are those of the filter with zeros between its taps', async () => {
  await tf.setBackend('wasm');
  tf.tidy(() => {
    const common = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC' };
    const x = random(1, [2, 9, 8, 3]);
    const dy = random(2, [2, 9, 8, 6]);
    const filter = random(3, [3, 2, 3, 2]);
    const spread = tf.tidy(() =>
      tf.slice(
        tf.reshape(
          tf.pad(tf.reshape(filter, [3, 1, 2, 6]), [
            [0, 0],
            [0, 1],
            [0, 0],
            [0, 12],
          ]),
          [6, 6, 3, 2],
        ),
        [0, 0, 0, 0],
        [5, 4, 3, 2],
      ),
    );
    const dilated = { ...common, dilations: [2, 3] };
    const wide = { ...common, dilations: [1, 1] };
    const name = 'DepthwiseConv2dNativeBackprop';
    const dx = kernel(`${name}Input`, { dy, filter }, { ...dilated, inputShape: x.shape });
    const dxWide = kernel(`${name}Input`, { dy, filter: spread }, { ...wide, inputShape: x.shape });
    const dw = kernel(`${name}Filter`, { x, dy }, { ...dilated, filterShape: filter.shape });
    const dwWide = kernel(`${name}Filter`, { x, dy }, { ...wide, filterShape: spread.shape });
    const taps = tf.stridedSlice(dwWide, [0, 0, 0, 0], [5, 4, 3, 2], [2, 3, 1, 1]);
    expect(tf.max(tf.abs(tf.sub(dx, dxWide))).arraySync()).toBeLessThan(1e-5);
    expect(tf.max(tf.abs(tf.sub(dw, taps))).arraySync()).toBeLessThan(2e-5);
  });
});

describe('a filter that is larger than the padded image is refused by', () => {
  const image = () => tf.ones<tf.Rank.R4>([1, 2, 3, 1]);
  const filter = () => tf.ones<tf.Rank.R4>([5, 5, 1, 1]);
  const one = () => tf.ones<tf.Rank.R4>([1, 1, 1, 1]);
  const valid = { strides: [1, 1], pad: 'valid', dilations: [1, 1], dataFormat: 'NHWC' };
  const pooling = { filterSize: [5, 5], strides: [1, 1], pad: 'valid' };
  const calls: [string, () => tf.Tensor][] = [
    ['Conv2D', () => tf.conv2d(image(), filter(), 1, 'valid')],
    ['FusedConv2D', () => kernel('FusedConv2D', { x: image(), filter: filter() }, valid)],
    ['DepthwiseConv2dNative', () => tf.depthwiseConv2d(image(), filter(), 1, 'valid')],
    [
      'FusedDepthwiseConv2D',
      () =>
        kernel(
          'FusedDepthwiseConv2D',
          { x: image(), filter: filter() },
          { ...valid, activation: 'linear' },
        ),
    ],
    ['Conv2DBackpropInput', () => tf.conv2dTranspose(one(), filter(), [1, 2, 3, 1], 1, 'valid')],
    [
      'Conv2DBackpropFilter',
      () =>
        kernel(
          'Conv2DBackpropFilter',
          { x: image(), dy: one() },
          { ...valid, filterShape: [5, 5, 1, 1] },
        ),
    ],
    [
      'DepthwiseConv2dNativeBackpropInput',
      () =>
        kernel(
          'DepthwiseConv2dNativeBackpropInput',
          { dy: one(), filter: filter() },
          { ...valid, inputShape: [1, 2, 3, 1] },
        ),
    ],
    [
      'DepthwiseConv2dNativeBackpropFilter',
      () =>
        kernel(
          'DepthwiseConv2dNativeBackpropFilter',
          { x: image(), dy: one() },
          { ...valid, filterShape: [5, 5, 1, 1] },
        ),
    ],
    ['MaxPool', () => tf.maxPool(image(), 5, 1, 'valid')],
    ['AvgPool', () => tf.avgPool(image(), 5, 1, 'valid')],
    [
      'MaxPoolGrad',
      () => kernel('MaxPoolGrad', { dy: one(), input: image(), output: one() }, pooling),
    ],
  ];
  test.each(calls)('%s', (name, call) => {
    const before = tf.backend().numDataIds();
    expect(() => tf.tidy(call)).toThrow(
      new RangeError(
        `${name}: the filter must not be larger than the padded image, got a filter of 5x5 on an image of 2x3, ` +
          `whose output would be -2x-1: use a smaller filter, a larger image or pad 'same'`,
      ),
    );
    expect(tf.backend().numDataIds()).toBe(before);
  });

  test('no kernel where it fits, padded or with nothing left over', async () => {
    await expectSame(() => [
      tf.conv2d(image(), filter(), 1, 'same'),
      tf.conv2d(image(), filter(), 1, 2),
      tf.maxPool(image(), [2, 3], 1, 'valid'),
    ]);
    // Of a filter that is larger by one, TensorFlow's answer is empty.
    const y = tf.tidy(() => tf.conv2d(image(), tf.ones<tf.Rank.R4>([3, 3, 1, 1]), 1, 'valid'));
    expect(y.shape).toEqual([1, 0, 1, 1]);
    y.dispose();
  });
});
