import * as tf from '@tensorflow/tfjs';
import { expect, test } from '@jest/globals';
import type { Callback } from '@tfloop/core';
import { lookahead } from '@tfloop/lookahead';
import { adam, fromTfjs, rmsprop, sgd } from '@tfloop/optimizers';
import { stateReset } from '@tfloop/state-reset';
import { line, recording } from './line.ts';

const withMomentum = (steps: number) =>
  line({
    gradients: Array.from({ length: steps }, () => 1),
    optimizer: sgd({ lr: 1, momentum: 0.5 }),
  });

/** The momentum after every step, syncs done. */
function momentums(): Callback & { readonly values: number[] } {
  const values: number[] = [];
  return {
    name: 'momentums',
    values,
    afterStep: ({ optimizer }) =>
      void values.push(...optimizer.slots('first-moment').get('weight')!.dataSync()),
  };
}

// m ← 0.5 · m + 1, w ← w − m, k = 2, α = 0.5.
test.each([
  // m: 1, 1.5, 1.75, 1.875. w: −1, −2.5 → −1.25; −3, −4.875 → −1.25 + 0.5 · −3.625 = −3.0625.
  ['keep', [1, 1.5, 1.75, 1.875], [-1, -1.25, -3, -3.0625]],
  // m: 1, 1.5 → 0, 1, 1.5 → 0. w: −1, −2.5 → −1.25; −2.25, −3.75 → −1.25 + 0.5 · −2.5 = −2.5.
  ['reset', [1, 0, 1, 0], [-1, -1.25, -2.25, -2.5]],
  // m: 1, 1.5 → 0.5 · 1.5 + 0.5 · 0 = 0.75; 1.375, 1.6875 → 0.5 · 1.6875 + 0.5 · 0.75 = 1.21875 (and not 0.75 ·
  // 1.6875, which a remembered momentum that is the live one gives). w: −1, −2.5 → −1.25; −2.625, −4.3125 →
  // −1.25 + 0.5 · −3.0625 = −2.78125.
  ['pullback', [1, 0.75, 1.375, 1.21875], [-1, -1.25, -2.625, -2.78125]],
] as const)('momentum %s, by hand', async (momentum, expectedMomentum, expectedWeights) => {
  const { learner, dispose } = withMomentum(4);
  const [probe, recorder] = [momentums(), recording()];
  await learner.fit(1, [lookahead({ k: 2, alpha: 0.5, momentum }), probe, recorder]);
  expect(probe.values).toEqual(expectedMomentum);
  expect(recorder.fast.flat()).toEqual(expectedWeights);
  dispose();
});

test('pullback begins a second fit at the momentum that there is', async () => {
  const { learner, dispose } = withMomentum(2);
  const callback = lookahead({ k: 2, alpha: 0.5, momentum: 'pullback' });
  await learner.fit(1, [callback]);
  // From 0.75: 1.375, 1.6875 → 0.5 · 1.6875 + 0.5 · 0.75, as if it had been one fit.
  const probe = momentums();
  await learner.fit(1, [callback, probe]);
  expect(probe.values).toEqual([1.375, 1.21875]);
  dispose();
});

test('pullback goes back to what a reset at the sync left', async () => {
  // 1, 1.5 → 0.75 → reset 0; 1, 1.5 → 0.5 · 1.5 + 0.5 · 0 = 0.75 → reset 0.
  const { learner, dispose } = withMomentum(4);
  const seen: number[] = [];
  const witness: Callback = {
    name: 'a witness',
    signals: {
      'lookahead-sync': ({ optimizer }) =>
        void seen.push(...optimizer.slots('first-moment').get('weight')!.dataSync()),
    },
  };
  await learner.fit(1, [
    lookahead({ k: 2, alpha: 0.5, momentum: 'pullback' }),
    witness,
    stateReset({ when: 'lookahead-sync' }),
  ]);
  expect(seen).toEqual([0.75, 0.75]);
  dispose();
});

test('reset restarts Adam’s bias correction with the first moment', async () => {
  // A constant gradient makes every step of Adam exactly lr, where moments and corrections agree. k = 2, α = 1.
  const { learner, dispose } = line({
    gradients: [1, 1, 1, 1, 1, 1],
    optimizer: adam({ lr: 0.5, eps: 0 }),
  });
  const recorder = recording();
  await learner.fit(1, [lookahead({ k: 2, alpha: 1, momentum: 'reset' }), recorder]);
  recorder.fast.flat().forEach((weight, i) => expect(weight).toBeCloseTo(-0.5 * (i + 1), 5));
  dispose();
});

test.each(['reset', 'pullback'] as const)(
  'refuses momentum %s around an optimizer without',
  async (momentum) => {
    for (const create of [
      () => sgd({ lr: 0.1 }),
      () => rmsprop(),
      () => fromTfjs(tf.train.sgd(1)),
    ]) {
      const { learner, dispose } = line({ gradients: [1], optimizer: create() });
      await expect(learner.fit(1, [lookahead({ momentum })])).rejects.toThrow(
        new RegExp(
          `lookahead.beforeFit: optimizer ".*sgd|rmsprop" has no momentum for momentum: '${momentum}'; pass momentum: 'keep'`,
        ),
      );
      await learner.fit(1, [lookahead()]);
      dispose();
    }
  },
);
