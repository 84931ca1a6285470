import { check, type Callback, type CallbackState, type Optimizer } from '@tfloop/core';
import type { Schedule } from './curve.ts';
import { checkStep, fitLength } from './fit-length.ts';

/** Options of {@link schedule}. */
export interface ScheduleOptions {
  /** Optimizer steps that positions 0 to 1 stand for. @default the training batches of the fit */
  readonly totalSteps?: number;
}

/**
 * Sets hyper-parameters by schedules before every optimizer step: `schedule({ lr: cosine(0.1, 0) })`.
 *
 * Keys are names of the optimizer's hyper-parameters; `momentum` also means Adam's beta1, or whatever the
 * optimizer has for momentum. Step s of N is at position s / N, so the last one is at (N − 1) / N. What is not
 * named stays untouched, and the values stay as the last step had them: `initial` in a second fit is what the
 * first one left. Throws in `beforeFit` for a hyper-parameter that the optimizer lacks, and where a schedule
 * needs the fit's length and nobody knows it; throws at a step beyond `totalSteps`.
 */
export function schedule(
  schedules: Readonly<Record<string, Schedule>>,
  { totalSteps, ...unknown }: ScheduleOptions = {},
): Callback {
  const keys = Object.keys(check.options('schedule', schedules));
  const name = `schedule(${keys.join(', ')})`;
  if (keys.length === 0)
    throw new RangeError('schedule: schedules must name a hyper-parameter, got none');
  for (const [key, value] of Object.entries(schedules))
    if (typeof value !== 'function')
      throw new TypeError(
        `schedule: ${key} must be a function of the position, got ${typeof value}`,
      );
  if (new Set(keys.map(slotOf)).size < keys.length)
    throw new RangeError('schedule: momentum and beta1 are one hyper-parameter, name one of them');
  check.known('schedule', unknown, ['totalSteps']);
  if (totalSteps !== undefined) check.integer('schedule', 'totalSteps', totalSteps, { min: 1 });

  let total = NaN;
  let initial: Record<string, number> = {};
  /** The optimizer's own name of each key. */
  let names: Record<string, string> = {};

  function* valuesAt(step: number, epoch: number): Iterable<[name: string, value: number]> {
    for (const [key, at] of Object.entries(schedules)) {
      const value = at(step / total, { step, epoch, initial: initial[key] ?? NaN });
      if (!Number.isFinite(value))
        throw new RangeError(
          `${key} must be a finite number, got ${value} at step ${step}` +
            (Number.isNaN(total) ? '; the length of this fit is unknown: pass totalSteps' : ''),
        );
      yield [names[key] ?? key, value];
    }
  }

  return {
    name,
    options: {
      schedules: Object.fromEntries(keys.map((key) => [key, String(schedules[key])])),
      totalSteps,
    },
    owns: keys.map(slotOf),

    beforeFit(loop) {
      const { optimizer, step, epoch } = loop;
      total = fitLength(totalSteps, loop);
      names = Object.fromEntries(keys.map((key) => [key, ownName(key, optimizer)]));
      initial = Object.fromEntries(keys.map((key) => [key, optimizer.get(names[key] ?? key)]));
      // Asked once for nothing, so that what can't work fails before any work.
      Array.from(valuesAt(step, epoch));
    },

    beforeStep({ optimizer, step, epoch }) {
      checkStep(step, total);
      for (const [own, value] of valuesAt(step, epoch)) optimizer.set(own, value);
    },

    state: () => ({ initial }),

    load(state) {
      initial = loadInitial(name, keys, state);
    },
  };
}

/** The values of a checkpoint. Throws where it does not hold those of these keys. */
function loadInitial(
  owner: string,
  keys: readonly string[],
  state: CallbackState,
): Record<string, number> {
  const { initial } = (state ?? {}) as { readonly initial?: CallbackState };
  const saved = Object.entries(initial ?? {});
  if (
    saved.length !== keys.length ||
    !saved.every(([key, value]) => keys.includes(key) && Number.isFinite(value))
  )
    throw new Error(
      `${owner}: can't load this state: it does not hold the initial values of ${keys.join(', ')}`,
    );
  return Object.fromEntries(saved);
}

/** What a key stands for in the plan, where `momentum` and Adam's beta1 are one. */
function slotOf(key: string): string {
  return key === 'beta1' ? 'momentum' : key;
}

function ownName(key: string, optimizer: Optimizer): string {
  const name = key === 'momentum' ? (optimizer.momentumName ?? key) : key;
  if (!optimizer.hyperparameters.includes(name))
    throw new RangeError(
      `optimizer "${optimizer.name}" has no hyper-parameter "${key}"; it has ${optimizer.hyperparameters.join(', ')}`,
    );
  return name;
}
