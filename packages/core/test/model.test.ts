import {
  crossEntropy,
  Learner,
  meanSquaredError,
  type DataLike,
  type LearnerOptions,
  type ModelLike,
} from '@tfloop/core';
import { testOptimizer } from '@tfloop/core/testing';
import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { at, expectNoLeak, points } from './fixtures.ts';

const numbers = (tensor: tf.Tensor | undefined): number[] => [...(tensor?.dataSync() ?? [])];

/** A learner of a layers or other model, by plain SGD. */
function learnerOf(
  model: ModelLike,
  train: DataLike,
  options: Partial<LearnerOptions> = {},
): Learner {
  return new Learner({
    model,
    data: { train },
    loss: meanSquaredError(),
    optimizer: testOptimizer({ lr: 0.1, momentum: 0 }),
    ...options,
  });
}

/** A dense layer of one input and one output with a known weight. */
const unit = (weight: number, config: object = {}) =>
  tf.layers.dense({
    units: 1,
    inputShape: [1],
    useBias: false,
    kernelInitializer: tf.initializers.constant({ value: weight }),
    ...config,
  });

const column = (...values: number[]) => tf.tensor2d(values, [values.length, 1]);

describe('a layers model', () => {
  it('that is sequential trains, and leaves no tensor', async () => {
    const model = tf.sequential({ layers: [unit(0)] });
    const data = [{ x: column(1), y: column(2) }];
    const learner = learnerOf(model, data, { data: { train: data, valid: data } });
    await learner.fit(1);
    // d/dw (w − 2)² = −4 at 0, so w = 0.4.
    expect(numbers(model.getWeights()[0])).toEqual([expect.closeTo(0.4, 6)]);
    await expectNoLeak(() => learner.fit(2));
    expect(learner.model.layers).toBe(model);
  });

  it('with two inputs by name and two outputs trains on a loss of both', async () => {
    const [a, b] = [tf.input({ shape: [1], name: 'a' }), tf.input({ shape: [1], name: 'b' })];
    const [left, right] = [unit(1).apply(a), unit(1).apply(b)] as [
      tf.SymbolicTensor,
      tf.SymbolicTensor,
    ];
    const sum = tf.layers.add().apply([left, right]) as tf.SymbolicTensor;
    const model = tf.model({ inputs: [a, b], outputs: [sum, right] });
    const loss: LearnerOptions['loss'] = (pred, target) => {
      const [first, second] = pred as tf.Tensor[];
      const { y } = target as Record<string, tf.Tensor>;
      return tf.squeeze(tf.add(tf.square(tf.sub(first!, y!)), tf.abs(second!)), [1]);
    };
    // The names decide, not the order: a = 1, b = 10.
    const train = [{ x: { b: column(10), a: column(1) }, y: { y: column(0) } }];
    const learner = learnerOf(model, train, {
      loss,
      optimizer: testOptimizer({ lr: 0.001, momentum: 0 }),
    });
    const history = await learner.fit(1);
    expect(history.last?.trainLoss).toBeCloseTo(11 ** 2 + 10, 4);
    // d/da = 2 · 11 · 1 = 22 and d/db = 2 · 11 · 10 + 10 = 230.
    expect(model.getWeights().flatMap(numbers)).toEqual([
      expect.closeTo(1 - 0.022, 5),
      expect.closeTo(1 - 0.23, 5),
    ]);
    await expectNoLeak(() => learner.fit(1));
    const missing = learnerOf(model, [{ x: { a: column(1) }, y: { y: column(0) } }], { loss });
    await expect(missing.fit(1)).rejects.toThrow(/the batch has no input "b"; it has a/);
  });

  it('keeps frozen layers where they are, also those frozen between two fits', async () => {
    const model = tf.sequential({ layers: [unit(1), unit(1)] });
    const learner = learnerOf(model, [{ x: column(1), y: column(2) }], {
      optimizer: testOptimizer({ lr: 0.1, momentum: 0.9 }),
    });
    const [first, second] = model.layers as [tf.layers.Layer, tf.layers.Layer];
    const weights = () => [first, second].map((layer) => numbers(layer.getWeights()[0])[0]!);
    first.trainable = false;
    await learner.fit(1);
    // d/dw₂ (w₁w₂ − 2)² = −2 at 1, 1.
    expect(weights()).toEqual([1, expect.closeTo(1.2, 6)]);
    first.trainable = true;
    second.trainable = false;
    const [, kept] = weights();
    await learner.fit(1);
    expect(weights()[0]).toBeGreaterThan(1);
    expect(weights()[1]).toBe(kept);
  });

  it('moves batch norm’s statistics in training and not in validation', async () => {
    const norm = tf.layers.batchNormalization({ inputShape: [1], momentum: 0.9 });
    const model = tf.sequential({ layers: [norm] });
    const learner = learnerOf(model, [{ x: column(1, 3), y: column(0, 0) }]);
    const moving = () => norm.getWeights().slice(2).flatMap(numbers);
    const data = [{ x: column(100, 200), y: column(0, 0) }];
    await learner.evaluate(data);
    tf.dispose(learner.predict(column(100)));
    expect(moving()).toEqual([0, 1]);
    const seen: number[][] = [];
    await learner.fit(1, [at('afterStep', () => seen.push(moving()))]);
    // The batch has mean 2 and variance 1: 0.9 · 0 + 0.1 · 2, 0.9 · 1 + 0.1 · 1.
    expect(seen[0]).toEqual([expect.closeTo(0.2, 6), expect.closeTo(1, 6)]);
    await learner.evaluate(data);
    expect(moving()).toEqual(seen[0]);
    await expectNoLeak(() => learner.fit(1));
    expect([...learner.model.variables.keys()]).toHaveLength(4);
  });

  it('drops out only in training', async () => {
    const model = tf.sequential({
      layers: [
        tf.layers.dropout({ rate: 0.5, inputShape: [100] }),
        tf.layers.dense({ units: 1, kernelInitializer: 'ones' }),
      ],
    });
    const data = [{ x: tf.ones([1, 100]), y: column(100) }];
    const learner = learnerOf(model, data, {
      data: { train: data, valid: data },
      optimizer: testOptimizer({ lr: 0, momentum: 0 }),
    });
    const history = await learner.fit(1);
    // Without dropout the answer is 100 exactly; with it, a sum of zeros and twos, 100 but in one case of twelve.
    expect(history.last?.validLoss).toBe(0);
    const losses = [history, await learner.fit(1), await learner.fit(1), await learner.fit(1)].map(
      ({ last }) => last?.trainLoss,
    );
    expect(losses.some((loss) => loss !== 0)).toBe(true);
  });

  it('adds its regularizers to the training loss alone', async () => {
    const model = tf.sequential({
      layers: [unit(3, { kernelRegularizer: tf.regularizers.l2({ l2: 0.5 }) })],
    });
    const data = [{ x: column(1), y: column(3) }];
    const learner = learnerOf(model, data, { data: { train: data, valid: data } });
    const history = await learner.fit(1);
    // The data are met exactly: loss 0.5 · 3² = 4.5, gradient 2 · 0.5 · 3 = 3, so w = 2.7 and (2.7 − 3)² = 0.09.
    expect(history.last?.trainLoss).toBeCloseTo(4.5, 5);
    expect(numbers(model.getWeights()[0])).toEqual([expect.closeTo(2.7, 5)]);
    expect(history.last?.validLoss).toBeCloseTo(0.09, 5);
    await expectNoLeak(() => learner.fit(1));
  });

  it('adds what is to be paid wherever that hides', async () => {
    const kernelRegularizer = tf.regularizers.l2({ l2: 0.5 });
    const own = Object.assign(unit(3), { calculateLosses: () => [tf.scalar(4.5)] });
    const input = tf.input({ shape: [1] });
    const output = unit(3, { kernelRegularizer }).apply(input) as tf.SymbolicTensor;
    const layers = {
      'a model within': [
        tf.layers.inputLayer({ inputShape: [1] }),
        tf.model({ inputs: input, outputs: output }),
      ],
      'a wrapper': [
        tf.layers.reshape({ inputShape: [1], targetShape: [1, 1] }),
        tf.layers.timeDistributed({ layer: unit(3, { kernelRegularizer }) }),
        tf.layers.flatten(),
      ],
      'a layer with a way of its own': [own],
    };
    for (const [place, inner] of Object.entries(layers)) {
      const learner = learnerOf(tf.sequential({ layers: inner }), [{ x: column(1), y: column(3) }]);
      const { last } = await learner.fit(1);
      // The data are met exactly: 0.5 · 3² is left.
      expect([place, last?.trainLoss]).toEqual([place, expect.closeTo(4.5, 5)]);
    }
  });

  it('that is not built is refused', () => {
    expect(() => learnerOf(tf.sequential(), points([1], [1], 1))).toThrow(
      /Learner: the model is not built; give its first layer an inputShape/,
    );
    expect(() =>
      learnerOf(tf.sequential({ layers: [unit(1)] }), points([1], [1], 1)),
    ).not.toThrow();
  });

  it('with everything frozen is refused by fit', async () => {
    const model = tf.sequential({ layers: [unit(1, { trainable: false })] });
    await expect(learnerOf(model, points([1], [1], 1)).fit(1)).rejects.toThrow(
      /the model has no trainable variables/,
    );
  });
});

