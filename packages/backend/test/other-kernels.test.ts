import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import * as fc from 'fast-check';
import { expectSame, kernel, random, randomOf, runOn, values } from './compare.ts';
import { avgPoolGradient, maxPoolGradient, pool, segments, segmentSum } from './other-cases.ts';

beforeAll(async () => {
  await useBackend({ backend: 'wasm', log: () => undefined });
});

const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const dims = (maxLength: number, min = 1): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min, max: 6 }), { minLength: 1, maxLength });

const check = async <T>(
  arbitrary: fc.Arbitrary<T>,
  property: (value: T) => Promise<void>,
  numRuns = 100,
): Promise<void> => fc.assert(fc.asyncProperty(arbitrary, property), { numRuns });

describe('pooling gradients agree with the CPU back end:', () => {
  test('MaxPoolGrad, with ties, overlaps and windows without a positive element', async () => {
    await check(pool, maxPoolGradient);
  });

  test('pools of integers and of windows of one element', async () => {
    await expectSame(() => [
      kernel(
        'MaxPool',
        { x: randomOf('int32', 1, [2, 6, 5, 3]) },
        { filterSize: 2, strides: 2, pad: 'same' },
      ),
      kernel('MaxPool', { x: random(2, [2, 6, 5, 3]) }, { filterSize: 1, strides: 2, pad: 'same' }),
      kernel(
        'AvgPool',
        { x: random(3, [2, 6, 5, 3]) },
        { filterSize: 1, strides: 1, pad: 'valid' },
      ),
    ]);
  });

  test('MaxPoolGrad of windows of zeros sends the gradient to the first cell', async () => {
    const [dx] = await runOn('wasm', () => [
      tf.grad((x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'))(
        tf.zeros([1, 2, 4, 1]),
      ),
    ]);
    expect(dx?.values).toEqual([1, 0, 1, 0, 0, 0, 0, 0]);
  });

  test('AvgPoolGrad, where it is one', async () => {
    await check(pool, avgPoolGradient);
  });

  test('AvgPoolGrad of windows of one element, as many as elements, ignores strides as the forward pass does', async () => {
    const dy = { dy: random(1, [1, 1, 2, 1]), input: random(2, [1, 1, 2, 1]) };
    const [back, expected] = await runOn('wasm', () => [
      kernel('AvgPoolGrad', dy, { filterSize: [1, 1], strides: [1, 2], pad: 0 }),
      tf.clone(dy.dy),
    ]);
    expect(back).toEqual(expected);
    tf.dispose(dy);
  });

  test('AvgPoolGrad at the border of same gives elements what they had in the mean', async () => {
    const [dx] = await runOn('wasm', () => [
      tf.grad((x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'same'))(
        tf.zeros([1, 1, 3, 1]),
        tf.tensor4d([4, 8], [1, 1, 2, 1]),
      ),
    ]);
    // Means of two elements and of one.
    expect(dx?.values).toEqual([2, 2, 8]);
  });

  test('AvgPoolGrad of windows that rounding up has added', async () => {
    const attrs = { filterSize: 3, strides: 2, pad: 0 };
    const [dx] = await runOn('wasm', () => [
      kernel('AvgPoolGrad', { dy: random(1, [1, 3, 3, 2]), input: tf.zeros([1, 6, 6, 2]) }, attrs),
    ]);
    const [pooled] = await runOn('cpu', () => [
      kernel('AvgPool', { x: random(2, [1, 6, 6, 2]) }, { ...attrs, dimRoundingMode: 'ceil' }),
    ]);
    expect(pooled?.shape).toEqual([1, 3, 3, 2]);
    const dot = (a: readonly number[], b: ArrayLike<number>): number =>
      a.reduce((sum, v, i) => sum + v * b[i]!, 0);
    expect(dot(dx!.values, values(2, 72))).toBeCloseTo(dot(pooled!.values, values(1, 18)), 5);
  });

  test('MaxPool and AvgPool, forward', async () => {
    await check(pool, async ({ seed, kind, shape, filterSize, strides, pad }) => {
      await expectSame(() => [
        kernel('MaxPool', { x: random(seed, shape, kind) }, { filterSize, strides, pad }),
        kernel('AvgPool', { x: random(seed, shape, kind) }, { filterSize, strides, pad }),
      ]);
    });
  });
});

test('UnsortedSegmentSum, with ids outside the range', async () => {
  await check(segments, segmentSum);
});

test('UnsortedSegmentSum of fewer rows than ids is refused', async () => {
  await tf.setBackend('wasm');
  const before = tf.backend().numDataIds();
  expect(() =>
    tf.tidy(() => tf.unsortedSegmentSum(tf.ones([2, 2]), tf.tensor1d([0, 1, 2], 'int32'), 3)),
  ).toThrow(
    new RangeError(
      'UnsortedSegmentSum: x must have a row for each segment id, got 2 rows and 3 ids',
    ),
  );
  expect(tf.backend().numDataIds()).toBe(before);
});

test('UnsortedSegmentSum with ids of other ranks', async () => {
  await expectSame(() => [
    kernel(
      'UnsortedSegmentSum',
      {
        x: random(1, [3, 2]),
        segmentIds: tf.tensor2d(
          [
            [0, 1],
            [1, 1],
            [2, 0],
          ],
          [3, 2],
          'int32',
        ),
      },
      { numSegments: 3 },
    ),
    kernel(
      'UnsortedSegmentSum',
      { x: random(1, [3, 2]), segmentIds: tf.scalar(1, 'int32') },
      { numSegments: 2 },
    ),
  ]);
});

test('BatchMatMul, with transposed, batched and broadcast operands', async () => {
  const cases = fc.record({
    seed: seeds,
    sizes: fc.tuple(...[0, 0, 0].map((min) => fc.integer({ min, max: 9 }))),
    batches: fc.constantFrom<[number[], number[]]>(
      [[], []],
      [[1], []],
      [[], [1]],
      [[3], [1]],
      [[3], []],
      [[1], [3]],
      [[3], [3]],
      [
        [2, 3],
        [1, 1],
      ],
      [
        [2, 3],
        [2, 3],
      ],
    ),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  });
  await check(cases, async ({ seed, sizes: [m, k, n], batches, transposeA, transposeB }) => {
    await expectSame(() => [
      kernel(
        'BatchMatMul',
        {
          a: random(seed, [...batches[0], ...(transposeA ? [k!, m!] : [m!, k!])]),
          b: random(seed + 1, [...batches[1], ...(transposeB ? [n!, k!] : [k!, n!])]),
        },
        { transposeA, transposeB },
      ),
    ]);
  });
});

const dtypes = fc.constantFrom<'float32' | 'int32' | 'bool'>('float32', 'int32', 'bool');

test('Slice of every dtype', async () => {
  const cases = fc.tuple(seeds, dims(5), dtypes).chain(([seed, shape, dtype]) =>
    fc.record({
      seed: fc.constant(seed),
      shape: fc.constant(shape),
      dtype: fc.constant(dtype),
      cuts: fc.tuple(
        ...shape.map((size) =>
          fc
            .tuple(fc.integer({ min: 0, max: size }), fc.integer({ min: 0, max: size }))
            .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const),
        ),
      ),
    }),
  );
  await check(cases, async ({ seed, shape, dtype, cuts }) => {
    const begin = cuts.map(([from]) => from);
    const size = cuts.map(([from, to]) => to - from);
    await expectSame(() => [
      tf.slice(randomOf(dtype, seed, shape), begin, size),
      tf.slice(randomOf(dtype, seed, [5, ...shape, 20]), 2, 2),
    ]);
  });
});

