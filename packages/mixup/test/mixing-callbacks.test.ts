import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  accuracy,
  batches,
  crossEntropy,
  isMixed,
  Learner,
  meanSquaredError,
  type Batch,
  type BatchLoop,
  type Callback,
  type Loss,
} from '@tfloop/core';
import { describeCallback, testOptimizer, toyProblem } from '@tfloop/core/testing';
import { cutmix, mixup, type CutmixOptions, type MixupOptions } from '@tfloop/mixup';
import { oneCycle } from '@tfloop/one-cycle';

const others = { oneCycle: () => oneCycle({ maxLr: 0.1 }) };

describeCallback({
  name: 'mixup',
  create: () => mixup(),
  others,
  refuses: [
    [() => mixup({ alpha: -1 }), /mixup: alpha must be a number >= 0, got -1/],
    [
      () => mixup({ per: 'pixel' } as unknown as MixupOptions),
      /mixup: per must be one of "example", "batch", got "pixel"/,
    ],
    [
      () => mixup({ labels: 'onehot' } as unknown as MixupOptions),
      /mixup: labels must be one of "auto", "losses", "targets", got "onehot"/,
    ],
    [() => mixup({ beta: 1 } as MixupOptions), /mixup: there is no option "beta"/],
  ],
});

describeCallback({
  name: 'cutmix',
  create: () => cutmix(),
  others,
  refuses: [
    [() => cutmix({ alpha: NaN }), /cutmix: alpha must be a number >= 0, got NaN/],
    [() => cutmix({ per: 'batch' } as CutmixOptions), /cutmix: there is no option "per"/],
  ],
});

/** Sees every batch as the model does. */
function watch(see: (loop: BatchLoop) => void): Callback {
  return { name: 'watch', order: 100, beforeBatch: see };
}

/** A linear model, a learner of it, and a way to free both. */
function linearProblem(
  train: Batch[],
  { loss = crossEntropy(), units = 2 }: { loss?: Loss; units?: number } = {},
) {
  const inputs = (train[0]!.x as tf.Tensor).shape[1]!;
  const weight = tf.variable(tf.zeros([inputs, units]));
  const bias = tf.variable(tf.tensor1d(Array.from({ length: units }, (_, i) => (i === 0 ? 1 : 0))));
  const optimizer = testOptimizer({ lr: 0.01, momentum: 0 });
  const learner = new Learner({
    model: {
      variables: { weight, bias },
      forward: (x) => tf.add(tf.matMul(x as tf.Tensor2D, weight), bias),
    },
    data: { train },
    loss,
    optimizer,
  });
  return {
    learner,
    dispose() {
      optimizer.dispose();
      tf.dispose([weight, bias]);
    },
  };
}

