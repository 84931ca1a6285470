import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from '@jest/globals';
import { CancelStep, Learner, meanSquaredError, type Callback, type Optimizer } from '@tfloop/core';
import { toyProblem } from '@tfloop/core/testing';
import { lookahead } from '@tfloop/lookahead';
import { adam, adamw, rmsprop, sgd } from '@tfloop/optimizers';
import { stateReset } from '@tfloop/state-reset';
import { line, recording } from './line.ts';

const ones = (n: number) => Array.from({ length: n }, () => 1);

test('is k steps forward and one back, by hand', async () => {
  // lr 1 and gradients 1: each step is −1. k = 3, α = 0.5, from 0:
  // −1, −2, −3 → 0 + 0.5 · (−3 − 0) = −1.5; −2.5, −3.5, −4.5 → −1.5 + 0.5 · (−4.5 + 1.5) = −3; −4.
  const { learner, dispose } = line({ gradients: ones(7) });
  const { fast, slow, ...recorder } = recording();
  await learner.fit(1, [lookahead({ k: 3, alpha: 0.5 }), recorder]);
  expect(fast.flat()).toEqual([-1, -2, -1.5, -2.5, -3.5, -3, -4]);
  expect(slow.flat()).toEqual([0, 0, -1.5, -1.5, -1.5, -3, -3]);
  dispose();
});

test('goes on counting over the epochs', async () => {
  // The same seven steps as four epochs of two: the eighth is −5.
  const { learner, dispose } = line({ gradients: ones(2) });
  const { fast, ...recorder } = recording();
  await learner.fit(4, [lookahead({ k: 3, alpha: 0.5 }), recorder]);
  expect(fast.flat()).toEqual([-1, -2, -1.5, -2.5, -3.5, -3, -4, -5]);
  dispose();
});

test('begins a new cycle at the weights of each fit', async () => {
  // First fit, k = 3: −1, −2, at the end 0.5 · −2 = −1. Second: −2, −3, −4 → −1 + 0.5 · −3 = −2.5, −3.5, then
  // at the end −2.5 + 0.5 · −1 = −3.
  const first = line({ gradients: ones(2) });
  const callback = lookahead({ k: 3, alpha: 0.5 });
  await first.learner.fit(1, [callback]);
  expect(first.value()).toBe(-1);
  const { fast, ...recorder } = recording();
  await first.learner.fit(2, [callback, recorder]);
  expect(fast.flat()).toEqual([-2, -3, -2.5, -3.5]);
  expect(first.value()).toBe(-3);
  first.dispose();
});

test('does not count cancelled steps', async () => {
  // The second batch and the fifth do no step; the sync is at the third and the sixth step, as above.
  const { learner, dispose } = line({ gradients: [1, 100, 1, 1, 100, 1, 1, 1] });
  const skip: Callback = {
    name: 'skip',
    beforeStep({ batch }) {
      if (batch === 1 || batch === 4) throw new CancelStep();
    },
  };
  const { fast, ...recorder } = recording();
  await learner.fit(1, [lookahead({ k: 3, alpha: 0.5 }), skip, recorder]);
  expect(fast.flat()).toEqual([-1, -2, -1.5, -2.5, -3.5, -3]);
  dispose();
});

test('sends lookahead-sync at every sync, with the slow weights in place', async () => {
  const { learner, value, dispose } = line({ gradients: ones(7) });
  const seen: number[] = [];
  const listener: Callback = {
    name: 'listener',
    requires: ['lookahead-sync'],
    signals: { 'lookahead-sync': () => void seen.push(value()) },
  };
  await learner.fit(1, [lookahead({ k: 3, alpha: 0.5 }), listener]);
  // The last one is of the rest of one step: −3 + 0.5 · (−4 + 3) = −3.5.
  expect(seen).toEqual([-1.5, -3, -3.5]);
  dispose();
});

const optimizers: Record<string, () => Optimizer> = {
  'sgd with momentum': () => sgd({ lr: 0.1, momentum: 0.9 }),
  adamw: () => adamw({ lr: 0.05 }),
  rmsprop: () => rmsprop({ lr: 0.02, momentum: 0.5 }),
};

