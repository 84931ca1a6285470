import {
  accuracy,
  batches,
  CancelEpoch,
  CancelFit,
  crossEntropy,
  binaryCrossEntropy,
  Learner,
  meanAbsoluteError,
  meanSquaredError,
  metric,
  type Callback,
  type History,
} from '@tfloop/core';
import { testOptimizer, toyProblem } from '@tfloop/core/testing';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { at, expectNoLeak, line, points, rejection, throwing } from './fixtures.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

/** A history's figures but the time. */
const figures = (history: History) => history.rows.map((row) => ({ ...row, seconds: undefined }));

describe('fit', () => {
  it('takes the steps that one can work out', async () => {
    const { learner, value } = line({ lr: 0.1, data: { train: points([1, 2], [2, 4], 1) } });
    await learner.fit(1);
    // d/dw (wx − y)² = 2x(wx − y): at w = 0 it is −4, so w = 0.4; then 2·2·(0.8 − 4) = −12.8, so w = 1.68.
    expect(value()).toBeCloseTo(1.68, 6);
  });

  it('goes on where the optimizer was: two fits are one longer fit', async () => {
    const [twice, once] = [line({ momentum: 0.9 }), line({ momentum: 0.9 })];
    const rows = [...figures(await twice.learner.fit(1)), ...figures(await twice.learner.fit(2))];
    const long = figures(await once.learner.fit(3));
    expect(twice.value()).toBe(once.value());
    expect(rows.map(({ trainLoss }) => trainLoss)).toEqual(long.map(({ trainLoss }) => trainLoss));
  });

  it('goes on with the data order as well, so this holds for shuffled data', async () => {
    const [twice, once] = [toyProblem(), toyProblem()];
    await twice.learner.fit(1);
    await twice.learner.fit(1);
    await once.learner.fit(2);
    expect(twice.numbers()).toEqual(once.numbers());
  });

  it('forgets the optimizer’s state where it is asked to', async () => {
    const [reset, kept] = [line({ momentum: 0.9 }), line({ momentum: 0.9 })];
    const first = [reset, kept];
    for (const { learner } of first) await learner.fit(1);
    // A new learner that starts from the same weight has no velocity either.
    const fresh = line({ momentum: 0.9 });
    fresh.weight.assign(reset.weight);
    await fresh.learner.fit(1);
    await reset.learner.fit(1, [], { resetOptimizer: true });
    await kept.learner.fit(1);
    expect(reset.value()).toBe(fresh.value());
    expect(kept.value()).not.toBe(reset.value());
  });

  it.each([0, -1, 1.5, NaN])('refuses %s epochs', async (epochs) => {
    await expect(line().learner.fit(epochs)).rejects.toThrow(
      `Learner.fit: epochs must be an integer >= 1, got ${epochs}`,
    );
  });

  it('refuses a second fit at the same time, and not after', async () => {
    const { learner } = line();
    const first = learner.fit(1, [at('beforeFit', () => new Promise(setImmediate))]);
    await expect(learner.fit(1)).rejects.toThrow(/this learner is fitting already/);
    await first;
    await learner.fit(1);
  });

  it('validates only where there is validation data', async () => {
    const { learner } = line({
      data: { train: points([1], [2], 1) },
      metrics: [metric('squares', meanSquaredError())],
    });
    const history = await learner.fit(1);
    expect(history.last?.validLoss).toBeUndefined();
    expect(history.last?.metrics).toEqual({});
    expect(learner.explain()).not.toMatch(/alidat/);
    await expect(learner.validate()).rejects.toThrow(/there is no validation data/);
  });

  it('shows a validation loss that diverged as it is, and none where validation was left out', async () => {
    const { learner } = line({
      data: { train: points([1], [2], 1), valid: points([1], [NaN], 1) },
    });
    const skips = throwing(
      'beforeTrain',
      () => new CancelEpoch(),
      ({ epoch }) => epoch === 1,
    );
    const history = await learner.fit(2, [skips]);
    expect(history.rows.map(({ validLoss }) => validLoss)).toEqual([NaN, undefined]);
  });

  it('leaves no tensor behind, nor does a fit that is cancelled or fails', async () => {
    const { learner } = line();
    await expectNoLeak(() => learner.fit(2));
    await expectNoLeak(() => learner.fit(2, [throwing('afterLoss', () => new CancelFit())]));
    await expectNoLeak(() =>
      rejection(learner.fit(2, [throwing('afterStep', () => new Error('no'))])),
    );
  });
});

