// What native replaces, against the CPU back end, over shapes and numbers of all kinds. It runs on WASM, or on what
// TFLOOP_TEST_ENGINE names: what is asked for is the same on every back end.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { describeBackend } from '@tfloop/backend';
import { crossEntropy } from '@tfloop/core';
import * as fc from 'fast-check';
import { libraryOverrides } from '../src/native/library/library-overrides.ts';
import { nativeOverrides } from '../src/native/native-overrides.ts';
import { wasmOverrides } from '../src/wasm/wasm-overrides.ts';
import {
  engine,
  expectClose,
  expectSame,
  random,
  randomOf,
  runOn,
  useEngine,
  values,
} from './compare.ts';

beforeAll(() => useEngine());
afterAll(() => useEngine());

const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 });

const check = <T>(inputs: fc.Arbitrary<T>, holds: (input: T) => Promise<void>) =>
  fc.assert(fc.asyncProperty(inputs, holds), { numRuns: 40 });

/** The gradient of `f` where what comes back is `dy`. */
const gradientOf = (f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor, dy: tf.Tensor): tf.Tensor =>
  tf.grad(f)(x, dy);

describe('the gradient of an activation:', () => {
  const activations: Record<string, (x: tf.Tensor) => tf.Tensor> = {
    relu: tf.relu,
    relu6: tf.relu6,
    leakyRelu: (x) => tf.leakyRelu(x, 0.3),
    elu: tf.elu,
    sigmoid: tf.sigmoid,
    tanh: tf.tanh,
  };
  // Corners, and what is far from them.
  const special = [0, -0, 6, -6, 5.9999995, 1e-30, -1e-30, 1e30, -1e30, 88, -88];

  test.each(Object.keys(activations))('%s', async (name) => {
    const f = activations[name]!;
    await check(
      fc.record({ seed: seeds, shape: shapes, size: fc.constantFrom(1, 10) }),
      async ({ seed, shape, size }) => {
        const numbers = values(seed, tf.util.sizeFromShape(shape)).map((v, i) =>
          i % 3 === 0 ? special[(seed + i) % special.length]! : v * size,
        );
        // Far from 0, what is left of a slope is what rounding leaves of 1 - y: its measure is the slope at 0.
        await expectSame(
          () => [gradientOf(f, tf.tensor(numbers, shape), random(seed + 1, shape))],
          { scale: 1 },
        );
      },
    );
  });

  // The others have none that tfjs could differentiate.
  test.each(['relu', 'sigmoid', 'tanh'])('%s, of its gradient', async (name) => {
    const f = activations[name]!;
    await expectSame(() => {
      const slope = tf.grad((x) => tf.sum(tf.mul(f(x), x)));
      return [tf.grad((x) => tf.sum(tf.square(slope(x))))(random(3, [4, 3]))];
    });
  });
});

test('sums and means over any axes, and their gradients', async () => {
  const cases = shapes.chain((shape) =>
    fc.record({
      seed: seeds,
      shape: fc.constant(shape),
      axes: fc.option(fc.subarray([...shape.keys()]), { nil: undefined }),
      keepDims: fc.boolean(),
      reduce: fc.constantFrom<typeof tf.sum>(tf.sum, tf.mean),
    }),
  );
  await check(cases, async ({ seed, shape, axes, keepDims, reduce }) => {
    await expectSame(() => {
      const f = (x: tf.Tensor) => reduce(x, axes, keepDims);
      // Of one sign: where they cancel, nothing but rounding would be compared.
      const x = tf.add(random(seed, shape), 1);
      const y = f(x);
      return [y, gradientOf(f, x, random(seed + 1, y.shape))];
    });
  });
  await expectSame(() => [
    tf.sum(random(1, [300, 40, 7]), [0, 1]),
    tf.sum(randomOf('int32', 2, [4, 3]), 0),
    tf.grad((x) => tf.sum(tf.square(tf.grad((z) => tf.mean(tf.square(z), 0))(x))))(
      random(3, [4, 2]),
    ),
  ]);
});

test('rows by their numbers, along any axis, and their gradients', async () => {
  const cases = fc.record({
    seed: seeds,
    shape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
    dtype: fc.constantFrom('float32' as const, 'int32' as const, 'bool' as const),
    picked: fc.integer({ min: 1, max: 5 }),
    along: fc.nat({ max: 2 }),
  });
  await check(cases, async ({ seed, shape, dtype, picked, along }) => {
    const axis = along % shape.length;
    const rows = Array.from({ length: picked }, (_, i) => (seed + 3 * i) % (shape[axis] ?? 1));
    await expectSame(() => {
      const x = randomOf(dtype, seed, shape);
      const pick = (from: tf.Tensor) => tf.gather(from, tf.tensor1d(rows, 'int32'), axis);
      const y = pick(x);
      return dtype === 'float32' ? [y, gradientOf(pick, x, random(seed + 1, y.shape))] : [y];
    });
  });
  const x = tf.ones([3, 2]);
  for (const row of [3, -1])
    expect(() => tf.tidy(() => tf.gather(x, tf.tensor1d([0, row], 'int32')))).toThrow(
      `GatherV2: the index value ${row} is not in [0, 2]`,
    );
  x.dispose();
});

