import * as tf from '@tensorflow/tfjs';
import { expect } from '@jest/globals';
import * as fc from 'fast-check';
import { expectSame, kernel, random, randomOf, runOn } from './compare.ts';

type Quad = [number, number, number, number];

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

/** A pool that tfjs accepts, over numbers with ties. */
export const pool = fc
  .record({
    seed: seeds,
    kind: fc.constantFrom<'normal' | 'tied'>('normal', 'tied'),
    shift: fc.constantFrom(0, -3, 3),
    shape: fc.tuple(...([3, 9, 9, 6] as const).map((max) => fc.integer({ min: 1, max }))),
    filterSize: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    strides: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    pad: fc.oneof(
      fc.constantFrom<'same' | 'valid'>('same', 'valid'),
      fc.integer({ min: 0, max: 3 }),
    ),
  })
  .map((g) => ({
    ...g,
    info: tf.backend_util.computePool2DInfo(g.shape as Quad, g.filterSize, g.strides, 1, g.pad),
  }))
  .filter(({ info }) => info.outHeight > 0 && info.outWidth > 0);

/** One of them. */
export type Pool = typeof pool extends fc.Arbitrary<infer T> ? T : never;

/** The gradient of a maximum is that of the CPU back end, with ties, overlaps and windows without a positive element. */
export async function maxPoolGradient(g: Pool): Promise<void> {
  const { seed, kind, shift, shape, filterSize, strides, pad, info } = g;
  await expectSame(() => [
    kernel(
      'MaxPoolGrad',
      {
        dy: random(seed, info.outShape),
        input: tf.add(random(seed + 1, shape, kind), shift),
        output: tf.zeros(info.outShape),
      },
      { filterSize, strides, pad },
    ),
  ]);
}

/**
 * Mean and gradient are adjoint: Σ pool(x) · dy = Σ x · gradient(dy). The CPU back end's own gradient is none at the borders
 * of `same`, where it divides by what its pool does not.
 */
export async function avgPoolGradient(g: Pool): Promise<void> {
  const { seed, shape, filterSize, strides, pad, info } = g;
  const attrs = { filterSize, strides, pad };
  const [pooled] = await runOn('cpu', () => {
    const means = kernel('AvgPool', { x: random(seed, shape) }, attrs);
    // A window of padding alone has no mean.
    const those = tf.where(tf.isNaN(means), tf.zerosLike(means), means);
    return [tf.sum(tf.mul(those, random(seed + 1, info.outShape)))];
  });
  const [back, size] = await runOn('wasm', () => {
    const input = random(seed, shape);
    const dx = kernel('AvgPoolGrad', { dy: random(seed + 1, info.outShape), input }, attrs);
    return [tf.sum(tf.mul(input, dx)), tf.sum(tf.abs(tf.mul(input, dx)))];
  });
  const difference = Math.abs(back!.values[0]! - pooled!.values[0]!);
  expect(difference).toBeLessThanOrEqual(1e-5 * Math.max(size!.values[0]!, 1e-3));
}

/** Rows and the segments that they go to. */
export const segments = fc.record({
  seed: seeds,
  rows: fc.array(fc.integer({ min: -2, max: 7 }), { minLength: 1, maxLength: 20 }),
  inner: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }),
  numSegments: fc.integer({ min: 1, max: 6 }),
  dtype: fc.constantFrom<'float32' | 'int32'>('float32', 'int32'),
});

/** One of them. */
export type Segments = typeof segments extends fc.Arbitrary<infer T> ? T : never;

/** Sums of segments are those of the CPU back end, with ids outside the range. */
export async function segmentSum({
  seed,
  rows,
  inner,
  numSegments,
  dtype,
}: Segments): Promise<void> {
  await expectSame(() => [
    tf.unsortedSegmentSum(
      randomOf(dtype, seed, [rows.length, ...inner]),
      tf.tensor1d(rows, 'int32'),
      numSegments,
    ),
  ]);
}
