import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { accuracy, crossEntropy, isMixed, mix, type Batch, type MixedTarget } from '@tfloop/core';
import { mixupBatch, type MixedBatch } from '@tfloop/mixup';

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(before);
});

function free(...containers: (Batch | MixedBatch)[]): void {
  tf.dispose(containers as unknown as tf.TensorContainer);
}

const values = (tensor: unknown) => [...(tensor as tf.Tensor).dataSync()];

describe('mixupBatch', () => {
  it('mixes two examples by hand', () => {
    const batch = {
      x: tf.tensor2d([
        [1, 2],
        [3, 6],
      ]),
      y: tf.tensor1d([0, 1], 'int32'),
      weights: tf.tensor1d([1, 3]),
    };
    const mixed = mixupBatch(batch, { lambda: [0.75, 0.5], partners: [1, 0] });
    // 0.75·[1, 2] + 0.25·[3, 6] = [1.5, 3]; 0.5·[3, 6] + 0.5·[1, 2] = [2, 4]
    expect(values(mixed.x)).toEqual([1.5, 3, 2, 4]);
    expect(mixed.y).toMatchObject({ kind: 'mixed', mixes: 'losses' });
    expect(values(mixed.y.first)).toEqual([0, 1]);
    expect(values(mixed.y.second)).toEqual([1, 0]);
    expect(mixed.y.second.dtype).toBe('int32');
    expect(values(mixed.y.lambda)).toEqual([0.75, 0.5]);
    // Weights stay with the labels whose losses they weigh.
    expect(values(mixed.y.weights?.first)).toEqual([1, 3]);
    expect(values(mixed.y.weights?.second)).toEqual([3, 1]);
    expect(mixed).not.toHaveProperty('weights');
    // The batch is as it was.
    expect(values(batch.x)).toEqual([1, 2, 3, 6]);
    expect(values(batch.weights)).toEqual([1, 3]);
    free(mixed);
    expect(values(batch.y)).toEqual([0, 1]);
    free(batch);
  });

  it('mixes several inputs alike, under their names or positions', () => {
    const one = tf.tensor3d([[[0]], [[4]]]);
    const two = tf.tensor1d([8, 0]);
    const y = tf.tensor1d([0, 1], 'int32');
    const options = { lambda: 0.75, partners: [1, 0] };
    const named = mixupBatch({ x: { one, two }, y }, options);
    const listed = mixupBatch({ x: [one, two], y }, options);
    for (const x of [Object.values(named.x), listed.x as tf.Tensor[]]) {
      expect(values(x[0])).toEqual([1, 3]);
      expect(values(x[1])).toEqual([6, 2]);
    }
    expect(Object.keys(named.x)).toEqual(['one', 'two']);
    expect(Array.isArray(listed.x)).toBe(true);
    free(named, listed);
    tf.dispose([one, two, y]);
  });

  it('mixes losses of discrete labels and targets of floating-point ones, unless told', () => {
    const x = tf.zeros([2, 1]);
    const options = { lambda: 1, partners: [0, 1] };
    const mixes = (y: tf.Tensor, labels?: 'losses' | 'targets') => {
      const mixed = mixupBatch({ x, y }, { ...options, ...(labels && { labels }) });
      free(mixed);
      y.dispose();
      return mixed.y.mixes;
    };
    expect(mixes(tf.zeros([2], 'int32'))).toBe('losses');
    expect(mixes(tf.zeros([2, 3], 'int32'))).toBe('losses');
    expect(mixes(tf.zeros([2, 3], 'bool'))).toBe('losses');
    expect(mixes(tf.zeros([2, 3]))).toBe('targets');
    expect(mixes(tf.zeros([2]))).toBe('targets');
    expect(mixes(tf.zeros([2]), 'losses')).toBe('losses');
    expect(mixes(tf.zeros([2, 3], 'int32'), 'targets')).toBe('targets');
    x.dispose();
  });

  it('serves a batch of one, and a share of 1 changes nothing', () => {
    const batch = { x: tf.tensor2d([[1, 2]]), y: tf.tensor1d([1], 'int32') };
    const mixed = mixupBatch(batch, { lambda: 0.6, partners: [0] });
    expect(values(mixed.x)[0]).toBeCloseTo(1, 6);
    expect(values(mixed.x)[1]).toBeCloseTo(2, 6);
    free(batch, mixed);

    const three = { x: tf.tensor1d([1, 2, 3]), y: tf.tensor1d([1, 2, 3]) };
    const same = mixupBatch(three, { lambda: 1, partners: [2, 0, 1] });
    expect(values(same.x)).toEqual([1, 2, 3]);
    free(three, same);
  });

  it('refuses what can’t be mixed, and leaves nothing behind', () => {
    const x = tf.zeros([2, 1]);
    const y = tf.zeros([2], 'int32');
    const options = { lambda: 0.5, partners: [1, 0] };
    const tokens = tf.zeros([2, 5], 'int32');
    expect(() => mixupBatch({ x: tokens, y }, options)).toThrow(
      'mixupBatch: x must be float32, got int32',
    );
    expect(() => mixupBatch({ x: { image: x, tokens }, y }, options)).toThrow(
      'mixupBatch: x must be float32, got int32 [2, 5]',
    );
    expect(() => mixupBatch({ x: [x, tokens], y }, options)).toThrow(
      'mixupBatch: x must be float32',
    );
    expect(() => mixupBatch({ x, y: [y, y] }, options)).toThrow(
      'mixupBatch: takes one target tensor, got 2',
    );
    expect(() => mixupBatch({ x, y }, { ...options, labels: 'targets' })).toThrow(
      "mixupBatch: integer labels [n] can't be mixed as targets",
    );
    expect(() => mixupBatch({ x, y }, { ...options, lambda: [0.5] })).toThrow(
      'mixupBatch: lambda must have one number for each of 2 partners, got 1',
    );
    expect(() => mixupBatch({ x, y }, { ...options, lambda: 1.5 })).toThrow(
      'mixupBatch: lambda[0] must be a number >= 0 and <= 1, got 1.5',
    );
    expect(() => mixupBatch({ x, y }, { lambda: 1, partners: [0] })).toThrow(
      'mixupBatch: x must have one example for each of 1 partners, got shape [2, 1]',
    );
    expect(() =>
      mixupBatch({ x, y }, { ...options, lambdas: 1 } as object as typeof options),
    ).toThrow('mixupBatch: there is no option "lambdas"; the options are lambda, partners, labels');
    expect(() => mixupBatch({ x, y }, { ...options, labels: 'loss' as 'losses' })).toThrow(
      'mixupBatch: labels must be one of "auto", "losses", "targets", got "loss"',
    );
    const weights = tf.ones([2, 1]);
    expect(() => mixupBatch({ x, y, weights }, options)).toThrow(
      'mixupBatch: weights must have one number for each of 2 partners, got shape [2, 1]',
    );
    weights.dispose();
    const mixed = mixupBatch({ x, y }, options);
    expect(() => mixupBatch({ x, y: mixed.y }, options)).toThrow('mixed already');
    free(mixed);
    tf.dispose([x, y, tokens]);
  });
});

