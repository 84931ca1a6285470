import {
  batches,
  meanSquaredError,
  rng,
  type Batch,
  type BatchIterable,
  type DataLike,
  type DataSource,
} from '@tfloop/core';
import { describe, expect, it, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { at, expectNoLeak, line, points, rejection } from './fixtures.ts';

/** The x and y of every batch of an epoch, as numbers; disposes of what is the loop's. */
async function epochOf(
  source: DataSource,
  phase: 'train' | 'valid' = 'train',
  stream = rng(1, 'order'),
) {
  const seen: { x: unknown; y: unknown; weights?: unknown }[] = [];
  for await (const { x, y, weights } of source.epoch({ epoch: 0, phase, rng: stream })) {
    const numbers = (value: unknown): unknown =>
      value instanceof tf.Tensor
        ? value.arraySync()
        : Object.fromEntries(Object.entries(value as object).map(([k, v]) => [k, numbers(v)]));
    seen.push({ x: numbers(x), y: numbers(y), ...(weights && { weights: numbers(weights) }) });
    if (source.owner === 'loop') tf.dispose([x, y, weights ?? []] as tf.TensorContainer);
  }
  return seen;
}

/** One batch of (1, 2) and (2, 4). */
const made = (): Batch => ({ x: tf.tensor1d([1, 2]), y: tf.tensor1d([2, 4]) });

describe('batches', () => {
  it('of typed arrays have the dtypes and shapes that one would expect', async () => {
    const source = batches(
      {
        x: { values: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] },
        y: Uint8Array.of(7, 8, 9),
      },
      { batchSize: 2 },
    );
    expect(source).toMatchObject({ batches: 2, examples: 3, owner: 'loop' });
    for (const { x, y } of source.epoch({
      epoch: 0,
      phase: 'train',
      rng: rng(1, ''),
    }) as Iterable<Batch>) {
      expect([(x as tf.Tensor).dtype, (y as tf.Tensor).dtype]).toEqual(['float32', 'int32']);
      tf.dispose([x, y] as tf.Tensor[]);
    }
    expect(await epochOf(source)).toEqual([
      {
        x: [
          [1, 2],
          [3, 4],
        ],
        y: [7, 8],
      },
      { x: [[5, 6]], y: [9] },
    ]);
  });

  it('of tensors leave them alone', async () => {
    const [x, y] = [tf.tensor2d([[1], [2], [3]]), tf.tensor1d([4, 5, 6], 'int32')];
    await expectNoLeak(async () => {
      expect(await epochOf(batches({ x, y }, { batchSize: 2 }))).toEqual([
        { x: [[1], [2]], y: [4, 5] },
        { x: [[3]], y: [6] },
      ]);
    });
    expect(x.isDisposed || y.isDisposed).toBe(false);
    tf.dispose([x, y]);
  });

  it('have several inputs and targets by name, and weights', async () => {
    const [left, right] = [tf.tensor1d([1, 2, 3]), tf.tensor2d([[4], [5], [6]])];
    const source = batches(
      { x: { left, right }, y: [left, right], weights: Float32Array.of(0, 1, 2) },
      { batchSize: 2 },
    );
    expect((await epochOf(source))[1]).toEqual({
      x: { left: [3], right: [[6]] },
      y: { 0: [3], 1: [[6]] },
      weights: [2],
    });
    tf.dispose([left, right]);
  });

  it('drop or keep a partial last batch', async () => {
    const source = (partial: 'keep' | 'drop') =>
      batches(
        { x: Float32Array.of(1, 2, 3), y: Float32Array.of(1, 2, 3) },
        { batchSize: 2, partial },
      );
    expect(source('keep')).toMatchObject({ batches: 2, examples: 3 });
    expect(source('drop')).toMatchObject({ batches: 1, examples: 2 });
    expect(await epochOf(source('keep'))).toHaveLength(2);
    expect(await epochOf(source('drop'))).toHaveLength(1);
  });

  describe('in a shuffled order', () => {
    const n = 50;
    const numbers = Float32Array.from({ length: n }, (_, i) => i);
    const shuffled = (options = {}) =>
      batches({ x: numbers, y: numbers }, { batchSize: 8, shuffle: true, ...options });
    const order = async (source: DataSource, stream = rng(1, 'order'), phase?: 'valid') =>
      (await epochOf(source, phase, stream)).flatMap(({ x }) => x as number[]);

    it('have every example once, with its own target', async () => {
      const seen = await epochOf(shuffled());
      expect(seen.flatMap(({ x }) => x)).toEqual(seen.flatMap(({ y }) => y));
      expect(seen.flatMap(({ x }) => x as number[]).sort((a, b) => a - b)).toEqual([...numbers]);
    });

    it('differ from epoch to epoch and repeat with the seed', async () => {
      const run = async (seed: number) => {
        const stream = rng(seed, 'order');
        return [await order(shuffled(), stream), await order(shuffled(), stream)];
      };
      const [first, second] = await run(1);
      expect(first).not.toEqual([...numbers]);
      expect(second).not.toEqual(first);
      expect(await run(1)).toEqual([first, second]);
      expect((await run(2))[0]).not.toEqual(first);
    });

    it('are the same for tensors and typed arrays', async () => {
      const tensor = tf.tensor1d(numbers);
      const other = batches({ x: tensor, y: numbers }, { batchSize: 8, shuffle: true });
      expect(await order(other)).toEqual(await order(shuffled()));
      tensor.dispose();
    });

    it('drop other examples each epoch', async () => {
      const stream = rng(1, 'order');
      const [a, b] = [
        await order(shuffled({ partial: 'drop' }), stream),
        await order(shuffled({ partial: 'drop' }), stream),
      ];
      expect(new Set(a)).not.toEqual(new Set(b));
    });

    it('are not shuffled for validation', async () => {
      expect(await order(shuffled(), rng(1, 'order'), 'valid')).toEqual([...numbers]);
    });
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'unequal lengths',
      () => points([1, 2, 3], [1, 2], 1),
      /x and y must have as many examples as each other, got 3 and 2/,
    ],
    [
      'unequal lengths of weights',
      () =>
        batches({ x: new Float32Array(3), y: new Float32Array(3), weights: new Float32Array(2) }),
      /x and weights must have as many examples as each other, got 3 and 2/,
    ],
    [
      'unequal lengths of inputs',
      () => batches({ x: [tf.zeros([2]), tf.zeros([3])], y: new Float32Array(2) }),
      /the tensors of x must have equal first dimensions, got 2 and 3/,
    ],
    [
      'a shape that does not fit',
      () => batches({ x: { values: new Float32Array(5), shape: [2, 2] }, y: new Float32Array(2) }),
      /x has 5 values, which is not the shape \[2, 2\]/,
    ],
    ['no examples', () => points([], [], 2), /there is no batch in 0 examples/],
    [
      'too few examples for one full batch',
      () =>
        batches(
          { x: new Float32Array(3), y: new Float32Array(3) },
          { batchSize: 4, partial: 'drop' },
        ),
      /there is no batch in 3 examples at batchSize 4, partial 'drop'/,
    ],
    [
      'columns as arguments',
      () => batches(tf.ones([2]) as never, tf.ones([2]) as never),
      /batches: the columns must be \{ x, y, weights\? \} in one object/,
    ],
    [
      'text for a choice',
      () => batches({ x: Float32Array.of(1), y: Float32Array.of(1) }, { shuffle: 'yes' as never }),
      /batches: shuffle must be one of true, false, got "yes"/,
    ],
    [
      'a batch size below one',
      () => points([1], [1], 0),
      /batches: batchSize must be an integer >= 1, got 0/,
    ],
  ])('refuse %s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

test('batches of tensors that were disposed of since say so', async () => {
  const [x, y] = [tf.ones([2]), tf.ones([2])];
  const train = batches({ x, y });
  x.dispose();
  await expect(line({ data: { train } }).learner.fit(1)).rejects.toThrow(
    'batches: x was disposed of; keep it for as long as it is used',
  );
  y.dispose();
});

describe('sample weights', () => {
  it('make the loss mean(weight · loss)', async () => {
    const train = batches(
      { x: Float32Array.of(1, 2), y: Float32Array.of(2, 4), weights: Float32Array.of(3, 0.5) },
      { batchSize: 2 },
    );
    const { learner, value } = line({ data: { train }, lr: 0.1 });
    const history = await learner.fit(1);
    // Losses 4 and 16: (3·4 + 0.5·16) / 2 = 10. Gradients −4 and −16: (3·−4 + 0.5·−16) / 2 = −10, so w = 1.
    expect(history.last?.trainLoss).toBeCloseTo(10, 6);
    expect(value()).toBeCloseTo(1, 6);
  });

  it('need a loss by example', async () => {
    const train = [{ ...made(), weights: tf.tensor1d([1, 2]) }];
    const mean = (pred: unknown, target: unknown) =>
      tf.mean(meanSquaredError()(pred as tf.Tensor, target as tf.Tensor));
    await expect(line({ data: { train }, loss: mean }).learner.fit(1)).rejects.toThrow(
      /sample weights need one number for each example/,
    );
    await expect(
      line({ data: { train: [made()] }, loss: mean }).learner.fit(1),
    ).resolves.toBeDefined();
  });
});

describe('sample weights of another shape', () => {
  it.each([[[2, 1]], [[1]]])('%j would train something else, and are refused', async (shape) => {
    const train = () => [
      { x: tf.tensor1d([1, 2]), y: tf.tensor1d([1, 2]), weights: tf.ones(shape) },
    ];
    const { learner } = line({ data: { train } });
    await expectNoLeak(async () => {
      expect((await rejection(learner.fit(1))).message).toBe(
        `Learner: the weights of a batch must have one number for each example, shape [2], got [${shape.join(', ')}]`,
      );
    });
  });
});

describe('data of every kind trains the same and leaves no tensor', () => {
  // Two epochs of one batch: at w = 0 the gradient is mean(−4, −16) = −10, w = 0.1; then −9.5, w = 0.195.
  const dataset = (size: number) =>
    tf.data.zip({ xs: tf.data.array([1, 2]), ys: tf.data.array([2, 4]) }).batch(size);
  const kinds: Record<string, () => DataLike> = {
    'batches()': () => points([1, 2], [2, 4], 2),
    'a tf.data.Dataset': () => dataset(2),
    'an array of batches': () => [made()],
    'an array of { xs, ys }': () => [{ xs: tf.tensor1d([1, 2]), ys: tf.tensor1d([2, 4]) }],
    'a generator function': () =>
      function* () {
        yield made();
      },
    'an async generator function': () =>
      async function* () {
        await new Promise(setImmediate);
        yield made();
      },
    'an iterable': () => ({
      *[Symbol.iterator]() {
        yield made();
      },
    }),
    'an async iterable': () => ({
      async *[Symbol.asyncIterator]() {
        yield made();
      },
    }),
    'a data source': () => ({ ...points([1, 2], [2, 4], 2), batches: undefined }),
  };

  it.each(Object.entries(kinds))('%s', async (_, make) => {
    const data = make();
    const { learner, value } = line({ data: { train: data, valid: data } });
    await expectNoLeak(() => learner.fit(2));
    expect(value()).toBeCloseTo(0.195, 6);
    await expectNoLeak(() => learner.evaluate(data));
    const fail = at('afterLoss', () => {
      throw new Error('no');
    });
    await expectNoLeak(() => rejection(learner.fit(2, [fail])));
    if (Array.isArray(data))
      for (const batch of data as Record<string, tf.Tensor>[])
        expect(Object.values(batch).some(({ isDisposed }) => isDisposed)).toBe(false);
  });

  it('a dataset knows how many batches it has, where TensorFlow.js does', async () => {
    const seen: (number | undefined)[] = [];
    const look = at('beforeTrain', ({ batchesPerEpoch }) => seen.push(batchesPerEpoch));
    for (const train of [dataset(1), dataset(2).repeat(), dataset(2).filter(() => true)])
      await line({ data: { train } }).learner.fit(1, [
        look,
        at('afterBatch', (loop) => loop.stop(), 'stop'),
      ]);
    expect(seen).toEqual([2, undefined, undefined]);
  });
});

describe('a generator', () => {
  it('is returned from on an early stop, so that it can close its files', async () => {
    for (const async of [false, true]) {
      const trace: string[] = [];
      const work = function* () {
        try {
          for (;;) {
            trace.push('batch');
            yield made();
          }
        } finally {
          trace.push('closed');
        }
      };
      const train = async
        ? async function* () {
            yield* work();
          }
        : work;
      const { learner } = line({ data: { train } });
      await expectNoLeak(() =>
        learner.fit(1, [at('afterBatch', (loop) => loop.batch === 1 && loop.stop())]),
      );
      expect(trace).toEqual(['batch', 'batch', 'closed']);
    }
  });

  it('that is used up says so', async () => {
    const generator = (function* () {
      yield made();
    })();
    const error = await rejection(line({ data: { train: generator } }).learner.fit(2));
    expect(error.message).toBe(
      'Learner: the train data gave no batch in epoch 1; a generator yields only once, so pass the function that makes it',
    );
  });

  it('that fails lets its error out, and nothing leaks', async () => {
    const train = function* () {
      yield made();
      throw new Error('the disk is full');
    };
    const { learner } = line({ data: { train } });
    await expectNoLeak(async () => {
      const error = await rejection(learner.fit(1));
      expect(error.message).toBe(
        'Learner: the data failed in batch 1 of data.train in epoch 0 (step 1): the disk is full',
      );
      expect(error.cause).toMatchObject({ message: 'the disk is full' });
    });
  });
});

describe('a source that fails to close', () => {
  const closing = () => ({
    [Symbol.iterator]: () => ({
      next: () => ({ done: false, value: { x: tf.tensor1d([1]), y: tf.tensor1d([1]) } }),
      return: () => {
        throw new Error('close failed');
      },
    }),
  });

  it('does not hide what ended the epoch', async () => {
    const fail = at('afterBatch', () => {
      throw new Error('the real error');
    });
    const error = await rejection(
      line({ data: { train: closing as never } }).learner.fit(1, [fail]),
    );
    expect(error.message).toMatch(/the real error/);
  });

  it('is told of where nothing else failed', async () => {
    const { learner } = line({ data: { train: closing as never } });
    const error = await rejection(learner.fit(1, [at('afterBatch', () => learner.stop())]));
    expect(error.message).toBe('close failed');
  });
});

describe('what is not data', () => {
  it.each<[string, unknown, RegExp]>([
    ['a number', 5, /Learner: data.train must be batches\(...\), a tf.data.Dataset, an iterable/],
    ['nothing', undefined, /Learner: data.train must be/],
    ['an object', { x: 1 }, /Learner: data.train must be/],
  ])('is refused: %s', (_, train, message) => {
    expect(() => line({ data: { train: train as DataLike } })).toThrow(message);
  });

  it.each<[string, unknown, RegExp]>([
    [
      'a batch without y',
      { x: tf.scalar(1) },
      /data must yield batches \{ x, y \} or \{ xs, ys \}/,
    ],
    ['a bare tensor', tf.scalar(1), /data must yield batches/],
    ['numbers', { x: [1, 2], y: [1, 2] }, /the x of a batch must be a tensor, a list or a record/],
    ['no x', { x: undefined, y: tf.scalar(1) }, /the x of a batch must be a tensor/],
    ['y in numbers', { x: tf.scalar(1), y: [1] }, /the y of a batch must be a tensor/],
  ])('is refused as a batch: %s', async (_, batch, message) => {
    const train = [batch] as unknown as BatchIterable;
    await expect(line({ data: { train } }).learner.fit(1)).rejects.toThrow(message);
  });
});
