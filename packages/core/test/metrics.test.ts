import {
  accuracy,
  batches,
  binaryAccuracy,
  crossEntropy,
  errorRate,
  Learner,
  meanSquaredError,
  metric,
  topKAccuracy,
  type Callback,
  type HostArray,
  type Metric,
  type MixedTarget,
} from '@tfloop/core';
import { testOptimizer } from '@tfloop/core/testing';
import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { expectNoLeak } from './fixtures.ts';

/** A host array of rows, or of single numbers. */
function host(
  rows: readonly (number | readonly number[])[],
  Kind: typeof Float32Array | typeof Int32Array,
): HostArray {
  const [first] = rows;
  const shape = typeof first === 'object' ? [rows.length, first.length] : [rows.length];
  return { values: Kind.from(rows.flat()), shape };
}

describe('scores that are not one number for each class', () => {
  const valuesOf = (of: Metric, scores: tf.Tensor, labels: tf.Tensor) => [
    ...tf.tidy(() => of.values(scores, labels)).dataSync(),
  ];

  it('are wrong where there is a NaN: a diverged model is not right about class 0', () => {
    const scores = tf.tensor2d([NaN, NaN, 3, 1, 2, NaN], [3, 2]);
    const labels = tf.tensor1d([0, 0, 0], 'int32');
    expect(valuesOf(accuracy(), scores, labels)).toEqual([0, 1, 0]);
    expect(valuesOf(errorRate(), scores, labels)).toEqual([1, 0, 1]);
  });

  it('are averaged over the positions of an example', () => {
    // Two examples of two positions and two classes: right and wrong, right and right.
    const scores = tf.tensor3d([2, 1, 2, 1, 0, 5, 5, 0], [2, 2, 2]);
    const labels = tf.tensor2d([0, 1, 1, 0], [2, 2], 'int32');
    expect(valuesOf(accuracy(), scores, labels)).toEqual([0.5, 1]);
    expect(valuesOf(errorRate(), scores, labels)).toEqual([0.5, 0]);
    expect(valuesOf(topKAccuracy(1), scores, labels)).toEqual([0.5, 1]);
  });
});

/** A learner whose model answers with its input, to measure what is passed as scores. */
const echo = (metrics: readonly Metric[]) =>
  new Learner({
    model: { variables: { none: tf.variable(tf.scalar(0)) }, forward: (x) => x },
    data: { train: [] },
    loss: (pred) => tf.zeros((pred as tf.Tensor).shape.slice(0, 1)),
    optimizer: testOptimizer(),
    metrics,
  });

/** A metric of scores and targets in batches of two. */
async function measured(
  subject: Metric,
  scores: readonly (number | readonly number[])[],
  target: readonly (number | readonly number[])[],
): Promise<number> {
  const float = Array.isArray(target[0]) || target.some((value) => !Number.isInteger(value));
  const columns = {
    x: host(scores, Float32Array),
    y: host(target, float ? Float32Array : Int32Array),
  };
  const learner = echo([subject]);
  let result = NaN;
  await expectNoLeak(async () => {
    const { metrics } = await learner.evaluate(batches(columns, { batchSize: 2 }));
    expect(Object.keys(metrics)).toEqual([subject.name]);
    result = metrics[subject.name] ?? NaN;
  });
  return result;
}

describe('accuracy', () => {
  // Largest at 1, 0, 2; the last batch is half full.
  const scores = [
    [0, 2, 1],
    [5, -1, 3],
    [-3, -2, -1],
  ];

  it('is the exact share of examples, with a partial last batch', async () => {
    expect(await measured(accuracy(), scores, [1, 2, 2])).toBe(2 / 3);
    expect(await measured(errorRate(), scores, [1, 2, 2])).toBe(1 / 3);
    expect(await measured(accuracy(), scores, [1, 0, 0])).toBe(2 / 3);
  });

  it('of soft labels goes by their largest', async () => {
    const soft = [
      [0.2, 0.5, 0.3],
      [0.4, 0.5, 0.1],
      [0, 0.1, 0.9],
    ];
    expect(await measured(accuracy(), scores, soft)).toBe(2 / 3);
  });

  it.each([
    ['soft labels of other classes', [2, 3], [2, 2], /accuracy.*\[2, 3\] and \[2, 2\]/],
    [
      'one label for all',
      [2, 3],
      [1],
      /accuracy: scores of shape \[2, 3\] need integer labels \[2\].*got \[1\]/,
    ],
    [
      'no label dimension',
      [2, 3],
      [],
      /accuracy: scores of shape \[2, 3\] need integer labels \[2\].*got \[\]/,
    ],
  ] as const)('refuses %s', (_, pred, target, message) => {
    expect(() => accuracy().values(tf.zeros([...pred]), tf.zeros([...target]))).toThrow(message);
  });
});

