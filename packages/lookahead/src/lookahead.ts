import { check, type Callback, type FitLoop } from '@tfloop/core';
import { loadCycle, saveCycle, type Cycle } from './lookahead-state.ts';
import { pullBack, release, restore, snapshotOf } from './snapshot.ts';

/** Options of {@link lookahead}. */
export interface LookaheadOptions {
  /** Optimizer steps from one sync to the next, also called the sync period: an integer >= 1. @default 5 */
  readonly k?: number;
  /** How far the slow weights go towards the fast ones at a sync, also called the slow step size: from 0 to 1. @default 0.5 */
  readonly alpha?: number;
  /**
   * What a sync does to the optimizer's first moment: nothing, set it to zero and restart its bias correction, or
   * pull it back as the weights are: `m ← alpha · m + (1 − alpha) · m at the last sync`.
   * @default 'keep'
   */
  readonly momentum?: 'keep' | 'reset' | 'pullback';
  /** The weights that are validated. @default 'slow' */
  readonly evaluate?: 'slow' | 'fast';
  /**
   * What becomes of the steps since the last sync when the fit ends: one more sync, back to the slow weights, or
   * on with the fast ones.
   * @default 'sync'
   */
  readonly atEnd?: 'sync' | 'slow' | 'fast';
}

/**
 * Lookahead: k steps forward, one step back.
 *
 * The optimizer moves the fast weights θ, which are the model's. Every `k` of its steps (cancelled ones don't
 * count) the slow weights φ follow, `φ ← φ + alpha · (θ − φ)`, and the fast ones go back to them, `θ ← φ`. Then
 * the signal `lookahead-sync` is sent. φ begins as the weights at the start of each fit. `alpha` 1 is the
 * optimizer alone, bit for bit; `alpha` 0 comes back to the same weights after every `k` steps.
 *
 * Only trained weights have slow ones: batch normalization's moving statistics follow the fast path. Offers the
 * weight view `slow`. `atEnd` acts before the last epoch's validation where that epoch is known to be the last,
 * else after the fit.
 *
 * Throws a RangeError on an option out of its range, and in `beforeFit` where `momentum` is not `'keep'` and the
 * optimizer has no momentum. Zhang, Lucas, Hinton, Ba: Lookahead optimizer: k steps forward, 1 step back, arXiv
 * 1907.08610, algorithm 1.
 */
export function lookahead(given: LookaheadOptions = {}): Callback {
  const {
    k = 5,
    alpha = 0.5,
    momentum = 'keep',
    evaluate = 'slow',
    atEnd = 'sync',
    ...unknown
  } = check.options('lookahead', given);
  const options = { k, alpha, momentum, evaluate, atEnd };
  check.known('lookahead', unknown, Object.keys(options));
  check.integer('lookahead', 'k', k, { min: 1 });
  check.number('lookahead', 'alpha', alpha, { min: 0, max: 1 });
  check.oneOf('lookahead', 'momentum', momentum, ['keep', 'reset', 'pullback']);
  check.oneOf('lookahead', 'evaluate', evaluate, ['slow', 'fast']);
  check.oneOf('lookahead', 'atEnd', atEnd, ['sync', 'slow', 'fast']);
  let cycle: Cycle | undefined;
  let parameters: FitLoop['parameters'] = new Map();

  const begin = (next: Cycle | undefined): void => {
    release(cycle?.slow);
    release(cycle?.momentum);
    cycle = next;
  };
  const newCycle = ({ parameters, optimizer }: FitLoop): Cycle => ({
    steps: 0,
    slow: snapshotOf(parameters),
    momentum: momentum === 'pullback' ? snapshotOf(optimizer.slots('first-moment')) : undefined,
  });

  const sync = (loop: FitLoop, { slow, momentum: before }: Cycle): void => {
    pullBack(loop.parameters, slow, alpha);
    if (momentum === 'reset') loop.optimizer.reset({ what: 'first-moment' });
    if (before) pullBack(loop.optimizer.slots('first-moment'), before, alpha);
    begin(newCycle(loop));
    loop.signal('lookahead-sync');
    // Whoever reset the optimizer at the signal does not want the old momentum back k steps later.
    if (before) begin(newCycle(loop));
  };

  const end = (loop: FitLoop): void => {
    if (!cycle || cycle.steps === 0) return;
    if (atEnd === 'sync') sync(loop, cycle);
    if (atEnd === 'slow') {
      restore(loop.parameters, cycle.slow);
      cycle = { ...cycle, steps: 0 };
    }
  };

  return {
    name: 'lookahead',
    options,
    // Before those that look at the weights after a step, or that put others in their place after the fit.
    order: -10,
    provides: ['lookahead-sync'],
    writes: momentum === 'keep' ? ['weights'] : ['weights', 'optimizerState'],

    beforeFit(loop) {
      const { optimizer, views } = loop;
      const slots = optimizer.slots('first-moment');
      if (momentum !== 'keep' && optimizer.momentumName === undefined && slots.size === 0)
        throw new Error(
          `optimizer "${optimizer.name}" has no momentum for momentum: '${momentum}'; pass momentum: 'keep', or give the optimizer momentum`,
        );
      ({ parameters } = loop);
      begin(newCycle(loop));
      views.provide('slow', () => cycle?.slow ?? new Map());
      if (evaluate === 'slow') views.validateOn('slow', 'lookahead');
    },

    afterStep(loop) {
      if (!cycle) return;
      cycle = { ...cycle, steps: cycle.steps + 1 };
      if (cycle.steps === k) sync(loop, cycle);
    },

    // Before the last validation, so that the last row is of the weights that the fit leaves.
    afterTrain(loop) {
      if (loop.stopping || loop.epoch === loop.epochs - 1) end(loop);
    },

    afterFit: end,

    cleanupFit() {
      begin(undefined);
      parameters = new Map();
    },

    state: () => (cycle ? saveCycle(cycle, { k, alpha, momentum }) : null),

    load(state) {
      // Nothing is kept between fits.
      if (state !== null) begin(loadCycle(state, { k, alpha, momentum }, parameters));
    },
  };
}
