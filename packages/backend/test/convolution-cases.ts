import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { expectSame, kernel, random, sumsOfProducts } from './compare.ts';

type Quad = [number, number, number, number];
type Sides = [number, number];
type Padding = 'same' | 'valid' | number | [Sides, Sides, Sides, Sides];

const side = fc.integer({ min: 1, max: 9 });
const small = fc.integer({ min: 1, max: 4 });
const explicit = fc.tuple(small, small, small, small).map(([a, b, c, d]): Padding => [
  [0, 0],
  [a - 1, b - 1],
  [c - 1, d - 1],
  [0, 0],
]);

/** A convolution that tfjs accepts: every output axis has at least one element. */
export const geometry = fc
  .record({
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
    batch: fc.integer({ min: 1, max: 3 }),
    height: side,
    width: side,
    channels: fc.integer({ min: 1, max: 9 }),
    outputs: fc.integer({ min: 1, max: 9 }),
    kernel: fc.tuple(small, small),
    strides: fc.tuple(small, small),
    pad: fc.oneof(
      fc.constant<Padding>('same'),
      fc.constant<Padding>('valid'),
      fc.integer({ min: 0, max: 4 }),
      explicit,
    ),
    format: fc.constantFrom<'NHWC' | 'NCHW'>('NHWC', 'NCHW'),
  })
  .map((g) => {
    const pad: Padding =
      typeof g.pad === 'object' && g.format === 'NCHW'
        ? [g.pad[0], g.pad[3], g.pad[1], g.pad[2]]
        : g.pad;
    return { ...g, pad };
  });

/** One of them. */
export type Geometry = typeof geometry extends fc.Arbitrary<infer T> ? T : never;

/** Shape of its input. */
export const xShape = (g: Geometry): Quad =>
  g.format === 'NHWC'
    ? [g.batch, g.height, g.width, g.channels]
    : [g.batch, g.channels, g.height, g.width];

/** What tfjs computes of it. */
export const infoOf = (
  g: Geometry,
  outputs = g.outputs,
  isDepthwise = false,
  dilations: number | [number, number] = 1,
) =>
  tf.backend_util.computeConv2DInfo(
    xShape(g),
    [...g.kernel, g.channels, outputs],
    g.strides,
    dilations,
    g.pad,
    undefined,
    isDepthwise,
    g.format === 'NHWC' ? 'channelsLast' : 'channelsFirst',
  );

/** Whether every output axis has an element. */
export const isPossible = (info: tf.backend_util.Conv2DInfo): boolean =>
  info.outHeight > 0 && info.outWidth > 0;

/** Attributes of its kernels. */
export const attrs = (g: Geometry) => ({
  strides: g.strides,
  pad: g.pad,
  dataFormat: g.format,
  dilations: 1,
});

/** The same for a depthwise convolution, of which tfjs has NHWC alone. */
export const depthwise = geometry.map((g): Geometry => ({
  ...g,
  format: 'NHWC',
  outputs: 1 + (g.outputs % 3),
  pad: typeof g.pad === 'object' ? [g.pad[0], [1, 0], [2, 1], [0, 0]] : g.pad,
}));

/** The filter gradient of a convolution is that of the CPU back end. */
export async function filterGradient(g: Geometry): Promise<void> {
  const info = infoOf(g);
  fc.pre(isPossible(info));
  await expectSame(
    () => [
      kernel(
        'Conv2DBackpropFilter',
        { x: random(g.seed, xShape(g)), dy: random(g.seed + 1, info.outShape) },
        { ...attrs(g), filterShape: info.filterShape },
      ),
    ],
    sumsOfProducts,
  );
}

/** The filter gradient of a depthwise convolution is that of the CPU back end. */
export async function depthwiseFilterGradient(g: Geometry): Promise<void> {
  const info = infoOf(g, g.outputs, true);
  fc.pre(isPossible(info));
  await expectSame(
    () => [
      kernel(
        'DepthwiseConv2dNativeBackpropFilter',
        { x: random(g.seed, xShape(g)), dy: random(g.seed + 1, info.outShape) },
        { ...attrs(g), filterShape: info.filterShape },
      ),
    ],
    sumsOfProducts,
  );
}

/** The input gradient of a convolution is that of the CPU back end. */
export async function inputGradient(g: Geometry): Promise<void> {
  const info = infoOf(g);
  fc.pre(isPossible(info));
  await expectSame(
    () => [
      kernel(
        'Conv2DBackpropInput',
        {
          dy: random(g.seed, info.outShape),
          filter: random(g.seed + 1, info.filterShape),
        },
        { ...attrs(g), inputShape: xShape(g) },
      ),
    ],
    sumsOfProducts,
  );
}
