import * as tf from '@tensorflow/tfjs';
import type { LoopState } from '../loop-state.ts';
import type { Fingerprint, RunState } from './run-state.ts';
import { stateful } from './take-snapshot.ts';

/** What to go on from, and what goes on: where they differ, somebody has said that it is meant. */
export interface Resume {
  readonly state: RunState;
  readonly own: Fingerprint;
}

/**
 * Puts a run that has just begun where a snapshot was taken, as far as that is of such a run. The caller keeps the
 * snapshot's tensors.
 */
export function restore(loop: LoopState, { state, own }: Resume): void {
  const { position, history, streams, weights, optimizer, callbacks } = state;
  for (const [name, variable] of loop.model.variables) {
    const weight = weights[name];
    if (weight && tf.util.arraysEqual(weight.shape, variable.shape)) variable.assign(weight);
  }
  if (state.fingerprint.optimizer === own.optimizer) loop.optimizer.load(optimizer);
  loop.streams.load(streams);
  loop.history.rows.push(...history);
  loop.epoch = position.epoch;
  loop.step = position.step;
  loop.batch = position.batch;
  loop.smooth.load(position.smoothLoss);
  for (const callback of stateful(loop.plan)) {
    const saved = callbacks[callback.name];
    if (saved !== undefined && sameOptions(callback.name, state.fingerprint, own))
      callback.load(saved);
  }
}

/** Whether a callback has the options that it had; one that is in neither fingerprint is passive, and may have others. */
function sameOptions(name: string, saved: Fingerprint, own: Fingerprint): boolean {
  const [before, now] = [saved, own].map(({ callbacks }) =>
    callbacks.find((callback) => callback.name === name),
  );
  return before?.options === now?.options;
}
