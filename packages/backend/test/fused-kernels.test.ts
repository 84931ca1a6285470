import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { crossEntropy, fusedKernel, type Optimizer } from '@tfloop/core';
import { adam, adamw, rmsprop, sgd } from '@tfloop/optimizers';
import * as fc from 'fast-check';
import { engine, expectClose, random, runOn, useEngine, values, type Result } from './compare.ts';
import { batchNormGradOf, batchNormOf, crossEntropyOf, read } from './float64.ts';

beforeAll(() => useEngine());

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

/** Runs a kernel of several outputs on WASM, and checks that it leaves nothing behind and its inputs alone. */
async function outputs(
  name: string,
  make: () => Record<string, tf.Tensor>,
  attrs: tf.NamedAttrMap,
): Promise<Result[]> {
  return runOn('wasm', () => {
    const inputs = make();
    const before = Object.values(inputs).map(read);
    const out = tf.engine().runKernel(name, inputs, attrs) as unknown as tf.Tensor[];
    expect(Object.values(inputs).map(read)).toEqual(before);
    return out;
  });
}

const result = (values: readonly number[], shape: readonly number[]): Result => ({
  values,
  shape,
  dtype: 'float32',
});

const rowsOf = (x: Float32Array, width: number): number[][] =>
  Array.from({ length: x.length / width }, (_, r) => [...x.subarray(r * width, (r + 1) * width)]);

describe('batch norm in training is what its formula gives in float64:', () => {
  const cases = fc.record({
    seed: seeds,
    // Rows around the blocks that are summed together, channels around fours.
    rows: fc.constantFrom(1, 2, 5, 63, 64, 65, 200),
    channels: fc.integer({ min: 1, max: 19 }),
    // The mean, in deviations.
    level: fc.constantFrom(0, 10, -300, 3000),
    spread: fc.constantFrom(1e-4, 1, 1e4),
    // Away from all others, at the place that a careless algorithm would measure from.
    outlier: fc.constantFrom(0, 50),
    epsilon: fc.constantFrom(1e-3, 1e-5),
    relu: fc.boolean(),
  });

  const input = (g: {
    seed: number;
    rows: number;
    channels: number;
    level: number;
    spread: number;
    outlier: number;
  }) =>
    values(g.seed, g.rows * g.channels).map(
      (v, i) => (v + g.level + (i < g.channels ? g.outlier : 0)) * g.spread,
    );

  /**
   * How far from 0 the numbers are, in deviations, at least one: TensorFlow's mean is a sum in float32, so that this many
   * times its rounding is in every difference from it.
   */
  const distance = (
    { mean, variance }: { mean: number[]; variance: number[] },
    epsilon: number,
  ): number =>
    engine === 'tensorflow'
      ? Math.max(1, ...mean.map((m, c) => Math.abs(m) / Math.sqrt(variance[c]! + epsilon)))
      : 1;

  test('forward', async () => {
    const property = fc.asyncProperty(cases, async (g) => {
      const x = input(g);
      const [scale, offset] = [values(g.seed + 1, g.channels), values(g.seed + 2, g.channels)];
      const actual = await outputs(
        'TfloopBatchNorm',
        () => ({
          x: tf.tensor(x, [g.rows, 1, g.channels]),
          scale: tf.tensor1d(scale),
          offset: tf.tensor1d(offset),
        }),
        { epsilon: g.epsilon, relu: g.relu },
      );
      const exact = batchNormOf(rowsOf(x, g.channels), [...scale], [...offset], g);
      const tolerance = 1e-5 * distance(exact, g.epsilon);
      const [y, mean, variance] = actual;
      const wanted = [
        result(exact.y, [g.rows, 1, g.channels]),
        result(exact.variance, [g.channels]),
      ];
      expectClose([y!, variance!], wanted, { tolerance });
      const greatest =
        engine === 'tensorflow' ? x.reduce((a, b) => Math.max(a, Math.abs(b)), 0) : 0;
      expectClose([mean!], [result(exact.mean, [g.channels])], { scale: greatest });
    });
    await fc.assert(property, { numRuns: 60 });
  });

  test('backward', async () => {
    const property = fc.asyncProperty(cases, async (g) => {
      const x = input(g);
      const dy = values(g.seed + 3, x.length);
      const y = values(g.seed + 4, x.length, 'tied');
      const scale = values(g.seed + 1, g.channels);
      const exact = batchNormGradOf(
        rowsOf(dy, g.channels),
        rowsOf(x, g.channels),
        [...scale],
        g.epsilon,
        (row, c) => !g.relu || y[row * g.channels + c]! > 0,
      );
      const statistics = batchNormOf(rowsOf(x, g.channels), [...scale], [...scale], g);
      const { mean, variance } = statistics;
      const tolerance = 1e-5 * distance(statistics, g.epsilon);
      const shape = [g.rows, g.channels];
      const actual = await outputs(
        'TfloopBatchNormGrad',
        () => ({
          dy: tf.tensor(dy, shape),
          x: tf.tensor(x, shape),
          y: tf.tensor(y, shape),
          scale: tf.tensor1d(scale),
          mean: tf.tensor1d(mean),
          variance: tf.tensor1d(variance),
        }),
        { epsilon: g.epsilon, relu: g.relu },
      );
      // What cancels is judged by the size of its terms: no gradient is left of one row, nor of two.
      const term = Math.max(
        ...scale.map((s, c) => Math.abs(s) / Math.sqrt(variance[c]! + g.epsilon)),
      );
      expectClose(actual.slice(0, 1), [result(exact.dx, shape)], { scale: term, tolerance });
      expectClose(
        actual.slice(1),
        [result(exact.dScale, [g.channels]), result(exact.dOffset, [g.channels])],
        { scale: Math.sqrt(g.rows), tolerance },
      );
    });
    await fc.assert(property, { numRuns: 60 });
  });

  test('an offset that is NaN makes the gradient of its channel NaN, with ReLU too', async () => {
    const [dx, , dOffset] = await outputs(
      'TfloopBatchNormGrad',
      () => ({
        dy: tf.ones([3, 2]),
        x: random(1, [3, 2]),
        y: tf.tensor2d([1, Number.NaN, 1, Number.NaN, 1, Number.NaN], [3, 2]),
        scale: tf.ones([2]),
        mean: tf.zeros([2]),
        variance: tf.ones([2]),
      }),
      { epsilon: 1e-3, relu: true },
    );
    // TensorFlow's own ReluGrad has no gradient where an answer is NaN: there the loss alone tells.
    const passes = engine !== 'tensorflow';
    expect(dx!.values.map(Number.isNaN)).toEqual([false, passes, false, passes, false, passes]);
    expect(dOffset!.values).toEqual([3, passes ? Number.NaN : 0]);
  });

  test('NaN goes through, with ReLU too', async () => {
    const [y] = await outputs(
      'TfloopBatchNorm',
      () => ({
        x: tf.tensor2d([
          [1, Number.NaN],
          [2, 3],
        ]),
        scale: tf.ones([2]),
        offset: tf.zeros([2]),
      }),
      { epsilon: 1e-3, relu: true },
    );
    expect(y!.values.map(Number.isNaN)).toEqual([false, true, false, true]);
  });
});

