import * as tf from '@tensorflow/tfjs';
import type { Callback } from '../callback.ts';
import { EVENTS, type EventName } from '../events.ts';
import {
  CancelBatch,
  CancelEpoch,
  CancelFit,
  CancelStep,
  CancelTrain,
  CancelValidate,
} from '../cancel.ts';
import { CallbackError } from '../fire.ts';
import type { History } from '../history.ts';
import { equal } from './equal.ts';
import { resumesExactly } from './resumes-exactly.ts';
import { toyProblem, type ToyProblem } from './toy-problem.ts';

/** The functions of a test runner that the suite needs: jest's and vitest's globals, or `node:test`'s. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => void;
  readonly test: (name: string, body: () => Promise<void>) => void;
}

/** What {@link describeCallback} tests. */
export interface CallbackCase {
  readonly name: string;
  /** Makes the callback, with options under which it acts on every one of the toy problem's nine steps. */
  create(): Callback;
  /** Callbacks that it can't do without. @default none */
  companions?(): Callback[];
  /** Options that have to be refused, and what the message has to say. */
  readonly refuses?: readonly (readonly [create: () => unknown, message: RegExp])[];
  /** Callbacks that it has to work with. */
  readonly others?: Readonly<Record<string, () => Callback>>;
  /** @default the global `describe` and `test` */
  readonly runner?: TestRunner;
}

const FAILURES: readonly (readonly [name: string, make: () => Error])[] = [
  ['an error', () => new Error('sabotage')],
  ['CancelStep', () => new CancelStep()],
  ['CancelBatch', () => new CancelBatch()],
  ['CancelTrain', () => new CancelTrain()],
  ['CancelValidate', () => new CancelValidate()],
  ['CancelEpoch', () => new CancelEpoch()],
  ['CancelFit', () => new CancelFit()],
];

/**
 * The tests that every callback has to pass: options refused, no tensor left behind by success, cancel or error
 * at any event, one instance in two fits, equal runs from equal seeds, nobody else's random numbers disturbed, a fit
 * killed or stopped at any event and resumed that ends bit for bit as the unbroken one, and the same result with others in any
 * order of the list. Needs `fast-check`, which draws the moments to kill at.
 *
 * ```ts
 * describeCallback({ name: 'lookahead', create: () => lookahead({ k: 2 }) });
 * ```
 */
export function describeCallback(subject: CallbackCase): void {
  const { describe, test } = subject.runner ?? globalRunner();
  const companions = () => subject.companions?.() ?? [];
  const list = () => [subject.create(), ...companions()];

  describe(`${subject.name} as a callback`, () => {
    for (const [create, message] of subject.refuses ?? [])
      test(`refuses an option: ${message.source}`, async () => {
        same(await messageOf(create), message);
      });

    test('leaves no tensor behind after a fit', async () => {
      await onToyProblem(async ({ learner }) => {
        await learner.fit(3, list());
      });
    });

    for (const [failure, make] of FAILURES)
      test(`leaves no tensor behind after ${failure} at any event, and the learner fits again`, async () => {
        await onToyProblem(async (problem, leavesNothing) => {
          for (const event of EVENTS)
            for (const order of failure === 'an error' ? [-1e6, 1e6] : [1e6]) {
              await survives(problem, list(), saboteur(event, order, make));
              leavesNothing(`${failure} in ${event}`);
            }
        });
      });

    test('serves two fits with one instance as two instances would', async () => {
      const one = list();
      const [withOne, withTwo] = [await resultOf(() => one, 2), await resultOf(list, 2)];
      equal(withOne, withTwo, 'two fits with one instance and with two');
    });

    test('gives equal runs from equal seeds', async () => {
      equal(await resultOf(list), await resultOf(list), 'two runs from one seed');
    });

    test('disturbs nobody else’s random numbers', async () => {
      equal(
        await dataOrderAfter(list()),
        await dataOrderAfter([]),
        'data order with and without it',
      );
    });

    test('has a state that belongs to whoever asked for it', async () => {
      await onToyProblem(async ({ learner }) => {
        const callbacks = list();
        const ask = () => {
          for (const callback of callbacks) tf.dispose(callback.state?.() as tf.TensorContainer);
        };
        await learner.fit(2, [
          ...callbacks,
          { name: 'asks for state', order: 1e6, afterBatch: ask },
        ]);
      });
    });

    test('goes on unchanged from its own state', async () => {
      const reloading = () => {
        const callbacks = list();
        const reload = () => {
          for (const callback of callbacks) {
            const state = callback.state?.();
            if (state !== undefined) callback.load?.(state);
            tf.dispose(state as tf.TensorContainer);
          }
        };
        return [...callbacks, { name: 'reloads', order: 1e6, afterBatch: reload }];
      };
      equal(await resultOf(reloading), await resultOf(list), 'runs with and without reloading');
    });

    test('ends as unbroken when it is killed or stopped at any event and resumed', async () => {
      await resumesExactly(list);
    });

    for (const [name, other] of Object.entries(subject.others ?? {})) {
      test(`ends with ${name} as unbroken when it is killed or stopped at any event and resumed`, async () => {
        await resumesExactly(() => [...list(), other()], { breaks: 1 });
      });

      test(`composes with ${name} in any order of the list`, async () => {
        const forwards = await resultOf(() => [...list(), other()]);
        equal(await resultOf(() => [other(), ...list().reverse()]), forwards, 'the two orders');
      });
    }
  });
}

