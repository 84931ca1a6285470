import {
  Learner,
  meanSquaredError,
  type Batch,
  type DataLike,
  type DataSource,
} from '@tfloop/core';
import { testOptimizer } from '@tfloop/core/testing';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { at, expectNoLeak, line, points, rejection } from './fixtures.ts';

let warnings: string[];

beforeEach(() => {
  warnings = [];
  jest.spyOn(console, 'warn').mockImplementation((text: string) => warnings.push(text));
});

afterEach(() => {
  jest.restoreAllMocks();
});

const batch = (x: tf.Tensor = tf.tensor1d([1, 2]), y: tf.Tensor = tf.tensor1d([2, 4])): Batch => ({
  x,
  y,
});

/** A source that says that it has so many batches. */
function source(batches: number | undefined, epoch: () => Iterable<Batch>): DataSource {
  return { batches, examples: undefined, owner: 'loop', epoch };
}

const good = () => [batch(), batch()];

/** Fits on data that has a fault; returns the error, after which nothing leaks and the learner fits other data. */
async function faultOf(data: { train: DataLike; valid?: DataLike }, epochs = 1): Promise<Error> {
  const { learner } = line({ data });
  let error: Error | undefined;
  await expectNoLeak(async () => {
    error = await rejection(learner.fit(epochs));
  });
  // Not "is fitting already".
  expect((await rejection(learner.fit(0))).message).toMatch(/epochs must be/);
  return error!;
}

describe('a source that throws', () => {
  const failing = function* () {
    yield batch();
    throw new Error('the disk is full');
  };
  const failingAsync = async function* () {
    yield batch();
    await Promise.reject(new Error('the disk is full'));
  };

  test.each<[string, { train: DataLike; valid?: DataLike }, string]>([
    ['for training', { train: failing }, 'batch 1 of data.train in epoch 0 (step 1)'],
    ['asynchronously', { train: failingAsync }, 'batch 1 of data.train in epoch 0 (step 1)'],
    ['for validation', { train: good, valid: failing }, 'batch 1 of data.valid in epoch 0'],
  ])('%s is named, with the batch', async (_, data, where) => {
    const error = await faultOf(data);
    expect(error.message).toBe(`Learner: the data failed in ${where}: the disk is full`);
    expect((error.cause as Error).message).toBe('the disk is full');
  });

  test('before its first batch, in the second epoch', async () => {
    let opened = 0;
    const train = () => {
      if (opened++ === 1) throw new Error('no such file');
      return good();
    };
    expect((await faultOf({ train }, 2)).message).toBe(
      'Learner: the data failed in batch 0 of data.train in epoch 1 (step 2): no such file',
    );
  });

  test('something that is no error', async () => {
    const train = function* (): Iterable<Batch> {
      yield batch();
      throw 'a word'; // eslint-disable-line @typescript-eslint/only-throw-error
    };
    expect((await faultOf({ train })).message).toMatch(/\(step 1\): a word$/);
  });

  test('in evaluate is named as such', async () => {
    const { learner } = line();
    await expectNoLeak(async () => {
      expect((await rejection(learner.evaluate(failing))).message).toBe(
        'Learner: the data failed in batch 1 of the data: the disk is full',
      );
    });
  });
});

describe('a source that counts wrongly', () => {
  test.each(['train', 'valid'] as const)('ends early: %s', async (phase) => {
    const short = source(3, good);
    const error = await faultOf({ train: good, [phase]: short });
    expect(error.message).toBe(
      `Learner: data.${phase} ended after 2 batches in epoch 0, expected 3, as the source says; give it all of them, or \`batches\` the right number`,
    );
  });

  test('does not end early where the epoch is stopped or cancelled', async () => {
    const { CancelTrain } = await import('@tfloop/core');
    const train = source(3, good);
    for (const end of [
      (loop: { stop(): void }) => loop.stop(),
      () => {
        throw new CancelTrain();
      },
    ]) {
      const history = await line({ data: { train } }).learner.fit(1, [at('afterBatch', end)]);
      expect(history.rows).toHaveLength(1);
    }
  });

  test('is trained on in full where it gives more, and that is told once', async () => {
    let batches = 0;
    const train = source(1, () => [batch(), batch(), batch()]);
    const { learner } = line({ data: { train } });
    await expectNoLeak(() => learner.fit(2, [at('afterBatch', () => batches++)]));
    expect(batches).toBe(6);
    expect(warnings).toEqual([
      'Learner: data.train goes on after the 1 batches that the source says it has; all are used, but schedules and progress count 1',
    ]);
  });

  test('has no batch at all', async () => {
    expect((await faultOf({ train: () => [] })).message).toMatch(
      /the train data gave no batch in epoch 0/,
    );
    expect((await faultOf({ train: [] })).message).toBe(
      'Learner.fit: data.train must hold one batch at least, got an empty list',
    );
  });
});

