import type { LoopState } from '../loop-state.ts';
import type { RunState } from './run-state.ts';
import { stateful } from './take-snapshot.ts';

/** Puts a run that has just begun where a snapshot was taken. The caller keeps the snapshot's tensors. */
export function restore(loop: LoopState, state: RunState): void {
  const { position, history, streams, weights, optimizer, callbacks } = state;
  for (const [name, variable] of loop.model.variables) {
    const weight = weights[name];
    if (weight) variable.assign(weight);
  }
  loop.optimizer.load(optimizer);
  loop.streams.load(streams);
  loop.history.rows.push(...history);
  loop.epoch = position.epoch;
  loop.step = position.step;
  loop.batch = position.batch;
  loop.smooth.load(position.smoothLoss);
  for (const callback of stateful(loop.plan)) {
    const saved = callbacks[callback.name];
    if (saved !== undefined) callback.load(saved);
  }
}