describe('stop', () => {
  it('in the middle of an epoch ends after the batch, validates and completes the row', async () => {
    const { learner, value } = line({
      lr: 0.1,
      data: { train: points([1, 2], [2, 4], 1), valid: points([1], [1], 1) },
    });
    const seen: string[] = [];
    const history = await learner.fit(5, [
      {
        name: 'stopper',
        afterStep: () => learner.stop(),
        afterValidate: () => void seen.push('validated'),
        afterEpoch: () => void seen.push('epoch'),
        afterFit: () => void seen.push('fit'),
      },
    ]);
    expect(seen).toEqual(['validated', 'epoch', 'fit']);
    // One step, to 0.4; training loss (0 − 2)² = 4, validation loss (0.4 − 1)² = 0.36.
    expect(value()).toBeCloseTo(0.4, 6);
    expect(history.rows).toHaveLength(1);
    expect(history.last?.trainLoss).toBeCloseTo(4, 6);
    expect(history.last?.validLoss).toBeCloseTo(0.36, 6);
  });

  it('by a callback does the same, in validation too', async () => {
    const history = await line().learner.fit(5, [at('beforeValidate', (loop) => loop.stop())]);
    expect(history.rows).toHaveLength(1);
    expect(history.last?.validLoss).toBeDefined();
  });

  it('in beforeFit trains nothing', async () => {
    const { learner, value } = line();
    expect((await learner.fit(5, [at('beforeFit', (loop) => loop.stop())])).rows).toEqual([]);
    expect(value()).toBe(0);
  });

  it('before and after a fit does nothing', async () => {
    const { learner } = line();
    learner.stop();
    expect((await learner.fit(2)).rows).toHaveLength(2);
    learner.stop();
    expect((await learner.fit(2)).rows).toHaveLength(2);
  });

  it('is heard while a fit with synchronous callbacks is at work', async () => {
    // The clock jumps, so that the loop gives the host its turn after every batch.
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
    const { learner } = line();
    const running = learner.fit(1000);
    setImmediate(() => {
      learner.stop();
    });
    expect((await running).rows.length).toBeLessThan(1000);
  });
});

describe('predict', () => {
  const model = () => {
    const weight = tf.variable<tf.Rank.R2>(
      tf.tensor2d([
        [1, -1],
        [2, 0.5],
      ]),
    );
    return {
      variables: { weight },
      forward: (x: unknown) => {
        const sum = tf.matMul(x as tf.Tensor2D, weight);
        return { sum, double: tf.mul(sum, 2) };
      },
    };
  };
  const learner = new Learner({
    model: model(),
    data: { train: points([1], [1], 1) },
    loss: meanSquaredError(),
    optimizer: testOptimizer(),
  });

  it('is the same batched and unbatched, for every output', async () => {
    const x = tf.tensor2d([
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
      [9, 10],
    ]);
    await expectNoLeak(() => {
      const whole = learner.predict(x) as Record<string, tf.Tensor>;
      const parts = learner.predict(x, { batchSize: 2 }) as Record<string, tf.Tensor>;
      expect(Object.keys(parts)).toEqual(['sum', 'double']);
      // (1, 2) · [[1, −1], [2, 0.5]] = (5, 0), (3, 4) → (11, −1), …
      expect(whole['sum']?.arraySync()).toEqual([
        [5, 0],
        [11, -1],
        [17, -2],
        [23, -3],
        [29, -4],
      ]);
      for (const name of ['sum', 'double'])
        expect(parts[name]?.arraySync()).toEqual(whole[name]?.arraySync());
      tf.dispose([whole, parts]);
    });
    x.dispose();
  });

  it('keeps inputs that the model hands back', async () => {
    const echo = new Learner({
      model: { variables: { unused: tf.variable(tf.scalar(1)) }, forward: (x) => x },
      data: { train: points([1], [1], 1) },
      loss: meanSquaredError(),
      optimizer: testOptimizer(),
    });
    const x = tf.tensor1d([1, 2, 3]);
    await expectNoLeak(() => {
      for (const batchSize of [2, 3]) {
        const answer = echo.predict(x, { batchSize }) as tf.Tensor;
        expect([...answer.dataSync()]).toEqual([1, 2, 3]);
        answer.dispose();
      }
    });
    expect([...x.dataSync()]).toEqual([1, 2, 3]);
    x.dispose();
  });

  it('refuses no examples and a batch size below one', () => {
    expect(() => learner.predict(tf.zeros([0, 2]))).toThrow(/x has no examples/);
    expect(() => learner.predict(tf.zeros([1, 2]), { batchSize: 0 })).toThrow(
      /Learner.predict: batchSize must be an integer >= 1, got 0/,
    );
  });

  it('refuses inputs that are not the model’s', () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    expect(() => line({ model }).learner.predict(tf.zeros([3, 5]))).toThrow(
      /^Learner.predict: x must fit the model's input "[^"]+", \[3, 2\] float32, got \[3, 5\] float32$/,
    );
    model.dispose();
  });
});

