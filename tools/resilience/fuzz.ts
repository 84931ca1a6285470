import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import * as tf from '@tensorflow/tfjs';
import {
  CallbackError,
  checkpoint,
  type Callback,
  type CheckpointOptions,
  type EventName,
} from '@tfloop/core';
import { EVENTS, memoryStore, toyProblem } from '@tfloop/core/testing';
import { lookahead } from '@tfloop/lookahead';
import { cutmix, mixup } from '@tfloop/mixup';
import { cosine, linear, oneCycle, schedule } from '@tfloop/one-cycle';
import { progress } from '@tfloop/progress';
import { stateReset } from '@tfloop/state-reset';
import { wandbLogger } from '@tfloop/wandb';

/** A factory to be given anything, and values of its options that are worth trying. */
interface Subject {
  readonly create: (options: never) => Callback;
  readonly options: Readonly<Record<string, readonly unknown[]>>;
}

const numbers = [0, 1, 2, 5, 0.3, 0.5, 0.999];
const noop = () => undefined;
/** Stands for a store that nothing is in. */
const EMPTY = memoryStore();

const SUBJECTS: Readonly<Record<string, Subject>> = {
  lookahead: {
    create: lookahead,
    options: {
      k: numbers,
      alpha: numbers,
      momentum: ['keep', 'reset', 'pullback'],
      evaluate: ['slow', 'fast'],
      atEnd: ['sync', 'slow', 'fast'],
    },
  },
  oneCycle: {
    create: oneCycle,
    options: {
      maxLr: [0.01, 0.1, 1],
      style: ['fastai', 'torch'],
      pctStart: numbers,
      div: [1, 25],
      divFinal: [1, 1e5],
      momentums: [false, [0.95, 0.85, 0.95], [0.9, 0.9]],
      threePhase: [true, false],
      anneal: ['cos', 'linear'],
      totalSteps: [1, 3, 6, 100],
    },
  },
  schedule: {
    create: schedule,
    options: { lr: [cosine(0.1, 0), linear(0.1, 0.2)], momentum: [cosine(0.9, 0.5)], none: [noop] },
  },
  mixup: {
    create: mixup,
    options: { alpha: numbers, per: ['example', 'batch'], labels: ['auto', 'losses', 'targets'] },
  },
  cutmix: { create: cutmix, options: { alpha: numbers, labels: ['auto', 'losses', 'targets'] } },
  stateReset: {
    create: stateReset,
    options: {
      when: ['epoch', { every: 2 }, { every: 0 }, () => true],
      what: ['all', 'first-moment', 'second-moment'],
      where: [/hidden/, (name: string) => name === 'bias'],
      onReset: [noop],
      name: ['stateReset', 'other'],
    },
  },
  progress: {
    create: progress,
    options: { show: ['lines', 'none'], to: [noop], label: ['a run'] },
  },
  wandbLogger: {
    create: wandbLogger,
    options: {
      mode: ['offline', 'disabled'],
      project: ['p'],
      name: ['a run'],
      tags: [['one', 'two']],
      config: [{ a: 1, apiKey: 'secret' }],
      batches: [1, 3, false],
      norms: [1, 2, false],
      histograms: [2, false],
      best: [{ accuracy: 'max' }, { nonsense: 'min' }],
      classes: [
        ['a', 'b', 'c'],
        ['a', 'b'],
      ],
      checkpoints: [true, false],
      alerts: [true, false],
      console: [true, false],
      stats: [false, 1],
      resume: ['allow', 'never', 'must'],
      id: ['abc', 'def'],
      silent: [true],
    },
  },
  checkpoint: {
    // Each fit begins anew, and is refused among another one's checkpoints.
    create: (options?: CheckpointOptions) =>
      checkpoint(options?.dir === EMPTY ? { ...options, dir: memoryStore() } : (options as never)),
    options: {
      dir: [EMPTY],
      every: [{ steps: 1 }, { epochs: 1 }, { seconds: 0.001 }, {}],
      keep: [1, 2],
      best: [
        { metric: 'validLoss', mode: 'min' },
        { metric: 'accuracy', mode: 'max' },
        { metric: 'no such', mode: 'max' },
      ],
    },
  },
};

/** What no option wants, or seldom. */
const odd = fc.constantFrom<unknown[]>(
  ...[NaN, Infinity, -Infinity, -1, -0.5, 1e300, 2 ** 53, 1.5],
  ...['', 'nonsense', '__proto__', null, undefined, true, false, 7n, Symbol('odd')],
  ...[[], [1], [NaN, 0, 1], {}, { every: -1 }, { toString: null }, noop],
);

/** What came of the cases. */
export interface FuzzReport {
  readonly cases: number;
  /** Options that were refused by the factory. */
  readonly refused: number;
  /** Fits that were refused by the callback, or by the plan. */
  readonly refusedFits: number;
  /** Fits that an error was thrown into. */
  readonly sabotaged: number;
  /** Fits that came to their end. */
  readonly fitted: number;
}

/**
 * Gives every callback factory random options, throws errors at random events of the fits, and throws where anything
 * but a clear refusal or a fit without leaks comes of it. Nobody else writes to standard error meanwhile.
 */
