import type { Callback } from '@tfloop/core';

/** What a run's result says besides its history, over all processes that the run took. */
export interface RunRecord {
  readonly callback: Callback;
  /** Loss of the first batch, before the first step; NaN before it. */
  readonly firstLoss: number;
  /** Optimizer steps done, once the fit has ended. */
  readonly steps: number;
  /** Wall time of training and validation, once the fit has ended: what callbacks do after that is not counted. */
  readonly seconds: number;
}

/** Keeps a run's record in its checkpoints, so that a run that was resumed tells of all of itself. */
export function runRecord(): RunRecord {
  let firstLoss = NaN;
  let steps = 0;
  let started = performance.now();
  let ended: number | undefined;
  const seconds = () => ((ended ?? performance.now()) - started) / 1000;
  return {
    get firstLoss() {
      return firstLoss;
    },
    get steps() {
      return steps;
    },
    get seconds() {
      return seconds();
    },
    callback: {
      name: 'runRecord',
      passive: true,
      beforeFit() {
        started = performance.now();
        ended = undefined;
      },
      async afterBatch({ loss, phase, batch }) {
        if (phase === 'train' && batch === 0 && loss) [firstLoss = NaN] = await loss.data();
      },
      // Before all others, of which some wait for a service.
      order: -1e6,
      afterFit({ step }) {
        steps = step;
        ended = performance.now();
      },
      state: () => ({ firstLoss, seconds: seconds() }),
      load(state) {
        const saved = state as { firstLoss: number; seconds: number };
        firstLoss = saved.firstLoss;
        started = performance.now() - saved.seconds * 1000;
      },
    },
  };
}
