import { check, type Callback } from '@tfloop/core';
import type { LabelMixing } from './mixed-batch.ts';
import { mixupBatch } from './mixup-batch.ts';
import { mixingCallback } from './mixing-callback.ts';
import { sampleBeta } from './sample-beta.ts';

/** Options of {@link mixup}. */
export interface MixupOptions {
  /** Shape of the Beta(α, α) distribution that λ is drawn from; 0 mixes nothing. @default 0.4 */
  readonly alpha?: number;
  /** Whether each example has a λ of its own, or the batch has one. @default 'example' */
  readonly per?: 'example' | 'batch';
  /** Whether losses or labels are mixed; by default losses for integer labels, else labels. @default 'auto' */
  readonly labels?: LabelMixing;
}

/**
 * Mixup: trains on λ·x + (1 − λ)·x of a random partner in the batch, towards both labels.
 *
 * λ is folded to max(λ, 1 − λ), as in fastai, so that an example's own label is always the larger part of its
 * target. Acts in training only, and draws from its own random stream. Throws at a batch whose inputs are not
 * float32. Zhang et al., "mixup: Beyond empirical risk minimization", arXiv 1710.09412.
 */
export function mixup(given: MixupOptions = {}): Callback {
  const {
    alpha = 0.4,
    per = 'example',
    labels = 'auto',
    ...unknown
  } = check.options('mixup', given);
  const options = { alpha, per, labels };
  check.known('mixup', unknown, Object.keys(options));
  check.number('mixup', 'alpha', alpha, { min: 0 });
  check.oneOf('mixup', 'per', per, ['example', 'batch']);
  check.oneOf('mixup', 'labels', labels, ['auto', 'losses', 'targets']);

  return mixingCallback('mixup', options, (loop, rng) => {
    const draw = () => {
      const lambda = sampleBeta(alpha, alpha, rng);
      return Math.max(lambda, 1 - lambda);
    };
    const lambda = per === 'batch' ? draw() : Float32Array.from({ length: loop.size }, draw);
    return mixupBatch(loop, { lambda, partners: rng.permutation(loop.size), labels });
  });
}
