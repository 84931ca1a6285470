import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { adam, adamw, rmsprop, sgd } from '@tfloop/optimizers';
import type { Optimizer } from '@tfloop/core';
import { close, free, read, step, train, variables } from './helpers.ts';
import { expectFreezingShiftsNobody } from './behaviours.ts';

const makers: [string, () => Optimizer, number][] = [
  ['sgd', () => sgd({ lr: 0.1 }), 0],
  ['sgd momentum', () => sgd({ lr: 0.1, momentum: 0.9, weightDecay: 0.1, nesterov: true }), 1],
  ['adam', () => adam({ lr: 0.1, weightDecay: 0.1 }), 2],
  ['adamw', () => adamw({ lr: 0.1 }), 2],
  ['rmsprop', () => rmsprop({ lr: 0.1 }), 1],
  ['rmsprop all', () => rmsprop({ lr: 0.1, centered: true, momentum: 0.9, weightDecay: 0.1 }), 3],
];

let before = 0;
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(before));

test.each(makers)('%s: a step makes its slots once and nothing else', (_, make, slots) => {
  const parameters = variables({ a: [1, 2], b: [3, 4] });
  const optimizer = make();
  expect(tf.memory().numTensors).toBe(before + 2);
  train(optimizer, parameters, 0, 1);
  expect(tf.memory().numTensors).toBe(before + 2 + 2 * slots);
  train(optimizer, parameters, 1, 5);
  expect(tf.memory().numTensors).toBe(before + 2 + 2 * slots);
  optimizer.dispose();
  optimizer.dispose();
  expect(tf.memory().numTensors).toBe(before + 2);
  train(optimizer, parameters, 0, 1);
  optimizer.dispose();
  free(parameters);
});

test.each(makers)('%s: freezing the first parameter shifts nobody', (_, make) => {
  expectFreezingShiftsNobody(make);
});

test('a parameter without a gradient keeps its step count', () => {
  const parameters = variables({ a: [1], b: [1] });
  const optimizer = adam();
  step(optimizer, parameters, { a: [1], b: [1] });
  step(optimizer, parameters, { b: [1] });
  const state = optimizer.state();
  expect(state.counters).toEqual({ expAvg: { a: 1, b: 2 }, expAvgSq: { a: 1, b: 2 } });
  tf.dispose([Object.values(state.slots).map((slot) => Object.values(slot))]);
  optimizer.dispose();
  free(parameters);
});

test('two optimizers of the same parameters do not collide, nor do slots and model variables', () => {
  const parameters = variables({ expAvg: [1] });
  const optimizers = [adam(), adam()];
  for (const optimizer of optimizers) step(optimizer, parameters, { expAvg: [1] });
  for (const optimizer of optimizers) optimizer.dispose();
  free(parameters);
});

test('slots by role are live', () => {
  const parameters = variables({ w: [1, 1] });
  const optimizer = rmsprop({ lr: 0.1, centered: true, momentum: 0.5, alpha: 0.5, eps: 0 });
  step(optimizer, parameters, { w: [2, 4] });
  const roles = ['first-moment', 'second-moment', 'other'] as const;
  // s = .5·g², a = .5·g, b = g / √(.5·g² − .25·g²) = 2
  close(
    roles.flatMap((role) => read(optimizer.slots(role))),
    [2, 2, 2, 8, 1, 2],
  );
  tf.tidy(() =>
    optimizer
      .slots('first-moment')
      .get('w')!
      .assign(tf.tensor1d([0, 0])),
  );
  expect(read(optimizer.slots('first-moment'))).toEqual([0, 0]);
  expect(optimizer.slots('first-moment').get('w')!.trainable).toBe(false);
  optimizer.dispose();
  free(parameters);
});

test.each(makers)('%s: after a reset of everything it is a fresh optimizer', (_, make) => {
  const one = variables({ a: [1, 2], b: [3, 4, 5] });
  const used = make();
  train(used, one, 0, 20);
  const values = [...one].map(([name, variable]) => [name, [...variable.dataSync()]] as const);
  const other = variables(Object.fromEntries(values));
  const fresh = make();
  const { elements, slots } = used.reset();
  expect(elements % 5).toBe(0);
  expect(elements).toBe(Object.values(slots).reduce((sum, size) => sum + size, 0));
  train(used, one, 20, 25);
  train(fresh, other, 20, 25);
  expect(read(one)).toEqual(read(other));
  for (const optimizer of [used, fresh]) optimizer.dispose();
  free(one);
  free(other);
});