test('GatherV2 along any axis, with indices of any rank', async () => {
  const cases = fc.tuple(seeds, dims(4), dtypes).chain(([seed, shape, dtype]) =>
    fc.integer({ min: 0, max: shape.length - 1 }).chain((axis) =>
      fc.record({
        seed: fc.constant(seed),
        shape: fc.constant(shape),
        dtype: fc.constant(dtype),
        axis: fc.constant(axis),
        rows: fc.array(fc.integer({ min: 0, max: shape[axis]! - 1 }), { maxLength: 6 }),
      }),
    ),
  );
  await check(cases, async ({ seed, shape, dtype, axis, rows }) => {
    await expectSame(() => {
      const x = randomOf(dtype, seed, shape);
      const index = tf.tensor1d(rows, 'int32');
      return [
        tf.gather(x, index, axis),
        tf.gather(x, tf.reshape(index, [1, -1]), axis - shape.length),
      ];
    });
  });
});

test('an index that is no row is refused, as on the CPU back end', async () => {
  await tf.setBackend('wasm');
  const before = tf.backend().numDataIds();
  for (const row of [-1, 3])
    expect(() => tf.tidy(() => tf.gather(tf.zeros([3, 2]), tf.tensor1d([row], 'int32')))).toThrow(
      /GatherV2: the index value -?\d is not in \[0, 2\]/u,
    );
  expect(tf.backend().numDataIds()).toBe(before);
});