describe('a batch unlike the first', () => {
  test.each<[string, () => Batch, string]>([
    [
      'in rank',
      () => batch(tf.tensor2d([[1], [2]])),
      'x of batch 2 of data.train in epoch 0 (step 2) must have the rank and dtype of the first batch, [2] float32, got [2, 1] float32',
    ],
    [
      'in the dtype of x',
      () => batch(tf.tensor1d([1, 2], 'int32')),
      'x of batch 2 of data.train in epoch 0 (step 2) must have the rank and dtype of the first batch, [2] float32, got [2] int32',
    ],
    [
      'in the dtype of y',
      () => batch(undefined, tf.tensor1d([1, 2], 'int32')),
      'y of batch 2 of data.train in epoch 0 (step 2) must have the rank and dtype of the first batch, [2] float32, got [2] int32',
    ],
    [
      'without examples',
      () => batch(tf.tensor1d([]), tf.tensor1d([])),
      'batch 2 of data.train in epoch 0 (step 2) has no examples',
    ],
  ])('%s is refused', async (_, third, message) => {
    const train = function* () {
      yield* good();
      yield third();
    };
    expect((await faultOf({ train })).message).toBe(`Learner: ${message}`);
  });

  test('is compared by name, with the first batch of its own phase', async () => {
    const of = (a: tf.Tensor, b: tf.Tensor) => ({ x: { a, b }, y: tf.tensor1d([1]) });
    const both = function* () {
      yield of(tf.tensor1d([1]), tf.tensor2d([[1]]));
      const { x, y } = of(tf.tensor1d([1]), tf.tensor2d([[1]]));
      yield { x: { b: x.b, a: x.a }, y };
    };
    const data = { train: both, valid: points([1], [1], 1) };
    const weight = tf.variable(tf.scalar(0));
    const learner = new Learner({
      model: {
        variables: [weight],
        forward: (x) => tf.mul('a' in x ? x.a : (x as tf.Tensor), weight),
      },
      loss: meanSquaredError(),
      optimizer: testOptimizer(),
      data,
    });
    expect((await learner.fit(2)).rows).toHaveLength(2);
    const turned = function* () {
      yield of(tf.tensor1d([1]), tf.tensor2d([[1]]));
      yield of(tf.tensor2d([[1]]), tf.tensor2d([[1]]));
    };
    await expect(learner.evaluate(turned)).rejects.toThrow(
      'x.a of batch 1 of the data must have the rank and dtype of the first batch, [1] float32, got [1, 1] float32',
    );
    weight.dispose();
  });

  test('may have another inner size: texts differ in length', async () => {
    const train = function* () {
      yield batch(tf.ones([2, 3]), tf.ones([2, 3]));
      yield batch(tf.ones([1, 5]), tf.ones([1, 5]));
    };
    expect((await line({ data: { train } }).learner.fit(1)).rows).toHaveLength(1);
  });

  test('of tensors that were disposed of says who does that', async () => {
    const shared = batch();
    const train = {
      *[Symbol.iterator]() {
        yield shared;
      },
    };
    const error = await rejection(line({ data: { train } }).learner.fit(2));
    expect(error.message).toBe(
      'Learner: batch 0 of data.train in epoch 1 (step 1) has a tensor that was disposed of; the loop disposes of what this data yields: yield new tensors each time, or pass an array of batches, which stay yours',
    );
    const mine = [batch()];
    tf.dispose(mine as unknown as tf.TensorContainer);
    await expect(line({ data: { train: mine } }).learner.fit(1)).rejects.toThrow(
      /has a tensor that was disposed of$/,
    );
  });
});

