import {
  checkpoint,
  meanSquaredError,
  type Batch,
  type Callback,
  type FitOptions,
  type Loss,
} from '@tfloop/core';
import { useBackend } from '@tfloop/backend';
import { memoryStore } from '@tfloop/core/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { at, expectNoLeak, line, points, rejection, tracer } from './fixtures.ts';

let warnings: string[];

beforeEach(() => {
  warnings = [];
  jest.spyOn(console, 'warn').mockImplementation((text: string) => warnings.push(text));
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** Batches of one example (1, 2), for each epoch those whose x is given. */
function epochs(...xs: number[][]): () => Iterable<Batch> {
  let epoch = 0;
  return function* () {
    for (const x of xs[epoch++ % xs.length]!) yield { x: tf.tensor1d([x]), y: tf.tensor1d([2]) };
  };
}

/** The squared error, whose gradient is NaN where the target is negative. */
const brokenGradient: Loss = (pred, target) => {
  const broken = tf.customGrad((p, save) => {
    (save as tf.GradSaveFunc)([target as tf.Tensor]);
    return {
      value: tf.clone(p as tf.Tensor),
      gradFunc: (dy: tf.Tensor, [t]: tf.Tensor[]) =>
        tf.where(tf.less(t!, 0), tf.fill(dy.shape, NaN), dy),
    };
  });
  return meanSquaredError()(broken(pred as tf.Tensor), target);
};

/** Targets 2, of which some are -2. */
const targets = (...ys: number[]) =>
  function* (): Iterable<Batch> {
    for (const y of ys) yield { x: tf.tensor1d([1]), y: tf.tensor1d([y]) };
  };

const replacing = (when: (step: number) => boolean): Callback => ({
  name: 'replacing',
  afterBackward({ grads, batch }) {
    if (when(batch)) grads.set('weight', tf.scalar(NaN));
  },
});

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  beforeAll(async () => {
    await useBackend({ backend, log: () => undefined });
  });

  describe("onNonFinite: 'stop'", () => {
    test('ends the fit with its row, and says once where it was and what to look at', async () => {
      const { learner, weight, value } = line({
        data: { train: epochs([1, 1, 1, 1], [1, 1, NaN, 1]), valid: points([1], [1], 1) },
      });
      await expectNoLeak(async () => {
        const history = await learner.fit(5);
        expect(history.ended).toBe('the loss was NaN in batch 2 of data.train in epoch 1 (step 6)');
        expect(history.rows.map(({ trainLoss }) => Number.isFinite(trainLoss))).toEqual([
          true,
          false,
        ]);
        expect(history.last).toMatchObject({ epoch: 1, validLoss: NaN });
      });
      expect(warnings).toEqual([
        'Learner.fit: the loss was NaN in batch 2 of data.train in epoch 1 (step 6), so the fit ends. ' +
          'Usual causes: a learning rate that is too high, labels that are no classes of the model, NaN or infinite ' +
          'or unscaled inputs, numbers beyond the range of 16-bit floats.',
      ]);
      expect(value()).toBeNaN();
      weight.assign(tf.scalar(0));
      const { last } = await learner.fit(1, [], { resetOptimizer: true });
      expect(Number.isFinite(last?.trainLoss)).toBe(true);
    });

    test('says that a loss was infinite', async () => {
      const { ended } = await line({ data: { train: epochs([1, 1e30]) } }).learner.fit(2);
      expect(ended).toMatch(
        /^the loss was Infinity in batch 1 of data.train in epoch 0 \(step 1\)/,
      );
    });

    test('finds gradients that are not finite by the loss after them', async () => {
      const { learner } = line({ data: { train: targets(2, -2, 2, 2) }, loss: brokenGradient });
      expect((await learner.fit(2)).ended).toMatch(/in batch 2 of data.train in epoch 0/);
    });

    test('notices at the next turn of the host, though the epoch has no end', async () => {
      let now = 0;
      jest.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
      const endless = function* () {
        for (let i = 0; ; i++) yield { x: tf.tensor1d([i < 5 ? 1 : NaN]), y: tf.tensor1d([2]) };
      };
      const batches: number[] = [];
      const { learner } = line({ data: { train: endless } });
      await expectNoLeak(() =>
        learner.fit(1, [at('afterBatch', ({ batch }) => batches.push(batch))]),
      );
      expect(batches).toEqual([0, 1, 2, 3, 4, 5]);
    });

    test('notices after 256 batches where the host gets no turn', async () => {
      jest.spyOn(performance, 'now').mockReturnValue(0);
      let batches = 0;
      const endless = function* () {
        for (; ; batches++) yield { x: tf.tensor1d([NaN]), y: tf.tensor1d([2]) };
      };
      const { ended } = await line({ data: { train: endless } }).learner.fit(1);
      expect(ended).toMatch(/in batch 0 /);
      expect(batches).toBe(255);
    });

    test('names the last good checkpoint, keeps none that is broken, and goes on from that one', async () => {
      const store = memoryStore();
      const callbacks = () => [checkpoint({ dir: store, every: { steps: 1 }, keep: 1 })];
      const broken = line({ data: { train: epochs([1, 1, 1], [1, NaN, 1]) } });
      const { ended } = await broken.learner.fit(3, callbacks());
      expect(ended).toMatch(/in batch 1 of data.train in epoch 1 \(step 4\)/);
      expect(warnings.filter((text) => text.startsWith('Learner.fit'))).toEqual([
        expect.stringMatching(/ The last good checkpoint is step-00000004 in memory\.$/),
      ]);
      expect(await store.list()).toEqual(['step-00000004']);
      const mended = line({ data: { train: epochs([1, 1, 1]) } });
      const history = await mended.learner.fit(3, callbacks(), { resume: 'auto' });
      expect(history.rows).toHaveLength(3);
      expect(Number.isFinite(mended.value())).toBe(true);
    });

    test('names the checkpoint that the fit was resumed from', async () => {
      const store = memoryStore();
      const fit = (train: () => Iterable<Batch>, options?: FitOptions, stop = false) =>
        line({ data: { train } }).learner.fit(
          3,
          [
            checkpoint({ dir: store, every: { epochs: 1 } }),
            at('afterBatch', (loop) => stop && loop.batch === 2 && loop.stop()),
          ],
          options,
        );
      await fit(epochs([1, 1, 1, 1]), {}, true);
      await fit(epochs([1, 1, 1, NaN]), { resume: 'auto' });
      expect(warnings[0]).toMatch(/ The last good checkpoint is step-00000003 in memory\.$/);
    });
  });

  describe("onNonFinite: 'skip'", () => {
    const options: FitOptions = { onNonFinite: 'skip' };

    test('trains as if the batch were not there, and counts it', async () => {
      const clean = line({ data: { train: epochs([1, 2, 3]) } });
      const expected = await clean.learner.fit(2);
      const trace: string[] = [];
      const steps: number[] = [];
      const { learner, value } = line({ data: { train: epochs([1, NaN, 2, 3], [1, 2, NaN, 3]) } });
      await expectNoLeak(async () => {
        const history = await learner.fit(
          2,
          [
            tracer(trace, { events: ['afterBackward', 'beforeStep', 'afterStep', 'afterBatch'] }),
            at(
              'afterBatch',
              (loop) => {
                steps.push(loop.step);
                expect((loop as unknown as { loss: tf.Tensor }).loss.isDisposed).toBe(false);
              },
              'loss',
            ),
          ],
          options,
        );
        expect(history.ended).toBeUndefined();
        expect(history.rows.map(({ skipped }) => skipped)).toEqual([1, 1]);
        expect(history.last).toMatchObject({
          trainLoss: expected.last?.trainLoss,
          smoothLoss: expected.last?.smoothLoss,
        });
        expect(history.toCSV()).toMatch(/^[^\n]*,skipped,seconds\n/);
        expect(history.table()).toMatch(/ skipped /);
      });
      expect(value()).toBe(clean.value());
      expect(steps).toEqual([1, 1, 2, 3, 4, 5, 5, 6]);
      expect(trace.slice(0, 5)).toEqual([
        'afterBackward',
        'beforeStep',
        'afterStep',
        'afterBatch',
        'afterBatch',
      ]);
      expect(warnings).toEqual([
        expect.stringMatching(
          /^Learner\.fit: the loss is not finite in batch 1 of data\.train in epoch 0 \(step 1\): it is skipped, /,
        ),
      ]);
    });

    test('skips gradients that are not finite, also those that a callback has made', async () => {
      const clean = line();
      await clean.learner.fit(1);
      for (const [train, callbacks] of [
        [targets(2, -2, 2), []],
        [targets(2, 2, 2), [replacing((batch) => batch === 1)]],
      ] as const) {
        const { learner, value } = line({ data: { train }, loss: brokenGradient });
        await expectNoLeak(async () => {
          const { last } = await learner.fit(1, callbacks, options);
          expect(last).toMatchObject({ skipped: 1 });
        });
        // Two steps of 0.01 · 2 · (2 − w): 0.04, then 0.0392.
        expect(value()).toBeCloseTo(0.0792, 6);
      }
      expect(warnings[0]).toMatch(/the gradient of "weight" is not finite in batch 1 /);
    });

    test('stops after an epoch of nothing else', async () => {
      const { learner, value } = line({ data: { train: epochs([1, 1], [NaN, NaN]) } });
      await expectNoLeak(async () => {
        const history = await learner.fit(5, [], options);
        expect(history.ended).toBe('every batch of epoch 1 was skipped');
        expect(history.rows).toHaveLength(2);
      });
      expect(warnings.at(-1)).toMatch(
        /^Learner.fit: every batch of epoch 1 was skipped, so the fit ends/,
      );
      expect(Number.isFinite(value())).toBe(true);
    });

    test('counts what was skipped before a resume in the same epoch', async () => {
      const store = memoryStore();
      const train = () => epochs([1, NaN, 1, 1, NaN, 1])();
      const callbacks = (kill = false) => [
        checkpoint({ dir: store, every: { steps: 1 } }),
        at('afterBatch', ({ batch }) => {
          if (kill && batch === 3) throw new Error('killed');
        }),
      ];
      await rejection(line({ data: { train } }).learner.fit(1, callbacks(true), options));
      const { last } = await line({ data: { train } }).learner.fit(1, callbacks(), {
        ...options,
        resume: 'auto',
      });
      expect(last?.skipped).toBe(2);
    });

    test('lets a cancelled step be, and a batch cancelled before it is no skipped one', async () => {
      const { learner } = line({ data: { train: epochs([NaN, 1]) } });
      const { CancelBatch } = await import('@tfloop/core');
      const cancel = at('beforeBatch', ({ batch }) => {
        if (batch === 0) throw new CancelBatch();
      });
      const history = await learner.fit(1, [cancel], options);
      expect(history.last?.skipped).toBeUndefined();
      expect(warnings).toEqual([]);
    });
  });

  describe("onNonFinite: 'throw'", () => {
    const options: FitOptions = { onNonFinite: 'throw' };

    test.each<[string, () => Iterable<Batch>, Callback[], string]>([
      ['a loss', epochs([1, NaN]), [], 'the loss'],
      ['a gradient', targets(2, -2), [], 'the gradient of "weight"'],
      [
        "a callback's gradient",
        targets(2, 2),
        [replacing((batch) => batch === 1)],
        'the gradient of "weight"',
      ],
    ])('names %s, before the weights move', async (_, train, callbacks, what) => {
      const { learner, value, weight } = line({ data: { train }, loss: brokenGradient });
      await expectNoLeak(async () => {
        const error = await rejection(learner.fit(2, callbacks, options));
        expect(error.message).toMatch(
          `Learner.fit: ${what} is not finite in batch 1 of data.train in epoch 0 (step 1); no weight has moved since. Usual causes:`,
        );
      });
      // One step of 0.01 · 2 · 2.
      expect(value()).toBeCloseTo(0.04, 6);
      weight.assign(tf.scalar(0));
      const { last } = await learner.fit(1);
      expect(last).toBeDefined();
    });

    test('does nothing where all is finite', async () => {
      const clean = line();
      const expected = await clean.learner.fit(3);
      const { learner, value } = line();
      const history = await learner.fit(3, [], options);
      expect(value()).toBe(clean.value());
      expect(history.rows.map(({ trainLoss }) => trainLoss)).toEqual(
        expected.rows.map(({ trainLoss }) => trainLoss),
      );
    });
  });
});

