import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import type { Callback, Optimizer } from '@tfloop/core';
import { describeCallback, toyProblem } from '@tfloop/core/testing';
import { lookahead } from '@tfloop/lookahead';
import { oneCycle } from '@tfloop/one-cycle';
import { adam, adamw, fromTfjs, rmsprop, sgd } from '@tfloop/optimizers';
import { stateReset, type StateResetOptions, type StateResetReport } from '@tfloop/state-reset';
import { readmeExample } from '@tfloop/tools/readme-example';
import { line, steps } from './line.ts';

const others = {
  lookahead: () => lookahead({ k: 2, momentum: 'pullback' }),
  oneCycle: () => oneCycle({ maxLr: 0.1 }),
};

describeCallback({
  name: 'stateReset',
  create: () => stateReset({ when: { every: 1 } }),
  others,
  refuses: [
    [
      () => stateReset({ when: 'batch' as 'epoch' }),
      /^stateReset: when must be "lookahead-sync", "epoch", { every } or a function, got "batch"$/,
    ],
    [() => stateReset({} as StateResetOptions), /^stateReset: when must be .*, got undefined$/],
    [
      () => stateReset(...([] as unknown as [StateResetOptions])),
      /^stateReset: when must be .*, got undefined$/,
    ],
    [
      () => stateReset({ when: 'epoch', name: '' }),
      /^stateReset: name must be a text that is not empty, got ""$/,
    ],
    [
      () => stateReset({ when: null as unknown as 'epoch' }),
      /^stateReset: when must be .*, got null$/,
    ],
    [
      () => stateReset({ when: { evry: 2 } as unknown as { every: number } }),
      /^stateReset.when: there is no option "evry"; the options are every$/,
    ],
    [
      () => stateReset({ when: { every: 0 } }),
      /^stateReset: when.every must be an integer >= 1, got 0$/,
    ],
    [
      () => stateReset({ when: 'epoch', what: 'momentum' as 'all' }),
      /^stateReset: what must be one of "all", "first-moment", "second-moment", got "momentum"$/,
    ],
    [
      () => stateReset({ when: 'epoch', where: 'kernel' as unknown as RegExp }),
      /^stateReset: where must be a function or a regular expression$/,
    ],
    [
      () => stateReset({ when: 'epoch', on: 1 } as StateResetOptions),
      /^stateReset: there is no option "on"; the options are when, what, where, onReset, name$/,
    ],
  ],
});

describe.each<[string, StateResetOptions]>([
  ['each epoch', { when: 'epoch', what: 'first-moment' }],
  ['a function', { when: ({ step }) => step % 2 === 0, where: /hidden/ }],
])('at %s', (_name, options) => {
  describeCallback({ name: 'stateReset', create: () => stateReset(options), others });
});

describe('at lookahead-sync', () => {
  describeCallback({
    name: 'stateReset',
    create: () => stateReset({ when: 'lookahead-sync' }),
    companions: () => [lookahead({ k: 1 })],
    others: { oneCycle: others.oneCycle },
  });
});

test('the README example runs', () => readmeExample(join(import.meta.dirname, '..')));

test('tells loggers the options in force', () => {
  expect(stateReset({ when: 'epoch' }).options).toEqual({ when: 'epoch', what: 'all' });
  expect(stateReset({ when: () => true, where: /kernel/ }).options).toEqual({
    when: '()=>true',
    what: 'all',
    where: '/kernel/',
  });
});