async function toyResult(optimizer: Optimizer, callbacks: Callback[]): Promise<number[]> {
  const problem = toyProblem({ optimizer });
  await problem.learner.fit(4, callbacks);
  const numbers = problem.numbers();
  problem.dispose();
  return numbers;
}

describe.each(Object.entries(optimizers))('around %s', (_name, create) => {
  test.each(['keep', 'pullback'] as const)(
    'is the optimizer alone at alpha 1, bit for bit, momentum %s',
    async (momentum) => {
      const alone = await toyResult(create(), []);
      expect(await toyResult(create(), [lookahead({ k: 5, alpha: 1, momentum })])).toEqual(alone);
    },
  );

  test('comes back to the first weights every k steps at alpha 0', async () => {
    // 12 steps: synced at 3, 6, 9 and 12.
    const problem = toyProblem({ optimizer: create() });
    const weights: number[][] = [];
    const take = ({ parameters }: { parameters: ReadonlyMap<string, tf.Variable> }) =>
      [...parameters.values()].flatMap((variable) => [...variable.dataSync()]);
    const probe: Callback = {
      name: 'probe',
      beforeFit: (loop) => void weights.push(take(loop)),
      afterStep(loop) {
        if (loop.step % 3 === 0) weights.push(take(loop));
      },
    };
    await problem.learner.fit(4, [lookahead({ k: 3, alpha: 0 }), probe]);
    expect(weights).toHaveLength(5);
    for (const later of weights) expect(later).toEqual(weights[0]);
    problem.dispose();
  });
});

test('is damped gradient descent at k 1', async () => {
  // φ + α · (φ − lr · g − φ) = φ − α · lr · g: lr 0.2 and α 0.3 are lr 0.06.
  const damped = await toyResult(sgd({ lr: 0.2 }), [lookahead({ k: 1, alpha: 0.3 })]);
  const alone = await toyResult(sgd({ lr: 0.06 }), []);
  damped.forEach((value, i) => expect(value).toBeCloseTo(alone[i]!, 6));
});

interface Golden {
  readonly x: number[][];
  readonly y: number[][];
  readonly initial: { readonly kernel: number[][]; readonly bias: number[] };
  readonly runs: readonly {
    readonly options: {
      readonly optimizer: 'sgd' | 'adam';
      readonly lr: number;
      readonly momentum?: number;
      readonly k: number;
      readonly alpha: number;
      readonly resetState: boolean;
    };
    readonly fast: number[][];
    readonly slow: number[][];
  }[];
}

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../tools/oracles/lookahead.json'), 'utf8'),
) as Golden;

test.each(golden.runs)('is optax.lookahead at every step: $options', async (run) => {
  const { optimizer: name, lr, momentum = 0, k, alpha, resetState } = run.options;
  const variables = {
    kernel: tf.tidy(() => tf.variable(tf.tensor2d(golden.initial.kernel))),
    bias: tf.tidy(() => tf.variable(tf.tensor1d(golden.initial.bias))),
  };
  const batch = { x: tf.tensor2d(golden.x), y: tf.tensor2d(golden.y) };
  const optimizer = name === 'sgd' ? sgd({ lr, momentum }) : adam({ lr });
  const learner = new Learner({
    model: {
      variables,
      forward: (x) => tf.add(tf.matMul(x as tf.Tensor, variables.kernel), variables.bias),
    },
    loss: meanSquaredError(),
    optimizer,
    data: { train: run.fast.map(() => batch) },
  });
  const { fast, slow, ...recorder } = recording();
  const reset = resetState ? [stateReset({ when: 'lookahead-sync' })] : [];
  await learner.fit(1, [lookahead({ k, alpha }), ...reset, recorder]);
  expect(fast).toHaveLength(34);
  run.fast.forEach((weights, step) => {
    weights.forEach((value, i) => expect(fast[step]![i]).toBeCloseTo(value, 5));
    run.slow[step]!.forEach((value, i) => expect(slow[step]![i]).toBeCloseTo(value, 5));
  });
  optimizer.dispose();
  tf.dispose([batch, variables]);
});
