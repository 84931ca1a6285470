import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import * as fc from 'fast-check';
import { expectClose, expectSame, kernel, random, runOn, sumsOfProducts } from './compare.ts';

const start = async (threads: number) =>
  useBackend({ backend: 'wasm', threads, log: () => undefined });

const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const flags = { transposeA: fc.boolean(), transposeB: fc.boolean() };

test.each([1, 2])('_FusedMatMul, with and without bias, on %d threads', async (threads) => {
  await start(threads);
  const cases = fc.record({
    seed: seeds,
    batch: fc.constantFrom(1, 3),
    sizes: fc.tuple(
      // More rows than are few, too.
      fc.oneof(fc.integer({ min: 0, max: 19 }), fc.constant(260)),
      fc.integer({ min: 0, max: 19 }),
      fc.integer({ min: 1, max: 19 }),
    ),
    hasBias: fc.boolean(),
    activation: fc.constantFrom('linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'),
    ...flags,
  });
  const property = async (g: typeof cases extends fc.Arbitrary<infer T> ? T : never) => {
    const [m, k, n] = g.sizes;
    const { transposeA, transposeB, activation } = g;
    await expectSame(
      () => [
        kernel(
          '_FusedMatMul',
          {
            a: random(g.seed, [g.batch, ...(transposeA ? [k, m] : [m, k])]),
            b: random(g.seed + 1, [g.batch, ...(transposeB ? [n, k] : [k, n])]),
            ...(g.hasBias && { bias: random(g.seed + 2, [n]) }),
          },
          { transposeA, transposeB, activation, leakyreluAlpha: 0.3 },
        ),
      ],
      sumsOfProducts,
    );
  };
  await fc.assert(fc.asyncProperty(cases, property), { numRuns: 80 });
});

test.each([1, 2])('long sums agree with float64, on %d threads', async (threads) => {
  await start(threads);
  for (const [transposeA, transposeB] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const) {
    // More than twice what is packed at once, and no whole tile at any end; then more rows than are few.
    for (const [m, k, n] of [
      [5, 1100, 13],
      [300, 600, 9],
    ] as const) {
      const a = random(1, transposeA ? [k, m] : [m, k]) as tf.Tensor2D;
      const b = random(2, transposeB ? [n, k] : [k, n]) as tf.Tensor2D;
      const [x, y] = [a, b].map((t) => t.dataSync());
      const expected = Array.from({ length: m * n }, (_, at) => {
        const [i, j] = [Math.floor(at / n), at % n];
        let total = 0;
        for (let p = 0; p < k; p++)
          total +=
            x![transposeA ? p * m + i : i * k + p]! * y![transposeB ? j * k + p : p * n + j]!;
        return total;
      });
      const actual = await runOn('wasm', () => [tf.matMul(a, b, transposeA, transposeB)]);
      expectClose(actual, [{ shape: [m, n], dtype: 'float32', values: expected }]);
      tf.dispose([a, b]);
    }
  }
});

test('NaN and infinity come through, and ReLU keeps NaN, as on the CPU back end', async () => {
  await start(1);
  const run = () => {
    const a = tf.tensor3d([NaN, 1, Infinity, 1, -Infinity, 1, 1, 1], [1, 4, 2]);
    const inputs = { a, b: tf.ones([1, 2, 3]) };
    return [
      kernel('_FusedMatMul', inputs, { transposeA: false, transposeB: false, activation: 'relu' }),
    ];
  };
  const [expected] = await runOn('cpu', run);
  const [actual] = await runOn('wasm', run);
  expect(actual).toEqual(expected);
  expect(actual?.values.slice(0, 9)).toEqual([
    ...[NaN, NaN, NaN],
    ...[Infinity, Infinity, Infinity],
    ...[0, 0, 0],
  ]);
});
