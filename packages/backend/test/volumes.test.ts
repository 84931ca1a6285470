// 3D convolutions and pools, whose stock kernels on WASM are wrong.
import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import * as fc from 'fast-check';
import { expectClose, expectSame, kernel, random, runOn, sumsOfProducts } from './compare.ts';

beforeAll(() => useBackend({ backend: 'wasm', log: () => undefined }));

type Shape5D = [number, number, number, number, number];
type Triple = [number, number, number];

const upTo = (max: number) => fc.integer({ min: 1, max });
const triple = (max: number) => fc.tuple(upTo(max), upTo(max), upTo(max));

const volume = {
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  shape: fc.tuple(upTo(3), upTo(5), upTo(5), upTo(5), upTo(5)),
  window: triple(3),
  strides: triple(3),
};
const padding = fc.constantFrom<'same' | 'valid'>('same', 'valid');

/** A pool of a number of pads has no more of them than its window is wide, as no window may lie in them alone. */
const pools = fc
  .record({
    ...volume,
    pad: fc.oneof(padding, upTo(2)),
    dimRoundingMode: fc.constantFrom<'floor' | 'ceil'>('floor', 'ceil'),
    kind: fc.constantFrom<'normal' | 'tied'>('normal', 'tied'),
    shift: fc.constantFrom(0, -3, 3),
  })
  .filter(({ pad, window }) => typeof pad === 'string' || pad < Math.min(...window))
  .map(({ dimRoundingMode, ...g }) => ({
    ...g,
    attrs: {
      filterSize: g.window,
      strides: g.strides,
      pad: g.pad,
      ...(typeof g.pad === 'number' && { dimRoundingMode }),
    },
  }))
  .map((g) => ({ ...g, outShape: infoOf(g.shape, g.attrs).outShape }))
  .filter(({ outShape }) => outShape.every((size) => size > 0));

interface PoolAttrs {
  readonly filterSize: Triple;
  readonly strides: Triple;
  readonly pad: 'same' | 'valid' | number;
  readonly dimRoundingMode?: 'floor' | 'ceil';
}

type VolumeInfo = ReturnType<typeof tf.backend_util.computePool3DInfo>;

function infoOf(
  shape: Shape5D,
  { filterSize, strides, pad, dimRoundingMode }: PoolAttrs,
): VolumeInfo {
  return tf.backend_util.computePool3DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
}

const few = { numRuns: 60 };

test('gradients of 3D convolutions are those of the CPU back end', async () => {
  const cases = fc.record({ ...volume, outputs: upTo(5), pad: padding });
  const property = async (g: typeof cases extends fc.Arbitrary<infer T> ? T : never) => {
    const filterShape: Shape5D = [...g.window, g.shape[4], g.outputs];
    const { outShape } = tf.backend_util.computeConv3DInfo(
      g.shape,
      filterShape,
      g.strides,
      1,
      g.pad,
    );
    fc.pre(outShape.every((size) => size > 0));
    const attrs = { strides: g.strides, pad: g.pad };
    await expectSame(() => {
      const x = random(g.seed, g.shape);
      const filter = random(g.seed + 1, filterShape);
      const dy = random(g.seed + 2, outShape);
      return [
        kernel('Conv3D', { x, filter }, { ...attrs, dataFormat: 'NDHWC', dilations: 1 }),
        kernel('Conv3DBackpropFilterV2', { x, dy }, { ...attrs, filterShape }),
        kernel('Conv3DBackpropInputV2', { dy, filter }, { ...attrs, inputShape: g.shape }),
      ];
    }, sumsOfProducts);
  };
  await fc.assert(fc.asyncProperty(cases, property), few);
});

/** Sends each window's `dy` to its first greatest element, in the order of memory. */
function toFirstGreatest(
  x: Float32Array,
  dy: Float32Array,
  { inShape: [, depth, height, width, channels], outShape, padInfo, ...info }: VolumeInfo,
): Float32Array {
  const dx = new Float32Array(x.length);
  const place = ([n, d, r, c, k]: Shape5D, [D, R, C]: Triple) =>
    (((n * D + d) * R + r) * C + c) * channels + k;
  for (const out of cells(outShape)) {
    const [n, d, r, c, k] = out;
    let greatest = -1;
    for (const [, i, j, l] of cells([
      1,
      info.filterDepth,
      info.filterHeight,
      info.filterWidth,
      1,
    ])) {
      const [z, y, q] = [
        d * info.strideDepth - padInfo.front + i,
        r * info.strideHeight - padInfo.top + j,
        c * info.strideWidth - padInfo.left + l,
      ];
      if (z < 0 || y < 0 || q < 0 || z >= depth || y >= height || q >= width) continue;
      const at = place([n, z, y, q, k], [depth, height, width]);
      if (greatest === -1 || x[at]! > x[greatest]!) greatest = at;
    }
    dx[greatest]! += dy[place(out, [outShape[1], outShape[2], outShape[3]])]!;
  }
  return dx;
}

