import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { adam, fromTfjs } from '@tfloop/optimizers';
import {
  close,
  copy,
  cycle,
  free,
  freeState,
  read,
  step,
  train,
  variables,
  wave,
} from './helpers.ts';
import { expectExactResume, expectFreezingShiftsNobody } from './behaviours.ts';

interface Row {
  make: () => tf.Optimizer;
  name: string;
  hyperparameters: string[];
  momentumName: string | undefined;
  /** Slot names by role. */
  first: string[];
  second: string[];
  /** What a new slot holds. */
  initial?: number;
  /** Whether one bias correction serves all parameters. */
  product?: boolean;
}

const table: Row[] = [
  {
    make: () => tf.train.sgd(0.1),
    name: 'tfjs-sgd',
    hyperparameters: ['lr'],
    momentumName: undefined,
    first: [],
    second: [],
  },
  {
    make: () => tf.train.momentum(0.1, 0.9, true),
    name: 'tfjs-momentum',
    hyperparameters: ['lr', 'momentum'],
    momentumName: 'momentum',
    first: ['momentum'],
    second: [],
  },
  {
    make: () => tf.train.adagrad(0.1, 0.25),
    name: 'tfjs-adagrad',
    hyperparameters: ['lr'],
    momentumName: undefined,
    first: [],
    second: ['accumulator'],
    initial: 0.25,
  },
  {
    make: () => tf.train.adadelta(0.1, 0.9, 0.01),
    name: 'tfjs-adadelta',
    hyperparameters: ['lr'],
    momentumName: undefined,
    first: [],
    second: ['accum_grad', 'accum_var'],
  },
  {
    make: () => tf.train.adam(0.1),
    name: 'tfjs-adam',
    hyperparameters: ['lr', 'beta1'],
    momentumName: 'beta1',
    first: ['m'],
    second: ['v'],
    product: true,
  },
  {
    make: () => tf.train.adamax(0.1, 0.9, 0.999, 1e-7, 0.01),
    name: 'tfjs-adamax',
    hyperparameters: ['lr', 'beta1'],
    momentumName: 'beta1',
    first: ['m'],
    second: ['v'],
    product: true,
  },
  {
    make: () => tf.train.rmsprop(0.01, 0.9, 0.5, 0.01),
    name: 'tfjs-rmsprop',
    hyperparameters: ['lr', 'momentum'],
    momentumName: 'momentum',
    first: ['momentum'],
    second: ['rms'],
  },
  {
    make: () => tf.train.rmsprop(0.01, 0.9, 0.5, 1e-7, true),
    name: 'tfjs-rmsprop',
    hyperparameters: ['lr', 'momentum'],
    momentumName: 'momentum',
    first: ['momentum'],
    second: ['rms', 'mg'],
  },
];

let before = 0;
beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => {
  before = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(before));