describe('evaluate and validate', () => {
  // Errors of w = 0 on y = 1, 2, 3 are squares 1, 4, 9 and absolutes 1, 2, 3; the last batch is half full.
  const data = () => points([1, 2, 3], [1, 2, 3], 2);
  const metrics = [metric('meanAbsoluteError', meanAbsoluteError())];

  it('are means over examples, with a partial last batch', async () => {
    const { learner } = line({ metrics, data: { train: data(), valid: data() } });
    for (const evaluated of [await learner.evaluate(data()), await learner.validate()]) {
      expect(evaluated.loss).toBeCloseTo(14 / 3, 6);
      expect(evaluated.metrics).toEqual({ meanAbsoluteError: 2 });
    }
  });

  it('agree with the history, run no callbacks and leave no tensor', async () => {
    const forward = jest.fn();
    const { learner } = line({ metrics, callbacks: [at('afterPred', forward)] });
    const history = await learner.fit(1);
    const calls = forward.mock.calls.length;
    await expectNoLeak(async () => {
      const { loss, metrics } = await learner.validate();
      expect(loss).toBe(history.last?.validLoss);
      expect(metrics).toEqual(history.last?.metrics);
    });
    expect(forward).toHaveBeenCalledTimes(calls);
  });

  it('leave no tensor behind where they fail half way', async () => {
    let calls = 0;
    const { learner } = line({
      metrics,
      loss: (pred, target) => {
        if (calls++ === 1) throw new Error('no');
        return meanSquaredError()(pred, target);
      },
    });
    await expectNoLeak(() => expect(learner.evaluate(data())).rejects.toThrow('no'));
  });

  it('work inside of a fit, for a callback that wants to know', async () => {
    const { learner } = line();
    const losses: number[] = [];
    const history = await learner.fit(2, [
      at('afterEpoch', async () => losses.push((await learner.validate()).loss)),
    ]);
    expect(losses).toEqual(history.rows.map(({ validLoss }) => validLoss));
  });

  it('work on a model that has nothing to train', async () => {
    const frozen = new Learner({
      model: {
        variables: { weight: tf.variable(tf.scalar(0), false) },
        forward: (x) => tf.mul(x as tf.Tensor, 0),
      },
      data: { train: data() },
      loss: meanSquaredError(),
      optimizer: testOptimizer(),
    });
    expect((await frozen.evaluate(data())).loss).toBeCloseTo(14 / 3, 6);
    await expect(frozen.fit(1)).rejects.toThrow(/the model has no trainable variables/);
  });
});