describe('a model of one’s own', () => {
  const data = () => points([1], [2], 1);
  const weight = (name?: string) => tf.variable(tf.scalar(0), true, name);
  const times = (w: tf.Variable) => (x: unknown) => tf.mul(x as tf.Tensor, w);

  it('has its variables in a list, a record or a map', async () => {
    const [a, b, c, d] = [weight('first'), weight(), weight(), weight()];
    const models: [ModelLike, string, tf.Variable][] = [
      [{ variables: [a], forward: times(a) }, 'first', a],
      [{ variables: { w: b }, forward: times(b) }, 'w', b],
      [{ variables: new Map([['v', c]]), forward: times(c) }, 'v', c],
      [Object.assign(times(d), { variables: { u: d } }), 'u', d],
    ];
    for (const [model, name, variable] of models) {
      const learner = learnerOf(model, data());
      expect([...learner.model.variables.keys()]).toEqual([name]);
      await learner.fit(1);
      expect(numbers(variable)).toEqual([expect.closeTo(0.4, 6)]);
      await expectNoLeak(() => learner.fit(1));
    }
  });

  it('may be an object of a class, and is told whether it trains', async () => {
    class Line {
      readonly variables = { w: weight() };
      readonly told: boolean[] = [];
      forward(x: unknown, { training }: { training: boolean }) {
        this.told.push(training);
        return tf.mul(x as tf.Tensor, this.variables.w);
      }
      penalty() {
        return tf.square<tf.Scalar>(tf.sub(this.variables.w, 1));
      }
    }
    const model = new Line();
    const learner = learnerOf(model, data(), { data: { train: data(), valid: data() } });
    const history = await learner.fit(1);
    tf.dispose(learner.predict(column(1)));
    expect(model.told).toEqual([true, false, false]);
    // (0 − 2)² + (0 − 1)² = 5, with gradient −4 − 2.
    expect(history.last?.trainLoss).toBeCloseTo(5, 6);
    expect(numbers(model.variables.w)).toEqual([expect.closeTo(0.6, 6)]);
  });

  it('may say what to train, anew for every fit', async () => {
    const variables = { a: weight(), b: weight() };
    let trained = ['a'];
    const model: ModelLike = {
      variables,
      trainable: () => trained,
      forward: (x) => tf.add(tf.mul(x as tf.Tensor, variables.a), variables.b),
    };
    const learner = learnerOf(model, data());
    await learner.fit(1);
    expect(numbers(variables.b)).toEqual([0]);
    trained = ['b'];
    const [before] = numbers(variables.a);
    await learner.fit(1);
    expect(numbers(variables.a)).toEqual([before]);
    expect(numbers(variables.b)[0]).toBeGreaterThan(0);
    trained = ['c'];
    await expect(learner.fit(1)).rejects.toThrow(
      /model.trainable\(\) names "c", which is not a variable/,
    );
  });

  it('may have a variable that the loss does not touch', async () => {
    const variables = { used: weight(), unused: weight() };
    const learner = learnerOf({ variables, forward: times(variables.used) }, data());
    const seen: string[] = [];
    await learner.fit(1, [
      { name: 'look', afterBackward: ({ grads }) => void seen.push(...grads.keys()) },
    ]);
    expect(seen).toEqual(['used']);
    expect(numbers(variables.unused)).toEqual([0]);
  });

  it('may answer with its own input, or with a variable, which stay their owners’', async () => {
    const w = weight();
    const x = tf.tensor1d([1]);
    const batch = { x, y: tf.tensor1d([2]) };
    const learner = learnerOf(
      { variables: { w }, forward: (input) => [input as tf.Tensor, w] },
      [batch],
      {
        loss: (pred, target) => {
          const [echo, variable] = pred as tf.Tensor[];
          return tf.square(tf.sub(tf.mul(echo!, variable!), target as tf.Tensor));
        },
      },
    );
    await learner.fit(1);
    expect(numbers(w)).toEqual([expect.closeTo(0.4, 6)]);
    await expectNoLeak(() => learner.fit(2));
    await expectNoLeak(() => learner.evaluate([batch]));
    expect(numbers(x)).toEqual([1]);
    // The same with batches that are the loop's.
    const other = learnerOf(
      {
        variables: { w },
        forward: (input) => ({ echo: input as tf.Tensor, out: times(w)(input) }),
      },
      data(),
      {
        loss: (pred, target) =>
          meanSquaredError()((pred as Record<string, tf.Tensor>)['out']!, target),
      },
    );
    await other.fit(1);
    await expectNoLeak(() => other.fit(1));
  });

  it.each<[string, () => ModelLike, RegExp]>([
    [
      'something else',
      () => ({}) as ModelLike,
      /model must be a tf.LayersModel, an object \{ variables, forward \}/,
    ],
    [
      'two variables of one name',
      () => {
        const w = tf.variable(tf.scalar(1), true, 'one name');
        return { variables: [w, w], forward: times(w) };
      },
      /two variables are named/,
    ],
    [
      'one variable under two names, which would move twice',
      () => {
        const w = weight();
        return { variables: { a: w, b: w }, forward: times(w) };
      },
      /"a" and "b" are the same variable/,
    ],
  ])('is refused where it is %s', (_, make, message) => {
    expect(() => learnerOf(make(), data())).toThrow(message);
  });

  it('without trainable variables is refused by fit', async () => {
    const frozen = tf.variable(tf.scalar(1), false);
    const learner = learnerOf({ variables: { frozen }, forward: times(frozen) }, data());
    await expect(learner.fit(1)).rejects.toThrow(/the model has no trainable variables/);
  });

  it('whose answer does not depend on its variables is refused by name', async () => {
    const learner = learnerOf({ variables: { w: weight() }, forward: (x) => x }, data());
    await expectNoLeak(() => expect(learner.fit(1)).rejects.toThrow(/connection|depend/));
  });

  it('may have a loss of integers alone in its targets', async () => {
    const w = tf.variable(tf.zeros([1, 3]));
    const learner = learnerOf(
      {
        variables: { w },
        forward: (x) => tf.matMul(x as tf.Tensor2D, w),
      },
      [{ x: column(1), y: tf.tensor1d([2], 'int32') }],
      { loss: crossEntropy() },
    );
    const history = await learner.fit(1);
    expect(history.last?.trainLoss).toBeCloseTo(Math.log(3), 6);
  });
});
