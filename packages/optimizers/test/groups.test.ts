import * as tf from '@tensorflow/tfjs';
import { expect, test } from '@jest/globals';
import type { Optimizer } from '@tfloop/core';
import { adam, adamw, fromTfjs, rmsprop, sgd } from '@tfloop/optimizers';
import type { AdamOptions, SgdOptions } from '@tfloop/optimizers';
import { close, free, read, step, variables } from './helpers.ts';

test('a group has its own rate and decay, by expression or function, the first match counts', () => {
  const parameters = variables({ 'a/kernel': [1], 'a/bias': [1], 'b/kernel': [1] });
  const optimizer = sgd({
    lr: 0.1,
    weightDecay: 0.5,
    groups: [
      { match: /bias/g, weightDecay: 0 },
      { match: (name) => name.startsWith('a/'), lr: 0.2 },
    ],
  });
  step(optimizer, parameters, { 'a/kernel': [1], 'a/bias': [1], 'b/kernel': [1] });
  // 1 − .2·1.5, 1 − .1·1, 1 − .1·1.5
  close(read(parameters), [0.7, 0.9, 0.85]);
  optimizer.dispose();
  free(parameters);
});

test('set without a group keeps the ratios of the rates, even after 0, and sets all else alike', () => {
  const optimizer = sgd({
    lr: 0.1,
    momentum: 0.9,
    groups: [
      { match: /head/, lr: 1 },
      { match: /stem/, lr: 0.05, momentum: 0.5 },
    ],
  });
  const rates = (): number[] => [0, 1, 2].map((group) => optimizer.get('lr', group));
  optimizer.set('lr', 0.2);
  close(rates(), [0.2, 2, 0.1]);
  optimizer.set('lr', 0);
  expect(rates()).toEqual([0, 0, 0]);
  optimizer.set('lr', 0.1);
  close(rates(), [0.1, 1, 0.05]);
  optimizer.set('lr', 0.3, 2);
  close(rates(), [0.1, 1, 0.3]);
  optimizer.set('lr', 0.2);
  close(rates(), [0.2, 2, 0.6]);
  optimizer.set('momentum', 0.8);
  expect([0, 1, 2].map((group) => optimizer.get('momentum', group))).toEqual([0.8, 0.8, 0.8]);
});

test('a schedule of the decay keeps the ratios too, and a group at 0 stays at 0', () => {
  const decays = (optimizer: Optimizer): number[] =>
    [0, 1, 2].map((group) => optimizer.get('weightDecay', group));
  const optimizer = adamw({
    weightDecay: 0.1,
    groups: [
      { match: /bias/, weightDecay: 0 },
      { match: /head/, weightDecay: 0.2 },
    ],
  });
  optimizer.set('weightDecay', 0.3);
  close(decays(optimizer), [0.3, 0, 0.6]);
  optimizer.set('weightDecay', 0);
  optimizer.set('weightDecay', 0.1);
  close(decays(optimizer), [0.1, 0, 0.2]);

  // With no decay to begin with, a group that asks for 0 keeps it, and the others follow.
  const later = adam({ groups: [{ match: /bias/, weightDecay: 0 }, { match: /head/ }] });
  later.set('weightDecay', 0.3);
  expect(decays(later)).toEqual([0.3, 0, 0.3]);
  // Until it is set itself.
  later.set('weightDecay', 0);
  later.set('weightDecay', 0.1, 1);
  later.set('weightDecay', 0.2);
  expect(decays(later)).toEqual([0.2, 0.2, 0.2]);
  later.set('weightDecay', 0, 2);
  later.set('weightDecay', 0.1);
  expect(decays(later)).toEqual([0.1, 0.1, 0]);

  const restored = adam({ groups: [{ match: /bias/ }, { match: /head/ }] });
  later.set('weightDecay', 0);
  restored.load(later.state());
  restored.set('weightDecay', 0.1);
  expect(decays(restored)).toEqual([0.1, 0.1, 0]);
});

test('the ratios survive a save at rate 0', () => {
  const options: SgdOptions = { lr: 0.1, groups: [{ match: /head/, lr: 1 }] };
  const one = sgd(options);
  one.set('lr', 0);
  const other = sgd({ ...options, groups: [{ match: /head/ }] });
  other.load(one.state());
  other.set('lr', 0.2);
  close([other.get('lr'), other.get('lr', 1)], [0.2, 2]);
});

test('names of hyper-parameters and of momentum', () => {
  expect(sgd({ lr: 1 }).hyperparameters).toEqual(['lr', 'momentum', 'dampening', 'weightDecay']);
  expect(adam().hyperparameters).toEqual(['lr', 'beta1', 'beta2', 'eps', 'weightDecay']);
  expect(rmsprop().hyperparameters).toEqual(['lr', 'alpha', 'eps', 'momentum', 'weightDecay']);
  const momentumNames = [
    sgd({ lr: 1 }),
    sgd({ lr: 1, momentum: 0.5 }),
    rmsprop(),
    rmsprop({ momentum: 0.5 }),
    adam(),
    adamw(),
  ].map(({ name, momentumName }) => `${name} ${String(momentumName)}`);
  expect(momentumNames).toEqual([
    'sgd undefined',
    'sgd momentum',
    'rmsprop undefined',
    'rmsprop momentum',
    'adam beta1',
    'adamw beta1',
  ]);
});

