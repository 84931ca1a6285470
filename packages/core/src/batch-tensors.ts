import * as tf from '@tensorflow/tfjs';
import type { Batch } from './data-source.ts';
import { isMixed, type Target } from './mixed-target.ts';
import { tensorsOf } from './tensors.ts';

/** The tensors that the loop has to dispose of after a batch, whatever callbacks put in their place. */
export class BatchTensors {
  readonly #owned: tf.Tensor[] = [];
  readonly #borrowed = new Set<tf.Tensor>();

  /** Starts a batch whose tensors belong to its source's owner. */
  begin(batch: Batch, owner: 'loop' | 'caller'): void {
    this.#borrowed.clear();
    if (owner === 'caller') for (const tensor of batchTensors(batch)) this.#borrowed.add(tensor);
    else this.#owned.push(...batchTensors(batch));
  }

  /** Takes a tensor over, unless it is the caller's or a variable, which is the model's. */
  own(tensor: tf.Tensor): void {
    if (!this.#borrowed.has(tensor) && !(tensor instanceof tf.Variable)) this.#owned.push(tensor);
  }

  /** Disposes of all that was taken over. */
  dispose(): void {
    // Disposing of one twice is harmless.
    for (const tensor of this.#owned) tensor.dispose();
    this.#owned.length = 0;
    this.#borrowed.clear();
  }
}

/** Every tensor of a target. */
export function targetTensors(target: Target): tf.Tensor[] {
  if (!isMixed(target)) return tensorsOf(target);
  const { first, second, lambda, weights } = target;
  return [first, second, lambda, ...(weights ? [weights.first, weights.second] : [])];
}

/** Every tensor of a batch. */
export function batchTensors({ x, y, weights }: Batch): tf.Tensor[] {
  return [...tensorsOf(x), ...targetTensors(y), ...(weights ? [weights] : [])];
}