test('OneHot of every dtype, with labels outside the range', async () => {
  const cases = fc.record({
    labels: fc.array(fc.integer({ min: -2, max: 7 }), { minLength: 1, maxLength: 9 }),
    depth: fc.integer({ min: 2, max: 6 }),
    dtype: dtypes,
  });
  await check(cases, async ({ labels, depth, dtype }) => {
    await expectSame(() => {
      const indices = tf.tensor1d(labels, 'int32');
      return [
        tf.oneHot(indices, depth, 1, 0, dtype),
        tf.oneHot(tf.reshape(indices, [-1, 1]), depth, 3, -1, 'int32'),
      ];
    });
  });
});

test('Slice, Tile and Identity of strings', async () => {
  const run = async (backend: string): Promise<unknown> => {
    await tf.setBackend(backend);
    return tf.tidy(() => {
      const x = tf.tensor2d(['a', 'b', 'c', 'd', 'e', 'f'], [2, 3]);
      const results = [tf.slice(x, [0, 1], [2, 2]), tf.clone(x), tf.slice(x, [1, 0], [1, 3])];
      return results.map((t) => t.arraySync());
    });
  };
  expect(await run('wasm')).toEqual(await run('cpu'));
});

test('a slice beyond the end is refused, as on the CPU back end', async () => {
  await tf.setBackend('wasm');
  expect(() => tf.tidy(() => tf.slice(tf.zeros([4]), [2], [3]))).toThrow(/overflow/u);
});

test('Tile of every dtype', async () => {
  const cases = fc.tuple(seeds, dims(3, 0), dtypes).chain(([seed, shape, dtype]) =>
    fc.record({
      seed: fc.constant(seed),
      shape: fc.constant(shape),
      dtype: fc.constant(dtype),
      reps: fc.tuple(...shape.map(() => fc.integer({ min: 1, max: 3 }))),
    }),
  );
  await check(cases, async ({ seed, shape, dtype, reps }) => {
    await expectSame(() => [
      tf.tile(randomOf(dtype, seed, shape), reps),
      tf.tile(randomOf(dtype, seed, [...shape, 17]), [...reps, 2]),
    ]);
  });
});

test('Sum and Mean over any axes', async () => {
  const cases = fc.tuple(seeds, dims(5, 0), dtypes).chain(([seed, shape, dtype]) =>
    fc.record({
      seed: fc.constant(seed),
      shape: fc.constant(shape),
      dtype: fc.constant(dtype),
      axes: fc.subarray(shape.map((_, axis) => axis)),
      keepDims: fc.boolean(),
    }),
  );
  await check(
    cases,
    async ({ seed, shape, dtype, axes, keepDims }) => {
      const x = (): tf.Tensor => randomOf(dtype, seed, shape);
      // Sums that cancel are judged by the size of their terms.
      const scale = 9 * Math.sqrt(shape.reduce((a, b) => a * b, 1));
      // The CPU back end takes no mean of an empty run of axes.
      fc.pre(shape.every((size) => size > 0) || axes.length > 0);
      await expectSame(() => [tf.sum(x(), axes, keepDims), tf.mean(x(), axes, keepDims)], {
        scale,
      });
    },
    300,
  );
});

