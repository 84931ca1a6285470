import { check, tensorsOf, type Tensors } from '@tfloop/core';
import { isTensor } from './media/host-numbers.ts';
import { checkOpenRunOptions, OPEN_RUN_OPTION_NAMES, type OpenRunOptions } from './run.ts';
import { checkNamed, kindOf } from './check-named.ts';
import type { SdkRun } from './sdk-adapter.ts';
import type { WandbRun } from './wandb-run.ts';

/** Options of {@link wandbLogger}. */
export interface WandbLoggerOptions extends Omit<OpenRunOptions, 'from'> {
  /**
   * A run to log to, of `openRun` or of `@wandb/sdk`, in place of one that is opened for each fit. Whoever opened it says
   * what it is called and where it goes on.
   */
  readonly run?: WandbRun | SdkRun;
  /** Ends the run with the fit. False lets several fits log to one `run`. @default true */
  readonly finish?: boolean;
  /** Added to the run's configuration: the data set's name, for example. @default {} */
  readonly config?: Readonly<Record<string, unknown>>;
  /** After how many training batches a row is logged, or false for the epochs' rows only. @default 1 */
  readonly batches?: number | false;
  /** After how many optimizer steps the norms of all gradients and weights are logged. @default false */
  readonly norms?: number | false;
  /** After how many optimizer steps histograms of all gradients and weights are logged. Waits for the device. @default false */
  readonly histograms?: number | false;
  /** Which of a figure's values is the best. @default 'min' where its name has `loss` or `error`, else 'max' */
  readonly best?: Readonly<Record<string, 'min' | 'max'>>;
  /** Examples whose predictions are logged, pictures as pictures, after every so many epochs. */
  readonly samples?: SampleOptions;
  /** The classes' names: after each validation a confusion matrix, ROC and precision-recall curves are logged. */
  readonly classes?: readonly string[];
  /** Logs the newest checkpoint of `checkpoint(…)` as an artifact, after each epoch that made one. @default false */
  readonly checkpoints?: boolean;
  /** Tells the run's owner of losses that are not finite or run away. @default true */
  readonly alerts?: boolean;
}

/** Examples to look at. */
export interface SampleOptions {
  /** Inputs `[n, ...]`. They stay the caller's. */
  readonly x: Tensors;
  /** What is right for each: shown beside the prediction. */
  readonly y?: readonly unknown[];
  /** @default 1 */
  readonly every?: number;
}

/** The names of {@link WandbLoggerOptions}. */
const NAMES: readonly (keyof WandbLoggerOptions)[] = [
  ...OPEN_RUN_OPTION_NAMES.filter((name) => name !== 'from'),
  'run',
  'finish',
  'config',
  'batches',
  'norms',
  'histograms',
  'best',
  'samples',
  'classes',
  'checkpoints',
  'alerts',
];

/** Refuses what can't be before any work. */
export function checkWandbLoggerOptions(options: WandbLoggerOptions): void {
  const owner = 'wandbLogger';
  check.options(owner, options);
  check.known(owner, options, NAMES);
  checkOpenRunOptions(owner, options);
  const { run, finish, config, best = {}, samples, classes, checkpoints, alerts } = options;
  for (const option of ['batches', 'norms', 'histograms'] as const) {
    const every = options[option];
    if (every !== undefined && every !== false) check.integer(owner, option, every, { min: 1 });
  }
  for (const [option, value] of Object.entries({ finish, checkpoints, alerts }))
    if (value !== undefined) check.oneOf(owner, option, value, [true, false]);
  if (!isObject(best))
    throw new TypeError(
      `${owner}: best must give 'min' or 'max' by figure, got ${JSON.stringify(best)}`,
    );
  for (const [figure, mode] of Object.entries(best))
    check.oneOf(owner, `best.${figure}`, mode, ['min', 'max']);
  if (config !== undefined) checkNamed(`${owner}: config`, config);
  if (samples !== undefined) {
    checkNamed(`${owner}: samples`, samples, ['x', 'y', 'every']);
    const { x } = samples;
    if (!isObject(x) || !tensorsOf(x).every(isTensor))
      throw new TypeError(
        `${owner}: samples.x must be the model's inputs, a tensor or several, got ${kindOf(x)}`,
      );
    check.integer(owner, 'samples.every', samples.every ?? 1, { min: 1 });
  }
  if (classes !== undefined && !(Array.isArray(classes) && classes.length >= 2))
    throw new RangeError(`${owner}: classes must be a list of two names or more`);
  if (run === undefined) {
    if (finish === false) throw new TypeError(`${owner}: finish: false needs a run to go on with`);
    return;
  }
  if (typeof (run as Partial<WandbRun> | null)?.log !== 'function')
    throw new TypeError(
      `${owner}: run must be a run of openRun() or of @wandb/sdk; await it first`,
    );
  const named = OPEN_RUN_OPTION_NAMES.filter(
    (name) =>
      name !== 'strict' &&
      name !== 'finishWithin' &&
      options[name as keyof WandbLoggerOptions] !== undefined,
  );
  if (named.length > 0)
    throw new TypeError(
      `${owner}: ${named.join(', ')} can't be set with run, which is open already`,
    );
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
