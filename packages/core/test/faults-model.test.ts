import { Learner, meanSquaredError, type Loss, type Model } from '@tfloop/core';
import { useBackend } from '@tfloop/backend';
import { testOptimizer } from '@tfloop/core/testing';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { at, expectNoLeak, line, points, rejection } from './fixtures.ts';

type Forward = Model['forward'];

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend, log: () => undefined });
  });

  /**
   * A learner whose model and loss have a fault in one batch, the second: what it says, and that nothing leaks and the
   * learner goes on where the fault has gone.
   */
  async function faultOf(parts: { forward?: Forward; loss?: Loss }): Promise<Error> {
    const weight = tf.variable(tf.scalar(0));
    let [calls, broken] = [0, true];
    const good: Forward = (x) => tf.mul(x as tf.Tensor, weight);
    const faulty = () => broken && calls++ % 2 === 1;
    const { forward = good, loss = meanSquaredError() } = parts;
    const optimizer = testOptimizer();
    tf.tidy(() => {
      optimizer.step(new Map([['weight', weight]]), new Map([['weight', tf.scalar(0)]]));
    });
    const learner = new Learner({
      model: {
        variables: { weight },
        forward: (x, context) => (parts.forward && faulty() ? forward : good)(x, context),
      },
      loss: (pred, target) => (parts.loss && faulty() ? loss : meanSquaredError())(pred, target),
      optimizer,
      data: { train: points([1, 2, 3, 4], [2, 4, 6, 8], 2), valid: points([1], [1], 1) },
    });
    let error: Error | undefined;
    await expectNoLeak(async () => {
      error = await rejection(learner.fit(1));
    });
    broken = false;
    const history = await learner.fit(1);
    expect(Number.isFinite(history.last?.validLoss)).toBe(true);
    weight.dispose();
    optimizer.dispose();
    return error!;
  }

  const place = 'batch 1 of data.train in epoch 0 (step 1)';

  test.each<[string, unknown, string]>([
    [
      'nothing',
      () => undefined,
      `must return a tensor, a list or a record of tensors, got undefined in ${place}`,
    ],
    ['a number', () => 5, `must return a tensor, a list or a record of tensors, got 5 in ${place}`],
    [
      'an empty list',
      () => [],
      `must return a tensor, a list or a record of tensors, got a list of something else in ${place}`,
    ],
    [
      'a promise',
      async (x: tf.Tensor) => Promise.resolve(tf.clone(x)),
      'must answer at once, inside the gradient tape, got a promise',
    ],
    [
      'a promise that fails',
      () => Promise.reject(new Error('late')),
      'must answer at once, inside the gradient tape, got a promise',
    ],
  ])('a model that returns %s is refused', async (_, forward, message) => {
    expect((await faultOf({ forward: forward as Forward })).message).toBe(
      `Learner: the model ${message}`,
    );
  });

  test('a model that throws is named, with the batch and its shapes', async () => {
    const error = await faultOf({
      forward(x) {
        tf.add(x as tf.Tensor, 1);
        throw new TypeError('no such layer');
      },
    });
    expect(error.message).toBe(
      `Learner: the model failed in ${place} on x [2] float32: no such layer`,
    );
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  test('an answer of other shape is refused by the loss, in the words of both', async () => {
    const error = await faultOf({ forward: (x) => tf.concat([x as tf.Tensor, x as tf.Tensor]) });
    expect(error.message).toBe(
      `Learner: the loss failed in ${place} on predictions [4] float32 and targets [2] float32: ` +
        'meanSquaredError: predictions and targets must have one shape, got [4] and [2]',
    );
  });

  test.each<[string, unknown, RegExp]>([
    [
      'more numbers than examples',
      (p: tf.Tensor) => tf.concat([p, p]),
      /: the loss must be a scalar or one number for each of the 2 examples, got shape \[4\]; does the model keep the first dimension\?$/,
    ],
    ['a number', () => 1, /: the loss must return a tensor, at once, got 1$/],
    [
      'a promise',
      () => Promise.reject(new Error('late')),
      /: the loss must return a tensor, at once, got a promise$/,
    ],
  ])('a loss that gives %s is refused', async (_, loss, message) => {
    const error = await faultOf({ loss: loss as Loss });
    expect(error.message).toMatch(message);
    expect(error.message).toContain(
      `Learner: the loss failed in ${place} on predictions [2] float32 and targets [2] float32: `,
    );
  });
});

test('a model that fails in validation is named', async () => {
  const { learner } = line({
    model: {
      variables: [tf.variable(tf.scalar(1), true, 'w')],
      forward(x, { training }) {
        if (!training) throw new Error('not trained yet');
        return tf.mul(x as tf.Tensor, 1);
      },
    },
  });
  await expectNoLeak(async () => {
    expect((await rejection(learner.validate())).message).toBe(
      'Learner: the model failed in batch 0 of data.valid on x [1] float32: not trained yet',
    );
  });
});

describe('a tf.LayersModel', () => {
  test('that loses the first dimension is refused', async () => {
    class Sum extends tf.layers.Layer {
      static readonly className = 'SumForTest';
      override computeOutputShape() {
        return [null, 1];
      }
      override call(inputs: tf.Tensor | tf.Tensor[]) {
        const [x] = Array.isArray(inputs) ? inputs : [inputs];
        return tf.sum(x!, 0, true);
      }
    }
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: 1, inputShape: [1] }), new Sum()],
    });
    const learner = new Learner({
      model,
      loss: (p) => tf.mean(p as tf.Tensor),
      optimizer: testOptimizer(),
      data: { train: () => [{ x: tf.ones([4, 1]), y: tf.ones([4, 1]) }] },
    });
    await expectNoLeak(async () => {
      expect((await rejection(learner.fit(1))).message).toBe(
        'Learner: the model must answer each of the 4 examples of batch 0 of data.train in epoch 0 (step 0), got [1, 1] float32',
      );
    });
    model.dispose();
  });
});

describe('two fits at once', () => {
  test('are refused while a resume is being opened', async () => {
    const { learner } = line();
    let open: (names: string[]) => void = () => undefined;
    const store = {
      place: 'a slow disk',
      prepare: () => Promise.resolve(),
      files: () => Promise.resolve([]),
      list: () => new Promise<string[]>((resolve) => (open = resolve)),
      write: () => Promise.resolve(),
      read: () => Promise.reject(new Error('nothing')),
      remove: () => Promise.resolve(),
    };
    const first = rejection(learner.fit(1, [], { resume: { from: store } }));
    for (let i = 0; i < 2; i++)
      expect((await rejection(learner.fit(1))).message).toBe(
        'Learner.fit: this learner is fitting already; await that fit first',
      );
    open([]);
    expect((await first).message).toMatch(/there is no checkpoint in a slow disk/);
    expect((await learner.fit(1)).rows).toHaveLength(1);
  });

  test('of which one was refused: the other goes on', async () => {
    const { learner } = line();
    const [history, refused] = await Promise.all([
      learner.fit(2, [at('beforeBatch', () => new Promise(setImmediate))]),
      rejection(learner.fit(1)),
    ]);
    expect(history.rows).toHaveLength(2);
    expect(refused.message).toMatch(/is fitting already/);
  });
});