test('Sum and Mean over all axes', async () => {
  await expectSame(() => [tf.sum(random(1, [5, 4, 4])), tf.mean(random(1, [5, 4, 4])), tf.sum(4)]);
});

test('Sum over many rows keeps float32 precision', async () => {
  await expectSame(() => [
    tf.sum(tf.add(random(1, [16, 32, 32, 8]), 1), [0, 1, 2]),
    tf.mean(tf.add(random(1, [50021, 5]), 1), 0),
  ]);
});

test('Sum and Mean let NaN and infinity through', async () => {
  await tf.setBackend('wasm');
  const [sums, means] = tf.tidy(() => {
    const x = tf.buffer([100, 4], 'float32');
    x.set(Number.NaN, 50, 0);
    x.set(Infinity, 51, 1);
    x.set(-Infinity, 52, 2);
    return [tf.sum(x.toTensor(), 0).arraySync(), tf.mean(x.toTensor(), 0).arraySync()];
  });
  expect(sums).toEqual([Number.NaN, Infinity, -Infinity, 0]);
  expect(means).toEqual([Number.NaN, Infinity, -Infinity, 0]);
});

test('batch normalisation and average pools let NaN through', async () => {
  await expectSame(() => {
    const x = tf.tensor4d([1, Number.NaN, 2, 3, 4, 5, 6, 7], [1, 2, 2, 2]);
    const [mean, variance] = [tf.zeros<tf.Rank.R1>([2]), tf.ones<tf.Rank.R1>([2])];
    return [tf.batchNorm(x, mean, variance), tf.avgPool(x, 2, 1, 'same')];
  });
});

test('batch normalisation, with and without scale and offset, per channel or per element', async () => {
  const cases = fc.record({
    seed: seeds,
    shape: dims(4),
    level: fc.constantFrom(0, 5),
    isPerElement: fc.boolean(),
    hasScale: fc.boolean(),
    hasOffset: fc.boolean(),
  });
  await check(cases, async ({ seed, shape, level, isPerElement, hasScale, hasOffset }) => {
    const small = isPerElement ? shape : shape.slice(-1);
    await expectSame(() => [
      kernel(
        'FusedBatchNorm',
        {
          x: tf.add(random(seed, shape), level),
          mean: tf.add(random(seed + 1, small), level),
          variance: tf.abs(random(seed + 2, small)),
          ...(hasScale ? { scale: random(seed + 3, small) } : {}),
          ...(hasOffset ? { offset: random(seed + 4, small) } : {}),
        },
        { varianceEpsilon: 1e-3 },
      ),
    ]);
  });
});

test('arithmetic with values that broadcast along leading axes', async () => {
  const cases = fc.record({
    seed: seeds,
    lead: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 }),
    trail: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 2 }),
    ones: fc.integer({ min: 0, max: 3 }),
    isSwapped: fc.boolean(),
  });
  await check(cases, async ({ seed, lead, trail, ones, isSwapped }) => {
    await expectSame(() => {
      const big = tf.add(random(seed, [...lead, ...trail]), 2);
      const few = Array.from({ length: ones }, () => 1);
      const small = tf.add(random(seed + 1, [...few, ...trail]), 2);
      const [a, b] = isSwapped ? [small, big] : [big, small];
      return [tf.add(a, b), tf.sub(a, b), tf.mul(a, b), tf.div(a, b)];
    });
  });
});

test('a clone shares data until either side goes, and a variable that is assigned leaves it alone', async () => {
  await tf.setBackend('wasm');
  const before = tf.memory().numDataBuffers;
  const variable = tf.tidy(() => tf.variable(tf.tensor1d([1, 2, 3])));
  const clone = tf.clone(variable);
  tf.tidy(() => variable.assign(tf.tensor1d([4, 5, 6])));
  const another = tf.clone(clone);
  clone.dispose();
  expect(Array.from(another.dataSync())).toEqual([1, 2, 3]);
  expect(Array.from(variable.dataSync())).toEqual([4, 5, 6]);
  another.dispose();
  variable.dispose();
  expect(tf.memory().numDataBuffers).toBe(before);
});