describe('a mixed target', () => {
  it('has one cross-entropy whether losses or labels are mixed', () => {
    tf.tidy(() => {
      const x = tf.zeros([3, 1]);
      const logits = tf.tensor2d([
        [0.3, -1.2, 2],
        [1.1, 0.4, -0.5],
        [-2, 0.1, 0.7],
      ]);
      const hard = tf.tensor1d([2, 0, 1], 'int32');
      const soft = tf.oneHot(hard, 3).toFloat();
      const options = { lambda: [0.9, 0.6, 0.75], partners: [1, 2, 0] };
      const losses = mixupBatch({ x, y: hard }, options).y;
      const targets = mixupBatch({ x, y: soft }, options).y;
      const loss = crossEntropy();
      const mixedLosses = mix(
        losses.lambda,
        loss(logits, losses.first),
        loss(logits, losses.second),
      );
      const lossOfMixed = loss(logits, mix(targets.lambda, targets.first, targets.second));
      values(mixedLosses).forEach((value, i) => {
        expect(value).toBeCloseTo(values(lossOfMixed)[i]!, 5);
      });
    });
  });

  it('does not fit a plain metric: a type error', () => {
    const plain = (mixed: MixedTarget) =>
      // @ts-expect-error A metric of a mixed target would count one of two labels.
      accuracy().values(tf.zeros([1, 2]), mixed);
    expect(plain).toBeInstanceOf(Function);
    expect(isMixed({ kind: 'mixed' } as MixedTarget)).toBe(true);
  });
});
