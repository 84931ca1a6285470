import * as tf from '@tensorflow/tfjs';
import { interpolation } from './interpolate.ts';

/** What variables were at some moment, by name. */
export type Snapshot = ReadonlyMap<string, tf.Tensor>;

type Variables = ReadonlyMap<string, tf.Variable>;

/**
 * Takes down what tensors or variables are now; the caller owns the snapshot.
 *
 * No data is copied: a clone shares the data and goes on holding it when the variable is assigned to, because
 * an assignment gives the variable other data and never writes into the old.
 */
export function snapshotOf(tensors: ReadonlyMap<string, tf.Tensor>): Snapshot {
  return new Map([...tensors].map(([name, tensor]) => [name, tf.clone(tensor)]));
}

/** Frees a snapshot. */
export function release(snapshot: Snapshot | undefined): void {
  if (snapshot) tf.dispose([...snapshot.values()]);
}

/** Puts variables back to a snapshot; those that it does not have stay as they are. */
export function restore(variables: Variables, snapshot: Snapshot): void {
  for (const [name, variable] of variables) {
    const before = snapshot.get(name);
    if (before) variable.assign(before);
  }
}

/**
 * Moves variables back towards a snapshot: `variable ← before + share · (variable − before)`.
 *
 * A variable that the snapshot does not have is taken to have been zero.
 */
export function pullBack(variables: Variables, snapshot: Snapshot, share: number): void {
  tf.tidy(() => {
    const interpolate = interpolation(share);
    for (const [name, variable] of variables)
      // A tidy for each: the intermediate tensors of only one variable exist at a time.
      tf.tidy(() => {
        const before = snapshot.get(name) ?? tf.zerosLike(variable);
        variable.assign(interpolate(before, variable));
      });
  });
}