describe('for a tf.LayersModel', () => {
  const optimizers: { dispose(): void }[] = [];

  /** [n, 3] → [n, 1], or by two inputs [n, 3] and [n, any, 2]. */
  function model(inputs: 1 | 2 = 1): tf.LayersModel {
    if (inputs === 1)
      return tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [3] })] });
    const [a, b] = [tf.input({ shape: [3], name: 'a' }), tf.input({ shape: [null, 2], name: 'b' })];
    const pooled = tf.layers.globalAveragePooling1d({}).apply(b) as tf.SymbolicTensor;
    const joined = tf.layers.concatenate().apply([a, pooled]) as tf.SymbolicTensor;
    const output = tf.layers.dense({ units: 1 }).apply(joined) as tf.SymbolicTensor;
    return tf.model({ inputs: [a, b], outputs: output });
  }

  function learnerOf(made: tf.LayersModel, train: () => Iterable<Batch>) {
    const optimizer = testOptimizer();
    optimizers.push(optimizer);
    return new Learner({ model: made, loss: meanSquaredError(), optimizer, data: { train } });
  }

  const two = (a: tf.Tensor, b: tf.Tensor): Batch => ({ x: { a, b }, y: tf.ones([2, 1]) });

  test.each<[string, 1 | 2, () => Batch, RegExp | string]>([
    [
      'an inner size',
      1,
      () => batch(tf.ones([2, 4]), tf.ones([2, 1])),
      /^Learner: x of batch 0 of data\.train in epoch 0 \(step 0\) must fit the model's input "dense_\w+", \[2, 3\] float32, got \[2, 4\] float32$/,
    ],
    [
      'a rank',
      1,
      () => batch(tf.ones([2, 3, 1]), tf.ones([2, 1])),
      /\[2, 3\] float32, got \[2, 3, 1\] float32$/,
    ],
    [
      'a dtype',
      1,
      () => batch(tf.fill([2, 3], 'a'), tf.ones([2, 1])),
      /\[2, 3\] float32, got \[2, 3\] string$/,
    ],
    [
      'a number of inputs',
      2,
      () => batch(tf.ones([2, 3]), tf.ones([2, 1])),
      "Learner: x of batch 0 of data.train in epoch 0 (step 0) must have the model's inputs (a, b), got x [2, 3] float32",
    ],
    [
      'an input by name',
      2,
      () => two(tf.ones([2, 3]), tf.ones([2, 5, 3])),
      /input "b", \[2, null, 2\] float32, got \[2, 5, 3\] float32$/,
    ],
    [
      'a number of examples',
      2,
      () => two(tf.ones([2, 3]), tf.ones([1, 5, 2])),
      /input "b", \[2, null, 2\] float32, got \[1, 5, 2\] float32$/,
    ],
    [
      'an input that is missing',
      2,
      () => ({ x: { a: tf.ones([2, 3]) }, y: tf.ones([2, 1]) }),
      /the model failed in batch 0 .* on x\.a \[2, 3\] float32: the batch has no input "b"; it has a$/,
    ],
    [
      'a target',
      1,
      () => batch(tf.ones([2, 3]), tf.ones([2])),
      'Learner: the loss failed in batch 0 of data.train in epoch 0 (step 0) on predictions [2, 1] float32 and targets [2] float32: ' +
        'meanSquaredError: predictions and targets must have one shape, got [2, 1] and [2]',
    ],
  ])(
    '%s that does not fit is refused, and the learner goes on',
    async (_, inputs, wrong, message) => {
      const made = model(inputs);
      let fault = true;
      const right = () =>
        inputs === 1
          ? batch(tf.ones([2, 3]), tf.ones([2, 1]))
          : two(tf.ones([2, 3]), tf.ones([2, 5, 2]));
      const learner = learnerOf(made, function* () {
        yield fault ? wrong() : right();
      });
      await expectNoLeak(async () => {
        const error = await rejection(learner.fit(1));
        if (typeof message === 'string') expect(error.message).toBe(message);
        else expect(error.message).toMatch(message);
      });
      fault = false;
      expect((await learner.fit(1)).rows).toHaveLength(1);
      made.dispose();
    },
  );

  test('integers pass, as layers cast them; so does what a callback has made to fit', async () => {
    const made = model();
    const learner = learnerOf(made, function* () {
      yield batch(tf.ones([2, 3], 'int32'), tf.ones([2, 1]));
      yield batch(tf.ones([1, 3], 'int32'), tf.ones([1, 1]));
    });
    expect((await learner.fit(1)).rows).toHaveLength(1);
    const wide = learnerOf(made, function* () {
      yield batch(tf.ones([2, 5]), tf.ones([2, 1]));
    });
    const crop = {
      name: 'crop',
      beforeBatch(loop: { x: unknown }) {
        loop.x = tf.slice(loop.x as tf.Tensor, [0, 0], [-1, 3]);
      },
    };
    await expectNoLeak(() => expect(wide.fit(1)).rejects.toThrow(/must fit the model's input/));
    expect((await wide.fit(1, [crop])).rows).toHaveLength(1);
    made.dispose();
  });

  test('a later batch that does not fit is named', async () => {
    const made = model();
    const learner = learnerOf(made, function* () {
      yield batch(tf.ones([2, 3]), tf.ones([2, 1]));
      yield batch(tf.ones([2, 2]), tf.ones([2, 1]));
    });
    await expect(learner.fit(1)).rejects.toThrow(
      /x of batch 1 of data\.train .* got \[2, 2\] float32/,
    );
    made.dispose();
  });
});