describe.each(
  table.map((row): [string, Row] => [`${row.name} ${JSON.stringify(row.second)}`, row]),
)('%s', (_, { make, name, hyperparameters, momentumName, first, second, initial = 0, product }) => {
  test('has its names', () => {
    const optimizer = fromTfjs(make());
    expect(optimizer.name).toBe(name);
    expect(optimizer.hyperparameters).toEqual(hyperparameters);
    expect(optimizer.momentumName).toBe(momentumName);
    optimizer.dispose();
  });

  test('steps as the optimizer itself, bit for bit', () => {
    const one = variables({ a: [1, 2], b: [3, 4, 5] });
    const other = copy(one);
    const adapted = fromTfjs(make());
    const plain = make();
    for (let index = 0; index < 20; index++) {
      const gradients = wave(one, index);
      step(adapted, one, gradients);
      tf.tidy(() =>
        plain.applyGradients(
          [...other].map(([key, variable]) => ({
            name: variable.name,
            tensor: tf.tensor1d(gradients[key]!),
          })),
        ),
      );
    }
    expect(read(one)).toEqual(read(other));
    adapted.dispose();
    fromTfjsLeaves(plain);
    free(one);
    free(other);
  });

  test('a step leaves only its slots, and dispose nothing', () => {
    const parameters = variables({ a: [1, 2], b: [3] });
    const optimizer = fromTfjs(make());
    const start = tf.memory().numTensors;
    cycle(optimizer, parameters, 0, 1);
    expect(tf.memory().numTensors).toBe(start + 2 * (first.length + second.length));
    cycle(optimizer, parameters, 1, 5);
    expect(tf.memory().numTensors).toBe(start + 2 * (first.length + second.length));
    optimizer.dispose();
    optimizer.dispose();
    expect(() => step(optimizer, parameters, {})).toThrow(
      `${name}: the optimizer has been disposed of`,
    );
    free(parameters);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('freezing the first parameter shifts nobody', () => {
    expectFreezingShiftsNobody(() => fromTfjs(make()));
  });

  test('lr 0 stops it, and lr back lets it go on', () => {
    const parameters = variables({ a: [1, 2] });
    const optimizer = fromTfjs(make());
    train(optimizer, parameters, 0, 2);
    const lr = optimizer.get('lr');
    optimizer.set('lr', 0);
    expect(optimizer.get('lr')).toBe(0);
    // RMSProp keeps steps scaled by the rate in its momentum.
    if (name === 'tfjs-rmsprop') optimizer.set('momentum', 0);
    const still = read(parameters);
    train(optimizer, parameters, 2, 3);
    expect(read(parameters)).toEqual(still);
    optimizer.set('lr', lr);
    train(optimizer, parameters, 3, 4);
    expect(read(parameters)).not.toEqual(still);
    optimizer.dispose();
    free(parameters);
  });

  test('goes on exactly after 138 steps with cycled momentum', () => {
    expectExactResume(
      () => fromTfjs(make()),
      (loaded, saved, state) => {
        expect(JSON.parse(JSON.stringify(state.groups))).toEqual(state.groups);
        for (const hyper of hyperparameters) expect(loaded.get(hyper)).toBe(saved.get(hyper));
      },
    );
  });

  test('after a reset of everything it is a fresh optimizer', () => {
    const one = variables({ a: [1, 2], b: [3, 4, 5] });
    const used = fromTfjs(make());
    train(used, one, 0, 30);
    const other = copy(one);
    const fresh = fromTfjs(make());
    const { elements, slots } = used.reset();
    expect(Object.keys(slots).sort()).toEqual([...first, ...second].sort());
    expect(elements).toBe(5 * (first.length + second.length));
    train(used, one, 30, 36);
    train(fresh, other, 30, 36);
    expect(read(one)).toEqual(read(other));
    for (const optimizer of [used, fresh]) optimizer.dispose();
    free(one);
    free(other);
  });

  test('a partial reset gives the slots of one moment their first value', () => {
    const parameters = variables({ a: [1, 2], b: [3] });
    const optimizer = fromTfjs(make());
    train(optimizer, parameters, 0, 3);
    for (const [what, names] of [
      ['first-moment', first],
      ['second-moment', second],
    ] as const) {
      const report = optimizer.reset({ what });
      expect(report.slots).toEqual(Object.fromEntries(names.map((slot) => [slot, 3])));
      const wanted = names.length > 0 ? [initial, initial, initial] : [];
      expect(read(optimizer.slots(what))).toEqual(wanted);
    }
    train(optimizer, parameters, 3, 5);
    expect(read(parameters).some(Number.isNaN)).toBe(false);
    optimizer.dispose();
    free(parameters);
  });

  test('a reset of some parameters only, where their corrections are their own', () => {
    const parameters = variables({ a: [1, 2], b: [3] });
    const optimizer = fromTfjs(make());
    train(optimizer, parameters, 0, 3);
    const reset = () => optimizer.reset({ where: (key) => key === 'b' });
    if (product)
      expect(reset).toThrow(
        `${name}: can't reset some parameters only, because one bias correction serves all`,
      );
    else expect(reset().elements).toBe(first.length + second.length);
    optimizer.dispose();
    free(parameters);
  });

  test('refuses parameter groups, unknown names, values out of range and foreign states', () => {
    const optimizer = fromTfjs(make());
    expect(() => optimizer.get('lr', 1)).toThrow(`${name}: group must be 0, got 1`);
    expect(() => optimizer.set('weightDecay', 1)).toThrow(
      `${name}: there is no hyper-parameter "weightDecay" to be set; there are ${hyperparameters.join(', ')}`,
    );
    expect(() => optimizer.set('lr', -1)).toThrow(`${name}: lr must be a number >= 0, got -1`);
    const state = optimizer.state();
    expect(() => optimizer.load({ ...state, optimizer: 'adam' })).toThrow(
      `${name}: can't load this state: it is of adam, not of ${name}`,
    );
    if (product)
      expect(() => optimizer.load({ ...state, slots: {} })).toThrow(
        `${name}: can't load this state: it has no accBeta1 of "*"`,
      );
    freeState(state);
    optimizer.dispose();
  });
});

test('momentum reaches the step of Momentum, as does what setMomentum only said it did', () => {
  const parameters = variables({ w: [1] });
  const plain = tf.train.momentum(1, 0.5);
  plain.setMomentum(0.25);
  const optimizer = fromTfjs(plain);
  step(optimizer, parameters, { w: [1] }); // a = 1, w = 0
  step(optimizer, parameters, { w: [1] }); // a = .25 + 1, w = −1.25
  close(read(parameters), [-1.25]);
  optimizer.set('momentum', 0);
  step(optimizer, parameters, { w: [1] }); // a = 1, w = −2.25
  close(read(parameters), [-2.25]);
  optimizer.dispose();
  free(parameters);
});

test('under a cycled beta1 the correction of Adam goes by the product of the beta1 in use', () => {
  const parameters = variables({ w: [0] });
  const optimizer = fromTfjs(tf.train.adam(0.1, 0.9, 0.999, 0));
  // Under a constant gradient a mean that is weighted right is the gradient itself, so each move is lr.
  for (const [index, beta1] of [0.5, 0.8, 0.95, 0.9, 0, 0.7].entries()) {
    optimizer.set('beta1', beta1);
    step(optimizer, parameters, { w: [2] });
    close(read(parameters), [-0.1 * (index + 1)], 1e-5);
  }
  optimizer.dispose();
  free(parameters);
});

test.each(['first-moment', 'second-moment'] as const)(
  'a reset of the %s of Adam restarts its correction and not the other',
  (what) => {
    const parameters = variables({ w: [0] });
    const optimizer = fromTfjs(tf.train.adam(0.1, 0.9, 0.999, 0));
    for (let index = 0; index < 10; index++) step(optimizer, parameters, { w: [2] });
    optimizer.reset({ what });
    step(optimizer, parameters, { w: [2] });
    // Under a constant gradient each move is lr, if each moment is divided by its own correction.
    close(read(parameters), [-1.1], 1e-5);
    optimizer.dispose();
    free(parameters);
  },
);

test('refuses a state whose slots are not of the same parameters', () => {
  const parameters = variables({ w: [1] });
  const optimizer = fromTfjs(tf.train.adam(0.1));
  step(optimizer, parameters, { w: [1] });
  const state = optimizer.state();
  const slots = { ...state.slots, v: { ...state.slots['v'], u: state.slots['v']!['w']! } };
  expect(() => optimizer.load({ ...state, slots })).toThrow(
    'tfjs-adam: can\'t load this state: it has no m of "u"',
  );
  freeState(state);
  optimizer.dispose();
  free(parameters);
});

test('refuses what has stepped already, and what it does not know', () => {
  const parameters = variables({ w: [1] });
  const used = tf.train.adam(0.1);
  tf.tidy(() => {
    used.applyGradients([{ name: parameters.get('w')!.name, tensor: tf.tensor1d([1]) }]);
  });
  expect(() => fromTfjs(used)).toThrow(
    'fromTfjs: this Adam has done a step and keeps its slots by position; adapt it before its first step',
  );
  used.dispose();
  for (const [given, got] of [
    [adam(), 'one of @tfloop/optimizers, which needs no adapter'],
    ['adam', 'adam'],
    [undefined, 'undefined'],
  ] as const)
    expect(() => fromTfjs(given as unknown as tf.Optimizer)).toThrow(
      `fromTfjs: optimizer must be one of SGD, Momentum, Adagrad, Adadelta, Adam, Adamax, RMSProp, got ${got}`,
    );
  const other = { getClassName: () => 'Lion' } as unknown as tf.Optimizer;
  expect(() => fromTfjs(other)).toThrow(
    'fromTfjs: optimizer must be one of SGD, Momentum, Adagrad, Adadelta, Adam, Adamax, RMSProp, got Lion',
  );
  free(parameters);
});

test('refuses a state of the same optimizer with other fixed numbers', () => {
  const one = fromTfjs(tf.train.adam(0.1, 0.9, 0.99));
  const other = fromTfjs(tf.train.adam(0.1, 0.9, 0.999));
  const state = one.state();
  expect(() => other.load(state)).toThrow(
    "tfjs-adam: can't load this state: its beta2 is 0.99, this optimizer's 0.999",
  );
  freeState(state);
  one.dispose();
  other.dispose();
});

/** Frees a plain tfjs optimizer, with the scalar that Momentum's own dispose leaves. */
function fromTfjsLeaves(optimizer: tf.Optimizer): void {
  optimizer.dispose();
  (optimizer as unknown as { c?: tf.Scalar }).c?.dispose();
}