/** All places of a volume, in the order of memory. */
function* cells(shape: Shape5D): Generator<Shape5D> {
  const size = shape.reduce((a, b) => a * b, 1);
  for (let at = 0; at < size; at++) {
    let rest = at;
    const cell = [...shape].reverse().map((length) => {
      const index = rest % length;
      rest = Math.floor(rest / length);
      return index;
    });
    yield cell.reverse() as Shape5D;
  }
}

// The CPU back end's own gradient of maxima goes to the last of equals, and to several cells where windows are wider than high.
test('maxima of volumes are those of the CPU back end, and their gradients go to the first of each window', async () => {
  await fc.assert(
    fc.asyncProperty(pools, async (g) => {
      const input = () => tf.add(random(g.seed, g.shape, g.kind), g.shift);
      const dy = random(g.seed + 1, g.outShape);
      const pooled = () => kernel('MaxPool3D', { x: input() }, { ...g.attrs, dataFormat: 'NDHWC' });
      await expectSame(() => [pooled()]);
      const [dx, x] = await runOn('wasm', () => [
        kernel('MaxPool3DGrad', { dy, input: input(), output: pooled() }, g.attrs),
        input(),
      ]);
      const expected = toFirstGreatest(
        Float32Array.from(x!.values),
        dy.dataSync<'float32'>(),
        infoOf(g.shape, g.attrs),
      );
      dy.dispose();
      expectClose([dx!], [{ ...dx!, shape: g.shape, values: [...expected] }]);
    }),
    few,
  );
});

// The CPU back end divides by the whole window in the gradient alone: Σ pool(x) · dy is not Σ x · gradient(dy) there.
test('means of volumes are those of the CPU back end, and the gradient is adjoint to them', async () => {
  await fc.assert(
    fc.asyncProperty(pools, async (g) => {
      const inputs = () => ({ x: random(g.seed, g.shape), dy: random(g.seed + 1, g.outShape) });
      const pooled = () =>
        kernel('AvgPool3D', { x: inputs().x }, { ...g.attrs, dataFormat: 'NDHWC' });
      await expectSame(() => [pooled()]);
      const [sum] = await runOn('cpu', () => [tf.sum(tf.mul(pooled(), inputs().dy))]);
      const [other, size] = await runOn('wasm', () => {
        const { x, dy } = inputs();
        const products = tf.mul(x, kernel('AvgPool3DGrad', { dy, input: x }, g.attrs));
        return [tf.sum(products), tf.sum(tf.abs(products))];
      });
      const error = Math.abs(other!.values[0]! - sum!.values[0]!);
      expect(error).toBeLessThanOrEqual(1e-5 * Math.max(1, size!.values[0]!));
    }),
    few,
  );
});

test('dilated 3D convolutions are those of the CPU back end', async () => {
  const [x, filter] = [() => random(1, [2, 5, 6, 4, 3]), () => random(2, [2, 3, 2, 3, 4])];
  await expectSame(
    () => [
      tf.conv3d(x() as tf.Tensor5D, filter() as tf.Tensor5D, 1, 'same', 'NDHWC', [2, 1, 2]),
      tf.conv3d(x() as tf.Tensor5D, filter() as tf.Tensor5D, 1, 'valid', 'NDHWC', 2),
    ],
    sumsOfProducts,
  );
});

test('empty volumes have zero gradients', async () => {
  const attrs = { strides: 1, pad: 'same' };
  await expectSame(() => [
    kernel(
      'Conv3D',
      { x: tf.zeros([0, 3, 3, 3, 2]), filter: tf.ones([2, 2, 2, 2, 4]) },
      { ...attrs, dataFormat: 'NDHWC', dilations: 1 },
    ),
    kernel(
      'Conv3DBackpropFilterV2',
      { x: tf.zeros([0, 3, 3, 3, 2]), dy: tf.zeros([0, 3, 3, 3, 4]) },
      { ...attrs, filterShape: [2, 2, 2, 2, 4] },
    ),
    kernel(
      'Conv3DBackpropInputV2',
      { dy: tf.zeros([0, 3, 3, 3, 4]), filter: tf.ones([2, 2, 2, 2, 4]) },
      { ...attrs, inputShape: [0, 3, 3, 3, 2] },
    ),
    kernel(
      'AvgPool3DGrad',
      { dy: tf.zeros([0, 3, 3, 3, 2]), input: tf.zeros([0, 3, 3, 3, 2]) },
      { ...attrs, filterSize: 2 },
    ),
  ]);
});

test('windows that are larger than volumes give nothing, as on the CPU back end', async () => {
  await expectSame(() => {
    const x = tf.ones<tf.Rank.R5>([1, 4, 2, 3, 1]);
    return [
      tf.conv3d(x, tf.ones<tf.Rank.R5>([2, 5, 5, 1, 1]), 1, 'valid'),
      tf.maxPool3d(x, [2, 5, 5], 1, 'valid'),
    ];
  });
});