test('a reset reports the elements of each slot, and nothing where there is nothing', () => {
  const parameters = variables({ a: [1, 2], b: [3] });
  const optimizer = adam();
  expect(optimizer.reset()).toEqual({ elements: 0, slots: { expAvg: 0, expAvgSq: 0 } });
  step(optimizer, parameters, { a: [1, 1], b: [1] });
  expect(optimizer.reset()).toEqual({ elements: 6, slots: { expAvg: 3, expAvgSq: 3 } });
  expect(optimizer.reset({ what: 'first-moment', where: (name) => name === 'b' })).toEqual({
    elements: 1,
    slots: { expAvg: 1 },
  });
  expect(optimizer.reset({ where: () => false })).toEqual({
    elements: 0,
    slots: { expAvg: 0, expAvgSq: 0 },
  });
  expect(() => optimizer.reset({ what: 'none' as 'all' })).toThrow(
    'adam: what must be one of "all", "first-moment", "second-moment", got "none"',
  );
  optimizer.dispose();
  free(parameters);
});

test('a reset of the second moment in centered rmsprop takes the mean with it, or the variance is negative', () => {
  const parameters = variables({ w: [1] });
  const optimizer = rmsprop({ centered: true });
  for (let index = 0; index < 50; index++) step(optimizer, parameters, { w: [1 + (index % 3)] });
  expect(optimizer.reset({ what: 'second-moment' }).slots).toEqual({ squareAvg: 1, gradAvg: 1 });
  step(optimizer, parameters, { w: [0.1] });
  expect(read(parameters)[0]).not.toBeNaN();
  optimizer.dispose();
  free(parameters);
});

/** How many times lr Adam moves in each of the five steps after `forget`, under a gradient of 1. */
function afterReset(forget: (optimizer: Optimizer) => void): number[] {
  const parameters = variables({ w: [0] });
  const lr = 1 / 1024;
  const optimizer = adam({ lr });
  // Where a gradient of 1 takes Adam in very many steps: both means are 1, both corrections nothing.
  const one = tf.tensor1d([1]);
  optimizer.load({
    ...optimizer.state(),
    counters: { expAvg: { w: 100_000 }, expAvgSq: { w: 100_000 } },
    slots: { expAvg: { w: one }, expAvgSq: { w: one } },
  });
  one.dispose();
  forget(optimizer);
  const moves: number[] = [];
  for (let index = 0; index < 5; index++) {
    const from = read(parameters)[0]!;
    step(optimizer, parameters, { w: [1] });
    moves.push((from - read(parameters)[0]!) / lr);
  }
  optimizer.dispose();
  free(parameters);
  return moves;
}

test('moments zeroed by hand keep the step count and move 3.2 to 5.8 times too far; a reset moves by lr', () => {
  // (1 − .9ⁱ) / √(1 − .999ⁱ), for the bias corrections have long become 1.
  const byHand = afterReset((optimizer) => {
    for (const role of ['first-moment', 'second-moment'] as const)
      for (const slot of optimizer.slots(role).values())
        tf.tidy(() => slot.assign(tf.zerosLike(slot)));
  });
  close(byHand, [3.162278, 4.249592, 4.950235, 5.441616, 5.79714], 1e-5);
  close(
    afterReset((optimizer) => optimizer.reset()),
    [1, 1, 1, 1, 1],
    1e-5,
  );
});

test('a reset of the first moment alone restarts only its correction', () => {
  // m/(1 − .9ⁱ) = 1 from the first step on, and v/(1 − .999ᵗ) goes on being 1.
  close(
    afterReset((optimizer) => optimizer.reset({ what: 'first-moment' })),
    [1, 1, 1, 1, 1],
    1e-5,
  );
  close(
    afterReset((optimizer) => optimizer.reset({ what: 'second-moment' })),
    [1, 1, 1, 1, 1],
    1e-5,
  );
});

test('a reset by name leaves the others alone', () => {
  const parameters = variables({ a: [1], b: [1] });
  const optimizer = adam({ lr: 0.1 });
  for (let index = 0; index < 10; index++) step(optimizer, parameters, { a: [1], b: [1] });
  const kept = optimizer.slots('first-moment').get('b')!.dataSync()[0];
  optimizer.reset({ where: (name) => name === 'a' });
  expect(optimizer.slots('first-moment').get('a')!.dataSync()[0]).toBe(0);
  expect(optimizer.slots('first-moment').get('b')!.dataSync()[0]).toBe(kept);
  const [a, b] = read(parameters);
  step(optimizer, parameters, { a: [2], b: [1] });
  // a begins anew: lr · sign. b goes on.
  close(read(parameters), [a! - 0.1, b! - 0.1], 1e-5);
  optimizer.dispose();
  free(parameters);
});

test('dampening does not touch the first gradient after a reset', () => {
  const parameters = variables({ w: [1] });
  const optimizer = sgd({ lr: 0.1, momentum: 0.9, dampening: 0.5 });
  step(optimizer, parameters, { w: [1] }); // b = 1, w = .9
  step(optimizer, parameters, { w: [1] }); // b = 1.4, w = .76
  optimizer.reset();
  step(optimizer, parameters, { w: [1] }); // b = 1, w = .66
  close(read(parameters), [0.66]);
  optimizer.dispose();
  free(parameters);
});