test('momentum counts as in use while some group has it above 0', () => {
  for (const optimizer of [
    sgd({ lr: 1, groups: [{ match: /head/ }] }),
    rmsprop({ groups: [{ match: /head/ }] }),
  ]) {
    expect(optimizer.momentumName).toBeUndefined();
    optimizer.set('momentum', 0.9, 1);
    expect(optimizer.momentumName).toBe('momentum');
    optimizer.set('momentum', 0);
    expect(optimizer.momentumName).toBeUndefined();
  }
  // Adam keeps its first moment whatever beta1 is.
  expect(adam({ beta1: 0 }).momentumName).toBe('beta1');
  const adapted = fromTfjs(tf.train.rmsprop(0.1));
  adapted.set('momentum', 0.9);
  expect(adapted.momentumName).toBe('momentum');
  adapted.dispose();
});

test('the defaults are those of PyTorch', () => {
  const defaults = [adam(), adamw(), rmsprop(), sgd({ lr: 1 })].map((optimizer) =>
    optimizer.hyperparameters.map((name) => optimizer.get(name)),
  );
  expect(defaults).toEqual([
    [1e-3, 0.9, 0.999, 1e-8, 0],
    [1e-3, 0.9, 0.999, 1e-8, 0.01],
    [1e-2, 0.99, 1e-8, 0, 0],
    [1, 0, 0, 0],
  ]);
});

test.each<[() => unknown, string]>([
  [() => sgd({} as SgdOptions), 'sgd: lr must be a number >= 0, got undefined'],
  [() => sgd(...([] as unknown as [SgdOptions])), 'sgd: lr must be a number >= 0, got undefined'],
  [() => sgd({ lr: -1 }), 'sgd: lr must be a number >= 0, got -1'],
  [() => sgd({ lr: Infinity }), 'sgd: lr must be a number >= 0, got Infinity'],
  [() => sgd({ lr: 1, momentum: 1 }), 'sgd: momentum must be a number >= 0 and < 1, got 1'],
  [() => sgd({ lr: 1, dampening: 2 }), 'sgd: dampening must be a number >= 0 and <= 1, got 2'],
  [() => sgd({ lr: 1, weightDecay: -1 }), 'sgd: weightDecay must be a number >= 0, got -1'],
  [
    () => sgd({ lr: 1, nesterov: true }),
    'sgd: nesterov needs momentum > 0 and dampening 0, got momentum 0 and dampening 0',
  ],
  [
    () => sgd({ lr: 1, momentum: 0.5, dampening: 0.5, nesterov: true }),
    'sgd: nesterov needs momentum > 0 and dampening 0, got momentum 0.5 and dampening 0.5',
  ],
  [
    () => sgd({ lr: 1, nesterov: 'yes' } as unknown as SgdOptions),
    'sgd: nesterov must be one of true, false, got "yes"',
  ],
  [
    () => adam({ learningRate: 1 } as AdamOptions),
    'adam: there is no option "learningRate"; the options are lr, beta1, beta2, eps, weightDecay, groups',
  ],
  [
    () => sgd({ lr: 1, nestrov: true } as SgdOptions),
    'sgd: there is no option "nestrov"; the options are lr, momentum, dampening, weightDecay, nesterov, groups',
  ],
  [() => adam({ beta1: 1 }), 'adam: beta1 must be a number >= 0 and < 1, got 1'],
  [() => adam({ beta2: -0.1 }), 'adam: beta2 must be a number >= 0 and < 1, got -0.1'],
  [() => adam({ eps: NaN }), 'adam: eps must be a number >= 0, got NaN'],
  [() => adamw({ weightDecay: -1 }), 'adamw: weightDecay must be a number >= 0, got -1'],
  [() => rmsprop({ alpha: 1 }), 'rmsprop: alpha must be a number >= 0 and < 1, got 1'],
  [
    () => adam({ groups: [{ match: /b/, beta1: 2 }] }),
    'adam: groups[0].beta1 must be a number >= 0 and < 1, got 2',
  ],
  [
    () => adam({ groups: [{ match: /b/, decay: 2 }] } as unknown as AdamOptions),
    'adam: there is no option "decay"; the options are lr, beta1, beta2, eps, weightDecay',
  ],
  [
    () => adam({ groups: [{ match: 'b' }] } as unknown as AdamOptions),
    'adam: groups[0].match must be a regular expression or a function, got b',
  ],
  [
    () => sgd({ lr: 1 }).set('momentum', 1.2),
    'sgd: momentum must be a number >= 0 and < 1, got 1.2',
  ],
  [
    () => sgd({ lr: 1 }).get('beta1'),
    'sgd: there is no hyper-parameter "beta1"; there are lr, momentum, dampening, weightDecay',
  ],
  [
    () => sgd({ lr: 1 }).set('toString', 1),
    'sgd: there is no hyper-parameter "toString"; there are lr, momentum, dampening, weightDecay',
  ],
  [() => sgd({ lr: 1 }).get('lr', 1), 'sgd: group must be an integer >= 0 and < 1, got 1'],
])('refuses what is out of range: %s', (make, message) => {
  expect(make).toThrow(message);
});

test.each([sgd, adam, adamw, rmsprop])('refuses a number in place of options: %p', (make) => {
  expect(() => make(0.1 as never)).toThrow(
    `${make.name}: options must be an object with names, got 0.1`,
  );
});

test('refuses gradients that fit no parameter', () => {
  const parameters = variables({ w: [1, 2] });
  const optimizer = adam();
  const before = tf.memory().numTensors;
  expect(() => step(optimizer, parameters, { v: [1, 2] })).toThrow(
    'adam: there is a gradient for "v", which is not a parameter',
  );
  expect(() => step(optimizer, parameters, { w: [1] })).toThrow(
    'adam: the gradient of "w" has shape [1], the parameter [2]',
  );
  // The two gradients, which belong to the test.
  expect(tf.memory().numTensors).toBe(before + 2);
  expect(read(parameters)).toEqual([1, 2]);
  free(parameters);
});
