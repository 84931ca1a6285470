import type { Optimizer } from '@tfloop/core';
import type { AdamOptions } from './adam.ts';
import { makeAdam } from './make-adam.ts';

/** Options of {@link adamw}: those of `adam`, with another kind of weight decay. */
export interface AdamwOptions extends AdamOptions {
  /** Multiplies the parameter by `1 − lr · weightDecay` before each step, >= 0. @default 0.01 */
  readonly weightDecay?: number;
}

/**
 * Adam with decoupled weight decay, as `torch.optim.AdamW`.
 *
 * First `p ← p · (1 − lr · weightDecay)`, then a step of `adam` whose gradient knows nothing of the decay. The
 * decay scales with the learning rate. The slots are those of `adam`. Throws a RangeError on an option out of
 * its range.
 *
 * Loshchilov, Hutter: Decoupled weight decay regularization, arXiv 1711.05101.
 */
export function adamw(options: AdamwOptions = {}): Optimizer {
  return makeAdam('adamw', { decoupled: true, weightDecay: 0.01 }, options);
}