describe('when', () => {
  // Momentum 0.5 and gradients 1: m ← 0.5 · m + 1 goes 1, 1.5, 1.75, 1.875 while nobody resets it. Moments are
  // as the next step finds them.
  test.each<[StateResetOptions['when'], number[], number[]]>([
    [{ every: 2 }, [1, 1.5, 1, 1.5, 1, 1.5], [1, 0, 1, 0, 1, 0]],
    // Counted over the whole fit, not from each epoch's beginning.
    [{ every: 4 }, [1, 1.5, 1.75, 1.875, 1, 1.5], [1, 1.5, 1.75, 0, 1, 1.5]],
    ['epoch', [1, 1.5, 1.75, 1, 1.5, 1.75], [1, 1.5, 0, 1, 1.5, 1.75]],
    [({ step }) => step === 1, [1, 1, 1.5, 1.75, 1.875, 1.9375], [0, 1, 1.5, 1.75, 1.875, 1.9375]],
  ])('%p', async (when, moves, moments) => {
    const { learner, dispose } = line(sgd({ lr: 1, momentum: 0.5 }), 3);
    const probe = steps();
    await learner.fit(2, [stateReset({ when }), probe]);
    expect(probe.moves).toEqual(moves);
    expect(probe.moments).toEqual(moments);
    dispose();
  });

  test('lookahead-sync: after the sync, the extra one at the end included', async () => {
    // k = 2, five steps in one epoch: synced and reset at 2 and 4, and at the end for the fifth.
    const { learner, dispose } = line(sgd({ lr: 1, momentum: 0.5 }), 5);
    const [probe, callback] = [steps(), stateReset({ when: 'lookahead-sync' })];
    await learner.fit(1, [callback, probe, lookahead({ k: 2 })]);
    expect(probe.moves).toEqual([1, 1.5, 1, 1.5, 1]);
    expect(probe.moments).toEqual([1, 0, 1, 0, 0]);
    expect(callback.totals.resets).toBe(3);
    dispose();
  });

  test('lookahead-sync does not plan without a callback that syncs', async () => {
    const { learner, dispose } = line(sgd({ lr: 1, momentum: 0.5 }), 1);
    await expect(learner.fit(1, [stateReset({ when: 'lookahead-sync' })])).rejects.toThrow(
      'stateReset requires "lookahead-sync", which no callback of the list is or provides',
    );
    dispose();
  });
});

test('two of different names serve one fit, each with totals of its own', async () => {
  const problem = toyProblem({ optimizer: adam({ lr: 0.01 }) });
  const often = stateReset({ when: { every: 2 }, what: 'first-moment', name: 'often' });
  const seldom = stateReset({ when: 'epoch', where: /bias/ });
  expect([often.name, seldom.name]).toEqual(['often', 'stateReset']);
  await problem.learner.fit(2, [often, seldom]);
  // 3 steps an epoch, 2 epochs; 80 + 5 + 15 trained elements, of which 5 are biases.
  expect(often.totals).toEqual({ resets: 3, elements: 300, slots: { expAvg: 300 } });
  expect(seldom.totals).toEqual({ resets: 1, elements: 10, slots: { expAvg: 5, expAvgSq: 5 } });
  expect(() => often.load?.(null)).toThrow("often: can't load this state");
  expect(() => problem.learner.explain([seldom, stateReset({ when: 'epoch' })])).toThrow(
    'plan: two callbacks are named "stateReset"',
  );
  problem.dispose();
});

describe('what and where', () => {
  /** Elements of slots that are not zero, by role and parameter, after a fit of 3 steps. */
  async function left(
    optimizer: Optimizer,
    options: Omit<StateResetOptions, 'when'>,
  ): Promise<Record<string, number>> {
    const problem = toyProblem({ optimizer });
    const reset = stateReset({ when: ({ step }) => step === 3, ...options });
    await problem.learner.fit(1, [reset]);
    const nonZero: Record<string, number> = {};
    for (const role of ['first-moment', 'second-moment'] as const)
      for (const [name, slot] of optimizer.slots(role))
        nonZero[`${role} ${name}`] = slot.dataSync().filter((value) => value !== 0).length;
    problem.dispose();
    return nonZero;
  }
  const [none, all] = [
    { hidden: 0, bias: 0, output: 0 },
    { hidden: 80, bias: 5, output: 15 },
  ];
  const both = (first: Record<string, number>, second: Record<string, number>) =>
    Object.fromEntries([
      ...Object.entries(first).map(([name, count]) => [`first-moment ${name}`, count]),
      ...Object.entries(second).map(([name, count]) => [`second-moment ${name}`, count]),
    ]) as Record<string, number>;

  test.each([
    [{}, both(none, none)],
    [{ what: 'first-moment' }, both(none, all)],
    [{ what: 'second-moment' }, both(all, none)],
    [{ where: (name: string) => name === 'bias' }, both({ ...all, bias: 0 }, { ...all, bias: 0 })],
    [{ where: /^(hidden|output)$/ }, both({ ...none, bias: 5 }, { ...none, bias: 5 })],
    // A global expression would, used as it is, skip every other name that it accepts.
    [{ where: /./g, what: 'first-moment' }, both(none, all)],
  ] as const)('%p', async (options, expected) => {
    expect(await left(adam({ lr: 0.01 }), options)).toEqual(expected);
  });
});