describe('softmax cross-entropy is what its formula gives in float64:', () => {
  test('losses and gradients', async () => {
    const cases = fc.record({
      seed: seeds,
      rows: fc.integer({ min: 1, max: 5 }),
      classes: fc.integer({ min: 1, max: 40 }),
      size: fc.constantFrom(0, 1e-3, 1, 30, 1e4, 1e30),
      level: fc.constantFrom(0, 100),
      labelSmoothing: fc.constantFrom(0, 0.1, 0.9),
    });
    const property = fc.asyncProperty(cases, async (g) => {
      const z = values(g.seed, g.rows * g.classes).map((v) => v * g.size + g.level);
      const labels = Array.from({ length: g.rows }, (_, r) => (g.seed + r) % g.classes);
      const actual = await outputs(
        'TfloopSoftmaxCrossEntropy',
        () => ({
          logits: tf.tensor2d(z, [g.rows, g.classes]),
          labels: tf.tensor1d(labels, 'int32'),
        }),
        { labelSmoothing: g.labelSmoothing },
      );
      const exact = rowsOf(z, g.classes).map((row, r) =>
        crossEntropyOf(row, labels[r]!, g.labelSmoothing),
      );
      expectClose(
        actual,
        [
          result(
            exact.map(({ loss }) => loss),
            [g.rows],
          ),
          result(
            exact.flatMap(({ gradient }) => gradient),
            [g.rows, g.classes],
          ),
        ],
        { scale: 0.1 },
      );
    });
    await fc.assert(property, { numRuns: 80 });
  });

  test('a probability of 1e-12 has its loss', async () => {
    const [losses] = await outputs(
      'TfloopSoftmaxCrossEntropy',
      () => ({ logits: tf.tensor2d([[27.5, 0, -Infinity]]), labels: tf.tensor1d([1], 'int32') }),
      { labelSmoothing: 0 },
    );
    expect(losses!.values[0]).toBeCloseTo(27.5, 5);
  });

  test('labels that are no class and logits that are NaN make their own row NaN', async () => {
    const [losses, gradient] = await outputs(
      'TfloopSoftmaxCrossEntropy',
      () => ({
        logits: tf.tensor2d([
          [1, 2],
          [1, 2],
          [1, 2],
          [Number.NaN, 1],
        ]),
        labels: tf.tensor1d([2, 1, -1, 0], 'int32'),
      }),
      { labelSmoothing: 0 },
    );
    expect(losses!.values.map(Number.isNaN)).toEqual([true, false, true, true]);
    expect(gradient!.values.map(Number.isNaN)).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
  });

  test('the loss runs on it, with the loss and gradient of the CPU back end', async () => {
    const compute = (): tf.Tensor[] => {
      const labels = tf.tensor1d([3, 0, 2], 'int32');
      const loss = (z: tf.Tensor) => crossEntropy({ labelSmoothing: 0.1 })(z, labels);
      const { value, grad } = tf.valueAndGrad(loss)(random(5, [3, 4]), tf.tensor1d([1, 2, 3]));
      return [value, grad];
    };
    const expected = await runOnceOn('cpu', compute);
    expectClose(await runOnceOn(engine, compute), expected);
    expect(fusedKernel('TfloopSoftmaxCrossEntropy')).toBeDefined();
  });
});

