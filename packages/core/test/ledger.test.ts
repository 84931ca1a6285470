import {
  CancelBatch,
  checkpoint,
  History,
  type Callback,
  type Ledger,
  type LedgerRow,
} from '@tfloop/core';
import { memoryStore, toyProblem } from '@tfloop/core/testing';
import { adam, adamw, fromTfjs, rmsprop, sgd } from '@tfloop/optimizers';
import { describe, expect, it, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { createShipped, shippedNames } from '@tfloop/tools/shipped';
import { at, expectNoLeak, line, rejection, throwing } from './fixtures.ts';

/** What is left alive on purpose, freed at the end of each test. */
const leaks: tf.Tensor[] = [];

function freeLeaks(): void {
  tf.dispose(leaks.splice(0));
}

function rowOf(
  { ledger }: History,
  callback: string | null,
  event: string,
  phase = 'train',
): LedgerRow | undefined {
  return ledger?.rows.find(
    (row) => row.callback === callback && row.event === event && row.phase === phase,
  );
}

/** A callback's figures in an event: calls, made, kept, leaked, reads. */
function figures(history: History, callback: string | null, event: string, phase = 'train') {
  const row = rowOf(history, callback, event, phase);
  return row && [row.calls, row.made, row.kept, row.leaked, row.readBacks];
}

/** Makes 3 tensors of 1, 2 and 4 floats: the first is given up at once, the second at the batch's end, the third never. */
function makesThree(wait: () => Promise<void> | undefined): Callback {
  let second: tf.Tensor | undefined;
  const work = (): void => {
    const first = tf.tensor([1]);
    first.dataSync();
    first.dispose();
    second = tf.tensor([1, 2]);
    leaks.push(tf.tensor([1, 2, 3, 4]));
  };
  return {
    name: 'three',
    afterStep() {
      const waited = wait();
      if (!waited) {
        work();
        second?.dataSync();
        return;
      }
      return waited.then(async () => {
        work();
        await second?.data();
      });
    },
    cleanupBatch() {
      second?.dispose();
    },
  };
}

describe.each([
  ['at once', () => undefined],
  ['after a promise', () => new Promise<void>(setImmediate)],
])('a callback that makes 3, keeps 2, leaks 1 and reads 2 in each of 2 steps, %s', (_, wait) => {
  it('has just that in the ledger, and nothing else leaks', async () => {
    const { learner, weight } = line();
    const history = await learner.fit(1, [makesThree(wait)], { ledger: true });
    expect(figures(history, 'three', 'afterStep')).toEqual([2, 6, 4, 2, 4]);
    expect(rowOf(history, 'three', 'afterStep')).toMatchObject({
      keptBytes: 2 * (8 + 16),
      leakedBytes: 2 * 16,
      peakBytes: 8 + 16,
      leaks: [{ dtype: 'float32', shape: [4], count: 2 }],
    });
    expect(history.ledger?.leaked).toEqual({ tensors: 2, bytes: 32 });
    expect(() => history.ledger?.refuseLeaks(1)).toThrow('three.afterStep: 2 × float32 [4]');
    history.ledger?.refuseLeaks(2);
    freeLeaks();
    weight.dispose();
  });

  it('has the same of each of two fits at once', async () => {
    const [one, other] = [line(), line()];
    const histories = await Promise.all([
      one.learner.fit(2, [makesThree(wait)], { ledger: true }),
      other.learner.fit(1, [makesThree(wait), at('afterBatch', () => new Promise(setImmediate))], {
        ledger: true,
      }),
    ]);
    expect(histories.map((history) => figures(history, 'three', 'afterStep'))).toEqual([
      [4, 12, 8, 4, 8],
      [2, 6, 4, 2, 4],
    ]);
    expect(histories.map(({ ledger }) => ledger?.leaked.tensors)).toEqual([4, 2]);
    freeLeaks();
    tf.dispose([one.weight, other.weight]);
  });
});

test('a tidy makes tensors and keeps none', async () => {
  const tidy = at(
    'beforeStep',
    () => tf.tidy(() => void tf.add(tf.scalar(1), tf.scalar(2))),
    'tidy',
  );
  const { learner } = line();
  const history = await learner.fit(1, [tidy], { ledger: true });
  expect(figures(history, 'tidy', 'beforeStep')).toEqual([2, 6, 0, 0, 0]);
  expect(rowOf(history, 'tidy', 'beforeStep')?.peakBytes).toBe(12);
});

test('what is given to the loop is kept, not leaked', async () => {
  const double: Callback = {
    name: 'double',
    beforeBatch: (loop) => void (loop.x = tf.mul(loop.x as tf.Tensor, 2)),
    afterBackward({ grads }) {
      for (const [name, gradient] of grads) grads.set(name, tf.clone(gradient));
    },
  };
  const { learner } = line();
  const history = await learner.fit(1, [double], { ledger: true });
  expect(figures(history, 'double', 'beforeBatch')?.slice(2)).toEqual([2, 0, 0]);
  expect(figures(history, 'double', 'beforeBatch', 'valid')?.slice(2)).toEqual([1, 0, 0]);
  expect(figures(history, 'double', 'afterBackward')).toEqual([2, 2, 2, 0, 0]);
});

describe('events that end early', () => {
  /** Makes a tensor and leaves in the same event. */
  const leaves = (error: () => unknown): Callback =>
    throwing(
      'beforeBatch',
      () => {
        leaks.push(tf.scalar(1));
        return error();
      },
      ({ batch }) => batch === 1,
      'leaver',
    );

  it.each([
    ['synchronous', leaves],
    [
      'asynchronous',
      (error: () => unknown): Callback => {
        const leaver = leaves(error);
        return {
          name: 'leaver',
          async beforeBatch(loop) {
            await Promise.resolve();
            await leaver.beforeBatch?.(loop);
          },
        };
      },
    ],
  ])('a cancelled %s one is counted to its end', async (_, make) => {
    const { learner } = line();
    const history = await learner.fit(1, [make(() => new CancelBatch())], { ledger: true });
    expect(figures(history, 'leaver', 'beforeBatch')).toEqual([2, 1, 1, 1, 0]);
    // The batch that was left has no step.
    expect(figures(history, null, 'optimizer')?.[0]).toBe(1);
    freeLeaks();
  });

  it('a fit that throws has its ledger on the loop’s history, and the engine is let go', async () => {
    const before = Object.getOwnPropertyNames(tf.engine()).sort();
    let history = new History();
    const { learner } = line();
    await rejection(
      learner.fit(
        1,
        [at('beforeFit', (loop) => void (history = loop.history)), leaves(() => new Error('no'))],
        { ledger: true },
      ),
    );
    expect(figures(history, 'leaver', 'beforeBatch')).toEqual([2, 1, 1, 1, 0]);
    expect(history.ledger?.leaked.tensors).toBe(1);
    expect(Object.getOwnPropertyNames(tf.engine()).sort()).toEqual(before);
    freeLeaks();
  });
});

test('a fit within a callback is the callback’s, and has its own ledger', async () => {
  const [outer, inner] = [line(), line()];
  let within: Ledger | undefined;
  const nested: Callback = {
    name: 'nested',
    async afterTrain() {
      const history = await inner.learner.fit(1, [makesThree(() => undefined)], { ledger: true });
      within = history.ledger;
    },
  };
  const history = await outer.learner.fit(1, [nested], { ledger: true });
  const sum = (of: (row: LedgerRow) => number) =>
    within?.rows.reduce((total, row) => total + of(row), 0);
  expect(within?.leaked.tensors).toBe(2);
  const row = rowOf(history, 'nested', 'afterTrain');
  expect(row).toMatchObject({ calls: 1, leaked: 2, readBacks: sum(({ readBacks }) => readBacks) });
  expect(row?.made).toBe(sum(({ made }) => made));
  freeLeaks();
});

test('a signal’s handlers have rows of their own', async () => {
  const sender: Callback = {
    name: 'sender',
    provides: ['now'],
    afterStep: (loop) => {
      leaks.push(tf.scalar(1));
      loop.signal('now');
    },
  };
  const listener: Callback = {
    name: 'listener',
    signals: { now: () => void leaks.push(tf.scalar(1), tf.scalar(2)) },
  };
  const history = await line().learner.fit(1, [sender, listener], { ledger: true });
  expect(figures(history, 'sender', 'afterStep')).toEqual([2, 2, 2, 2, 0]);
  expect(figures(history, 'listener', 'signals["now"]')).toEqual([2, 4, 4, 4, 0]);
  freeLeaks();
});

test('time is the callback’s own, and adds up to that of the fit', async () => {
  let now = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  const takes = (milliseconds: number) => () => void (now += milliseconds);
  const sender: Callback = {
    name: 'sender',
    provides: ['now'],
    afterStep: async (loop) => {
      now += 10;
      loop.signal('now');
      await Promise.resolve();
      now += 1;
    },
  };
  const listener: Callback = { name: 'listener', signals: { now: takes(5) } };
  const inTape = at('afterLoss', takes(3), 'in tape');
  const history = await line().learner.fit(1, [sender, listener, inTape], { ledger: true });
  jest.restoreAllMocks();
  const milliseconds = history.ledger?.rows
    .filter(({ seconds }) => seconds !== 0)
    .map(({ callback, event, phase, seconds }) => [
      callback,
      event,
      phase,
      Math.round(seconds * 1e3),
    ]);
  expect(milliseconds).toEqual([
    ['in tape', 'afterLoss', 'train', 6],
    ['sender', 'afterStep', 'train', 22],
    ['listener', 'signals["now"]', 'train', 10],
    ['in tape', 'afterLoss', 'valid', 3],
  ]);
});

test('the loop’s own work has rows', async () => {
  const { learner } = line();
  // The host gets its turn after so many milliseconds of work, and then losses are read: a slow machine would read more often.
  jest.spyOn(performance, 'now').mockReturnValue(0);
  const history = await learner.fit(2, [], { ledger: true });
  jest.restoreAllMocks();
  const calls = history.ledger?.rows.map(({ callback, event, phase, calls }) => {
    expect(callback).toBeNull();
    return `${phase} ${event} ${calls}`;
  });
  // Two batches of training and one of validation in each epoch, and the end of each.
  expect(calls?.sort()).toEqual([
    'train backward 4',
    'train data 6',
    'train figures 2',
    'train loop 1',
    'train loss 4',
    'train metrics 4',
    'train model 4',
    'train observers 8',
    'train optimizer 4',
    'valid data 4',
    'valid loss 2',
    'valid metrics 2',
    'valid model 2',
  ]);
  // The losses of an epoch are read together, those of training and of validation.
  expect(figures(history, null, 'figures')?.[4]).toBe(4);
  history.ledger?.refuseLeaks();
});

test('peak bytes are those of the engine', async () => {
  const { learner } = line();
  let most = 0;
  const big = at('beforeStep', () => {
    tf.tidy(() => {
      tf.zeros([1000]);
      most = Math.max(most, tf.memory().numBytes);
    });
  });
  const history = await learner.fit(1, [big], { ledger: true });
  expect(history.ledger?.peakBytes).toBe(most);
});

test.each([
  ['sgd', () => sgd({ lr: 0.1, momentum: 0.9 })],
  ['adam', () => adam()],
  ['adamw', () => adamw()],
  ['rmsprop', () => rmsprop()],
  ['fromTfjs(adam)', () => fromTfjs(tf.train.adam(0.1))],
  ['fromTfjs(momentum)', () => fromTfjs(tf.train.momentum(0.1, 0.9))],
])('what an optimizer remembers is no leak, whoever made it: %s', async (_, make) => {
  const problem = toyProblem({ optimizer: make() });
  const reload = at(
    'afterTrain',
    ({ optimizer }) => {
      const state = optimizer.state();
      optimizer.load(state);
      tf.dispose(Object.values(state.slots));
    },
    'reload',
  );
  const history = await problem.learner.fit(2, [reload], { ledger: true });
  expect(rowOf(history, 'reload', 'afterTrain')?.kept).toBeGreaterThan(0);
  history.ledger?.refuseLeaks();
  problem.dispose();
});

test('what leaks in the loop’s own work is told as well', async () => {
  const { learner } = line({
    loss: (pred) => {
      leaks.push(tf.keep(tf.scalar(1)));
      return tf.mean(tf.square(pred as tf.Tensor));
    },
  });
  const history = await learner.fit(1, [], { ledger: true });
  expect(() => history.ledger?.refuseLeaks()).toThrow(
    "the loop's loss: 2 × float32 []; the loop's loss in validation: 1 × float32 []",
  );
  freeLeaks();
});

describe('shipped callbacks', () => {
  it.each(shippedNames)('%s leaks nothing', async (name) => {
    const problem = toyProblem({ optimizer: adamw() });
    const history = await problem.learner.fit(2, createShipped([name]), { ledger: true });
    expect(history.ledger?.rows.some(({ callback }) => callback !== null)).toBe(true);
    history.ledger?.refuseLeaks();
    problem.dispose();
  });
});

test('the drawing takes the ledger, also one that was JSON', async () => {
  const callbacks = [at('afterStep', () => undefined, 'idle')];
  const { learner } = line();
  const { ledger } = await learner.fit(1, callbacks, { ledger: true });
  expect(learner.explain(callbacks, ledger)).toMatch(/\n {8}idle +2 +\d+\.\d +0 +0 +0 B/);
  const read = JSON.parse(JSON.stringify(ledger)) as { rows: LedgerRow[] };
  expect(learner.explain(callbacks, read)).toBe(learner.explain(callbacks, ledger));
});

test('without the option there is no ledger, nothing is watched, and a wrong option is refused', async () => {
  const { learner } = line();
  const before = Object.getOwnPropertyNames(tf.engine());
  const during: string[][] = [];
  const look = at('afterStep', () => during.push(Object.getOwnPropertyNames(tf.engine())));
  const history = await learner.fit(1, [look]);
  expect(history.ledger).toBeUndefined();
  expect(during).toEqual([before, before]);
  const error = await rejection(learner.fit(1, [], { ledger: 'yes' as unknown as boolean }));
  expect(error.message).toBe('Learner.fit: ledger must be one of true, false, got "yes"');
});

test('keeping the books leaves nothing behind and changes no figure', async () => {
  const fit = async (ledger: boolean) => {
    const problem = toyProblem({ optimizer: adam() });
    await problem.learner.fit(2, createShipped(['lookahead', 'mixup']), { ledger });
    const numbers = problem.numbers();
    problem.dispose();
    return numbers;
  };
  const expected = await fit(false);
  await expectNoLeak(async () => expect(await fit(true)).toEqual(expected));
});

test('a checkpoint and a resumed fit leak nothing', async () => {
  const store = memoryStore();
  for (const epochs of [1, 2]) {
    const problem = toyProblem({ optimizer: adamw() });
    const callbacks = [
      ...createShipped(['lookahead', 'mixup']),
      checkpoint({ dir: store, every: { steps: 1 } }),
    ];
    const history = await problem.learner.fit(epochs, callbacks, {
      ledger: true,
      ...(epochs === 2 && { resume: { from: 'auto', allow: ['epochs'] } }),
    });
    expect(history.rows).toHaveLength(epochs);
    // Checkpoints read what they write, between batches.
    expect(rowOf(history, 'checkpoint', 'atRest')?.readBacks).toBeGreaterThan(0);
    history.ledger?.refuseLeaks();
    problem.dispose();
  }
});
