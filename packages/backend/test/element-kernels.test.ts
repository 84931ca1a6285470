import { beforeAll, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import * as fc from 'fast-check';
import { expectSame, kernel, random, values } from './compare.ts';

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

test('leaky ReLU and SELU are those of the CPU back end, of numbers of all kinds', async () => {
  const cases = fc.record({
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
    size: fc.integer({ min: 0, max: 40 }),
    alpha: fc.constantFrom(0, 0.2, 1, 3, -0.5),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ seed, size, alpha }) => {
      await expectSame(() => {
        const x = tf.concat([tf.tensor1d(special), tf.reshape(random(seed, [size]), [-1])]);
        const whole = tf.tensor1d([-3, 0, 4], 'int32');
        return [
          tf.leakyRelu(x, alpha),
          tf.leakyRelu(whole, alpha),
          tf.selu(x),
          tf.selu(tf.mul(x, 20)),
        ];
      });
    }),
    { numRuns: 40 },
  );
});