/** As `runOn`, where the computation keeps a constant of its own the first time. */
async function runOnceOn(backend: string, compute: () => tf.Tensor[]): Promise<Result[]> {
  await tf.setBackend(backend);
  tf.dispose(tf.tidy(compute));
  return runOn(backend, compute);
}

describe('optimizers move as on the CPU back end, where their updates are composed:', () => {
  const decays = fc.constantFrom(0, 0.01);
  const optimizers: Record<string, fc.Arbitrary<() => Optimizer>> = {
    sgd: fc
      .record({
        lr: fc.constantFrom(0.1, 1e-3),
        momentum: fc.constantFrom(0, 0.9),
        dampening: fc.constantFrom(0, 0.5),
        nesterov: fc.boolean(),
        weightDecay: decays,
      })
      .map((o) => () => sgd(o.nesterov ? { ...o, momentum: 0.8, dampening: 0 } : o)),
    adam: fc
      .record({
        lr: fc.constant(0.01),
        beta1: fc.constantFrom(0, 0.9),
        eps: fc.constantFrom(1e-8, 1),
        weightDecay: decays,
      })
      .map((o) => () => adam(o)),
    adamw: fc
      .record({ lr: fc.constant(0.01), beta2: fc.constantFrom(0.9, 0.999), weightDecay: decays })
      .map((o) => () => adamw(o)),
    rmsprop: fc
      .record({
        lr: fc.constant(0.01),
        alpha: fc.constantFrom(0.9, 0.99),
        centered: fc.boolean(),
        momentum: fc.constantFrom(0, 0.9),
        weightDecay: decays,
      })
      .map((o) => () => rmsprop(o)),
  };

  /** Parameters and slots after three steps; clones of them from before the last one have to stay what they were. */
  async function train(
    backend: string,
    make: () => Optimizer,
    seed: number,
    size: number,
  ): Promise<Result[]> {
    await tf.setBackend(backend);
    const before = tf.memory().numTensors;
    const optimizer = make();
    const variable = tf.tidy(() => tf.variable(random(seed, [size])));
    const parameters = new Map([['w', variable]]);
    const step = (i: number): void => {
      const gradient = random(seed + i, [size]);
      optimizer.step(parameters, new Map([['w', gradient]]));
      gradient.dispose();
    };
    step(1);
    step(2);
    const roles = ['first-moment', 'second-moment', 'other'] as const;
    const slots = () => roles.flatMap((role) => [...optimizer.slots(role).values()]);
    const clones = [variable, ...slots()].map((t) => tf.clone(t));
    const snapshot = clones.map(read);
    step(3);
    expect(clones.map(read)).toEqual(snapshot);
    const results = [variable, ...slots()].map((t) => result(read(t), t.shape));
    optimizer.dispose();
    tf.dispose([variable, clones]);
    expect(tf.memory().numTensors).toBe(before);
    return results;
  }

  test.each(Object.keys(optimizers))('%s', async (name) => {
    const property = fc.asyncProperty(
      optimizers[name]!,
      seeds,
      fc.integer({ min: 0, max: 33 }),
      async (make, seed, size) => {
        const expected = await train('cpu', make, seed, size);
        expectClose(await train(engine, make, seed, size), expected);
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });

  test('where the memory grows for their results', async () => {
    await tf.setBackend('wasm');
    const { wasm } = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
    const variable = tf.tidy(() => tf.variable(tf.ones([wasm.HEAPU8.length / 8])));
    const gradient = tf.clone(variable);
    const optimizer = sgd({ lr: 0.5, momentum: 0.5 });
    const before = wasm.HEAPU8.length;
    optimizer.step(new Map([['w', variable]]), new Map([['w', gradient]]));
    expect(wasm.HEAPU8.length).toBeGreaterThan(before);
    expect(tf.tidy(() => [tf.min(variable), tf.max(variable)].map(read))).toEqual([[0.5], [0.5]]);
    optimizer.dispose();
    tf.dispose([variable, gradient]);
  });
});
