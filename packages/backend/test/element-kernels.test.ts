import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import * as fc from 'fast-check';
import { expectClose, expectSame, kernel, randomOf, runOn, values } from './compare.ts';

beforeAll(() => useBackend({ backend: 'wasm', log: () => undefined }));

const special = [0, -0, NaN, Infinity, -Infinity, 1, -1, 1e-30];
const names = ['Equal', 'Greater', 'GreaterEqual', 'Less', 'LessEqual', 'NotEqual'];

test('comparisons are those of the CPU back end: of numbers of all kinds, with one, with as many, and broadcast', async () => {
  const cases = fc
    .record({
      seed: fc.integer({ min: 0, max: 2 ** 31 }),
      shape: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
      other: fc.constantFrom<(shape: number[]) => number[]>(
        (shape) => shape,
        () => [],
        () => [1],
        () => [1, 1, 1, 1],
        (shape) => shape.slice(1),
        (shape) => shape.map((size, axis) => (axis === 0 ? 1 : size)),
      ),
      dtype: fc.constantFrom<'float32' | 'int32'>('float32', 'int32'),
      isTurned: fc.boolean(),
    })
    .map(({ other, ...g }) => ({ ...g, otherShape: other(g.shape) }));
  await fc.assert(
    fc.asyncProperty(cases, async ({ seed, shape, otherShape, dtype, isTurned }) => {
      const tensor = (from: number, size: readonly number[]): tf.Tensor => {
        const numbers = values(from, tf.util.sizeFromShape([...size]), 'tied').map((value, i) =>
          dtype === 'float32' && (from + i) % 3 === 0
            ? special[(from + 5 * i) % special.length]!
            : value,
        );
        return tf.tensor(numbers, [...size], dtype);
      };
      await expectSame(() => {
        const [a, b] = [tensor(seed, shape), tensor(seed + 1, otherShape)];
        const inputs = isTurned ? { a: b, b: a } : { a, b };
        return names.map((name) => kernel(name, inputs, {}));
      });
    }),
    { numRuns: 150 },
  );
});

test('choices and conditions that both hold are those of the CPU back end: of one shape, of rows, and broadcast', async () => {
  const cases = fc.record({
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
    shape: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 2 }),
    dtype: fc.constantFrom<'float32' | 'int32'>('float32', 'int32'),
    of: fc.constantFrom<'all' | 'rows' | 'one'>('all', 'rows', 'one'),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ seed, shape, dtype, of }) => {
      const shapes = { all: shape, rows: shape.slice(0, 1), one: [1, ...shape.slice(1)] };
      await expectSame(() => {
        const [a, b] = [randomOf(dtype, seed, shape), randomOf(dtype, seed + 1, shape)];
        const whole = randomOf('bool', seed + 2, shape);
        const part = randomOf('bool', seed + 3, shapes[of]);
        const condition = of === 'one' ? tf.logicalOr(whole, part) : part;
        const both = of === 'rows' && shape.length > 1 ? whole : tf.logicalAnd(whole, part);
        return [kernel('Select', { condition, t: a, e: b }, {}), both];
      });
    }),
    { numRuns: 80 },
  );
});

test('choices of one byte, and of two dtypes, are those of the CPU back end', async () => {
  const dtypes = ['bool', 'int32', 'float32'] as const;
  await expectSame(() => {
    const condition = tf.tensor1d([1, 0, 0, 1, 0, 1, 1], 'bool');
    const row = tf.tensor1d([1, 0, 1], 'bool');
    return dtypes.flatMap((a) =>
      dtypes.flatMap((b, seed) => [
        tf.where(condition, randomOf(a, seed, [7]), randomOf(b, seed + 3, [7])),
        tf.where(row, randomOf(a, seed, [5, 3]), randomOf(b, seed + 3, [1, 3])),
      ]),
    );
  });
  const [chosen] = await runOn('wasm', () => {
    const [first, all, none] = [
      [1, 0],
      [1, 1],
      [0, 0],
    ].map((x) => tf.tensor1d(x, 'bool'));
    return [tf.where(first!, all!, none!)];
  });
  expect(chosen).toEqual({ shape: [2], dtype: 'bool', values: [1, 0] });
});

test('PReLU of integers is one of their numbers, in floats', async () => {
  await expectSame(() =>
    (['int32', 'float32'] as const).flatMap((a) =>
      (['int32', 'float32'] as const).flatMap((b) => [
        tf.prelu(randomOf(a, 1, [4, 3]), randomOf(b, 2, [3])),
        tf.prelu(randomOf(a, 1, [4, 3]), randomOf(b, 2, [4, 1])),
      ]),
    ),
  );
});

test('where a comparison finds NaN in place of a number, it fails', () => {
  const of = (...numbers: number[]) => [{ shape: [3], dtype: 'float32', values: numbers }];
  for (const [one, other] of [
    [of(NaN, 2, 3), of(1, 2, 3)],
    [of(1, NaN, 3), of(1, 2, 3)],
    [of(1, 2, 3), of(1, NaN, 3)],
    [of(1, 2, 3), of(1, 2, NaN)],
  ] as const)
    expect(() => expectClose(one, other)).toThrow('toMatchObject');
  expectClose(of(NaN, 2, 3), of(NaN, 2, 3));
});
