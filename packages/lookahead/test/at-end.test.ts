import { describe, expect, test } from '@jest/globals';
import { CancelEpoch, CancelFit, CancelTrain, type Callback } from '@tfloop/core';
import { lookahead } from '@tfloop/lookahead';
import { atStep, line } from './line.ts';

// Gradients 1 at lr 1, k = 3, α = 0.5: −1, −2, −1.5 (sync), −2.5, −3.5, −3 (sync), −4.
const sevenSteps = () => line({ gradients: [1, 1, 1, 1, 1, 1, 1] });

const ends = [
  // What the fit leaves after a rest of one step, and after one of two (stopped after the fifth).
  { atEnd: 'sync', afterSeven: -3.5, afterFive: -2.5 }, // −3 + 0.5 · (−4 + 3), −1.5 + 0.5 · (−3.5 + 1.5)
  { atEnd: 'slow', afterSeven: -3, afterFive: -1.5 },
  { atEnd: 'fast', afterSeven: -4, afterFive: -3.5 },
] as const;

describe.each(ends)('atEnd $atEnd', ({ atEnd, afterSeven, afterFive }) => {
  const callback = lookahead({ k: 3, alpha: 0.5, atEnd, evaluate: 'fast' });

  test('acts before the last validation', async () => {
    const { learner, value, dispose } = sevenSteps();
    const history = await learner.fit(1, [callback]);
    expect(value()).toBe(afterSeven);
    expect(history.last?.validLoss).toBe(afterSeven);
    dispose();
  });

  test('does nothing after a sync', async () => {
    const { learner, value, dispose } = line({ gradients: [1, 1, 1, 1, 1, 1] });
    await learner.fit(1, [callback]);
    expect(value()).toBe(-3);
    dispose();
  });

  test('acts before the last validation of a fit that was asked to stop', async () => {
    const { learner, value, dispose } = sevenSteps();
    const stop = atStep(5, (loop) => loop.stop());
    const history = await learner.fit(3, [callback, stop]);
    expect(history.rows).toHaveLength(1);
    expect(value()).toBe(afterFive);
    expect(history.last?.validLoss).toBe(afterFive);
    dispose();
  });

  test.each<[string, () => Error]>([
    ['CancelFit', () => new CancelFit()],
    ['CancelEpoch', () => new CancelEpoch()],
    ['CancelTrain', () => new CancelTrain()],
  ])('acts once when %s leaves the last epoch', async (_name, make) => {
    const { learner, value, dispose } = sevenSteps();
    await learner.fit(1, [
      callback,
      atStep(5, () => {
        throw make();
      }),
    ]);
    expect(value()).toBe(afterFive);
    dispose();
  });
});

test('an epoch that is not the last is not synced at its end', async () => {
  // Two epochs of two steps, k = 3: −1, −2 | −1.5, −2.5, at the end −1.5 + 0.5 · −1 = −2.
  const { learner, value, dispose } = line({ gradients: [1, 1] });
  const history = await learner.fit(2, [lookahead({ k: 3, alpha: 0.5, evaluate: 'fast' })]);
  expect(history.rows.map((row) => row.validLoss)).toEqual([-2, -2]);
  expect(value()).toBe(-2);
  dispose();
});

test('a fit stopped after validation is ended after its last row', async () => {
  const stop: Callback = { name: 'stop', afterEpoch: (loop) => loop.stop() };
  for (const [atEnd, left] of [
    ['sync', -3.5],
    ['slow', -3],
  ] as const) {
    const { learner, value, dispose } = sevenSteps();
    const history = await learner.fit(3, [lookahead({ k: 3, alpha: 0.5, atEnd }), stop]);
    // The row is of the slow weights, and with atEnd 'slow' it is of the weights that are left.
    expect(history.rows.map((row) => row.validLoss)).toEqual([-3]);
    expect(value()).toBe(left);
    dispose();
  }
});

test('is through before others put weights in place after the fit', async () => {
  const { learner, weight, value, dispose } = sevenSteps();
  // Stopped in mid-cycle after validation, so that lookahead too acts in afterFit; "a" sorts before it.
  const best: Callback = {
    name: 'a best',
    afterEpoch: (loop) => loop.stop(),
    afterFit() {
      weight.assign(weight.mul(0).add(42));
    },
  };
  await learner.fit(3, [best, lookahead({ k: 3 })]);
  expect(value()).toBe(42);
  dispose();
});

test('a sync whose listener cancels the fit is not done twice', async () => {
  const { learner, value, dispose } = sevenSteps();
  const cancel: Callback = {
    name: 'cancel',
    signals: {
      'lookahead-sync': () => {
        throw new CancelFit();
      },
    },
  };
  await learner.fit(1, [lookahead({ k: 3, alpha: 0.5 }), cancel]);
  expect(value()).toBe(-1.5);
  dispose();
});
