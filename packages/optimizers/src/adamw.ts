import type { Optimizer } from '@tfloop/core';
import type { AdamOptions } from './adam.ts';
import { adamRule } from './adam-rule.ts';
import { makeOptimizer } from './make-optimizer.ts';

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
export function adamw({
  lr = 1e-3,
  beta1 = 0.9,
  beta2 = 0.999,
  eps = 1e-8,
  weightDecay = 0.01,
  groups = [],
  ...unknown
}: AdamwOptions = {}): Optimizer {
  const hyper = { lr, beta1, beta2, eps, weightDecay };
  return makeOptimizer(adamRule('adamw', true), { hyper, groups, unknown });
}
