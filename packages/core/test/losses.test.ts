import {
  binaryCrossEntropy,
  crossEntropy,
  Learner,
  meanAbsoluteError,
  meanSquaredError,
  type Callback,
  type Loss,
  type MixedTarget,
} from '@tfloop/core';
import { testOptimizer } from '@tfloop/core/testing';
import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Case {
  readonly name: string;
  readonly loss: 'crossEntropy' | 'binaryCrossEntropy' | 'meanSquaredError' | 'meanAbsoluteError';
  readonly options: { readonly labelSmoothing?: number };
  readonly pred: number[][];
  readonly target: number[] | number[][];
  readonly values: number[];
  readonly gradient: number[][];
}

const { cases } = JSON.parse(
  readFileSync(
    fileURLToPath(new URL('../../../tools/oracles/losses.json', import.meta.url)),
    'utf8',
  ),
) as { cases: Case[] };

const LOSSES = { crossEntropy, binaryCrossEntropy, meanSquaredError, meanAbsoluteError };

/** The losses by example and the gradient of their mean, as numbers. */
function evaluate(loss: Loss, pred: tf.Tensor, target: tf.Tensor): [number[], number[]] {
  return tf.tidy(() => [
    [...loss(pred, target).dataSync()],
    [
      ...tf
        .grad((p) => tf.mean(loss(p, target)))(pred)
        .dataSync(),
    ],
  ]);
}

/** Equal to 1e-6, of the value where it is above one. */
function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    const error = Math.abs(value - expected[i]!) / Math.max(1, Math.abs(expected[i]!));
    expect(error).toBeLessThanOrEqual(1e-6);
  });
}

describe('agreement with PyTorch, by example and in the gradient', () => {
  it.each(cases.map((one) => [one.loss, one.name, one] as const))('%s: %s', (_, __, one) => {
    const loss = LOSSES[one.loss](one.options);
    const [values, gradient] = evaluate(loss, tf.tensor(one.pred), tf.tensor(one.target));
    expectClose(values, one.values);
    expectClose(gradient, one.gradient.flat());
  });
});

describe('by hand', () => {
  it('cross-entropy of equal logits is log(classes), label by label or not', () => {
    const [values, gradient] = evaluate(
      crossEntropy(),
      tf.zeros([1, 4]),
      tf.tensor1d([1], 'int32'),
    );
    expectClose(values, [Math.log(4)]);
    // softmax − t
    expectClose(gradient, [0.25, -0.75, 0.25, 0.25]);
  });

  it('label smoothing 0.1 over two classes makes (1, 0) into (0.95, 0.05)', () => {
    const logits = tf.tensor2d([[0, Math.log(3)]]);
    const [values] = evaluate(
      crossEntropy({ labelSmoothing: 0.1 }),
      logits,
      tf.tensor1d([0], 'int32'),
    );
    // softmax is (1/4, 3/4)
    expectClose(values, [0.95 * Math.log(4) + 0.05 * Math.log(4 / 3)]);
  });

  it('cross-entropy of a sequence is the mean over its places', () => {
    const logits = tf.zeros([2, 3, 4]);
    const [values] = evaluate(crossEntropy(), logits, tf.zeros([2, 3], 'int32'));
    expectClose(values, [Math.log(4), Math.log(4)]);
  });

  it('binary cross-entropy at logit 0 is log 2 for every target, and its gradient 1/2 − t', () => {
    const [values, gradient] = evaluate(
      binaryCrossEntropy(),
      tf.zeros([3]),
      tf.tensor1d([0, 0.5, 1]),
    );
    expectClose(values, Array(3).fill(Math.log(2)));
    expectClose(gradient, [0.5 / 3, 0, -0.5 / 3]);
  });

  it('squared and absolute error of (1, 3) against (2, 1) are 5/2 and 3/2', () => {
    const [pred, target] = [tf.tensor2d([[1, 3]]), tf.tensor2d([[2, 1]])];
    expectClose(evaluate(meanSquaredError(), pred, target)[0], [2.5]);
    expectClose(evaluate(meanAbsoluteError(), pred, target)[0], [1.5]);
  });

  it('takes the only tensor of a list or a record, and no more than one', () => {
    const [pred, target] = [tf.tensor1d([1]), tf.tensor1d([3])];
    expect(meanSquaredError()([pred], { y: target }).dataSync()[0]).toBe(4);
    expect(() => meanSquaredError()([pred, pred], target)).toThrow(
      /meanSquaredError: takes one tensor, got 2; for several outputs write a function of them/,
    );
  });
});

