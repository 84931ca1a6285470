import * as tf from '@tensorflow/tfjs';
import { expect, test } from '@jest/globals';
import type { Callback, CallbackState, OptimizerState } from '@tfloop/core';
import { lookahead, type LookaheadOptions } from '@tfloop/lookahead';
import { sgd } from '@tfloop/optimizers';
import { atStep, line, recording } from './line.ts';

const gradients = [1, -2, 3, 1, 2, -1, 4, 1, 1, 2, 5];
const create = (some: readonly number[]) =>
  line({ gradients: some, optimizer: sgd({ lr: 0.1, momentum: 0.5 }) });

/** Loads a state where a checkpoint does: after `beforeFit`. */
const loading = (callback: Callback, state: CallbackState): Callback => ({
  name: 'loading',
  beforeEpoch: () => callback.load?.(state),
});

test.each<LookaheadOptions>([
  { k: 3 },
  { k: 4, alpha: 0.8, atEnd: 'slow' },
  { k: 3, momentum: 'pullback' },
])('goes on from any step as if there had been no break: %j', async (options) => {
  const whole = create(gradients);
  const { fast, slow, ...recorder } = recording();
  await whole.learner.fit(1, [lookahead(options), recorder]);

  for (let step = 1; step < gradients.length; step++) {
    const first = create(gradients);
    const callback = lookahead(options);
    const saved: { state?: CallbackState; optimizer?: OptimizerState; weight?: number } = {};
    const save = atStep(step, (loop) => {
      saved.state = callback.state!();
      saved.optimizer = loop.optimizer.state();
      saved.weight = first.value();
      loop.stop();
    });
    await first.learner.fit(1, [callback, save]);

    const second = create(gradients.slice(step));
    second.weight.assign(tf.tensor1d([saved.weight!]));
    second.learner.optimizer.load(saved.optimizer!);
    const resumed = lookahead(options);
    const rest = recording();
    await second.learner.fit(1, [resumed, rest, loading(resumed, saved.state!)]);
    expect(rest.fast).toEqual(fast.slice(step));
    expect(rest.slow).toEqual(slow.slice(step));
    expect(second.value()).toBe(whole.value());

    first.dispose();
    second.dispose();
    tf.dispose([saved.state, saved.optimizer?.slots] as unknown as tf.TensorContainer);
  }
  whole.dispose();
});

test('keeps the slow weights by name, the steps and the options', async () => {
  const { learner, dispose } = create(gradients);
  const callback = lookahead({ k: 3, alpha: 0.5 });
  const states: CallbackState[] = [];
  const save = atStep(4, () => void states.push(callback.state!()));
  await learner.fit(1, [callback, save]);
  expect(states).toMatchObject([
    {
      options: { k: 3, alpha: 0.5, momentum: 'keep' },
      steps: 1,
      slow: { weight: { shape: [1] } },
      momentum: null,
    },
  ]);
  tf.dispose(states as unknown as tf.TensorContainer);
  dispose();
});

test('has nothing to keep between fits', async () => {
  const { learner, dispose } = create(gradients);
  const callback = lookahead();
  expect(callback.state!()).toBeNull();
  await learner.fit(1, [callback]);
  expect(callback.state!()).toBeNull();
  await learner.fit(1, [callback, loading(callback, null)]);
  dispose();
});

test('refuses a state that does not fit, and says why', async () => {
  const slow = { weight: tf.tensor1d([1]) };
  const fitting = {
    options: { k: 5, alpha: 0.5, momentum: 'keep' },
    steps: 2,
    slow,
    momentum: null,
  };
  const wide = tf.tensor1d([1, 2]);
  const { learner, dispose } = create(gradients);
  const callback = lookahead();
  await learner.fit(1, [callback, loading(callback, fitting)]);
  const cases: readonly (readonly [CallbackState, string])[] = [
    [3, 'it is not one of lookahead'],
    [wide, 'it is a tensor'],
    [{ ...fitting, options: { ...fitting.options, k: 6 } }, 'its k is 6, here it is 5'],
    [{ ...fitting, options: { ...fitting.options, alpha: 1 } }, 'its alpha is 1, here it is 0.5'],
    [
      { ...fitting, options: { ...fitting.options, momentum: 'reset' } },
      'its momentum is "reset", here it is keep',
    ],
    [{ ...fitting, steps: 5 }, 'steps 5 are no place in a cycle of 5'],
    [{ ...fitting, slow: {} }, 'it has no slow weights of "weight", which is trained here'],
    [
      { ...fitting, slow: { ...slow, other: wide } },
      'it is of "other" too, which is not trained here',
    ],
    [{ ...fitting, slow: { weight: wide } }, 'its "weight" has shape [2], here it is [1]'],
    [{ ...fitting, slow: { weight: 1 } }, '"weight" is not a tensor'],
  ];
  const before = tf.memory().numTensors;
  for (const [state, difference] of cases)
    await expect(learner.fit(1, [callback, loading(callback, state)])).rejects.toThrow(
      `lookahead: can't load this state: ${difference}`,
    );
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose([slow, wide]);
  dispose();
});
