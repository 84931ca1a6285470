// Activations and their gradients, against the CPU back end and against torch. It runs on WASM, or on what TFLOOP_TEST_ENGINE
// names.
import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expectSame, random, runOn, useEngine, values } from './compare.ts';

beforeAll(() => useEngine());

type Activation = (x: tf.Tensor) => tf.Tensor;

const layer =
  (activation: 'gelu' | 'mish' | 'softsign' | 'swish'): Activation =>
  (x) =>
    tf.layers.activation({ activation }).apply(x) as tf.Tensor;

const functions: Record<string, Activation> = {
  elu: tf.elu,
  erf: tf.erf,
  exp: tf.exp,
  gelu: layer('gelu'),
  mish: layer('mish'),
  leakyRelu: (x) => tf.leakyRelu(x, 0.3),
  relu: tf.relu,
  relu6: tf.relu6,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  softplus: tf.softplus,
  softsign: layer('softsign'),
  swish: layer('swish'),
  tanh: tf.tanh,
};

// Corners, what is far from them, and the least numbers there are.
const corners = [0, -0, 6, 5.9999995, -6, 1e-30, -1e-30, 1e-40, -1e-45, 88, -88, 104, -104];
const beyond = [Infinity, -Infinity, NaN];

test.each(Object.keys(functions))(
  '%s and its gradient are those of the CPU back end',
  async (name) => {
    const f = functions[name]!;
    const cases = fc.record({
      seed: fc.integer({ min: 0, max: 2 ** 31 }),
      shape: fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 3 }),
      size: fc.constantFrom(1e-3, 1, 10),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ seed, shape, size }) => {
        const x = () =>
          tf.tensor(
            values(seed, tf.util.sizeFromShape(shape)).map((v, i) =>
              i % 3 === 0 ? corners[(seed + i) % corners.length]! : v * size,
            ),
            shape,
          );
        // Far from 0, what is left of a slope is what rounding leaves of 1 - y: its measure is the slope at 0.
        await expectSame(() => [tf.grad(f)(x(), random(seed + 1, shape))], { scale: 1 });
        await expectSame(() => [f(tf.clipByValue(x(), -88, 88))], {
          scale: name === 'exp' ? 0 : 1,
        });
      }),
      { numRuns: 20 },
    );
  },
);

// What is composed is not here: ∞ times 0 is NaN in it, on any back end.
test.each(['elu', 'erf', 'exp', 'leakyRelu', 'selu', 'sigmoid', 'softplus', 'tanh'])(
  '%s of what is no number is that of the CPU back end, and so is its gradient',
  async (name) => {
    const f = functions[name]!;
    await expectSame(() => {
      const x = tf.tensor1d([...beyond, 1, 2, ...beyond]);
      return [f(x), tf.grad(f)(x, random(1, [8]))];
    });
  },
);

interface Golden {
  readonly x: number[];
  readonly cases: readonly {
    readonly name: string;
    readonly values: readonly (number | null)[];
    readonly slopes: readonly (number | null)[];
  }[];
}

const golden = JSON.parse(
  readFileSync(
    fileURLToPath(new URL('../../../tools/oracles/activations.json', import.meta.url)),
    'utf8',
  ),
) as Golden;

test('leaky ReLU of integers is that of the CPU back end', async () => {
  await expectSame(() => [tf.leakyRelu(tf.tensor1d([-3, 0, 4], 'int32'), 0.2)]);
});

/** Least number that is no part of another's rounding: float32 has no smaller one that engines agree on. */
const TINY = 1.2e-38;

// Of these, every number is exact for itself; of the others, terms cancel where they are near 0.
const exact = {
  values: ['elu', 'erf', 'exp', 'selu', 'softplus', 'softsign', 'tanh'],
  slopes: ['erf', 'exp', 'selu', 'softplus'],
};

test.each(golden.cases.map((one) => [one.name, one] as const))(
  "%s and its slope are torch's, at extremes too",
  async (name, expected) => {
    const f = functions[name]!;
    const [y, dx] = await runOn('wasm', () => {
      const x = tf.tensor1d(golden.x, 'float32');
      return [f(x), tf.grad(f)(x)];
    });
    const found = { values: y!.values, slopes: dx!.values };
    for (const kind of ['values', 'slopes'] as const) {
      const errors = expected[kind].map((wanted, i) => {
        if (wanted === null) return 0;
        const measure = exact[kind].includes(name)
          ? Math.abs(wanted)
          : Math.max(1, Math.abs(wanted));
        return Math.abs(found[kind][i]! - wanted) / Math.max(measure, TINY);
      });
      const worst = Math.max(...errors);
      expect({ kind, x: golden.x[errors.indexOf(worst)], worst, ok: worst <= 1e-5 }).toMatchObject({
        ok: true,
      });
    }
  },
);
