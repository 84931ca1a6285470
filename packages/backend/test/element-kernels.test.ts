import { beforeAll, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import * as fc from 'fast-check';
import { expectSame, kernel, randomOf, values } from './compare.ts';

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