export async function fuzz(
  cases: number,
  tell: (done: number) => void = noop,
): Promise<FuzzReport> {
  const report = { cases: 0, refused: 0, refusedFits: 0, sabotaged: 0, fitted: 0 };
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown) => void unhandled.push(error);
  const { warn } = console;
  const { stderr } = process;
  const write = stderr.write.bind(stderr);
  process.on('unhandledRejection', onUnhandled);
  // Any text is a folder's name.
  const [home, folder] = [process.cwd(), mkdtempSync(join(tmpdir(), 'tfloop-fuzz-'))];
  process.chdir(folder);
  // Nothing goes to a service, whoever's key is on this machine.
  const { WANDB_MODE } = process.env;
  process.env['WANDB_MODE'] = 'offline';
  // Losses that are not finite are warned of, and many of these options make some; progress lines come as well.
  console.warn = noop;
  stderr.write = () => true;
  try {
    for (const [name, subject] of Object.entries(SUBJECTS)) {
      const property = fc.asyncProperty(caseOf(subject), async (drawn) => {
        tell(++report.cases);
        report[await tryCase(name, subject, drawn)]++;
        if (unhandled.length > 0)
          throw new Error('a rejection was not handled', { cause: unhandled[0] });
      });
      await fc.assert(property, { numRuns: Math.ceil(cases / Object.keys(SUBJECTS).length) });
    }
  } finally {
    process.off('unhandledRejection', onUnhandled);
    process.chdir(home);
    if (WANDB_MODE === undefined) delete process.env['WANDB_MODE'];
    else process.env['WANDB_MODE'] = WANDB_MODE;
    rmSync(folder, { recursive: true, force: true });
    console.warn = warn;
    stderr.write = write;
  }
  return report;
}

interface Case {
  readonly options: unknown;
  readonly event: EventName | undefined;
  readonly occurrence: number;
  readonly first: boolean;
  readonly asynchronous: boolean;
}

function caseOf({ options }: Subject): fc.Arbitrary<Case> {
  const names = Object.keys(options);
  const option = fc.constantFrom(...names).chain((name) => {
    const sensible = fc.constantFrom(...(options[name] ?? []));
    return fc.tuple(fc.constant(name), fc.oneof({ arbitrary: sensible, weight: 5 }, odd));
  });
  const misspelt = fc.tuple(fc.constantFrom('kk', 'maxLR', 'constructor'), odd);
  const entries = fc.array(fc.oneof({ arbitrary: option, weight: 30 }, misspelt), { maxLength: 6 });
  return fc.record({
    options: fc.oneof({ arbitrary: entries.map(Object.fromEntries), weight: 20 }, odd),
    event: fc.constantFrom(undefined, ...EVENTS),
    occurrence: fc.nat({ max: 5 }),
    first: fc.boolean(),
    asynchronous: fc.boolean(),
  });
}

type Outcome = 'refused' | 'refusedFits' | 'sabotaged' | 'fitted';

async function tryCase(name: string, { create }: Subject, drawn: Case): Promise<Outcome> {
  let callback: Callback;
  try {
    callback = create(drawn.options as never);
  } catch (error) {
    expectClear(error, name);
    return 'refused';
  }
  const { learner, dispose } = toyProblem();
  try {
    await learner.fit(1);
    const before = tf.memory().numTensors;
    const outcome = await fitWith(learner, callback, drawn, name);
    const leaked = tf.memory().numTensors - before;
    if (leaked !== 0) throw new Error(`${name} leaked ${leaked} tensors`);
    // Whatever happened, the learner is as good as new.
    await learner.fit(1);
    return outcome;
  } finally {
    dispose();
  }
}

async function fitWith(
  learner: ReturnType<typeof toyProblem>['learner'],
  callback: Callback,
  { event, occurrence, first, asynchronous }: Case,
  name: string,
): Promise<Outcome> {
  let left = occurrence;
  const sabotage = () => {
    if (left-- !== 0) return undefined;
    const error = new Error('sabotage');
    if (asynchronous && event !== 'afterPred' && event !== 'afterLoss')
      return Promise.reject(error);
    throw error;
  };
  const saboteur = {
    name: 'saboteur',
    order: first ? -1e9 : 1e9,
    ...(event && { [event]: sabotage }),
  };
  try {
    await learner.fit(2, [callback, saboteur]);
    return 'fitted';
  } catch (error) {
    if (error instanceof CallbackError && error.callback === 'saboteur') return 'sabotaged';
    expectClear(error, error instanceof CallbackError ? error.callback : name);
    return 'refusedFits';
  }
}

/** An error that was made for people: it begins with whose it is, and is none that JavaScript throws by itself. */
function expectClear(error: unknown, owner: string): void {
  const { message } = error as Error;
  const owned = [owner, 'plan:', 'Learner'].some((start) => message.startsWith(start));
  const accident =
    /cannot read|is not a function|is not iterable|undefined \(|cannot convert|cannot mix|is not defined|assertion/i;
  if (!(error instanceof Error) || !owned || accident.test(message))
    throw new Error(`${owner}: this is no clear error: ${message}`, { cause: error });
}