describe.each([
  ['mixup', mixup],
  ['cutmix', cutmix],
])('%s', (name, mixer) => {
  it('mixes training batches, the odd one too, and leaves validation alone', async () => {
    const problem = toyProblem();
    const seen: [phase: string, size: number, mixed: boolean][] = [];
    await problem.learner.fit(1, [
      mixer(),
      watch(({ phase, size, y }) => void seen.push([phase, size, isMixed(y)])),
    ]);
    expect(seen).toEqual([
      ['train', 8, true],
      ['train', 8, true],
      ['train', 6, true],
      ['valid', 8, false],
      ['valid', 1, false],
    ]);
    problem.dispose();
  });

  it('gives the validation loss that its weights have without it', async () => {
    const problem = toyProblem();
    const history = await problem.learner.fit(2, [mixer()]);
    expect((await problem.learner.validate()).loss).toBe(history.last!.validLoss);
    problem.dispose();
  });

  it('is the identity at alpha 0 and draws nothing', async () => {
    const [plain, identity] = [toyProblem(), toyProblem()];
    await plain.learner.fit(2);
    let [started, ended]: unknown[] = [];
    await identity.learner.fit(2, [
      mixer({ alpha: 0 }),
      {
        name: 'stream',
        beforeFit: (loop) => void (started = loop.rng(name).state()),
        afterFit: (loop) => void (ended = loop.rng(name).state()),
      },
    ]);
    expect(identity.numbers()).toEqual(plain.numbers());
    expect(ended).toEqual(started);
    plain.dispose();
    identity.dispose();
  });

  it('keeps the order of the data, and depends on the seed', async () => {
    const firstLabels = async (seed: number, callbacks: Callback[]) => {
      const problem = toyProblem({ seed });
      const labels: number[][] = [];
      const shares: number[] = [];
      await problem.learner.fit(2, [
        ...callbacks,
        watch(({ phase, y }) => {
          if (phase === 'valid') return;
          const own = isMixed(y) ? y.first : (y as tf.Tensor);
          labels.push([...own.dataSync()]);
          if (isMixed(y)) shares.push(...y.lambda.dataSync());
        }),
      ]);
      problem.dispose();
      return { labels, shares };
    };
    const plain = await firstLabels(1, []);
    const mixed = await firstLabels(1, [mixer()]);
    expect(mixed.labels).toEqual(plain.labels);
    expect(mixed.shares).toEqual((await firstLabels(1, [mixer()])).shares);
    expect(mixed.shares).not.toEqual((await firstLabels(2, [mixer()])).shares);
  });

  it('leaves the caller’s tensors as they were', async () => {
    const problem = toyProblem();
    const x = tf.randomUniform([3, 4, 4, 1], 0, 1, 'float32', 5);
    const y = tf.tensor1d([0, 1, 2], 'int32');
    const weights = tf.tensor1d([1, 2, 3]);
    const pixels = [...x.dataSync()];
    const learner = new Learner({
      model: problem.learner.model,
      data: { train: [{ x, y, weights }] },
      loss: crossEntropy(),
      optimizer: problem.learner.optimizer,
    });
    await learner.fit(1);
    const before = tf.memory().numTensors;
    await learner.fit(3, [mixer()]);
    expect(tf.memory().numTensors).toBe(before);
    expect([...x.dataSync()]).toEqual(pixels);
    expect([...y.dataSync()]).toEqual([0, 1, 2]);
    expect([...weights.dataSync()]).toEqual([1, 2, 3]);
    tf.dispose([x, y, weights]);
    problem.dispose();
  });

  it('is the only owner of the batch', () => {
    const problem = toyProblem();
    expect(() => problem.learner.explain([mixup(), cutmix()])).toThrow(
      'plan: mixup and cutmix both own "batch"',
    );
    problem.dispose();
  });
});

