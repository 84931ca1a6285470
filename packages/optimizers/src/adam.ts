import type { Optimizer } from '@tfloop/core';
import type { AdamHyperparameter } from './adam-rule.ts';
import { makeAdam } from './make-adam.ts';
import type { ParameterGroup } from './parameter-groups.ts';

/** Options of {@link adam}. */
export interface AdamOptions {
  /** Learning rate, >= 0. @default 0.001 */
  readonly lr?: number;
  /** Decay of the mean of gradients, >= 0 and < 1; schedules cycle it as momentum. @default 0.9 */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, >= 0 and < 1. @default 0.999 */
  readonly beta2?: number;
  /** Added to the root of the corrected second moment, >= 0. @default 1e-8 */
  readonly eps?: number;
  /** Adds `weightDecay · parameter` to the gradient (L2), >= 0; see `adamw` for the other kind. @default 0 */
  readonly weightDecay?: number;
  /** Parameters with hyper-parameters of their own. @default none */
  readonly groups?: readonly ParameterGroup<AdamHyperparameter>[];
}

/**
 * Adam, as `torch.optim.Adam`: coupled (L2) weight decay.
 *
 * With `g ← g + weightDecay · p`, it keeps `m ← β1 · m + (1 − β1) · g` and `v ← β2 · v + (1 − β2) · g²`, and
 * moves `p ← p − lr · (m / (1 − β1ᵗ)) / (√(v / (1 − β2ᵗ)) + eps)`. The slots are `expAvg` (first moment) and
 * `expAvgSq` (second moment); each counts its own `t` for each parameter, so a partial reset restarts the
 * right correction. The correction takes β of the running step, as PyTorch does.
 * Throws a RangeError on an option out of its range.
 *
 * Kingma, Ba: Adam, a method for stochastic optimization, arXiv 1412.6980, algorithm 1.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return makeAdam('adam', { decoupled: false, weightDecay: 0 }, options);
}