function globalRunner(): TestRunner {
  const { describe, test } = globalThis as Partial<TestRunner>;
  if (!describe || !test)
    throw new Error(
      'describeCallback: there is no global describe and test; pass runner: { describe, test } of your test runner',
    );
  return { describe, test };
}

/** Throws once, the second time that its event comes round, or the first where it comes but once. */
function saboteur(event: EventName, order: number, make: () => Error): Callback {
  let calls = /Fit$/.test(event) ? 1 : 0;
  const sabotage = () => {
    calls++;
    if (calls === 2) throw make();
  };
  return { name: 'saboteur', order, [event]: sabotage };
}

async function survives(
  { learner }: ToyProblem,
  callbacks: Callback[],
  saboteur: Callback,
): Promise<void> {
  try {
    await learner.fit(2, [...callbacks, saboteur]);
  } catch (error) {
    const expected =
      error instanceof CallbackError ? error.callback === 'saboteur' : isCancel(error);
    if (!expected) throw error;
  }
  await learner.fit(1, callbacks);
}

/** A cancel that nobody catches, because it was thrown outside of its scope, is an error as well. */
function isCancel(error: unknown): boolean {
  return error instanceof Error && error.name.startsWith('Cancel');
}

/** Runs work on a toy problem whose optimizer has its slots, and counts tensors before and after. */
async function onToyProblem(
  work: (problem: ToyProblem, leavesNothing: (after: string) => void) => Promise<void>,
): Promise<void> {
  const problem = toyProblem();
  try {
    await problem.learner.fit(1);
    const before = tf.memory().numTensors;
    const leavesNothing = (after: string) => {
      equal(tf.memory().numTensors, before, `the number of tensors after ${after} and before`);
    };
    await work(problem, leavesNothing);
    leavesNothing('it');
  } finally {
    problem.dispose();
  }
}

async function resultOf(create: () => Callback[], fits = 1): Promise<unknown> {
  const problem = toyProblem();
  try {
    const histories: History[] = [];
    for (let i = 0; i < fits; i++) histories.push(await problem.learner.fit(2, create()));
    const rows = histories.flatMap((history) =>
      history.rows.map((row) => ({ ...row, seconds: 0 })),
    );
    return { rows, numbers: problem.numbers() };
  } finally {
    problem.dispose();
  }
}

async function dataOrderAfter(callbacks: Callback[]): Promise<unknown> {
  const problem = toyProblem();
  const seen: unknown[] = [];
  const probe: Callback = {
    name: 'probe',
    afterFit: (loop) => {
      seen.push(loop.rng('data order train').state());
    },
  };
  try {
    await problem.learner.fit(2, [...callbacks, probe]);
    return seen;
  } finally {
    problem.dispose();
  }
}

async function messageOf(create: () => unknown): Promise<string> {
  try {
    await create();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('nothing was thrown');
}

function same(message: string, expected: RegExp): void {
  if (!expected.test(message))
    throw new Error(`expected a message like ${expected.source}, got: ${message}`);
}