describe('mixup in a fit', () => {
  it('folds λ and draws one for each example, or one for the batch', async () => {
    const shares = async (options: MixupOptions) => {
      const problem = toyProblem();
      const seen: number[][] = [];
      await problem.learner.fit(2, [
        mixup(options),
        watch(({ y }) => {
          if (isMixed(y)) seen.push([...y.lambda.dataSync()]);
        }),
      ]);
      problem.dispose();
      return seen;
    };
    const each = await shares({ alpha: 1 });
    expect(Math.min(...each.flat())).toBeGreaterThanOrEqual(0.5);
    expect(new Set(each[0]).size).toBe(8);
    const one = await shares({ alpha: 1, per: 'batch' });
    expect(one.map((batch) => new Set(batch).size)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(new Set(one.flat()).size).toBe(6);
  });

  it('trains on the mean of both losses, and weighs training accuracy by λ', async () => {
    const x = tf.zeros([4, 1]);
    const y = tf.tensor1d([0, 1, 1, 1], 'int32');
    const bias = tf.variable(tf.tensor1d([1, 0]));
    const learner = new Learner({
      model: {
        variables: { bias },
        forward: (input) => tf.add(tf.mul(input as tf.Tensor, 0), bias),
      },
      data: { train: [{ x, y }] },
      loss: crossEntropy(),
      metrics: [accuracy()],
      trainMetrics: true,
      optimizer: testOptimizer({ lr: 1e-3, momentum: 0 }),
    });
    let [first, second, lambda]: number[][] = [[], [], []];
    const history = await learner.fit(1, [
      mixup({ alpha: 1 }),
      watch(({ y: target }) => {
        if (!isMixed(target)) return;
        [first, second, lambda] = [target.first, target.second, target.lambda].map((tensor) => [
          ...tensor.dataSync(),
        ]) as [number[], number[], number[]];
      }),
    ]);
    // The answer is class 0 for every example: label 0 is right, label 1 is wrong.
    const right = lambda!.map(
      (share, i) => share * (1 - first![i]!) + (1 - share) * (1 - second![i]!),
    );
    const expected = right.reduce((sum, value) => sum + value, 0) / 4;
    expect(second).not.toEqual(first);
    expect(history.last!.trainMetrics['accuracy']).toBeCloseTo(expected, 6);
    // −log softmax([1, 0]) is log(1 + e⁻¹) for label 0 and 1 more for label 1.
    expect(history.last!.trainLoss).toBeCloseTo(Math.log(1 + Math.exp(-1)) + 1 - expected, 5);
    learner.optimizer.dispose();
    tf.dispose([x, y, bias]);
  });

  it('does not train towards the label of an example of weight 0', async () => {
    for (const soft of [false, true]) {
      const x = tf.ones([4, 1]);
      const integers = tf.tensor1d([0, 1, 1, 0], 'int32');
      const y = soft ? tf.tidy(() => tf.cast(tf.oneHot(integers, 2), 'float32')) : integers;
      const weights = tf.tensor1d([2, 0, 0, 1]);
      const problem = linearProblem([{ x, y, weights }]);
      let total = 0;
      const history = await problem.learner.fit(1, [
        mixup({ alpha: 1 }),
        watch(({ y: target, weights: rest }) => {
          if (!isMixed(target) || !target.weights) throw new Error('not mixed');
          expect(rest).toBeUndefined();
          const [share, first, second] = [
            target.lambda,
            target.weights.first,
            target.weights.second,
          ].map((tensor) => tensor.dataSync());
          share!.forEach((own, i) => (total += own * first![i]! + (1 - own) * second![i]!));
        }),
      ]);
      // Label 1 has weight 0 everywhere; the loss of label 0 at the logits [1, 0] is log(1 + e⁻¹).
      expect(history.last!.trainLoss).toBeCloseTo((total * Math.log(1 + Math.exp(-1))) / 4, 5);
      problem.dispose();
      tf.dispose([x, y, integers, weights]);
    }
  });

  it('mixes regression targets as it mixes inputs', async () => {
    const train = [{ x: tf.tensor2d([[1], [2], [3]]), y: tf.tensor2d([[10], [20], [30]]) }];
    const problem = linearProblem(train, { loss: meanSquaredError(), units: 1 });
    const gaps: number[] = [];
    await problem.learner.fit(3, [
      mixup(),
      watch(({ x, y }) => {
        if (!isMixed(y)) throw new Error('not mixed');
        expect(y.mixes).toBe('targets');
        const [a, b, share] = [y.first, y.second, y.lambda].map((tensor) => tensor.dataSync());
        (x as tf.Tensor).dataSync().forEach((value, i) => {
          gaps.push(10 * value - (share![i]! * a![i]! + (1 - share![i]!) * b![i]!));
        });
      }),
    ]);
    expect(gaps).toHaveLength(9);
    for (const gap of gaps) expect(gap).toBeCloseTo(0, 4);
    problem.dispose();
    tf.dispose(train);
  });

  it('refuses class labels that are floating-point numbers, unless it is told to mix losses', async () => {
    const train = [{ x: tf.ones([2, 1]), y: tf.tensor1d([0, 1]) }];
    const problem = linearProblem(train);
    await expect(problem.learner.fit(1, [mixup()])).rejects.toThrow(
      "mixup.afterPred: float labels [2] don't fit predictions [2, 2]; give class labels as int32",
    );
    await problem.learner.fit(1, [mixup({ labels: 'losses' })]);
    problem.dispose();
    tf.dispose(train);
  });

  it('names the callback where a batch can’t be mixed', async () => {
    const tokens = batches({ x: tf.zeros([4, 3], 'int32'), y: tf.zeros([4], 'int32') });
    const problem = toyProblem();
    const learner = new Learner({
      model: problem.learner.model,
      data: { train: tokens },
      loss: crossEntropy(),
      optimizer: problem.learner.optimizer,
    });
    await expect(learner.fit(1, [mixup()])).rejects.toThrow(
      'mixup.beforeBatch: mixupBatch: x must be float32, got int32',
    );
    await expect(learner.fit(1, [cutmix()])).rejects.toThrow(
      'cutmix.beforeBatch: cutmixBatch: x must be images [n, height, width, channels] of one size, got [4, 3]',
    );
    problem.dispose();
  });
});

describe('cutmix in a fit', () => {
  it('has one share for the batch: whole pixels of the 4 × 4 images', async () => {
    const problem = toyProblem();
    const shares = new Set<number>();
    await problem.learner.fit(4, [
      cutmix(),
      watch(({ y }) => {
        if (!isMixed(y)) return;
        const batch = new Set(y.lambda.dataSync());
        expect(batch.size).toBe(1);
        for (const share of batch) shares.add(share);
      }),
    ]);
    for (const share of shares) expect(Number.isInteger(share * 16)).toBe(true);
    expect(shares.size).toBeGreaterThan(1);
    problem.dispose();
  });
});