describe('observers', () => {
  it('are told, with typed payloads, until they are removed', async () => {
    const { learner } = line();
    const told: string[] = [];
    const off = learner.on('batchEnd', ({ epoch, batchInEpoch, step }) => {
      told.push(`batch ${epoch} ${batchInEpoch} ${step}`);
    });
    learner.on('fitStart', ({ epochs, callbacks }) => {
      told.push(`fit of ${epochs} with ${callbacks.join()}`);
    });
    learner.on('epochStart', ({ epoch }) => told.push(`epoch ${epoch}`));
    learner.on('epochEnd', ({ epoch, validLoss }) =>
      told.push(`row ${epoch} ${validLoss === undefined ? 'without' : 'with'} validation`),
    );
    learner.on('fitEnd', ({ rows }) => told.push(`fitted ${rows.length}`));
    await learner.fit(1, [at('afterFit', () => undefined, 'watcher')]);
    expect(told).toEqual([
      'fit of 1 with watcher',
      'epoch 0',
      'batch 0 0 1',
      'batch 0 1 2',
      'row 0 with validation',
      'fitted 1',
    ]);
    off();
    told.length = 0;
    await learner.fit(1);
    expect(told.filter((text) => text.startsWith('batch'))).toEqual([]);
    // @ts-expect-error there is no such event
    expect(() => learner.on('epochEnded', () => undefined)).toThrow(/event must be one of/);
  });

  it('hear of the last epoch even where a callback ends the fit there', async () => {
    const { learner } = line();
    const rows: number[] = [];
    learner.on('epochEnd', ({ epoch }) => rows.push(epoch));
    await learner.fit(3, [
      throwing(
        'afterEpoch',
        () => new CancelFit(),
        ({ epoch }) => epoch === 1,
      ),
    ]);
    expect(rows).toEqual([0, 1]);
  });

  it('that throw or reject change nothing, not even for the next observer', async () => {
    const complaints = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const [watched, alone] = [line(), line()];
    const next = jest.fn();
    watched.learner.on('batchEnd', () => {
      throw new Error('lost my glasses');
    });
    const asleep: () => unknown = () => Promise.reject(new Error('fell asleep'));
    watched.learner.on('batchEnd', asleep);
    watched.learner.on('batchEnd', next);
    const history = await watched.learner.fit(1);
    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);

    expect(figures(history)).toEqual(figures(await alone.learner.fit(1)));
    expect(watched.value()).toBe(alone.value());
    expect(next).toHaveBeenCalledTimes(2);
    expect(unhandled).not.toHaveBeenCalled();
    expect(complaints.mock.calls.map(([text]) => String(text))).toEqual(
      Array(4).fill('Learner: an observer of batchEnd failed:'),
    );
  });
});

describe('explain', () => {
  it('draws the loop with who runs where', () => {
    const steps: Callback = {
      name: 'steps',
      beforeFit: () => undefined,
      beforeStep: () => undefined,
      afterStep: () => undefined,
      cleanupFit: () => undefined,
    };
    const early: Callback = { ...steps, name: 'early', order: -1 };
    expect(line({ callbacks: [steps] }).learner.explain([early])).toBe(
      `
fit
  beforeFit                     early, steps
  for each epoch
    beforeEpoch
    beforeTrain
    for each training batch
      beforeBatch
      pred = model(x)
      afterPred
      loss = loss(pred, y)
      afterLoss
      backward
      afterBackward
      beforeStep                early, steps
      optimizer.step
      afterStep                 early, steps
      afterBatch
      cleanupBatch
      atRest
    afterTrain
    beforeValidate
    for each validation batch
      beforeBatch
      pred = model(x)
      afterPred
      loss = loss(pred, y)
      afterLoss
      afterBatch
      cleanupBatch
    afterValidate
    afterEpoch
    cleanupEpoch
    atRest
  afterFit
  cleanupFit                    steps, early`.slice(1),
    );
  });
});

describe('two learners fitting at once on one engine', () => {
  it('do not mix up their tensors, even with callbacks that wait', async () => {
    const slow = (): Callback => ({
      name: 'slow',
      beforeBatch: () => new Promise(setImmediate),
      afterBackward: () => new Promise(setImmediate),
      afterBatch: () => new Promise(setImmediate),
    });
    const alone = toyProblem({ seed: 5 });
    const expected = figures(await alone.learner.fit(3, [slow()]));
    const pair = [toyProblem({ seed: 5 }), toyProblem({ seed: 5 })];
    const histories = await Promise.all(pair.map(({ learner }) => learner.fit(3, [slow()])));
    for (const history of histories) expect(figures(history)).toEqual(expected);
    for (const problem of pair) expect(problem.numbers()).toEqual(alone.numbers());
    await expectNoLeak(() => Promise.all(pair.map(({ learner }) => learner.fit(1, [slow()]))));
  });
});