describe('gradients are those of the values', () => {
  const logits = [0.3, -0.8, 1.1, 0.2, 0.9, -0.4];
  const dense = tf.tensor2d([0.2, 0.3, 0.5, 0.9, 0.1, 0], [2, 3]);
  it.each<[string, Loss, tf.Tensor]>([
    ['crossEntropy of labels', crossEntropy(), tf.tensor1d([2, 0], 'int32')],
    ['crossEntropy of soft labels', crossEntropy({ labelSmoothing: 0.2 }), dense],
    ['crossEntropy of targets that do not sum to one', crossEntropy(), tf.mul(dense, 3)],
    ['binaryCrossEntropy', binaryCrossEntropy(), dense],
    ['meanSquaredError', meanSquaredError(), dense],
    ['meanAbsoluteError', meanAbsoluteError(), dense],
  ])('%s', (_, loss, target) => {
    const mean = (values: readonly number[]) =>
      tf.tidy(() => tf.mean(loss(tf.tensor2d([...values], [2, 3]), target)).dataSync()[0]!);
    const [, gradient] = evaluate(loss, tf.tensor2d(logits, [2, 3]), target);
    const h = 1e-2;
    logits.forEach((_, i) => {
      const shifted = (by: number) =>
        mean(logits.map((value, j) => (i === j ? value + by : value)));
      expect(gradient[i]).toBeCloseTo((shifted(h) - shifted(-h)) / (2 * h), 3);
    });
  });

  it('leave no tensor behind', () => {
    const [pred, target] = [tf.zeros([2, 3]), tf.tensor1d([0, 1], 'int32')];
    const before = tf.memory().numTensors;
    evaluate(crossEntropy(), pred, target);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('shapes that do not fit are refused, with both of them', () => {
  it.each<[string, Loss, number[], number[], RegExp]>([
    ['crossEntropy, soft', crossEntropy(), [2, 3], [2, 4], /\[2, 3\] and \[2, 4\]/],
    [
      'crossEntropy, labels',
      crossEntropy(),
      [2, 3],
      [3],
      /\[2, 3\] need integer labels \[2\].*got \[3\]/,
    ],
    ['crossEntropy, a column of labels', crossEntropy(), [2, 3], [2, 1], /\[2, 3\] and \[2, 1\]/],
    ['crossEntropy, one class', crossEntropy(), [2, 1], [2], /two classes or more, got \[2, 1\]/],
    ['crossEntropy, no classes', crossEntropy(), [2], [2], /two classes or more, got \[2\]/],
    ['binaryCrossEntropy', binaryCrossEntropy(), [2, 1], [2], /\[2, 1\] and \[2\]/],
    ['meanSquaredError', meanSquaredError(), [2, 1], [2], /meanSquaredError.*\[2, 1\] and \[2\]/],
    ['meanAbsoluteError', meanAbsoluteError(), [4], [1], /meanAbsoluteError.*\[4\] and \[1\]/],
  ])('%s', (_, loss, pred, target, message) => {
    expect(() => loss(tf.zeros(pred), tf.zeros(target))).toThrow(message);
  });

  it('and so are options that do not', () => {
    expect(() => crossEntropy({ labelSmoothing: 1 })).toThrow(
      /crossEntropy: labelSmoothing must be a number >= 0 and < 1, got 1/,
    );
  });
});

describe('mixed targets', () => {
  const LOGITS = [0.5, -1, 2, 1, 0, -0.5];
  const LAMBDA = [0.75, 0.5];

  /** Loss and gradient at the logits of a batch with this target. */
  async function trained(target: () => MixedTarget | tf.Tensor, loss: Loss = crossEntropy()) {
    const logits = tf.variable(tf.tensor2d(LOGITS, [2, 3]));
    const learner = new Learner({
      model: { variables: { logits }, forward: (x) => tf.mul(x as tf.Tensor, logits) },
      data: { train: [{ x: tf.ones([2, 3]), y: tf.zeros([2]) }] },
      loss,
      optimizer: testOptimizer({ lr: 0, momentum: 0 }),
    });
    const gradient: number[] = [];
    const mixes: Callback = {
      name: 'mixes',
      beforeBatch(loop) {
        loop.y = target();
      },
      afterBackward: ({ grads }) => void gradient.push(...(grads.get('logits')?.dataSync() ?? [])),
    };
    const history = await learner.fit(1, [mixes]);
    return { loss: history.last?.trainLoss ?? NaN, gradient };
  }

  const labels = (
    mixes: 'losses' | 'targets',
    first: tf.Tensor,
    second: tf.Tensor,
    weights?: MixedTarget['weights'],
  ): MixedTarget => ({
    ...(weights && { weights }),
    kind: 'mixed',
    first,
    second,
    lambda: tf.tensor1d(LAMBDA),
    mixes,
  });
  const int = (...values: number[]) => tf.tensor1d(values, 'int32');
  const oneHot = (...values: number[]) => tf.cast(tf.oneHot(int(...values), 3), 'float32');

  it('mix losses by λ', async () => {
    const logsumexp = (values: number[]) =>
      Math.log(values.reduce((sum, z) => sum + Math.exp(z), 0));
    const [a, b] = [LOGITS.slice(0, 3), LOGITS.slice(3)];
    // Labels 0 and 2 with λ 0.75; labels 1 and 0 with λ 0.5.
    const first = 0.75 * (logsumexp(a) - 0.5) + 0.25 * (logsumexp(a) - 2);
    const second = 0.5 * (logsumexp(b) - 0) + 0.5 * (logsumexp(b) - 1);
    const { loss } = await trained(() => labels('losses', int(0, 1), int(2, 0)));
    expect(loss).toBeCloseTo((first + second) / 2, 6);
  });

  it('mix labels to the same loss and gradient, for cross-entropy', async () => {
    for (const labelSmoothing of [0, 0.1]) {
      const loss = crossEntropy({ labelSmoothing });
      const losses = await trained(() => labels('losses', int(0, 1), int(2, 0)), loss);
      const targets = await trained(() => labels('targets', oneHot(0, 1), oneHot(2, 0)), loss);
      const byHand = await trained(
        () =>
          tf.tensor2d([
            [0.75, 0, 0.25],
            [0.5, 0.5, 0],
          ]),
        loss,
      );
      for (const other of [targets, byHand]) {
        expectClose([other.loss], [losses.loss]);
        expectClose(other.gradient, losses.gradient);
      }
    }
  });

  it('weigh the loss of each label by the weight of its example', async () => {
    const weights = () => ({ first: tf.tensor1d([2, 0]), second: tf.tensor1d([0, 3]) });
    const whole = () => labels('losses', int(0, 1), int(2, 0), weights());
    const losses = await trained(whole);
    const targets = await trained(() => labels('targets', oneHot(0, 1), oneHot(2, 0), weights()));
    const rows = [LOGITS.slice(0, 3), LOGITS.slice(3)];
    const softmax = rows.map((row) => {
      const sum = row.reduce((total, z) => total + Math.exp(z), 0);
      return row.map((z) => Math.exp(z) / sum);
    });
    // λ·w is 0.75·2 for label 0 and 0.25·0 for label 2; 0.5·0 for label 1 and 0.5·3 for label 0: what has
    // weight 0 does not train.
    const expected = -(1.5 * Math.log(softmax[0]![0]!) + 1.5 * Math.log(softmax[1]![0]!)) / 2;
    const gradient = softmax.flatMap((row) =>
      row.map((p, label) => (1.5 * (p - Number(label === 0))) / 2),
    );
    for (const mixed of [losses, targets]) {
      expectClose([mixed.loss], [expected]);
      expectClose(mixed.gradient, gradient);
    }
    const mean: Loss = (pred, target) => tf.mean(crossEntropy()(pred, target));
    await expect(
      trained(() => labels('targets', oneHot(0, 1), oneHot(2, 0), weights()), mean),
    ).rejects.toThrow(
      /mixing sample weights needs a loss with one number for each example, got shape \[\]/,
    );
    /** Tensors that a fit leaves: those of its learner and data. */
    const left = async (target: () => MixedTarget) => {
      const before = tf.memory().numTensors;
      await trained(target);
      return tf.memory().numTensors - before;
    };
    expect(await left(whole)).toBe(await left(() => labels('losses', int(0, 1), int(2, 0))));
  });

  it('need losses by example', async () => {
    const mean: Loss = (pred, target) => tf.mean(crossEntropy()(pred, target));
    await expect(trained(() => labels('losses', int(0, 1), int(2, 0)), mean)).rejects.toThrow(
      /mixing integer labels needs a loss with one number for each example, got shape \[\]/,
    );
    await expect(
      trained(() => labels('targets', oneHot(0, 1), oneHot(2, 0)), mean),
    ).resolves.toBeDefined();
  });
});

describe('a loss of one’s own', () => {
  it('must give a scalar or a number for each example', async () => {
    const w = tf.variable(tf.zeros([2]));
    const learner = new Learner({
      model: { variables: { w }, forward: (x) => tf.mul(x as tf.Tensor, w) },
      data: { train: [{ x: tf.ones([3, 2]), y: tf.ones([3, 2]) }] },
      loss: (pred, target) => tf.squaredDifference(pred as tf.Tensor, target as tf.Tensor),
      optimizer: testOptimizer(),
    });
    await expect(learner.fit(1)).rejects.toThrow(
      /the loss must be a scalar or one number for each example, got shape \[3, 2\]/,
    );
  });
});

describe('labels that are no classes', () => {
  it.each([0, 0.1])('can not look like a fit, at label smoothing %d', (labelSmoothing) => {
    const losses = tf.tidy(() =>
      crossEntropy({ labelSmoothing })(
        tf.zeros([3, 2]),
        tf.tensor1d([0, 2, -1], 'int32'),
      ).dataSync(),
    );
    expect([...losses].map(Number.isFinite)).toEqual([true, false, false]);
  });

  it('say so where the loss was not called', () => {
    expect(() => crossEntropy(tf.zeros([1, 2]) as never)).toThrow(/with its parentheses/);
  });
});