describe('topKAccuracy', () => {
  it('counts a label among the k largest', async () => {
    const scores = [
      [4, 3, 2, 1],
      [4, 3, 2, 1],
      [4, 3, 2, 1],
      [1, 2, 3, 4],
    ];
    const labels = [0, 1, 2, 3];
    expect(await measured(topKAccuracy(1), scores, labels)).toBe(0.5);
    expect(await measured(topKAccuracy(2), scores, labels)).toBe(0.75);
    expect(await measured(topKAccuracy(3), scores, labels)).toBe(1);
    expect(await measured(topKAccuracy(9), scores, labels)).toBe(1);
    expect(topKAccuracy().name).toBe('top5Accuracy');
  });

  it('counts equal scores for the example', async () => {
    // Two of three are larger or equal in the last: 0 is not among the top 1, nor with the tie of the others.
    expect(
      await measured(
        topKAccuracy(1),
        [
          [1, 1, 0],
          [1, 1, 0],
          [1, 1, 0],
        ],
        [0, 1, 2],
      ),
    ).toBe(2 / 3);
  });

  it('of classes masked by −∞ counts the others', async () => {
    const scores = Array<number[]>(3).fill([-Infinity, 2, 1]);
    expect(await measured(topKAccuracy(1), scores, [0, 1, 2])).toBe(1 / 3);
    expect(await measured(topKAccuracy(2), scores, [0, 1, 2])).toBe(2 / 3);
  });

  it('of a diverged model is 0, not 1', async () => {
    for (const k of [2, 5]) expect(await measured(topKAccuracy(k), [[NaN, NaN, NaN]], [0])).toBe(0);
  });

  it('refuses k below one', () => {
    expect(() => topKAccuracy(0)).toThrow(/topKAccuracy: k must be an integer >= 1, got 0/);
  });
});

describe('binaryAccuracy', () => {
  it('goes by the sign of the logit, for one output or for several', async () => {
    expect(await measured(binaryAccuracy(), [2, -1, 0.5], [1, 0, 0])).toBe(2 / 3);
    // A logit of 0 stands for 0; examples have 1, 1/2 and 0 of their outputs right.
    expect(
      await measured(
        binaryAccuracy(),
        [
          [1, -1],
          [0, -1],
          [-1, 1],
        ],
        [
          [1, 0],
          [1, 0],
          [1, 0],
        ],
      ),
    ).toBe(0.5);
  });

  it('refuses shapes that differ', () => {
    expect(() => binaryAccuracy().values(tf.zeros([2, 1]), tf.zeros([2]))).toThrow(
      /binaryAccuracy.*\[2, 1\] and \[2\]/,
    );
  });
});

describe('a metric of one’s own', () => {
  it('may be a loss', async () => {
    const squared = metric('meanSquaredError', meanSquaredError());
    // Squares 1, 4 and 16.
    expect(await measured(squared, [1, 2, 3], [0.5 + 0.5, 4, 7])).toBeCloseTo(20 / 3, 6);
    expect(await measured(squared, [1, 2, 3], [2, 4, 7])).toBe(7);
  });

  it('may give a mean, weighted by the examples of its batch', async () => {
    const mean = metric('mean', (pred) => tf.mean(pred as tf.Tensor));
    // Batches (1, 2) and (6): a mean of 3, not of 1.5 and 6.
    expect(await measured(mean, [1, 2, 6], [0, 0, 0])).toBe(3);
  });

  it('needs a name, and numbers by example', async () => {
    expect(() => metric('', (pred) => pred as tf.Tensor)).toThrow(/metric: name must not be empty/);
    await expect(
      measured(
        metric('all', (pred) => pred as tf.Tensor),
        [[1, 2]],
        [0],
      ),
    ).rejects.toThrow(
      /metric all: values must be a scalar or one number for each example, got shape \[1, 2\]/,
    );
  });
});

describe('on a mixed target', () => {
  const target = (): MixedTarget => ({
    kind: 'mixed',
    first: tf.tensor1d([0, 1], 'int32'),
    second: tf.tensor1d([2, 0], 'int32'),
    lambda: tf.tensor1d([0.75, 0.5]),
    mixes: 'losses',
  });

  function learner(metrics: readonly Metric[]) {
    // Two examples that the model puts in class 2 and class 1.
    const logits = tf.variable(
      tf.tensor2d([
        [0, 0, 1],
        [0, 1, 0],
      ]),
    );
    return new Learner({
      model: { variables: { logits }, forward: (x) => tf.mul(x as tf.Tensor, logits) },
      data: { train: [{ x: tf.ones([2, 3]), y: tf.zeros([2]) }] },
      loss: crossEntropy(),
      optimizer: testOptimizer({ lr: 0, momentum: 0 }),
      metrics,
      trainMetrics: true,
    });
  }

  const mixes: Callback = {
    name: 'mixes',
    beforeBatch(loop) {
      loop.y = target();
    },
  };

  it('the loop weights by λ', async () => {
    const history = await learner([accuracy(), errorRate()]).fit(1, [mixes]);
    // First example: class 2 is the second label, 1 − 0.75; second: class 1 is the first label, 0.5.
    expect(history.last?.trainMetrics).toEqual({ accuracy: 0.375, errorRate: 0.625 });
    expect(history.last?.metrics).toEqual({});
  });

  it('a metric that gives a mean is refused', async () => {
    const mean = metric('mean', (pred) => tf.mean(pred as tf.Tensor));
    await expect(learner([mean]).fit(1, [mixes])).rejects.toThrow(
      /metric mean: on mixed targets it has to give one number for each example, got shape \[\]/,
    );
  });

  it('a metric can’t be computed by mistake', () => {
    const compute = () => {
      // @ts-expect-error a mixed target is no plain one
      accuracy().values(tf.zeros([2, 3]), target());
    };
    expect(compute).toThrow();
  });
});
