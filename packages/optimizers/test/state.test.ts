import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { adam, adamw, rmsprop, sgd } from '@tfloop/optimizers';
import type { Optimizer, OptimizerState } from '@tfloop/core';
import { free, freeState, step, variables } from './helpers.ts';
import { expectExactResume } from './behaviours.ts';

const groups = [{ match: /b/, lr: 0.03, weightDecay: 0 }];
const makers: [string, () => Optimizer][] = [
  ['sgd', () => sgd({ lr: 0.1, momentum: 0.9, dampening: 0.1, weightDecay: 0.1, groups })],
  ['adam', () => adam({ lr: 0.1, weightDecay: 0.1, groups })],
  ['adamw', () => adamw({ lr: 0.1, groups })],
  [
    'rmsprop',
    () => rmsprop({ lr: 0.01, alpha: 0.9, eps: 0.1, centered: true, momentum: 0.5, groups }),
  ],
];

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(before));

test.each(makers)('%s: goes on exactly after 138 steps with cycled momentum', (_, make) => {
  expectExactResume(make, (loaded, saved) => {
    for (const name of saved.hyperparameters)
      for (const group of [0, 1]) expect(loaded.get(name, group)).toBe(saved.get(name, group));
  });
});

test.each(makers)('%s: a state from before the first step is a fresh optimizer', (_, make) => {
  const parameters = variables({ a: [1] });
  const used = make();
  step(used, parameters, { a: [1] });
  const fresh = make();
  used.load(fresh.state());
  expect(tf.memory().numTensors).toBe(before + 1);
  // A checkpoint keeps no empty maps.
  used.load({ ...fresh.state(), slots: {}, counters: {} });
  free(parameters);
});

test('the numbers of a state pass through JSON', () => {
  const { groups, counters } = sgd({ lr: 0.1, nesterov: true, momentum: 0.9 }).state();
  expect(groups).toEqual([{ lr: 0.1, momentum: 0.9, dampening: 0, weightDecay: 0, nesterov: 1 }]);
  expect(counters).toEqual({ momentumBuffer: {} });
  expect(JSON.parse(JSON.stringify(groups))).toEqual(groups);
});

test('refuses what does not fit, naming it, and stays as it was', () => {
  const parameters = variables({ w: [1] });
  const optimizer = adam();
  step(optimizer, parameters, { w: [1] });
  const state = optimizer.state();
  const group = state.groups[0]!;
  const { beta1, ...withoutBeta1 } = group;
  const count = tf.memory().numTensors;
  expect(beta1).toBe(0.9);
  const refused: [Partial<OptimizerState>, string][] = [
    [{ optimizer: 'sgd' }, 'it is of sgd, not of adam'],
    [{ groups: [group, group] }, 'it has 2 parameter groups, this optimizer 1'],
    [{ groups: [withoutBeta1] }, 'its group 0 has no beta1'],
    [{ groups: [{ ...group, momentum: 1 }] }, 'its group 0 has momentum, which adam does not'],
    [{ slots: { rms: {} } }, 'it has the slot rms; adam has expAvg, expAvgSq'],
    [{ counters: { steps: {} } }, 'it has the counter steps; adam has expAvg, expAvgSq'],
    [{ counters: { expAvg: { w: 0.5 } } }, 'its counter expAvg of "w" is 0.5'],
    [{ counters: {} }, 'it has no counter for the slot expAvg of "w"'],
  ];
  for (const [part, message] of refused)
    expect(() => optimizer.load({ ...state, ...part })).toThrow(
      `adam: can't load this state: ${message}`,
    );
  expect(() => optimizer.load({ ...state, groups: [{ ...group, lr: -1 }] })).toThrow(
    'adam: lr must be a number >= 0, got -1',
  );
  expect(tf.memory().numTensors).toBe(count);
  expect(optimizer.get('lr')).toBe(1e-3);
  expect(optimizer.slots('first-moment').size).toBe(1);
  freeState(state);
  optimizer.dispose();
  free(parameters);
});

test('refuses a state with another choice than its own', () => {
  const state = sgd({ lr: 1, momentum: 0.9, nesterov: true }).state();
  expect(() => sgd({ lr: 1, momentum: 0.9 }).load(state)).toThrow(
    "sgd: can't load this state: its nesterov is 1, this optimizer's 0",
  );
  expect(() => rmsprop().load(rmsprop({ centered: true }).state())).toThrow(
    "rmsprop: can't load this state: its centered is 1, this optimizer's 0",
  );
});

test('refuses a slot of another shape at the step', () => {
  const short = variables({ w: [1] });
  const long = variables({ w: [1, 2] });
  const optimizer = adam();
  step(optimizer, short, { w: [1] });
  expect(() => tf.tidy(() => optimizer.step(long, new Map([['w', tf.tensor1d([1, 1])]])))).toThrow(
    'adam: the slot expAvg of "w" has shape [1], the parameter [2]',
  );
  optimizer.dispose();
  free(short);
  free(long);
});