describe('reports', () => {
  test('every reset to onReset, and their sums in totals', async () => {
    // 3 steps an epoch, 2 epochs; 80 + 5 + 15 trained elements in each of Adam's two slots.
    const problem = toyProblem({ optimizer: adam({ lr: 0.01 }) });
    const reports: StateResetReport[] = [];
    const callback = stateReset({
      when: { every: 2 },
      onReset: (report) => reports.push(report),
    });
    await problem.learner.fit(2, [callback]);
    const one = { elements: 200, slots: { expAvg: 100, expAvgSq: 100 } };
    expect(reports).toEqual([
      { epoch: 0, step: 2, ...one },
      { epoch: 1, step: 4, ...one },
      { epoch: 1, step: 6, ...one },
    ]);
    expect(callback.totals).toEqual({
      resets: 3,
      elements: 600,
      slots: { expAvg: 300, expAvgSq: 300 },
    });

    await problem.learner.fit(1, [callback]);
    expect(callback.totals.resets).toBe(1);
    problem.dispose();
  });

  test('goes on from a state', async () => {
    const problem = toyProblem();
    const callback = stateReset({ when: { every: 1 } });
    const before = { resets: 40, elements: 4000, slots: { momentum: 3900, other: 100 } };
    const restore: Callback = { name: 'restore', beforeEpoch: () => callback.load?.(before) };
    await problem.learner.fit(1, [callback, restore]);
    const after = { resets: 43, elements: 4300, slots: { momentum: 4200, other: 100 } };
    expect(callback.totals).toEqual(after);
    expect(callback.state?.()).toEqual(after);
    expect(before.slots.momentum).toBe(3900);
    for (const state of [
      null,
      3,
      {},
      { resets: 1, elements: -1, slots: {} },
      { ...after, slots: 3 },
    ])
      expect(() => callback.load?.(state)).toThrow(
        "stateReset: can't load this state: it does not hold the counts of resets",
      );
    problem.dispose();
  });
});

describe('a reset of nothing is an error', () => {
  test.each<[string, () => Optimizer, Omit<StateResetOptions, 'when'>, string]>([
    [
      'an optimizer without state',
      () => sgd({ lr: 1 }),
      {},
      'stateReset.afterStep: there is nothing to reset: optimizer "sgd" keeps no state',
    ],
    [
      'one without the part',
      () => sgd({ lr: 1, momentum: 0.9 }),
      { what: 'second-moment' },
      'stateReset.afterStep: there is nothing to reset: optimizer "sgd" keeps no second-moment state',
    ],
    [
      'parameters that have no state',
      () => adam(),
      { where: /idle/ },
      'there is nothing to reset: optimizer "adam" keeps no state of the parameters that where accepts',
    ],
    [
      'no parameters',
      () => adam(),
      { where: /kernel/ },
      'stateReset.beforeFit: where accepts none of the 2 parameters, among them weight, idle',
    ],
  ])('%s', async (_name, create, options, message) => {
    const { learner, dispose } = line(create(), 3);
    // Said after the first step, long before the first reset is due.
    await expect(
      learner.fit(9, [stateReset({ when: { every: 1000 }, ...options })]),
    ).rejects.toThrow(message);
    dispose();
  });
});

describe('every optimizer, reset after each step, begins again each time', () => {
  test.each<[string, () => Optimizer]>([
    ['sgd with momentum', () => sgd({ lr: 0.1, momentum: 0.9, nesterov: true })],
    ['adam', () => adam({ lr: 0.1 })],
    ['adamw', () => adamw({ lr: 0.1, weightDecay: 0 })],
    ['rmsprop', () => rmsprop({ lr: 0.1, momentum: 0.9 })],
    ['rmsprop, centered', () => rmsprop({ lr: 0.1, centered: true })],
    ['tfjs momentum', () => fromTfjs(tf.train.momentum(0.1, 0.9))],
    ['tfjs adam', () => fromTfjs(tf.train.adam(0.1))],
    ['tfjs adagrad', () => fromTfjs(tf.train.adagrad(0.1))],
  ])('%s', async (_name, create) => {
    const { learner, dispose } = line(create(), 4);
    const [probe, callback] = [steps(), stateReset({ when: { every: 1 } })];
    await learner.fit(1, [probe, callback]);
    const [first = NaN, ...later] = probe.moves;
    for (const move of later) expect(move).toBeCloseTo(first, 5);
    expect(callback.totals.elements).toBeGreaterThanOrEqual(4);
    dispose();
  });
});