describe('seeds', () => {
  const run = async (seed: number) => {
    const problem = toyProblem({ seed });
    const rows = figures(await problem.learner.fit(2));
    return { rows, numbers: problem.numbers() };
  };

  it('that are equal give equal numbers, bit for bit', async () => {
    expect(await run(3)).toEqual(await run(3));
  });

  it('that differ give different numbers', async () => {
    expect(await run(3)).not.toEqual(await run(4));
  });

  it('are all the randomness there is', async () => {
    const random = jest.spyOn(Math, 'random');
    await run(3);
    expect(random).not.toHaveBeenCalled();
  });

  it('must be integers', () => {
    expect(() => line({ seed: 0.5 })).toThrow(/Learner: seed must be an integer, got 0.5/);
  });
});

describe('probabilities in place of logits', () => {
  const layers = (...last: tf.layers.Layer[]) =>
    tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] }), ...last] });
  const learner = (model: tf.LayersModel, loss = crossEntropy()) =>
    new Learner({ model, loss, optimizer: testOptimizer(), data: { train: points([1], [1], 1) } });

  it.each([
    ['softmax as an activation', layers(tf.layers.dense({ units: 2, activation: 'softmax' }))],
    ['softmax as an activation layer', layers(tf.layers.activation({ activation: 'softmax' }))],
    ['softmax as a layer', layers(tf.layers.softmax())],
  ])('are refused by crossEntropy: %s', (_, model) => {
    expect(() => learner(model)).toThrow(
      /expects logits, but the model's last layer applies softmax/,
    );
    expect(() => learner(model, meanSquaredError())).not.toThrow();
  });

  it('are refused by binaryCrossEntropy', () => {
    const model = layers(tf.layers.dense({ units: 1, activation: 'sigmoid' }));
    expect(() => learner(model, binaryCrossEntropy())).toThrow(/last layer applies sigmoid/);
  });

  it('are known of other models where they say so', () => {
    const model = {
      variables: [tf.variable(tf.scalar(1))],
      forward: (x: unknown) => x as tf.Tensor,
    };
    const make = (outputActivation?: string) =>
      new Learner({
        model: { ...model, outputActivation },
        loss: crossEntropy(),
        optimizer: testOptimizer(),
        data: { train: batches({ x: new Float32Array(2), y: new Float32Array(2) }) },
      });
    expect(() => make('softmax')).toThrow(/expects logits/);
    expect(() => make()).not.toThrow();
  });
});