test('products of matrices, alone and in batches, and their gradients', async () => {
  const sizes = fc.integer({ min: 1, max: 6 });
  const cases = fc.record({
    seed: seeds,
    batches: fc.constantFrom<[number[], number[]]>(
      [[], []],
      [[1], [1]],
      [[1, 1], [1]],
      [[3], [3]],
      [
        [2, 3],
        [1, 3],
      ],
      [[3], [1]],
    ),
    rows: sizes,
    inner: sizes,
    columns: sizes,
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  });
  await check(cases, async (c) => {
    const side = (batch: number[], [rows, columns]: [number, number], turned: boolean) =>
      turned ? [...batch, columns, rows] : [...batch, rows, columns];
    await expectSame(() => {
      const a = random(c.seed, side(c.batches[0], [c.rows, c.inner], c.transposeA));
      const b = random(c.seed + 1, side(c.batches[1], [c.inner, c.columns], c.transposeB));
      const f = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, c.transposeA, c.transposeB);
      const y = f(a, b);
      // tfjs sums no gradient of a batch that was broadcast.
      if (c.batches[0].join() !== c.batches[1].join()) return [y];
      return [y, ...tf.grads(f)([a, b], random(c.seed + 2, y.shape))];
    });
  });
});

test('shapes and dtypes change, and what was there before stays', async () => {
  const dtypes = fc.constantFrom('float32' as const, 'int32' as const, 'bool' as const);
  const numbers = fc.constantFrom('float32' as const, 'int32' as const);
  const cases = fc.record({ seed: seeds, shape: shapes, from: dtypes, to: numbers });
  await check(cases, async ({ seed, shape, from, to }) => {
    await expectSame(() => {
      const x = randomOf(from, seed, shape);
      const before = tf.reshape(x, shape);
      const flat = tf.reshape(x, [-1]);
      const cast = tf.cast(flat, to);
      const gone = [tf.cast(x, from), tf.reshape(flat, [...shape, 1])];
      tf.dispose([x, gone]);
      return [before, flat, cast, tf.reshape(before, [1, ...shape])];
    });
  });
});

/** Loss and gradients of a network of all that is replaced. */
function network(): tf.Tensor[] {
  const { layers } = tf;
  const kernelInitializer = tf.initializers.glorotNormal({ seed: 5 });
  // A bias before a batch norm has a gradient of nothing but rounding.
  const useBias = false;
  const model = tf.sequential({
    layers: [
      layers.conv2d({
        inputShape: [6, 6, 2],
        filters: 4,
        kernelSize: 3,
        kernelInitializer,
        useBias,
      }),
      layers.batchNormalization(),
      layers.reLU(),
      layers.conv2d({ filters: 3, kernelSize: 2, kernelInitializer, activation: 'sigmoid' }),
      layers.batchNormalization(),
      layers.leakyReLU(),
      layers.conv2d({
        filters: 4,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        kernelInitializer,
      }),
      layers.globalAveragePooling2d({}),
      layers.dense({ units: 4, kernelInitializer, activation: 'tanh' }),
      layers.dense({ units: 3, kernelInitializer }),
    ],
  });
  const variables = model.trainableWeights.map((weight) => {
    const value = weight.read();
    if (!(value instanceof tf.Variable)) throw new TypeError('a weight is no variable');
    return value as tf.Variable;
  });
  const labels = tf.oneHot(tf.tensor1d([0, 2, 1, 1, 0], 'int32'), 3);
  const { value, grads } = tf.variableGrads(() => {
    const logits = model.apply(random(1, [5, 6, 6, 2]), { training: true }) as tf.Tensor;
    return tf.neg(tf.mean(tf.mul(tf.logSoftmax(logits), labels)));
  }, variables);
  const moving = model.nonTrainableWeights.map((weight) => tf.clone(weight.read()));
  model.dispose();
  return [value, ...variables.map(({ name }) => grads[name]!), ...moving];
}

/** Whether the engine can't do without an override, as WASM has no kernel of that name. */
const isAllThereIs = (name: string): boolean =>
  engine === 'wasm' && wasmOverrides.some((one) => one.name === name && one.reason === 'missing');

