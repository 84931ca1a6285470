import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import {
  batches,
  checkpoint,
  Learner,
  meanSquaredError,
  resumeLine,
  type Callback,
  type CheckpointStore,
  type FitOptions,
  type ResumePoint,
} from '@tfloop/core';
import { memoryStore, resumesExactly, testOptimizer, toyProblem } from '@tfloop/core/testing';
import { at } from './fixtures.ts';

let store: CheckpointStore;

beforeEach(() => {
  store = memoryStore();
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** A fit of the toy problem, of three batches an epoch, by a learner of its own. */
async function fitToy(epochs: number, callbacks: readonly Callback[], options?: FitOptions) {
  const { learner, numbers, dispose } = toyProblem();
  const steps: number[] = [];
  const watch = { ...at('afterStep', ({ step }) => steps.push(step)), passive: true };
  const saves = checkpoint({ dir: store, every: { steps: 1 } });
  try {
    const { rows, ended } = await learner.fit(epochs, [...callbacks, saves, watch], options);
    return { rows: rows.map((row) => ({ ...row, seconds: 0 })), ended, numbers: numbers(), steps };
  } finally {
    dispose();
  }
}

const auto: FitOptions = { resume: 'auto' };
const killAt = (step: number): Callback => ({
  name: 'killer',
  passive: true,
  atRest(loop) {
    if (loop.step === step && loop.rest === 'batch') throw new Error('killed');
  },
});

describe('a run that a callback has finished', () => {
  const early = () => at('afterEpoch', (loop) => loop.finish('no better for long'), 'early');

  test('trains no more when the program runs again', async () => {
    const whole = await fitToy(9, [early()]);
    expect(whole.rows).toHaveLength(1);
    expect(whole.ended).toBe('no better for long');
    expect(await fitToy(9, [early()], auto)).toEqual({ ...whole, steps: [] });
    expect(await fitToy(9, [early()], auto)).toEqual({ ...whole, steps: [] });
  });

  test('goes on where something is meant to differ', async () => {
    await fitToy(9, [early()]);
    const resume = { from: 'auto', allow: ['epochs'] } as const;
    expect((await fitToy(10, [early()], { resume })).rows).toHaveLength(2);
  });

  test.each([1, 2, 3, 4, 5, 6])('in mid-epoch ends with it, killed at step %d', async (step) => {
    const inBatch = () =>
      at(
        'afterStep',
        (loop) => {
          if (loop.step === 4) loop.finish('enough');
        },
        'early',
      );
    const whole = await fitToy(9, [inBatch()]);
    expect(whole).toMatchObject({ ended: 'enough', steps: [1, 2, 3, 4, 5, 6] });
    store = memoryStore();
    await expect(fitToy(9, [inBatch(), killAt(step)])).rejects.toThrow('killed');
    const resumed = await fitToy(9, [inBatch()], auto);
    expect({ ...resumed, steps: [] }).toEqual({ ...whole, steps: [] });
  });

  test('passes the kit, where it counts epochs', async () => {
    const patience = (): Callback => {
      let bad = 0;
      return {
        name: 'patience',
        beforeFit: () => void (bad = 0),
        afterEpoch(loop) {
          if (++bad === 2) loop.finish('no better twice');
        },
        state: () => bad,
        load: (state) => void (bad = state as number),
      };
    };
    await resumesExactly(() => [patience()]);
  });

  test('one that was only stopped goes on', async () => {
    const stop = { ...at('afterEpoch', (loop) => loop.stop('Ctrl-C')), passive: true };
    expect((await fitToy(3, [stop])).rows).toHaveLength(1);
    expect(await fitToy(3, [], auto)).toMatchObject({
      ended: undefined,
      steps: [4, 5, 6, 7, 8, 9],
    });
  });
});

test('a fit that goes on says where to callbacks and observers', async () => {
  await expect(fitToy(2, [killAt(5)])).rejects.toThrow('killed');
  const { learner, dispose } = toyProblem();
  const told: (ResumePoint | undefined)[] = [];
  learner.on('resume', (point) => told.push(point));
  const asks = {
    ...at('beforeFit', ({ resumed }) => void told.push(resumed), 'asks'),
    passive: true,
  };
  await learner.fit(2, [asks], { resume: { from: store } });
  const point = { epoch: 1, batchInEpoch: 1, step: 4, from: 'step-00000004 in memory' };
  expect(told).toEqual([
    { ...point, finished: undefined },
    { ...point, finished: undefined },
  ]);
  await learner.fit(1, [asks]);
  expect(told.at(-1)).toBeUndefined();
  dispose();
});

test.each([
  [{ epoch: 1, batchInEpoch: 50 }, 'resumed at epoch 2/3, batch 51, from step-7 in runs'],
  [{ epoch: 1 }, 'resumed at epoch 2/3, from step-7 in runs'],
  [{ epoch: 3 }, 'nothing left to train: all 3 epochs are done, as step-7 in runs says'],
  [
    { epoch: 1, finished: 'no better' },
    'nothing left to train: the run had ended (no better), as step-7 in runs says',
  ],
  [
    { epoch: 1, batchInEpoch: 2, finished: 'no better' },
    'resumed at epoch 2/3, batch 3, from step-7 in runs',
  ],
])('where a fit goes on, in a line: %j', (point, line) => {
  const where = { from: 'step-7 in runs', batchInEpoch: 0, step: 7, finished: undefined };
  expect(resumeLine({ ...where, ...point }, 3)).toBe(line);
});

test('where a fit goes on is said on standard error, unless a callback or an observer shows it', async () => {
  const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  await expect(fitToy(2, [killAt(5)])).rejects.toThrow('killed');
  expect(write).not.toHaveBeenCalled();
  const { learner, dispose } = toyProblem();
  const goOn = (callbacks: Callback[] = []) =>
    learner.fit(2, callbacks, { resume: { from: store } });
  await goOn();
  const line = 'Learner.fit: resumed at epoch 2/2, batch 2, from step-00000004 in memory\n';
  expect(write.mock.calls.map(([text]) => text)).toEqual([line]);
  await goOn([{ name: 'shows', passive: true, showsResume: true }]);
  const off = learner.on('resume', () => undefined);
  await goOn();
  expect(write).toHaveBeenCalledTimes(1);
  off();
  await goOn();
  expect(write).toHaveBeenCalledTimes(2);
  dispose();
});

test('fewer epochs than have begun are refused', async () => {
  await expect(fitToy(3, [killAt(5)])).rejects.toThrow('killed');
  const resume = { from: 'auto', allow: ['epochs'] } as const;
  await expect(fitToy(1, [], { resume })).rejects.toThrow(
    'Learner.fit: resume: step-00000004 in memory has begun 2 epochs, more than the 1 of this fit; pass at least so many',
  );
  expect((await fitToy(2, [], { resume })).steps).toEqual([5, 6]);
});

describe('on other data that is allowed', () => {
  /** Three epochs on so many batches; every step has to be one of the fit's, as schedules want it. */
  async function fitOn(examples: number, callbacks: readonly Callback[], options?: FitOptions) {
    const totals = new Set<number | undefined>();
    const steps: [epoch: number, step: number][] = [];
    const schedule = at('beforeStep', ({ step, epoch, totalBatches }) => {
      totals.add(totalBatches);
      steps.push([epoch, step]);
      if (totalBatches === undefined || step >= totalBatches) throw new Error('beyond the end');
    });
    const weight = tf.tidy(() => tf.variable(tf.scalar(1)));
    const x = Float32Array.from({ length: examples }, (_, i) => i / examples);
    const learner = new Learner({
      model: { variables: [weight], forward: (input) => tf.mul(input as tf.Tensor, weight) },
      data: { train: batches({ x, y: x }, { batchSize: 1 }) },
      loss: meanSquaredError(),
      optimizer: testOptimizer(),
    });
    const saves = checkpoint({ dir: store, every: { steps: 1 } });
    const { rows } = await learner.fit(3, [schedule, saves, ...callbacks], options);
    weight.dispose();
    return { rows, totals: [...totals], steps };
  }
  const resume = { from: 'auto', allow: ['data'] } as const;

  test.each([2, 5])('of %d batches the epoch begins anew and the end is known', async (length) => {
    await expect(fitOn(3, [killAt(6)])).rejects.toThrow('killed');
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    const begun: number[] = [];
    const watch = { ...at('beforeEpoch', ({ epoch }) => begun.push(epoch), 'w'), passive: true };
    const { rows, totals, steps } = await fitOn(length, [watch], { resume });
    expect(warn.mock.calls.flat()).toEqual([
      'Learner.fit: resume: epoch 1 could not be taken over, and so began anew',
    ]);
    warn.mockRestore();
    expect(rows).toHaveLength(3);
    expect(begun).toEqual([1, 2]);
    // Five steps were done, two of them in the epoch that begins anew.
    expect(totals).toEqual([5 + 2 * length]);
    expect(steps).toHaveLength(2 * length);
  });

  test('the same data goes on in its epoch', async () => {
    await expect(fitOn(3, [killAt(6)])).rejects.toThrow('killed');
    const { totals, steps } = await fitOn(3, [], { resume });
    expect(totals).toEqual([9]);
    expect(steps[0]).toEqual([1, 5]);
  });
});