describe('misspelt options', () => {
  // What plain JavaScript may pass.
  const typo = (options: object) => options as never;

  it.each<[string, () => unknown, RegExp]>([
    [
      'Learner',
      () => line(typo({ metric: [] })),
      /Learner: there is no option "metric"; the options are model, data,/,
    ],
    [
      'batches',
      () => batches({ x: new Float32Array(1), y: new Float32Array(1) }, typo({ batchsize: 1 })),
      /batches: there is no option "batchsize"/,
    ],
    [
      'crossEntropy',
      () => crossEntropy(typo({ smoothing: 0.1 })),
      /crossEntropy: there is no option "smoothing"; the options are labelSmoothing/,
    ],
  ])('of %s are refused', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe('a model that computes its own loss', () => {
  it('answers with a scalar, which is prediction and loss in one', async () => {
    const weight = tf.variable(tf.scalar(3));
    const model = { variables: { weight }, forward: () => tf.square(weight) };
    const { learner } = line({ model, loss: (pred) => pred as tf.Tensor, lr: 0.25, momentum: 0 });
    await expectNoLeak(async () => {
      const history = await learner.fit(1);
      // Two steps of w ← w − 0.25 · 2w = w / 2, from 3: losses 9 and 2.25.
      expect(history.last?.trainLoss).toBeCloseTo(5.625, 5);
      expect(history.last?.validLoss).toBeCloseTo(0.5625, 5);
    });
  });
});

describe('the host', () => {
  it('has its turn however short the epochs are: a timer stops the fit', async () => {
    const { learner } = line();
    setTimeout(() => {
      learner.stop();
    }, 1);
    const history = await learner.fit(100_000);
    expect(history.rows.length).toBeLessThan(100_000);
  });
});

describe('what else plain JavaScript may pass', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['nested lists', () => batches({ x: [[1]] as never, y: [1] as never }), /batches: x must be/],
    [
      '{ xs, ys }',
      () => batches({ xs: 1, ys: 1 } as never),
      /batches: there is no column "xs"; the columns are x, y, weights/,
    ],
    ['a list to predict', () => line().learner.predict([[0]] as never), /predict: x must be/],
    [
      'an unknown event',
      () => line().learner.on('epochend' as never, () => 0),
      /one of "fitStart"/,
    ],
  ])('such as %s is named', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe('the commonest mistakes', () => {
  const wrong = (options: object) => () => line(options);

  it.each<[string, () => unknown, RegExp]>([
    [
      'an optimizer of TensorFlow.js',
      wrong({ optimizer: tf.train.sgd(1) }),
      /Learner: optimizer must be one of @tfloop\/optimizers; fromTfjs\(\) adapts/,
    ],
    ['a loss by name', wrong({ loss: 'mse' }), /Learner: loss must be a function .* got mse/],
    ['no data', wrong({ data: undefined }), /Learner: data must be \{ train, valid\? \}/],
    ['no optimizer', wrong({ optimizer: undefined }), /Learner: optimizer must be one of/],
    ['no loss', wrong({ loss: undefined }), /Learner: loss must be a function/],
    ['no model', wrong({ model: undefined }), /Learner: model must be a tf.LayersModel,/],
    ['misspelt data', wrong({ data: { train: [], val: [] } }), /data: there is no option "val"/],
    ['no options', () => new Learner(undefined as never), /Learner: data must be/],
    ['data itself', wrong({ data: [] }), /Learner: data must be .*; pass data: \{ train: … \}/],
    ['one metric', wrong({ metrics: accuracy() }), /metrics must be a list such as/],
    [
      'text for a choice',
      wrong({ trainMetrics: 'yes' }),
      /trainMetrics must be one of true, false/,
    ],
    ['a metric by name', wrong({ metrics: ['accuracy'] }), /metrics must be a list such as/],
    ['a metric not made', wrong({ metrics: [accuracy] }), /metrics must be a list such as/],
    ['one callback', wrong({ callbacks: { name: 'a' } }), /callbacks must be a list/],
    ['a metric named as a column', wrong({ metrics: [metric('lr', meanSquaredError())] }), /"lr"/],
  ])('such as %s are named', (_, make, message) => {
    expect(make).toThrow(message);
  });

  it.each<[string, (learner: Learner) => Promise<unknown>, RegExp]>([
    [
      'one callback',
      (l) => l.fit(1, { name: 'a' } as never),
      /Learner.fit: callbacks must be a list/,
    ],
    [
      'a factory that was not called',
      (l) => l.fit(1, [function lookahead() {}]),
      /lookahead is not a callback but makes one; add the parentheses: lookahead\(\)/,
    ],
    [
      'a list in the list',
      (l) => l.fit(1, [[{ name: 'a' }] as never]),
      /Learner.fit: callbacks must be one list, got a list in it; spread that/,
    ],
    [
      'no batches',
      () => line({ data: { train: [] } }).learner.fit(1),
      /Learner.fit: data.train must hold one batch at least, got an empty list/,
    ],
    ['null', (l) => l.fit(1, [null as never]), /callbacks must be objects, got null/],
    [
      'a misspelt option of fit',
      (l) => l.fit(1, [], { resetOptimzer: true } as never),
      /Learner.fit: there is no option "resetOptimzer"/,
    ],
    [
      'a misspelt event',
      (l) => l.fit(1, [{ name: 'a', afterstep() {} } as never]),
      /plan: a has "afterstep", which is no event; the events are beforeFit,/,
    ],
  ])('such as %s are named by fit', async (_, fit, message) => {
    await expect(fit(line().learner)).rejects.toThrow(message);
  });

  it('do not include functions of single tensors as loss, metric and model', async () => {
    const weight = tf.variable(tf.scalar(1));
    const model = Object.assign((x: tf.Tensor) => tf.mul(x, weight), { variables: [weight] });
    const difference = (pred: tf.Tensor, target: tf.Tensor) => tf.abs(tf.sub(pred, target));
    const { learner } = line({
      model,
      loss: difference,
      metrics: [metric('distance', difference)],
    });
    // |1·1 − 1| at the one validation example (1, 1).
    expect((await learner.validate()).metrics).toEqual({ distance: 0 });
  });
});

describe('metrics of a learner', () => {
  it('must have names of their own', () => {
    expect(() => line({ metrics: [accuracy(), accuracy()] })).toThrow(
      /Learner: a metric can't be named "accuracy"/,
    );
  });
});
