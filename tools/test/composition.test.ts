import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '@tfloop/backend';
import type { BatchLoop, Optimizer } from '@tfloop/core';
import { toyProblem } from '@tfloop/core/testing';
import { adamw, sgd } from '@tfloop/optimizers';
import { conflict, conflicts, createShipped, shippedNames, type ShippedName } from '../shipped.ts';

type Name = ShippedName;
type List = readonly Name[];

const all = shippedNames;
const four: List = ['lookahead', 'oneCycle', 'mixup', 'stateReset'];

const optimizers: Readonly<Record<string, () => Optimizer>> = {
  sgd: () => sgd({ lr: 0.05, momentum: 0.9 }),
  adamw: () => adamw({ lr: 0.01 }),
};

const EPOCHS = 3;

const create = createShipped;

/** The lists of some of the names, each in the names' own order. */
function subsets([first, ...rest]: List): Name[][] {
  if (first === undefined) return [[]];
  return subsets(rest).flatMap((subset) => [subset, [first, ...subset]]);
}

function permutations(list: List): Name[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((name) =>
    permutations(list.filter((other) => other !== name)).map((rest) => [name, ...rest]),
  );
}

/** What came of a fit on the toy problem, by an optimizer that has its slots already. */
interface Outcome {
  readonly plan: string;
  /** All of the history but the time, all weights, all of the optimizer's state. */
  readonly numbers: readonly number[];
  /** Tensors more than before the fit. */
  readonly leaked: number;
  /** Loss on the training data, unmixed, before the fit and after it. */
  readonly losses: readonly [before: number, after: number];
}

async function train(list: List, optimizer: Optimizer, seed = 1): Promise<Outcome> {
  const { learner, numbers, dispose } = toyProblem({ optimizer, seed });
  const data: { x: tf.Tensor; y: tf.Tensor }[] = [];
  const keep = ({ phase, x, y }: BatchLoop) => {
    if (phase === 'train') data.push({ x: tf.clone(x as tf.Tensor), y: tf.clone(y as tf.Tensor) });
  };
  try {
    const callbacks = create(list);
    await learner.fit(1, [{ name: 'keep', beforeBatch: keep }]);
    const before = await learner.evaluate(data);
    const { numTensors } = tf.memory();
    const { rows } = await learner.fit(EPOCHS, callbacks);
    const leaked = tf.memory().numTensors - numTensors;
    const after = await learner.evaluate(data);
    const figures = rows.flatMap(({ trainLoss, smoothLoss, validLoss, ...row }) => [
      ...[trainLoss, smoothLoss, validLoss ?? NaN],
      ...Object.values({ ...row.metrics, ...row.trainMetrics, ...row.hyperparameters }),
    ]);
    return {
      plan: learner.explain(callbacks),
      numbers: [...figures, ...numbers()],
      leaked,
      losses: [before.loss, after.loss],
    };
  } finally {
    tf.dispose(data);
    dispose();
  }
}

/** No tensor left, no number but a finite one, and something learned. */
function expectSound({ numbers, leaked, losses: [before, after] }: Outcome): void {
  expect(leaked).toBe(0);
  expect(numbers.filter((number) => !Number.isFinite(number))).toEqual([]);
  expect(after).toBeLessThan(before);
}

test('the table holds every callback that a package runs the shared tests on', () => {
  const packages = join(import.meta.dirname, '..', '..', 'packages');
  const tested = readdirSync(packages)
    .filter((name) => name !== 'core')
    .flatMap((name) => readdirSync(join(packages, name, 'test')).map((file) => [name, file]))
    .map(([name = '', file = '']) => join(packages, name, 'test', file))
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => [
      ...readFileSync(file, 'utf8').matchAll(/describeCallback\(\{\s*name: '(\w+)/g),
    ])
    .map(([, name]) => name);
  expect([...new Set(tested)].sort()).toEqual(
    [...new Set(all.map((name) => name.replace(/\(.*/, '')))].sort(),
  );
});

describe.each(Object.entries(optimizers))('with %s', (_, optimizer) => {
  describe('a subset of the four has one plan and one result in every order of the list:', () => {
    test.each(subsets(four).map((list) => [list.join(' + ') || 'none', list] as const))(
      '%s',
      async (_, list) => {
        const outcome = await train(list, optimizer());
        expectSound(outcome);
        // The first of them is the list as it was, so this is a repetition too.
        for (const order of permutations(list))
          expect(await train(order, optimizer())).toEqual(outcome);
        expect((await train(list, optimizer(), 2)).numbers).not.toEqual(outcome.numbers);
      },
    );
  });

  test('every subset of the four trains in its own way', async () => {
    const results = new Set<string>();
    for (const list of subsets(four)) results.add(String((await train(list, optimizer())).numbers));
    expect(results.size).toBe(2 ** four.length);
  });

  describe('a pair has one plan and one result in both orders of the list:', () => {
    const pairs = subsets(all).filter((list) => list.length === 2 && !conflict(list));
    test.each(pairs.map((list) => [list.join(' + '), list] as const))('%s', async (_, list) => {
      const outcome = await train(list, optimizer());
      expectSound(outcome);
      expect(await train([...list].reverse(), optimizer())).toEqual(outcome);
    });
  });
});

test.each(conflicts)('%s and %s are refused: both own %s', (one, other, slot) => {
  const { learner, dispose } = toyProblem();
  for (const list of [
    [one, other],
    [other, one],
  ]) {
    const [first, second] = list;
    expect(() => learner.explain(create(list))).toThrow(
      `plan: ${first} and ${second} both own "${slot}"`,
    );
  }
  dispose();
});

test.each(conflicts)('a fit with %s and %s fails before any work', async (...pair) => {
  const [one, other] = pair;
  const { learner, numbers, dispose } = toyProblem();
  const [before, { numTensors }] = [numbers(), tf.memory()];
  await expect(learner.fit(1, create([one, other]))).rejects.toThrow('both own');
  expect([numbers(), tf.memory().numTensors]).toEqual([before, numTensors]);
  dispose();
});

describe('on WASM', () => {
  beforeAll(async () => {
    await useBackend({ backend: 'wasm', log: () => undefined });
  });

  // All that may go together at once; mixup and cutmix by turns.
  const stacks = (['mixup', 'cutmix'] as const).map((mixing) =>
    all.filter(
      (name) => name !== 'schedule(lr)' && (name === mixing || !['mixup', 'cutmix'].includes(name)),
    ),
  );
  const cases = Object.entries(optimizers).flatMap(([name, optimizer]) =>
    stacks.map((list) => [`${list.join(' + ')} with ${name}`, list, optimizer] as const),
  );
  test.each(cases)('the whole stack: %s', async (_, list, optimizer) => {
    expect(tf.getBackend()).toBe('wasm');
    const outcome = await train(list, optimizer());
    expectSound(outcome);
    expect(await train(list, optimizer())).toEqual(outcome);
    expect(await train([...list].reverse(), optimizer())).toEqual(outcome);
  });
});
