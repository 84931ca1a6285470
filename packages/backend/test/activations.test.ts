// Activations and their gradients, against the CPU back end and against torch. It runs on WASM, or on what TFLOOP_TEST_ENGINE
// names.
import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { engine, expectSame, random, runOn, useEngine, values } from './compare.ts';

beforeAll(() => useEngine());

// On TensorFlow, stock has other ideas of them.
const onWasm = engine === 'wasm' ? test : test.skip;

type Activation = (x: tf.Tensor) => tf.Tensor;

const layer =
  (activation: 'gelu' | 'gelu_new' | 'mish' | 'softsign' | 'swish'): Activation =>
  (x) =>
    tf.layers.activation({ activation }).apply(x) as tf.Tensor;

const functions: Record<string, Activation> = {
  abs: tf.abs,
  elu: tf.elu,
  erf: tf.erf,
  exp: tf.exp,
  gelu: layer('gelu'),
  geluNew: layer('gelu_new'),
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
const corners = [0, -0, 6, 5.9999995, -6, 1e-30, -1e-30, 88, -88, 104, -104];
// TensorFlow takes numbers below the normal ones for 0, on its other threads even those of stock kernels.
if (engine === 'wasm') corners.push(1e-40, -1e-45);
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
          scale: name === 'exp' ? 1e-30 : 1,
        });
      }),
      { numRuns: 20 },
    );
  },
);

// What is composed is not here: ∞ times 0 is NaN in it, on any back end.
test.each(['erf', 'exp', 'leakyRelu', 'selu', 'sigmoid', 'softplus', 'tanh'])(
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

test('PReLU and its gradients are those of the CPU back end, with slopes that axes share', async () => {
  const cases = fc.record({
    seed: fc.integer({ min: 0, max: 2 ** 31 }),
    shape: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
    shared: fc.integer({ min: 0, max: 7 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ seed, shape, shared }) => {
      await expectSame(
        () => {
          const x = random(seed, shape, 'tied');
          const slopes = shape.map((size, axis) => (shared & (1 << axis) ? 1 : size));
          const alpha = random(seed + 1, slopes);
          const dy = random(seed + 2, shape);
          return [tf.prelu(x, alpha), ...tf.grads((a, b) => tf.prelu(a, b))([x, alpha], dy)];
        },
        { scale: 1 },
      );
    }),
    { numRuns: 40 },
  );
});

test('powers and their gradients are those of the CPU back end', async () => {
  for (const exponent of [-1, 0.5, 1, 2, 3])
    await expectSame(() => {
      const x = tf.concat([tf.tensor1d([0, -0, 1e-30, 1e15, ...beyond]), random(1, [9])]);
      const power = (from: tf.Tensor) => tf.pow(from, exponent);
      const shared = tf.pow(tf.reshape(x, [4, 4]), tf.tensor1d([2, exponent, 2, 3]));
      return [power(x), tf.grad(power)(tf.slice(x, 9), random(2, [7])), shared];
    });
});

onWasm('leaky ReLU of integers is that of the CPU back end', async () => {
  await expectSame(() => [tf.leakyRelu(tf.tensor1d([-3, 0, 4], 'int32'), 0.2)]);
});

/** Least number that is no part of another's rounding: float32 has no smaller one that engines agree on. */
const TINY = engine === 'wasm' ? 1.2e-38 : 1e-30;

/** What TensorFlow takes for 0. */
const isSubnormal = (x: number): boolean => engine !== 'wasm' && x !== 0 && Math.abs(x) < 1.2e-38;

// Of these, every number is exact for itself; of the others, terms cancel where they are near 0, as in TensorFlow's own ELU.
const exact = {
  values: [
    'erf',
    'exp',
    'softplus',
    'softsign',
    'tanh',
    ...(engine === 'wasm' ? ['elu', 'selu'] : []),
  ],
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
        if (wanted === null || isSubnormal(golden.x[i]!)) return 0;
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