test('one read decides on a batch, two where callbacks replace gradients', async () => {
  await useBackend({ backend: 'cpu', log: () => undefined });
  jest.spyOn(performance, 'now').mockReturnValue(0);
  const { mock } = jest.spyOn(tf.backend(), 'readSync');
  const readsOf = async (callbacks: Callback[], options: FitOptions) => {
    const { learner } = line({ data: { train: epochs([1, 1, 1, 1, 1]) } });
    const before = mock.calls.length;
    await learner.fit(1, callbacks, options);
    // But the one at the end of the epoch.
    return mock.calls.length - before - 1;
  };
  const halving: Callback = {
    name: 'halving',
    afterBackward({ grads }) {
      for (const [name, gradient] of grads) grads.set(name, tf.mul(gradient, 0.5));
    },
  };
  expect(await readsOf([halving], {})).toBe(0);
  expect(await readsOf([], { onNonFinite: 'throw' })).toBe(5);
  expect(await readsOf([halving], { onNonFinite: 'skip' })).toBe(10);
});

test('another way is refused', async () => {
  const options = { onNonFinite: 'ignore' } as unknown as FitOptions;
  await expect(line().learner.fit(1, [], options)).rejects.toThrow(
    'Learner.fit: onNonFinite must be one of "stop", "skip", "throw", got "ignore"',
  );
});

describe('the history says why a fit ended', () => {
  test.each<[string, (loop: { stop(reason?: string): void }) => void, string]>([
    ['stop()', (loop) => loop.stop(), 'stop() was called'],
    ['a reason', (loop) => loop.stop('it is late'), 'it is late'],
  ])('by %s', async (_, stop, ended) => {
    const { learner } = line();
    const history = await learner.fit(3, [
      at('afterStep', stop),
      at('afterEpoch', (loop) => loop.stop('a later one'), 'later'),
    ]);
    expect(history).toMatchObject({ ended });
    expect(history.rows).toHaveLength(1);
    expect((await learner.fit(1, [at('beforeFit', () => undefined)])).ended).toBeUndefined();
  });

  test('by CancelFit', async () => {
    const { CancelFit } = await import('@tfloop/core');
    const history = await line().learner.fit(3, [
      at('afterEpoch', () => {
        throw new CancelFit();
      }),
    ]);
    expect(history.ended).toBe('a callback threw CancelFit');
  });
});