test('a network has the gradients of the CPU back end, with everything in place and with each left off', async () => {
  const options = { tolerance: 2e-5 };
  const expected = await runOn('cpu', network);
  expectClose(await runOn('wasm', network), expected, options);
  const { overrides } = describeBackend();
  const names = [
    ...new Set([...nativeOverrides, ...libraryOverrides].map(({ name }) => name)),
  ].filter((name) => overrides.includes(name) && !isAllThereIs(name));
  expect(names.length).toBeGreaterThan(2);
  for (const name of names) {
    expect((await useEngine([name])).overrides).toEqual(
      overrides.filter((other) => other !== name),
    );
    expectClose(await runOn('wasm', network), expected, options);
  }
  await useEngine(names);
  expectClose(await runOn('wasm', network), expected, options);
  await useEngine();
});

test('nothing is left on the back end after a step but what later steps need as well', async () => {
  const held = (): number => {
    tf.dispose(tf.tidy(network));
    return tf.backend().numDataIds();
  };
  await useEngine();
  held();
  const before = held();
  for (let i = 0; i < 20; i++) held();
  expect(held()).toBe(before);
});

// On TensorFlow, as other engines have no handles.
const onTensorflow = engine === 'tensorflow' ? test : test.skip;

onTensorflow('no handle is left of a step, nor of an update that fails', async () => {
  await useEngine();
  const backend = tf.backend() as unknown as { binding: Record<string, unknown> };
  const { binding } = backend;
  const live = new Set<number>();
  const watched = {
    executeOp(...args: unknown[]) {
      const made = (binding['executeOp'] as (...args: unknown[]) => { id: number }[])(...args);
      for (const { id } of made) live.add(id);
      return made;
    },
    deleteTensor(id: number) {
      live.delete(id);
      (binding['deleteTensor'] as (id: number) => void)(id);
    },
  };
  tf.dispose(tf.tidy(network));
  const [parameter, expAvg, expAvgSq] = [tf.ones([3]), tf.zeros([3]), tf.zeros([3])];
  const update = (gradient: tf.Tensor) => {
    const numbers = {
      beta1: 0.9,
      beta2: 0.999,
      eps: 1e-8,
      stepSize: 0.1,
      shrink: 1,
      weightDecay: 1,
    };
    return tf
      .engine()
      .runKernel('TfloopAdamUpdate', { parameter, gradient, expAvg, expAvgSq }, numbers);
  };
  const [right, wrong] = [tf.ones([3]), tf.ones([4])];
  tf.dispose(update(right));
  backend.binding = new Proxy(watched, {
    get: (own, name) => Reflect.get(name in own ? own : binding, name) as unknown,
  });
  try {
    tf.dispose(tf.tidy(network));
    tf.dispose(update(right));
    expect(() => update(wrong)).toThrow();
    expect(live.size).toBe(0);
  } finally {
    backend.binding = binding;
    tf.dispose([parameter, expAvg, expAvgSq, right, wrong]);
  }
});

test('numbers that are others in every step are those of their step', async () => {
  const losses = (): tf.Tensor[] => {
    const labels = tf.tensor1d([1, 0], 'int32');
    const loss = (smoothing: number) =>
      crossEntropy({ labelSmoothing: smoothing })(random(1, [2, 3]), labels);
    return [tf.stack(Array.from({ length: 200 }, (_, i) => loss(i / 200)))];
  };
  await expectSame(losses);
});

test('gradients of gradients go through batch norm and cross-entropy', async () => {
  const slopes = (): tf.Tensor[] => {
    const norm = tf.layers.batchNormalization({ inputShape: [3] });
    const labels = tf.tensor1d([1, 0, 2, 1], 'int32');
    const loss = (x: tf.Tensor) => {
      const logits = norm.apply(x, { training: true }) as tf.Tensor;
      return tf.mean(crossEntropy()(logits, labels));
    };
    const slope = tf.grad(loss);
    const bent = tf.grad((x) => tf.sum(tf.square(slope(x))))(random(1, [4, 3]));
    norm.dispose();
    return [bent];
  };
  await expectSame(slopes);
});

test('no gradient is computed of what a network is given', async () => {
  const { layers } = tf;
  const model = tf.sequential({
    layers: [
      layers.conv2d({ inputShape: [5, 5, 2], filters: 3, kernelSize: 3 }),
      layers.conv2d({ filters: 3, kernelSize: 3 }),
      layers.flatten(),
      layers.dense({ units: 2 }),
    ],
  });
  await tf.setBackend(engine);
  const { kernels } = await tf.profile(() =>
    tf.tidy(() => {
      const x = tf.ones([1, 5, 5, 2]);
      tf.variableGrads(() => tf.mean(model.apply(x, { training: true }) as tf.Tensor));
    }),
  );
  model.dispose();
  const count = (name: string) => kernels.filter((kernel) => kernel.name === name).length;
  expect([count('Conv2DBackpropFilter'), count('Conv2DBackpropInput')]).toEqual([2, 1]);
});
