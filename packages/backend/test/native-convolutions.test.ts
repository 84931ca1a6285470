import { beforeAll, expect, test } from '@jest/globals';
import { describeBackend } from '@tfloop/backend';
import * as fc from 'fast-check';
import { engine, expectSame, kernel, random, sumsOfProducts, useEngine } from './compare.ts';
import {
  attrs,
  filterGradient,
  geometry,
  infoOf,
  inputGradient,
  isPossible,
  xShape,
  type Geometry,
} from './convolution-cases.ts';
import { maxPoolGradient, pool } from './other-cases.ts';

// WASM's convolutions have tests of their own, and TensorFlow's are its own.
const isTried = engine === 'tensorflow' && process.env['TFLOOP_C_KERNELS'] !== 'off';
if (!isTried) console.warn("convolutions are not tried, as native's kernels in C are not there");
const onTensorflow = isTried ? test : test.skip;

beforeAll(async () => {
  if (engine === 'tensorflow') await useEngine();
});

// Sizes on both sides of what registers, panels of channels and parts for threads hold.
const wide = fc
  .record({
    base: geometry,
    size: fc.integer({ min: 1, max: 40 }),
    channels: fc.integer({ min: 1, max: 40 }),
    outputs: fc.integer({ min: 1, max: 70 }),
  })
  .map(({ base, size, ...channels }): Geometry => ({
    ...base,
    ...channels,
    height: size,
    width: 41 - size,
    batch: 1,
  }));

// TensorFlow has no NCHW on the processor, and pads unevenly only where it is told how.
const shapes = fc
  .oneof(geometry, wide)
  .map((g): Geometry => ({ ...g, format: 'NHWC', pad: g.format === 'NCHW' ? 'same' : g.pad }));

const check = async (property: (g: Geometry) => Promise<void>, numRuns = 150): Promise<void> =>
  fc.assert(fc.asyncProperty(shapes, property), { numRuns });

onTensorflow('convolutions are in place', () => {
  expect(describeBackend().overrides).toEqual(
    expect.arrayContaining(['Conv2D', 'Conv2DBackpropFilter', 'Conv2DBackpropInput']),
  );
});

onTensorflow('a convolution of any shape, stride and padding is that of the CPU back end', () =>
  check(async (g) => {
    fc.pre(isPossible(infoOf(g)));
    await expectSame(() => {
      const x = random(g.seed, xShape(g));
      const filter = random(g.seed + 1, [...g.kernel, g.channels, g.outputs]);
      return [kernel('Conv2D', { x, filter }, attrs(g))];
    }, sumsOfProducts);
  }),
);

// The CPU back end takes its time for it.
onTensorflow('so is the gradient of its filter', () => check(filterGradient, 50));

onTensorflow('and the gradient of its input', () => check(inputGradient));

onTensorflow(
  'the gradient of a maximum goes to the first of the greatest, in windows of any kind',
  () => {
    // With and without a vector of channels that is full.
    const pools = fc
      .record({ small: pool, more: fc.constantFrom(0, 14, 30) })
      .map(({ small, more }) => {
        const shape = small.shape.with(3, (small.shape[3] ?? 0) + more);
        const outShape = small.info.outShape.with(3, shape[3] ?? 0) as typeof small.info.outShape;
        return { ...small, shape, info: { ...small.info, outShape } };
      });
    return fc.assert(fc.asyncProperty(pools, maxPoolGradient), { numRuns: 100 });
  },
);
