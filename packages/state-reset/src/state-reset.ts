import {
  check,
  type Callback,
  type FitLoop,
  type ResetPolicy,
  type ResetReport,
  type SlotRole,
  type StepLoop,
} from '@tfloop/core';
import { addReset, loadTotals, noResets, type StateResetTotals } from './totals.ts';

/** Options of {@link stateReset}. */
export interface StateResetOptions {
  /**
   * At every sync of Lookahead, at the beginning of every epoch but the first, every so many steps of the fit,
   * or after each step for which a function says so.
   */
  readonly when: 'lookahead-sync' | 'epoch' | { readonly every: number } | When;
  /** The part of the optimizer's state to set back. @default 'all' */
  readonly what?: 'all' | 'first-moment' | 'second-moment';
  /** Only parameters whose name it accepts. @default every parameter */
  readonly where?: ((parameterName: string) => boolean) | RegExp;
  /** Told of every reset. @default nobody is told */
  readonly onReset?: (report: StateResetReport) => void;
  /** What plan, errors and checkpoints call it: two in one fit need two names. @default 'stateReset' */
  readonly name?: string;
}

/** Asked after each step. */
export type When = (loop: StepLoop) => boolean;

/** What one reset did, and when. */
export interface StateResetReport extends ResetReport {
  readonly epoch: number;
  /** Optimizer steps done in this fit before the reset. */
  readonly step: number;
}

/** The callback, and what it has done. */
export interface StateResetCallback extends Callback {
  /** Sums over the running fit, or over the last one when none is running. */
  readonly totals: StateResetTotals;
}

const roles: readonly SlotRole[] = ['first-moment', 'second-moment', 'other'];

/**
 * Sets the optimizer's state back to how it began, at chosen moments of the training.
 *
 * It is the optimizer's own `reset`, which restarts the bias correction together with the moments: moments
 * zeroed under a step count that goes on would make Adam's next steps several times too large. After a full
 * reset Adam's first step is `lr · sign(gradient)`, so a short warm-up may be wanted.
 *
 * Resets of nothing do not go unseen: where there is nothing that `what` and `where` select after the first step,
 * it throws an Error; every reset is reported to `onReset`, summed up in `totals`, and sends the signal `state-reset`. Throws a RangeError or
 * TypeError on an unfit option, and in `beforeFit` an Error where `where` accepts no parameter. A fit with
 * `when: 'lookahead-sync'` does not plan without a callback that provides that signal.
 */
export function stateReset(options: StateResetOptions): StateResetCallback {
  const {
    when,
    what = 'all',
    where,
    onReset,
    name = 'stateReset',
    ...unknown
  } = check.options('stateReset', options);
  check.known('stateReset', unknown, Object.keys({ when, what, where, onReset, name }));
  check.text('stateReset', 'name', name);
  checkWhen(when);
  if (onReset !== undefined) check.callable('stateReset', 'onReset', onReset);
  check.oneOf('stateReset', 'what', what, ['all', 'first-moment', 'second-moment']);
  const selects = selector(where);
  const policy: ResetPolicy = { what, ...(where && { where: selects }) };
  const due = dueAfterStep(when);
  let totals = noResets;
  let checked = false;

  const reset = (loop: FitLoop): void => {
    const { optimizer, epoch, step } = loop;
    const report = optimizer.reset(policy);
    totals = addReset(totals, report);
    onReset?.({ ...report, epoch, step });
    loop.signal('state-reset');
  };

  return {
    name,
    options: {
      when: typeof when === 'function' ? String(when) : when,
      what,
      ...(where && { where: String(where) }),
    },
    get totals() {
      return totals;
    },
    after: ['lookahead'],
    provides: ['state-reset'],
    writes: ['optimizerState'],
    ...(when === 'lookahead-sync' && {
      requires: ['lookahead-sync'],
      signals: { 'lookahead-sync': reset },
    }),

    beforeFit({ parameters }) {
      totals = noResets;
      checked = false;
      const names = [...parameters.keys()];
      if (!names.some(selects))
        throw new Error(
          `where accepts none of the ${names.length} parameters, among them ${names.slice(0, 5).join(', ')}`,
        );
    },

    beforeEpoch(loop) {
      if (when === 'epoch' && loop.epoch > 0) reset(loop);
    },

    afterStep(loop) {
      if (!checked) {
        refuseNothing(loop, what, selects);
        checked = true;
      }
      if (due(loop)) reset(loop);
    },

    state: () => ({ ...totals }),

    load(state) {
      totals = loadTotals(name, state);
    },
  };
}

function checkWhen(when: StateResetOptions['when']): void {
  if (typeof when === 'function' || when === 'lookahead-sync' || when === 'epoch') return;
  // Plain JavaScript gives anything.
  const isObject = typeof when === 'object' && (when as unknown) !== null;
  const rule = '"lookahead-sync", "epoch", { every } or a function';
  check.that('stateReset', 'when', when, isObject, rule);
  check.known('stateReset.when', when, ['every']);
  check.integer('stateReset', 'when.every', when.every, { min: 1 });
}

function dueAfterStep(when: StateResetOptions['when']): When {
  if (typeof when === 'function') return when;
  if (typeof when === 'string') return () => false;
  return ({ step }) => step % when.every === 0;
}

function selector(where: StateResetOptions['where']): (name: string) => boolean {
  if (!where) return () => true;
  if (typeof where === 'function') return where;
  if (!(where instanceof RegExp))
    throw new TypeError('stateReset: where must be a function or a regular expression');
  // A global or sticky expression would remember where its last match ended.
  const pattern = new RegExp(where.source, where.flags.replace(/[gy]/g, ''));
  return (name) => pattern.test(name);
}

/** A reset of nothing looks like a reset that does not help, so it must not pass in silence. */
function refuseNothing(
  { optimizer }: FitLoop,
  what: NonNullable<StateResetOptions['what']>,
  selects: (name: string) => boolean,
): void {
  const held = roles
    .filter((role) => what === 'all' || what === role)
    .flatMap((role) => [...optimizer.slots(role).keys()]);
  const state = what === 'all' ? 'state' : `${what} state`;
  if (held.length === 0)
    throw new Error(`there is nothing to reset: optimizer "${optimizer.name}" keeps no ${state}`);
  if (!held.some(selects))
    throw new Error(
      `there is nothing to reset: optimizer "${optimizer.name}" keeps no ${state} of the parameters that where accepts`,
    );
}
